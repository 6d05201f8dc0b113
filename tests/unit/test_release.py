"""Releases: whole or not there, different only where somebody worked, and saying who and why."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import textwrap

import pytest

from annotator.errors import InputError, InvalidValue, NotFound
from annotator.services import datasets, history, merging
from annotator.services.release import export, folder, making, preview, writing
from tests.examples import Tab, benchmark, imported, record

RECORDS = [
    record(),
    record(instruction="Sing about it.", image="b.png", extra={"kept": [1, 2.0]}),
    record(instruction="Draw it.", image="c.png", num_of_component=7),
    record(instruction="Hum it.", image="d.png"),
]
SOURCE = benchmark(*RECORDS)


@pytest.fixture
def bench(workspace, ana):
    """A dataset of four items."""
    imported(workspace, ana, SOURCE)
    return datasets.named(workspace, name="Bench")


@pytest.fixture
def write(workspace, ana, bench, tmp_path):
    """Writes a release and hands back its folder."""

    def now(folder="v1", **arguments):
        export(workspace, actor=ana, dataset=bench, out=tmp_path / "out" / folder, **arguments)
        return tmp_path / "out" / folder

    return now


def values(folder):
    return json.loads((folder / "Bench.json").read_bytes())


def curate(workspace, person, item_id, verdict, note="", **weights):
    tab = Tab(workspace, person, item_id)
    if note:
        tab.type(note)
    if weights:
        tab.weigh(**weights)
    tab.submit(verdict)


def test_untouched_items_go_out_as_they_came(write):
    folder = write()
    assert (folder / "Bench.json").read_bytes() == SOURCE
    assert "Nothing was changed." in (folder / "CHANGES.md").read_text()


def test_drafts_are_not_released(write, workspace, ana):
    Tab(workspace, ana, 1).weigh(c1=6)
    assert (write() / "Bench.json").read_bytes() == SOURCE


def test_only_what_was_changed_differs_and_is_said_with_who_and_why(write, workspace, bo):
    tab = Tab(workspace, bo, 2)
    tab.edit({"op": "set_component", "key": "c2", "field": "text", "value": "five-line *and* so"})
    tab.weigh(c2=4, c3=2)
    tab.type("harder\nthan <the> rest")
    tab.submit("fix")
    folder = write()
    wanted = json.loads(SOURCE)
    wanted[1]["components"][1] = "five-line *and* so"
    wanted[1]["component_weight"] = [4, 4, 2]
    assert repr(values(folder)) == repr(wanted)
    said = (folder / "CHANGES.md").read_text()
    assert "### Item 1\n" in said
    assert r"from “four-line” to “five-line \*and\* so”" in said
    assert "changed the weight of component 2 from 3 to 4" in said
    assert "- by Bo, " in said and r"harder than \<the\> rest" in said
    assert "4 items, 1 of them changed" in said


def test_a_count_the_source_got_wrong_is_mended_and_said(write, workspace, ana):
    curate(workspace, ana, 3, "keep")
    folder = write()
    assert values(folder)[2]["num_of_component"] == 3
    assert "changed the number of components from 7 to 3" in (folder / "CHANGES.md").read_text()


def test_dropped_items_stay_out_with_their_reason(write, workspace, ana):
    curate(workspace, ana, 2, "drop", "blurred")
    folder = write()
    assert len(values(folder)) == 3
    said = (folder / "CHANGES.md").read_text()
    assert "## Left out by a person" in said and "blurred" in said


@pytest.mark.parametrize(
    ("include", "positions"),
    [
        (("keep", "fix", "open"), [0, 1, 3]),
        (("keep",), [0]),
        (("fix", "keep"), [0, 1]),
        (("drop",), [2]),
        (("open",), [3]),
    ],
)
def test_include_chooses_by_verdict(write, workspace, ana, include, positions):
    curate(workspace, ana, 1, "keep")
    curate(workspace, ana, 2, "fix", c1=5)
    curate(workspace, ana, 3, "drop", "no")
    chosen = [v["instruction"] for v in values(write(include=include))]
    assert chosen == [RECORDS[p]["instruction"] for p in positions]


@pytest.mark.parametrize("include", [(), ("keep", "good"), ("",)])
def test_include_that_is_none_is_refused(write, include):
    with pytest.raises(InvalidValue, match="include"):
        write(include=include)


def test_undone_work_is_neither_released_nor_told(write, workspace, ana):
    curate(workspace, ana, 1, "fix", "a note", c1=6)
    Tab(workspace, ana, 1).undo()
    folder = write()
    assert (folder / "Bench.json").read_bytes() == SOURCE
    assert "a note" not in (folder / "CHANGES.md").read_text()


def test_the_manifest_says_what_is_in_the_folder(write, workspace, ana, bo):
    curate(workspace, bo, 1, "fix", c1=6)
    folder = write()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["files"]) == {"Bench.json", "CHANGES.md"}
    for name, told in manifest["files"].items():
        data = (folder / name).read_bytes()
        assert (told["sha256"], told["bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))
    assert manifest["source"]["sha256"] == hashlib.sha256(SOURCE).hexdigest()
    assert manifest["counts"] == {"items": 4, "changed": 1, "left_out": {}}
    assert (manifest["created_by"], manifest["people"]) == ("Ana", ["Bo"])
    assert manifest["created_at"].endswith("+00:00")


def test_the_preview_says_what_a_release_would_hold(workspace, ana, bench):
    curate(workspace, ana, 1, "fix", c1=9)
    curate(workspace, ana, 2, "drop", "no")
    found = preview(workspace, actor=ana, dataset=bench, include=("keep", "fix", "open"))
    assert (found.included, found.left_out) == (3, {"dropped": 1})
    assert [o.item_id for o in found.changed] == [1, 2]
    assert 1 in [item.id for item in found.open_errors]


def test_nothing_is_ever_overwritten(write, tmp_path):
    (tmp_path / "out" / "v1").mkdir(parents=True)
    with pytest.raises(InputError, match="never overwritten"):
        write()
    (tmp_path / "out" / "v2").write_text("mine")
    with pytest.raises(InputError):
        write("v2")
    assert (tmp_path / "out" / "v2").read_text() == "mine"


def test_a_name_is_given_once(write):
    write("v1")
    with pytest.raises(InvalidValue, match="release 'v1' already"):
        write("v2", name="v1")


@pytest.mark.parametrize("name", ["../v1", ".hidden", "a/b", "a\nb", "x" * 81, " "])
def test_a_name_that_could_be_no_folder_is_refused(write, name):
    with pytest.raises(InvalidValue, match="name"):
        write("v1", name=name)


def test_an_unknown_format_is_refused(write):
    with pytest.raises(NotFound):
        write(format="papyrus")


@pytest.mark.parametrize(
    ("module", "step"),
    [
        (writing, "write_files"),
        (folder, "flush"),
        (folder, "put_in_place"),
        (making, "record"),
    ],
)
def test_a_failure_midway_leaves_nothing(write, workspace, monkeypatch, tmp_path, module, step):
    def fail(*arguments):
        raise RuntimeError("the lights went out")

    original = getattr(module, step)
    monkeypatch.setattr(module, step, fail)
    with pytest.raises(RuntimeError):
        write()
    assert list((tmp_path / "out").iterdir()) == []
    assert datasets.standing(workspace, actor=None, dataset_id=1).releases == []
    monkeypatch.setattr(module, step, original)
    assert values(write())


def test_a_kill_midway_leaves_nothing_that_looks_finished(
    workspace, ana, bench, environment, tmp_path
):
    script = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from annotator.config import load
        from annotator.services import datasets, release
        from annotator.services.workspace import open_workspace, sign_in

        workspace = open_workspace(load())
        release.folder.put_in_place = lambda *_: os.kill(os.getpid(), 9)
        release.export(
            workspace, actor=sign_in(workspace, name="Ana"), out=Path(sys.argv[1]),
            dataset=datasets.named(workspace, name="Bench"),
        )
        """
    )
    out = tmp_path / "out" / "v1"
    process = subprocess.run([sys.executable, "-c", script, out], env=os.environ | environment)
    assert process.returncode == -9
    assert not out.exists()
    assert all(name.name.startswith(".") for name in out.parent.iterdir())
    assert datasets.standing(workspace, actor=None, dataset_id=1).releases == []
    export(workspace, actor=ana, dataset=bench, out=out)
    assert values(out)


def test_a_release_is_noted_in_the_log(write, workspace, ana):
    write()
    lines = history.recent(workspace, actor=ana, dataset_id=1, limit=5)
    assert lines[0].sentence == "Ana wrote release v1"
    assert [r.name for r in datasets.standing(workspace, actor=ana, dataset_id=1).releases] == [
        "v1"
    ]


def test_items_settled_against_a_newer_source_go_out_over_it(write, workspace, ana):
    curate(workspace, ana, 1, "fix", c1=6)
    newer = [{**RECORDS[0], "component_weight": [4, 3, 2], "extra": "new"}, *RECORDS[1:]]
    imported(workspace, ana, benchmark(*newer, indent=4))
    (waiting,) = merging.waiting(workspace, actor=ana, dataset_id=1)
    merging.settle(
        workspace, actor=ana, merge_id=waiting.id, revision=1, take_source=["c/c3/weight"]
    )
    folder = write()
    assert values(folder)[0] == {**newer[0], "component_weight": [6, 3, 2]}
    assert (folder / "Bench.json").read_text().startswith("[\n    {\n")

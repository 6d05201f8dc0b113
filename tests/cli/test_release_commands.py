"""`annotator release …` as scripts see it: JSON on stdout, exit codes, files."""

from __future__ import annotations

import json

import fsspec
import pytest
from typer.testing import CliRunner

from annotator.cli import app
from annotator.errors import AnnotatorError
from annotator.services import datasets
from tests.examples import Tab, benchmark, imported, record

RECORDS = [record(instruction=f"{verb} the {thing}.", image=f"{n}.png") for n, (verb, thing) in
           enumerate([("Praise", "cat"), ("Count", "lamps"), ("Paint", "sea")])]  # fmt: skip


@pytest.fixture
def run(workspace, ana, environment, monkeypatch):
    """Runs a command: exit code and what stdout holds as JSON."""
    imported(workspace, ana, benchmark(*RECORDS))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def now(*arguments):
        result = CliRunner().invoke(app, ["release", *arguments])
        if isinstance(result.exception, AnnotatorError):
            raise result.exception
        text = result.stdout
        return result.exit_code, json.loads(text) if text[:1] in "[{" else text

    return now


def test_create_list_verify_diff_reproduce(run, workspace, ana, tmp_path):
    code, preview = run("create", "--dataset", "Bench", "--name", "v1", "--preview")
    assert code == 0 and preview["counts"]["items"] == 3
    assert not (tmp_path / "exports").exists()
    code, manifest = run("create", "--dataset", "Bench", "--name", "v1")
    folder = tmp_path / "exports" / "Bench" / "v1"
    assert code == 0 and (folder / "manifest.json").is_file()
    code, listed = run("list", "--json")
    assert [one["content_sha256"] for one in listed] == [manifest["content_sha256"]]
    tab = Tab(workspace, ana, 2)
    tab.weigh(c1=6, c2=1)
    tab.submit("fix")
    assert run("create", "--dataset", "Bench", "--name", "v2")[0] == 0
    code, told = run("diff", "v1", "v2", "--dataset", "Bench", "--json")
    assert [one["item"] for one in told["items"]] == ["1"]
    code, told = run("diff", "source", "v2", "--dataset", "Bench", "--json")
    assert told["counts"]["changed"] == 1
    assert "from 4 to 6" in run("diff", str(folder), str(folder.parent / "v2"))[1]
    assert run("reproduce", "v2", "--dataset", "Bench")[0] == 0
    assert run("reproduce", "v1", "--dataset", "Bench")[0] == 1
    assert run("verify", str(folder))[0] == 0
    assert run("verify", "v1", "--dataset", "Bench")[0] == 0
    (folder / "CHANGES.md").write_text("nothing")
    code, told = run("verify", str(folder))
    assert code == 1 and told["sound"] is False and "CHANGES.md" in told["problems"][0]


def test_an_import_says_whose_the_source_is(run, workspace, tmp_path):
    (tmp_path / "paper.bib").write_text("@misc{x}\n")
    (tmp_path / "b.json").write_bytes(benchmark(*RECORDS))
    told = ("--licence", "CC0", "--citation", str(tmp_path / "paper.bib"))
    command = ["import", str(tmp_path / "b.json"), "--dataset", "Own", *told]
    assert CliRunner().invoke(app, command).exit_code == 0
    found = datasets.named(workspace, name="Own")
    assert (found.licence, found.citation) == ("CC0", "@misc{x}")


def test_rules_and_splits_as_options(run):
    code, manifest = run(
        *("create", "--dataset", "Bench", "--name", "v1", "--splits", "train=1,test=1"),
        *("--without-flags", "all", "--without-findings", "error", "--seed", "x"),
    )
    assert code == 0 and manifest["options"]["seed"] == "x"
    assert [line["split"] for line in manifest["splits"]] == ["train", "test"]
    assert "unsafe" in manifest["options"]["rules"]["without_flags"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--splits", "a,b"], "splits"),
        (["--place", "101"], "ITEM=SPLIT"),
        (["--without-findings", "fatal"], "findings"),
        (["--formats", "nothing"], "no format"),
        (["--previous", "v0"], "no release"),
    ],
)
def test_wrong_options_are_refused(run, arguments, said):
    with pytest.raises(AnnotatorError, match=said):
        run("create", "--dataset", "Bench", "--name", "v1", *arguments)


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_release_at_an_address(run, tmp_path, kind, monkeypatch):
    place = f"{tmp_path}/bucket/v1" if kind == "file" else f"/{tmp_path.name}/v1"
    address = f"{kind}://{place}"
    files = fsspec.url_to_fs(address)[0]
    make = ("create", "--dataset", "Bench", "--out", address, "--name")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(type(files), "pipe_file", full)
        with pytest.raises(AnnotatorError, match="No space left"):
            run(*make, "v0")
    assert len(files.find(place)) > 3
    with pytest.raises(AnnotatorError, match="is no release"):
        run("verify", address)
    again = ("publish", "v0", "--dataset", "Bench", "--to", address)
    with pytest.raises(AnnotatorError, match="is not empty"):
        run(*again)
    files.rm(place, recursive=True)

    code, told = run(*again)
    assert (code, told["address"]) == (0, address)
    assert run("verify", address)[1]["files"] == told["files"] - 1
    files.rm(place, recursive=True)

    code, manifest = run(*make, "v1")
    assert code == 0
    code, told = run("verify", address)
    assert (code, told["files"], told["folder"]) == (0, len(manifest["files"]), address)
    with pytest.raises(AnnotatorError, match="never overwritten"):
        run(*make, "v2")
    files.pipe_file(f"{place}/CHANGES.md", b"nothing")
    assert run("verify", address)[0] == 1


def test_what_an_address_holds_besides_is_no_release(run, tmp_path):
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "mine.txt").write_text("mine")
    address = f"file://{tmp_path}/bucket"
    with pytest.raises(AnnotatorError, match="is not empty"):
        run("create", "--dataset", "Bench", "--name", "v1", "--out", address)
    assert run("list", "--json")[1] == [] and not (tmp_path / "exports").exists()
    assert [file.name for file in (tmp_path / "bucket").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt", "/../../out.txt"])
def test_nothing_is_fetched_outside_its_folder(run, tmp_path, monkeypatch, name):
    files = fsspec.filesystem("memory")
    place = f"/{tmp_path.name}/evil"
    got = []
    monkeypatch.setattr(type(files), "find", lambda *_, **__: [f"{place}/a", f"{place}/{name}"])
    monkeypatch.setattr(type(files), "get_file", lambda _, there, here: got.append(here))
    with pytest.raises(AnnotatorError, match=r"leaves its folder.*out\.txt"):
        run("verify", f"memory:/{place}")
    assert got == []


def test_only_what_was_noted_is_published(run, tmp_path):
    assert run("create", "--dataset", "Bench", "--name", "v1")[0] == 0
    (tmp_path / "exports" / "Bench" / "v1" / "CHANGES.md").write_text("nothing")
    with pytest.raises(AnnotatorError, match=r"not whole: CHANGES\.md"):
        run("publish", "v1", "--dataset", "Bench", "--to", f"file://{tmp_path}/bucket")
    with pytest.raises(AnnotatorError, match="no release"):
        run("publish", "v9", "--dataset", "Bench", "--to", f"file://{tmp_path}/bucket")
    assert not (tmp_path / "bucket").exists()

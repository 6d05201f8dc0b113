"""Releases from options to bytes: rules, splits, changes, proof that nothing changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotator.domain.assignment import Plan
from annotator.domain.splitting import Place
from annotator.errors import InputError, InvalidValue, NotFound
from annotator.services import assigning, datasets, guidelines, release, settling
from annotator.services.release import Options, Rules, making
from annotator.services.workspace import sign_in
from db import splits
from tests.examples import Tab, benchmark, imported, record

SUBJECTS = ("harbour", "lantern", "orchard", "compass", "velvet", "granite", "whistle", "meadow")


def sentence(number):
    """Instructions that no two of are alike."""
    first, second = SUBJECTS[number % 8], SUBJECTS[number // 8 % 8]
    return f"Tell of the {first}, praise a {second} and count item {number} thrice."


RECORDS = [record(instruction=sentence(n), image=f"{n}.png") for n in range(24)]
THIRDS = "train=1,validation=1,test=1"


@pytest.fixture
def bench(workspace, ana):
    imported(workspace, ana, benchmark(*RECORDS))
    return datasets.named(workspace, name="Bench")


@pytest.fixture
def create(workspace, ana, bench, tmp_path):
    def now(name="v1", **options):
        out = tmp_path / "out" / name
        release.create(
            workspace, actor=ana, dataset=bench, out=out, options=Options(name, **options)
        )
        return out

    return now


def lines(folder, name):
    if name == "items.jsonl":
        found = [one for file in (folder / "items").iterdir() for one in lines(folder, file)]
        return sorted(found, key=lambda one: one["id"])
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text("utf-8"))


def curate(workspace, person, item_id, verdict, **weights):
    tab = Tab(workspace, person, item_id)
    if weights:
        tab.weigh(**weights)
    if verdict == "drop":
        tab.type("no")
    tab.submit(verdict)


def bytes_of(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_a_release_says_of_each_item_what_it_is_and_where_it_comes_from(create, workspace, bo):
    curate(workspace, bo, 2, "fix", c1=5, c2=2)
    found = lines(create(), "items.jsonl")
    assert [one["item"] for one in found] == [str(n) for n in range(24)]
    one = found[1]
    assert (one["split"], one["row"], one["became"]) == ("test", 1, "repaired")
    assert one["curation"]["by"] == ["Bo"] and one["curation"]["verdict"] == "fix"
    assert [c["weight_as_written"] for c in one["components"]] == ["5", "2", "3"]
    assert one["source"]["record_sha256"] and one["image"]["source"] == "1.png"
    assert found[0]["became"] == "clean"


def test_two_runs_give_the_same_bytes(create, workspace, ana, bench, tmp_path):
    curate(workspace, ana, 3, "fix", c1=5, c2=2)
    first = bytes_of(create(splits=THIRDS))
    again = release.reproduce(workspace, dataset=bench, name="v1")
    assert again.identical and again.events_since == 0 and again.files == len(first) - 1
    curate(workspace, ana, 4, "drop")
    later = release.reproduce(workspace, dataset=bench, name="v1")
    assert not later.identical and later.events_since > 0 and "changes.jsonl" in later.differs


def test_what_is_handed_in_on_a_shared_item_has_happened_and_a_draft_has_not(
    create, workspace, ana, bo, bench
):
    assigning.set_plan(
        workspace, actor=ana, dataset_id=bench.id, version=bench.version, plan=Plan(overlap=2)
    )
    create()

    def again():
        return release.reproduce(workspace, dataset=bench, name="v1")

    tab = Tab(workspace, ana, 1)
    tab.type("not sure yet")
    assert again().identical and again().events_since == 0
    tab.submit("keep")
    curate(workspace, bo, 1, "fix", c1=5, c2=2)
    assert not again().identical and again().events_since == 2
    tab.judge("drop")
    assert again().events_since == 3


def test_it_says_which_guidelines_annotators_went_by(create, workspace, ana, bo, bench):
    assert manifest(create("v0"))["guidelines"] is None
    curate(workspace, ana, 1, "keep")
    for number, text in enumerate(("Look.", "Look *twice*.", "Never used.", "Look thrice.\r\n")):
        guidelines.write(
            workspace, actor=ana, dataset_id=bench.id, after=number, text=text, note=f"n{number}"
        )
        if number != 2:
            curate(workspace, bo, number + 2, "keep")
    Tab(workspace, ana, 9).judge("keep")
    out = create()
    told = manifest(out)["guidelines"]
    assert (told["in_force"], told["without"]) == (4, 1)
    made = [(one["version"], one["annotations"], one["file"]) for one in told["versions"]]
    assert made == [(n, 1, f"guidelines/v{n}.md") for n in (1, 2, 4)]
    texts = {file.name: file.read_bytes() for file in (out / "guidelines").iterdir()}
    assert texts == {"v1.md": b"Look.", "v2.md": b"Look *twice*.", "v4.md": b"Look thrice.\r\n"}
    card = (out / "README.md").read_text("utf-8")
    assert "[version 4](guidelines/v4.md), in force: 1 annotation made under it" in card
    assert "1 annotation made before there were guidelines" in card
    assert release.verify(out).sound
    assert release.reproduce(workspace, dataset=bench, name="v1").identical


def test_the_clock_stands_nowhere(create, monkeypatch, workspace, ana, bench, tmp_path):
    first = create("a")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    second = tmp_path / "elsewhere" / "a"
    monkeypatch.setattr(making, "refuse_taken", lambda *_: None)
    monkeypatch.setattr(making, "record", lambda *_: None)
    options = Options("a", previous="none")
    release.create(workspace, actor=ana, dataset=bench, out=second, options=options)
    assert bytes_of(first) == bytes_of(second)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: flip(f / "mia-bench" / "Bench.json"), "mia-bench/Bench.json: changed"),
        (lambda f: flip(f / "CHANGES.md"), "CHANGES.md: changed"),
        (lambda f: (f / "items" / "test.jsonl").unlink(), "items/test.jsonl: missing"),
        (lambda f: (f / "more.txt").write_text(""), "more.txt: is not in the manifest"),
        (lambda f: (f / "mia-bench" / "x").mkdir(), "a folder that is not in the manifest"),
        (lambda f: (f / "items" / "test.jsonl").open("a").write("\n"), "bytes instead of"),
        (lambda f: respell(f, '"release": "v1"', '"release": "v2"'), "manifest.json: changed"),
        (lambda f: respell(f, "\n}", "\n} "), "manifest.json: changed"),
        (lambda f: linked(f / "CHANGES.md"), "is a link"),
    ],
)
def test_whatever_is_changed_missing_or_more_is_found(create, damage, said):
    folder = create()
    assert release.verify(folder).problems == ()
    damage(folder)
    found = release.verify(folder)
    assert not found.sound and any(said in problem for problem in found.problems)


def flip(file, at=10):
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(bytes(data))


def respell(folder, before, after):
    text = (folder / "manifest.json").read_text("utf-8")
    assert before in text
    (folder / "manifest.json").write_text(text.replace(before, after, 1), "utf-8")


def linked(file):
    moved = file.rename(file.parent.parent / "elsewhere.md")
    file.symlink_to(moved)


def test_every_single_byte_counts(create):
    folder = create(previous="none")
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = file.read_bytes()
        for at in range(0, len(data), max(1, len(data) // 15)):
            flip(file, at)
            try:
                assert not release.verify(folder).sound, (file, at)
            except InputError as fault:
                assert "manifest" in str(fault)
            file.write_bytes(data)
    assert release.verify(folder).sound


def test_a_manifest_that_was_written_anew_is_not_what_the_database_noted(create, workspace, bench):
    folder = create()
    values = manifest(folder)
    values["people"] = ["Mallory"]
    values["manifest_sha256"] = release.manifest.self_hash(values)
    (folder / "manifest.json").write_text(release.manifest.as_text(values), "utf-8")
    assert release.verify(folder).sound
    noted = release.named(workspace, dataset=bench, name="v1").manifest
    assert "not what the database noted" in release.verify(folder, noted=noted).problems[0]


def test_no_release_is_no_release(tmp_path):
    with pytest.raises(InputError, match="no release"):
        release.verify(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(InputError, match="no manifest"):
        release.verify(tmp_path)


def test_splits_are_written_apart_and_tell_what_came_out(create, workspace, bench):
    folder = create(splits=THIRDS)
    told = {line["split"]: line["items"] for line in manifest(folder)["splits"]}
    assert sum(told.values()) == 24 and set(told) == {"train", "validation", "test"}
    for split, number in told.items():
        data = json.loads((folder / "mia-bench" / split / "Bench.json").read_bytes())
        rows = [one for one in lines(folder, "items.jsonl") if one["split"] == split]
        assert len(data) == len(rows) == number
        assert [data[one["row"]]["instruction"] for one in rows] == [
            one["instruction"] for one in rows
        ]
    levels = manifest(folder)["figures"]["levels"]
    assert sum(levels[0][name] for name in told) == 24


def test_splits_are_inherited_and_new_items_move_none(create, workspace, ana, bench):
    first = {one["id"]: one["split"] for one in lines(create(splits=THIRDS), "items.jsonl")}
    curate(workspace, ana, 1, "drop")
    tab = Tab(workspace, ana, 2)
    tab.edit({"op": "set_instruction", "value": "Something else altogether."})
    tab.submit("fix")
    extra = [record(instruction=f"New {sentence(n)}", image=f"{n}.png") for n in range(30, 40)]
    imported(workspace, ana, benchmark(*RECORDS, *extra))
    second = {one["id"]: one["split"] for one in lines(create("v2", splits=THIRDS), "items.jsonl")}
    assert {i: s for i, s in second.items() if i in first} == {
        i: s for i, s in first.items() if i != 1
    }
    assert len(second) == 23 + 10
    again = release.reproduce(workspace, dataset=bench, name="v2")
    assert again.identical


def test_an_item_that_joins_two_groups_waits_until_a_person_places_it(create, workspace, ana):
    folder = create(splits=THIRDS)
    places = {one["item"]: one["split"] for one in lines(folder, "items.jsonl")}
    other = next(n for n in range(24) if places[str(n)] != places["0"])
    joining = record(instruction=RECORDS[other]["instruction"], image="0.png", type="complex")
    imported(workspace, ana, benchmark(*RECORDS, joining))
    second = create("v2", splits=THIRDS)
    [waiting] = manifest(second)["waiting"]
    assert waiting["items"] == ["24"]
    assert {place["split"] for place in waiting["joins"]} == {places["0"], places[str(other)]}
    assert manifest(second)["counts"]["left_out"] == {
        "would join two groups of an earlier release": 1
    }
    assert "24" in (second / "CHANGES.md").read_text("utf-8")
    third = create("v3", splits=THIRDS, placed={"24": "validation"})
    assert lines(third, "items.jsonl")[-1]["split"] == "validation"
    fourth = create("v4", splits=THIRDS)
    assert lines(fourth, "items.jsonl")[-1]["split"] == "validation"
    with pytest.raises(InvalidValue, match="no item '99'"):
        create("v5", splits=THIRDS, placed={"99": "train"})


def test_the_first_release_notes_places_and_later_ones_only_new_ones(create, workspace, bench):
    create(splits=THIRDS)
    create("v2", splits=THIRDS)
    with workspace.database.reading() as session:
        known = splits.known(session, dataset_id=bench.id)
        before = splits.known(session, dataset_id=bench.id, before_release=1)
    assert len(known) == 24 and before == {}
    assert all(isinstance(place, Place) for place in known.values())


def test_clean_repaired_and_dropped_go_apart(create, workspace, ana):
    curate(workspace, ana, 1, "fix", c1=5, c2=2)
    curate(workspace, ana, 2, "drop")
    curate(workspace, ana, 3, "keep")
    folder = create(splits="clean,repaired,dropped")
    told = {line["split"]: line["items"] for line in manifest(folder)["splits"]}
    assert told == {"clean": 22, "repaired": 1, "dropped": 1}
    only = create("v2", splits="repaired", previous="none")
    assert manifest(only)["counts"]["left_out"] == {"dropped": 1, "no split for clean items": 22}


def test_a_second_release_shows_only_what_changed_since(create, workspace, ana, bench):
    curate(workspace, ana, 1, "fix", c1=5, c2=2)
    first = create()
    curate(workspace, ana, 2, "fix", c1=6, c2=1)
    curate(workspace, ana, 3, "drop")
    second = create("v2")
    since = [one for one in lines(second, "changes.jsonl") if one["against"] == "v1"]
    assert [(one["item"], one["what"]) for one in since] == [("1", "changed"), ("2", "removed")]
    assert since[0]["changes"][0] == {"path": "c/c1/weight", "before": 4, "after": 6}
    against = [one["item"] for one in lines(second, "changes.jsonl") if one["against"] == "source"]
    assert against == ["0", "1", "2"]
    told = release.compare_folders(first, second)
    assert told.counts() == {"added": 0, "removed": 1, "changed": 1}
    assert "changed the weight of component 1 from 4 to 6" in told.differences[0].sentences()
    assert manifest(second)["previous"]["release"] == "v1"
    third = create("v3")
    assert [one for one in lines(third, "changes.jsonl") if one["against"] == "v2"] == []
    assert "## Since v2\n\nNothing." in (third / "CHANGES.md").read_text("utf-8")


def test_a_release_to_compare_with_that_is_gone_is_said(create, tmp_path):
    folder = create()
    folder.rename(tmp_path / "moved")
    with pytest.raises(InputError, match="is gone"):
        create("v2")
    assert create("v2", previous="none")
    with pytest.raises(NotFound):
        create("v3", previous="v7")


def test_items_looked_at_and_kept_are_in_the_changes(create, workspace, ana):
    curate(workspace, ana, 5, "keep")
    found = lines(create(), "changes.jsonl")
    assert [(one["item"], one["what"]) for one in found] == [("4", "kept")]
    assert found[0]["by"][0]["person"] == "Ana"


def test_rules_say_what_they_drop(create, workspace, ana):
    curate(workspace, ana, 1, "fix", c1=9)
    folder = create(rules=Rules(without_findings="error"))
    told = {rule["rule"]: rule["dropped"] for rule in manifest(folder)["rules"]}
    assert "0" in told["nothing with an open error"]
    assert "Left out by a rule" in (folder / "CHANGES.md").read_text("utf-8")
    assert manifest(folder)["options"]["rules"]["without_findings"] == "error"


def test_what_two_annotators_said_differently_is_listed(create, workspace, ana, bo):
    curate(workspace, ana, 1, "keep")
    curate(workspace, bo, 1, "fix", c1=5, c2=2)
    folder = create()
    assert manifest(folder)["disputed"] == ["0"]
    assert manifest(folder)["people"] == ["Ana", "Bo"]
    assert "on 0 of 1 (0%)" in (folder / "README.md").read_text("utf-8")


def test_who_annotated_what_another_settled_is_named(create, workspace, ana, bo, bench):
    assigning.set_plan(
        workspace, actor=ana, dataset_id=bench.id, version=bench.version, plan=Plan(overlap=2)
    )
    for item_id, verdicts in {1: ("keep", "keep"), 2: ("keep", "drop"), 3: ("keep",)}.items():
        for person, verdict in zip((bo, sign_in(workspace, name="Cy")), verdicts, strict=False):
            curate(workspace, person, item_id, verdict)
    shown = settling.preview(workspace, actor=ana, dataset_id=bench.id, rule=settling.Rule())
    settling.settle_by_rule(workspace, actor=ana, shown=shown, rule=settling.Rule())
    folder = create()
    [told] = lines(folder, "changes.jsonl")
    assert [one["person"] for one in told["by"]] == ["Ana"] and told["annotators"] == ["Bo", "Cy"]
    assert "- annotated by Bo, Cy" in (folder / "CHANGES.md").read_text("utf-8")
    first, second, *_ = lines(folder, "items.jsonl")
    assert first["curation"]["by"] == ["Ana", "Bo", "Cy"] == manifest(folder)["people"]
    assert second["curation"]["by"] == []
    assert "on 1 of 2 (50%)" in (folder / "README.md").read_text("utf-8")


def test_what_a_crash_left_whole_is_taken_up(create, workspace, ana, bench, monkeypatch, tmp_path):
    class Lights(BaseException):
        """Out."""

    def crash(draft, out):
        draft.rename(out)
        raise Lights

    monkeypatch.setattr(making.folders, "put_in_place", crash)
    with pytest.raises(Lights):
        create()
    monkeypatch.undo()
    assert release.of_dataset(workspace, dataset=bench) == []
    create()
    assert [one.name for one in release.of_dataset(workspace, dataset=bench)] == ["v1"]
    assert [p.name for p in Path(tmp_path / "out").iterdir()] == ["v1"]


def test_a_left_over_folder_of_other_bytes_stays_and_is_refused(create, tmp_path):
    folder = create()
    folder.rename(tmp_path / "out" / "v2")
    with pytest.raises(InputError, match="never overwritten"):
        create("v2", previous="none")


def test_a_release_is_compared_with_its_source(create, workspace, ana):
    curate(workspace, ana, 1, "fix", c1=5, c2=2)
    curate(workspace, ana, 2, "drop")
    curate(workspace, ana, 3, "keep")
    told = release.compare_source(create())
    assert told.counts() == {"added": 0, "removed": 1, "changed": 1, "kept": 1}
    assert "changed the weight of component 1 from 4 to 5" in told.differences[0].sentences()

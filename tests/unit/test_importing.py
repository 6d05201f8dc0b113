"""Importing: whole or not at all, the same again, and newer versions that lose nobody's work."""

from __future__ import annotations

import base64
import io
import json
import time
from dataclasses import replace

import pytest
from PIL import Image

from annotator.errors import InputError, InvalidValue, NotFound, StaleSave
from annotator.images import open_store
from annotator.services import browsing, datasets, history, merging, pictures
from annotator.services.importing import import_file
from db import findings, items
from tests.examples import Tab, benchmark, imported, record

SING, DRAW = record(instruction="Sing about it."), record(instruction="Draw it, in words.")


def png(colour="red", size=(4, 3)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def data_uri(data):
    return "data:image/png;base64," + base64.b64encode(data).decode()


@pytest.fixture
def bring(workspace, ana):
    """Imports records, as a file of this name."""

    def again(*records, **arguments):
        return import_file(
            workspace,
            actor=ana,
            file="bench.json",
            data=benchmark(*records),
            dataset="Bench",
            **arguments,
        )

    return again


@pytest.fixture
def rows(workspace):
    """The items in order of position, as they stand."""

    def now():
        with workspace.database.reading() as session:
            return items.get_many(session, item_ids=items.ids(session, dataset_id=1))

    return now


def kinds(workspace, item_id, ana):
    return {f.kind for f in Tab(workspace, ana, item_id).desk.findings}


def test_a_file_comes_in_whole(bring, rows):
    report = bring(record(), SING)
    assert (report.new, report.records, report.without_image) == (2, 2, 2)
    first = rows()[0]
    assert (first.source_id, first.position, first.revision) == ("0", 0, 0)
    assert [c.weight for c in first.content.components] == [4, 3, 3]


def test_faults_come_in_and_are_marked(bring, workspace, ana):
    report = bring(record(component_weight=[4, 3, 1], num_of_component=9))
    assert report.errors >= 1
    assert {"weights", "image-missing"} <= kinds(workspace, 1, ana)


def test_a_broken_file_changes_nothing(workspace, ana):
    with pytest.raises(InputError, match="record 1"):
        imported(workspace, ana, benchmark(record(), {"image": "x"}))
    assert datasets.everything(workspace) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\x00b", "a\nb"])
def test_a_name_that_is_none_is_refused(workspace, ana, name):
    with pytest.raises(InvalidValue):
        imported(workspace, ana, benchmark(record()), name)


def test_the_same_file_again_changes_nothing(bring, workspace, ana, rows):
    bring(record(), SING)
    before, log = rows(), history.recent(workspace, actor=ana, dataset_id=1, limit=99)
    assert bring(record(), SING).repeated
    assert rows() == before
    assert history.recent(workspace, actor=ana, dataset_id=1, limit=99) == log


def test_number_types_come_through_the_database(bring, rows):
    bring(record(component_weight=[4, 4.0, 0.1]))
    assert [repr(c.weight) for c in rows()[0].content.components] == ["4", "4.0", "0.1"]


def test_a_newer_version_updates_what_nobody_edited(bring, rows, workspace, ana):
    bring(record(), SING)
    report = bring(record(component_weight=[5, 3, 2]), SING)
    assert (report.updated, report.unchanged, report.new) == (1, 1, 0)
    first = rows()[0]
    assert [c.weight for c in first.content.components] == [5, 3, 2]
    assert Tab(workspace, ana, first.id).log()[0].sentence == (
        "Ana took over a newer source: changed the weight of component 1 from 4 to 5 and "
        "changed the weight of component 3 from 3 to 2"
    )


def test_an_update_can_be_undone(bring, rows, workspace, ana):
    bring(record())
    bring(record(component_weight=[5, 3, 2]))
    tab = Tab(workspace, ana, 1)
    tab.undo()
    assert [c.weight for c in rows()[0].content.components] == [4, 3, 3]


def test_versions_follow_each_other_while_nobody_edits(bring, rows):
    first = record()
    bring(first)
    shorter = record(
        components=first["components"][1:], component_weight=[5, 5], component_type=["mention"] * 2
    )
    for version in (shorter, first, record(component_weight=[1, 1, 8]), shorter):
        assert bring(version).waiting == 0
        assert [c.text for c in rows()[0].content.components] == version["components"]


def test_reordered_records_keep_their_items(bring, rows):
    bring(record(), SING, DRAW)
    ids = {row.content.instruction: row.id for row in rows()}
    report = bring(DRAW, record(), SING)
    assert (report.unchanged, report.new) == (3, 0)
    assert [row.id for row in rows()] == [
        ids[DRAW["instruction"]],
        ids[record()["instruction"]],
        ids[SING["instruction"]],
    ]
    assert [row.source_id for row in rows()] == ["0", "1", "2"]


def test_a_record_that_is_gone_is_marked_and_stays(bring, rows, workspace, ana):
    bring(record(), SING, DRAW)
    assert bring(SING, DRAW).withdrawn == 1
    assert [(r.content.instruction, r.withdrawn_from_source) for r in rows()] == [
        (SING["instruction"], False),
        (DRAW["instruction"], False),
        (record()["instruction"], True),
    ]
    assert browsing.find(workspace, actor=ana, dataset_id=1, name="0") == rows()[0].id
    again = bring(SING, DRAW, record())
    assert (again.new, again.withdrawn, again.unchanged) == (0, 0, 3)
    assert not rows()[2].withdrawn_from_source


def test_a_new_record_comes_in_between(bring, rows):
    bring(record(), SING)
    report = bring(record(), record(image="other.png", instruction="Wholly new words"), SING)
    assert (report.new, report.unchanged) == (1, 2)
    assert [r.position for r in rows()] == [0, 1, 2]


def test_a_type_the_newer_source_brings_is_known_from_then_on(bring, workspace, ana):
    bring(record())
    bring(record(component_type=["describe", "rhyme", "mention"]))
    tab = Tab(workspace, ana, 1)
    tab.edit({"op": "set_component", "key": "c1", "field": "type", "value": "rhyme"})
    with pytest.raises(InvalidValue):
        tab.edit({"op": "set_component", "key": "c1", "field": "type", "value": "never"})


def test_a_dataset_without_weights_has_no_target(workspace, ana):
    bare = record()
    del bare["component_weight"]
    imported(workspace, ana, benchmark(bare))
    assert datasets.named(workspace, name="Bench").target is None


# Merging


@pytest.fixture
def waiting(bring, workspace, ana):
    """Ana has curated the item; a newer source differs."""
    bring(record(), SING)
    tab = Tab(workspace, ana, 1)
    tab.weigh(c1=6)
    tab.submit("fix")
    report = bring(record(component_weight=[4, 3, 2], instruction="Newer words."), SING)
    assert (report.waiting, report.updated) == (1, 0)
    return merging.waiting(workspace, actor=ana, dataset_id=1)[0]


def test_what_somebody_did_waits_with_both_sides(waiting, workspace, ana, rows):
    case = merging.open_merge(workspace, actor=ana, merge_id=waiting.id)
    assert [(d.path, d.ours, d.theirs, d.both) for d in case.differences] == [
        ("instruction", record()["instruction"], "Newer words.", False),
        ("c/c1/weight", 6, 4, False),
        ("c/c3/weight", 3, 2, False),
    ]
    assert [c.weight for c in rows()[0].content.components] == [6, 3, 3]


def test_a_merge_is_settled_by_choice(waiting, workspace, ana, rows):
    revision = merging.settle(
        workspace, actor=ana, merge_id=waiting.id, revision=1,
        take_source=["instruction", "c/c3/weight"],
    )  # fmt: skip
    first = rows()[0]
    assert (revision, first.revision) == (2, 2)
    assert [c.weight for c in first.content.components] == [6, 3, 2]
    assert first.content.instruction == "Newer words."
    assert merging.waiting(workspace, actor=ana, dataset_id=1) == []
    tab = Tab(workspace, ana, 1)
    tab.undo()
    assert [c.weight for c in tab.desk.item.content.components] == [6, 3, 3]


def test_a_merge_that_makes_an_item_another_frees_its_twin_of_the_finding(bring, workspace, ana):
    bring(record(), record(component_weight=[2, 4, 4]))
    tab, twin = Tab(workspace, ana, 1), Tab(workspace, ana, 2)
    tab.weigh(c1=6)
    tab.submit("fix")
    assert "duplicate" in [finding.kind for finding in twin.look().findings]
    bring(record(instruction="Wholly newer words."), record(component_weight=[2, 4, 4]))
    (waiting,) = merging.waiting(workspace, actor=ana, dataset_id=1)
    merging.settle(
        workspace, actor=ana, merge_id=waiting.id, revision=1, take_source=["instruction"]
    )
    with workspace.database.reading() as session:
        assert not [f for f in findings.of_item(session, item_id=2) if f.kind == "duplicate"]


def test_a_merge_is_settled_once_and_over_what_was_seen(waiting, workspace, ana, bo):
    with pytest.raises(StaleSave):
        merging.settle(workspace, actor=ana, merge_id=waiting.id, revision=0, take_source=[])
    merging.settle(workspace, actor=ana, merge_id=waiting.id, revision=1, take_source=[])
    with pytest.raises(StaleSave):
        merging.settle(workspace, actor=bo, merge_id=waiting.id, revision=2, take_source=[])


def test_a_still_newer_version_replaces_what_waits(waiting, bring, workspace, ana):
    bring(record(component_weight=[9, 3, 2]), SING)
    assert [m.id for m in merging.waiting(workspace, actor=ana, dataset_id=1)] != [waiting.id]
    bring(record(), SING)
    assert merging.waiting(workspace, actor=ana, dataset_id=1) == []


def test_a_draft_alone_makes_an_update_wait(bring, workspace, ana):
    bring(record())
    Tab(workspace, ana, 1).type("thinking")
    assert bring(record(component_weight=[5, 3, 2])).waiting == 1


# Images


def test_images_are_found_in_the_folder_and_kept_once(bring, rows, workspace, tmp_path):
    folder = tmp_path / "benchmark"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "cat.png").write_bytes(png())
    report = bring(record(), SING, record(image=data_uri(png())), images=folder)
    assert (report.images, report.without_image) == (3, 0)
    assert len({row.image.sha256 for row in rows()}) == 1
    assert len(pictures.of_dataset(workspace, dataset_id=1)) == 1


def test_an_image_that_cannot_be_had_is_said_and_is_no_crash(bring, rows, tmp_path):
    (tmp_path / "broken.png").write_bytes(png()[:30])
    bring(
        record(image="broken.png"),
        record(image="../../etc/passwd"),
        record(image="http://example.org/a.png"),
        record(image=None),
        record(image="data:image/png;base64,AAAA"),
        images=tmp_path,
    )
    assert all(row.image is None and row.image_problem for row in rows())


def test_a_newer_record_that_names_another_image_does_not_keep_the_old_one(bring, rows, tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    bring(record(image="a.png"), images=tmp_path)
    bring(record(image="b.png"), images=tmp_path)
    assert (rows()[0].image, rows()[0].image_ref) == (None, "b.png")


def test_an_image_somebody_gave_stays_through_a_newer_version(bring, rows, workspace, ana):
    bring(record())
    pictures.replace_image(workspace, actor=ana, item_id=1, data=png("blue"))
    bring(record(component_weight=[5, 3, 2]))
    assert rows()[0].image is not None


def taken_down(workspace, ana):
    image = pictures.of_dataset(workspace, dataset_id=1)[0]
    lost = pictures.take_down(
        workspace, actor=ana, image_id=image.id, version=image.version, reason="a face"
    )
    return image, lost


def test_what_was_taken_down_leaves_a_server_where_it_is_asked_for(bring, workspace, ana, tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    bring(record(image="a.png"), images=tmp_path)
    one, two = (
        replace(workspace, images=open_store(f"{tmp_path}/shared", home))
        for home in (workspace.settings.home, tmp_path / "two")
    )
    (image,) = pictures.of_dataset(one, dataset_id=1)
    for server in (one, two):
        pictures.shown(server, sha256=image.sha256)
        server.images.derived(image.sha256, "thumb")
    taken_down(one, ana)
    with pytest.raises(NotFound):
        pictures.shown(two, sha256=image.sha256)
    assert [f for f in tmp_path.rglob("*") if image.sha256 in f.name] == []


def test_an_image_that_was_taken_down_stays_down(bring, rows, workspace, ana, tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    bring(record(image="a.png"), images=tmp_path)
    image, lost = taken_down(workspace, ana)
    assert lost == 1 and not workspace.images.exists(image.sha256)
    bring(record(image="a.png"), record(image="a.png", instruction="Else."), images=tmp_path)
    assert [row.image_problem for row in rows()] == ["The image was taken down: a face"] * 2
    assert not workspace.images.exists(image.sha256)


def test_the_bytes_of_an_image_taken_down_are_nowhere(bring, rows, workspace, ana):
    uri = data_uri(png("green"))
    bring(record(image=uri), SING)
    taken_down(workspace, ana)
    bring(record(image=uri), SING, record(image=uri, instruction="Again."))
    assert rows()[0].image_problem == "The image was taken down: a face"
    workspace.database.close()
    stored = b"".join(
        file.read_bytes() for file in workspace.settings.home.rglob("*") if file.is_file()
    )
    assert uri.partition(",")[2].encode() not in stored


# Twins


def test_twins_find_and_lose_each_other(bring, rows, workspace, ana):
    bring(record(), record(instruction=record()["instruction"].upper()), SING)
    assert "duplicate" in kinds(workspace, 1, ana) & kinds(workspace, 2, ana)
    with workspace.database.reading() as session:
        assert {t.position for t in items.twins(session, item_ids=[1])[1]} == {1}
    tab = Tab(workspace, ana, 2)
    tab.edit({"op": "set_instruction", "value": "Something else."})
    tab.submit("fix")
    found = datasets.show(workspace, dataset=datasets.named(workspace, name="Bench"), name="0")
    assert "duplicate" not in {f["kind"] for f in found["findings"]}


# Size


def test_long_texts_are_matched_quickly(bring):
    long = "word " * 4_000
    bring(*(record(image=f"a{n}", instruction=long + str(n)) for n in range(20)))
    begun = time.thread_time()
    bring(*(record(image=f"b{n}", instruction=long + f"new {n}") for n in range(20)))
    assert time.thread_time() - begun < 10


def test_a_newer_version_takes_time_in_proportion(workspace, ana):
    """Four times the items may not take sixteen times as long."""

    def seconds(count, name):
        old = [record(image=f"i{n % 7}", instruction=f"Do {n}.") for n in range(count)]
        new = [{**one, "component_weight": [5, 3, 2]} for one in old]
        imported(workspace, ana, benchmark(*old), name)
        begun = time.thread_time()
        imported(workspace, ana, benchmark(*new), name)
        return time.thread_time() - begun

    small = min(seconds(100, f"small {n}") for n in range(2))
    assert seconds(400, "large") < 10 * small


def test_the_write_lock_is_not_held_while_the_file_is_read(workspace, ana, monkeypatch):
    from annotator.services import importing

    original = importing.gather

    def gather(*arguments):
        with workspace.database.writing():
            pass
        return original(*arguments)

    monkeypatch.setattr(importing, "gather", gather)
    imported(workspace, ana, benchmark(record()))


def test_a_newer_file_of_another_layout_is_read(workspace, ana, rows):
    imported(workspace, ana, benchmark(record(), SING))
    imported(workspace, ana, json.dumps([record(), SING]).encode())
    assert [row.revision for row in rows()] == [0, 0]

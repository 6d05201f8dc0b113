"""Importing every format: items, images in the store, going on when interrupted, mappings."""

from __future__ import annotations

import base64
import csv
import io
import json
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.errors import InputError, InvalidValue
from annotator.formats import FORMATS, ColumnMapping, Outgoing, Target
from annotator.formats.form import is_inside
from annotator.formats.mapping import from_options
from annotator.services import gathering, release
from annotator.services.importing import import_file
from annotator.services.pictures import bytes_of, checked
from db import datasets, items
from tests.unit.formats.datasets import PICTURES, STORE, picture, scratch, written
from tests.unit.formats.datasets import items as generated

HEAD = (
    "index",
    "id",
    "image",
    "question",
    "tag",
    "infer_type",
    "constraints",
    "answer",
    "del_cons",
)
MAPPING = ColumnMapping({"instruction": ("prompt",), "components": ("rules",), "image": ("pic",)})


@pytest.fixture
def bring(workspace, ana):
    """Imports a path or bytes into a dataset."""

    def again(source, name="Bench", **arguments):
        held = {"data": source} if isinstance(source, bytes) else {"path": source}
        file = arguments.pop("file", "bench.dat" if "data" in held else source.name)
        return import_file(workspace, actor=ana, file=file, dataset=name, **held, **arguments)

    return again


@pytest.fixture
def rows(workspace):
    """A dataset's items, and the texts of their records."""

    def now(name="Bench"):
        with workspace.database.reading() as session:
            dataset = datasets.by_name(session, name=name)
            found = items.get_many(session, item_ids=items.ids(session, dataset_id=dataset.id))
            texts = datasets.record_texts(session, record_ids=[i.source_record_id for i in found])
        return found, [texts[i.source_record_id] for i in found]

    return now


def if_eval(images=4, aux="after") -> bytes:
    """A table of MM-IFEval; comparison rows after their items or at the end."""
    out = io.StringIO()
    write = csv.writer(out, delimiter="\t", lineterminator="\n")
    write.writerow(HEAD)
    late = []
    for n in range(images):
        letters = base64.b64encode(picture(n)).decode()
        if n % 2:
            row = [n, n, letters, f"What is {n}?", "P-Level", "main", "", '["red", "1"]', ""]
            write.writerow(row)
            continue
        parts = [
            {"key": "words", "value": "Use ten words.", "judge": {"method": "rule_based",
             "verify_funcs": [{"func": "check_x", "params": [9, [10]]}]}, "weight": None},
            {"key": "tone", "value": "Be kind.", "judge": {"method": "cmp_gpt"}},
        ]  # fmt: skip
        question = f"Describe {n}. Use ten words. Be kind."
        text = json.dumps(parts)
        write.writerow([n, n, letters, question, "C-Level", "main", text, "", ""])
        further = [n + 100, n, str(n), question[:-9], "C-Level", "aux_cmp_gpt", text, "", "tone"]
        late.append(further)
        if aux == "after":
            write.writerow(late.pop())
    write.writerows(late)
    return out.getvalue().encode()


@pytest.mark.parametrize("name", [n for n, form in FORMATS.items() if form.kind == "items"])
@settings(max_examples=1, database=None)
@given(data=st.data())
def test_every_format_comes_in_and_goes_out_the_same(name, data, bring, workspace, rows, tmp_path):
    outgoing = data.draw(generated(name))
    with scratch() as folder:
        file = written(name, outgoing, {}, folder)
        report = bring(file, format=name, images=folder)
        before = file.read_bytes()
    found, _ = rows()
    assert report.new == len(found) == len(outgoing)
    if FORMATS[name].holds.images == "bytes":
        assert all(item.image is not None for item in found)
    target = Target(tmp_path, file.stem, bytes_of(workspace))
    _, texts = rows()
    with workspace.database.reading() as session:
        [source] = datasets.sources(session, dataset_id=1)
    [again, *_] = FORMATS[name].write([Outgoing(t) for t in texts], source.layout, target).files
    if FORMATS[name].containers[0].name not in ("parquet", "xlsx"):
        assert (tmp_path / again).read_bytes() == before


@pytest.mark.parametrize("aux", ["after", "end"])
def test_mm_ifeval_comes_in_as_items_with_constraints_and_answers(aux, bring, rows):
    report = bring(if_eval(aux=aux))
    found, texts = rows()
    assert (report.new, report.images) == (4, 4)
    first, second = found[0].content, found[1].content
    assert [c.judge_method for c in first.components] == ["rule", "compare"]
    assert first.components[0].verifier_calls == ({"func": "check_x", "params": [9, [10]]},)
    assert (second.level, second.answers, second.components) == ("P-Level", ("red", "1"), ())
    assert "aux_cmp_gpt" in texts[0] and "aux_cmp_gpt" not in texts[1]
    assert not any("/9j/" in text for text in texts)


def test_a_dataset_of_mm_ifeval_is_unweighted(bring, workspace):
    bring(if_eval())
    with workspace.database.reading() as session:
        assert datasets.by_name(session, name="Bench").target is None


def test_a_further_row_before_its_item_is_refused(bring):
    head, main, aux, *_ = if_eval().split(b"\n")
    with pytest.raises(InputError, match="further row"):
        bring(b"\n".join([head, aux, main]))


def test_records_of_one_id_become_items_of_different_names(bring, rows):
    data = b"".join(b'{"id": "%d", "prompt": "Do %d."}\n' % (n % 2, n) for n in range(4))
    assert bring(data).renamed == 2
    assert [item.source_id for item in rows()[0]] == ["0", "1", "0 (2)", "1 (2)"]
    report = bring(data.replace(b"Do 2.", b"Do it."))
    assert (report.new, report.updated, report.unchanged) == (0, 1, 3)
    assert [item.content.instruction for item in rows()[0]] == ["Do 0.", "Do 1.", "Do it.", "Do 3."]


def test_answers_and_test_material_are_no_items(bring):
    with pytest.raises(InputError, match="models' answers"):
        bring(b'{"question_id": "https://example.org/a.jpg", "text": "It is."}\n')
    with pytest.raises(InputError, match="test material"):
        bring(b"cdx\tquestion\tog\tperturbed_answer\n1\ta\tb\tc\n")


# Folders


def folder_of(tmp_path, splits):
    """An image folder with splits."""
    for split, numbers in splits.items():
        place = tmp_path / "set" / split
        place.mkdir(parents=True)
        lines = []
        for n in numbers:
            (place / f"{n}.jpg").write_bytes(picture(n))
            lines.append(json.dumps({"file_name": f"{n}.jpg", "instruction": f"Describe {n}."}))
        (place / "metadata.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path / "set"


def test_a_folder_with_splits_comes_in_with_its_images(bring, rows, tmp_path):
    report = bring(folder_of(tmp_path, {"train": [0, 1], "test": [2]}))
    found, _ = rows()
    assert (report.new, report.images) == (3, 3)
    assert sorted(item.origin.batch for item in found) == ["test", "train", "train"]
    assert [item.image_ref for item in found] == ["test/2.jpg", "train/0.jpg", "train/1.jpg"]
    assert bring(tmp_path / "set").repeated


def test_the_splits_of_a_folder_go_out_as_they_came(bring, workspace, ana, tmp_path):
    source, out = folder_of(tmp_path, {"train": [0, 1], "test": [2]}), tmp_path / "out"
    bring(source)
    with workspace.database.reading() as session:
        [dataset] = datasets.everything(session)
    options = release.Options("v1", formats=("imagefolder",), splits="source")
    release.create(workspace, actor=ana, dataset=dataset, out=out, options=options)
    for split in ("train", "test"):
        came, goes = source / split, out / "imagefolder" / split
        assert (goes / "metadata.jsonl").read_bytes() == (came / "metadata.jsonl").read_bytes()
        assert {one.name for one in goes.iterdir()} == {one.name for one in came.iterdir()}
        assert (out / "items" / f"{split}.jsonl").is_file()
    assert "The splits are those of the source." in (out / "README.md").read_text("utf-8")
    assert release.reproduce(workspace, dataset=dataset, name="v1").identical


@pytest.mark.parametrize(
    ("name", "inside"),
    [("7.jpg", True), ("a/b/7.jpg", True), ("../7.jpg", False), ("a/../../7.jpg", False),
     ("/etc/7.jpg", False), ("https://x/7.jpg", False), ("a\\7.jpg", False), ("", False),
     (None, False), ("7\0.jpg", False)],
)  # fmt: skip
def test_an_image_is_put_beside_the_data_only_below_its_folder(name, inside):
    assert is_inside(name) is inside


def test_images_of_one_name_in_several_folders_stay_apart(bring, workspace, ana, tmp_path):
    source, out = folder_of(tmp_path, {"train": [0], "test": [1]}), tmp_path / "out"
    (source / "test" / "1.jpg").rename(source / "test" / "0.jpg")
    (source / "test" / "metadata.jsonl").write_text('{"file_name":"0.jpg", "instruction": "B."}\n')
    bring(source)
    with workspace.database.reading() as session:
        [dataset] = datasets.everything(session)
    options = release.Options("v1", formats=("imagefolder",))
    release.create(workspace, actor=ana, dataset=dataset, out=out, options=options)
    data = (out / "imagefolder" / "metadata.jsonl").read_text("utf-8").splitlines()
    names = [json.loads(line)["file_name"] for line in data]
    found = [(out / "imagefolder" / name).read_bytes() for name in names]
    assert found == [(source / f / "0.jpg").read_bytes() for f in ("test", "train")]
    assert names[0] == "0.jpg" != names[1]


def test_a_file_without_records_takes_nothing_away(workspace, ana, bring):
    bring(b'{"prompt": "Do it."}\n', name="Bare", format="jsonl")
    for data, form in ((b"", "jsonl"), (b"[]", "mia-bench"), (b"prompt\n", "csv")):
        with pytest.raises(InputError, match="holds no record"):
            bring(data, name="Bare" if form == "jsonl" else form, format=form)
    with workspace.database.reading() as session:
        assert len(items.ids(session, dataset_id=1)) == 1


def test_a_folder_without_data_is_refused(bring, tmp_path):
    (tmp_path / "set").mkdir()
    with pytest.raises(InputError, match="no data file"):
        bring(tmp_path / "set")


def test_a_path_that_leads_out_of_the_folder_is_not_read(bring, rows, tmp_path):
    (tmp_path / "secret.jpg").write_bytes(picture(1))
    folder = folder_of(tmp_path, {"": [0]})
    line = json.dumps({"file_name": "../secret.jpg", "instruction": "Show it."})
    (folder / "metadata.jsonl").write_text(line + "\n")
    bring(folder)
    [item], _ = rows()
    assert item.image is None and "leads out of the folder" in item.image_problem


# Mappings


def test_a_mapping_is_kept_with_its_dataset(bring, rows, workspace):
    data = b"prompt,pic,rules,other\nDo it.,a.jpg,one\ntwo,x\n".replace(b"one\ntwo", b'"one\ntwo"')
    bring(data, mapping=MAPPING, file="own.csv")
    [item], _ = rows()
    assert [c.text for c in item.content.components] == ["one", "two"]
    assert item.image_ref == "a.jpg"
    newer = data.replace(b"two", b"three")
    bring(newer, file="own.csv")
    [item], _ = rows()
    assert [c.text for c in item.content.components] == ["one", "three"]
    with pytest.raises(InputError, match="another mapping"):
        other = ColumnMapping({"instruction": ("rules",)})
        bring(newer + b"Do that.,b.jpg,four,y\n", file="own.csv", mapping=other)


def test_a_release_of_a_mapped_dataset_gives_the_file_back(bring, workspace, ana, tmp_path):
    data = b"prompt;pic;rules\r\nDo it.;a.jpg;one\r\n"
    bring(data, mapping=MAPPING, file="own.csv")
    with workspace.database.reading() as session:
        dataset = datasets.by_name(session, name="Bench")
    release.export(workspace, actor=ana, dataset=dataset, out=tmp_path / "out")
    assert (tmp_path / "out" / "Bench.csv").read_bytes() == data


def test_a_file_without_an_instruction_asks_for_a_mapping(bring):
    with pytest.raises(InputError, match="mapping"):
        bring(b"a,b\n1,2\n", file="own.csv")
    with pytest.raises(InputError, match="--map instruction=COLUMN"):
        bring(b"a,b\n1,2\n", file="own.csv", format="csv")


@pytest.mark.parametrize(
    "options",
    [["instruction"], ["role=a"], ["components=a"], ["instruction=a", "image=a"],
     ["instruction=a", "instruction=b"], ["instruction=a", "separator=x"]],
)  # fmt: skip
def test_a_mapping_that_cannot_be_is_refused(options):
    with pytest.raises(InvalidValue):
        from_options(options)


# Interrupted


def jsonl(count) -> bytes:
    """Records with an image of their own each."""
    lines = []
    for n in range(count):
        image = base64.b64encode(picture(n)).decode()
        lines.append(json.dumps({"id": str(n), "question": f"Describe {n}.", "image": image}))
    return "\n".join(lines).encode()


class Broken(Exception):
    """What happens in the middle."""


def test_an_interrupted_import_goes_on_where_it_was(bring, rows, workspace, monkeypatch):
    monkeypatch.setattr(gathering, "WORTH_NOTING", 3)
    monkeypatch.setattr(gathering, "SHOWN_EVERY", 10)
    seen = []

    def stop(done, total, message):
        if done >= 20:
            raise Broken
        return True

    def counted(workspace, data):
        seen.append(len(data))
        return checked(workspace, data)

    monkeypatch.setattr("annotator.services.pictures.checked", counted)
    with pytest.raises(Broken):
        bring(jsonl(50), progress=stop)
    with workspace.database.reading() as session:
        assert datasets.everything(session) == []
    first = len(seen)
    with monkeypatch.context() as patch:
        patch.setattr(gathering.Journal, "remove", gathering.Journal.close)
        report = bring(jsonl(50))
    found, _ = rows()
    assert (report.new, report.images, len(found)) == (50, 50, 50)
    assert first >= 20 and len(seen) == 50
    assert [item.source_id for item in found] == [str(n) for n in range(50)]
    assert bring(jsonl(50)).repeated
    assert not list((workspace.settings.home / "uploads").glob("*.journal"))


def test_a_journal_that_was_cut_off_loses_one_record_only(bring, rows, workspace, monkeypatch):
    monkeypatch.setattr(gathering, "WORTH_NOTING", 1)
    monkeypatch.setattr(gathering, "SHOWN_EVERY", 5)

    def stop(done, total, message):
        if done >= 10:
            raise Broken
        return True

    with pytest.raises(Broken):
        bring(if_eval(20), progress=stop)
    [journal] = (workspace.settings.home / "uploads").glob("*.journal")
    journal.write_bytes(journal.read_bytes()[:-7])
    bring(if_eval(20))
    found, texts = rows()
    assert len(found) == 20 and sum("aux_cmp_gpt" in text for text in texts) == 10


def test_an_import_that_is_killed_leaves_nothing_half_visible(tmp_path, ana, workspace):
    file = tmp_path / "bench.jsonl"
    file.write_bytes(jsonl(60))
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from annotator.config import load
        from annotator.services import gathering
        from annotator.services.importing import import_file
        from annotator.services.workspace import open_workspace, sign_in
        gathering.WORTH_NOTING, gathering.SHOWN_EVERY, gathering.NOTED_TOGETHER = 2, 10, 1
        workspace = open_workspace(load({"ANNOTATOR_HOME": sys.argv[1]}))
        def progress(done, total, message):
            if done >= 30:
                os.kill(os.getpid(), signal.SIGKILL)
            return True
        import_file(workspace, actor=sign_in(workspace, name="Ana"), file="bench.jsonl",
                    path=Path(sys.argv[2]), dataset="Bench", progress=progress)
        """
    )
    place = workspace.settings.home
    done = subprocess.run([sys.executable, "-c", script, place, file], check=False)
    assert done.returncode == -9
    with workspace.database.reading() as session:
        assert datasets.everything(session) == []
    [journal] = (place / "uploads").glob("*.journal")
    assert 25 <= len(journal.read_bytes().splitlines()) <= 30
    report = import_file(
        workspace, actor=ana, file="bench.jsonl", path=file, dataset="Bench", images=None
    )
    assert report.new == 60


def test_the_stores_images_are_those_of_the_file(bring, workspace):
    bring(jsonl(4))
    assert all(workspace.images.exists(sha256) for sha256 in PICTURES[:4])
    assert all(workspace.images.read(h) == STORE[h] for h in PICTURES[:4])

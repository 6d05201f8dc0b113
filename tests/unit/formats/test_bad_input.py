"""Broken and hostile files: refused with file, place and mend, whatever the format."""

from __future__ import annotations

import base64
import gzip
import io
import json
import pickle
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotator.errors import InputError
from annotator.formats import FORMATS, Outgoing, Source, Target, choose
from annotator.formats.embedding import LONGEST
from tests.unit.formats.datasets import PICTURES, STORE

BIG = "/9j/" + "A" * (LONGEST + 4 - LONGEST % 4)
JSONS = {
    "mia-bench": [{"image": "a.jpg", "instruction": "Do it.", "components": ["it"]}],
    "mm-ifengine": [{"image": "a.jpg", "instruction": "Do it.", "constraints": []}],
    "data-engine": [{"image": "a.jpg", "instruction": "Do it.", "answer": "Done.", "qtype": 4}],
    "llava": [{"image": "a.jpg", "conversations": [{"from": "human", "value": "Do it."}]}],
    "sharegpt": [{"images": ["a.jpg"], "conversations": [{"from": "human", "value": "Do it."}]}],
    "preference": [{"images": ["a.jpg"], "prompt": "Do it.", "chosen": "a", "rejected": "b"}],
    "preference-sharegpt": [
        {"images": [], "conversations": [{"from": "human", "value": "a"}]}
        | {side: {"from": "gpt", "value": side} for side in ("chosen", "rejected")}
    ],
    "imagefolder": [{"file_name": "a.jpg", "instruction": "Do it.", "components": ["it"]}],
    "mia-answers": [{"question_id": "https://example.org/a.jpg", "text": "It is done."}],
    "jsonl": [{"prompt": "Do it.", "picture": "a.jpg"}],
}
WRONG = {
    "mia-bench": [("instruction", 5), ("components", "a"), ("image", ["a"])],
    "mm-ifengine": [
        ("instruction", None),
        ("constraints", "a"),
        ("constraints", [{"key": "a"}]),
        ("image", 5),
    ],
    "data-engine": [("instruction", []), ("qtype", 12), ("options", "A"), ("answer", 3)],
    "llava": [
        ("conversations", "a"),
        ("conversations", [{"from": "gpt", "value": "a"}]),
        ("image", 5),
    ],
    "sharegpt": [("conversations", [5]), ("conversations", [{"from": "human"}]), ("images", [5])],
    "preference": [("prompt", 5), ("chosen", None), ("rejected", []), ("images", [5])],
    "preference-sharegpt": [("conversations", 5), ("rejected", {}), ("images", [5])],
    "imagefolder": [
        ("components", {"a": 1}),
        ("component_weight", ["x"]),
        ("judge_method", ["x"]),
        ("file_name", 5),
    ],
    "mia-answers": [("text", 5), ("question_id", None)],
    "jsonl": [("prompt", 5), ("prompt", "\ud800"), ("picture", 5)],
}
TABLES = {
    "mia-bench-tsv": (
        "index\timage\tquestion\ttype\tnum_of_component\tcomponents\tcomponent_weight\tcomponent_type",
        "0\t\tDo it.\tbasic\t1\t['it']\t[10]\t['math']",
        [("components", "it"), ("component_weight", "['x']"), ("num_of_component", "one")],
    ),
    "mm-ifeval-tsv": (
        "index\tid\timage\tquestion\ttag\tinfer_type\tconstraints\tanswer\tdel_cons",
        '0\t0\t\tDo it.\tC-Level\tmain\t"[{""key"": ""a"", ""value"": ""b""}]"\t\t',
        [("constraints", "{}"), ("constraints", "[5]"), ("answer", "[5]")],
    ),
    "fbi": ("cdx\tquestion\tog\tperturbed_answer", "0\tWhat?\tThat.\tThis.", []),
    "csv": ("prompt,picture", "Do it.,a.jpg", [("prompt", "=1+1"), ("prompt", "@SUM(A1)")]),
}


def lines(name: str, *, list_: bool) -> bytes:
    """A sound file of a format in JSON."""
    if list_:
        return json.dumps(JSONS[name]).encode()
    return b"".join(json.dumps(one).encode() + b"\n" for one in JSONS[name])


def sound(name: str) -> bytes:
    """A sound file of any format."""
    if name in JSONS:
        return lines(name, list_=FORMATS[name].containers[0].name == "json-list")
    if name in TABLES:
        return "\n".join([*TABLES[name][:2], ""]).encode()
    return workbook([["prompt"], ["Do it."]]) if name == "xlsx" else parquet(name)


def workbook(rows) -> bytes:
    """An Excel file."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def parquet(name: str, **more) -> bytes:
    """A parquet file of one row."""
    out = io.BytesIO()
    row = {"instruction": "Do it.", "image": {"bytes": STORE[PICTURES[0]], "path": "a.jpg"}}
    if name == "mia-bench-parquet":
        row |= {"components": ["it"], "component_weight": [10], "component_type": ["math"]}
    pq.write_table(pa.Table.from_pylist([row | more]), out)
    return out.getvalue()


def read(name: str, data: bytes, file: str = "bench.dat"):
    """All records."""
    return list(FORMATS[name].read(Source(file, data=data)).records)


def refused(name: str, data: bytes, *said: str) -> InputError:
    """The error with which a file is refused; it names the file and says what to do."""
    with pytest.raises(InputError) as fault:
        read(name, data)
    assert fault.value.file == "bench.dat"
    for words in said:
        assert words in str(fault.value)
    return fault.value


class Bomb:
    """What a pickle would run."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("benchmark.json", "[]")
    return out.getvalue()


DISGUISES = {
    **{f"pickle {n}": pickle.dumps(Bomb(), n) for n in (2, 3, 4, 5)},
    "gzip": gzip.compress(b"[]"),
    "zip": zipped(),
    "pdf": b"%PDF-1.7 ...",
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_sound_file_is_read(name):
    assert len(read(name, sound(name))) == 1


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_in_disguise_is_never_opened(name, disguise):
    fault = refused(name, DISGUISES[disguise])
    assert fault.mend
    with pytest.raises(InputError):
        choose("auto", Source(f"benchmark.{FORMATS[name].extension}", data=DISGUISES[disguise]))


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("xlsx",)])
def test_a_truncated_file_is_refused(name):
    data = sound(name)
    cut = data[: len(data) * 2 // 3] if name in JSONS or "parquet" in name else data[:-8]
    if name in TABLES:
        cut = data.rstrip(b"\n") + b'\n"open'
    assert refused(name, cut).mend


def test_a_truncated_workbook_is_refused():
    assert refused("xlsx", sound("xlsx")[:-200], "workbook").mend


@pytest.mark.parametrize("name", [*JSONS, *TABLES])
def test_another_encoding_is_refused_with_the_byte(name):
    latin = sound(name).replace(b"a", "á".encode("latin-1"))
    assert "is not UTF-8" in str(refused(name, latin))
    with pytest.raises(InputError):
        read(name, sound(name).decode().encode("utf-16"))


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "mark"])
@pytest.mark.parametrize("name", [*JSONS, *TABLES])
def test_a_byte_order_mark_and_crlf_are_read_and_given_back(name, mark, ending, tmp_path):
    data = mark + sound(name).replace(b"\n", ending.encode())
    reading = FORMATS[name].read(Source("bench.dat", data=data))
    records = list(reading.records)
    assert [r.content for r in records] == [r.content for r in read(name, sound(name))]
    out = [Outgoing(record.text) for record in records]
    [file, *_] = FORMATS[name].write(out, reading.layout, Target(tmp_path, "b")).files
    assert (tmp_path / file).read_bytes() == data


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [(name, field, value) for name, wrong in WRONG.items() for field, value in wrong],
)
def test_a_wrong_type_is_refused_with_record_and_field(name, field, value):
    JSONS_ = [JSONS[name][0], JSONS[name][0] | {field: value}]
    data = b"".join(json.dumps(one).encode() + b"\n" for one in JSONS_)
    if FORMATS[name].containers[0].name == "json-list":
        data = json.dumps(JSONS_).encode()
    fault = refused(name, data, "record 1")
    assert fault.field == field and fault.mend


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [(name, field, value) for name, table in TABLES.items() for field, value in table[2]],
)
def test_a_wrong_cell_is_refused_with_row_and_column(name, field, value):
    head, row, _ = TABLES[name]
    mark = "\t" if "\t" in head else ","
    cells = dict(zip(head.split(mark), row.split(mark), strict=True)) | {field: value}
    cells = [f'"{cell}"' if mark in cell else cell for cell in cells.values()]
    fault = refused(name, "\n".join([head, row, mark.join(cells), ""]).encode(), "record 1, line 3")
    assert fault.field == field and fault.mend


@pytest.mark.parametrize("name", [*JSONS, *TABLES])
def test_a_missing_column_is_refused(name):
    if name in JSONS:
        field = next(iter(f for f, _ in WRONG[name]))
        if name == "imagefolder":
            field = "instruction"
        bare = {k: v for k, v in JSONS[name][0].items() if k != field}
        data = json.dumps([bare]).encode()
        if FORMATS[name].containers[0].name != "json-list":
            data = json.dumps(bare).encode()
    else:
        head, row, _ = TABLES[name]
        mark = "\t" if "\t" in head else ","
        gone = next(n for n, c in enumerate(head.split(mark)) if c in ("question", "prompt"))
        data = "\n".join(
            mark.join(part for n, part in enumerate(line.split(mark)) if n != gone)
            for line in (head, row)
        ).encode()
    fault = refused(name, data, "record 0")
    assert fault.field and fault.mend


@pytest.mark.parametrize("name", TABLES)
def test_a_row_of_another_length_is_refused(name):
    assert "cells; the header has" in str(refused(name, sound(name) + b"one cell\n"))


# A cell of Excel holds no text as long as this.
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "xlsx"])
def test_a_text_that_nobody_could_save_again_is_refused(name):
    said, much = "Do it.", "Do it " * 20_000
    if name in ("fbi", "mia-answers"):
        said, much = ("That.", "That " * 25_000) if name == "fbi" else ("It is done.", much)
    data = sound(name).replace(said.encode(), much.encode())
    if "parquet" in name:
        data = parquet(name, instruction=much)
    elif name == "preference-sharegpt":
        data = sound(name).replace(b'"value": "a"', f'"value": "{much}"'.encode())
    fault = refused(name, data, "record 0", "at most 100,000")
    assert fault.field and fault.mend


@pytest.mark.parametrize(
    "name", ["mia-bench", "mm-ifengine", "imagefolder", "llava", "preference", "jsonl"]
)
def test_a_cell_of_fifty_megabytes_is_refused(name):
    record = dict(JSONS[name][0])
    field = {"preference": "images", "imagefolder": "file_name"}.get(name, "image")
    record[field] = [BIG] if field == "images" else BIG
    data = json.dumps([record] if name in ("mia-bench", "llava") else record).encode()
    fault = refused(name, data)
    assert "the most that is read" in str(fault) or "at most" in str(fault)
    assert fault.field == (None if name == "preference" else field)


@pytest.mark.parametrize("name", ["mia-bench-tsv", "mm-ifeval-tsv"])
def test_a_cell_of_fifty_megabytes_in_a_table_is_refused(name):
    head, row, _ = TABLES[name]
    cells = dict(zip(head.split("\t"), row.split("\t"), strict=True)) | {"image": BIG}
    assert refused(name, "\n".join([head, "\t".join(cells.values())]).encode(), "record 0").mend


def test_fifty_megabytes_in_parquet_are_refused():
    image = {"bytes": b"\xff\xd8\xff" + b"\0" * LONGEST, "path": None}
    fault = refused("parquet", parquet("parquet", image=image), "record 0")
    assert fault.field == "image"


@pytest.mark.parametrize("name", ["mia-bench", "jsonl", "imagefolder", "llava"])
def test_a_token_of_ours_is_refused(name):
    field = "file_name" if name == "imagefolder" else "image"
    record = JSONS[name][0] | {field: "mm-image:" + "0" * 64}
    data = json.dumps([record] if name in ("mia-bench", "llava") else record).encode()
    assert "stands for an image inside this tool" in str(refused(name, data))


def test_a_formula_in_a_workbook_is_refused_with_its_cell():
    fault = refused("xlsx", workbook([["prompt"], ["Do it."], ["=1+1"]]), "is a formula")
    assert fault.field == "prompt" and "line 3" in (fault.row or "")


def test_texts_like_formulas_go_out_harmless(tmp_path):
    from annotator.domain.items import ItemContent

    out = [Outgoing(None, ItemContent(text, ()), key="0") for text in ("=1+1", "@x(1)", "-a")]
    for name in ("csv", "xlsx"):
        [file] = FORMATS[name].write(out, {}, Target(tmp_path, "b")).files
        texts = [r.content.instruction for r in read(name, (tmp_path / file).read_bytes())]
        assert texts == ["=1+1", "@x(1)", "-a"]
    cells = (tmp_path / "b.csv").read_text().splitlines()
    assert all("'" in line.split(",")[2] for line in cells[1:])
    sheet = openpyxl.load_workbook(tmp_path / "b.xlsx").active
    assert all(cell.data_type == "s" for row in sheet.iter_rows() for cell in row if cell.value)


def test_a_workbook_that_unpacks_to_a_flood_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<a/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (1 << 25))
    assert "was not opened" in str(refused("xlsx", out.getvalue()))


def test_entities_that_grow_are_refused():
    sheet = sound("xlsx")
    out = io.BytesIO()
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'
    with zipfile.ZipFile(io.BytesIO(sheet)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            data = bomb if entry.filename.endswith("sheet1.xml") else old.read(entry)
            new.writestr(entry.filename, data)
    assert "no readable workbook" in str(refused("xlsx", out.getvalue()))


def test_several_sheets_with_rows_are_refused():
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["prompt"])
    book.create_sheet("more").append(["prompt"])
    book.save(out)
    assert "2 sheets" in str(refused("xlsx", out.getvalue()))


@pytest.mark.parametrize("name", ["parquet", "mia-bench-parquet"])
@pytest.mark.parametrize("image", [5, {"url": "a.jpg"}])
def test_an_image_column_of_parquet_without_images_is_refused(name, image):
    assert refused(name, parquet(name, image=image), "record 0").field == "image"


def test_base64_that_is_no_image_stays_as_it_is():
    text = base64.b64encode(b"not an image at all" * 9).decode()
    [record] = read("jsonl", json.dumps({"prompt": "a", "image": text}).encode())
    assert record.embedded == () and text in record.text

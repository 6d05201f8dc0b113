"""Files made to mislead or to flood: told apart from data, bounded, and said in words."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotator.domain.items import ItemContent
from annotator.errors import InputError
from annotator.formats import (
    FORMATS,
    Outgoing,
    Source,
    Target,
    choose,
    parquet_rows,
    sheets,
    tables,
)
from annotator.formats.answers import read_answers
from annotator.formats.tables import FORMULA
from tests.unit.formats.datasets import PICTURES, STORE
from tests.unit.formats.test_bad_input import JSONS, lines, parquet, read, refused, sound, workbook

NUL, HALF = "a\0b", "\ud800"
PRETENDERS = {
    "zstd": (b"\x28\xb5\x2f\xfd\r\x00\r", "Zstandard"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\n", "Git LFS pointer"),
    "page": (b"<!DOCTYPE html><html>404, gone</html>", "a web page"),
    "image": (STORE[PICTURES[0]], "an image"),
    "pickle 0": (b"(lp0\nVa\np1\na.", "a Python pickle"),
    "utf-16": ("prompt,picture\nDo it.,a.jpg\n".encode("utf-16"), "is UTF-16"),
    "utf-16 without mark": ("prompt,picture\n".encode("utf-16-le"), "zero bytes"),
    "empty": (b" \n\n", "is empty"),
}


@pytest.mark.parametrize("pretender", PRETENDERS)
@pytest.mark.parametrize("ending", ["json", "jsonl", "csv", "tsv", "parquet", "xlsx"])
def test_what_is_no_data_is_called_by_its_name(pretender, ending):
    data, said = PRETENDERS[pretender]
    with pytest.raises(InputError, match=said) as fault:
        choose("auto", Source(f"bench.{ending}", data=data))
    assert fault.value.file == f"bench.{ending}" and fault.value.mend


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("mia-bench", parquet("parquet"), "is a parquet file, not MIA-Bench JSON"),
        ("jsonl", workbook([["prompt"], ["a"]]), "is an Excel workbook, not"),
        ("xlsx", lines("jsonl", list_=True), "is a JSON list, not"),
        ("parquet", b"a,b\n1,2\n", "is a table, not"),
        ("csv", lines("jsonl", list_=False), "is JSON lines, not"),
    ],
)
def test_another_container_than_the_format_has_is_named(name, data, said):
    assert refused(name, data, said).mend


@pytest.mark.parametrize("name", ["csv", "mia-bench-tsv", "fbi"])
def test_lines_that_end_as_on_an_old_mac_are_refused_in_words(name):
    assert "carriage returns" in str(refused(name, sound(name).replace(b"\n", b"\r")))
    with pytest.raises(InputError, match="carriage returns"):
        choose("auto", Source("bench.csv", data=b"prompt,picture\rDo it.,a.jpg\r"))


@pytest.mark.parametrize("name", ["jsonl", "csv", "mia-bench"])
def test_a_letter_of_another_encoding_is_shown_with_its_line(name):
    data = sound(name).replace(b"a.jpg", "é.jpg".encode("cp1252"))
    fault = refused(name, b"\n" + data if name != "csv" else data, "“é”")
    assert fault.row == "line 2"


@pytest.mark.parametrize(
    ("name", "field"),
    [("mia-bench-tsv", "question"), ("mm-ifengine", "instruction")],
)
def test_a_missing_text_is_called_as_the_file_calls_it(name, field):
    data = b"index\n0\n" if name.endswith("tsv") else b'{"constraints": []}\n'
    assert refused(name, data, "record 0").field == field


# Values that no database or no file takes


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("jsonl", "id", HALF),
        ("jsonl", "id", "7" * 601),
        ("jsonl", "batch", HALF),
        ("jsonl", "picture", HALF),
        ("llava", "image", HALF),
        ("sharegpt", "images", [HALF]),
        ("preference", "images", [NUL]),
        ("mm-ifengine", "image", NUL),
        ("mm-ifengine", "tag", "x" * 601),
        ("imagefolder", "component_type", ["x" * 601]),
    ],
)
def test_a_name_that_no_index_takes_is_refused_with_its_field(name, field, value):
    record = JSONS[name][0] | {field: value}
    fault = refused(name, json.dumps([record] if name == "llava" else record).encode(), "record 0")
    assert fault.field == field and fault.mend


def test_a_nul_in_a_cell_is_refused_with_its_column():
    assert refused("csv", b"prompt,note\n" + b"a," + b"b" * 70_000 + b"\na,x\0y\n").field == "note"


def test_more_components_than_people_could_save_are_refused():
    record = JSONS["mia-bench"][0] | {"components": ["it"] * 1_001}
    fault = refused("mia-bench", json.dumps([record]).encode(), "1,001 components", "record 0")
    assert fault.field == "components"


@pytest.mark.parametrize("params", ['["\\u0000"]', '["\\ud800"]', "[NaN]"])
def test_a_verifier_call_that_no_database_keeps_is_refused(params):
    call = f'{{"method": "rule_based", "verify_funcs": [{{"func": "f", "params": {params}}}]}}'
    cell = f'[{{"key": "a", "value": "b", "judge": {call}}}]'.replace('"', '""')
    data = f'index\tquestion\tinfer_type\tconstraints\n0\tDo it.\tmain\t"{cell}"\n'
    assert refused("mm-ifeval-tsv", data.encode(), "record 0", "a verifier call").mend


def test_numbers_that_json_does_not_have_go_out_as_null_and_are_told(tmp_path):
    [record] = read("parquet", packed({"instruction": ["a"], "x": [float("nan")], "y": [[1e999]]}))
    extra = FORMATS["parquet"].unknown(record.text)
    out = [Outgoing(None, record.content, key="7", extra=extra)]
    written = FORMATS["jsonl"].write(out, {}, Target(tmp_path, "b"))
    line = json.loads((tmp_path / "b.jsonl").read_text("utf-8"))
    assert (line["x"], line["y"]) == (None, [None])
    assert any("NaN" in loss for loss in written.losses)


def test_half_an_emoji_goes_out_as_json_and_nowhere_else(tmp_path):
    data = b'{"prompt": "Do it.", "x": "\\ud800", "y": "\xc3\xa9"}\n'
    [record] = read("jsonl", data)
    assert record.text.encode() == data.strip()
    extra = FORMATS["jsonl"].unknown(record.text)
    out = [Outgoing(None, record.content, key="7", extra=extra)]
    [file] = FORMATS["jsonl"].write(out, {}, Target(tmp_path, "b")).files
    assert json.loads((tmp_path / file).read_text("utf-8"))["x"] == HALF
    for name in ("csv", "xlsx", "parquet", "mia-bench-tsv"):
        with pytest.raises(InputError, match="item 7: holds half an emoji"):
            FORMATS[name].write(out, {}, Target(tmp_path, "b"))


@pytest.mark.parametrize("name", ["parquet", "xlsx", "jsonl"])
def test_a_text_that_only_begins_like_a_token_of_ours_is_text(name, tmp_path):
    item = Outgoing(None, ItemContent("mm-image: no", ()), key="7", extra={"x": "mm-image:"})
    [file] = FORMATS[name].write([item], {}, Target(tmp_path, "b")).files
    [record] = read(name, (tmp_path / file).read_bytes())
    assert record.content.instruction == "mm-image: no"
    assert FORMATS[name].unknown(record.text)["x"] == "mm-image:"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("jsonl", b'{\n "data": []\n}', "one JSON object per line, or a list of them"),
        ("jsonl", b'{"prompt": "a", "x": ' + b"1" * 5_000 + b"}", "more digits than are read"),
        ("jsonl", b'{"prompt": "\\ud800"}', "half an emoji"),
        ("llava", b'[{"conversations": [{"from": "human", "value": "\\ud800"}]}]', "half an emoji"),
        ("mia-answers", b'{"question_id": [7], "text": "a"}', r"is \[7\]; it must be text"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_who_can_mend_it(name, data, said):
    with pytest.raises(InputError, match=said):
        read(name, data)


def test_a_file_that_no_format_recognises_is_shown_its_columns():
    with pytest.raises(InputError, match="whose columns are first, second"):
        choose("auto", Source("own.csv", data=b"first,second\n1,2\n"))
    with pytest.raises(InputError, match="holds no record"):
        choose("auto", Source("own.csv", data=b"prompt,picture\n"))


# Formulas

COMPUTED = ("=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)", "\t=1+1", "-A1")
PLAIN = ("- a point", "-3", "+1(555)123", "-5 to 3 (say)", "@anna, (see)", "--- Title ---", "a=1")


@pytest.mark.parametrize("text", COMPUTED)
def test_a_cell_that_a_spreadsheet_computes_is_refused_in_every_csv(text):
    assert refused("csv", f'prompt\n"{text}"\n'.encode(), "record 0").field == "prompt"
    data = f'file_name,instruction\na.jpg,"{text}"\n'.encode()
    assert refused("imagefolder", data, "record 0", "JSON lines").field == "instruction"
    data = f'cdx,question,og,perturbed_answer\n7,a,b,"{text}"\n'.encode()
    assert refused("fbi", data, "record 0").field == "perturbed_answer"


@pytest.mark.parametrize("text", PLAIN)
def test_a_text_that_only_begins_like_a_formula_is_read(text):
    assert FORMULA.match(text) is None


# Floods


def grown(xml: str) -> bytes:
    """A workbook whose sheet says that it has all the cells there can be, and has these rows."""
    out = io.BytesIO()
    lead = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    sheet = f'{lead}<dimension ref="A1:XFD1048576"/><sheetData>{xml}</sheetData></worksheet>'
    with (
        zipfile.ZipFile(io.BytesIO(workbook([["prompt"], ["Do it."]]))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            mine = entry.filename.endswith("sheet1.xml")
            new.writestr(entry.filename, sheet if mine else old.read(entry))
    return out.getvalue()


def row_of(number: int, *, wide: bool = False) -> str:
    """A row with a text in its first column, and one that is empty in the last there can be."""
    text = f'<c r="A{number}" t="inlineStr"><is><t>prompt</t></is></c>'
    last = f'<c r="XFD{number}"/>' if wide else ""
    return f'<row r="{number}">{text}{last}</row>'


def test_a_workbook_is_as_large_as_its_cells_not_as_it_says(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_CELLS", 50_000)
    assert len(read("xlsx", grown(row_of(1) + row_of(2) + row_of(9)))) == 2
    wide = grown("".join(row_of(n, wide=n > 1) for n in range(1, 9)))
    assert "more than 50,000 cells" in str(refused("xlsx", wide))


def test_a_quote_that_is_never_closed_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(tables, "LONGEST", 5_000)
    fault = refused("csv", b'prompt\n"' + b"on and on\n" * 10_000)
    assert "never closed" in str(fault) and fault.row == "line 501"


def test_a_parquet_file_that_unpacks_to_a_flood_is_refused(monkeypatch):
    monkeypatch.setattr(parquet_rows, "LARGEST", 1 << 20)
    fault = refused("parquet", packed({"instruction": ["a"], "x": [b"\0" * (2 << 20)]}), "unpacks")
    assert fault.field == "x" and fault.mend


def test_large_rows_of_parquet_are_unpacked_few_at_a_time(monkeypatch):
    monkeypatch.setattr(parquet_rows, "GROUP_BYTES", 1 << 16)
    data = packed({"instruction": [str(n) * 20_000 for n in range(9)]})
    assert parquet_rows.rows_at_once(pq.ParquetFile(io.BytesIO(data)), Source("a", data=data)) == 3
    assert len(read("parquet", data)) == 9


def packed(columns) -> bytes:
    """A parquet file of a few columns, packed well."""
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression="zstd", use_dictionary=False)
    return out.getvalue()


def test_a_parquet_column_that_stands_twice_is_refused():
    out = io.BytesIO()
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    pq.write_table(table, out)
    assert "stands twice" in str(refused("parquet", out.getvalue()))


def test_parquet_text_that_is_no_utf8_is_refused():
    ends = pa.array([0, 2], pa.int32()).buffers()[1]
    text = pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(b"\xff\xfe")])
    assert "can't decode" in str(refused("parquet", packed({"instruction": text}), "record 0"))


ODD = {
    "decimal": pa.array([Decimal("1.50"), None]),
    "moment": pa.array([dt.datetime(2020, 1, 1, tzinfo=dt.UTC), None]),
    "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    "nested": pa.array([[[1.5, None]], []]),
    "span": pa.array([5, -7], pa.duration("ns")),
    "nanoseconds": pa.array([123456789, None], pa.timestamp("ns")),
    "time": pa.array([dt.time(1, 2, 3), None]),
    "words": pa.array(["q", "q"]).dictionary_encode(),
    "unsigned": pa.array([2**64 - 1, 0], pa.uint64()),
    "narrow": pa.array([1.5, float("nan")], pa.float32()),
    "bytes": pa.array([b"\0\1", b""]),
    "fixed": pa.array([[1, 2], [3, 4]], pa.list_(pa.int8(), 2)),
    "struct": pa.array([{"a": None, "$": 1}, None]),
    "nothing": pa.nulls(2),
}


def test_values_of_every_type_of_parquet_come_back(tmp_path):
    table = pa.table({"instruction": ["a", "b"], **ODD})
    out = io.BytesIO()
    pq.write_table(table, out)
    reading = FORMATS["parquet"].read(Source("a.parquet", data=out.getvalue()))
    items = [Outgoing(record.text) for record in reading.records]
    [file] = FORMATS["parquet"].write(items, reading.layout, Target(tmp_path, "b")).files
    again = pq.read_table(tmp_path / file)
    assert again.schema.equals(table.schema)
    assert repr(again.to_pylist()) == repr(table.to_pylist())


# Answers


def test_an_answer_that_pandas_wrote_as_a_formula_is_its_text():
    book = workbook([["index", "prediction"], [0, "=== Title ==="], [1, "=1+1"]])
    _, found = read_answers(Source("m_MIA-Bench.xlsx", data=book))
    assert [one.text for one in found] == ["=== Title ===", "=1+1"]


def test_a_workbook_of_answers_that_floods_is_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_CELLS", 50_000)
    wide = grown("".join(row_of(n, wide=True) for n in range(1, 9)))
    with pytest.raises(InputError, match="cells"):
        read_answers(Source("m_MIA-Bench.xlsx", data=wide))
    with pytest.raises(InputError, match="is a parquet file"):
        read_answers(Source("m_MIA-Bench.jsonl", data=parquet("parquet")))

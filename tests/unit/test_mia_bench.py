"""MIA-Bench's form: read without loss, written as it came, refused with place and mend."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.domain.edits import apply_edits
from annotator.errors import InputError
from annotator.formats import Outgoing, Source, Target, choose
from annotator.formats.mia_bench import MiaBench
from tests.examples import benchmark, record

FORM = MiaBench()
ANY_TEXT = st.text(st.characters(exclude_characters="\x00"), max_size=20).filter(
    lambda text: not any("\ud800" <= c <= "\udfff" for c in text)
)
NUMBERS = st.one_of(
    st.integers(0, 10**6),
    st.floats(0, 10**6, allow_nan=False),
    st.sampled_from(["4.0", "1e2", "0.10", "4E+1", "100"]),
)
UNKNOWN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def records(draw):
    """A record as text: any layout, number types, unknown fields, parallel lists of any length."""
    fields = {
        "image": draw(ANY_TEXT),
        "instruction": draw(ANY_TEXT),
        "type": draw(st.sampled_from(["basic", "complex", "odd"])),
        "components": draw(st.lists(ANY_TEXT, max_size=4)),
        "component_type": draw(st.lists(st.sampled_from(["math", "new"]), max_size=4)),
        "component_weight": [f"NUMBER:{n}" for n in draw(st.lists(NUMBERS, max_size=4))],
        "num_of_component": draw(st.integers(0, 9)),
    }
    fields |= {f"x{n}": v for n, v in enumerate(draw(st.lists(UNKNOWN, max_size=2)))}
    order = draw(st.permutations(list(fields)))
    return {name: fields[name] for name in order}


@st.composite
def files(draw):
    """A whole file as bytes."""
    indent = draw(st.sampled_from([None, 0, 1, 2, 4, "\t"]))
    separators = draw(st.sampled_from([None, (",", ":")])) if indent is None else None
    text = json.dumps(
        draw(st.lists(records(), max_size=4)),
        indent=indent,
        ensure_ascii=draw(st.booleans()),
        separators=separators,
    )
    text = re.sub(r'"NUMBER:([^"]*)"', r"\1", text)
    text = draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from(["", "\n"]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))).encode()


class Document:
    """A file as read."""

    def __init__(self, data, file):
        reading = FORM.read(Source(file, data=data))
        self.records, self.layout = list(reading.records), reading.layout


def read(data, file="b.json"):
    return Document(data, file)


def write(document, outgoing):
    """What was written and what got lost."""
    with tempfile.TemporaryDirectory() as folder:
        found = FORM.write(outgoing, document.layout, Target(Path(folder), "b"))
        return Path(folder, *found.files).read_bytes().decode(), list(found.losses)


def written(document, outgoing):
    return write(document, outgoing)[0]


@given(files())
def test_what_is_read_is_written_back_byte_for_byte(data):
    document = read(data, "b.json")
    untouched = [Outgoing(r.text) for r in document.records]
    assert written(document, untouched).encode() == data
    same = [Outgoing(r.text, r.content) for r in document.records]
    assert written(document, same).encode() == data


@given(files(), st.data())
def test_only_changed_fields_differ_after_an_edit(data, chosen):
    document = read(data, "b.json")
    if not document.records:
        return
    place = chosen.draw(st.integers(0, len(document.records) - 1))
    edited = replace(document.records[place].content, instruction="Edited: “é”")
    out = [Outgoing(r.text, edited if r.position == place else None) for r in document.records]
    after, before = written(document, out).lstrip("\ufeff"), data.decode("utf-8-sig")
    for position, (new, old) in enumerate(zip(json.loads(after), json.loads(before), strict=True)):
        assert list(new) == list(old)
        differing = [name for name in old if repr(new[name]) != repr(old[name])]
        assert differing == (["instruction"] if position == place else [])


@given(files())
def test_an_edited_component_leaves_lists_of_one_length(data):
    for found in read(data, "b.json").records:
        longer = apply_edits(found.content, [{"op": "add_component", "text": "one more"}])
        document = read(benchmark(record()), "b.json")
        value = json.loads(written(document, [Outgoing(found.text, longer)]))[0]
        count = len(longer.components)
        assert value["num_of_component"] == count
        assert len(value["components"]) == len(value["component_type"]) == count
        assert len(value.get("component_weight") or range(count)) == count
        again = FORM.read_record(json.dumps(value)).content
        assert [c.text for c in again.components] == [c.text for c in longer.components]


def edited(text, *edits, curated=False):
    content = apply_edits(FORM.read_record(text).content, edits)
    return written(
        read(b"[" + text.encode() + b"]", "b.json"), [Outgoing(text, content, curated=curated)]
    )[1:-1]


def test_one_weight_changes_one_token():
    text = '{"instruction":"x" , "component_weight" : [1e2,  4.0, 3],"components":["a","b","c"]}'
    heavier = {"op": "set_weights", "weights": {"c3": 5}}
    assert '"component_weight" : [1e2,  4.0, 5]' in edited(text, heavier)


def test_precision_and_odd_values_of_unknown_fields_stay():
    text = '{"instruction": "x", "pi": 3.14159265358979323846, "big": 1e999, "half": "\\ud83d"}'
    changed = edited(text, {"op": "set_instruction", "value": "y"})
    assert changed == text.replace('"x"', '"y"')


def test_a_whole_number_made_decimal_is_a_change():
    text = json.dumps(record())
    changed = edited(text, {"op": "set_weights", "weights": {"c1": 4.0}})
    assert changed == text.replace("[4, 3, 3]", "[4.0, 3, 3]")


def test_lists_keep_their_layout_when_they_grow():
    text = json.dumps(record(), indent=2)
    grown = edited(text, {"op": "add_component", "text": "new", "weight": 1})
    wanted = record(
        components=[*record()["components"], "new"],
        component_weight=[4, 3, 3, 1],
        component_type=[*record()["component_type"], "describe"],
        num_of_component=4,
    )
    assert grown == json.dumps(wanted, indent=2)


def test_removing_every_component_empties_every_list():
    text = json.dumps(record())
    gone = [{"op": "remove_component", "key": key} for key in ("c1", "c2", "c3")]
    value = json.loads(edited(text, *gone))
    assert value["components"] == value["component_weight"] == value["component_type"] == []
    assert value["num_of_component"] == 0


def test_a_wrong_count_is_mended_once_the_item_is_curated():
    text = json.dumps(record(num_of_component=7))
    assert edited(text) == text
    assert json.loads(edited(text, curated=True))["num_of_component"] == 3


def test_a_missing_field_is_added_only_when_it_has_a_value():
    text = '{"instruction": "x", "components": ["a"]}'
    assert edited(text, curated=True) == text
    typed = edited(text, {"op": "set_component", "key": "c1", "field": "type", "value": "math"})
    assert json.loads(typed)["component_type"] == ["math"]


def test_escaped_files_stay_escaped():
    data = json.dumps([record(instruction="é")]).encode()
    document = read(data, "b.json")
    content = replace(document.records[0].content, instruction="ü")
    assert r'"\u00fc"' in written(document, [Outgoing(document.records[0].text, content)])


def test_losses_are_said():
    document = read(benchmark(record()), "b.json")
    found = document.records[0]
    content = replace(found.content, answers=("yes",))
    _, said = write(document, [Outgoing(found.text, content)])
    assert said == ["MIA-Bench JSON has no field for ground-truth answers; they were left out."]


def test_short_lists_leave_gaps_that_checks_find():
    content = (
        read(benchmark(record(component_weight=[4], component_type=["describe"])), "b.json")
        .records[0]
        .content
    )
    assert [(c.type, c.weight) for c in content.components] == [
        ("describe", 4),
        ("", None),
        ("", None),
    ]


def test_a_gap_among_weights_can_be_read_back():
    content = read(benchmark(record(component_weight=[4, None, 3])), "b.json").records[0]
    assert [c.weight for c in content.content.components] == [4, None, 3]


def test_surplus_values_are_noted():
    found = read(benchmark(record(component_weight=[1, 2, 3, 4])), "b.json").records[0]
    assert found.notes == ("component_weight has 4 values for 3 components",)


def test_where_a_record_was_generated_is_read():
    told = record(generator_model="writer-a", prompt_version=2, batch="pilot")
    origin = read(benchmark(told), "b.json").records[0].origin
    assert (origin.generator, origin.prompt_version, origin.batch) == ("writer-a", "2", "pilot")
    odd = record(generator_model="\ud800", batch=True)
    origin = read(json.dumps([odd]).encode(), "b.json").records[0].origin
    assert (origin.generator, origin.batch) == (None, None)


BROKEN = {
    "not UTF-8": (b"\xff\xfe[]", "not UTF-8", None),
    "no list": (b'{"a": 1}', "is not a JSON list", None),
    "nothing": (b"", "is not a JSON list", None),
    "no object": (b"[5]", "is not an object", "record 0"),
    "cut off": (benchmark(record())[:-40], "the file ends in the middle", "record 0, line"),
    "no comma": (
        b'[{"instruction": "a"} {"instruction": "b"}]',
        "a comma or ]",
        "record 1, line 1",
    ),
    "trailing comma": (b'[{"instruction": "a"},]', "a comma or ]", "record 1"),
    "text behind": (b'[{"instruction": "a"}] x', "text after the end", "record 1, line 1"),
    "NaN": (b'[{"instruction": "a", "x": NaN}]', "NaN is not a number", "record 0"),
    "field twice": (b'[{"instruction": "a", "instruction": "b"}]', "stands twice", "record 0"),
    "control character": (b'[{"instruction": "a\x01"}]', "invalid control", "record 0, line 1"),
    "deep": (b'[{"x": ' + b"[" * 100_000, "", "record 0"),
}
WRONG = {
    "instruction missing": ({"image": "x"}, "instruction", "is missing"),
    "instruction a number": (record(instruction=5), "instruction", "it must be text"),
    "instruction null": (record(instruction=None), "instruction", "it must be text"),
    "components a text": (record(components="abc"), "components", "it must be a list"),
    "component a number": (record(components=["a", 5]), "components", "element 1 is 5"),
    "type a number": (record(component_type=[1]), "component_type", "element 0 is 1"),
    "weight a text": (record(component_weight=["4"]), "component_weight", 'element 0 is "4"'),
    "weight true": (record(component_weight=[True]), "component_weight", "element 0 is true"),
    "weight negative": (record(component_weight=[4, -1]), "component_weight", "element 1 is -1"),
    "weight endless": (record(component_weight=[10**400]), "component_weight", "element 0"),
    "count a text": (record(num_of_component="3"), "num_of_component", "it must be a whole number"),
    "count endless": (record(num_of_component=10**30), "num_of_component", "is no count"),
    "image a list": (record(image=["a"]), "image", "it must be text"),
    "level a number": (record(type=3), "type", "it must be text"),
    "half an emoji": (record(instruction="\ud83d"), "instruction", "half an emoji"),
    "NUL": (record(components=["\x00"]), "components", "element 0"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_whole(name):
    data, problem, row = BROKEN[name]
    with pytest.raises(InputError) as fault:
        read(data, "bench.json")
    assert problem in str(fault.value)
    assert fault.value.file == "bench.json" and fault.value.mend
    assert (fault.value.row or "").startswith(row or "")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_field_is_refused_with_its_place(name):
    value, field, problem = WRONG[name]
    with pytest.raises(InputError) as fault:
        read(json.dumps([record(), value]).encode(), "bench.json")
    assert problem in str(fault.value)
    assert (fault.value.file, fault.value.row, fault.value.field) == (
        "bench.json",
        "record 1",
        field,
    )
    assert fault.value.mend


def test_a_line_and_a_column_lead_to_the_fault():
    with pytest.raises(InputError, match=r"record 1, line 3, column 17"):
        read(b'[\n {"instruction": "a"},\n {"instruction" "b"}\n]', "b.json")


def test_the_format_is_recognised_behind_a_long_image():
    data = json.dumps([record(image="data:image/png;base64," + "A" * 200_000)]).encode()
    assert choose("auto", Source("x.json", data=data)).name == "mia-bench"
    assert choose("mia-bench", Source("x.json", data=b"")).name == "mia-bench"


@pytest.mark.parametrize(("name", "data"), [("auto", b"a,b\n1,2"), ("other", b"[]")])
def test_an_unknown_format_is_refused_with_those_that_are_known(name, data):
    with pytest.raises(InputError, match="mia-bench"):
        choose(name, Source("x.json", data=data))


@pytest.mark.real_data
def test_the_real_half_comes_back_byte_for_byte():
    folder = os.environ.get("ANNOTATOR_REAL_DATA")
    if not folder:
        pytest.skip("ANNOTATOR_REAL_DATA is not set")
    data = Path(folder, "mia_bench", "instruction_benchmark_first200.json").read_bytes()
    document = read(data, "b.json")
    assert (
        written(document, [Outgoing(r.text, r.content) for r in document.records]).encode() == data
    )

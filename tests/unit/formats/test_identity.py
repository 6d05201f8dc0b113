"""Reading what was written gives the same, for every format and whatever the values."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.formats import FORMATS, Outgoing, Source, choose
from tests.unit.formats.datasets import contents, items, read, rewritten, said, scratch, written

LEAN = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
NAMES = pytest.mark.parametrize("name", FORMATS)


@NAMES
@LEAN
@given(data=st.data())
def test_read_write_read_is_the_identity(name, data):
    outgoing = data.draw(items(name))
    with scratch() as folder:
        first = written(name, outgoing, {}, folder / "one")
        records, texts, layout = read(name, first)
        assert len(records) == len(outgoing)
        second = written(name, [Outgoing(text) for text in texts], layout, folder / "two")
        again, texts_again, _ = read(name, second)
        assert said(name, again, texts_again) == said(name, records, texts)
        assert texts_again == texts
        if FORMATS[name].containers[0].name not in ("parquet", "xlsx"):
            assert second.read_bytes() == first.read_bytes()


TEXTUAL = [
    name for name, form in FORMATS.items() if form.containers[0].name.startswith(("json", "table"))
]


@pytest.mark.parametrize("name", TEXTUAL)
@LEAN
@given(data=st.data())
def test_a_file_that_others_wrote_comes_back_byte_for_byte(name, data):
    outgoing = data.draw(items(name))
    with scratch() as folder:
        file = written(name, outgoing, {}, folder / "one")
        file.write_bytes(data.draw(rewritten(FORMATS[name].containers[0].name, file.read_bytes())))
        records, texts, layout = read(name, file)
        again = written(name, [Outgoing(text) for text in texts], layout, folder / "two")
        assert again.read_bytes() == file.read_bytes()
        place = data.draw(st.integers(0, len(records) - 1))
        out = [Outgoing(text) for text in texts]
        out[place] = Outgoing(texts[place], data.draw(contents(name)), curated=True)
        _, after, _ = read(name, written(name, out, layout, folder / "three"))
        assert [t for n, t in enumerate(after) if n != place] == [
            t for n, t in enumerate(texts) if n != place
        ]


@NAMES
@LEAN
@given(data=st.data())
def test_what_goes_out_comes_in(name, data):
    outgoing = data.draw(items(name))
    with scratch() as folder:
        records, texts, _ = read(name, written(name, outgoing, {}, folder))
        for item, record, text in zip(outgoing, records, texts, strict=True):
            wanted = item.content
            if name == "mm-ifengine" and record.content.instruction != wanted.instruction:
                tail = "".join(f" {part.text}" for part in wanted.components)
                wanted = replace(wanted, instruction=wanted.instruction + tail)
            if name == "mia-answers":
                wanted = replace(wanted, instruction="")
            assert record.content == wanted
            unknown = FORMATS[name].unknown(text)
            for field in item.extra.keys() - {"rejected", "perturbed_answer"}:
                given_ = item.extra[field]
                found = unknown.get(field)
                empty = given_ in ("", None) and found in ("", None)
                assert empty or found == given_ or repr(found) == repr(given_), field


@NAMES
@LEAN
@given(data=st.data())
def test_an_edit_changes_what_it_says_and_nothing_else(name, data):
    outgoing = data.draw(items(name))
    with scratch() as folder:
        records, texts, layout = read(name, written(name, outgoing, {}, folder / "one"))
        place = data.draw(st.integers(0, len(records) - 1))
        edited = data.draw(contents(name))
        out = [Outgoing(text) for text in texts]
        out[place] = Outgoing(texts[place], edited, curated=True)
        again, texts_again, _ = read(name, written(name, out, layout, folder / "two"))
        typed = FORMATS[name].containers[0].name == "parquet"
        before = said(name, records, texts, exact=not typed)
        after = said(name, again, texts_again, exact=not typed)
        assert [b for n, b in enumerate(before) if n != place] == [
            a for n, a in enumerate(after) if n != place
        ]
        assert before[place][-1] == after[place][-1]
        found = again[place].content
        if name == "mm-ifengine":
            assert found.instruction.startswith(edited.instruction)
            found = replace(found, instruction=edited.instruction)
        if name == "mia-answers":
            edited = replace(edited, instruction="")
        assert found == edited


@NAMES
@LEAN
@given(data=st.data())
def test_a_file_is_recognised(name, data):
    outgoing = data.draw(items(name))
    with scratch() as folder:
        file = written(name, outgoing, {}, folder)
        assert choose("auto", Source(file.name, file)).name == name


@NAMES
@settings(LEAN, max_examples=2)
@given(data=st.data())
def test_the_same_items_give_the_same_bytes(name, data):
    outgoing = data.draw(items(name))
    with scratch() as folder:
        one = written(name, outgoing, {}, folder / "one")
        other = written(name, outgoing, {}, folder / "two")
        assert one.read_bytes() == other.read_bytes()


@NAMES
@settings(LEAN, max_examples=2)
@given(data=st.data())
def test_records_are_passed_over_on_request(name, data):
    outgoing = data.draw(items(name)) * 3
    outgoing = [replace(one, key=str(n)) for n, one in enumerate(outgoing)]
    with scratch() as folder:
        file = written(name, outgoing, {}, folder)
        form = FORMATS[name]
        every = list(form.read(Source(file.name, file)).records)
        rest = list(form.read(Source(file.name, file), skip=2).records)
        assert rest == every[2:]


def test_every_format_says_what_it_is():
    for form in FORMATS.values():
        assert form.title and form.example and form.extension

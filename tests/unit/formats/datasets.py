"""Datasets generated for every format, and what the tests do with them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from hypothesis import strategies as st
from PIL import Image

from annotator.domain.items import Component, ItemContent
from annotator.formats import FORMATS, Outgoing, Picture, Source, Target

ODD = [
    "plain",
    "with “quotes”, commas; semicolons\tand tabs",
    'a "quoted" word',
    "two\nlines",
    "carriage\r\nreturn",
    "'single'",
    "=1+1",
    "-3",
    "- a point",
    "é 🙂 \u2028",
    "[1, 2]",
    "{}",
    " spaces ",
    "NA",
    "\\n",
    '"',
    "\u200f\ufeff",
    "</script><b>",
    "mm-image:",
    '{"$": "bytes"}',
    "_x0041_",
    "a\u0301 \x7f",
]
TEXTS = st.one_of(
    st.sampled_from(ODD),
    st.text(
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x00"),
        min_size=1,
        max_size=12,
    ),
)
WORDS = TEXTS.filter(lambda text: text.strip() == text)
KINDS = st.sampled_from(["describe", "math", "mention", "odd kind"])
NAMES = st.text("abcdefgh", min_size=3, max_size=6).map(lambda name: f"x_{name}")
EXTRAS = {
    "text": st.one_of(TEXTS, st.just("")),
    "json": st.one_of(
        TEXTS,
        st.integers(-(10**40), 10**40),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
        st.sampled_from([None, "", [], {}, "\ud83d and half", "a\0b"]),
        st.recursive(
            st.one_of(TEXTS, st.none(), st.integers(0, 9)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=2),
                st.dictionaries(st.one_of(NAMES, st.sampled_from(["", "$"])), inner, max_size=2),
            ),
            max_leaves=4,
        ),
    ),
    "column": st.one_of(
        st.just(TEXTS),
        st.just(st.floats()),
        st.just(st.integers(-(2**63), 2**63 - 1)),
        st.just(st.binary(max_size=4).map(lambda data: b"\0" + data)),
        st.just(st.datetimes().map(lambda moment: moment.replace(microsecond=0, fold=0))),
        st.just(st.lists(st.one_of(st.none(), TEXTS), max_size=2)),
        st.just(st.fixed_dictionaries({"a": st.one_of(st.none(), TEXTS), "$": st.booleans()})),
    ),
    "cell": st.one_of(WORDS, st.integers(-(10**9), 10**9), st.booleans(), st.none()),
}


def picture(number: int) -> bytes:
    """A small JPEG, another for each number."""
    out = io.BytesIO()
    Image.new("RGB", (9, 7), (number * 37 % 256, number * 91 % 256, 40)).save(out, "JPEG")
    return out.getvalue()


class Store(dict):
    """Images by hash."""

    def put(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self[sha256] = data
        return sha256


STORE = Store()
PICTURES = [STORE.put(picture(number)) for number in range(4)]


def extras_of(name: str):
    """What a format's unknown field may be: strategies, each for the values of one column."""
    container = FORMATS[name].containers[0].name
    if container.startswith("table"):
        return st.just(EXTRAS["text"])
    if container == "parquet":
        return EXTRAS["column"]
    return st.just(EXTRAS["cell" if container == "xlsx" else "json"])


@st.composite
def contents(draw, name: str) -> ItemContent:
    """An item's content as far as a format holds it."""
    holds = FORMATS[name].holds
    parts = []
    for number in range(draw(st.integers(0, 3)) if holds.components else 0):
        method = draw(st.sampled_from(["direct", "rule", "compare"])) if holds.judging else "direct"
        calls = ({"func": "check", "params": [1, [2, "é"]]},) if method == "rule" else ()
        weight = draw(st.sampled_from([0, 1, 2.5, 4])) if holds.weights else None
        kind = f"{draw(KINDS)} {number}" if holds.comparisons else draw(KINDS)
        parts.append(Component(f"c{number + 1}", draw(WORDS), kind, weight, method, calls))
    most = 1 if name not in ("data-engine", "mm-ifeval-tsv", "mm-ifengine", "imagefolder") else 2
    answers = draw(st.lists(WORDS, min_size=1, max_size=most)) if holds.answers else []
    levels = FORMATS[name].rules.levels or ("basic",)
    return ItemContent(
        instruction=draw(WORDS),
        components=tuple(parts),
        level=draw(st.sampled_from(levels)) if holds.levels else None,
        answers=tuple(answers),
    )


@st.composite
def items(draw, name: str) -> list[Outgoing]:
    """A dataset's items, all with the same further fields."""
    names = draw(st.lists(NAMES, unique=True, max_size=2))
    fields = {field: draw(extras_of(name)) for field in names}
    late = draw(st.booleans())
    found = []
    for number in range(draw(st.integers(1, 4))):
        here = names if number or not late else names[:1]
        extra = {field: draw(fields[field]) for field in here}
        if name.startswith("preference"):
            extra["rejected"] = draw(WORDS)
        if name == "fbi":
            extra["perturbed_answer"] = draw(WORDS)
        sha256 = draw(st.sampled_from(PICTURES))
        shown = Picture(sha256, "image/jpeg", f"https://example.org/{number}.jpg")
        found.append(
            Outgoing(None, draw(contents(name)), key=str(number), picture=shown, extra=extra)
        )
    return found


@contextmanager
def scratch():
    """A folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@st.composite
def rewritten(draw, container: str, data: bytes) -> bytes:
    """The same values as another program would write them."""
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    last = draw(st.sampled_from(["", ending]))
    text = data.decode()
    if container.startswith("table"):
        text = retabled(draw, text, "\t" if "\t" in text.partition("\n")[0] else ",", ending)
    else:
        text = rejsoned(draw, text, ending, list_=container == "json-list")
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return (mark + text + last).encode()


def retabled(draw, text: str, mark: str, ending: str) -> str:
    """A table under other rules of quoting."""
    out = io.StringIO(newline="")
    quoting = draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    csv.writer(out, delimiter=mark, quoting=quoting, lineterminator=ending).writerows(rows)
    return out.getvalue().removesuffix(ending)


def rejsoned(draw, text: str, ending: str, *, list_: bool) -> str:
    """JSON with other spaces, escapes and order of fields."""
    how = {
        "ensure_ascii": draw(st.booleans()) or "\\ud8" in text,
        "sort_keys": draw(st.booleans()),
        "separators": draw(st.sampled_from([None, (",", ":"), (" , ", " : ")])),
    }
    if list_:
        indent = draw(st.sampled_from([None, 0, 2, "\t"]))
        return json.dumps(json.loads(text), indent=indent, **how).replace("\n", ending)
    lines = [json.dumps(json.loads(line), **how) for line in text.split("\n") if line]
    return ending.join(lines)


def written(name: str, outgoing: list[Outgoing], layout, folder: Path) -> Path:
    """The data file of what was written."""
    folder.mkdir(exist_ok=True)
    files = FORMATS[name].write(outgoing, layout, Target(folder, "data", STORE.get)).files
    return folder / files[0]


def read(name: str, file: Path):
    """All records, further rows joined to theirs, and the layout."""
    form = FORMATS[name]
    reading = form.read(Source(file.name, file))
    found, texts = [], []
    for record in reading.records:
        for image in record.embedded:
            STORE[image.sha256] = image.data
        if record.joins is None:
            found.append(record)
            texts.append(record.text)
        else:
            place = [one.source_id for one in found].index(record.joins)
            texts[place] = form.joined(texts[place], record.text)
    return found, texts, reading.layout


def said(name: str, records, texts, *, exact: bool = True):
    """Everything that records say, to be compared.

    Args:
        exact: tell 4 from 4.0, which one column of a parquet file cannot.
    """
    form = FORMATS[name]
    return [
        (
            repr(one.content) if exact else one.content,
            one.image_ref,
            one.source_id,
            one.declared_count,
            one.origin,
            one.notes,
            repr(dict(form.unknown(text))),
        )
        for one, text in zip(records, texts, strict=True)
    ]

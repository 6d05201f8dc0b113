"""Known scores written in every shape come back exactly; junk never makes a score."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.judges import FORMS, Ask, Form, Read, kits, read_reply

Scores = list[tuple[float, int]]


def _plain(scores: Scores, entry: str, glue: str, total: str) -> str:
    parts = [entry.format(n=n, a=f"{a:g}", b=b) for n, (a, b) in enumerate(scores, 1)]
    whole = total.format(a=f"{sum(a for a, _ in scores):g}", b=sum(b for _, b in scores))
    return glue.join([*parts, whole]) if total else glue.join(parts)


def shape(entry: str, glue: str, total: str) -> Callable[[Scores], str]:
    return lambda scores: _plain(scores, entry, glue, total)


def as_json(scores: Scores) -> str:
    return json.dumps({f"component_{n}": a for n, (a, _) in enumerate(scores, 1)})


def as_objects(scores: Scores) -> str:
    records = [{"component": n, "score": a, "max": b} for n, (a, b) in enumerate(scores, 1)]
    return "```json\n" + json.dumps({"components": records}, indent=1) + "\n```"


def as_table(scores: Scores) -> str:
    rows = [f"| {n} | {a:g}/{b} |" for n, (a, b) in enumerate(scores, 1)]
    return "\n".join(["| component | score |", "|---|---|", *rows])


SHAPES = {
    "as asked": shape("score of component {n}: {a}/{b}", ", ", "total score: {a}/{b}."),
    "tight": shape("score of component {n}:{a}/{b}", ",", "total score:{a}/{b}."),
    "out of": shape("Component {n}: {a} out of {b}", "; ", "Total: {a} out of {b}"),
    "lines": shape("- **Component {n}:** {a}/{b} - because", "\n", "**Total:** {a}/{b}"),
    "numbers": shape("{n}. {a}/{b}", "\n", ""),
    "fullwidth": shape("组件{n}得分：{a}／{b}", "，", "总分：{a}／{b}。"),
    "sentences": shape("Component {n} gets {a} of {b} points", ". ", "The total is {a}/{b}."),
    "bare": shape("score of component {n}: {a}", ", ", "total score: {a}"),
    "json": as_json,
    "objects": as_objects,
    "table": as_table,
}


@st.composite
def known(draw: st.DrawFn) -> Scores:
    weights = draw(st.lists(st.integers(1, 20), min_size=2, max_size=8))
    return [(draw(st.integers(0, 4 * w)) / 4, w) for w in weights]


@pytest.mark.parametrize("name", SHAPES)
@given(scores=known())
@settings(max_examples=30, deadline=None)
def test_known_scores_come_back(name: str, scores: Scores) -> None:
    if name in ("bare", "json") and max(a for a, _ in scores) <= 1:
        scores = [*scores, (2, 2)]  # else these might be shares of the weights
    reply = SHAPES[name](scores)
    reading = read_reply(reply, Ask(tuple(w for _, w in scores)), "mia")
    assert [p.awarded if isinstance(p, Read) else p for p in reading.components] == [
        a for a, _ in scores
    ]
    assert reading.total is None or reading.total_agrees


PIECES = [
    "score of component ",
    "Component ",
    "component_",
    "constraint_",
    "Score: ",
    "total score: ",
    "1",
    "2",
    "3",
    "4",
    "7",
    "0",
    "10",
    ".",
    ",",
    "/",
    ": ",
    ":",
    " ",
    "\n",
    " out of ",
    " of ",
    "%",
    "|",
    "| ",
    "---",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "**",
    "- ",
    "`",
    "```json\n",
    "half the points",
    "three of four",
    "N/A",
    "final",
    "Final scores: ",
    "Summary: ",
    "the image",
    " and ",
    "-",
    "1.5/2",
    "4/4",
    "3/3",
    "½",
    "describe",
    "mention",
    "：",
    "／",
    "，",
    "。",
    "得分",
    "第",
    "\u2028",
    "\x00",
    "😀",
    "٣",
    "<think>",
    "</think>",
    "right",
    "wrong",
    "True",
    "False",
    "frac{3}{4}",
    "The other judge gave ",
    "> ",
    "e5",
    "²",
    "null",
    "true",
    "full marks",
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.text(max_size=80),
)
SHARES = re.compile(r"%|per|half|third|quarter|fifth|full|all|max|no|zero|½|¼|¾|满分|零分", re.I)
WORDS = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


@given(
    reply=TEXTS,
    weights=st.lists(st.sampled_from([0, 1, 2, 3, 4, 10, 2.5]), min_size=1, max_size=4),
    typed=st.booleans(),
    form=st.sampled_from(FORMS),
)
@settings(max_examples=800, deadline=None)
def test_junk(reply: str, weights: list[float], typed: bool, form: Form) -> None:
    types = tuple(["describe", "mention", "mention", "math"][: len(weights)]) if typed else ()
    ask = Ask(tuple(weights), types)
    reading = read_reply(reply, ask, form)
    assert len(reading.components) == len(weights)
    written = {float(x) for x in re.findall(r"\d+(?:\.\d+)?", reply)}
    written |= {float(x.replace(",", ".")) for x in re.findall(r"\d+,\d+", reply)}
    written |= {float(n) for w, n in WORDS.items() if w in reply.casefold()}
    for part, weight in zip(reading.components, weights, strict=True):
        if isinstance(part, Read):
            assert 0 <= part.awarded <= part.possible == weight
            assert reading.form in ("compare", "perception") or (
                part.awarded in written or SHARES.search(reply)
            )
    for kit in kits(reply, ask, reading.form).values():
        assert kit.why
        assert all(share is None or share >= 0 for share in kit.components)


@given(scores=known(), data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_reply_cut_anywhere_reads_nothing_wrong(scores: Scores, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(set(SHAPES) - {"bare"})))
    reply = SHAPES[name](scores)
    cut = reply[: data.draw(st.integers(0, len(reply)))]
    reading = read_reply(cut, Ask(tuple(w for _, w in scores)), "mia")
    for part, (awarded, _) in zip(reading.components, scores, strict=True):
        assert not isinstance(part, Read) or part.awarded == awarded


@pytest.mark.parametrize(
    "piece",
    ["component 1 ", "component 1 (", "\n", " ", "|", "{", '{"', "1/", "score: ", "<think>", "(()"],
)
def test_long_junk_takes_no_longer_than_its_length_allows(piece: str) -> None:
    reply = piece * (12_000 // len(piece))
    started = time.thread_time()
    read_reply(reply, Ask((4, 3, 3), ("describe", "mention", "math")), "auto")
    assert time.thread_time() - started < 8

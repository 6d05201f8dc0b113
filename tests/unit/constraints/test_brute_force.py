"""Claims about counts against an independent search over all small texts.

A text is a tuple of paragraphs, a paragraph a tuple of sentences, a sentence a tuple of words;
the word 1 is "sea", the word 0 any other. Nothing here uses the solver or the verifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from annotator.constraints import Constraint, find_contradictions, verify, witness
from annotator.constraints.base import EACH, WHOLE, Scope, Step
from annotator.constraints.counts import Count
from annotator.constraints.mentions import Mention
from annotator.constraints.shares import Share, Some
from tests.unit.constraints.searching import FEWER, SEARCH, UNBOUNDED
from tests.unit.constraints.strategies import shares

Sentence = tuple[int, ...]
Paragraph = tuple[Sentence, ...]
Text = tuple[Paragraph, ...]


def _rows(cells: Sequence[object], most: int) -> list[tuple[object, ...]]:
    return [row for n in range(1, most + 1) for row in product(cells, repeat=n)]


def _texts(sentences: Sequence[Sentence], per_paragraph: int, paragraphs: int) -> list[Text]:
    return _rows(_rows(sentences, per_paragraph), paragraphs)  # type: ignore[arg-type,return-value]


LONG = _texts([(0,), (0, 0), (0, 0, 0)], 2, 3) + _texts([(0,), (0, 0)], 3, 3)
MENTIONING = _texts([(0,), (1,), (0, 0), (0, 1), (1, 1)], 2, 2)


def _places(text: Text, scope: Scope) -> list[Text] | None:
    """The parts of a text that a scope names, each again as a text; None where there is none."""
    if not scope.steps:
        return [text]
    step = scope.steps[0]
    units: list[Text] = [(p,) for p in text]
    if step.unit == "sentence":
        units = [((s,),) for p in text for s in p]
    if step.index == EACH:
        return units
    at = step.index - 1 if step.index > 0 else step.index
    return [units[at]] if -len(units) <= at < len(units) else None


_COUNTERS: dict[str, Callable[[Text], int]] = {
    "paragraphs": len,
    "sentences": lambda text: sum(len(p) for p in text),
    "words": lambda text: sum(len(s) for p in text for s in p),
}


def _holds(constraint: Constraint, text: Text) -> bool:
    if isinstance(constraint, Share | Some):
        return _holds_of_a_part(constraint, text)
    if isinstance(constraint, Count):
        low, high, count = constraint.low, constraint.high, _COUNTERS[constraint.unit]
    else:
        assert isinstance(constraint, Mention)
        low, high = constraint.low, constraint.high
        count = lambda part: sum(w for p in part for s in p for w in s)  # noqa: E731
    places = _places(text, constraint.scope)
    if places is None:
        return low == 0
    return all(low <= count(p) and (high is None or count(p) <= high) for p in places)


def _holds_of_a_part(share: Share | Some, text: Text) -> bool:
    assert isinstance(share.each, Count | Mention)
    alone = replace(share.each, scope=WHOLE)
    parts = _places(text, share.each.scope) or []
    held = sum(_holds(alone, p) for p in parts)
    if isinstance(share, Some):
        return share.low <= held and (share.high is None or held <= share.high)
    part = Fraction(held, len(parts))
    low, high = share.bounds()
    if share.open:
        return (part > low or low == 0) and (part < high or high == 1)
    return low <= part <= high


_BOUNDS = st.tuples(st.integers(0, 6), st.one_of(st.none(), st.integers(0, 6))).filter(
    lambda b: b != (0, None) and (b[1] is None or b[0] <= b[1])
)
_PARAGRAPH = [Scope((Step("paragraph", i),)) for i in (EACH, 1, 2, -1)]
_SENTENCE = [Scope((Step("sentence", i),)) for i in (EACH, 1, -1)]
_SIZES = st.one_of(
    st.builds(lambda b: Count("paragraphs", max(b[0], 1), b[1] and max(b[0], 1, b[1])), _BOUNDS),
    st.builds(
        lambda b, s: Count("sentences", *b, s), _BOUNDS, st.sampled_from([WHOLE, *_PARAGRAPH])
    ),
    st.builds(
        lambda b, s: Count("words", *b, s),
        _BOUNDS,
        st.sampled_from([WHOLE, *_PARAGRAPH, *_SENTENCE]),
    ),
)
_MENTIONS = st.builds(
    lambda b, s: Mention(("sea",), *b, s),
    _BOUNDS,
    st.sampled_from([WHOLE, *_PARAGRAPH, *_SENTENCE]),
)


_EACH = st.one_of(
    st.builds(lambda b: Count("words", *b, _SENTENCE[0]), _BOUNDS),
    st.builds(lambda b: Count("sentences", *b, _PARAGRAPH[0]), _BOUNDS),
)
_EACH_MENTION = st.builds(
    lambda b, s: Mention(("sea",), *b, s), _BOUNDS, st.sampled_from([_SENTENCE[0], _PARAGRAPH[0]])
)


_SOME = st.builds(Some, _EACH, st.integers(1, 3), st.one_of(st.none(), st.integers(3, 4)))


@FEWER
@given(
    st.one_of(shares(_EACH), _SOME),
    st.lists(st.one_of(_SIZES, shares(_EACH), _SOME), min_size=1, max_size=3),
)
def test_shares_of_lengths_against_all_small_texts(one: Constraint, more: list[Constraint]) -> None:
    _check([one, *more], LONG)


@FEWER
@given(shares(_EACH_MENTION), st.lists(st.one_of(_SIZES, _MENTIONS, shares(_EACH_MENTION)),
                                       min_size=1, max_size=2))  # fmt: skip
def test_shares_of_mentions_against_all_small_texts(one: Share, more: list[Constraint]) -> None:
    _check([one, *more], MENTIONING)


def _check(found: list[Constraint], texts: list[Text]) -> None:
    """What a small text satisfies is not called contradictory; for a rule it has two sentences."""
    found = [c for c in found if not (isinstance(c, Share) and c.approx)]
    for claim in find_contradictions(found, UNBOUNDED):
        members = [found[m] for m in claim.members]
        several = [t for t in texts if claim.proof == "solver" or sum(map(len, t)) > len(t) > 1]
        assert not any(all(_holds(c, t) for c in members) for t in several), claim


@SEARCH
@given(st.lists(_SIZES, min_size=2, max_size=4, unique=True))
def test_no_small_text_satisfies_a_claimed_contradiction_of_lengths(
    found: list[Constraint],
) -> None:
    _confirm(found, LONG)


@SEARCH
@given(st.lists(st.one_of(_SIZES, _MENTIONS), min_size=2, max_size=3, unique=True))
def test_no_small_text_satisfies_a_claimed_contradiction_of_mentions(
    found: list[Constraint],
) -> None:
    _confirm(found, MENTIONING)


def _confirm(found: list[Constraint], texts: list[Text]) -> None:
    for claim in find_contradictions(found, UNBOUNDED):
        members = [found[m] for m in claim.members]
        if claim.proof == "rule":  # who names the second paragraph speaks of a text that has one
            texts = [t for t in texts if all(_places(t, c.scope) for c in members)]
        assert not any(all(_holds(c, t) for c in members) for t in texts), claim
        for left in range(len(members)):
            rest = [m for i, m in enumerate(claim.members) if i != left]
            if rest:
                smaller = [found[m] for m in rest]
                assert not find_contradictions(smaller, UNBOUNDED), "not minimal"


@SEARCH
@given(st.lists(_SIZES, min_size=1, max_size=3, unique=True))
def test_what_a_small_text_satisfies_is_never_called_contradictory(found: list[Constraint]) -> None:
    if any(all(_holds(c, t) for c in found) for t in LONG):
        assert not find_contradictions(found, UNBOUNDED)


def test_what_is_counted_in_one_sentence_says_nothing_of_paragraphs() -> None:
    found: list[Constraint] = [
        Count("paragraphs", 1, 1),
        Count("sentences", 2, None),
        Count("words", 0, 0, _SENTENCE[2]),
        Count("words", 1, None, _SENTENCE[1]),
    ]
    assert (0, 1) not in {c.members for c in find_contradictions(found, UNBOUNDED)}


_PLAIN = st.one_of(
    st.builds(lambda b: Count("paragraphs", max(b[0], 1), b[1] and max(b[0], 1, b[1])), _BOUNDS),
    st.builds(lambda b: Count("sentences", *b), _BOUNDS),
    st.builds(lambda b: Count("words", *b), _BOUNDS),
    st.builds(lambda b: Mention(("sea",), *b), _BOUNDS),
    st.builds(lambda b: Count("sentences", *b, _PARAGRAPH[0]), _BOUNDS),
    st.builds(lambda b: Count("words", *b, _SENTENCE[0]), _BOUNDS),
)


@SEARCH
@given(st.lists(_PLAIN, min_size=1, max_size=3, unique=True))
def test_a_verified_text_exists_for_what_is_called_satisfiable(found: list[Constraint]) -> None:
    if find_contradictions(found, UNBOUNDED):
        return
    text = witness(found, UNBOUNDED)
    assert text is not None
    assert all(verify(c, text).outcome == "pass" for c in found)

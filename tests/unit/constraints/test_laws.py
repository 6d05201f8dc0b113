"""Laws that hold for all constraints and all texts."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from annotator.constraints import (
    Constraint,
    find_contradictions,
    from_json,
    mia_type,
    mm_ifeval_type,
    parse,
    say,
    split_instruction,
    to_json,
    verify,
)
from annotator.constraints.arithmetic import load
from annotator.constraints.lexicon import listed
from annotator.constraints.taxonomy import ILLEGIBLE, MIA_TYPES, MM_IFEVAL
from tests.unit.constraints import strategies as own
from tests.unit.constraints.searching import SEARCH, UNBOUNDED, a_second_here


@SEARCH
@given(own.constraints)
def test_what_is_said_is_read_back(constraint: Constraint) -> None:
    assert parse(say(constraint)) == (constraint,), say(constraint)


@SEARCH
@given(own.constraints)
def test_json_round_trip(constraint: Constraint) -> None:
    assert from_json(to_json(constraint)) == constraint


@SEARCH
@given(own.constraints)
def test_every_constraint_has_published_types(constraint: Constraint) -> None:
    assert mia_type(constraint) in MIA_TYPES
    category, sub = mm_ifeval_type(constraint)
    assert sub in MM_IFEVAL[category]


def test_the_published_subcategories_are_thirty_two_of_which_two_have_no_legible_name() -> None:
    named = [sub for subs in MM_IFEVAL.values() for sub in subs]
    assert len(MM_IFEVAL) == 6
    assert len(set(named)) == len(named) == 32 - sum(ILLEGIBLE.values())
    assert sum(ILLEGIBLE.values()) == 2


@SEARCH
@given(st.lists(own.constraints, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_contradictions_do_not_depend_on_order(found: list[Constraint], random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(found)))
    random.shuffle(order)
    plain = {c.members for c in find_contradictions(found, UNBOUNDED)}
    mixed = find_contradictions([found[i] for i in order], UNBOUNDED)
    assert plain == {tuple(sorted(order[m] for m in c.members)) for c in mixed}


@SEARCH
@given(st.lists(own.constraints, min_size=1, max_size=3), st.text(max_size=200))
def test_verdicts_never_crash(found: list[Constraint], text: str) -> None:
    for constraint in found:
        assert verify(constraint, text).outcome in ("pass", "fail", "undecided")


_TALK = st.lists(
    st.sampled_from(
        listed(
            """Use Do not include exactly at least "harbor" "x y" 'z' three 12 sentences paragraphs
        each the first , . ; and or words in JSON with keys no more than between formal tone avoid
        bullet points per ( ) “ ” « — ? ! * # | first person lowercase twice must"""
        )
    ),
    max_size=40,
).map(" ".join)


_PIECES = [
    "the ", "at least ", "between 3 and ", '"a" and ', "'a ", "not ", "in the ", "first ", ", ",
    "(", "each sentence of every paragraph ", "one hundred ", "“", "‹0›", "Dr. ", "1 ", "e\u0301",
]  # fmt: skip
_LONG = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=4).flatmap(
    lambda parts: st.integers(1, 400).map(lambda n: "".join(parts) * n)
)


@SEARCH
@given(st.one_of(_TALK, _LONG, st.text(max_size=300)))
def test_no_text_crashes_or_takes_a_second(text: str) -> None:
    load()
    start = time.thread_time()
    parts = split_instruction(text)
    find_contradictions([t for t, _, _ in parts])
    took = time.thread_time() - start
    assert took < 1.0 or took < a_second_here()
    assert all(text[a:b] == t for t, a, b in parts)

"""A response tried against an item's components."""

from __future__ import annotations

from annotator.domain.items import Component, ItemContent
from annotator.services.testing import try_response

CONTENT = ItemContent(
    instruction='Describe the cat in exactly two sentences, without the word "fur", kindly.',
    components=(
        Component("c1", "exactly two sentences", "length_limit", 5),
        Component("c2", 'without the word "fur"', "mention", 3),
        Component("c3", "kindly", "linguistics", 2),
    ),
)


def outcomes(response: str) -> list[str]:
    return [one.outcome for one in try_response(CONTENT, response)]


def test_rules_decide_and_tone_stays_undecided() -> None:
    assert outcomes("The cat sleeps. It dreams.") == ["pass", "pass", "undecided"]
    assert outcomes("The cat has soft fur.") == ["fail", "fail", "undecided"]


def test_the_evidence_is_a_span_of_the_response() -> None:
    response = "Ein 🐱: the cat has soft fur."
    (tried,) = try_response(CONTENT, response)[1].tried
    assert [response[start:end] for start, end in tried.spans] == ["fur"]


def test_verifier_calls_come_before_the_words() -> None:
    calls = ({"func": "check_whether_response_sentence_number_in_range", "params": [3, 3]},)
    content = ItemContent(
        "Three.", (Component("c1", "in two sentences", "length_limit", 1, "rule", calls),)
    )
    assert try_response(content, "One. Two. Three.")[0].outcome == "pass"


def test_an_unknown_verifier_is_said_and_decides_nothing() -> None:
    calls = ({"func": "no_such_check", "params": []},)
    content = ItemContent("Three.", (Component("c1", "x", "mention", 1, "rule", calls),))
    tested = try_response(content, "One.")[0]
    assert tested.outcome == "undecided"
    assert tested.problem is not None
    assert "no_such_check" in tested.problem

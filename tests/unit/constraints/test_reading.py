"""What is read from English, kind by kind, in many wordings; and what is left unread."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotator.constraints import Constraint, find_contradictions, parse, say, verify
from annotator.constraints.base import Scope, Step
from annotator.constraints.counts import Count
from annotator.constraints.edges import Edge
from annotator.constraints.formats import Format
from annotator.constraints.manner import Role
from annotator.constraints.mentions import Mention
from annotator.constraints.placement import Together
from annotator.constraints.surface import Rhyme

_PAIRS = Path(__file__).parents[2] / "data" / "constraint_pairs.jsonl"
_PARAGRAPH = Scope((Step("paragraph"),))
_LINE = Scope((Step("line"),))
_SENTENCE = Scope((Step("sentence"),))


@pytest.mark.parametrize(
    ("text", "unit", "low", "high", "scope"),
    [
        ("Write exactly three paragraphs.", "paragraphs", 3, 3, Scope()),
        ("Use no more than 120 words.", "words", 0, 120, Scope()),
        ("Stay under 100 words.", "words", 0, 99, Scope()),
        ("It must be longer than 50 words.", "words", 51, None, Scope()),
        ("Between two and four sentences, please.", "sentences", 2, 4, Scope()),
        ("Answer in 2-4 sentences.", "sentences", 2, 4, Scope()),
        ("Write a single paragraph.", "paragraphs", 1, 1, Scope()),
        ("A four-line poem.", "lines", 4, 4, Scope()),
        ("Write up to a dozen sentences.", "sentences", 0, 12, Scope()),
        ("Write 200 words or more.", "words", 200, None, Scope()),
        ("Write 200 words at most.", "words", 0, 200, Scope()),
        ("The word count must not exceed 1,500.", "words", 0, 1500, Scope()),
        ("The number of sentences should be five.", "sentences", 5, 5, Scope()),
        ("Limit your answer to three sentences.", "sentences", 0, 3, Scope()),
        ("Each paragraph should have at most four sentences.", "sentences", 0, 4, _PARAGRAPH),
        ("No sentence may exceed fifteen words.", "words", 0, 15, _SENTENCE),
        ("Use at least 10 words per sentence.", "words", 10, None, _SENTENCE),
        (
            "The last paragraph has two sentences.",
            "sentences",
            2,
            2,
            Scope((Step("paragraph", -1),)),
        ),
        ("Include a table.", "tables", 1, None, Scope()),
        ("Avoid bullet points.", "bullets", 0, 0, Scope()),
        ("Use no emojis.", "emojis", 0, 0, Scope()),
        ("Give a bulleted list of exactly four items.", "bullets", 4, 4, Scope()),
        ("Include two level-2 headings.", "headers2", 2, 2, Scope()),
        ("Write at least five words in all caps.", "uppercase_words", 5, None, Scope()),
        ("Do not use any numerals.", "numbers", 0, 0, Scope()),
        ("Use italics at least twice.", "italics", 2, None, Scope()),
        ("Use bold at least three times.", "bold", 3, None, Scope()),
        ("Don't use headings more than five times.", "headers", 0, 5, Scope()),
        ("Use emojis exactly twice in each paragraph.", "emojis", 2, 2, _PARAGRAPH),
        ("Your reply shouldn't run past 120 words.", "words", 0, 120, Scope()),
        ("Three paragraphs, none longer than four sentences.", "sentences", 0, 4, _PARAGRAPH),
        ("Ten sentences; don't let any of them go over 8 words.", "words", 0, 8, _SENTENCE),
        ("Use headings; there must be exactly four of them.", "headers", 4, 4, Scope()),
        ("Put it in both paragraphs.", "paragraphs", 2, 2, Scope()),
        ("Cap it at 90 words.", "words", 0, 90, Scope()),
        ("Max. 60 words.", "words", 0, 60, Scope()),
        ("Do not use any punctuation.", "punctuation_marks", 0, 0, Scope()),
        ("Include at least three colons.", "colons", 3, None, Scope()),
    ],
)
def test_counts(text: str, unit: str, low: int, high: int | None, scope: Scope) -> None:
    assert Count(unit, low, high, scope) in parse(text), [say(c) for c in parse(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Mention "resilience" twice.', Mention(("resilience",), 2, 2)),
        ('Never use the word "very".', Mention(("very",), 0, 0)),
        ('The word "sea" must not appear more than three times.', Mention(("sea",), 0, 3)),
        ('Work the phrases "a b" and "c d" in.', Mention(("a b", "c d"))),
        ('Use at least two of the words "sun", "moon" and "star".',
         Mention(("sun", "moon", "star"), 1, None, mode="of", need=2)),
        ('Avoid the letter "e".', Mention(("e",), 0, 0, what="letter")),
        ('The first sentence has to contain "tide".',
         Mention(("tide",), 1, None, Scope((Step("sentence", 1),)))),
        ('Every paragraph must include the word "sea".', Mention(("sea",), 1, None, _PARAGRAPH)),
        ("Begin with “Against all odds”.", Edge("begin", "Against all odds")),
        ('Each sentence should end with the word "sea".', Edge("end", "sea", _SENTENCE)),
        ('Start every sentence with the letter "S".', Edge("begin", "S", _SENTENCE, "letter")),
    ],
)  # fmt: skip
def test_terms(text: str, expected: object) -> None:
    assert expected in parse(text), [say(c) for c in parse(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Describe the image.",
        "Name three benefits of the plan.",
        "Introduce two characters who meet at the harbor.",
        "Use at least three words related to food.",
        "Add two more words per sentence.",
        "Use one word for each of the main elements.",
        "Describe it with four key words.",
        'Explain the theme of "memory" in the scene.',
        "Say who was the first person to sail around the world.",
        "Ask for the ticket number.",
        "",
        "‹0› «» \"\" '' ( ",
    ],
)
def test_what_is_not_sure_is_left_unread(text: str) -> None:
    found = [c for c in parse(text) if c.kind not in ("thing", "tone")]
    assert not found, [say(c) for c in found]


def _pairs() -> list[tuple[list[str], bool]]:
    lines = _PAIRS.read_text(encoding="utf-8").splitlines()
    return [(v["constraints"], v["contradict"]) for v in map(json.loads, lines)]


@pytest.mark.parametrize(("texts", "contradict"), _pairs())
def test_pairs_of_our_own(texts: list[str], contradict: bool) -> None:
    assert bool(find_contradictions(texts)) == contradict, [
        [say(c) for c in parse(t)] for t in texts
    ]


def test_arithmetic_over_three_components_is_minimal_and_explained() -> None:
    found = find_contradictions(
        [
            "Write exactly three paragraphs.",
            'Mention "sea" once.',
            "Each paragraph has at most five sentences.",
            "Use at least 16 sentences.",
        ]
    )
    assert [(c.members, c.kind, c.proof) for c in found] == [((0, 2, 3), "length", "solver")]
    assert "at most 15 sentences" in found[0].reason


def test_two_contradictions_are_both_found() -> None:
    found = find_contradictions(
        ["Use 5 words.", 'Avoid "sea".', "Use 9 words.", 'Include "sea" at least once.']
    )
    assert [c.members for c in found] == [(0, 2), (1, 3)]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (
            Together(("sea", "sky"), "sentence", True),
            '"sea" must be in the same sentence as "sky".',
        ),
        (
            Together(("sea", "sky"), "sentence", False),
            '"sky" must be in a different sentence from "sea".',
        ),
        (
            Together(("sea", "sky"), "line", False, False),
            'Don\'t let "sky" and "sea" share a line.',
        ),
        (Format("JSON", True, ("name", "age")), "JSON object with keys name, age"),
        (Format("JSON", True, ("id", "url", "size")), "Use JSON with the keys id, url, and size."),
        (Rhyme("abab"), "Use an ABAB rhyme scheme."),
        (
            Mention(("sea",), scope=Scope((Step("paragraph", -1),))),
            'Work "sea" into the last paragraph.',
        ),
        (Mention(("sea",), 0, 3), 'Limit the word "sea" to three uses.'),
        (Mention(("1969",)), "Include the year 1969."),
        (Mention(("tea", "jam"), mode="of", need=1), 'Mention at least one of "tea" or "jam".'),
        (Mention(("a", "b", "c"), mode="of", need=2), 'Include any two of: "a", "b", "c".'),
        (
            Edge("begin", "capital letter", _LINE, "category"),
            "Start each line with a capital letter.",
        ),
        (Role("the dog"), "Write from the perspective of the dog."),
        (Edge("begin", "Long ago"), 'The first words must be "Long ago".'),
        (Edge("end", "The end", _PARAGRAPH), 'The last words of each paragraph must be "The end".'),
        (Edge("begin", "We hear you"), 'Put "We hear you" right at the beginning of the letter.'),
    ],
)
def test_is_all_that_is_read(wanted: Constraint, text: str) -> None:
    assert parse(text) == (wanted,)


def test_terms_that_must_not_meet_need_not_be_there() -> None:
    apart = '"sea" must not appear in the same sentence as "sky".'
    assert not find_contradictions([apart, 'Do not use "sky".'])
    assert find_contradictions([apart, 'Use the phrase "the sea and the sky".'])
    [constraint] = parse(apart)
    assert verify(constraint, "The sea.").outcome == "pass"
    assert verify(constraint, "The sea and the sky.").outcome == "fail"


@pytest.mark.parametrize(
    "text",
    [
        'Avoid starting consecutive sentences with the word "I".',
        'Make the last line rhyme with "sea".',
        "Use lowercase for everything else.",
        "Write everything else in lowercase.",
    ],
)
def test_what_is_about_less_than_it_seems_is_not_read(text: str) -> None:
    assert not parse(text)

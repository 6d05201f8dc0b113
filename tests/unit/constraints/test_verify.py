"""Verdicts on responses, with their evidence."""

from __future__ import annotations

import pytest

from annotator.constraints import parse, verify

TEXT = (
    "# Trip\n\nDear Ana,\n\nThe sea is calm today. Gulls cry over the boats! Will we sail?\n\n"
    "- pack rope\n- pack food\n\nI hope so. See you soon."
)


@pytest.mark.parametrize(
    ("constraint", "outcome"),
    [
        ("Use exactly 2 bullet points.", "pass"),
        ("Use exactly 3 bullet points.", "fail"),
        ("Include one level-1 header.", "pass"),
        ('Mention "sea" once.', "pass"),
        ('Mention "SEA" twice.', "fail"),
        ('Avoid "gull".', "pass"),
        ('Avoid "gulls".', "fail"),
        ('End with "See you soon."', "pass"),
        ('Begin with "Dear Ana".', "fail"),
        ("Use at most 40 words.", "pass"),
        ("Include at least one question.", "pass"),
        ("Use no exclamation marks.", "fail"),
        ("Each sentence must have at most 8 words.", "pass"),
        ("The last paragraph must contain three sentences.", "fail"),
        ("The ninth paragraph must contain two sentences.", "fail"),
        ("Write everything in lowercase.", "fail"),
        ('"sea" and "gulls" must be in the same paragraph.', "pass"),
        ('"sea" and "gulls" must be in the same sentence.', "fail"),
        ('"sea" and "rope" must be in different paragraphs.', "pass"),
        ('"rope" must come before "food".', "pass"),
        ('"food" must come before "rope".', "fail"),
        ('Use "pack" in at least two sentences.', "pass"),
        ('"pack" may appear only in the first paragraph.', "fail"),
        ("Include a table.", "fail"),
        ("Format the response as JSON.", "fail"),
        ("Do not use JSON format.", "pass"),
        ("Write only in Chinese.", "fail"),
        ("Write only in English.", "undecided"),
        ("Use about 26 words.", "pass"),
        ("Use about 30 words.", "undecided"),
        ("Use about 300 words.", "fail"),
        ('Each bullet point must start with the word "pack".', "pass"),
        ('Do not use the letter "z".', "pass"),
        ('The word "boat" must be used only as a plural at least once.', "pass"),
        ('At least two of the words "sea", "rope" and "moon" must be used.', "pass"),
        ('Use the words "sea" and "rope" at least 3 times in total.', "fail"),
        ("Write in the first person.", "undecided"),
        ("Write in a formal tone.", "undecided"),
        ("Write for children.", "undecided"),
        ("Write in the past tense.", "undecided"),
        ("Use exactly two metaphors.", "undecided"),
        ("The lines must rhyme.", "undecided"),
        ("Use no adjectives.", "undecided"),
        ("End with a question.", "fail"),
        ("End each sentence with an exclamation mark.", "fail"),
    ],
)
def test_verdict(constraint: str, outcome: str) -> None:
    found = parse(constraint)
    assert found
    verdicts = [verify(c, TEXT) for c in found]
    worst = min((v.outcome for v in verdicts), key=["fail", "undecided", "pass"].index)
    assert worst == outcome, verdicts
    for verdict in verdicts:
        for span in verdict.spans:
            assert TEXT[span.start : span.end] == span.text


@pytest.mark.parametrize(
    ("constraint", "response", "outcome"),
    [
        ('Answer in JSON with the keys "a" and "b".', '```json\n{"a": 1, "b": []}\n```', "pass"),
        ('Answer in JSON with the keys "a" and "b".', '{"a": 1}', "fail"),
        ('The "a" key must contain at most 3 words.', '{"a": "one two three four"}', "fail"),
        ('The "a" key must be an array.', '{"a": [1]}', "pass"),
        ("Format the response as XML.", "<a><b>x</b></a>", "pass"),
        ("Format the response as CSV.", "a,b\n1,2\n", "pass"),
        ("Return plain text only.", "Just **bold** words.", "fail"),
        ("Round all numbers to two decimal places.", "Pi is 3.14, not 3.", "fail"),
        (
            "Each sentence begins with a consecutive letter of the alphabet.",
            "Ah. Bee. Cow.",
            "pass",
        ),
        ("Each sentence begins with a consecutive letter of the alphabet.", "Ah. Cow.", "fail"),
        ("Write everything in all caps.", "ONLY 3 CAPS!", "pass"),
        ("Use at least three words.", "今天天气很好我们去海边玩吧", "undecided"),
        ('Use the word "sea" at least once in each paragraph.', "Sea.\n\nLand.", "fail"),
    ],
)
def test_verdict_on_a_form(constraint: str, response: str, outcome: str) -> None:
    verdicts = [verify(c, response).outcome for c in parse(constraint)]
    assert verdicts
    assert min(verdicts, key=["fail", "undecided", "pass"].index) == outcome


def test_a_verdict_is_no_truth_value() -> None:
    (constraint,) = parse("Use exactly two sentences.")
    with pytest.raises(TypeError):
        bool(verify(constraint, "One."))


def test_the_count_is_in_the_verdict() -> None:
    (constraint,) = parse("Use exactly two sentences.")
    verdict = verify(constraint, "One. Two. Three.")
    assert (verdict.outcome, verdict.count, len(verdict.spans)) == ("fail", 3, 3)

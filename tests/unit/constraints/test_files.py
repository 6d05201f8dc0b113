from __future__ import annotations

import json

import pytest

from annotator.constraints import contradict_lines, verify_lines
from annotator.errors import InputError


def test_contradictions_of_constraints() -> None:
    line = json.dumps({"id": 7, "constraints": ["Use 5 words.", "Be brave.", "Use 9 words."]})
    (found,) = contradict_lines([line, "", "  \n"])
    assert found["id"] == 7
    assert found["constraints"][0] == {"text": "Use 5 words.", "start": None, "end": None}
    assert found["unparsed"] == [1]
    (claim,) = found["contradictions"]
    assert claim["members"] == [0, 2]
    assert set(claim) == {"members", "kind", "reason", "proof"}


def test_contradictions_of_an_instruction_have_spans_in_code_points() -> None:
    text = (
        "🌊 Describe the sea. Use exactly 5 words. Use at least two sentences of nine words each."
    )
    (found,) = contradict_lines([json.dumps({"id": "a", "instruction": text})])
    assert found["contradictions"]
    for part in found["constraints"]:
        assert text[part["start"] : part["end"]] == part["text"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("{", None),
        ("[1]", None),
        ('{"id": 1}', "instruction"),
        ('{"id": 1, "constraints": "x"}', "constraints"),
        ('{"id": 1, "constraints": [1]}', "constraints"),
        ('{"id": 1, "instruction": null}', "instruction"),
    ],
)
def test_a_broken_line_is_named(line: str, field: str | None) -> None:
    with pytest.raises(InputError) as caught:
        list(contradict_lines(['{"id": 0, "constraints": []}', line], file="f.jsonl"))
    assert (caught.value.file, caught.value.row, caught.value.field) == ("f.jsonl", "line 2", field)
    assert caught.value.mend


def test_verdicts() -> None:
    call = {"func": "check_whether_response_sentence_number_in_range", "params": [1, 1]}
    lines = [
        {"id": 1, "constraint": 'Mention "sea".', "response": "No."},
        {"id": 2, "constraint": call, "response": "One."},
        {"id": 3, "constraint": "Write in a humorous tone.", "response": "Ha."},
        {"id": 4, "constraint": "Be brave.", "response": "Yes."},
        {"id": 5, "constraint": 'Avoid "sea".', "response": "The sea."},
    ]
    found = list(verify_lines(map(json.dumps, lines)))
    assert [f["verdict"] for f in found] == ["fail", "pass", "undecided", "undecided", "fail"]
    assert found[4]["evidence"]["spans"] == [[4, 7]]


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"constraint": "x"}, "response"),
        ({"response": "x"}, "constraint"),
        ({"constraint": {"func": "nope"}, "response": "x"}, "constraint.func"),
    ],
)
def test_a_broken_verdict_line_is_named(record: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as caught:
        list(verify_lines([json.dumps(record)]))
    assert caught.value.field == field

from __future__ import annotations

from dataclasses import dataclass

import pytest

from annotator.checks import alignment, constraint_checks, vague, verifiers
from annotator.checks.finding import Finding, ranked
from annotator.domain.items import Component, ItemContent


@dataclass(frozen=True)
class Part:
    key: str
    text: str
    type: str = "other"
    weight: int | float | None = 5


@dataclass(frozen=True)
class Whole:
    instruction: str
    components: tuple[Part, ...]


def _item(instruction: str, *texts: str) -> Whole:
    return Whole(instruction, tuple(Part(f"c{n}", t) for n, t in enumerate(texts, start=1)))


def _kinds(found: list[Finding]) -> list[tuple[str, str]]:
    return [(f.kind, f.severity) for f in found]


CLEAN = _item(
    "Write a six-line poem about the lighthouse without using the words 'sea' or 'boat'.",
    "Write a poem about the lighthouse",
    "six-line",
    "without using the words 'sea' or 'boat'",
)


def test_a_clean_item_has_only_harmless_findings() -> None:
    found = ranked([*constraint_checks.check(CLEAN), *alignment.check(CLEAN)])
    assert {f.severity for f in found} <= {"note"}


def test_a_number_that_differs_has_a_mend() -> None:
    item = _item("Tell the tale in seven sentences.", "Tell the tale", "in eight sentences")
    (found,) = constraint_checks.check(item)
    assert (found.kind, found.severity) == ("number", "error")
    assert found.component_keys == ("c2",)
    assert found.mends[0].edits == (
        {"op": "set_component", "key": "c2", "field": "text", "value": "in seven sentences"},
    )


def test_components_that_contradict_each_other() -> None:
    item = _item(
        "Use exactly two sentences of three words each and at least ten words.",
        "exactly two sentences of three words each",
        "at least ten words",
    )
    found = constraint_checks.check(item)
    assert ("contradiction", "error") in _kinds(found)
    assert found[0].component_keys == ("c1", "c2")


def test_a_quote_that_the_instruction_does_not_have() -> None:
    item = _item("Describe it without the word 'gull'.", "Describe it", "without the word 'tern'")
    assert ("quote", "error") in _kinds(constraint_checks.check(item))


def test_components_of_another_item_name_the_item_they_fit() -> None:
    item = _item(
        "List the tools on the workbench and say what each is for.",
        "Imagine the penguins are spies",
        "write a dialogue between them",
    )
    found = alignment.check(item, {"c1": "8"})[0]
    assert (found.kind, found.severity) == ("misaligned", "error")
    assert found.component_keys == ("c1", "c2")
    assert found.evidence["fits"] == "8"


def test_what_no_component_covers() -> None:
    item = _item(
        "Describe the harbor in three sentences and mention the weather of that stormy morning.",
        "Describe the harbor",
    )
    found = ranked([*constraint_checks.check(item), *alignment.check(item)])
    assert [f.severity for f in found] == ["warning", "warning"]
    assert {f.kind for f in found} == {"uncovered"}
    places = [slice(*f.evidence["span"]) for f in found]
    assert {item.instruction[place] for place in places} == {
        "Describe the harbor in three sentences",
        "mention the weather of that stormy morning.",
    }


def test_exchanged_types() -> None:
    item = Whole(
        "In two sentences, explain the machine.",
        (
            Part("c1", "In two sentences", "describe"),
            Part("c2", "explain the machine", "length_limit"),
        ),
    )
    assert _kinds(constraint_checks.check(item)) == [("type-doubtful", "warning")] * 2


def test_verifier_parameters_against_the_words() -> None:
    part = Part("c1", "The answer must have at most 3 paragraphs.")
    name = "check_whether_response_paragraph_number_in_range"
    assert not verifiers.check_calls(part, [{"func": name, "params": [1, 3]}])
    (wrong,) = verifiers.check_calls(part, [{"func": name, "params": [4, 6]}])
    assert (wrong.kind, wrong.severity) == ("verifier", "error")
    (broken,) = verifiers.check_calls(part, [{"func": "nope"}])
    assert broken.severity == "error"


def test_errors_rank_above_the_harmless() -> None:
    low = Finding("a", "note", (), "", {"score": 1.0})
    high = Finding("b", "error", (), "", {"score": 0.1})
    assert ranked([low, high]) == [high, low]


COUNT = "check_whether_response_word_count_in_range"
TOTAL = "check_whether_total_keyword_in_list_metioned_in_range"
ABSENT = "check_whether_whole_response_not_contain_certain_substrings"
END = "check_whether_whole_response_end_with_certain_substring"


@pytest.mark.parametrize(
    ("text", "func", "params", "severity"),
    [
        ("between 50 and 100 words", COUNT, [50, 100], None),
        ("between 50 and 100 words", COUNT, [50, 150], "error"),
        ("fewer than 100 words", COUNT, [0, 100], "warning"),
        ("at most 100 words", COUNT, [1, 100], None),
        ("at least 50 words", COUNT, [50, 10000], None),
        ("about 100 words", COUNT, [80, 120], None),
        ("Mention the word 'resilience' at least twice", TOTAL, [["resilience"], 2, 99], None),
        ("Mention the word 'resilience' at least twice", TOTAL, [["resilence"], 2, 99], "error"),
        ("Do not use the words 'very' or 'really'.", ABSENT, [["very", "Really "]], None),
        ("Do not use the words 'very' or 'really'.", ABSENT, [["very"]], "error"),
        ("End with 'The end.'", END, ["The end."], None),
        ("End with 'The end.'", END, ["Good night."], "error"),
    ],
)
def test_a_verifier_that_checks_something_else_than_the_words_ask(
    text: str, func: str, params: list[object], severity: str | None
) -> None:
    found = verifiers.check_calls(Part("c1", text), [{"func": func, "params": params}])
    assert [f.severity for f in found] == ([severity] if severity else [])


def test_verifiers_that_exclude_each_other() -> None:
    calls = [{"func": COUNT, "params": [10, 20]}, {"func": COUNT, "params": [30, 40]}]
    (found,) = verifiers.check_calls(Part("c1", "a short text"), calls)
    assert found.severity == "error" and "No response passes" in found.message


@pytest.mark.parametrize("text", ["be engaging", "in a nice, suitable way", "Follow the task"])
def test_a_component_that_says_nothing_is_vague(text: str) -> None:
    content = ItemContent(text, (Component("c1", text, "describe", 10),))
    assert [f.kind for f in vague.check(content)] == ["vague"]


@pytest.mark.parametrize(
    "text",
    [
        "Detail the contents of the image",
        "rhyming",
        "formally",
        "in two sentences",
        "",
        "Describe it",
    ],
)
def test_a_component_that_says_something_is_not_vague(text: str) -> None:
    content = ItemContent("x", (Component("c1", text, "describe", 10),))
    assert list(vague.check(content)) == []

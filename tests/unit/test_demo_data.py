"""The demonstration data is what its README says it is."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from annotator.domain.records import Person
from annotator.services import auditing, demo
from annotator.services.workspace import Workspace
from db import datasets
from tests.examples import benchmark, imported, record

DEMO = Path(__file__).parents[2] / "annotator" / "demo"
IMAGES = sorted((DEMO / "images").iterdir())
ITEMS: list[dict[str, Any]] = json.loads((DEMO / "benchmark.json").read_text(encoding="utf-8"))
DEFECTS: list[dict[str, Any]] = json.loads((DEMO / "defects.json").read_text(encoding="utf-8"))
JSONL = sorted(DEMO.glob("*/*.jsonl"))

LEVELS = {"basic", "intermediate", "advanced", "complex", "creative"}
TYPES = {
    "describe",
    "length_limit",
    "mention",
    "linguistics",
    "grammar",
    "math",
    "perspective",
    "textual",
}
KINDS = {
    "weights_sum",
    "count_mismatch",
    "number_mismatch",
    "foreign_components",
    "repeated_type",
    "type_misspelt",
    "contradiction_count",
    "contradiction_keyword",
    "contradiction_format",
    "contradiction_case",
    "missing_image",
    "broken_image",
    "near_duplicate",
    "emoji_text",
    "rtl_text",
    "html_text",
    "markdown_text",
}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def listed(kind: str) -> set[int]:
    return {defect["position"] for defect in DEFECTS if defect["kind"] == kind}


def positions(wanted: Any) -> set[int]:
    return {position for position, item in enumerate(ITEMS) if wanted(item)}


def text_of(item: dict[str, Any]) -> str:
    return " ".join([item["instruction"], *item["components"]])


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def overlap(item: dict[str, Any]) -> float:
    """How much of the components' wording the instruction holds, 0 to 1."""
    wanted = words(" ".join(item["components"]))
    return len(wanted & words(item["instruction"])) / len(wanted)


def loads(name: str) -> bool:
    try:
        with Image.open(DEMO / name) as image:
            image.load()
    except OSError:
        return False
    return True


# --- the benchmark


def test_is_large_and_varied_enough() -> None:
    types = Counter(type_ for item in ITEMS for type_ in item["component_type"])
    assert len(ITEMS) >= 28
    assert {item["type"] for item in ITEMS} == LEVELS
    assert types.keys() >= TYPES
    assert all(types[type_] >= 3 for type_ in TYPES)
    assert len({item["image"] for item in ITEMS}) >= 8


def test_has_the_published_form() -> None:
    form = [
        "image",
        "instruction",
        "type",
        "num_of_component",
        "components",
        "component_weight",
        "component_type",
    ]
    for item in ITEMS:
        assert list(item)[:7] == form
        assert set(item) - set(form) <= {"generator_model", "prompt_version", "batch"}
        assert len(item["components"]) == len(item["component_weight"])
        assert len(item["components"]) == len(item["component_type"])
        assert all(type(weight) is int and weight > 0 for weight in item["component_weight"])


@pytest.mark.parametrize("field", ["generator_model", "prompt_version", "batch"])
def test_most_items_carry_extra_fields(field: str) -> None:
    values = [item[field] for item in ITEMS if field in item]
    assert len(ITEMS) / 2 < len(values) < len(ITEMS)
    assert len(set(values)) in (2, 3)


def test_most_components_are_verbatim() -> None:
    verbatim = [part in item["instruction"] for item in ITEMS for part in item["components"]]
    assert 0.85 < sum(verbatim) / len(verbatim) < 1


# --- the defects: what is listed is there, and what is there is listed


def test_every_kind_is_listed_and_explained() -> None:
    assert {defect["kind"] for defect in DEFECTS} == KINDS
    readme = (DEMO / "README.md").read_text(encoding="utf-8")
    for defect in DEFECTS:
        assert 0 <= defect["position"] < len(ITEMS)
        assert defect["note"].endswith(".")
        assert f"`{defect['kind']}`" in readme
    pairs = [(defect["position"], defect["kind"]) for defect in DEFECTS]
    assert len(pairs) == len(set(pairs))


def test_weights_sum() -> None:
    assert listed("weights_sum") == positions(lambda item: sum(item["component_weight"]) != 10)
    assert all(sum(ITEMS[at]["component_weight"]) == 8 for at in listed("weights_sum"))


def test_count_mismatch() -> None:
    assert listed("count_mismatch") == positions(
        lambda item: item["num_of_component"] != len(item["components"])
    )


def test_repeated_type() -> None:
    assert listed("repeated_type") == positions(
        lambda item: len(set(item["component_type"])) < len(item["component_type"])
    )


def test_type_misspelt() -> None:
    assert listed("type_misspelt") == positions(
        lambda item: not set(item["component_type"]) <= TYPES
    )


def test_missing_image() -> None:
    assert listed("missing_image") == positions(lambda item: not (DEMO / item["image"]).exists())


def test_broken_image() -> None:
    assert listed("broken_image") | listed("missing_image") == positions(
        lambda item: not loads(item["image"])
    )
    for at in listed("broken_image"):
        with Image.open(DEMO / ITEMS[at]["image"]) as image:
            assert image.format == "JPEG", "the head of the file is whole"


def test_foreign_components() -> None:
    assert listed("foreign_components") == positions(lambda item: overlap(item) < 0.5)
    for at in listed("foreign_components"):
        assert any(
            other["components"] == ITEMS[at]["components"]
            for position, other in enumerate(ITEMS)
            if position != at
        )


def test_number_mismatch() -> None:
    numbers = {"one", "two", "three", "four", "five", "six"}
    foreign = listed("foreign_components")

    def mismatched(item: dict[str, Any]) -> bool:
        named = words(" ".join(item["components"])) & numbers
        return not named <= words(item["instruction"])

    assert listed("number_mismatch") == positions(mismatched) - foreign


def test_near_duplicate() -> None:
    def canonical(item: dict[str, Any]) -> tuple[str, frozenset[str]]:
        text = item["instruction"].replace(" 2 ", " two ")
        return item["image"], frozenset(words(text))

    seen: set[tuple[str, frozenset[str]]] = set()
    found = set()
    for position, item in enumerate(ITEMS):
        if canonical(item) in seen:
            found.add(position)
        seen.add(canonical(item))
    assert listed("near_duplicate") == found


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        (
            "contradiction_count",
            "five paragraphs, each with at least three sentences",
            "no more than twelve sentences in total",
        ),
        (
            "contradiction_keyword",
            'include the phrase "ready for launch"',
            'do not use the word "launch"',
        ),
        ("contradiction_format", "one valid JSON object and nothing else", "Markdown heading"),
        ("contradiction_case", "in lower case only", 'begin it with "Portrait of"'),
    ],
)
def test_contradictions(kind: str, first: str, second: str) -> None:
    for text in (first, second):
        assert listed(kind) == positions(lambda item, text=text: text in item["instruction"])
        for at in listed(kind):
            assert any(text in component for component in ITEMS[at]["components"])


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("emoji_text", "[\u2600-\u27bf\U0001f300-\U0001faff]"),
        ("rtl_text", "[\u0590-\u06ff]"),
        ("html_text", r"<script>alert\(1\)</script>"),
        ("markdown_text", r"\$x\^2\$.*\*\*\w+\*\*"),
    ],
)
def test_awkward_text(kind: str, pattern: str) -> None:
    assert listed(kind) == positions(lambda item: re.search(pattern, text_of(item)))


# --- the images


def test_every_image_is_used_and_credited() -> None:
    credits = json.loads((DEMO / "credits.json").read_text(encoding="utf-8"))
    page = (DEMO / "CREDITS.md").read_text(encoding="utf-8")
    names = {path.name for path in IMAGES}
    assert credits.keys() == names
    assert names <= {Path(item["image"]).name for item in ITEMS}
    for name, credit in credits.items():
        assert set(credit) == {"title", "author", "licence", "source", "credit"}
        assert all(credit.values())
        assert f"`{name}`" in page
        assert credit["credit"] in page


def test_one_image_depends_on_its_orientation_tag() -> None:
    turned = []
    for path in IMAGES:
        with Image.open(path) as image:
            if image.getexif():
                turned.append(path.name)
                assert dict(image.getexif()) == {0x0112: 6}
                assert ImageOps.exif_transpose(image.copy()).size == image.size[::-1]
    assert turned == ["rocket.jpg"]


def test_image_sizes() -> None:
    large = []
    for path in IMAGES:
        with Image.open(path) as image:
            if max(image.size) > 1600:
                large.append(path.name)
                assert max(image.size) >= 2400
                assert path.stat().st_size <= 900_000
            else:
                assert path.stat().st_size <= 250_000
    assert large == ["earth.jpg"]


def test_folder_is_small() -> None:
    assert sum(path.stat().st_size for path in DEMO.rglob("*") if path.is_file()) <= 4 * 2**20


# --- answers and judge replies


@pytest.mark.parametrize("path", JSONL, ids=lambda path: path.stem)
def test_every_line_is_marked_as_made_up(path: Path) -> None:
    assert all(line["made_up"] is True for line in lines(path))


def test_readme_says_that_it_is_made_up() -> None:
    readme = (DEMO / "README.md").read_text(encoding="utf-8")
    assert "Everything here but the photographs is made up." in readme


@pytest.mark.parametrize("letter", ["a", "b", "c"])
def test_each_model_answers_every_item(letter: str) -> None:
    answers = lines(DEMO / "answers" / f"model-{letter}.jsonl")
    assert [answer["index"] for answer in answers] == list(range(len(ITEMS)))
    for answer, item in zip(answers, ITEMS, strict=True):
        assert answer["question_id"] == item["image"]
        assert answer["prompt"] == item["instruction"]
        assert answer["model"] == f"demo-model-{letter}"
        assert answer["text"]


def test_a_few_answers_are_errors() -> None:
    texts = [line["text"] for path in (DEMO / "answers").glob("*.jsonl") for line in lines(path)]
    assert texts.count("error") in (2, 3)


@pytest.mark.parametrize("letter", ["x", "y"])
def test_each_judge_replies_to_every_answer(letter: str) -> None:
    replies = lines(DEMO / "judge_replies" / f"judge-{letter}.jsonl")
    expected = {(f"demo-model-{m}", at) for m in "abc" for at in range(len(ITEMS))}
    assert {reply["judge"] for reply in replies} == {f"demo-judge-{letter}"}
    assert len(replies) == len(expected)
    assert {(reply["model"], reply["index"]) for reply in replies} == expected


@pytest.mark.parametrize(
    "pattern",
    [
        r"^score of component 1: \d+/\d+, ",
        r"component 1:\d",
        r"component 1: \d+\.\d/\d+\.\d",
        r"\d+\.5/\d",
        r"\*\*",
        r"\d+ out of \d+",
        r'"component_1"',
        r'"score of component 1"',
        r"^- Score of component 1",
        r"\| 1 \| \d",
        r"：",
        r"\r\n",
        r"sorry|unable",
        r"^$",
    ],
)
def test_replies_come_in_many_shapes(pattern: str) -> None:
    replies = [
        line["reply"] for path in (DEMO / "judge_replies").glob("*.jsonl") for line in lines(path)
    ]
    assert any(re.search(pattern, reply) for reply in replies)
    assert not all(re.search(pattern, reply) for reply in replies)


def test_some_totals_do_not_add_up() -> None:
    wrong = right = 0
    for path in (DEMO / "judge_replies").glob("*.jsonl"):
        for line in lines(path):
            parts = re.findall(r"score of component \d+: ([\d.]+)/", line["reply"])
            total = re.search(r"total score: ([\d.]+)/", line["reply"])
            if parts and total:
                agrees = abs(sum(map(float, parts)) - float(total[1])) < 0.01
                right += agrees
                wrong += not agrees
    assert 3 <= wrong < right / 4


def test_judges_disagree_and_err_against_a_count() -> None:
    first = r"score of component 2: (\d+)/3"
    replies = {
        (line["judge"], line["model"], line["index"]): line["reply"].lower()
        for path in (DEMO / "judge_replies").glob("*.jsonl")
        for line in lines(path)
        if not line.get("repeat")
    }
    answer = lines(DEMO / "answers" / "model-b.jsonl")[0]["text"]
    assert len(re.findall(r"\.(?:\s|$)", answer)) == 3
    assert "exactly two sentences" in ITEMS[0]["components"][1]
    judged = replies["demo-judge-x", "demo-model-b", 0]
    assert re.search(first, judged)[1] == "3"  # type: ignore[index]
    assert "0 out of 3" in replies["demo-judge-y", "demo-model-b", 0]


def test_a_build_that_was_interrupted_goes_on_and_somebodys_own_demo_is_let_alone(
    workspace: Workspace, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "check_dataset", lambda *_, **__: {})
    with monkeypatch.context() as patched:

        def interrupted(*_: Any, **__: Any) -> None:
            raise KeyboardInterrupt

        patched.setattr(demo, "bring_people", interrupted)
        with pytest.raises(KeyboardInterrupt):
            demo.build(workspace)
    assert demo.build(workspace).repeated
    assert auditing.samples(workspace, dataset_id=1)
    imported(workspace, ana, benchmark(record()), name=demo.NAME)
    assert demo.build(workspace).repeated
    with workspace.database.reading() as session:
        assert len(datasets.sources(session, dataset_id=1)) == 2

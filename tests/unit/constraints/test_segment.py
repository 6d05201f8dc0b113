from __future__ import annotations

import pytest

from annotator.constraints import segment


def _texts(spans: list[segment.Span]) -> list[str]:
    return [s.text for s in spans]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three?", 3),
        ("Dr. Smith met Mrs. Jones at 5 p.m. in the U.S. office. They talked.", 2),
        ("It cost 3.50 dollars. That was fine.", 2),
        ("Wait... what? Yes.", 2),
        ('"Stop!" she cried. He did not.', 2),
        ("He said “Go.” Then he left.", 2),
        ("J. K. Rowling wrote it.", 1),
        ("See e.g. the map, i.e. the old one. Done.", 2),
        ("Dear Park Office,\n\nI write to you. Thanks.", 2),
        ("No stop at the end", 1),
        ("", 0),
        ("   \n\n ", 0),
        ("# A title\n\nFirst. Second.", 2),
        ("- milk\n- eggs\n- tea", 3),
        ("1. Milk is here.\n2. Eggs are here.", 2),
        ("今天天气很好。我们出去。", 2),
        ("He works for Acme Inc. They pay well.", 2),
        ("Room No. 5 is free. Take it.", 2),
    ],
)
def test_sentences(text: str, count: int) -> None:
    found = segment.sentences(text)
    assert len(found) == count, _texts(found)
    assert all(text[s.start : s.end] == s.text for s in found)


def test_words_follow_the_published_definition() -> None:
    assert segment.words("It's a well-known fact: 3.5 (three) — yes!") == [
        "Its", "a", "well-known", "fact", "3.5", "three", "yes",
    ]  # fmt: skip


def test_paragraphs_are_parted_by_blank_lines_even_with_white_space() -> None:
    assert _texts(segment.paragraphs("a\nb\n \t\nc\n\n\n\nd\n")) == ["a\nb", "c", "d"]


def test_lists_headers_tables_and_code() -> None:
    text = (
        "# Title\n\n- a\n- b\n\ntext\n\n1. x\n2. y\n\n## Part\n\n|a|b|\n|-|-|\n|1|2|\n\n"
        "```\n# no header\n```\n\n---\n"
    )
    assert [(h.level, h.span.text) for h in segment.headers(text)] == [(1, "Title"), (2, "Part")]
    assert [i.span.text for i in segment.list_items(text)] == ["a", "b", "x", "y"]
    assert len(segment.lists(text, numbered=False)) == len(segment.lists(text, numbered=True)) == 1
    assert len(segment.tables(text)) == len(segment.code_blocks(text)) == 1
    assert len(segment.horizontal_rules(text)) == 1


def test_spans_count_code_points() -> None:
    text = "🌊🌊 Sea. Land."
    assert [(s.start, s.end) for s in segment.sentences(text)] == [(0, 7), (8, 13)]

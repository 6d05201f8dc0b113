"""Where a component stands in its instruction, in code points, and fast on long texts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given

from annotator.domain.spans import bare_words, locate, merge
from tests.examples import TEXT

STORY = "Tell a four-line story about the cat, mention its eyes, and end with a question."


def found(component, instruction=STORY):
    located = locate(component, instruction)
    return located.match, [instruction[start:end] for start, end in located.spans]


@pytest.mark.parametrize(
    ("component", "match", "pieces"),
    [
        ("four-line", "verbatim", ["four-line"]),
        ("  mention its eyes. ", "verbatim", ["mention its eyes"]),
        ("MENTION  its eyes", "verbatim", ["mention its eyes"]),
        ("Tell a story about the cat", "reworded", ["Tell a", "story about the cat"]),
        ("include three birds", "absent", []),
        ("", "absent", []),
        ("?!", "absent", []),
    ],
)
def test_components_are_found(component, match, pieces):
    assert found(component) == (match, pieces)


def test_emoji_and_right_to_left_text_shift_nothing():
    text = "👩‍🚀🇫🇷 שלום, sing a song"
    assert found("sing a song", text) == ("verbatim", ["sing a song"])
    assert found("SING a song", text) == ("verbatim", ["sing a song"])


@given(TEXT, TEXT)
def test_spans_lie_in_order_inside_the_instruction(component, instruction):
    located = locate(component, instruction)
    assert (located.match == "absent") == (not located.spans)
    ends = [0, *(place for span in located.spans for place in span)]
    assert ends == sorted(ends) and ends[-1] <= len(instruction)


@given(TEXT, TEXT, TEXT)
def test_a_piece_of_the_instruction_is_found(before, piece, after):
    if piece.strip(" .,;:!?"):
        located = locate(piece, before + piece + after)
        assert located.match == "verbatim" or not piece.strip()


@pytest.mark.parametrize(
    ("component", "instruction"),
    [
        ("very " * 2_000, "very much " * 2_000),
        ("a b " * 400, "b a c " * 600),
        ("x" * 20_000, "y" * 20_000),
        ("word " * 300, "word other " * 1_600),
    ],
)
def test_long_repetitive_texts_take_no_time(component, instruction):
    begun = time.thread_time()
    locate(component, instruction)
    assert time.thread_time() - begun < 2


def test_touching_spans_are_one():
    assert merge(((0, 3), (4, 6), (9, 10))) == ((0, 6), (9, 10))


def test_bare_words_forget_form_only():
    assert bare_words("Tell A  STORY!") == bare_words("tell a story") != bare_words("tell story")

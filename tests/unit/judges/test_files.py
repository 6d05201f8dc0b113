"""JSON lines in and out."""

from __future__ import annotations

import json

import pytest

from annotator.errors import InputError, InvalidValue
from annotator.judges import Ask, read_lines, read_reply

REPLY = "score of component 1: 4/4, score of component 2: N/A, total score: 9/10."


def line(**fields: object) -> str:
    return json.dumps({"id": "a", "form": "mia", "weights": [4, 6], "reply": REPLY} | fields)


def test_a_line() -> None:
    (found,) = read_lines([line(), "", " \n"])
    assert set(found) == {"id", "components", "total", "total_agrees", "kits"}
    assert found["id"] == "a"
    assert found["components"][0] == {"awarded": 4, "possible": 4}
    assert set(found["components"][1]) == {"unparsed"}
    assert (found["total"], found["total_agrees"]) == (9, None)
    assert found["kits"]["vlmevalkit"]["outcome"] == "dropped"
    assert "lmms-eval" in found["kits"]
    json.dumps(found)


def test_lines_are_split_at_line_feeds_only() -> None:
    reply = "score of component 1: 4/4\u2028score of component 2: 1/6\u2028total score: 5/10"
    text = json.dumps({"weights": [4, 6], "reply": reply}, ensure_ascii=False)
    (found,) = read_lines(f"{text}\n\n")
    assert [c["awarded"] for c in found["components"]] == [4, 1]
    assert found["id"] is None


def test_one_word_replies_need_no_weights() -> None:
    (found,) = read_lines([json.dumps({"id": 1, "form": "perception", "reply": "right"})])
    assert found["components"] == [{"awarded": 1, "possible": 1}]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", None),
        ("[1]", None),
        ("[" * 100_000, None),
        (line(form="other"), "form"),
        (line(form=["mia"]), "form"),
        (line(weights=None), "weights"),
        (line(weights=[]), "weights"),
        (line(weights="4, 6"), "weights"),
        (line(weights=[4, True]), "weights"),
        (line(weights=[4, -6]), "weight of component 2"),
        (line(types="describe"), "types"),
        (line(types=["describe"]), "types"),
        (line(reply=None), "reply"),
        (line(reply=7), "reply"),
    ],
)
def test_broken_lines_say_where(text: str, field: str | None) -> None:
    with pytest.raises(InputError) as caught:
        list(read_lines([line(), text], file="r.jsonl"))
    assert (caught.value.file, caught.value.row) == ("r.jsonl", "line 2")
    assert caught.value.field == field
    assert caught.value.mend


def test_numbers_that_are_no_weights() -> None:
    with pytest.raises(InputError):
        list(read_lines(['{"weights": [NaN], "reply": "x"}']))
    with pytest.raises(InvalidValue):
        read_reply("", Ask((float("inf"),)), "mia")


def test_too_long_a_reply_is_refused() -> None:
    with pytest.raises(InvalidValue):
        read_reply("x" * 200_001, Ask((1,)), "mia")

"""What the published kits make of replies, as far as it is known."""

from __future__ import annotations

import pytest

from annotator.judges import Ask, Form, kits

ASK = Ask((4, 3, 3), ("describe", "length_limit", "mention"))
AS_ASKED = (
    "score of component 1: 4/4, score of component 2: 0/3, score of component 3: 3/3, "
    "total score: 7/10. Reasons."
)


def test_as_asked_all_read_it() -> None:
    found = kits(AS_ASKED, ASK, "mia")
    assert set(found) == {"vlmevalkit", "lmms-eval", "mia-bench"}
    assert all(kit.outcome == "read" and kit.components == (1, 0, 1) for kit in found.values())
    assert found["vlmevalkit"].total == 0.7


def test_a_repeated_type_overwrites_its_sibling() -> None:
    kit = kits(AS_ASKED, Ask((4, 3, 3), ("describe", "mention", "mention")), "mia")["vlmevalkit"]
    assert (kit.outcome, kit.components) == ("overwritten", (1, None, 1))
    assert "mention" in kit.why


@pytest.mark.parametrize(
    "reply",
    [
        "score of component 1: 1.5/4, score of component 2: 0/3, total score: 1.5/10.",
        "score of component 1:3/6, score of component 2:0/3, total score:3/10.",
        "score of component 1: 4 out of 4, score of component 2: 0 out of 3, total: 4 out of 10",
        "score of component 1: 4/4，score of component 2: 0/3",
        "score of component 1: 4/4\nscore of component 2: 0/3\ntotal score: 4/10",
        "**score of component 1: 4/4**, **score of component 2: 0/3**, **total score: 4/10**",
        "",
    ],
)
def test_vlmevalkit_drops_the_row(reply: str) -> None:
    assert kits(reply, ASK, "mia")["vlmevalkit"].outcome == "dropped"


def test_vlmevalkit_takes_the_last_piece_for_the_total() -> None:
    reply = "score of component 1: 4/4, score of component 2: 0/3."
    kit = kits(reply, ASK, "mia")["vlmevalkit"]
    assert (kit.outcome, kit.components, kit.total) == ("misread", (1, None, None), 0)


def test_lmms_eval_counts_what_it_does_not_find_as_nought() -> None:
    reply = "score of component 1: 4/4, score of component 2: 3 out of 3, score of component 3: 3/3"
    kit = kits(reply, ASK, "mia")["lmms-eval"]
    assert (kit.outcome, kit.components) == ("zero", (1, 0, 1))


@pytest.mark.parametrize(
    "reply",
    [
        "First I look. score of component 1: 4/4, score of component 2: 0/3, component 3: 3/3",
        "score of component 1: 4/4, score of component 2 = 0/3, score of component 3: 3/3",
    ],
)
def test_what_is_not_known_is_said(reply: str) -> None:
    kit = kits(reply, ASK, "mia")["lmms-eval"]
    assert (kit.outcome, kit.components) == ("unknown", ())
    assert kit.to_json()["components"] is None


@pytest.mark.parametrize(
    ("form", "reply", "outcome", "total"),
    [
        ("perception", "right", "read", 1),
        ("perception", "wrong", "read", 0),
        ("perception", "Wrong: the right answer is 12.", "misread", 1),
        ("perception", "No.", "unknown", None),
        ("compare", 'Reasoning: so.\nSummary: "True"', "read", 1),
        ("compare", 'Reasoning: so.\nSummary: "False"', "read", 0),
        ("compare", "", "dropped", None),
        ("compare", "Yes", "unknown", None),
    ],
)
def test_mm_ifeval(form: Form, reply: str, outcome: str, total: float | None) -> None:
    found = kits(reply, Ask((1,)), form)
    assert (found["vlmevalkit"].outcome, found["vlmevalkit"].total) == (outcome, total)
    assert found["lmms-eval"].outcome == "unknown"


def test_mm_ifeval_direct() -> None:
    reply = "Judgement: x\nSummary: Score of constraint_1: 1/1, Score of constraint_2: 0/1."
    assert kits(reply, Ask((1, 1)), "direct")["vlmevalkit"].components == (1, 0)
    assert kits(reply, Ask((1, 1, 1)), "direct")["vlmevalkit"].outcome == "unknown"


def test_the_notebooks_versions_differ_in_the_total() -> None:
    assert kits(AS_ASKED, ASK, "mia")["mia-bench"].total is None
    kit = kits("component 1: 4/4, component 2: 0/3, good.", ASK, "mia")["mia-bench"]
    assert kit.outcome == "unknown"

"""Annotate by its ordinary widgets; what counts is what stands in the database afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from looking import Ask, Open, field, labels, press, run, says, told
from streamlit.testing.v1 import AppTest

from annotator.domain.records import Person
from annotator.services import annotate, flagging
from annotator.services.saving import Shown
from annotator.services.workspace import Workspace, sign_in
from annotator.ui.shell import literal
from tests.databases import counts, listening

SUM_OF_EIGHT = 8
WRONG_NUMBER = 10
REPEATED_TYPE = 13

Draft = Callable[..., dict[str, Any]]


@pytest.fixture
def at(open_page: Open) -> Callable[..., AppTest]:
    """Annotate with one item open."""

    def opened(item: int, **more: Any) -> AppTest:
        return open_page("annotate", item=str(item), **more)

    return opened


def weights(state: dict[str, Any]) -> list[Any]:
    return [state[f"c/{key}/weight"] for key in state["order"]]


def texts(state: dict[str, Any]) -> list[str]:
    return [state[f"c/{key}/text"] for key in state["order"]]


def shown(page: AppTest) -> str:
    """The item of the address."""
    return str(dict(page.query_params)["item"])


def type_note(workspace: Workspace, person: Person, item: int, text: str) -> None:
    """What the note's own field does: it posts to the server, beside the page."""
    annotate.save_text(
        workspace,
        actor=person,
        item_id=item,
        shown=Shown(0, 0, "another tab"),
        field="note",
        base="",
        text=text,
    )


# ------------------------------------------------------------------------- verdict and submit


def test_a_verdict_is_a_draft(at: Callable[..., AppTest], draft: Draft, ask: Ask) -> None:
    press(at(1), "Keep")
    assert (draft(1)["verdict"], draft(1)["status"]) == ("keep", "draft")
    assert ask("select status, verdict from item where id = 1") == [("draft", None)]


def test_a_press_asks_the_database_little(at: Callable[..., AppTest], workspace: Workspace) -> None:
    """Each is time that everybody at work waits for; who needs more raises the bound knowingly."""
    page = at(1)
    with listening(workspace.database) as keep:
        press(page, "Keep")
    with listening(workspace.database) as submit:
        press(page, "Submit and next")
    assert shown(page) != "1"
    assert (counts(keep)[0], counts(submit)[0]) == (4, 4)
    assert counts(keep)[1] <= 30
    assert counts(submit)[1] <= 60


def test_nothing_is_chosen_beforehand_and_a_second_press_clears(
    at: Callable[..., AppTest], draft: Draft
) -> None:
    page = at(1)
    chosen = [b.label for b in page.button if b.proto.type == "primary"]
    assert chosen == []
    press(press(page, "Fix"), "Fix")
    assert draft(1)["verdict"] is None


def test_submitting_curates_and_opens_the_next(
    at: Callable[..., AppTest], draft: Draft, ask: Ask
) -> None:
    page = press(press(at(1), "Keep"), "Submit and next")
    assert draft(1)["status"] == "submitted"
    assert ask("select status, verdict, revision from item where id = 1") == [
        ("curated", "keep", 1)
    ]
    assert shown(page) == "2"
    assert says(page, "1 submitted by you")


def test_submitting_without_a_verdict_is_refused(at: Callable[..., AppTest], ask: Ask) -> None:
    page = press(at(1), "Submit and next")
    assert says(page, "choose keep, fix or drop")
    assert ask("select count(*) from annotation") == [0]


def test_dropping_needs_a_note(
    at: Callable[..., AppTest], workspace: Workspace, ana: Person, draft: Draft, ask: Ask
) -> None:
    page = press(press(at(1), "Drop"), "Submit and next")
    assert says(page, "say in the note why the item is dropped")
    assert draft(1)["status"] == "draft"
    page.session_state["tab"] = "another tab"
    type_note(workspace, ana, 1, "the photo shows a dog")
    press(run(page), "Submit and next")
    assert ask("select verdict, reason from item where id = 1") == [
        ("drop", "the photo shows a dog")
    ]


def test_after_the_last_item_it_is_said(at: Callable[..., AppTest], ask: Ask) -> None:
    page = press(press(at(39), "Keep"), "Submit and next")
    assert ask("select status from item where id = 39") == ["curated"]
    assert shown(page) == "1" or says(page, "Nothing waits any more")


# ------------------------------------------------------------------------- weights and mends


def test_make_it_ten(at: Callable[..., AppTest], draft: Draft) -> None:
    press(at(SUM_OF_EIGHT), "Make it 10")
    assert sum(weights(draft(SUM_OF_EIGHT))) == 10


def test_equal(at: Callable[..., AppTest], draft: Draft) -> None:
    press(at(SUM_OF_EIGHT), "Equal")
    assert weights(draft(SUM_OF_EIGHT)) == [4, 3, 3]


def test_a_mend_is_one_press_away(at: Callable[..., AppTest], draft: Draft, ask: Ask) -> None:
    page = press(at(WRONG_NUMBER), "Mend")
    assert texts(draft(WRONG_NUMBER))[1] == "four-sentence"
    assert "Mend" not in labels(page)
    assert ask("select text from component where item_id = ? and key = 'c2'", WRONG_NUMBER) == [
        "five-sentence"
    ]


def test_a_finding_is_dismissed_with_a_reason(at: Callable[..., AppTest], ask: Ask) -> None:
    page = press(at(WRONG_NUMBER), "Dismiss…")
    page = press(page, "Dismiss")
    assert says(page, "say why this is no fault")
    assert ask("select count(*) from finding where state = 'dismissed'") == [0]
    field(page, "Why is this no fault?").set_value("five is what the author meant")
    page = press(page, "Dismiss")
    assert ask("select reason from finding where item_id = ? and state = 'dismissed'", 10) == [
        "five is what the author meant"
    ]
    press(page, "Undo")
    assert ask("select count(*) from finding where state = 'dismissed'") == [0]


def test_a_dismissal_can_be_left(at: Callable[..., AppTest], ask: Ask) -> None:
    page = press(press(at(WRONG_NUMBER), "Dismiss…"), "Leave it")
    assert "Leave it" not in labels(page)
    assert ask("select count(*) from finding where state = 'dismissed'") == [0]


# ------------------------------------------------------------------------------------- flags


@pytest.mark.parametrize("chosen", [[], ["c1"]])
def test_a_conflict_needs_two_components(
    at: Callable[..., AppTest], ask: Ask, chosen: list[str]
) -> None:
    page = press(at(13), "Flag…")
    field(page, "What is wrong?").set_value("conflict")
    field(page, "Which components? (two or more for a conflict)").set_value(chosen)
    page = press(page, "Raise the flag")
    assert says(page, "between two or more components")
    assert ask("select count(*) from flag") == [0]


def test_a_flag_without_a_kind_is_refused(at: Callable[..., AppTest], ask: Ask) -> None:
    page = press(press(at(13), "Flag…"), "Raise the flag")
    assert page.toast
    assert ask("select count(*) from flag") == [0]


def test_a_conflict_is_raised_withdrawn_and_resolved(at: Callable[..., AppTest], ask: Ask) -> None:
    page = press(at(13), "Flag…")
    field(page, "What is wrong?").set_value("conflict")
    field(page, "Which components? (two or more for a conflict)").set_value(["c2", "c4"])
    field(page, "Note").set_value("15 sentences, and at most 12")
    page = press(page, "Raise the flag")
    assert ask("select kind, component_keys, note, state from flag") == [
        ("conflict", '["c2", "c4"]', "15 sentences, and at most 12", "open")
    ]
    assert ask("select flags from item where id = 13") == [1]
    assert says(page, "conflict between 2 and 4")
    assert "Raise the flag" not in labels(page)
    page = press(page, "Withdraw")
    assert ask("select state from flag") == ["withdrawn"]
    page = press(page, "Undo")
    assert ask("select state from flag") == ["open"]
    press(page, "Resolved")
    assert ask("select state from flag") == ["resolved"]
    assert ask("select flags from item where id = 13") == [0]


def test_somebody_elses_flag_is_dismissed_not_withdrawn(
    at: Callable[..., AppTest], workspace: Workspace, bo: Person, ask: Ask
) -> None:
    flagging.raise_flag(
        workspace, actor=bo, item_id=13, kind="unsafe", component_keys=(), note="a cliff"
    )
    page = at(13)
    assert "Withdraw" not in labels(page)
    press(page, "Dismiss")
    assert ask("select state from flag") == ["dismissed"]


# ----------------------------------------------------------------------------------- details


def test_every_field_of_a_component(at: Callable[..., AppTest], draft: Draft) -> None:
    page = press(at(WRONG_NUMBER), "Details…")
    field(page, "Component").set_value("c2")
    run(page)
    field(page, "Text").set_value("four-sentence")
    field(page, "Type").set_value("grammar")
    field(page, "Weight").set_value(2.5)
    field(page, "Judge method").set_value("rule")
    field(page, "Verifier calls").set_value('[{"func": "count_sentences", "params": [4]}]')
    press(page, "Save the component")
    state = draft(WRONG_NUMBER)
    assert {name: state[f"c/c2/{name}"] for name in ("text", "type", "weight", "judge_method")} == {
        "text": "four-sentence",
        "type": "grammar",
        "weight": 2.5,
        "judge_method": "rule",
    }
    assert state["c/c2/verifier_calls"] == [{"func": "count_sentences", "params": [4]}]


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        ("[{", "is no JSON"),
        ("NaN", "must be a list"),
        ("17", "must be a list"),
        ('{"func": "f"}', "must be a list"),
        ('["f"]', "must be a list of"),
        ('[{"func": 1}]', "must be a list of"),
        ('[{"func": "f", "params": 1}]', "must be a list"),
        ('[{"func": "f", "params": [NaN]}]', "must be JSON"),
        ("[" * 5000 + "]" * 5000, "is no JSON"),
    ],
    ids=lambda value: value[:20],
)
def test_broken_verifier_calls_are_refused(
    at: Callable[..., AppTest], ask: Ask, calls: str, said: str
) -> None:
    page = press(at(WRONG_NUMBER), "Details…")
    field(page, "Verifier calls").set_value(calls)
    page = press(page, "Save the component")
    assert says(page, said)
    assert ask("select count(*) from annotation") == [0]


def test_an_empty_component_and_an_empty_instruction_are_refused(
    at: Callable[..., AppTest], ask: Ask
) -> None:
    page = press(at(1), "Details…")
    field(page, "Text").set_value("  ")
    page = press(page, "Save the component")
    assert says(page, "text of component 1: must not be empty")
    field(page, "Instruction").set_value("")
    page = press(page, "Save the item")
    assert says(page, "instruction: must not be empty")
    field(page, "New component").set_value(" ")
    page = press(page, "Add")
    assert page.toast
    assert ask("select count(*) from annotation") == [0]


def test_a_whole_weight_stays_whole(at: Callable[..., AppTest], draft: Draft) -> None:
    page = press(at(1), "Details…")
    field(page, "Weight").set_value(6.0)
    press(page, "Save the component")
    assert [str(w) for w in weights(draft(1))] == ["6", "3", "3"]


def test_saving_what_did_not_change_saves_nothing(at: Callable[..., AppTest], ask: Ask) -> None:
    page = press(at(WRONG_NUMBER), "Details…")
    press(press(page, "Save the component"), "Save the item")
    assert ask("select count(*) from annotation") == [0]


def test_instruction_level_and_answers(at: Callable[..., AppTest], draft: Draft) -> None:
    page = press(at(1), "Details…")
    field(page, "Instruction").set_value("Say what you see.\nOnce.")
    field(page, "Level").set_value("complex")
    field(page, "Ground-truth answers, one a line").set_value("a cat\n\n the cat \n")
    press(page, "Save the item")
    state = draft(1)
    assert state["instruction"] == "Say what you see.\nOnce."
    assert state["level"] == "complex"
    assert [answer.strip() for answer in state["answers"]] == ["a cat", "the cat"]


def test_split_merge_move_remove_add(at: Callable[..., AppTest], draft: Draft) -> None:
    page = press(at(WRONG_NUMBER), "Details…")
    field(page, "Split before the words").set_value("in which")
    page = press(page, "Split")
    story = ["Tell a story", "in which the cat is about to jump"]
    assert texts(draft(10)) == [*story, "five-sentence", "without naming a colour"]
    assert sum(weights(draft(10))) == 10
    page = press(page, "Move down")
    assert texts(draft(10))[:2] == story[::-1]
    page = press(page, "Merge with next")
    assert len(draft(10)["order"]) == 3
    assert sum(weights(draft(10))) == 10
    page = press(page, "Remove")
    assert len(draft(10)["order"]) == 2
    field(page, "New component").set_value("without a full stop")
    press(page, "Add")
    assert texts(draft(10))[-1] == "without a full stop"
    assert weights(draft(10))[-1] == 0


def test_a_split_at_words_that_are_not_there(at: Callable[..., AppTest], ask: Ask) -> None:
    page = press(at(WRONG_NUMBER), "Details…")
    field(page, "Split before the words").set_value("elephants")
    page = press(page, "Split")
    assert says(page, "Type the words with which the second part begins")
    assert ask("select count(*) from annotation") == [0]


def test_an_item_without_components_can_get_one(at: Callable[..., AppTest], draft: Draft) -> None:
    page = press(at(WRONG_NUMBER), "Details…")
    for _ in range(3):
        page = press(page, "Remove")
    assert draft(10)["order"] == []
    field(page, "New component").set_value("one")
    press(page, "Add")
    assert texts(draft(10)) == ["one"]


# ------------------------------------------------------------------------------- getting about


def test_next_previous_skip_and_jump(at: Callable[..., AppTest], ask: Ask) -> None:
    page = press(at(5), "▶")
    assert shown(page) == "6"
    page = press(press(page, "◀"), "◀")
    assert shown(page) == "4"
    page = press(page, "Skip")
    assert shown(page) == "5"
    page = press(page, "Jump")
    field(page, "Item").set_value("20")
    page = press(page, "Go")
    assert shown(page) == "21"
    assert "Go" not in labels(page)
    assert ask("select count(*) from annotation") == [0]


@pytest.mark.parametrize("name", ["", "elsewhere", "²", "9" * 30, "39"])
def test_a_jump_to_nowhere_is_told(at: Callable[..., AppTest], name: str) -> None:
    page = press(at(5), "Jump")
    field(page, "Item").set_value(name)
    page = press(page, "Go")
    assert says(page, "There is no item")
    assert shown(page) == "5"


def test_the_way_leads_through_the_view(at: Callable[..., AppTest]) -> None:
    page = at(1, level="basic")
    assert says(page, "1 of 9 · filtered")
    page = press(page, "▶")
    assert shown(page) == "7"
    assert dict(page.query_params)["level"] == "basic"


def test_an_item_outside_the_view_says_so(at: Callable[..., AppTest]) -> None:
    assert says(at(2, level="basic"), "outside this view")


def test_the_sheet_of_keys_opens(at: Callable[..., AppTest]) -> None:
    page = press(at(1), "Keys")
    assert page.main.children


# ------------------------------------------------------------------------- history and undo


def test_undo_and_redo(at: Callable[..., AppTest], draft: Draft, ask: Ask) -> None:
    page = press(at(WRONG_NUMBER), "Mend")
    page = press(page, "Fix")
    page = press(press(page, "Undo"), "Undo")
    assert (draft(10)["verdict"], texts(draft(10))[1]) == (None, "five-sentence")
    page = press(press(page, "Redo"), "Redo")
    assert (draft(10)["verdict"], texts(draft(10))[1]) == ("fix", "four-sentence")
    page = press(page, "Redo")
    assert says(page, "There is nothing to redo")
    page = press(page, "Undo")
    assert (draft(10)["verdict"], texts(draft(10))[1]) == (None, "four-sentence")
    page = press(page, "Redo")
    assert (draft(10)["verdict"], texts(draft(10))[1]) == ("fix", "four-sentence")
    assert ask("select count(*) from event where item_id = 10") == [8]


def test_nothing_to_undo_is_told(at: Callable[..., AppTest], workspace: Workspace) -> None:
    assert says(press(at(1), "Undo"), "There is nothing of yours to undo")


def test_the_history_reads_and_undoes(at: Callable[..., AppTest], draft: Draft) -> None:
    page = press(press(at(SUM_OF_EIGHT), "Make it 10"), "Keep")
    page = press(page, "History")
    assert says(page, "Ana changed the weight of component")
    assert says(page, "Ana set the verdict to keep")
    assert labels(page).count("Undo") == 3
    press(page, "Undo", at=2)
    assert draft(SUM_OF_EIGHT)["verdict"] == "keep"
    assert sum(weights(draft(SUM_OF_EIGHT))) == 8


def test_an_undo_with_later_changes_on_top_asks(at: Callable[..., AppTest], draft: Draft) -> None:
    page = press(press(at(SUM_OF_EIGHT), "Make it 10"), "Equal")
    page = press(press(at(SUM_OF_EIGHT), "History"), "Undo", at=2)
    assert says(page, "Later changes stand on this one")
    page = press(page, "Leave it")
    assert weights(draft(SUM_OF_EIGHT)) == [4, 3, 3]
    page = press(press(page, "Undo", at=2), "Undo them together")
    assert sum(weights(draft(SUM_OF_EIGHT))) == 8


def test_submitting_is_undone_as_one(at: Callable[..., AppTest], draft: Draft, ask: Ask) -> None:
    press(press(at(1), "Keep"), "Submit and next")
    press(at(1), "Undo")
    assert ask("select status, verdict from item where id = 1") == [("draft", None)]
    assert (draft(1)["status"], draft(1)["verdict"]) == ("draft", "keep")


# --------------------------------------------------------- two tabs, two people, moved curation


@pytest.fixture
def two_tabs(at: Callable[..., AppTest]) -> tuple[AppTest, AppTest]:
    """One person with the same item open twice; the first tab has made the sum right."""
    first, second = at(SUM_OF_EIGHT), at(SUM_OF_EIGHT)
    press(first, "Make it 10")
    return first, second


def test_the_second_tab_is_told_of_the_first(
    two_tabs: tuple[AppTest, AppTest], draft: Draft
) -> None:
    page = press(two_tabs[1], "Equal")
    assert says(page, "Not saved.")
    assert says(page, "you, in another tab")
    assert says(page, "What changed there meanwhile")
    assert sum(weights(draft(SUM_OF_EIGHT))) == 10
    assert weights(draft(SUM_OF_EIGHT)) != [4, 3, 3]


def test_mine_on_top(two_tabs: tuple[AppTest, AppTest], draft: Draft, ask: Ask) -> None:
    page = press(press(two_tabs[1], "Equal"), "Save mine on top")
    assert weights(draft(SUM_OF_EIGHT)) == [4, 3, 3]
    assert "Save mine on top" not in labels(page)
    assert len(ask("select id from event where item_id = ? order by id", SUM_OF_EIGHT)) == 2


def test_leave_theirs(two_tabs: tuple[AppTest, AppTest], draft: Draft) -> None:
    before = draft(SUM_OF_EIGHT)
    page = press(press(two_tabs[1], "Equal"), "Leave it as it is there")
    assert "Save mine on top" not in labels(page)
    assert draft(SUM_OF_EIGHT) == before


def test_a_stale_verdict_and_a_stale_submit_are_told(
    two_tabs: tuple[AppTest, AppTest], draft: Draft
) -> None:
    first, second = two_tabs
    page = press(second, "Drop")
    assert says(page, "Not saved.")
    press(page, "Leave it as it is there")
    press(press(first, "Keep"), "Fix")
    page = press(second, "Submit and next")
    assert draft(SUM_OF_EIGHT)["status"] == "draft"


@pytest.fixture
def moved(at: Callable[..., AppTest], bo: Person) -> AppTest:
    """Ana's draft of an item that Bo has curated meanwhile."""
    mine = press(at(WRONG_NUMBER), "Details…")
    field(mine, "Weight").set_value(6)
    mine = press(press(mine, "Save the component"), "Details…")
    theirs = press(press(at(WRONG_NUMBER, who=bo), "Mend"), "Fix")
    press(theirs, "Submit and next")
    return run(mine)


def test_a_moved_curation_shows_both_sides(moved: AppTest, draft: Draft, ask: Ask) -> None:
    assert says(moved, "The curation moved on under your draft")
    assert says(moved, "four-sentence")
    assert "Save this choice" in labels(moved)
    assert [b.disabled for b in moved.button if b.label == "Submit and next"] == [True]
    assert texts(draft(10))[1] == "five-sentence"
    assert ask("select text from component where item_id = 10 and key = 'c2'") == ["four-sentence"]


def test_all_theirs_and_submit(moved: AppTest, draft: Draft, ask: Ask) -> None:
    page = press(moved, "All theirs")
    assert not says(page, "moved on under your draft")
    assert texts(draft(10))[1] == "four-sentence"
    press(press(page, "Keep"), "Submit and next")
    assert ask("select revision, verdict from item where id = 10") == [(2, "keep")]


def test_all_mine_keeps_my_draft_over_the_newer_curation(
    moved: AppTest, draft: Draft, ask: Ask
) -> None:
    page = press(moved, "All mine")
    assert not says(page, "moved on under your draft")
    assert texts(draft(10))[1] == "five-sentence"
    assert draft(10)["base_revision"] == 1
    assert ask("select text from component where item_id = 10 and key = 'c2'") == ["four-sentence"]


def test_a_choice_for_each_difference(moved: AppTest, draft: Draft) -> None:
    for group in moved.button_group:
        if group.label.startswith("Which side of"):
            group.set_value("Theirs" if "text" in group.label else "Mine")
    page = press(run(moved), "Save this choice")
    assert texts(draft(10))[1] == "four-sentence"
    assert not says(page, "moved on under your draft")


def test_a_first_save_over_a_curation_never_seen_is_told(
    at: Callable[..., AppTest], bo: Person, ask: Ask, ana: Person
) -> None:
    mine = at(WRONG_NUMBER)
    press(press(press(at(WRONG_NUMBER, who=bo), "Mend"), "Fix"), "Submit and next")
    page = press(mine, "Keep")
    assert says(page, "Not saved.")
    assert says(page, "Bo")
    assert ask("select count(*) from annotation where person_id = ?", ana.id) == [0]
    press(page, "Save mine on top")
    assert ask("select count(*) from annotation where person_id = ?", ana.id) == [1]


def test_whoever_was_faster_is_named_as_they_wrote_their_name(
    at: Callable[..., AppTest], workspace: Workspace
) -> None:
    mine = at(WRONG_NUMBER)
    other = sign_in(workspace, name="*B* :red[o]")
    press(press(press(at(WRONG_NUMBER, who=other), "Mend"), "Fix"), "Submit and next")
    page = press(mine, "Keep")
    [refusal] = [text for text in told(page) if "Not saved." in text]
    assert literal(other.name) in refusal

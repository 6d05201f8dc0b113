"""Conflicts: settling a case, all of a kind, taking it back, and asking a model."""

from __future__ import annotations

from looking import Ask, Open, field, labels, press, run, says

OPEN = "select count(*) from finding where kind = ? and state in ('open', 'confirmed')"


def test_a_mend_is_applied_and_taken_back(open_page: Open, ask: Ask) -> None:
    before = ask(OPEN, "weights")
    page = open_page("conflicts", kind="weights", severity="error")
    assert says(page, "The weights sum to 8, not 10.")
    press(page, "Mend: Make it 10, keeping the proportions")
    assert ask(OPEN, "weights") == [before[0] - 1]
    press(page, "Undo")
    assert ask(OPEN, "weights") == before


def test_a_confirmed_case_stays_and_can_be_dropped_with_its_item(open_page: Open, ask: Ask) -> None:
    page = open_page("conflicts", kind="contradiction")
    count = ask(OPEN, "contradiction")[0]
    press(page, "Confirm")
    assert "Confirm" not in labels(page)
    assert ask("select count(*) from finding where state = 'confirmed'") == [1]
    press(page, "Drop item…")
    field(page, "Why is the item dropped?").input("cannot be saved")
    press(page, "Drop the item")
    assert ask("select count(*) from item where verdict = 'drop'") == [1]
    assert count == ask(OPEN, "contradiction")[0]
    assert says(page, f"1 of {count - 1}, the gravest first")


def test_all_of_a_kind_are_dismissed_after_a_preview_and_taken_back(
    open_page: Open, ask: Ask
) -> None:
    before = ask(OPEN, "repeated-type")
    page = open_page("conflicts", kind="repeated-type")
    press(press(page, "All of this kind…"), "Dismiss…")
    assert len(page.dataframe[0].value) == before[0]
    field(page, "Why are these no faults?").input("our kit keys by position")
    press(page, f"Do it to {before[0]} of {before[0]}")
    assert ask(OPEN, "repeated-type") == [0]
    press(page, "Undo")
    assert ask(OPEN, "repeated-type") == before


def test_a_model_is_asked_only_when_somebody_names_one(open_page: Open, ask: Ask) -> None:
    page = press(open_page("conflicts"), "Ask a model…")
    (start,) = [button for button in page.button if button.label.startswith("Ask about")]
    assert start.disabled and ask("select count(*) from job where kind = 'propose'") == [0]
    field(page, "Model").input("judge-x")
    run(page)
    (start,) = [button for button in page.button if button.label.startswith("Ask about")]
    start.click()
    run(page)
    [parameters] = ask("select parameters from job where kind = 'propose'")
    assert "judge-x" in parameters and "key" not in parameters


def test_another_item_that_a_finding_speaks_of_stands_beside_it(open_page: Open) -> None:
    page = open_page("conflicts", kind="duplicate")
    assert any(caption.value.startswith("Item ") for caption in page.caption)

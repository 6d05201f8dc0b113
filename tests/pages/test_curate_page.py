"""Curate and Agreement by AppTest, and Annotate in a dataset whose items are assigned."""

from __future__ import annotations

import pytest
from looking import Ask, Open, labels, press, says

from annotator.domain.assignment import Plan
from annotator.domain.records import Person
from annotator.services import agreement, assigning, datasets
from annotator.services.workspace import Workspace
from annotator.ui.agreement import confusion_rows, differing_rows
from tests.examples import Tab


@pytest.fixture
def shared(workspace: Workspace, ana: Person) -> None:
    """The demo with overlap 2."""
    found = datasets.everything(workspace)[0]
    assigning.set_plan(
        workspace, actor=ana, dataset_id=found.id, version=found.version, plan=Plan(overlap=2)
    )


@pytest.fixture
def differing(workspace: Workspace, ana: Person, bo: Person, shared: None) -> None:
    """Two people differ on the first item."""
    tab = Tab(workspace, ana, 1)
    first = tab.desk.content.components[0]
    tab.edit({"op": "set_component", "key": first.key, "field": "text", "value": "in a new way"})
    tab.submit("fix")
    Tab(workspace, bo, 1).submit("keep")


def test_submitting_leads_to_ones_next_item_and_settles_nothing(
    open_page: Open, shared: None, ask: Ask
) -> None:
    page = press(open_page("annotate"), "Keep")
    assert says(page, "findings are shown when you have submitted")
    page = press(page, "Submit and next")
    assert page.query_params["item"] == "2"
    assert ask("select status from annotation where item_id = 1") == ["submitted"]
    assert ask("select verdict from item where id = 1") == [None]
    assert ask("select state from place order by item_id") == ["submitted", "leased"]


def test_skipping_asks_why_and_gives_the_place_back(
    open_page: Open, shared: None, ask: Ask
) -> None:
    page = press(open_page("annotate"), "Skip…")
    page.text_input(key="skip-reason-1").set_value("I took this picture")
    page = press(page, "Skip it")
    assert page.query_params["item"] == "2"
    assert ask("select state, reason from place where item_id = 1") == [
        ("skipped", "I took this picture")
    ]


def test_a_reviewer_takes_parts_and_settles(
    open_page: Open, differing: None, ask: Ask, bo: Person
) -> None:
    page = open_page("curate", who=bo)
    assert {"All of Ana", "All of Bo", "Settle", "Make it 10"} <= set(labels(page))
    assert says(page, "the verdicts differ")
    page = press(page, "in a new way")
    page = press(page, "Settle")
    assert says(page, "choose keep, fix or drop")
    page = press(page, "Fix")
    page = press(page, "Settle")
    assert says(page, "people differ")
    assert ask("select verdict from item where id = 1") == [None]
    ask("update settlement set reason = 'clearer'")
    page = press(open_page("curate", who=bo), "Settle")
    assert ask("select verdict, reason from item where id = 1") == [("fix", "clearer")]
    text = "select text from component where item_id = 1 and position = 0"
    assert ask(text) == ["in a new way"]
    press(page, "Undo")
    assert ask("select verdict from item where id = 1") == [None] and ask(text) != ["in a new way"]


def test_what_agrees_is_settled_after_a_preview(
    open_page: Open, workspace: Workspace, ana: Person, bo: Person, shared: None, ask: Ask
) -> None:
    for item_id in (1, 2):
        for person in (ana, bo):
            Tab(workspace, person, item_id).submit("keep")
    page = press(open_page("curate"), "Settle what agrees…")
    assert says(page, "at least 2 people have submitted")
    page = press(page, "Settle 2 of 2")
    assert ask("select verdict from item where id < 3") == ["keep", "keep"]
    page = press(page, "Undo")
    assert says(page, "Took back 2")
    assert ask("select verdict from item where id < 3") == [None, None]


def test_agreement_says_numbers_or_why_there_is_none(open_page: Open, differing: None) -> None:
    page = open_page("agreement")
    assert [metric.label for metric in page.metric] == ["percent", "kappa", "alpha", "AC1"]
    assert page.metric[0].value == "0.00"
    assert "Item 0" in labels(page)
    files = {file.key for file in page.get("download_button")}
    assert {"csv-where-people-differ", "csv-verdicts-against-each-other"} <= files
    assert open_page("agreement", of="weight").metric
    scores = open_page("agreement", of="score").metric
    assert [m.value for m in scores if m.label == "kappa"] == ["undefined"]
    assert all(0 < float(m.value) <= 1 for m in scores if m.label in ("percent", "alpha"))
    assert open_page("agreement", of="nonsense").metric


def test_the_files_of_agreement_hold_every_difference(
    workspace: Workspace, ana: Person, differing: None
) -> None:
    found = agreement.measure(workspace, actor=ana, dataset_id=1, of="verdict")
    assert [(row["item"], row["annotator"]) for row in differing_rows(found)] == [
        ("0", "Ana"),
        ("0", "Bo"),
    ]
    cells = confusion_rows(found)
    assert len(cells) == 9 and sum(cell["items"] for cell in cells) == 1


def test_the_queue_is_planned_on_admin(open_page: Open, ask: Ask) -> None:
    page = open_page("admin")
    box = next(c for c in page.checkbox if c.label == "Items are assigned to people")
    box.check()
    next(n for n in page.number_input if n.label == "Annotators per item").set_value(3)
    saves = [b for b in page.button if b.label == "Save" and "plan" in (b.form_id or "")]
    saves[0].click().run()
    assert ask("select overlap, plan is not null from dataset") == [(3, 1)]
    assert ask("select count(*) from queue_item where free = 3") == [39]


def test_who_may_not_settle_is_told_so(
    open_page: Open, differing: None, ask: Ask, bo: Person
) -> None:
    ask("update person set role = 'annotator' where id = ?", bo.id)
    page = open_page("curate", who=bo)
    assert says(page, "no right to settle") and "Settle" not in labels(page)
    assert "All of Ana" not in labels(page)
    assert open_page("agreement", who=bo).metric
    for name in ("home", "browse", "conflicts", "merge", "release", "admin"):
        assert open_page(name, who=bo).main.children

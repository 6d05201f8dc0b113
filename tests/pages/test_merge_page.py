"""Merge: a newer source against what people made of an item."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from looking import Ask, Open, press, run, says

from annotator.domain.records import Person
from annotator.services.importing import import_file
from annotator.services.workspace import Workspace
from tests.examples import Tab


@pytest.fixture
def waiting(workspace: Workspace, ana: Person, open_page: Open, ask: Ask) -> Ask:
    """Ana has curated item 10; a newer source words the same component differently."""
    page = open_page("annotate", item="10")
    press(press(press(page, "Mend"), "Fix"), "Submit and next")
    text = (files("annotator.demo") / "benchmark.json").read_text(encoding="utf-8")
    records = json.loads(text)
    before = json.dumps(records, ensure_ascii=False, indent=1)
    records[9]["components"][1] = "exactly five-sentence"
    records[9]["component_weight"] = [5, 2, 3]
    records[0]["components"][0] = "Introduce the cat"
    after = json.dumps(records, ensure_ascii=False, indent=1)
    assert text.strip() == before.strip(), "the demo is not laid out as this test takes it to be"
    newer = after.encode()
    report = import_file(workspace, actor=ana, file="newer.json", data=newer, dataset="Demo")
    assert (report.waiting, report.updated, report.new) == (1, 1, 0)
    return ask


def components(ask: Ask) -> list[Any]:
    return ask(
        "select text, weight from component where item_id = 10 and position is not null"
        " order by position"
    )


def test_both_sides_are_shown(waiting: Ask, open_page: Open) -> None:
    page = open_page("merge")
    assert says(page, "1 item waits")
    assert says(page, "four-sentence")
    assert says(page, "exactly five-sentence")
    chosen = [b.disabled for b in page.button if b.label == "Save this choice"]
    assert chosen == [True]


def test_what_nobody_edited_is_taken_over_at_once(waiting: Ask) -> None:
    assert waiting("select text from component where item_id = 1 and key = 'c1'") == [
        "Introduce the cat"
    ]


def test_all_ours(waiting: Ask, open_page: Open) -> None:
    before = components(waiting)
    page = press(open_page("merge"), "All ours")
    assert components(waiting) == before
    assert waiting("select state from merge") == ["settled"]
    assert says(page, "Nothing waits")


def test_all_of_the_newer_source(waiting: Ask, open_page: Open) -> None:
    press(open_page("merge"), "All newer source")
    assert components(waiting)[1] == ("exactly five-sentence", 2)
    assert waiting("select verdict from item where id = 10") == ["fix"]


def test_a_choice_for_each_difference(waiting: Ask, open_page: Open) -> None:
    page = open_page("merge")
    for group in page.button_group:
        group.set_value("Newer source" if "weight" in group.label else "Ours")
    press(run(page), "Save this choice")
    assert [text for text, _ in components(waiting)][1] == "four-sentence"
    assert sum(weight for _, weight in components(waiting)) == 10
    assert components(waiting)[0][1] == 5


def test_settling_twice_is_told(waiting: Ask, open_page: Open) -> None:
    first, second = open_page("merge"), open_page("merge")
    press(first, "All ours")
    page = press(second, "All newer source")
    assert components(waiting)[1][0] == "four-sentence"
    assert says(page, "since you opened it")


def test_a_merge_that_is_undone_waits_again_and_is_settled_by_doing_it_again(
    waiting: Ask, workspace: Workspace, ana: Person, open_page: Open
) -> None:
    stands = "select source_record_id, verdict from item where id = 10"
    before, [record_and_verdict] = components(waiting), waiting(stands)
    press(open_page("merge"), "All newer source")
    merged, [settled] = components(waiting), waiting(stands)
    assert settled != record_and_verdict
    tab = Tab(workspace, ana, 10)
    [event] = waiting("select id from event where kind = 'curation.merged'")
    tab.undo(event)
    assert (components(waiting), waiting(stands)) == (before, [record_and_verdict])
    page = open_page("merge")
    assert says(page, "1 item waits") and says(page, "exactly five-sentence")
    [back] = waiting("select id from event where undoes = ?", event)
    tab.look()
    tab.undo(back)
    assert (components(waiting), waiting(stands)) == (merged, [settled])
    assert says(open_page("merge"), "Nothing waits")
    assert any(said.startswith("Ana merged with source") for said in sentences(tab))


def sentences(tab: Tab) -> list[str]:
    return [line.sentence for line in tab.log()]

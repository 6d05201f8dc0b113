"""What would change: shown before it is saved, equal to what then happens, kept with the event."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotator.domain.effects import effect, replaced
from annotator.domain.judging import ModelStanding
from annotator.services import adjudicating, effects, history
from annotator.services.adjudicating import Wanted
from db import cases
from tests.db.test_cases import answer, by_key, give, judge
from tests.examples import Tab


@pytest.fixture
def scored(workspace, item):
    """Two models on one item: a is good at c1, b at c2 and c3."""
    with workspace.database.writing() as session:
        for model, points in (("model-a", (4, 0, 1)), ("model-b", (1, 3, 3))):
            response = answer(session, item, model)
            found = by_key(session, response)
            for key, awarded, possible in zip(("c1", "c2", "c3"), points, (4, 3, 3), strict=True):
                give(session, found[key].id, judge(session, "x"), awarded, possible)
    return item


def means(workspace):
    with workspace.database.reading() as session:
        return {one.model: one.mean for one in cases.standings(session, dataset_id=1)}


def test_a_weight_edit_is_foretold_and_then_told(workspace, scored, ana):
    assert means(workspace) == pytest.approx({"model-a": 0.5, "model-b": 0.7})
    tab = Tab(workspace, ana, scored)
    tab.weigh(c1=8, c2=1, c3=1)
    foretold = effects.of_content(workspace, item_id=scored, content=tab.desk.content)
    assert means(workspace) == pytest.approx({"model-a": 0.5, "model-b": 0.7})
    tab.submit("fix")
    assert {s.model: s.after for s in foretold.shifts} == pytest.approx(means(workspace))
    assert foretold.sentence == (
        "model-b 70.00 → 40.00, rank 1 → 2; model-a 50.00 → 83.33, rank 2 → 1"
    )
    lines = history.of_item(workspace, actor=ana, item_id=scored)
    told = effects.of_events(workspace, event_ids=[line.event.id for line in lines])
    assert [one.sentence for one in told.values()] == [foretold.sentence]


def test_undoing_is_told_too(workspace, scored, ana):
    tab = Tab(workspace, ana, scored)
    tab.weigh(c1=8, c2=1, c3=1)
    tab.submit("fix")
    lines = history.of_item(workspace, actor=ana, item_id=scored)
    revised = next(line.event for line in lines if line.event.kind == "curation.revised")
    history.undo(workspace, actor=ana, event_id=revised.id, with_later=True, tab="tab-1")
    lines = history.of_item(workspace, actor=ana, item_id=scored)
    told = effects.of_events(workspace, event_ids=[line.event.id for line in lines])
    assert told[max(told)].sentence == (
        "model-a 83.33 → 50.00, rank 1 → 2; model-b 40.00 → 70.00, rank 2 → 1"
    )


def test_a_dropped_item_is_foretold(workspace, scored, ana):
    foretold = effects.of_drop(workspace, item_id=scored)
    assert [(s.model, s.after, s.rank_after) for s in foretold.shifts] == [
        ("model-b", None, None),
        ("model-a", None, None),
    ]
    tab = Tab(workspace, ana, scored)
    tab.type("No use.")
    tab.submit("drop")
    assert means(workspace) == {"model-a": None, "model-b": None}


def test_an_adjudication_is_foretold(workspace, scored, ana):
    with workspace.database.reading() as session:
        case = next(
            c for r in (1, 2) for c in cases.of_response(session, response_id=r)
            if (c.model, c.component_key) == ("model-a", "c2")
        )  # fmt: skip
    opened = adjudicating.look(workspace, actor=ana, dataset_id=1, wanted=Wanted(), case_id=case.id)
    full = opened.effect("score", opened.possible)
    assert full.sentence == "model-b 70.00, rank 1 → 2; model-a 50.00 → 80.00, rank 2 → 1"
    none = opened.effect("undecidable", None)
    moved = {shift.model: shift.after for shift in none.moved}
    assert moved["model-a"] == pytest.approx(5 / 7)
    same = opened.effect("score", 0.0)
    assert same.moved == () and same.sentence == "No model's mean changes."


def test_without_scores_nothing_is_said_to_change(workspace, item, ana):
    assert effects.of_drop(workspace, item_id=item).sentence == "No model has scores here yet."


def test_a_removed_component_counts_no_more(workspace, scored, ana):
    tab = Tab(workspace, ana, scored)
    parts = tuple(c for c in tab.desk.content.components if c.key != "c2")
    content = replace(tab.desk.content, components=parts)
    foretold = effects.of_content(workspace, item_id=scored, content=content)
    assert {s.model: s.after for s in foretold.shifts} == pytest.approx(
        {"model-a": 5 / 7, "model-b": 4 / 7}
    )


def test_means_over_many_responses_move_by_one_of_them():
    standings = [
        ModelStanding("a", 4, 0.5),
        ModelStanding("b", 0, None),
        ModelStanding("c", 1, 0.2),
    ]
    after = replaced(standings, {"a": 0.1, "c": 0.2}, {"a": 0.9, "b": 0.4, "c": None})
    assert after == pytest.approx({"a": 0.7, "b": 0.4, "c": None})
    done = effect({"a": 0.5, "c": 0.2}, after)
    assert [shift.model for shift in done.moved] == ["a", "c", "b"]

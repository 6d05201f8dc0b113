"""The dashboard: figures from what people did, what blocks whom, and who sees whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from annotator.domain.assignment import Plan
from annotator.errors import Forbidden
from annotator.services import accounts, assigning, datasets, gold, progress, settling
from annotator.services.workspace import sign_in
from db import events
from db.progress import settled_by_day
from tests.examples import Tab, benchmark, imported, record


@pytest.fixture
def bench(workspace, ana):
    """Five items, the second with a fault."""
    texts = [record(instruction=f"Sing {n}.") for n in range(5)]
    texts[1]["component_weight"] = [4, 3, 9]
    return imported(workspace, ana, benchmark(*texts))


def planned(workspace, actor, **values):
    found = datasets.everything(workspace)[0]
    annotators = values.pop("annotators", None)
    assigning.set_plan(
        workspace,
        actor=actor,
        dataset_id=1,
        version=found.version,
        plan=Plan(**values),
        annotators=annotators,
    )


def blocks(workspace, actor):
    found = progress.of_dataset(workspace, actor=actor, dataset_id=1)
    return {(b.who, b.what): b.number for b in found.blocks}


def test_without_a_plan_the_items_themselves_are_counted(workspace, ana, bo, bench):
    nothing = progress.of_dataset(workspace, actor=ana, dataset_id=1)
    assert (nothing.days, nothing.pace, nothing.left) == ((), None, 5)
    Tab(workspace, ana, bench[0]).submit("keep")
    tab = Tab(workspace, bo, bench[2])
    tab.type("blurred")
    tab.submit("drop")
    Tab(workspace, bo, bench[3]).judge("keep")
    found = progress.of_dataset(workspace, actor=ana, dataset_id=1)
    assert found.verdicts == {"keep": 1, "drop": 1} and found.left == 3
    assert [(d.submitted, d.settled, d.left) for d in found.days] == [(2, 2, 3)]
    assert (found.ending.date - found.days[-1].date).days == 2
    assert {w.name: (w.submitted, w.drafts, w.today) for w in found.workers} == {
        "Ana": (1, 0, 1),
        "Bo": (1, 1, 1),
    }
    assert [(g.items, g.curated, g.draft, g.open) for g in found.levels] == [(5, 2, 1, 2)]
    assert [g.name for g in found.splits] == ["not in a release yet"]
    assert found.minutes is None


def test_a_settled_item_that_is_mended_later_is_not_settled_once_more(
    workspace, ana, bench, monkeypatch
):
    Tab(workspace, ana, bench[0]).submit("keep")
    today = datetime.now(UTC)

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz=None):
            return today + timedelta(days=1)

    monkeypatch.setattr(events, "datetime", Tomorrow)
    with workspace.database.writing() as session:
        events.append(
            session, person_id=ana.id, kind="curation.mended", dataset_id=1, item_id=bench[0],
            patch={"instruction": ("Sing 0.", 'Sing of the "verdict".')},
        )  # fmt: skip
    with workspace.database.reading() as session:
        assert settled_by_day(session, dataset_id=1) == {today.date(): 1}


def test_what_blocks_whom(workspace, ana, bo, bench):
    cleo = sign_in(workspace, name="Cleo")
    annotators = {ana.id: None, bo.id: 1, cleo.id: None}
    planned(workspace, ana, overlap=2, must_qualify=True, annotators=annotators)
    gold.set_many(workspace, actor=ana, item_ids=[bench[4]], verdict="keep", purpose="qualifying")
    for person in (ana, bo):
        Tab(workspace, person, bench[4]).submit("keep")
    Tab(workspace, ana, bench[0]).submit("keep")
    Tab(workspace, bo, bench[0]).judge("keep")
    known = blocks(workspace, ana)
    assert known["Bo", "items that others have submitted, and that they keep or were dealt"] == 1
    Tab(workspace, bo, bench[0]).submit("fix")
    known = blocks(workspace, ana)
    assert known["reviewers", "items on which people differ, to be settled"] == 1
    assert known["Bo", "gets nothing more: the quota of 1 is used up"] == 0
    tab = Tab(workspace, cleo, bench[4])
    tab.type("no")
    tab.submit("drop")
    found = [b.what for b in progress.of_dataset(workspace, actor=ana, dataset_id=1).blocks]
    assert "gets nothing: the qualification is not passed: 50% as expected, 80% needed" in found
    why = [assigning.why_nothing(workspace, actor=one, dataset_id=1) for one in (cleo, bo)]
    assert why[0].startswith("Qualification not passed: 50%") and "let you in" in why[0]
    assert why[1] == "You have had your 1 item of Bench. Thank you."
    assert progress.of_dataset(workspace, actor=ana, dataset_id=1).minutes is not None


def test_an_annotator_sees_themselves_and_no_hidden_finding(workspace, ana, bo, bench):
    planned(workspace, ana, overlap=2)
    eve = replace(bo, role="annotator")
    for person in (ana, bo):
        Tab(workspace, person, bench[0]).submit("keep")
    found = progress.of_dataset(workspace, actor=eve, dataset_id=1)
    assert [w.name for w in found.workers] == ["Bo"] and not found.everybody
    assert not [b for b in found.blocks if b.who == "Ana"]
    assert not [b for b in found.blocks if "people agree" in b.what or "people differ" in b.what]
    assert ("reviewers", "items on which people agree, to be settled") in blocks(workspace, ana)
    with pytest.raises(Forbidden):
        settling.stages(workspace, actor=eve, dataset_id=1)
    assert len(progress.of_dataset(workspace, actor=ana, dataset_id=1).workers) == 2
    assert datasets.standing(workspace, actor=ana, dataset_id=1).findings
    assert datasets.standing(workspace, actor=eve, dataset_id=1).findings == []


def test_work_that_waits_for_somebody_deactivated_says_so(workspace, ana, bo, bench):
    planned(workspace, ana, strategy="round-robin", overlap=2, annotators={ana.id: None, bo.id: 3})
    Tab(workspace, ana, bench[0]).submit("keep")
    accounts.set_active(workspace, actor=ana, person_id=bo.id, active=False)
    assert any(who == "Bo, who was deactivated" for who, _ in blocks(workspace, ana))

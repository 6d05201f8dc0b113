"""An item that several people look at: private until it is settled, settled by agreement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotator.domain.assignment import Plan
from annotator.errors import Refused
from annotator.services import (
    assigning,
    browsing,
    conflicts,
    datasets,
    flagging,
    history,
    settling,
)
from annotator.services.browsing import View
from annotator.services.conflicts import Wanted
from annotator.services.workspace import sign_in
from tests.examples import Tab, benchmark, imported, record

FAULTY = record(component_weight=[4, 3, 9], instruction="Tell a five-line story about the cat.")


@pytest.fixture
def shared(workspace, ana):
    """The first item of a dataset with overlap 2; the checks find something on it."""
    ids = imported(workspace, ana, benchmark(FAULTY, record(instruction="Sing.", image="b.png")))
    found = datasets.everything(workspace)[0]
    assigning.set_plan(
        workspace, actor=ana, dataset_id=found.id, version=found.version, plan=Plan(overlap=2)
    )
    return ids[0]


def test_submitting_settles_nothing_and_shows_nothing(workspace, ana, bo, shared):
    tab = Tab(workspace, ana, shared)
    flag = flagging.raise_flag(
        workspace, actor=ana, item_id=shared, kind="other", component_keys=(), note="blurred"
    )
    tab.type("mine alone")
    tab.weigh(c3=3)
    assert not tab.submit("fix").curated
    seen = Tab(workspace, bo, shared)
    assert seen.desk.content.component("c3").weight == 9
    assert seen.desk.flags == () and seen.desk.annotation is None
    assert seen.log() == []
    row = browsing.page(workspace, dataset_id=1, view=View(), number=0).rows[0]
    assert row.flags == 0
    by_flag = View(filters={"flag": ("other",)})
    assert browsing.page(workspace, dataset_id=1, view=by_flag, number=0).total == 0
    annotator = replace(bo, role="annotator")
    for view, total in ((View(), 2), (View(filters={"who": ("Ana",)}), 0)):
        found = browsing.page(workspace, actor=annotator, dataset_id=1, view=view, number=0)
        assert found.total == total and {row.who for row in found.rows} <= {None}
    kinds = conflicts.kinds(workspace, dataset_id=1, wanted=Wanted())
    assert not [kind for source, kind, _ in kinds if source == "flag"]
    assert [f.id for f in Tab(workspace, ana, shared).desk.flags] == [flag.id]


def test_what_was_private_is_so_again_once_the_settling_is_undone(workspace, ana, bo, shared):
    for person in (ana, bo):
        Tab(workspace, person, shared).submit("keep")
    shown = settling.preview(workspace, actor=ana, dataset_id=1, rule=settling.Rule())
    settling.settle_by_rule(workspace, actor=ana, shown=shown, rule=settling.Rule())
    later = sign_in(workspace, name="Cleo")

    def seen():
        log = history.of_item(workspace, actor=later, item_id=shared)
        return [line.event.kind for line in log]

    assert seen() == ["curation.settled", "annotation.submitted", "annotation.submitted"]
    settled = history.of_item(workspace, actor=ana, item_id=shared)[0].event
    history.undo(workspace, actor=ana, event_id=settled.id)
    assert seen() == ["curation.settled", "curation.settled"]


def test_a_component_of_ones_own_is_flagged_after_it_was_settled_without(
    workspace, ana, bo, shared
):
    tab = Tab(workspace, ana, shared)
    tab.edit({"op": "add_component", "text": "mention its tail", "type": "mention", "weight": 1})
    key = tab.desk.content.components[-1].key
    tab.submit("fix")
    Tab(workspace, bo, shared).submit("keep")
    settling.take_one(workspace, actor=bo, item_id=shared, version=0, person_id=bo.id)
    settling.save_text(workspace, actor=bo, item_id=shared, field="note", base="", text="enough")
    settling.settle(workspace, actor=bo, item_id=shared, version=2, revision=0)
    assert tab.look().content.components[-1].key == key
    flagging.raise_flag(
        workspace, actor=ana, item_id=shared, kind="other", component_keys=(key,), note="mine"
    )
    assert [flag.component_keys for flag in tab.look().flags] == [(key,)]


def test_findings_come_after_ones_own_word(workspace, ana, shared):
    tab = Tab(workspace, ana, shared)
    assert tab.desk.blind and tab.desk.findings == ()
    tab.submit("keep")
    assert not tab.desk.blind and tab.desk.findings
    with pytest.raises(Refused, match="reviewer settles"):
        flagging.dismiss_finding(
            workspace, actor=ana, item_id=shared, finding=tab.desk.findings[0], reason="fine"
        )


def test_a_third_person_is_told_that_there_is_no_place(workspace, ana, bo, shared):
    for person in (ana, bo):
        Tab(workspace, person, shared).submit("keep")
    cleo = Tab(workspace, sign_in(workspace, name="Cleo"), shared)
    for save in (lambda: cleo.weigh(c1=5), lambda: cleo.submit("keep"), lambda: cleo.type("x")):
        with pytest.raises(Refused, match="2 annotators have been found"):
            save()
    assert cleo.look().annotation is None


def test_undoing_a_submission_opens_ones_place_again(workspace, ana, shared):
    tab = Tab(workspace, ana, shared)
    tab.submit("keep")
    tab.undo()
    assert tab.desk.annotation.status == "draft" and tab.desk.seat.mine.state == "leased"
    tab.submit("keep")
    assert tab.desk.seat.mine.state == "submitted"


def test_editing_after_submitting_makes_it_a_draft_that_counts_no_more(workspace, ana, shared):
    tab = Tab(workspace, ana, shared)
    tab.submit("keep")
    tab.weigh(c3=3)
    assert (tab.desk.annotation.status, tab.desk.seat.mine.state) == ("draft", "leased")


def test_an_item_alone_in_a_planned_dataset_is_curated_by_submitting(workspace, ana, bo):
    ids = imported(workspace, ana, benchmark(FAULTY))
    found = datasets.everything(workspace)[0]
    assigning.set_plan(
        workspace, actor=ana, dataset_id=found.id, version=found.version, plan=Plan("random")
    )
    tab = Tab(workspace, ana, ids[0])
    assert tab.desk.findings
    assert tab.submit("keep").curated
    with pytest.raises(Refused, match="annotator has been found"):
        Tab(workspace, bo, ids[0]).weigh(c1=5)


def test_what_a_plan_changed_stands_in_the_log(workspace, ana, shared):
    lines = history.recent(workspace, actor=ana, dataset_id=1, limit=5)
    assert any("to assign items to people" in line.sentence for line in lines)


def test_items_of_a_newer_source_join_the_queue(workspace, ana, bo, shared):
    newer = benchmark(FAULTY, record(instruction="Sing.", image="b.png"), record(image="c.png"))
    ids = imported(workspace, ana, newer)
    tab = Tab(workspace, bo, ids[-1])
    tab.weigh(c1=5)
    assert tab.desk.seat.wanted == 2

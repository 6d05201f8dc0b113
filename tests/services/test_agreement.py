"""Agreement of a dataset's people, as its services and its page's users see it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotator.domain.assignment import Plan
from annotator.services import agreement, assigning, datasets, flagging, gold, settling
from annotator.services.settling import Rule
from tests.examples import Tab, benchmark, imported, record

RECORDS = [record(image=f"{n}.png", instruction=f"Tell story {n} about the cat.") for n in range(4)]


@pytest.fixture
def worked(workspace, ana, bo):
    """Four items with overlap 2: two agree, one differs in a weight, one in all."""
    ids = imported(workspace, ana, benchmark(*RECORDS))
    found = datasets.everything(workspace)[0]
    assigning.set_plan(
        workspace, actor=ana, dataset_id=found.id, version=found.version, plan=Plan(overlap=2)
    )
    for item_id in ids[:2]:
        for person in (ana, bo):
            tab = Tab(workspace, person, item_id)
            tab.weigh(c1=5, c2=2)
            tab.submit("fix")
    Tab(workspace, ana, ids[2]).submit("keep")
    tab = Tab(workspace, bo, ids[2])
    tab.weigh(c1=5, c2=2)
    tab.submit("keep")
    tab = Tab(workspace, bo, ids[3])
    flagging.raise_flag(
        workspace, actor=bo, item_id=ids[3], kind="unsafe", component_keys=(), note=""
    )
    tab.type("not for us")
    tab.submit("drop")
    Tab(workspace, ana, ids[3]).submit("keep")
    return ids


def measured(workspace, actor, of="verdict"):
    return agreement.measure(workspace, actor=actor, dataset_id=1, of=of)


def test_measures(workspace, ana, worked):
    verdict = measured(workspace, ana)
    assert verdict.report.overall.figures["percent"].value == pytest.approx(0.75)
    flag = measured(workspace, ana, "flag").report.overall
    assert flag.figures["percent"].value == pytest.approx(0.75)
    edit = measured(workspace, ana, "edit").report.overall
    assert (edit.units, edit.figures["percent"].value) == (12, pytest.approx(10 / 12))
    weight = measured(workspace, ana, "weight").report
    assert weight.overall.figures["alpha"].value < 1 and set(weight.strata) >= {"mention"}


def test_the_items_where_people_differ_come_most_first(workspace, ana, worked):
    found = measured(workspace, ana).differing
    assert [one.item_id for one in found] == [worked[2], worked[3]] or [
        one.item_id for one in found
    ] == [worked[3], worked[2]]
    assert found[0].apart >= found[1].apart > 0


def test_settling_does_not_change_what_people_edited(workspace, ana, worked):
    before = measured(workspace, ana, "edit").report.overall
    shown = settling.preview(workspace, actor=ana, dataset_id=1, rule=Rule())
    settling.settle_by_rule(workspace, actor=ana, shown=shown, rule=Rule())
    after = measured(workspace, ana, "edit")
    assert after.report.overall == before
    mine = next(one for one in after.annotators if one.person_id == ana.id)
    assert (mine.settled, mine.consensus, mine.whole) == (2, 1, 1)


def test_gold_measures_people(workspace, ana, bo, worked):
    content = Tab(workspace, ana, worked[2]).desk.item.content
    gold.set_gold(workspace, actor=ana, item_id=worked[2], verdict="fix", content=content)
    found = {one.name: one for one in measured(workspace, ana).annotators}
    assert (found["Ana"].golds, found["Ana"].gold) == (1, 0)


def test_an_annotator_sees_their_own_line_only(workspace, bo, worked):
    found = measured(workspace, replace(bo, role="annotator"))
    assert [one.name for one in found.annotators] == ["Bo"]
    assert found.differing == () and found.report.pairs == {} and found.report.confusions == ()

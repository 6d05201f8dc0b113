"""Curating what several people said: choosing, settling, by rule, reopening, undoing."""

from __future__ import annotations

import pytest

from annotator.domain.assignment import Plan
from annotator.errors import InvalidValue, StaleSave
from annotator.services import assigning, datasets, flagging, history, release, settling
from annotator.services.settling import Rule
from annotator.services.workspace import sign_in
from tests.examples import Tab, benchmark, imported, record

RECORDS = [record(image=f"{n}.png", instruction=f"Tell story {n} about the cat.") for n in range(4)]


@pytest.fixture
def cleo(workspace):
    """The reviewer."""
    return sign_in(workspace, name="Cleo")


@pytest.fixture
def shared(workspace, ana):
    """The ids of four items with overlap 2."""
    ids = imported(workspace, ana, benchmark(*RECORDS))
    found = datasets.everything(workspace)[0]
    assigning.set_plan(
        workspace, actor=ana, dataset_id=found.id, version=found.version, plan=Plan(overlap=2)
    )
    return ids


def differ(workspace, ana, bo, item_id):
    """Ana fixes a weight and a text, Bo keeps."""
    tab = Tab(workspace, ana, item_id)
    tab.weigh(c1=5, c2=2)
    tab.edit({"op": "set_component", "key": "c3", "field": "text", "value": "mention its tail"})
    tab.submit("fix")
    Tab(workspace, bo, item_id).submit("keep")


def agree(workspace, ana, bo, item_id):
    for person in (ana, bo):
        tab = Tab(workspace, person, item_id)
        tab.weigh(c1=5, c2=2)
        tab.submit("fix")


def case_of(workspace, actor, item_id):
    return settling.open_case(workspace, actor=actor, item_id=item_id)


def settle(workspace, actor, item_id, **how):
    case = case_of(workspace, actor, item_id)
    return settling.settle(
        workspace, actor=actor, item_id=item_id, version=case.draft.version,
        revision=case.item.revision, **how,
    )  # fmt: skip


def reason(workspace, actor, item_id, text):
    settling.save_text(workspace, actor=actor, item_id=item_id, field="note", base="", text=text)


def test_stages_and_the_order_of_the_queue(workspace, ana, bo, cleo, shared):
    agree(workspace, ana, bo, shared[0])
    differ(workspace, ana, bo, shared[1])
    Tab(workspace, ana, shared[2]).submit("keep")
    told = settling.stages(workspace, actor=ana, dataset_id=1)
    assert told == {"differing": 1, "agreeing": 1, "in work": 1, "settled": 0, "gold": 0}
    found = settling.look(workspace, actor=cleo, dataset_id=1, stage="differing", place=0)
    assert found.item.id == shared[1] and found.waiting == ()
    assert settling.look(workspace, actor=cleo, dataset_id=1, stage="differing", place=1) is None
    with pytest.raises(InvalidValue):
        settling.look(workspace, actor=cleo, dataset_id=1, stage="all", place=0)


def test_each_part_from_whom_one_likes_and_a_word_of_ones_own(workspace, ana, bo, cleo, shared):
    item_id = shared[0]
    differ(workspace, ana, bo, item_id)
    case = case_of(workspace, cleo, item_id)
    assert [one.person for one in case.opinions] == ["Ana", "Bo"]
    differing = {part.path for part in case.parts if part.differs}
    assert differing == {"verdict", "c/c1/weight", "c/c2/weight", "c/c3/text"}
    version = 0
    for path, person in (("c/c1/weight", ana), ("c/c2/weight", ana), ("verdict", ana)):
        draft = settling.take(
            workspace, actor=cleo, item_id=item_id, version=version, path=path, person_id=person.id
        )
        version = draft.version
    settling.edit(
        workspace, actor=cleo, item_id=item_id, version=version,
        edits=[{"op": "set_component", "key": "c2", "field": "text", "value": "in four lines"}],
    )  # fmt: skip
    with pytest.raises(InvalidValue, match="people differ"):
        settle(workspace, cleo, item_id)
    reason(workspace, cleo, item_id, "four lines as the instruction says")
    settle(workspace, cleo, item_id)
    tab = Tab(workspace, bo, item_id)
    content = tab.desk.item.content
    assert [c.weight for c in content.components] == [5, 2, 3]
    assert content.component("c2").text == "in four lines"
    assert content.component("c3").text == "mention its eyes"
    assert (tab.desk.item.verdict, tab.desk.item.reason) == (
        "fix", "four lines as the instruction says",
    )  # fmt: skip
    assert any(line.event.person_id == ana.id for line in tab.log())


def test_taking_one_whole(workspace, ana, bo, cleo, shared):
    differ(workspace, ana, bo, shared[0])
    settling.take_one(workspace, actor=cleo, item_id=shared[0], version=0, person_id=ana.id)
    reason(workspace, cleo, shared[0], "Ana read it more closely")
    settle(workspace, cleo, shared[0])
    assert Tab(workspace, bo, shared[0]).desk.item.content.component("c3").text.endswith("tail")


def test_a_stale_draft_and_a_doubled_press(workspace, ana, bo, cleo, shared):
    item_id = shared[0]
    agree(workspace, ana, bo, item_id)
    settling.take_one(workspace, actor=cleo, item_id=item_id, version=0, person_id=ana.id)
    with pytest.raises(StaleSave):
        settling.take_one(workspace, actor=cleo, item_id=item_id, version=0, person_id=bo.id)
    case = case_of(workspace, cleo, item_id)
    how = {"version": case.draft.version, "revision": 0, "save_id": "once"}
    now = settling.settle(workspace, actor=cleo, item_id=item_id, **how)
    assert settling.settle(workspace, actor=cleo, item_id=item_id, **how) == now == 1


def test_by_rule_what_the_preview_showed(workspace, ana, bo, cleo, shared):
    agree(workspace, ana, bo, shared[0])
    differ(workspace, ana, bo, shared[1])
    agree(workspace, ana, bo, shared[2])
    flagging.raise_flag(
        workspace, actor=bo, item_id=shared[2], kind="unsafe", component_keys=(), note=""
    )
    shown = settling.preview(workspace, actor=ana, dataset_id=1, rule=Rule())
    assert {one.item.id: one.decision.why for one in shown} == {
        shared[0]: "2 of 2 agree", shared[1]: "the verdicts differ", shared[2]: "a flag is open",
    }  # fmt: skip
    told = settling.settle_by_rule(workspace, actor=cleo, shown=shown, rule=Rule(), save_id="a")
    assert told == {"settled": 1, "moved": 0}
    again = settling.settle_by_rule(workspace, actor=cleo, shown=shown, rule=Rule())
    assert again == {"settled": 0, "moved": 1}
    assert [Tab(workspace, ana, i).desk.item.verdict for i in shared[:3]] == ["fix", None, None]


def test_a_later_different_annotation_opens_it_again_visibly(workspace, ana, bo, cleo, shared):
    item_id = shared[0]
    late = Tab(workspace, bo, item_id)
    late.weigh(c1=6, c2=1)
    Tab(workspace, ana, item_id).submit("keep")
    settling.take_one(workspace, actor=cleo, item_id=item_id, version=0, person_id=ana.id)
    settle(workspace, cleo, item_id)
    assert not late.submit("fix").curated
    case = case_of(workspace, cleo, item_id)
    assert case.item.verdict is None and "Bo submitted" in case.before
    assert settling.stages(workspace, actor=ana, dataset_id=1)["differing"] == 1
    assert late.desk.content.component("c1").weight == 6


def test_a_later_annotation_that_says_the_same_opens_nothing(workspace, ana, bo, cleo, shared):
    item_id = shared[0]
    late = Tab(workspace, bo, item_id)
    late.type("begun early")
    Tab(workspace, ana, item_id).submit("keep")
    settling.take_one(workspace, actor=cleo, item_id=item_id, version=0, person_id=ana.id)
    settle(workspace, cleo, item_id)
    assert late.submit("keep").curated


def test_undoing_a_settling_opens_it_and_leaves_the_annotations(workspace, ana, bo, cleo, shared):
    item_id = shared[0]
    agree(workspace, ana, bo, item_id)
    settling.take_one(workspace, actor=cleo, item_id=item_id, version=0, person_id=ana.id)
    settle(workspace, cleo, item_id)
    log = history.of_item(workspace, actor=cleo, item_id=item_id)
    event = next(line.event for line in log if line.event.kind == "curation.settled")
    history.undo(workspace, actor=cleo, event_id=event.id)
    case = case_of(workspace, cleo, item_id)
    assert case.item.verdict is None and len(case.opinions) == 2
    assert settling.stages(workspace, actor=ana, dataset_id=1)["agreeing"] == 1


def test_the_release_holds_what_was_settled(workspace, ana, bo, cleo, shared, tmp_path):
    for item_id in shared:
        agree(workspace, ana, bo, item_id)
    shown = settling.preview(workspace, actor=ana, dataset_id=1, rule=Rule())
    settling.settle_by_rule(workspace, actor=cleo, shown=shown, rule=Rule())
    found = datasets.everything(workspace)[0]
    manifest = release.export(
        workspace, actor=cleo, dataset=found, out=tmp_path / "r1", include=("fix",)
    )
    assert manifest["counts"]["items"] == manifest["counts"]["changed"] == 4


def test_where_people_differ_one_more_is_asked(workspace, ana, bo, cleo):
    ids = imported(workspace, ana, benchmark(*RECORDS))
    found = datasets.everything(workspace)[0]
    assigning.set_plan(
        workspace, actor=ana, dataset_id=found.id, version=found.version,
        plan=Plan("weakest", overlap=2, most=3),
    )  # fmt: skip
    agree(workspace, ana, bo, ids[0])
    differ(workspace, ana, bo, ids[3])
    assert assigning.take_next(workspace, actor=cleo, dataset_id=found.id) == ids[3]
    assert settling.stages(workspace, actor=ana, dataset_id=found.id)["in work"] == 1

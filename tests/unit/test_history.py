"""The log as sentences, and undo of anything: alone, with its group, with what stands on it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.errors import NotFound, Refused, UndoBlocked
from annotator.services import annotate, datasets, flagging, history
from tests.examples import Tab, benchmark, imported, record


@pytest.fixture
def tab(workspace, ana, item):
    return Tab(workspace, ana, item)


def weights(desk):
    return [c.weight for c in desk.content.components]


def said(tab):
    return [line.sentence for line in tab.log()]


def events(tab):
    """Ids of the log's events, oldest first."""
    return [line.event.id for line in reversed(tab.log())]


def test_each_change_is_a_sentence(tab):
    tab.weigh(c2=4)
    tab.judge("fix")
    tab.type("harder than the rest")
    tab.edit({"op": "remove_component", "key": "c3"})
    tab.submit()
    assert said(tab) == [
        "Ana made revision 1: removed component 3 “mention its eyes”, "
        "changed the weight of component 2 from 3 to 4 and set the verdict to fix",
        "Ana submitted",
        "Ana removed component 3 “mention its eyes”",
        "Ana set the note to “harder than the rest”",
        "Ana set the verdict to fix",
        "Ana changed the weight of component 2 from 3 to 4",
    ]


def test_the_reason_of_a_revision_is_its_note(tab):
    tab.type("harder than the rest")
    tab.submit("keep")
    assert tab.log()[0].event.reason == "harder than the rest"


def test_an_undo_restores_and_can_itself_be_undone(tab):
    tab.weigh(c2=9)
    tab.undo()
    assert weights(tab.desk) == [4, 3, 3]
    tab.undo()
    assert weights(tab.desk) == [4, 9, 3]
    tab.undo()
    assert weights(tab.desk) == [4, 3, 3]


@pytest.mark.parametrize(
    "edit",
    [
        {"op": "set_instruction", "value": "Hum."},
        {"op": "set_level", "value": None},
        {"op": "set_answers", "value": ["yes"]},
        {"op": "set_component", "key": "c1", "field": "type", "value": "math"},
        {"op": "set_component", "key": "c1", "field": "judge_method", "value": "rule"},
        {"op": "set_component", "key": "c1", "field": "verifier_calls", "value": [{"func": "f"}]},
        {"op": "equalise_weights", "target": 12},
        {"op": "add_component", "text": "more", "position": 1},
        {"op": "remove_component", "key": "c2"},
        {"op": "split_component", "key": "c1", "at": 5},
        {"op": "merge_components", "keys": ["c1", "c3"]},
        {"op": "move_component", "key": "c1", "position": 2},
    ],
)
def test_every_edit_can_be_undone_and_redone(tab, edit):
    before = tab.desk.content
    tab.edit(edit)
    after = tab.desk.content
    assert after != before
    tab.undo()
    assert tab.desk.content == before
    tab.undo()
    assert tab.desk.content == after


def test_one_of_several_changes_is_undone_alone(tab):
    tab.weigh(c1=6)
    tab.weigh(c2=1)
    first, _ = events(tab)
    tab.undo(first)
    assert weights(tab.desk) == [4, 1, 3]


def test_what_later_changes_stand_on_is_refused_with_their_list(tab):
    tab.weigh(c1=6)
    tab.weigh(c2=1)
    tab.weigh(c1=8)
    first, _, third = events(tab)
    with pytest.raises(UndoBlocked) as fault:
        tab.undo(first)
    assert fault.value.later == (third,)
    assert weights(tab.look()) == [8, 1, 3]
    assert tab.undo(first, with_later=True) == [third, first]
    assert weights(tab.desk) == [4, 1, 3]


def test_what_stands_on_a_later_change_goes_with_it(tab):
    tab.edit({"op": "add_component", "text": "new", "key": "n1"})
    tab.edit({"op": "set_component", "key": "n1", "field": "text", "value": "newer"})
    tab.edit({"op": "move_component", "key": "n1", "position": 0})
    first, *later = events(tab)
    with pytest.raises(UndoBlocked) as fault:
        tab.undo(first)
    assert fault.value.later == tuple(later)
    tab.undo(first, with_later=True)
    assert len(tab.desk.content.components) == 3
    tab.undo()
    assert tab.desk.content.components[0].text == "newer"


def test_an_undone_change_is_not_undone_twice(tab):
    tab.weigh(c1=6)
    (first,) = events(tab)
    tab.undo(first)
    with pytest.raises(Refused, match="undone already"):
        tab.undo(first)


def test_typing_is_one_line_and_undone_as_one(tab):
    for before, after in (("", "a"), ("a", "ab"), ("ab", "abc")):
        tab.type(after, base=before)
    assert said(tab) == ["Ana set the note to abc"]
    tab.undo()
    assert tab.desk.note == ""
    assert len(tab.log()) == 2
    tab.undo()
    assert tab.desk.note == "abc"


def test_typing_in_two_fields_is_two_lines(tab):
    tab.type("a")
    tab.type("Hum.", base=tab.desk.content.instruction, field="instruction")
    tab.type("ab", base="a")
    assert len(tab.log()) == 3


def test_submission_and_revision_are_undone_and_redone_together(tab):
    tab.weigh(c1=6)
    tab.submit("fix")
    tab.undo()
    assert (tab.desk.item.verdict, tab.desk.item.status) == (None, "draft")
    assert [c.weight for c in tab.desk.item.content.components] == [4, 3, 3]
    assert (tab.desk.annotation.status, weights(tab.desk)) == ("draft", [6, 3, 3])
    assert tab.desk.moved_by is None
    tab.undo()
    assert (tab.desk.item.verdict, tab.desk.item.status) == ("fix", "curated")
    assert [c.weight for c in tab.desk.item.content.components] == [6, 3, 3]
    assert tab.desk.annotation.status == "submitted"
    assert tab.desk.annotation.base_revision == tab.desk.item.revision == 3


def test_redoing_a_submission_keeps_what_was_drafted_since(tab):
    tab.weigh(c1=6)
    tab.submit("fix")
    tab.undo()
    undoing = tab.log()[0].event.id
    tab.weigh(c2=9)
    tab.undo(undoing)
    assert [c.weight for c in tab.desk.item.content.components] == [6, 3, 3]
    assert (tab.desk.annotation.status, weights(tab.desk)) == ("draft", [6, 9, 3])
    assert tab.desk.moved_by is None


def test_a_submission_is_undone_under_later_revisions_only_with_them(tab, workspace, bo, item):
    tab.submit("keep")
    other = Tab(workspace, bo, item)
    other.weigh(c1=6)
    other.submit("fix")
    with pytest.raises(UndoBlocked) as fault:
        tab.undo(events(tab)[0])
    theirs = next(line.event.id for line in tab.log() if line.event.kind == "curation.revised")
    assert fault.value.later == (theirs,)
    tab.undo(events(tab)[0], with_later=True)
    assert tab.desk.item.verdict is None
    assert weights(tab.desk) == [4, 3, 3]


def test_anybody_may_undo_a_revision_and_its_author_keeps_the_annotation(tab, workspace, bo, item):
    tab.weigh(c1=6)
    tab.submit("fix")
    other = Tab(workspace, bo, item)
    other.undo()
    assert (other.desk.item.verdict, weights(other.desk)) == (None, [4, 3, 3])
    assert tab.look().annotation.status == "submitted"


def test_nobody_undoes_somebody_elses_draft(tab, workspace, bo, item):
    tab.weigh(c1=6)
    (first,) = events(tab)
    with pytest.raises(Refused, match="Only Ana"):
        Tab(workspace, bo, item).undo(first)
    assert weights(tab.look()) == [6, 3, 3]


def test_undoing_a_drafts_change_after_submitting_makes_a_draft_of_it(tab):
    tab.weigh(c1=6)
    tab.submit("fix")
    tab.undo(events(tab)[0])
    assert (tab.desk.annotation.status, weights(tab.desk)) == ("draft", [4, 3, 3])
    assert [c.weight for c in tab.desk.item.content.components] == [6, 3, 3]


def test_undoing_what_the_curation_changed_since_is_refused(tab, workspace, bo, item):
    tab.weigh(c1=6)
    tab.submit("fix")
    other = Tab(workspace, bo, item)
    other.weigh(c1=9)
    other.submit("fix")
    with pytest.raises(Refused, match="moved on"):
        tab.undo(events(tab)[0])
    assert [c.weight for c in tab.look().item.content.components] == [9, 3, 3]


def test_flags_are_undone_and_redone(tab):
    flag = flagging.raise_flag(
        tab.workspace,
        actor=tab.person,
        item_id=tab.item_id,
        kind="conflict",
        component_keys=["c1", "c2"],
        note="",
    )
    assert said(tab) == ["Ana raised a flag, conflict on components 1 and 2"]
    tab.undo()
    assert (tab.desk.flags, tab.log()[0].sentence) == (
        (),
        "Ana undid: raised a flag, conflict on components 1 and 2",
    )
    tab.undo()
    assert [f.state for f in tab.desk.flags] == ["open"]
    flagging.move_flag(
        tab.workspace, actor=tab.person, flag_id=flag.id, version=3, state="resolved"
    )
    first = events(tab)[0]
    with pytest.raises(UndoBlocked):
        tab.undo(first)
    tab.undo()
    assert [f.state for f in tab.look().flags] == ["open"]


def test_a_flag_is_withdrawn_by_who_raised_it_alone(tab, workspace, bo):
    flagging.raise_flag(
        workspace, actor=tab.person, item_id=tab.item_id, kind="other", component_keys=(), note="?"
    )
    (line,) = history.of_item(workspace, actor=bo, item_id=tab.item_id)
    assert not line.undoable
    with pytest.raises(Refused, match="Only Ana can withdraw this flag"):
        history.undo(workspace, actor=bo, event_id=line.event.id)


def test_the_newest_lines_of_a_dataset_tell_undoing_from_doing_again(tab, workspace, ana):
    def newest():
        line = history.recent(workspace, actor=ana, dataset_id=1, limit=1)[0]
        assert line.item == tab.desk.item.source_id
        return line.sentence

    tab.submit("keep")
    tab.undo()
    assert newest() == "Ana undid: made revision 1: set the verdict to keep"
    tab.undo()
    assert newest() == "Ana did again: made revision 3: set the verdict to keep"


def test_dismissals_are_undone_and_redone_with_their_reason(tab):
    tab.weigh(c1=6)
    finding = next(f for f in tab.desk.findings if f.kind == "weights")
    flagging.dismiss_finding(
        tab.workspace, actor=tab.person, item_id=tab.item_id, finding=finding, reason="as asked"
    )
    assert [f.reason for f in tab.look().dismissed] == ["as asked"]
    tab.undo()
    assert (tab.desk.dismissed, finding in tab.desk.findings) == ((), True)
    tab.undo()
    assert [f.reason for f in tab.desk.dismissed] == ["as asked"]


def test_what_is_no_change_of_an_item_cannot_be_undone(tab, workspace, ana):
    lines = history.recent(workspace, actor=ana, dataset_id=tab.desk.dataset.id, limit=9)
    assert lines[0].event.kind == "dataset.imported"
    with pytest.raises(Refused):
        tab.undo(lines[0].event.id)
    with pytest.raises(NotFound):
        tab.undo(10**9)


def test_undo_and_redo_of_the_newest_change_find_their_event(tab, ana):
    assert history.last_undoable(tab.log(), ana) is None
    tab.weigh(c1=6)
    event = history.last_undoable(tab.log(), ana)
    tab.undo(event.id)
    assert history.last_undoable(tab.log(), ana) is None
    tab.undo(history.last_redoable(tab.log(), ana).id)
    assert weights(tab.desk) == [6, 3, 3]
    assert history.last_redoable(tab.log(), ana) is None


def test_a_long_walk_back_and_forth_ends_where_it_began(tab):
    before = tab.desk.content
    tab.weigh(c1=6)
    tab.judge("fix")
    tab.edit({"op": "remove_component", "key": "c2"})
    tab.type("why")
    tab.submit()
    tab.weigh(c3=9)
    for _ in range(5):
        line = history.last_undoable(tab.log(), tab.person)
        tab.undo(line.id)
    while line := history.last_undoable(tab.log(), tab.person):
        tab.undo(line.id)
    assert tab.desk.content == tab.desk.item.content == before
    assert (tab.desk.verdict, tab.desk.note, tab.desk.item.verdict) == (None, "", None)


def test_a_save_after_an_undo_is_no_surprise(tab):
    tab.weigh(c1=6)
    shown = tab.shown()
    tab.undo()
    annotate.set_verdict(
        tab.workspace, actor=tab.person, item_id=tab.item_id, shown=shown, verdict="keep"
    )
    assert (tab.look().verdict, weights(tab.desk)) == ("keep", [4, 3, 3])


STEPS = st.sampled_from(
    [
        lambda tab: tab.weigh(c1=len(tab.log()) % 7),
        lambda tab: tab.edit({"op": "add_component", "text": f"new {len(tab.log())}"}),
        lambda tab: tab.edit({"op": "move_component", "key": "c1", "position": 1}),
        lambda tab: tab.edit({"op": "set_component", "key": "c2", "field": "text", "value": "x"}),
        lambda tab: tab.judge("keep"),
        lambda tab: tab.judge("fix"),
        lambda tab: tab.type(f"{tab.desk.note}.", base=tab.desk.note),
        lambda tab: tab.desk.verdict and tab.submit(),
        lambda tab: tab.log() and undo_newest(tab),
        lambda tab: tab.log() and undo_newest(tab),
    ]
)


def undo_newest(tab):
    """Undo, or do again, the newest line that can be."""
    line = next(line for line in tab.log() if line.undoable)
    tab.undo(line.event.id, with_later=True)


@settings(max_examples=25)
@given(st.lists(STEPS, max_size=12))
def test_whatever_was_done_can_all_be_undone(workspace, ana, steps):
    number = len(datasets.everything(workspace))
    (item,) = imported(workspace, ana, benchmark(record()), f"Bench {number}")
    tab = Tab(workspace, ana, item)
    before = tab.desk.content
    for step in steps:
        step(tab)
    while event := history.last_undoable(tab.log(), ana):
        tab.undo(event.id, with_later=True)
    assert tab.desk.content == tab.desk.item.content == before
    assert (tab.desk.verdict, tab.desk.note, tab.desk.item.verdict) == (None, "", None)

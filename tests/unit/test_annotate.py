"""An annotator's work: drafts, stale saves, retries, submitting; nothing of anybody is lost."""

from __future__ import annotations

import pytest

from annotator.errors import InvalidValue, NotFound, Refused, StaleSave
from annotator.services import annotate
from annotator.services.saving import Shown
from db import findings
from tests.examples import Tab, benchmark, imported, record


@pytest.fixture
def tab(workspace, ana, item):
    return Tab(workspace, ana, item)


def weights(desk):
    return [c.weight for c in desk.content.components]


def test_an_untouched_item_shows_what_is_agreed(tab):
    assert (tab.desk.version, tab.desk.verdict, tab.desk.note) == (0, None, "")
    assert weights(tab.desk) == [4, 3, 3]


def test_a_draft_is_kept_and_private_to_its_author(tab, workspace, bo, item):
    tab.weigh(c1=6)
    assert weights(tab.desk) == [6, 3, 3]
    other = Tab(workspace, bo, item)
    assert weights(other.desk) == [4, 3, 3]
    assert other.log() == []
    assert [line.sentence for line in tab.log()] == [
        "Ana changed the weight of component 1 from 4 to 6"
    ]


def test_a_draft_survives_a_restart(tab, open_again, ana, item):
    tab.weigh(c1=6)
    tab.type("unsure")
    again = Tab(open_again(), ana, item)
    assert (weights(again.desk), again.desk.note) == ([6, 3, 3], "unsure")


def test_saving_nothing_new_stores_nothing(tab):
    assert tab.judge(None).version == 0
    assert tab.weigh(c1=4).version == 0
    assert (tab.log(), tab.desk.annotation, tab.desk.item.status) == ([], None, "open")


def test_what_may_not_be_stored_is_refused_and_changes_nothing(tab):
    for action in (
        lambda: tab.weigh(c1=-1),
        lambda: tab.edit({"op": "set_component", "key": "c1", "field": "type", "value": "x"}),
        lambda: tab.judge("maybe"),
        lambda: tab.type("\x00"),
        lambda: tab.type("x" * 20_001),
        lambda: tab.type("", base=tab.desk.content.instruction, field="instruction"),
    ):
        with pytest.raises(InvalidValue):
            action()
    assert tab.look().annotation is None


def test_texts_people_write_come_back_as_they_are(tab):
    for text in ("<script>alert(1)</script>", "‫مرحبا‬ 👩‍🚀 $x$", "line\r\nline", "x" * 20_000):
        tab.type(text, base=tab.desk.note)
        assert tab.desk.note == text
    tab.type("word " * 4_000, base=tab.desk.content.instruction, field="instruction")
    assert len(tab.desk.content.instruction) == 20_000


@pytest.mark.parametrize("field", ["", "verdict", "component:", "component:c1/weight", "order"])
def test_only_texts_can_be_typed(tab, field):
    with pytest.raises(InvalidValue, match="field"):
        tab.type("x", field=field)


def test_a_component_that_is_not_there_cannot_be_typed_into(tab):
    with pytest.raises(NotFound):
        tab.type("x", field="component:c9")


# Two tabs


def test_a_second_tab_is_told_and_loses_nothing(tab, workspace, ana, item):
    second = Tab(workspace, ana, item, "tab-2")
    tab.weigh(c1=6)
    with pytest.raises(StaleSave, match="you, in another tab") as fault:
        second.weigh(c2=9)
    assert fault.value.current["c/c1/weight"] == 6
    second.look()
    second.weigh(c2=9)
    assert weights(second.desk) == [6, 9, 3]


def test_the_same_tab_is_never_stale_against_itself(tab):
    shown = tab.shown()
    tab.weigh(c1=6)
    annotate.set_verdict(
        tab.workspace, actor=tab.person, item_id=tab.item_id, shown=shown, verdict="fix"
    )
    assert (tab.look().verdict, weights(tab.desk)) == ("fix", [6, 3, 3])


def test_tabs_without_a_name_are_compared_by_version(tab, workspace, ana, item):
    first, second = Tab(workspace, ana, item, ""), Tab(workspace, ana, item, "")
    first.weigh(c1=6)
    with pytest.raises(StaleSave):
        second.weigh(c1=7)


def test_typing_in_two_tabs_is_compared_field_by_field(tab, workspace, ana, item):
    second = Tab(workspace, ana, item, "tab-2")
    tab.type("mine")
    second.type("Better.", base=second.desk.content.instruction, field="instruction")
    assert (second.desk.note, second.desk.content.instruction) == ("mine", "Better.")
    stale = Tab(workspace, ana, item, "tab-3")
    tab.type("mine, more", base="mine")
    with pytest.raises(StaleSave) as fault:
        stale.type("theirs", base="mine")
    assert fault.value.current["text"] == "mine, more"


def test_a_note_typed_late_does_not_make_a_stale_tab_fresh(tab, workspace, ana, item):
    second = Tab(workspace, ana, item, "tab-2")
    tab.judge("keep")
    shown = tab.shown()
    second.look()
    second.judge("drop")
    annotate.save_text(
        workspace, actor=ana, item_id=item, shown=shown, field="note", base="", text="a note"
    )
    with pytest.raises(StaleSave):
        annotate.set_verdict(workspace, actor=ana, item_id=item, shown=shown, verdict="fix")
    assert (tab.look().verdict, tab.desk.note) == ("drop", "a note")


# Retries


def test_a_retried_save_is_stored_once(tab):
    shown = tab.shown("save-1")
    for _ in range(3):
        annotate.edit(
            tab.workspace,
            actor=tab.person,
            item_id=tab.item_id,
            shown=shown,
            edits=[{"op": "add_component", "text": "one more"}],
        )
    assert len(tab.look().content.components) == 4
    assert len(tab.log()) == 1


def test_an_id_used_for_another_save_is_refused_not_swallowed(tab, workspace, ana, bo, item):
    tab.weigh(c1=6, save_id="save-1")
    for person, item_id in ((bo, item), (ana, item + 1)):
        with pytest.raises(Refused, match="another save"):
            Tab(workspace, person, item_id).weigh(c1=7, save_id="save-1")


def test_a_retried_submission_is_stored_once(tab):
    shown = tab.shown("save-2")
    for _ in range(2):
        submitted = annotate.submit(
            tab.workspace, actor=tab.person, item_id=tab.item_id, shown=shown, verdict="keep"
        )
    assert submitted.revision == tab.look().item.revision == 1


@pytest.mark.parametrize("handle", ["x" * 65, "\ud83d", "a\x00", "a\nb"])
def test_handles_that_cannot_be_stored_are_refused(handle):
    with pytest.raises(InvalidValue):
        Shown(0, 0, handle)
    with pytest.raises(InvalidValue):
        Shown(0, 0, "tab", handle)


# Submitting


def test_submitting_curates_where_one_annotator_is_enough(tab, workspace, bo, item):
    tab.weigh(c1=6)
    submitted = tab.submit("fix")
    assert (submitted.curated, submitted.revision) == (True, 1)
    assert (tab.desk.item.status, tab.desk.item.verdict) == ("curated", "fix")
    assert weights(Tab(workspace, bo, item).desk) == [6, 3, 3]


def test_submitting_needs_a_verdict_and_dropping_a_note(tab):
    with pytest.raises(InvalidValue, match="choose keep, fix or drop"):
        tab.submit()
    with pytest.raises(InvalidValue, match="why the item is dropped"):
        tab.submit("drop")
    tab.type("blurred")
    tab.submit("drop")
    assert tab.desk.item.reason == "blurred"


def test_submitting_twice_says_nothing_new(tab):
    tab.submit("keep")
    lines = len(tab.log())
    assert tab.submit("keep").revision == 1
    assert len(tab.log()) == lines


def test_the_log_opens_to_others_once_the_item_is_curated(tab, workspace, bo, item):
    tab.type("thinking aloud")
    other = Tab(workspace, bo, item)
    assert other.log() == []
    tab.submit("keep")
    assert len(other.log()) == 3
    tab.type("after thoughts", base="thinking aloud")
    assert len(other.log()) == 3


def test_a_submitted_annotation_that_is_edited_again_is_a_draft_over_what_is_agreed(tab):
    tab.weigh(c1=6)
    tab.submit("fix")
    tab.weigh(c2=9)
    assert (tab.desk.annotation.status, weights(tab.desk)) == ("draft", [6, 9, 3])
    assert [c.weight for c in tab.desk.item.content.components] == [6, 3, 3]
    assert tab.submit().revision == 2


# The curation moves on under a draft


@pytest.fixture
def moved(tab, workspace, bo, item):
    """Ana has a draft; Bo has curated the item since."""
    tab.weigh(c1=6)
    other = Tab(workspace, bo, item)
    other.edit(
        {"op": "set_weights", "weights": {"c1": 5, "c2": 2}},
        {"op": "add_component", "text": "end with a question", "key": "n1", "weight": 0},
    )
    other.submit("fix")
    tab.look()
    return tab


def test_who_moved_it_is_said_and_submitting_is_refused(moved):
    assert moved.desk.moved_by == "Bo"
    with pytest.raises(StaleSave, match="by Bo") as fault:
        moved.submit("fix")
    assert fault.value.current["c/c2/weight"] == 2
    assert weights(moved.desk) == [6, 3, 3]


def test_typing_goes_on_while_it_waits_to_be_settled(moved):
    moved.type("still here")
    assert moved.desk.note == "still here"


@pytest.mark.parametrize(
    ("taken", "result"),
    [
        ([], [6, 3, 3]),
        (["c/c2/weight"], [6, 2, 3]),
        (["c/c1/weight", "c/c2/weight", "order"], [5, 2, 3, 0]),
    ],
)
def test_both_sides_can_be_put_together(moved, taken, result):
    moved.do(annotate.take_sides, take_theirs=taken)
    assert (moved.desk.moved_by, weights(moved.desk)) == (None, result)
    assert moved.submit("fix").revision == 2
    assert [c.weight for c in moved.desk.item.content.components] == result


def test_settling_what_was_not_seen_is_refused(moved, workspace, bo, item):
    shown = moved.shown()
    other = Tab(workspace, bo, item)
    other.weigh(c3=9)
    other.submit()
    with pytest.raises(StaleSave):
        annotate.take_sides(
            workspace, actor=moved.person, item_id=item, shown=shown, take_theirs=["c/c2/weight"]
        )
    assert weights(moved.look()) == [6, 3, 3]


def test_undoing_a_settlement_asks_again(moved):
    moved.do(annotate.take_sides, take_theirs=["c/c2/weight"])
    moved.undo()
    assert (moved.desk.moved_by, weights(moved.desk)) == ("Bo", [6, 3, 3])
    with pytest.raises(StaleSave):
        moved.submit("fix")


def test_a_first_save_over_an_item_that_moved_on_is_told(tab, workspace, bo, item):
    other = Tab(workspace, bo, item)
    other.submit("keep")
    with pytest.raises(StaleSave, match="by Bo"):
        tab.weigh(c1=6)


def stored_findings(workspace, item_id):
    with workspace.database.reading() as session:
        return [
            finding.evidence.get("fault") for finding in findings.of_item(session, item_id=item_id)
        ]


def test_settling_an_item_as_it_is_settles_what_the_source_miscounted(workspace, ana):
    [item] = imported(workspace, ana, benchmark(record(num_of_component=5)), "Miscounted")
    assert "num_of_component" in stored_findings(workspace, item)
    tab = Tab(workspace, ana, item)
    tab.judge("keep")
    tab.submit()
    assert "num_of_component" not in stored_findings(workspace, item)

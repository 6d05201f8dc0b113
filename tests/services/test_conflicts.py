"""The queue of findings and flags: what it shows, and what settling a case does."""

from __future__ import annotations

import pytest

from annotator.domain.records import Item, Person
from annotator.errors import InvalidValue, StaleSave
from annotator.services import checking, conflicts, flagging, history, importing
from annotator.services.conflicts import Opened, Wanted
from annotator.services.workspace import Workspace, no_progress
from db import items
from tests.examples import benchmark, record


@pytest.fixture
def dataset_id(workspace: Workspace, ana: Person) -> int:
    """Three items: weights that sum to 8 (twice), a five for a four, and one without a fault."""
    data = benchmark(
        record(component_weight=[4, 2, 2]),
        record(image="b.png", component_weight=[2, 4, 2]),
        record(image="c.png", components=["Tell a story about the cat", "five-line", "its eyes"]),
        record(image="d.png"),
    )
    report = importing.import_file(
        workspace, actor=ana, file="b.json", data=data, dataset="Bench", format="mia-bench"
    )
    checking.check_dataset(workspace, dataset_id=report.dataset_id, progress=no_progress)
    return report.dataset_id


def case(workspace: Workspace, dataset_id: int, place: int = 0, **filters: str) -> Opened | None:
    wanted = Wanted({name: (value,) for name, value in filters.items()})
    return conflicts.look(workspace, dataset_id=dataset_id, wanted=wanted, place=place)


def item_of(workspace: Workspace, opened: Opened) -> Item:
    with workspace.database.reading() as session:
        return items.get(session, item_id=opened.item.id)


def found(opened: Opened | None) -> Opened:
    assert opened is not None
    return opened


def test_what_people_say_comes_first_then_errors(
    workspace: Workspace, ana: Person, dataset_id: int
) -> None:
    last = found(case(workspace, dataset_id, kind="number"))
    flagging.raise_flag(
        workspace,
        actor=ana,
        item_id=last.item.id,
        kind="conflict",
        component_keys=["c1", "c2"],
        note="cannot be",
    )
    first = found(case(workspace, dataset_id))
    assert (first.case.source, first.message) == ("flag", "Ana says: conflict, “cannot be”")
    ranks = [found(case(workspace, dataset_id, place)).case.rank for place in range(first.total)]
    assert ranks == sorted(ranks, reverse=True)


def test_filters_by_kind_severity_type_and_status(workspace: Workspace, dataset_id: int) -> None:
    assert found(case(workspace, dataset_id, kind="weights")).total == 2
    assert found(case(workspace, dataset_id, severity="error")).case.rank == 2
    numbered = found(case(workspace, dataset_id, kind="number", type="length_limit"))
    assert numbered.component_keys == ("c2",)
    assert case(workspace, dataset_id, kind="number", type="mention") is None
    assert case(workspace, dataset_id, status="settled") is None


def test_a_mend_makes_the_next_revision_and_ends_the_finding(
    workspace: Workspace, ana: Person, dataset_id: int
) -> None:
    opened = found(case(workspace, dataset_id, kind="number"))
    assert opened.finding is not None
    conflicts.mend(
        workspace, actor=ana, finding_id=opened.finding.id, revision=opened.item.revision
    )
    item = item_of(workspace, opened)
    assert item.content.component("c2").text == "four-line"
    assert (item.revision, item.verdict) == (1, None)
    assert case(workspace, dataset_id, kind="number") is None


def test_a_mend_over_an_item_that_moved_on_is_refused(
    workspace: Workspace, ana: Person, dataset_id: int
) -> None:
    opened = found(case(workspace, dataset_id, kind="weights"))
    assert opened.finding is not None
    conflicts.drop(
        workspace, actor=ana, item_id=opened.item.id, revision=0, reason="cannot be saved"
    )
    with pytest.raises(StaleSave):
        conflicts.mend(workspace, actor=ana, finding_id=opened.finding.id, revision=0)


def test_a_retried_mend_is_done_once(workspace: Workspace, ana: Person, dataset_id: int) -> None:
    opened = found(case(workspace, dataset_id, kind="weights"))
    assert opened.finding is not None
    for _ in range(2):
        revision = conflicts.mend(
            workspace, actor=ana, finding_id=opened.finding.id, revision=0, save_id="once"
        )
    assert revision == item_of(workspace, opened).revision == 1


def test_dropping_needs_a_reason_resolves_the_flag_and_is_undone_with_it(
    workspace: Workspace, ana: Person, dataset_id: int
) -> None:
    target = found(case(workspace, dataset_id, kind="weights"))
    flagging.raise_flag(
        workspace, actor=ana, item_id=target.item.id, kind="unsafe", component_keys=[], note=""
    )
    opened = found(case(workspace, dataset_id, severity="flag"))
    assert opened.flag is not None
    with pytest.raises(InvalidValue):
        conflicts.drop(workspace, actor=ana, item_id=opened.item.id, revision=0, reason=" ")
    conflicts.drop(
        workspace,
        actor=ana,
        item_id=opened.item.id,
        revision=0,
        reason="shows a face",
        flag_id=opened.flag.id,
    )
    dropped = item_of(workspace, opened)
    assert (dropped.verdict, dropped.reason) == ("drop", "shows a face")
    assert case(workspace, dataset_id, severity="flag") is None
    lines = history.of_item(workspace, actor=ana, item_id=opened.item.id)
    event = next(line.event for line in lines if line.event.kind == "curation.dropped")
    history.undo(workspace, actor=ana, event_id=event.id)
    assert item_of(workspace, opened).verdict is None
    assert found(case(workspace, dataset_id, severity="flag")).total == 1


def test_all_of_a_kind_after_a_preview(workspace: Workspace, ana: Person, dataset_id: int) -> None:
    shown = conflicts.preview(workspace, dataset_id=dataset_id, kind="weights", action="mend")
    assert [one.refused for one in shown] == [None, None]
    assert all("weight of component" in one.said for one in shown)
    first = shown[0]
    conflicts.mend(workspace, actor=ana, finding_id=first.finding.id, revision=0)
    done = conflicts.settle_all(workspace, actor=ana, shown=shown, action="mend", reason="")
    assert done == {"settled": 1, "moved": 1}
    assert case(workspace, dataset_id, kind="weights") is None


def test_dismissing_all_needs_a_reason_and_is_remembered(
    workspace: Workspace, ana: Person, dataset_id: int
) -> None:
    shown = conflicts.preview(workspace, dataset_id=dataset_id, kind="weights", action="dismiss")
    with pytest.raises(InvalidValue):
        conflicts.settle_all(workspace, actor=ana, shown=shown, action="dismiss", reason="")
    conflicts.settle_all(workspace, actor=ana, shown=shown, action="dismiss", reason="sum of 8")
    assert case(workspace, dataset_id, kind="weights") is None
    settled = found(case(workspace, dataset_id, kind="weights", status="settled"))
    assert (settled.total, settled.case.state) == (2, "dismissed")
    checking.check_dataset(workspace, dataset_id=dataset_id, progress=no_progress)
    assert case(workspace, dataset_id, kind="weights") is None


def test_what_stands_on_a_dropped_item_is_settled(
    workspace: Workspace, ana: Person, dataset_id: int
) -> None:
    opened = found(case(workspace, dataset_id, kind="number"))
    assert opened.finding is not None
    conflicts.drop(
        workspace,
        actor=ana,
        item_id=opened.item.id,
        revision=opened.item.revision,
        reason="beyond repair",
        finding_id=opened.finding.id,
    )
    assert case(workspace, dataset_id, kind="number") is None
    assert found(case(workspace, dataset_id, kind="number", status="settled")).total == 1
    (line, *_) = history.of_item(workspace, actor=ana, item_id=opened.item.id)
    history.undo(workspace, actor=ana, event_id=line.event.id)
    back = found(case(workspace, dataset_id, kind="number"))
    assert (back.case.state, back.item.verdict) == ("open", None)


def test_all_of_a_kind_can_be_dropped_within_the_filters(
    workspace: Workspace, ana: Person, dataset_id: int
) -> None:
    def preview(**filters: str) -> list[conflicts.Effect]:
        wanted = Wanted({name: (value,) for name, value in filters.items()})
        return conflicts.preview(
            workspace, dataset_id=dataset_id, kind="weights", action="drop", wanted=wanted
        )

    assert preview(severity="note") == []
    shown = preview(severity="error")
    assert len(shown) == 2
    with pytest.raises(InvalidValue, match="dropped"):
        conflicts.settle_all(workspace, actor=ana, shown=shown, action="drop", reason=" ")
    done = conflicts.settle_all(workspace, actor=ana, shown=shown, action="drop", reason="weak")
    assert done == {"settled": 2, "moved": 0}
    assert case(workspace, dataset_id, kind="weights") is None


@pytest.mark.parametrize("action", ["mend", "dismiss", "drop"])
def test_what_was_done_to_all_of_a_kind_is_taken_back_together(
    workspace: Workspace, ana: Person, dataset_id: int, action: str
) -> None:
    shown = conflicts.preview(workspace, dataset_id=dataset_id, kind="weights", action=action)
    conflicts.settle_all(
        workspace, actor=ana, shown=shown, action=action, reason="so", group="all-of-it"
    )
    assert case(workspace, dataset_id, kind="weights") is None
    done = history.undo_group(workspace, actor=ana, group="all-of-it")
    assert done == {"undone": 2, "left": 0}
    assert found(case(workspace, dataset_id, kind="weights")).total == 2

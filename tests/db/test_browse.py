"""Views of a dataset: filters, orders, pages, and the way from item to item."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlmodel import Session, col

from annotator.domain.records import Person
from annotator.errors import InvalidValue, NotFound
from annotator.services import annotate, browsing, importing
from annotator.services.saving import Shown
from annotator.services.workspace import Workspace
from db import browse, way
from db.browse import FILTERS, PAGE, SORTS, View
from db.tables import AnnotationRow, FindingRow, FlagRow, ImageRow, ItemRow
from tests import databases
from tests.examples import benchmark, record

pytestmark = pytest.mark.every_database

COUNT = 12
SHORT = 3
"""Items in a page where a test needs several pages."""


def many(count: int = COUNT) -> bytes:
    """A benchmark of different items."""
    return benchmark(
        *(
            record(
                image=f"images/{number}.png",
                instruction=f"Tell a four-line story number {number} about the cat, mention its "
                "eyes, and end with a question.",
                generator_model="abc"[number % 3],
                prompt_version=f"v{number % 2}",
                batch=f"b{number // 4}",
            )
            for number in range(count)
        )
    )


def imported(workspace: Workspace, who: Person, name: str = "A", data: bytes = b"") -> int:
    """A dataset's id."""
    return importing.import_file(
        workspace, actor=who, file=f"{name}.json", data=data or many(), dataset=name
    ).dataset_id


@pytest.fixture
def dataset(workspace: Workspace, ana: Person) -> int:
    return imported(workspace, ana)


def ids(workspace: Workspace, dataset_id: int) -> list[int]:
    """A dataset's items by position."""
    with workspace.database.reading() as session:
        found = browse.page(session, dataset_id=dataset_id, view=View())
    return [row.id for row in found.rows]


def put(workspace: Workspace, item_id: int, **columns: Any) -> None:
    """Set columns of an item, as the rest of the tool would leave them."""
    with workspace.database.writing() as session:
        session.connection().execute(
            update(ItemRow).where(col(ItemRow.id) == item_id).values(**columns)
        )


def positions(workspace: Workspace, dataset_id: int, view: View) -> list[int]:
    """The positions of a view's items in its order."""
    with workspace.database.reading() as session:
        found = browse.page(session, dataset_id=dataset_id, view=view)
    assert found.total == len(found.rows)
    return [row.position for row in found.rows]


def test_a_page_says_all_of_an_item(workspace: Workspace, ana: Person, dataset: int) -> None:
    first = ids(workspace, dataset)[0]
    put(workspace, first, touched_by=ana.id, severity=2, findings=3, verdict="fix")
    with workspace.database.reading() as session:
        row = browse.page(session, dataset_id=dataset, view=View()).rows[0]
    assert (row.id, row.position, row.source_id) == (first, 0, "0")
    assert row.types == "describe, length_limit, mention"
    assert (row.components, row.weights) == (3, 10.0)
    assert (row.findings, row.severity, row.verdict, row.who) == (3, "error", "fix", "Ana")
    assert (row.generator, row.prompt_version, row.batch) == ("a", "v0", "b0")


# Filters


def flag(workspace: Workspace, item_id: int, who: Person, kind: str, state: str) -> None:
    """A flag in some state."""
    now = datetime.now(UTC)
    with workspace.database.writing() as session:
        session.add(
            FlagRow(
                item_id=item_id,
                person_id=who.id,
                kind=kind,
                state=state,
                component_keys=[],
                created_at=now,
                updated_at=now,
            )
        )
    put(workspace, item_id, flags=int(state in ("open", "confirmed")))


def image(workspace: Workspace) -> int:
    """An image nobody has the bytes of."""
    with workspace.database.writing() as session:
        row = ImageRow(sha256="a" * 64, mime="image/png", width=1, height=1, size=1)
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id


def finding(workspace: Workspace, item_id: int, kind: str, state: str) -> None:
    """A finding in some state."""
    with workspace.database.writing() as session:
        session.add(
            FindingRow(
                item_id=item_id,
                fingerprint=f"{kind}{state}"[:16],
                kind=kind,
                severity=1,
                component_keys=[],
                message="",
                evidence={},
                mends=[],
                state=state,
            )
        )


@pytest.fixture
def varied(workspace: Workspace, ana: Person, bo: Person, dataset: int) -> int:
    """A dataset in which every filter has something to find."""
    every = ids(workspace, dataset)
    for item_id in every:
        put(workspace, item_id, severity=None, findings=0)
    put(workspace, every[0], level=None, status="draft", touched_by=ana.id, severity=0)
    put(workspace, every[1], level="creative", status="curated", verdict="keep", touched_by=bo.id)
    put(workspace, every[2], status="curated", verdict="drop", severity=2, weight_sum=8.0)
    put(workspace, every[3], generator=None, prompt_version=None, batch=None, weight_sum=None)
    put(workspace, every[4], severity=1, status="draft", touched_by=bo.id)
    put(workspace, every[11], image_id=image(workspace))
    flag(workspace, every[5], ana, "conflict", "open")
    flag(workspace, every[6], ana, "conflict", "dismissed")
    flag(workspace, every[7], ana, "unsafe", "confirmed")
    finding(workspace, every[8], "made.up", "open")
    finding(workspace, every[9], "made.up", "gone")
    with workspace.database.writing() as session:
        session.connection().execute(
            text(
                "UPDATE component SET type = 'math' WHERE item_id IN (:one, :two) AND key = 'c2'"
            ).bindparams(one=every[3], two=every[10])
        )
        session.connection().execute(
            text(
                "UPDATE component SET position = NULL WHERE item_id = :one AND key = 'c2'"
            ).bindparams(one=every[10])
        )
    return dataset


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"level": ("creative",)}, [1]),
        ({"level": ("-",)}, [0]),
        ({"level": ("creative", "-")}, [0, 1]),
        ({"type": ("math",)}, [3]),
        ({"status": ("draft",)}, [0, 4]),
        ({"status": ("draft", "curated")}, [0, 1, 2, 4]),
        ({"verdict": ("keep", "drop")}, [1, 2]),
        ({"verdict": ("-",)}, [0, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        ({"severity": ("error",)}, [2]),
        ({"severity": ("error", "warning")}, [2, 4]),
        ({"severity": ("no such",)}, []),
        ({"finding": ("made.up",)}, [8]),
        ({"flag": ("conflict",)}, [5]),
        ({"flag": ("conflict", "unsafe")}, [5, 7]),
        ({"generator": ("a",)}, [0, 6, 9]),
        ({"generator": ("-",)}, [3]),
        ({"prompt_version": ("v1",)}, [1, 5, 7, 9, 11]),
        ({"batch": ("b2", "-")}, [3, 8, 9, 10, 11]),
        ({"who": ("Ana",)}, [0]),
        ({"who": ("Ana", "Bo")}, [0, 1, 4]),
        ({"who": ("Nobody",)}, []),
        ({"weights": ("8",)}, [2]),
        ({"weights": ("8.0", "7")}, [2]),
        ({"image": ("present",)}, [11]),
        ({"image": ("missing",)}, list(range(11))),
        ({"image": ("present", "missing")}, list(range(COUNT))),
        ({"generator": ("b",), "status": ("draft",)}, [4]),
        ({"generator": ()}, list(range(COUNT))),
    ],
    ids=str,
)
def test_a_filter_leaves_what_it_names(
    workspace: Workspace, varied: int, filters: dict[str, tuple[str, ...]], expected: list[int]
) -> None:
    assert positions(workspace, varied, View(filters=filters)) == expected
    assert positions(workspace, varied, View(filters=filters, descending=True)) == expected[::-1]


def test_every_filter_is_tried() -> None:
    marks = test_a_filter_leaves_what_it_names.pytestmark  # type: ignore[attr-defined]
    tried = {name for filters, _ in marks[0].args[1] for name in filters}
    assert tried == set(FILTERS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("number 7", [7]),
        ("NUMBER 7", [7]),
        ("numb 7", [7]),
        ('"story number 7"', [7]),
        ('"number story" 7', []),
        ('"; DROP TABLE item; --', []),
        ("***", list(range(COUNT))),
        ("NOT (", []),
    ],
)
def test_a_search_finds_words(
    workspace: Workspace, dataset: int, words: str, expected: list[int]
) -> None:
    assert positions(workspace, dataset, View(search=words)) == expected


@pytest.mark.parametrize(
    "wrong", [{"sort": "size"}, {"filters": {"size": ("1",)}}, {"filters": {"weights": ("ten",)}}]
)
def test_a_view_of_something_unknown_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        browse.conditions(1, View(**wrong))


# Orders and pages


COLUMNS = {name: column.key for name, column in SORTS.items() if name != "position"}
MOMENT = datetime(2024, 7, 1, tzinfo=UTC)
VALUES: dict[str, list[Any]] = {
    "level": [None, "basic", "complex", "Ärger"],
    "component_count": [0, 1, 2, 11],
    "weight_sum": [None, 0.0, 0.1, 8.0, 10.0],
    "severity": [None, 0, 1, 2],
    "flags": [0, 1, 10],
    "status": ["open", "draft", "curated"],
    "verdict": [None, "keep", "fix", "drop"],
    "touched_at": [None, MOMENT, MOMENT + timedelta(microseconds=1), MOMENT + timedelta(days=1)],
}


def shuffle(workspace: Workspace, dataset_id: int, chance: random.Random) -> list[dict[str, Any]]:
    """Give items values with ties and gaps; returns them by position."""
    given_ = []
    for position, item_id in enumerate(ids(workspace, dataset_id)):
        columns = {name: chance.choice(values) for name, values in VALUES.items()}
        put(workspace, item_id, **columns)
        given_.append({"id": item_id, "position": position, **columns})
    return given_


def in_order(rows: list[dict[str, Any]], view: View) -> list[int]:
    """The ids in the view's order, worked out by hand: empty last, then by position."""
    if view.sort == "position":
        ordered = sorted(rows, key=lambda row: row["position"], reverse=view.descending)
        return [row["id"] for row in ordered]
    name = COLUMNS[view.sort]
    full = [row for row in rows if row[name] is not None]
    full.sort(key=lambda row: row[name], reverse=view.descending)
    return [row["id"] for row in [*full, *(row for row in rows if row[name] is None)]]


VIEWS = [View(sort=name, descending=falling) for name in SORTS for falling in (False, True)]


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: f"{'-' if v.descending else ''}{v.sort}")
def test_an_order_keeps_ties_by_position_and_the_empty_last(
    workspace: Workspace, dataset: int, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = in_order(shuffle(workspace, dataset, random.Random(1)), view)
    monkeypatch.setattr(browse, "PAGE", SHORT)
    shown: list[int] = []
    with workspace.database.reading() as session:
        for number in range(COUNT // SHORT):
            found = browse.page(session, dataset_id=dataset, view=view, number=number)
            assert (found.number, found.total, len(found.rows)) == (number, COUNT, SHORT)
            shown += [row.id for row in found.rows]
    assert shown == expected


@pytest.mark.parametrize("number", [-1, 0, 1, 99])
def test_a_page_past_the_end_is_the_last(
    workspace: Workspace, dataset: int, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browse, "PAGE", 8)
    with workspace.database.reading() as session:
        found = browse.page(session, dataset_id=dataset, view=View(), number=number)
    assert found.number == max(0, min(number, 1))
    assert [row.position for row in found.rows] == [[*range(8)], [*range(8, 12)]][found.number]


def test_an_empty_view_has_an_empty_first_page(workspace: Workspace, dataset: int) -> None:
    with workspace.database.reading() as session:
        found = browse.page(session, dataset_id=dataset, view=View(search="nowhere"), number=4)
        none = browse.page(session, dataset_id=dataset + 1, view=View())
    assert (found.rows, found.total, found.number) == ([], 0, 0)
    assert (none.rows, none.total, none.number) == ([], 0, 0)


@pytest.mark.parametrize("sort", list(SORTS))
def test_an_order_is_read_from_an_index(workspace: Workspace, dataset: int, sort: str) -> None:
    statement = browse.select(ItemRow.id).where(ItemRow.dataset_id == dataset)
    ordered = statement.order_by(*browse.order(View(sort=sort))).limit(PAGE)
    compiled = ordered.compile(
        workspace.database.engine, compile_kwargs={"literal_binds": True}
    ).string
    steps = databases.plan_of(workspace.database, compiled)
    assert "TEMP B-TREE" not in steps and "Sort" not in steps
    assert "SEARCH item USING COVERING INDEX" in steps or "Index Scan using" in steps


# The way


@given(
    seed=st.integers(0, 2**32),
    sort=st.sampled_from(list(SORTS)),
    descending=st.booleans(),
    filters=st.sampled_from([{}, {"level": ("basic", "-")}, {"status": ("open",)}]),
)
def test_walking_visits_a_view_in_its_order(
    workspace: Workspace,
    dataset: int,
    seed: int,
    sort: str,
    descending: bool,
    filters: dict[str, tuple[str, ...]],
) -> None:
    rows = shuffle(workspace, dataset, random.Random(seed))
    view = View(sort=sort, descending=descending, filters=filters)
    wanted = {"level": ("basic", None), "status": ("open",)}
    kept = [row for row in rows if all(row[name] in wanted[name] for name in filters)]
    expected = in_order(kept, view)
    with workspace.database.reading() as session:
        shown = [row.id for row in browse.page(session, dataset_id=dataset, view=view).rows]
        assert shown == expected
        walked, at = [], expected[0] if expected else None
        while at is not None and len(walked) <= len(expected):
            near = way.neighbours(session, item_id=at, dataset_id=dataset, view=view)
            assert (near.place, near.total) == (len(walked), len(expected))
            assert near.before == (walked[-1] if walked else None)
            walked.append(at)
            at = near.after
        assert walked == expected
        for row in rows:
            if row["id"] not in expected:
                check_outside(session, dataset, view, row, rows, expected)


def check_outside(
    session: Session,
    dataset_id: int,
    view: View,
    row: dict[str, Any],
    rows: list[dict[str, Any]],
    inside: list[int],
) -> None:
    """An item outside a view stands between those it would stand between."""
    near = way.neighbours(session, item_id=row["id"], dataset_id=dataset_id, view=view)
    everything = in_order(rows, view)
    place = everything.index(row["id"])
    before = [item for item in everything[:place] if item in inside]
    after = [item for item in everything[place:] if item in inside]
    assert near.place is None
    assert near.before == (before[-1] if before else None)
    assert near.after == (after[0] if after else None)


def test_there_is_no_way_from_an_item_that_is_not_there(workspace: Workspace, dataset: int) -> None:
    with workspace.database.reading() as session, pytest.raises(NotFound):
        way.neighbours(session, item_id=10_000, dataset_id=dataset, view=View())


# The next that waits


Next = Callable[..., int | None]


@pytest.fixture
def next_open(workspace: Workspace, dataset: int, ana: Person) -> Next:
    """way.next_open for Ana, by positions."""
    every = ids(workspace, dataset)

    def find(after: int = -1, view: View | None = None, who: Person = ana) -> int | None:
        with workspace.database.reading() as session:
            found = way.next_open(
                session,
                dataset_id=dataset,
                person_id=who.id,
                view=view or View(),
                after=every[after] if after >= 0 else -1,
            )
        return None if found is None else every.index(found)

    return find


def draft(workspace: Workspace, who: Person, item_id: int) -> None:
    """Somebody begins to work on an item."""
    annotate.set_verdict(
        workspace, actor=who, item_id=item_id, shown=Shown(0, 0, "tab"), verdict="keep"
    )


def age(workspace: Workspace, by: timedelta) -> None:
    """Let time pass over all drafts."""
    with workspace.database.writing() as session:
        session.connection().execute(
            update(AnnotationRow).values(updated_at=datetime.now(UTC) - by)
        )


def test_the_next_is_the_first_behind_that_nobody_settled(
    workspace: Workspace, dataset: int, next_open: Next
) -> None:
    for item_id in ids(workspace, dataset)[3:6]:
        put(workspace, item_id, status="curated", verdict="keep")
    assert next_open() == 0
    assert next_open(after=2) == 6
    assert next_open(after=11) == 0


def test_the_next_is_not_what_somebody_else_is_at_work_on(
    workspace: Workspace, dataset: int, next_open: Next, ana: Person, bo: Person
) -> None:
    every = ids(workspace, dataset)
    draft(workspace, bo, every[1])
    assert next_open(after=0) == 2
    assert next_open(after=0, who=bo) == 1
    draft(workspace, ana, every[2])
    assert next_open(after=0) == 2
    age(workspace, way.DRAFT_HOLDS + timedelta(seconds=1))
    assert next_open(after=0) == 1


def test_the_next_is_never_the_same_item(
    workspace: Workspace, dataset: int, next_open: Next
) -> None:
    for item_id in ids(workspace, dataset)[:11]:
        put(workspace, item_id, status="curated", verdict="keep")
    assert next_open(after=3) == 11
    assert next_open(after=11) is None


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: f"{'-' if v.descending else ''}{v.sort}")
def test_the_next_follows_the_view(
    workspace: Workspace, dataset: int, next_open: Next, view: View
) -> None:
    every = ids(workspace, dataset)
    rows = shuffle(workspace, dataset, random.Random(2))
    ordered = [every.index(item_id) for item_id in in_order(rows, view)]
    waiting = [position for position in ordered if rows[position]["status"] != "curated"]
    assert next_open(view=view) == waiting[0]
    walked, at = [], waiting[0]
    for _ in waiting:
        walked.append(at)
        found = next_open(after=at, view=view)
        assert found is not None
        at = found
    assert walked == waiting
    assert at == waiting[0]


# What there is


def test_choices_are_what_this_dataset_has(
    workspace: Workspace, ana: Person, bo: Person, varied: int
) -> None:
    other = record(type="odd", component_type=["x1", "x2", "x3"], generator_model="elsewhere")
    second = imported(workspace, ana, "B", benchmark(other))
    with workspace.database.reading() as session:
        here = browse.choices(session, dataset_id=varied)
        there = browse.choices(session, dataset_id=second)
        nowhere = browse.choices(session, dataset_id=second + 1)
    assert here["level"] == ["basic", "creative"]
    assert here["type"] == ["describe", "length_limit", "math", "mention"]
    assert "made.up" in here["finding"]
    assert here["generator"] == ["a", "b", "c"]
    assert here["prompt_version"] == ["v0", "v1"]
    assert here["batch"] == ["b0", "b1", "b2"]
    assert here["who"] == ["Ana", "Bo"]
    assert (there["level"], there["type"]) == (["odd"], ["x1", "x2", "x3"])
    assert "made.up" not in there["finding"]
    assert (there["generator"], there["who"]) == (["elsewhere"], [])
    assert set(map(tuple, nowhere.values())) == {()}


def test_rates_count_verdicts_by_origin(workspace: Workspace, varied: int) -> None:
    with workspace.database.reading() as session:
        found = browse.rates(session, dataset_id=varied, by="batch")
        with pytest.raises(InvalidValue):
            browse.rates(session, dataset_id=varied, by="level")
    assert [(r.origin, r.items, r.keep, r.fix, r.drop) for r in found] == [
        ("b0", 3, 1, 0, 1),
        ("b1", 4, 0, 0, 0),
        ("b2", 4, 0, 0, 0),
    ]


def test_totals_count_items(workspace: Workspace, varied: int) -> None:
    with workspace.database.reading() as session:
        found = browse.totals(session, dataset_id=varied)
    assert found.statuses == {"open": 8, "draft": 2, "curated": 2}
    assert found.verdicts == {"keep": 1, "drop": 1}
    assert (found.flags, found.without_image) == (2, COUNT - 1)


# A view as an address


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)


@given(
    search=TEXTS | st.just(""),
    filters=st.dictionaries(
        st.sampled_from([name for name in FILTERS if name != "weights"]),
        st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
        max_size=4,
    ),
    sort=st.sampled_from(list(SORTS)),
    descending=st.booleans(),
)
def test_an_address_brings_its_view_back(
    search: str, filters: dict[str, tuple[str, ...]], sort: str, descending: bool
) -> None:
    view = View(search, filters, sort, descending)
    address = browsing.address_of(view)
    listed = {k: v if isinstance(v, list) else [v] for k, v in address.items()}
    assert browsing.view_of(listed) == view


def test_the_usual_view_has_an_empty_address() -> None:
    assert browsing.address_of(View(filters={"level": ()})) == {}
    assert browsing.view_of({}) == View()


def test_an_address_with_an_unknown_sort_is_refused() -> None:
    with pytest.raises(InvalidValue):
        browsing.view_of({"sort": ["-size"]})

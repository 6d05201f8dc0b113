"""Cases: what is scored, and the columns that let the queue open its next one at once.

``refresh`` is the one place that writes what is repeated in ``scored_case``, ``response.standing``
and ``model_standing``; whoever writes a score or a decision calls it in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import bindparam, func, or_, select, update
from sqlmodel import Session

from annotator.domain.judging import WHOLE, Case, ModelStanding, share
from annotator.domain.standing import Said, Standing, bits, item_standing, kinds_of, stand
from annotator.errors import NotFound
from db.bulk import insert_rows
from db.tables import metadata
from db.tables_judging import CaseRow, ModelStandingRow

CASES = metadata.tables["scored_case"]
SCORES = metadata.tables["score"]
RATERS = metadata.tables["rater"]
RESPONSES = metadata.tables["response"]
ADJUDICATIONS = metadata.tables["adjudication"]
COMPONENTS = metadata.tables["component"]
ITEMS = metadata.tables["item"]
IMAGES = metadata.tables["image"]
MODELS = metadata.tables["model_standing"]

ANSWERED = (
    select(RESPONSES.c.item_id)
    .where(RESPONSES.c.item_id.in_(bindparam("items", expanding=True)), RESPONSES.c.variant == "")
    .distinct()
)

T = TypeVar("T")

Shifts = dict[tuple[int, str], list[tuple[float | None, float | None]]]
"""Responses' standings before and after a change, by dataset and model."""

CHUNK = 5_000
PERCEPTION = "perception"


def value(row: Any) -> Case:
    """The frozen value of a row."""
    return Case(
        id=row.id,
        dataset_id=row.dataset_id,
        response_id=row.response_id,
        item_id=row.item_id,
        component_key=row.component_key,
        model=row.model,
        type=row.type,
        method=row.method,
        weight_share=row.weight_share,
        live=bool(row.live),
        judges=row.judges,
        unparsed=row.unparsed,
        people=row.people,
        judge_share=row.judge_share,
        verifier_share=row.verifier_share,
        human_share=row.human_share,
        kinds=kinds_of(row.kinds),
        spread=row.spread,
        stake=row.stake,
        standing=row.standing,
        state=row.state,
        stamp=row.stamp,
    )


def get(session: Session, *, case_id: int) -> Case:
    """Raises NotFound."""
    found = get_many(session, case_ids=[case_id])
    if not found:
        raise NotFound("case", case_id)
    return found[0]


def get_many(session: Session, *, case_ids: Sequence[int]) -> list[Case]:
    """Cases in the order of the ids; those that are not there are left out."""
    found = {}
    for chunk in chunks(case_ids):
        for row in session.connection().execute(select(CASES).where(CASES.c.id.in_(chunk))):
            found[row.id] = value(row)
    return [found[case_id] for case_id in case_ids if case_id in found]


def image_hash(session: Session, *, case_id: int) -> str | None:
    """The hash of the image of a case's item; None where it has none."""
    found = session.connection().execute(
        select(IMAGES.c.sha256)
        .join(ITEMS, ITEMS.c.image_id == IMAGES.c.id)
        .join(CASES, CASES.c.item_id == ITEMS.c.id)
        .where(CASES.c.id == case_id)
    )
    return found.scalar()


def of_response(session: Session, *, response_id: int) -> list[Case]:
    """A response's cases in no particular order, those of removed components included."""
    rows = session.connection().execute(select(CASES).where(CASES.c.response_id == response_id))
    return [value(row) for row in rows]


def ids_of(session: Session, *, response_ids: Iterable[int]) -> dict[tuple[int, str], int]:
    """The ids of responses' cases by (response id, component key)."""
    found = {}
    for chunk in chunks(list(response_ids)):
        rows = session.connection().execute(
            select(CASES.c.response_id, CASES.c.component_key, CASES.c.id).where(
                CASES.c.response_id.in_(chunk)
            )
        )
        found.update({(response, key): case_id for response, key, case_id in rows})
    return found


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Slices small enough for one IN (…)."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def ensure(session: Session, *, item_ids: Sequence[int]) -> list[int]:
    """Make the cases that whole-prompt responses of these items lack, and bring all up to date.

    Called when responses come in and when an item's components, weights or verdict changed.

    Returns:
        The ids of all cases of the items.
    """
    known = answered(session, item_ids=item_ids)
    for chunk in chunks(known):
        insert_missing(session, chunk)
    found: list[int] = []
    for chunk in chunks(known):
        rows = session.connection().execute(select(CASES.c.id).where(CASES.c.item_id.in_(chunk)))
        found.extend(row.id for row in rows)
    refresh(session, case_ids=found, scored=False)
    return found


def answered(session: Session, *, item_ids: Sequence[int]) -> list[int]:
    """Those of these items to which there is a whole-prompt response: others have no cases."""
    found: list[int] = []
    for chunk in chunks(item_ids):
        found.extend(session.connection().execute(ANSWERED, {"items": chunk}).scalars())
    return found


def insert_missing(session: Session, item_ids: Sequence[int]) -> None:
    """Insert the cases of at most CHUNK items that are not there yet."""
    connection = session.connection()
    parts: dict[int, list[tuple[int | None, str]]] = defaultdict(list)
    for row in connection.execute(
        select(COMPONENTS.c.id, COMPONENTS.c.item_id, COMPONENTS.c.key)
        .where(COMPONENTS.c.item_id.in_(item_ids), COMPONENTS.c.position.is_not(None))
        .order_by(COMPONENTS.c.item_id, COMPONENTS.c.position)
    ):
        parts[row.item_id].append((row.id, row.key))
    known = {
        (row.response_id, row.component_key)
        for row in connection.execute(
            select(CASES.c.response_id, CASES.c.component_key).where(CASES.c.item_id.in_(item_ids))
        )
    }
    rows = [
        {
            "dataset_id": response.dataset_id,
            "response_id": response.id,
            "item_id": response.item_id,
            "component_id": component_id,
            "component_key": key,
            "model": response.model,
        }
        for response in connection.execute(
            select(
                RESPONSES.c.id, RESPONSES.c.dataset_id, RESPONSES.c.item_id, RESPONSES.c.model
            ).where(RESPONSES.c.item_id.in_(item_ids), RESPONSES.c.variant == "")
        )
        for component_id, key in parts.get(response.item_id) or [(None, WHOLE)]
        if (response.id, key) not in known
    ]
    insert_rows(session, CaseRow, rows)


def refresh(session: Session, *, case_ids: Sequence[int], scored: bool = True) -> None:
    """Bring everything that is repeated about these cases up to date, up to their models' means.

    Args:
        scored: their scores or decisions changed; else only cases that come out different are
            written and get a stamp.
    """
    connection = session.connection()
    moved: set[int] = set()
    stamps: dict[int, int] = {}
    for chunk in chunks(sorted(set(case_ids))):
        said = said_of(session, chunk)
        made = [
            (row, case_columns(row, stand(said.get(row.id, ()))))
            for row in connection.execute(basis_query(chunk))
        ]
        changed = made if scored else [one for one in made if differs(*one)]
        for dataset_id in {row.dataset_id for row, _ in changed} - stamps.keys():
            stamps[dataset_id] = next_stamp(session, dataset_id)
        columns = [{**of, "b_stamp": stamps[row.dataset_id]} for row, of in changed]
        if columns:
            connection.execute(UPDATE_CASE, columns)
        moved |= {row.response_id for row, of in changed if differs(row, of, COUNTED)}
    for (dataset_id, model), shifts in refresh_responses(session, sorted(moved)).items():
        refresh_model(session, dataset_id, model, shifts)
    session.expire_all()


KEPT = (
    "type", "method", "weight_share", "live", "judges", "unparsed", "people", "judge_share",
    "verifier_share", "human_share", "kinds", "spread", "stake", "standing", "state",
)  # fmt: skip
"""The columns that refresh writes, but for the stamp."""

COUNTED = ("weight_share", "live", "standing")
"""Those of them from which a response's standing follows."""

UPDATE_CASE = (
    update(CASES)
    .where(CASES.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in (*KEPT, "stamp")})
)


def differs(row: Any, columns: Mapping[str, Any], names: Iterable[str] = KEPT) -> bool:
    """Whether a case comes out different from what is written."""
    return any(getattr(row, f"old_{name}") != columns[f"b_{name}"] for name in names)


def next_stamp(session: Session, dataset_id: int) -> int:
    """One more than the dataset's highest."""
    highest = session.connection().execute(
        select(func.max(CASES.c.stamp)).where(CASES.c.dataset_id == dataset_id)
    )
    return int(highest.scalar() or 0) + 1


def basis_query(case_ids: Sequence[int]) -> Any:
    """What a case's columns are derived from, but for its scores."""
    sums = (
        select(
            COMPONENTS.c.item_id,
            func.sum(COMPONENTS.c.weight).label("total"),
            func.count().label("parts"),
        )
        .where(
            COMPONENTS.c.position.is_not(None),
            COMPONENTS.c.item_id.in_(select(CASES.c.item_id).where(CASES.c.id.in_(case_ids))),
        )
        .group_by(COMPONENTS.c.item_id)
        .subquery()
    )
    return (
        select(
            CASES.c.id,
            CASES.c.dataset_id,
            CASES.c.response_id,
            CASES.c.model,
            CASES.c.component_id,
            COMPONENTS.c.type,
            COMPONENTS.c.judge_method,
            COMPONENTS.c.weight,
            COMPONENTS.c.position,
            sums.c.total,
            sums.c.parts,
            ITEMS.c.verdict,
            ITEMS.c.withdrawn_from_source,
            ADJUDICATIONS.c.outcome,
            ADJUDICATIONS.c.awarded,
            ADJUDICATIONS.c.possible,
            *(CASES.c[name].label(f"old_{name}") for name in KEPT),
        )
        .join(ITEMS, ITEMS.c.id == CASES.c.item_id)
        .outerjoin(COMPONENTS, COMPONENTS.c.id == CASES.c.component_id)
        .outerjoin(sums, sums.c.item_id == CASES.c.item_id)
        .outerjoin(ADJUDICATIONS, ADJUDICATIONS.c.case_id == CASES.c.id)
        .where(CASES.c.id.in_(case_ids))
    )


def said_of(session: Session, case_ids: Sequence[int]) -> Mapping[int, list[Said]]:
    """The scores of each case in the eyes of the rules; worth nothing, a component says nothing."""
    found: dict[int, list[Said]] = defaultdict(list)
    rows = session.connection().execute(
        select(
            SCORES.c.case_id,
            SCORES.c.rater_id,
            SCORES.c.awarded,
            SCORES.c.possible,
            RATERS.c.kind,
        )
        .join(RATERS, RATERS.c.id == SCORES.c.rater_id)
        .where(
            SCORES.c.case_id.in_(case_ids), or_(SCORES.c.awarded.is_(None), SCORES.c.possible > 0)
        )
        .order_by(SCORES.c.case_id, SCORES.c.id)
    )
    for row in rows:
        said = Said(row.kind, row.rater_id, share(row.awarded, row.possible))
        found[row.case_id].append(said)
    return found


def case_columns(row: Any, standing: Standing) -> dict[str, Any]:
    """What db.cases.refresh writes of one case."""
    live = is_live(row)
    weight_share = share_of_weight(row) if live else 0.0
    decided = row.outcome is not None
    return {
        "b_id": row.id,
        "b_type": row.type or PERCEPTION,
        "b_method": row.judge_method or PERCEPTION,
        "b_weight_share": weight_share,
        "b_live": live,
        "b_judges": standing.judges,
        "b_unparsed": standing.unparsed,
        "b_people": standing.people,
        "b_judge_share": standing.judge_share,
        "b_verifier_share": standing.verifier_share,
        "b_human_share": standing.human_share,
        "b_kinds": bits(standing.kinds),
        "b_spread": standing.spread,
        "b_stake": weight_share * standing.spread,
        "b_standing": share(row.awarded, row.possible) if decided else standing.before_decision,
        "b_state": "settled" if decided else "open" if live and standing.kinds else "agreed",
    }


def is_live(row: Any) -> bool:
    """Whether the item is still in the benchmark and still has what is scored here."""
    if row.verdict == "drop" or row.withdrawn_from_source:
        return False
    return row.position is not None if row.component_id is not None else not row.parts


def share_of_weight(row: Any) -> float:
    """The component's part of the item's weights; equal parts where it has none."""
    if not row.parts:
        return 1.0
    if not row.total:
        return 1.0 / float(row.parts)
    return float(row.weight or 0) / float(row.total)


def refresh_responses(session: Session, response_ids: Sequence[int]) -> Shifts:
    """Bring responses' standings up to date; returns what became of them."""
    connection = session.connection()
    shifts: Shifts = defaultdict(list)
    for chunk in chunks(response_ids):
        known = {}
        parts: dict[int, list[tuple[float, float | None]]] = defaultdict(list)
        for row in connection.execute(parts_query(chunk)):
            known[row.id] = row
            if row.live:
                parts[row.id].append((row.weight_share, row.part))
        found = {each: item_standing(parts[each]) for each in known}
        connection.execute(
            UPDATE_RESPONSE, [{"b_id": each, "b_standing": now} for each, now in found.items()]
        )
        for each, now in found.items():
            row = known[each]
            shifts[row.dataset_id, row.model].append((row.standing, now))
    return shifts


def parts_query(response_ids: Sequence[int]) -> Any:
    """What responses' standings are derived from: a row per case."""
    return (
        select(
            RESPONSES.c.id,
            RESPONSES.c.dataset_id,
            RESPONSES.c.model,
            RESPONSES.c.standing,
            CASES.c.live,
            CASES.c.weight_share,
            CASES.c.standing.label("part"),
        )
        .join(CASES, CASES.c.response_id == RESPONSES.c.id)
        .where(RESPONSES.c.id.in_(response_ids))
    )


UPDATE_RESPONSE = (
    update(RESPONSES)
    .where(RESPONSES.c.id == bindparam("b_id"))
    .values(standing=bindparam("b_standing"))
)


def refresh_model(
    session: Session,
    dataset_id: int,
    model: str,
    shifts: Sequence[tuple[float | None, float | None]],
) -> None:
    """Bring one model's mean up to date after its responses' standings changed.

    A single one moves the mean that is there; after more of them it is worked out anew.
    """
    connection = session.connection()
    here = (MODELS.c.dataset_id == dataset_id, MODELS.c.model == model)
    known = connection.execute(select(MODELS).where(*here)).first()
    if known is not None and len(shifts) == 1:
        now = ModelStanding(model, known.responses, known.mean).shifted(*shifts[0])
    else:
        now = counted_anew(session, dataset_id, model)
    columns = {"responses": now.responses, "mean": now.mean}
    if known is None:
        insert_rows(
            session, ModelStandingRow, [{"dataset_id": dataset_id, "model": model, **columns}]
        )
    else:
        connection.execute(update(MODELS).where(*here).values(**columns))


def counted_anew(session: Session, dataset_id: int, model: str) -> ModelStanding:
    """One model's mean over all its responses."""
    found = session.connection().execute(
        select(func.count(RESPONSES.c.standing), func.avg(RESPONSES.c.standing)).where(
            RESPONSES.c.dataset_id == dataset_id,
            RESPONSES.c.model == model,
            RESPONSES.c.variant == "",
        )
    )
    return ModelStanding(model, *found.one())


def standings(session: Session, *, dataset_id: int) -> list[ModelStanding]:
    """Where each model of a dataset stands, by name."""
    rows = session.connection().execute(
        select(MODELS).where(MODELS.c.dataset_id == dataset_id).order_by(MODELS.c.model)
    )
    return [ModelStanding(row.model, row.responses, row.mean) for row in rows]


def count_open(session: Session, *, dataset_id: int) -> int:
    """How many of a dataset's cases wait for a person."""
    query = select(func.count()).where(CASES.c.dataset_id == dataset_id, CASES.c.state == "open")
    return int(session.connection().execute(query).scalar() or 0)

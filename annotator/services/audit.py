"""The audit of a dataset's judges: figures computed once, kept, and brought up to date.

``compute`` reads what changed, computes the cells that it touches and keeps everything; ``look``
gives what is kept; ``tables`` lays the figures out for people, files and the command line alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from annotator.domain.judging import Rater
from annotator.errors import Refused
from annotator.services.audit_cells import AUDIT, Bench, Drawn, plan
from annotator.services.audit_frame import (
    DECIDED,
    FORM,
    STANDING,
    Change,
    Frame,
    bring_up_to_date,
    empty,
    packed,
    unpacked,
)
from annotator.services.workspace import Progress, Workspace, no_progress
from db import audit_figures, audits, raters, scored
from db.engine import Session

KITS: Final = "kits"
SAMPLE: Final = "sample"
SUMMARY: Final = "summary"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audit:
    """The kept figures. ``behind`` is the number of cases that changed since they were made."""

    cells: Mapping[str, Json]
    raters: Mapping[int, Rater]
    made_at: datetime | None
    behind: int

    def of(self, kind: str) -> dict[tuple[str, ...], Json]:
        """The cells of a kind by the rest of their name."""
        named = {tuple(name.split("|")): cell for name, cell in self.cells.items()}
        return {name[1:]: cell for name, cell in named.items() if name[0] == kind}

    def label(self, source: str) -> str:
        """Whose figures they are, in words."""
        words = {
            AUDIT: "people, audit sample",
            DECIDED: "adjudicated (hard cases)",
            STANDING: "final scores",
        }
        if source in words:
            return words[source]
        rater = self.raters[int(source)]
        twins = [one.id for one in self.raters.values() if one.label == rater.label]
        return rater.label if len(twins) == 1 else f"{rater.label} #{twins.index(rater.id) + 1}"


def look(workspace: Workspace, *, dataset_id: int) -> Audit:
    """The figures as they were last computed."""
    with workspace.database.reading() as session:
        return _kept(session, dataset_id)


def _kept(session: Session, dataset_id: int) -> Audit:
    seen = audit_figures.seen(session, dataset_id=dataset_id)
    stamp, made_at = seen if seen else (0, None)
    return Audit(
        audit_figures.cells(session, dataset_id=dataset_id),
        {rater.id: rater for rater in raters.of_dataset(session, dataset_id=dataset_id)},
        made_at,
        scored.number_above(session, dataset_id=dataset_id, above=stamp),
    )


def compute(
    workspace: Workspace,
    *,
    dataset_id: int,
    afresh: bool = False,
    progress: Progress = no_progress,
) -> Audit:
    """Bring the figures up to date; only what changed since is computed.

    Args:
        afresh: forget what is kept and compute everything.

    Raises:
        Refused: stopped by ``progress``.
    """
    with workspace.database.reading() as session:
        read = _read(session, dataset_id, afresh)
    figures, gone = _figures(read, progress)
    with workspace.database.writing() as session:
        audit_figures.keep(
            session,
            dataset_id=dataset_id,
            stamp=read.stamp,
            reply_id=read.reply_id,
            form=FORM,
            data=packed(read.frame),
            figures=figures,
            gone=gone,
        )
        return _kept(session, dataset_id)


def reckon(session: Session, *, dataset_id: int, progress: Progress = no_progress) -> Audit:
    """All figures of what the database holds, computed afresh and not kept.

    Raises:
        Refused: stopped by ``progress``.
    """
    read = _read(session, dataset_id, afresh=True)
    figures, _ = _figures(read, progress)
    return Audit(figures, {rater.id: rater for rater in read.raters}, None, 0)


@dataclass(frozen=True, slots=True)
class _Read:
    """What is computed from: scores up to a stamp and replies up to an id, and what is kept."""

    frame: Frame
    change: Change
    stamp: int
    raters: list[Rater]
    drawn: list[Drawn]
    kits: Mapping[str, Json]
    reply_id: int
    known: Mapping[str, Json]


def _read(session: Session, dataset_id: int, afresh: bool) -> _Read:
    frame, change, stamp = _brought_up(session, dataset_id, afresh)
    kits, reply_id = _kits(session, dataset_id, afresh)
    return _Read(
        frame,
        change,
        stamp,
        raters.of_dataset(session, dataset_id=dataset_id),
        _drawn(session, dataset_id),
        kits,
        reply_id,
        {} if afresh else audit_figures.cells(session, dataset_id=dataset_id),
    )


def _figures(read: _Read, progress: Progress) -> tuple[dict[str, Json], list[str]]:
    """The figures that changed since they were kept, and the names of those that are gone."""
    bench = Bench(read.frame, read.raters, read.drawn)
    planned = {cell.name: cell for cell in plan(bench)}
    summary = _summary(bench)
    resampled = read.known.get(SAMPLE) != summary[SAMPLE]
    wanted = [
        cell
        for cell in planned.values()
        if cell.name not in read.known
        or read.change.touches(cell.sources)
        or (resampled and cell.name.partition("|")[0] in _SAMPLED)
    ]
    figures: dict[str, Json] = {**summary, **read.kits}
    for place, cell in enumerate(wanted):
        if not progress(place, len(wanted), cell.name.partition("|")[0]):
            raise Refused("The audit was stopped.")
        figures[cell.name] = cell.compute()
    gone = [name for name in read.known if name not in planned and name not in figures]
    return figures, [name for name in gone if not name.startswith(KITS)]


_SAMPLED: Final = ("errors", "corrected")
"""Kinds of cells that depend on the sample's probabilities, not only on its labels."""


def _brought_up(session: Session, dataset_id: int, afresh: bool) -> tuple[Frame, Change, int]:
    kept = None if afresh else audit_figures.frame(session, dataset_id=dataset_id)
    if kept is not None and kept.form != FORM:
        kept = None
    stamp = scored.newest(session, dataset_id=dataset_id)
    frame, change = bring_up_to_date(
        session,
        unpacked(kept.data) if kept else empty(),
        dataset_id=dataset_id,
        above=kept.stamp if kept else 0,
    )
    return frame, change if kept else Change(change.sources, cases=True), stamp


def _drawn(session: Session, dataset_id: int) -> list[Drawn]:
    """The audit samples with a label, the newest first."""
    found = []
    for sample in audits.of_dataset(session, dataset_id=dataset_id):
        draws = audits.draws(session, sample_id=sample.id)
        labelled = sum(draw.labels > 0 for draw in draws) / len(draws)
        chances = {draw.case_id: draw.probability for draw in draws}
        if labelled:
            found.append(Drawn(sample.id, sample.strata, sample.population, chances, labelled))
    return found


def _kits(session: Session, dataset_id: int, afresh: bool) -> tuple[dict[str, Json], int]:
    """What kits made of each judge's replies, counted on from the last reply that was counted."""
    kept = None if afresh else audit_figures.frame(session, dataset_id=dataset_id)
    last = kept.reply_id if kept else 0
    cells = audit_figures.cells(session, dataset_id=dataset_id) if last else {}
    counted: dict[str, Any] = {n: dict(c) for n, c in cells.items() if n.startswith(KITS)}
    for reply_id, rater_id, readings in scored.replies_above(
        session, dataset_id=dataset_id, above=last
    ):
        last = reply_id
        cell = counted.setdefault(f"{KITS}|{rater_id}", {"replies": 0, "kits": {}})
        cell["replies"] += 1
        for kit, reading in readings.items():
            outcomes = cell["kits"].setdefault(kit, {})
            outcomes[reading["outcome"]] = outcomes.get(reading["outcome"], 0) + 1
    return counted, last


def _summary(bench: Bench) -> dict[str, Json]:
    drawn = bench.drawn
    return {
        SUMMARY: {
            "cases": len(bench.rows),
            "items": len(bench.items),
            "models": list(bench.models),
        },
        SAMPLE: {
            "samples": [one.sample_id for one in drawn],
            "drawn": len({case for one in drawn for case in one.probability}),
            "labelled": len(bench.labels),
        },
    }

"""What a card says of agreement and of the judges: the figures of ``annotator audit``, in tables.

They are computed from the scores in the database, not taken from what the Judges page kept, so
that the same scores give the same card.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from annotator.domain.counting import counted
from annotator.services import audit
from annotator.services.audit import Audit
from annotator.services.audit_tables import ALL, agreement, corrected, said, unparsed
from annotator.services.release.markdown import table
from annotator.services.release.plan import Plan
from db.engine import Session

COEFFICIENTS: Final = ("percent", "kappa", "alpha", "AC1")


def audit_lines(session: Session, plan: Plan) -> list[str]:
    """Agreement of the annotators, and how far each judge can be trusted."""
    return [*people_lines(plan), *judge_lines(audit.reckon(session, dataset_id=plan.dataset.id))]


def people_lines(plan: Plan) -> Iterator[str]:
    """How often annotators of one item gave the same verdict, what stays out included."""
    agreements = plan.admission.agreements
    if not agreements:
        yield "No item was annotated by two people, so there is no agreement to report."
    else:
        going = {entry.head.id for entry in plan.entries}
        inside = [share for item_id, share in agreements.items() if item_id in going]
        yield (
            "Of the items that two or more people annotated, all gave the same verdict on "
            f"{unanimous(agreements.values())}; of those of them that are in here, on "
            f"{unanimous(inside)}."
        )
    yield ""


def unanimous(shares: Collection[float]) -> str:
    """How many of some items everybody agrees on, as ``3 of 4 (75%)``."""
    whole = sum(1 for share in shares if share == 1)
    return f"{whole:,} of {len(shares):,}" + (f" ({whole / len(shares):.0%})" if shares else "")


def judge_lines(found: Audit) -> Iterator[str]:
    """The judges: unparsed shares, agreement, means corrected by the audit sample."""
    if not found.of("unparsed"):
        yield from ("No judge's scores are here, so there is no judge to audit.", "")
        return
    summary = found.cells[audit.SUMMARY]
    yield (
        "The judges' figures are of all answers in the database: "
        f"{counted(summary['cases'], 'component')} on {counted(summary['items'], 'item')}. "
        "Intervals are of 95 %, from resamples of the items."
    )
    yield ""
    yield from table(("judge", "scores", "unparsed", "share"), unparsed_rows(found))
    yield from table(("rater", "and", *COEFFICIENTS), agreement_rows(found))
    yield from corrected_lines(found)


def unparsed_rows(found: Audit) -> Iterator[Sequence[Any]]:
    """How many of each judge's scores could not be read; they count nowhere as 0."""
    for row in unparsed(found):
        if row["what"] == "scores":
            share = "–" if row["share"] is None else f"{row['share']:.1%}"
            yield row["judge"], row["of"], row["number"], share


def agreement_rows(found: Audit) -> Iterator[Sequence[Any]]:
    """Each two raters over all components, judges first."""
    pairs: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for row in agreement(found):
        if (row["method"], row["type"]) == (ALL, ALL):
            pairs.setdefault((row["rater"], row["other"]), {})[row["figure"]] = row
    for (rater, other), figures in pairs.items():
        yield rater, other, *(said(dict(figures[name])) for name in COEFFICIENTS)


def corrected_lines(found: Audit) -> Iterator[str]:
    """Models' means as people would score them; without an audit sample, why there are none."""
    sample = found.cells[audit.SAMPLE]
    if not sample["labelled"]:
        yield (
            "No random audit sample was scored blind by people, so the judges' means are not "
            "corrected."
        )
        yield ""
        return
    yield (
        f"Corrected by an audit sample: {sample['labelled']} of {sample['drawn']} components drawn "
        "at random were scored blind by people (prediction-powered inference)."
    )
    yield ""
    yield from table(("judge", "model", "judged", "corrected"), corrected_rows(found))


def corrected_rows(found: Audit) -> Iterator[Sequence[Any]]:
    """What each judge gives each model, and what people would."""
    for row in corrected(found):
        if row["estimate"] == "corrected":
            judged = "–" if row["judged"] is None else f"{row['judged']:.3f}"
            yield row["judge"], row["model"], judged, said(row)

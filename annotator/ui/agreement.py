"""The Agreement page: how far annotators agree, where they differ, and each one's figures.

Parameters: ``dataset`` and ``of`` (annotator.services.agreement.MEASURES).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from annotator.domain.counting import counted
from annotator.domain.people_agreement import COEFFICIENTS, Cell
from annotator.domain.statistics.figure import Figure
from annotator.domain.vocabulary import VERDICTS
from annotator.services import agreement
from annotator.services.agreement import MEASURES, Agreement, Annotator
from annotator.ui import state
from annotator.ui.judges import offer_csv, show_table
from annotator.ui.places import go_to
from annotator.ui.shell import choose_dataset, literal, nothing_yet

HELP: Final = {
    "percent": "The share of pairs of annotators that say the same.",
    "kappa": "Beyond chance: Cohen's for two people, Fleiss' for more.",
    "alpha": "Krippendorff's: 1 is full agreement, 0 what chance would give.",
    "AC1": "Gwet's: stays meaningful where nearly everything is one class.",
}
SHOWN_ITEMS: Final = 12


def show() -> None:
    """Show the measure of the address."""
    dataset = state.current_dataset()
    if dataset is None:
        nothing_yet()
        return
    asked = state.parameter("of") or ""
    of = asked if asked in MEASURES else next(iter(MEASURES))
    with st.container(horizontal=True, key="top", vertical_alignment="center", gap="small"):
        choose_dataset()
        st.session_state["agreement-of"] = of
        st.segmented_control(
            "Measure",
            list(MEASURES),
            key="agreement-of",
            format_func=MEASURES.__getitem__,
            on_change=lambda: state.go(
                {"dataset": dataset.name, "of": st.session_state["agreement-of"] or of}
            ),
            label_visibility="collapsed",
        )
    found = agreement.measure(state.workspace(), actor=state.actor(), dataset_id=dataset.id, of=of)
    if not found.annotators and not found.report.overall.units:
        st.info("Nobody has submitted anything in a queue yet, so there is nothing to compare.")
        return
    show_overall(found.report.overall)
    with st.container(key="desk"):
        left, right = st.columns([3, 2], gap="large")
        with left, st.container(key="left"):
            show_cells(found)
            show_annotators(found.annotators)
        with right, st.container(key="right"):
            show_differing(found)
            show_confusions(found)


def show_overall(cell: Cell) -> None:
    """The coefficients over everybody, large."""
    columns = st.columns(len(COEFFICIENTS))
    for column, name in zip(columns, COEFFICIENTS, strict=True):
        found = cell.figures[name]
        with column:
            st.metric(name, number(found), help=HELP[name])
            st.caption(literal(beneath(found)))


def number(found: Figure) -> str:
    """A coefficient, or that it is undefined."""
    return "undefined" if found.value is None else f"{found.value:.2f}"


def beneath(found: Figure) -> str:
    """Its interval, or why there is none."""
    if found.low is None or found.high is None:
        return found.why
    return f"95 %: {found.low:.2f} to {found.high:.2f}, {counted(found.items, 'item')}"


def show_cells(found: Agreement) -> None:
    """Per pair, per type, per week."""
    names = found.names
    pairs = {f"{names[a]} – {names[b]}": one for (a, b), one in found.report.pairs.items()}
    kind = "level" if found.report.measure in ("verdict", "flag") else "type"
    tables = (
        ("By pair", pairs),
        (f"By {kind}", found.report.strata),
        ("By week", found.report.weeks),
    )
    for title, cells in tables:
        if cells:
            st.subheader(title)
            show_table(title.lower().replace(" ", "-"), lines(cells))


def lines(cells: Mapping[str, Cell]) -> list[dict[str, Any]]:
    """Cells as lines of a table; what is undefined says why."""
    return [
        {"": name, "units": cell.units, "items": cell.items}
        | {coefficient: spoken(cell.figures[coefficient]) for coefficient in COEFFICIENTS}
        for name, cell in cells.items()
    ]


def spoken(found: Figure) -> str:
    """A coefficient with its interval on one line."""
    if found.value is None:
        return f"undefined: {found.why}"
    if found.low is None or found.high is None:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def show_annotators(annotators: tuple[Annotator, ...]) -> None:
    """Each annotator's figures, or only one's own."""
    if not annotators:
        return
    st.subheader("Annotators")
    show_table(
        "annotators",
        [
            {
                "annotator": one.name,
                "submitted": one.submitted,
                "minutes each": "–" if one.minutes is None else f"{one.minutes:.1f}",
                "verdict as settled": share(one.consensus, one.settled),
                "all as settled": share(one.whole, one.settled),
                "gold": share(one.gold, one.golds),
                "reliability": "–" if one.reliability is None else f"{one.reliability:.0%}",
            }
            for one in annotators
        ],
    )
    st.caption(
        "Minutes are the median from taking an item to submitting it. Reliability: how often a "
        "verdict is the likeliest true one, by Dawid and Skene."
    )


def share(value: float | None, of: int) -> str:
    """A share and how much it rests on."""
    return "–" if value is None else f"{value:.0%} of {of}"


def show_differing(found: Agreement) -> None:
    """The items where people differ, most first, each with the way there."""
    if not found.differing:
        return
    st.subheader("Where people differ")
    for one in found.differing[:SHOWN_ITEMS]:
        with st.container(
            horizontal=True, wrap=False, key=f"line-{one.item_id}", vertical_alignment="center"
        ):
            if st.button(
                f"Item {literal(one.source_id)}", key=f"differ-{one.item_id}", type="tertiary"
            ):
                go_to("curate", {"dataset": found.dataset.name, "item": str(one.item_id)})
            said = ", ".join(f"{name} {verdict}" for name, verdict in one.verdicts)
            st.text(f"{one.apart:.2f}  {said}", width="stretch")
    rest = len(found.differing) - SHOWN_ITEMS
    if rest > 0:
        st.caption(f"and {rest} more: Curate ▸ differ")
    offer_csv("where-people-differ", differing_rows(found))


def differing_rows(found: Agreement) -> list[dict[str, Any]]:
    """What each annotator says of each item where people differ."""
    return [
        {"item": one.source_id, "apart": one.apart, "annotator": name, "verdict": verdict}
        for one in found.differing
        for name, verdict in one.verdicts
    ]


def show_confusions(found: Agreement) -> None:
    """Verdicts of two people against each other."""
    if not found.report.confusions:
        return
    st.subheader("Verdicts against each other")
    for one in found.report.confusions:
        first, second = (found.names[person_id] for person_id in one.names)
        st.dataframe(
            [
                {f"{first} ↓ {second} →": verdict}
                | dict(zip(VERDICTS, (str(n) for n in row), strict=True))
                for verdict, row in zip(VERDICTS, one.table, strict=True)
            ],
            hide_index=True,
        )
    offer_csv("verdicts-against-each-other", confusion_rows(found))


def confusion_rows(found: Agreement) -> list[dict[str, Any]]:
    """Every cell of every two people's table of verdicts."""
    return [
        {
            "first": found.names[one.names[0]],
            "second": found.names[one.names[1]],
            "first says": mine,
            "second says": theirs,
            "items": number,
        }
        for one in found.report.confusions
        for mine, numbers in zip(VERDICTS, one.table, strict=True)
        for theirs, number in zip(VERDICTS, numbers, strict=True)
    ]

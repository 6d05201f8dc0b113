"""The Judges page: how far each judge can be trusted, and what that does to the models.

Parameters: ``dataset``, ``section``. Every figure is computed by the audit service and kept; the
page shows it, its table, and the same table as a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import pandas as pd
import streamlit as st

from annotator.domain.counting import counted
from annotator.domain.records import Dataset
from annotator.services import audit as auditor
from annotator.services import auditing, jobs
from annotator.services.audit import Audit
from annotator.services.audit_tables import ALL, TABLES, as_csv, said
from annotator.ui import state
from annotator.ui.jobs import show_jobs
from annotator.ui.judge_charts import grid_of_grades, intervals, outcomes
from annotator.ui.judge_run import show_runs
from annotator.ui.places import PAGES, go_to
from annotator.ui.shell import choose_dataset, clock, nothing_yet

AT_ONCE: Final = 20_000
"""Up to so many cases the figures are brought up to date while the page opens; else by a job."""

FIRST: Final = ("Audit sample", "Runs")
"""Sections that need no scores yet."""

WIDEST_NAME: Final = 360
PADDING: Final = 18
LETTER: Final = 6.6
"""Of a table's first column, in CSS pixels."""

Row = dict[str, Any]


def show() -> None:
    """Show the section of the address."""
    dataset = state.current_dataset()
    if dataset is None:
        nothing_yet()
        return
    found = auditor.look(state.workspace(), dataset_id=dataset.id)
    if found.behind and cases_of(found) <= AT_ONCE:
        with st.spinner("Computing what changed …"):
            found = auditor.compute(state.workspace(), dataset_id=dataset.id)
    section = show_top(dataset, found)
    if not found.cells.get("summary", {}).get("cases") and section not in FIRST:
        st.info(
            "No answers of models were imported yet. Import them, and judges' replies, with"
            " `annotator responses` and `annotator judge import`."
        )
        return
    SECTIONS[section](dataset, found)


def cases_of(found: Audit) -> int:
    """How many (response, component) there are, those that wait to be looked at included."""
    return int(found.cells.get("summary", {}).get("cases", 0)) + found.behind


def show_top(dataset: Dataset, found: Audit) -> str:
    """Dataset, section, and how fresh the figures are; returns the section."""
    wanted = state.parameter("section")
    held = wanted if wanted in SECTIONS else next(iter(SECTIONS))

    def chosen() -> None:
        name = st.session_state["judges_section"] or held
        state.go({"dataset": dataset.name, "section": name})

    with st.container(horizontal=True, key="judges-top", vertical_alignment="center"):
        st.session_state["judges_section"] = held
        st.segmented_control(
            "Section",
            list(SECTIONS),
            key="judges_section",
            on_change=chosen,
            label_visibility="collapsed",
        )
        choose_dataset()
        made = f"as of {clock(found.made_at)}" if found.made_at else "not computed yet"
        changed = f", {found.behind:,} scored components changed since" if found.behind else ""
        st.caption(f"{made}{changed}")
        st.button(
            "Bring up to date",
            shortcut="U",
            disabled=not found.behind,
            on_click=update,
            args=(dataset,),
        )
    if cases_of(found) > AT_ONCE:
        show_jobs("audit", dataset_id=dataset.id)
    return held


def update(dataset: Dataset) -> None:
    """Let the worker bring the figures up to date."""
    state.attempt(
        lambda: jobs.enqueue(
            state.workspace(),
            actor=state.actor(),
            kind="audit",
            dataset_id=dataset.id,
            parameters={},
        )
    )


# ------------------------------------------------------------------------- what sections share


def show_table(name: str, rows: list[Row], *, hide: Iterable[str] = ()) -> None:
    """Rows as a table, their figures in words, and the same rows as a file."""
    if not rows:
        st.caption("Nothing yet.")
        return
    hidden = {"value", "low", "high", "note", *hide}
    has_figure = "note" in rows[0]
    shown = [
        {key: shown_value(value) for key, value in row.items() if key not in hidden}
        | ({"figure, 95 % interval": said(row)} if has_figure else {})
        for row in rows
    ]
    frame = pd.DataFrame(shown)
    st.dataframe(frame, hide_index=True, width="stretch", column_config=names_whole(frame))
    offer_csv(name, rows)


def names_whole(frame: pd.DataFrame) -> dict[str, Any]:
    """The first column as wide as its longest name, which it would share out otherwise."""
    name = str(frame.columns[0])
    longest = max(len(str(value)) for value in (name, *frame.iloc[:, 0]))
    width = min(WIDEST_NAME, round(PADDING + LETTER * longest))
    return {name: st.column_config.Column(width=width)}


def offer_csv(name: str, rows: list[Row]) -> None:
    """Rows as a file."""
    st.download_button(
        "CSV",
        as_csv(rows),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"csv-{name}",
        help="The whole table, with unrounded figures",
    )


def shown_value(value: Any) -> str:
    """A cell for people: chances and shares to three places, nothing where there is nothing."""
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def choice(label: str, options: list[str], *, key: str) -> str | None:
    """One of several names, as they stand."""
    if not options:
        return None
    return st.selectbox(label, options, key=key, width=360)


def overall(rows: Iterable[Row]) -> list[Row]:
    """The rows over all methods and types."""
    return [row for row in rows if (row["method"], row["type"]) == (ALL, ALL)]


def named(rows: Iterable[Row]) -> list[Row]:
    """Rows with their slice in one word."""
    return [{**row, "slice": slice_of(row)} for row in rows]


def slice_of(row: Row) -> str:
    """``direct · length_limit``, or ``all``."""
    parts = [row[name] for name in ("method", "type") if row[name] != ALL]
    return " · ".join(parts) or ALL


# ------------------------------------------------------------------------- sections


def show_models(dataset: Dataset, found: Audit) -> None:
    """The leaderboard under each rater, and corrected means."""
    st.subheader("Models under each rater")
    st.caption(
        "An item counts the share of its points that was read; means are over items. Intervals are"
        " a paired bootstrap over items. Final scores: adjudicated, else the judges' mean, else"
        " the verifier's. A verifier sees only what code can decide."
    )
    rows = TABLES["leaderboard"](found)
    intervals(rows, line="under", colour="model", title="mean share of points")
    show_table("leaderboard", [with_change(row) for row in rows])
    with st.expander("Differences between models, over the items both have"):
        show_table("differences", TABLES["differences"](found))
    st.subheader("Means as people would score")
    sample = found.cells.get("sample", {})
    if not sample.get("labelled"):
        st.info(
            "No audit sample was scored yet, so nothing corrects these means: draw one under"
            " Audit sample. Scores from the queue of disagreements are the hard cases and are"
            " not used."
        )
        return
    st.caption(
        "Corrected: prediction-powered inference (PPI++) with the sample's probabilities,"
        " clustered by item. Tuning: how far the judge is used, from 0 to 1. Pass rate: the share"
        " of full points, corrected by sensitivity and specificity. People alone: what the sample"
        " says without any judge."
    )
    corrected = TABLES["corrected"](found)
    judge = choice("Judge", list(dict.fromkeys(r["judge"] for r in corrected)), key="corrected")
    mine = [row for row in corrected if row["judge"] == judge]
    judged = [
        {**row, "estimate": "as judged", "value": row["judged"], "low": None, "high": None}
        for row in mine
        if row["estimate"] == "corrected"
    ]
    means = [row for row in mine if row["estimate"] != "corrected pass rate"]
    intervals([*judged, *means], line="model", colour="estimate", title="mean share of points")
    show_table("corrected", mine)


def with_change(row: Row) -> Row:
    """A leaderboard's row with its rank's change in words."""
    change = row["change"]
    word = "" if change is None else "=" if change == 0 else f"{change:+d}"
    ranks = "" if row["rank low"] is None else f"{row['rank low']}–{row['rank high']}"
    first = {
        "under": row["under"],
        "model": row["model"],
        "rank": row["rank"],
        "rank, 95 %": ranks,
        "against final": word,
        "first in": None if row["first"] is None else f"{row['first']:.0%}",
    }
    return first | {name: row[name] for name in ("value", "low", "high", "scores", "items", "note")}


def show_agreement(dataset: Dataset, found: Audit) -> None:
    """Two raters at a time; all judges together."""
    rows = TABLES["agreement"](found)
    pairs = list(dict.fromkeys(f"{row['rater']} ↔ {row['other']}" for row in rows))
    if not pairs:
        st.info("Agreement needs two raters: two judges, a judge and the verifier, or people.")
        return
    st.caption(
        "Kappa and AC1 compare grades (none, part, full), alpha compares shares. Prevalence: the"
        " share of full points, which moves kappa. Difference: how much more the first gives."
        " Adjudicated cases are the hard ones: agreement with them is lower than usual."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pair = choice("Raters", pairs, key="agreement-pair")
        figures = list(dict.fromkeys(row["figure"] for row in rows))
        figure = choice("Figure", figures, key="agreement-figure")
    mine = named(r for r in rows if f"{r['rater']} ↔ {r['other']}" == pair)
    left, right = st.columns([3, 2], gap="large")
    with left:
        chosen = [row for row in mine if row["figure"] == figure]
        domain = (0.0, 1.0) if all((r["low"] or 0) >= 0 for r in chosen) else (-1.0, 1.0)
        intervals(chosen, line="slice", colour="figure", title=str(figure), domain=domain)
    with right:
        table = named(r for r in TABLES["confusion"](found))
        table = [r for r in table if f"{r['rater']} ↔ {r['other']}" == pair]
        part = choice("Grades in", list(dict.fromkeys(r["slice"] for r in table)), key="grades-in")
        first, other = str(pair).split(" ↔ ")
        grid_of_grades([r for r in table if r["slice"] == part], first=first, other=other)
    drop = ("rater", "other", "slice")
    show_table("agreement", mine, hide=drop)
    with st.expander("The table of grades"):
        show_table("confusion", table, hide=drop)
    if TABLES["panel"](found):
        st.subheader("All judges among each other")
        show_table("judges-together", TABLES["panel"](found))


def show_errors(dataset: Dataset, found: Audit) -> None:
    """Sensitivity and specificity; the alternative-annotator test."""
    st.subheader("Sensitivity and specificity")
    st.caption(
        "Against people's blind scores of the audit sample, weighted by its probabilities."
        " Sensitivity: of what people pass, the share the judge passes; specificity: of what they"
        " fail, the share it fails. Passing is getting full points."
    )
    rows = named(TABLES["errors"](found))
    judge = choice("Judge", list(dict.fromkeys(row["judge"] for row in rows)), key="errors-judge")
    mine = [row for row in rows if row["judge"] == judge]
    rates = [row for row in mine if row["figure"] in ("sensitivity", "specificity")]
    if any(row["value"] is not None for row in rates):
        intervals(rates, line="slice", colour="figure", title="share")
    else:
        st.info("No audit sample was scored yet: draw one under Audit sample.")
    show_table("errors", mine, hide=("judge", "slice"))
    st.subheader("May a judge replace an annotator?")
    st.caption(
        "The alternative-annotator test (arXiv 2501.10970), ε 0.15: each annotator is left out in"
        " turn; the judge wins where it agrees with the others about as well. From a winning rate"
        " of 0.5 on it may."
    )
    show_table("replacement", TABLES["replacement"](found))


def show_steadiness(dataset: Dataset, found: Audit) -> None:
    """Repeats, length, family; PIF."""
    st.subheader("Repeats and biases")
    st.caption(
        "Flip rate: the chance that two repeats fall into different grades. Spread: standard"
        " deviation over repeats, in shares. Length bias: how much more share above the reference"
        " an answer of double length gets. Family preference: how much further above the reference"
        " a judge scores models of its own family."
    )
    rows = TABLES["steadiness"](found)
    intervals(rows, line="figure", colour="judge", title="share of points", domain=None)
    show_table("steadiness", rows)
    st.subheader("Verifiable constraints followed")
    st.caption(
        "PIF (arXiv 2409.18216): the share of an answer's verifiable constraints that it follows."
        " PIF-N-K: the share of items of whose N answers at least K follow all of them."
        " Several answers of a model come in by a column `run`, or `annotator responses … --run 2`."
    )
    following = TABLES["following"](found)
    intervals(following, line="model", colour="figure", title="share")
    show_table("following", following)


def show_lost(dataset: Dataset, found: Audit) -> None:
    """What could not be read, by us and by published kits."""
    st.caption(
        "What each kit would have made of the same replies. Dropped: the row is gone. Zero: what"
        " was not found counts 0. Overwritten: a repeated type lost a sibling's score. Misread:"
        " taken for another score. Unknown: the kit's versions differ, or nothing is known of it."
    )
    rows = TABLES["unparsed"](found)
    kits = [row for row in rows if row["what"] == "replies"]
    if kits:
        outcomes(kits)
    show_table("unparsed", [{**row, "share": f"{row['share'] or 0:.1%}"} for row in rows])


def show_sample(dataset: Dataset, found: Audit) -> None:
    """Draw an audit sample; how far those drawn are."""
    left, right = st.columns([2, 3], gap="large")
    with left, st.form("draw-sample"):
        st.markdown("**Draw a random sample**")
        st.number_input("Size", 1, 100_000, 200, key="sample_size")
        st.pills(
            "Stratify by",
            ["type", "model"],
            selection_mode="multi",
            default=["model"],
            key="sample_strata",
            help="Equal care for each; the probabilities are recorded and weighed",
        )
        st.number_input("People for each", 1, 20, 1, key="sample_raters")
        st.form_submit_button("Draw", type="primary", on_click=draw_sample, args=(dataset,))
    with right:
        st.markdown("**Samples**")
        st.caption(
            "People score a sample blind, on Adjudicate. Only these labels correct means,"
            " sensitivity and specificity; all samples together, by the chance that a component had"
            " of being in any of them."
        )
        samples = auditing.samples(state.workspace(), dataset_id=dataset.id)
        used = found.cells.get("sample", {})
        for sample in samples:
            strata = ", ".join(sample.strata) or "nothing"
            st.text(
                f"{clock(sample.created_at)}: {sample.size} of {sample.population:,}, stratified"
                f" by {strata}, {sample.raters} each"
                + ("; used" if sample.id in used.get("samples", ()) else "")
            )
        st.caption(
            f"{counted(used.get('labelled', 0), 'label')} in all." if samples else "None yet."
        )
        if "adjudicate" in PAGES and samples and st.button("Score it blind"):
            go_to("adjudicate", {"dataset": dataset.name, "sample": str(samples[0].id)})


def draw_sample(dataset: Dataset) -> None:
    """Draw the sample that the form asks for."""
    state.attempt(
        lambda: auditing.draw(
            state.workspace(),
            actor=state.actor(),
            dataset=dataset.name,
            size=int(st.session_state["sample_size"]),
            strata=tuple(st.session_state["sample_strata"]),
            raters=int(st.session_state["sample_raters"]),
        )
    )


SECTIONS: Final[dict[str, Callable[[Dataset, Audit], None]]] = {
    "Models": show_models,
    "Agreement": show_agreement,
    "Errors": show_errors,
    "Steadiness": show_steadiness,
    "Lost scores": show_lost,
    "Audit sample": show_sample,
    "Runs": lambda dataset, _: show_runs(dataset),
}
"""The sections by name."""

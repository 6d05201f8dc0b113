"""The Progress page: how far the work is, at which pace, when it ends, and what blocks whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from annotator.domain.counting import counted
from annotator.services import progress
from annotator.services.progress import Block, Day, Group, Progress, Worker
from annotator.ui import state
from annotator.ui.judge_charts import draw
from annotator.ui.judges import show_table
from annotator.ui.places import go_to
from annotator.ui.shell import choose_dataset, clock, literal, nothing_yet

HEIGHT = 190
BLUE, ORANGE = "#0072B2", "#E69F00"


def show() -> None:
    """Show the dataset of the address."""
    dataset = state.current_dataset()
    if dataset is None:
        nothing_yet()
        return
    with st.container(horizontal=True, key="top", vertical_alignment="center", gap="small"):
        choose_dataset()
        st.markdown(f"**{literal(dataset.name)}**")
    found = progress.of_dataset(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
    show_numbers(found)
    with st.container(key="desk"):
        left, right = st.columns([3, 2], gap="large")
        with left, st.container(key="left"):
            show_days(found.days)
            show_workers(found.workers, found.everybody)
        with right, st.container(key="right"):
            show_blocks(found)
            show_groups("By split", "splits", found.splits)
            show_groups("By level", "levels", found.levels)


def show_numbers(found: Progress) -> None:
    """How far, at which pace, and when it ends."""
    done = found.items - found.left
    st.progress(done / found.items if found.items else 0.0, text=f"{done} of {found.items} settled")
    end = found.ending
    pace = found.pace
    over = f"mean of {counted(pace.days, 'day')}" if pace else ""
    numbers = (
        ("Left", str(found.left), f"{found.statuses.get('draft', 0)} of them in work"),
        ("Submitted a day", f"{pace.submitted:.3g}" if pace else "–", over),
        ("Settled a day", f"{pace.settled:.3g}" if pace else "–", over),
        (
            "Time an item",
            span(found.minutes),
            "median, pauses left out"
            if found.minutes is not None
            else "known only where items are assigned",
        ),
        ("Expected end", f"{end.date:%Y-%m-%d}" if end.date else "not known", end.why),
    )
    for column, (label, value, beneath) in zip(st.columns(5), numbers, strict=True):
        with column:
            st.metric(label, value)
            st.caption(literal(beneath))


def span(minutes: float | None) -> str:
    """A time as people say it."""
    if minutes is None:
        return "–"
    return f"{60 * minutes:.0f} s" if minutes < 2 else f"{minutes:.1f} min"


def show_days(days: Sequence[Day]) -> None:
    """What was left, and what was done, day by day."""
    st.subheader("Day by day")
    if not days:
        st.caption("Nothing has been submitted or settled yet.")
        return
    rows: list[dict[str, Any]] = [
        {"day": str(d.date), "left": d.left, "submitted": d.submitted, "settled": d.settled}
        for d in days
    ]
    if len(days) == 1:
        show_table("days", rows)
        return
    with st.container(key="burn-down"):
        for chart in charts(pd.DataFrame(rows)):
            draw(chart, height=HEIGHT)
    with st.expander("As a table"):
        show_table("days", rows[::-1])


def charts(frame: pd.DataFrame) -> tuple[alt.Chart, alt.Chart]:
    """What was left as a line, and what was done as two bars a day, side by side.

    Days are of UTC, and ordinal: on a scale of time bars are not set apart but stacked.
    """
    axis = alt.Axis(format="%d %b", labelAngle=0, labelOverlap="greedy")
    x = alt.X("utcyearmonthdate(day):O", title=None, axis=axis)
    line = (
        alt.Chart(frame)
        .mark_line(color=BLUE, point=True)
        .encode(x=x, y=alt.Y("left:Q", title="items left"), tooltip=["day", "left"])
    )
    long = frame.melt("day", ["submitted", "settled"], "what", "number")
    bars = (
        alt.Chart(long)
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("number:Q", title="a day", stack=None),
            xOffset=alt.XOffset("what:N", sort=["submitted", "settled"]),
            color=alt.Color(
                "what:N",
                sort=["submitted", "settled"],
                scale=alt.Scale(domain=["submitted", "settled"], range=[ORANGE, BLUE]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            tooltip=["day", "what", "number"],
        )
    )
    return line, bars


def show_workers(workers: Sequence[Worker], everybody: bool) -> None:
    """Each person's part, or one's own."""
    st.subheader("People" if everybody else "You")
    rows = [
        {
            "person": one.name,
            "submitted": one.submitted,
            "today": one.today,
            "a day": None if one.per_day is None else round(one.per_day, 2),
            "an item": span(one.minutes),
            "drafts": one.drafts,
            "at work": one.kept,
            "dealt": one.dealt,
            "skipped": one.skipped,
            "ran out": one.ran_out,
            "last": clock(one.last),
        }
        for one in workers
    ]
    show_table("people", rows)


def show_groups(title: str, name: str, groups: Sequence[Group]) -> None:
    """Items by split or level, and status."""
    st.subheader(title)
    rows: list[dict[str, Any]] = [
        {
            "": one.name,
            "items": one.items,
            "settled": one.curated,
            "in work": one.draft,
            "open": one.open,
            "done": f"{one.curated / one.items:.0%}",
        }
        for one in groups
    ]
    show_table(name, rows)


def show_blocks(found: Progress) -> None:
    """What waits for whom, with the way there."""
    st.subheader("What waits for whom")
    if not found.blocks:
        st.caption("Nothing waits for anybody.")
    for number, block in enumerate(found.blocks):
        show_block(found, block, number)


def show_block(found: Progress, block: Block, place: int) -> None:
    """One thing that waits."""
    key = f"line-block-{place}"
    with st.container(horizontal=True, wrap=False, key=key, vertical_alignment="center"):
        many = f": {block.number}" if block.number else ""
        st.text(f"{block.who} · {block.what}{many}", width="stretch")
        if block.page and st.button("Go there", key=f"block-{place}", type="tertiary"):
            where = {"dataset": found.dataset.name}
            go_to(block.page, where | ({"stage": block.stage} if block.stage else {}))

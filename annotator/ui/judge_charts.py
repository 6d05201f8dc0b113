"""The charts of the Judges page: intervals, a table of grades, shares of outcomes.

Rows are those of ``annotator.services.audit_tables``; rows without a number are left to the table
beside the chart, which says why there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd
import streamlit as st

COLOURS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8A8A8A")
"""Okabe and Ito's set, without its yellow and black, which one of the themes swallows."""
SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "stroke")
LINE: Final = 30
"""Pixels for one line of a chart."""
ROUND: Final = 110
"""Pixels for legend, axis and its title."""

Row = dict[str, Any]


def intervals(
    rows: Sequence[Row],
    *,
    line: str,
    colour: str,
    title: str,
    domain: tuple[float, float] | None = (0.0, 1.0),
) -> None:
    """A dot with its interval per row: a line for each ``line``, side by side by ``colour``."""
    known = [row for row in rows if row["value"] is not None]
    if not known:
        return
    frame = pd.DataFrame(
        {
            "line": [str(row[line]) for row in known],
            "colour": [str(row[colour]) for row in known],
            "value": [row["value"] for row in known],
            "low": [row["value"] if row["low"] is None else row["low"] for row in known],
            "high": [row["value"] if row["high"] is None else row["high"] for row in known],
        }
    )
    colours = list(dict.fromkeys(frame["colour"]))
    lines = list(dict.fromkeys(frame["line"]))
    step = max(LINE, 13 * len(colours) + 10)
    scale = alt.Scale(domain=list(domain)) if domain else alt.Scale(zero=False)
    ticks = alt.Axis(tickCount=10)
    x = alt.X("value:Q", title=title, scale=scale, axis=ticks)
    y = alt.Y("line:N", title=None, sort=lines, axis=alt.Axis(labelLimit=230, labelOverlap=False))
    offset = alt.YOffset("colour:N", sort=colours)
    palette = alt.Color(
        "colour:N",
        sort=colours,
        scale=alt.Scale(domain=colours, range=list(COLOURS)),
        legend=alt.Legend(title=None, orient="top", labelLimit=240) if len(colours) > 1 else None,
    )
    shape = alt.Shape(
        "colour:N", sort=colours, scale=alt.Scale(domain=colours, range=list(SHAPES)), legend=None
    )
    base = alt.Chart(frame)
    bars = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=title, scale=scale, axis=ticks),
        x2="high:Q",
        y=y,
        yOffset=offset,
        color=palette,
    )
    hint = [alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high")]
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=x, y=y, yOffset=offset, color=palette, shape=shape, tooltip=["line", "colour", *hint]
    )
    draw(bars + dots, height=step * len(lines) + ROUND)


def grid_of_grades(rows: Sequence[Row], *, first: str, other: str) -> None:
    """A confusion matrix: how often each grade by one met each by the other."""
    frame = pd.DataFrame(
        {
            "given": [row["grade"] for row in rows],
            "met": [row["other's grade"] for row in rows],
            "scores": [row["scores"] for row in rows],
        }
    )
    order = ["none", "part", "full"]
    base = alt.Chart(frame).encode(
        x=alt.X("met:N", sort=order, title=other, axis=alt.Axis(labelAngle=0, titleLimit=280)),
        y=alt.Y("given:N", sort=order, title=first, axis=alt.Axis(titleLimit=200)),
    )
    squares = base.mark_rect().encode(
        color=alt.Color("scores:Q", scale=alt.Scale(scheme="blues"), legend=None),
        tooltip=["given", "met", "scores"],
    )
    half = frame["scores"].max() / 2
    words = base.mark_text(fontSize=15, fontWeight="bold").encode(
        text="scores:Q",
        color=alt.condition(alt.datum.scores > half, alt.value("white"), alt.value("#1a1a1a")),
    )
    draw(squares + words, height=240)


def outcomes(rows: Sequence[Row]) -> None:
    """What each reader made of a judge's replies, as shares of all."""
    frame = pd.DataFrame(
        {
            "line": [f"{row['judge']}: {row['reader']}" for row in rows],
            "outcome": [row["outcome"] for row in rows],
            "share": [row["share"] for row in rows],
            "number": [row["number"] for row in rows],
        }
    )
    order = ["read", "overwritten", "misread", "zero", "dropped", "unknown"]
    palette = ["#009E73", "#E69F00", "#CC79A7", "#D55E00", "#0072B2", "#8A8A8A"]
    chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X(
                "share:Q",
                title="share of replies",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(tickCount=10),
            ),
            y=alt.Y("line:N", title=None, axis=alt.Axis(labelLimit=260, labelOverlap=False)),
            color=alt.Color(
                "outcome:N",
                sort=order,
                scale=alt.Scale(domain=order, range=palette),
                legend=alt.Legend(title=None, orient="top"),
            ),
            order=alt.Order("rank:Q"),
            tooltip=["line", "outcome", "number", alt.Tooltip("share:Q", format=".1%")],
        )
        .transform_calculate(rank=f"indexof({order}, datum.outcome)")
    )
    draw(chart, height=LINE * frame["line"].nunique() + ROUND)


def draw(chart: Any, *, height: int) -> None:
    """A chart as wide as its place."""
    st.altair_chart(chart.properties(height=height), width="stretch")

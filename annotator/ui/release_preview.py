"""A preview of a release: what goes in, what stays out and why, the splits, what would break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from annotator.domain.counting import counted
from annotator.domain.records import Dataset
from annotator.ui import state

SHOWN: Final = 50
LISTED: Final = 200


def show(found: Mapping[str, Any], dataset: Dataset) -> None:
    """The whole preview."""
    counts = found["counts"]
    columns = st.columns(4)
    columns[0].metric("Items", counts["items"])
    columns[1].metric("Changed", counts["changed"])
    columns[2].metric("With an open error", len(found["open_errors"]))
    columns[3].metric("People differed on", len(found["disputed"]))
    out = ", ".join(f"{number} ({why})" for why, number in counts["left_out"].items()) or "none"
    st.caption(f"Left out: {out}")
    show_waiting(found, dataset)
    show_rules(found["rules"])
    show_splits(found)
    show_problems(found)
    show_changed(found)
    show_names("Items with an open error", found["open_errors"])
    show_names("Items that people disagreed on", found["disputed"])


def show_rules(rules: Sequence[Mapping[str, Any]]) -> None:
    """Each rule with what it keeps and drops, and which."""
    dropping = [rule for rule in rules if rule["dropped"]]
    with st.expander(f"Rules ({len(dropping)} leave something out)"):
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "rule": rule["rule"],
                        "kept": rule["kept"],
                        "left out": len(rule["dropped"]),
                        "by itself": rule["alone"],
                    }
                    for rule in rules
                ]
            ),
            hide_index=True,
        )
        for rule in dropping:
            st.text(f"Out by “{rule['rule']}”: {shortened(rule['dropped'])}")


def show_splits(found: Mapping[str, Any]) -> None:
    """The table of what came out, and how levels and types are spread over it."""
    figures = found["figures"] or {}
    with st.expander(f"Splits ({len(found['splits'])})", expanded=len(found["splits"]) > 1):
        frame = pd.DataFrame(found["splits"]).dropna(axis="columns", how="all")
        st.dataframe(frame, hide_index=True)
        left, right = st.columns(2)
        for place, title, name in ((left, "level", "levels"), (right, "type", "types")):
            if figures.get(name):
                frame = pd.DataFrame(figures[name]).rename(columns={"value": title})
                place.dataframe(frame, hide_index=True)


def show_waiting(found: Mapping[str, Any], dataset: Dataset) -> None:
    """Items that would join two groups of an earlier release: a person says where they go."""
    if not found["waiting"]:
        return
    names = [line["split"] for line in found["splits"]]
    decided: dict[str, str] = dict(state.kept(f"placed-{dataset.id}", {}))
    st.warning(
        counted(len(found["waiting"]), "group of items is", "groups of items are")
        + " near items of several splits, and out until you say where they go.",
        icon=":material/call_merge:",
    )
    for group in found["waiting"]:
        first = group["items"][0]
        near = ", ".join(sorted({place["split"] for place in group["joins"]}))
        chosen = st.segmented_control(
            f"{shortened(group['items'])}: near items of {near}; goes to",
            names,
            key=f"place-{dataset.id}-{first}",
        )
        if chosen:
            decided[first] = chosen
            state.keep(f"placed-{dataset.id}", decided)
            st.rerun()


def show_problems(found: Mapping[str, Any]) -> None:
    """What the published readers would stumble over."""
    kinds = (found["figures"] or {}).get("problems", [])
    if not kinds:
        st.caption(":material/check: Nothing that published kits cannot read.")
        return
    total = sum(kind["items"] for kind in kinds)
    with st.expander(f"What published kits would stumble over ({total})"):
        st.dataframe(pd.DataFrame(kinds), hide_index=True)
        for problem in found["problems"][:SHOWN]:
            st.text(f"{problem['item']}: {problem['reader']}: {problem['sentence']}")


def show_changed(found: Mapping[str, Any]) -> None:
    """What people did, against the source."""
    if not found["changed"]:
        return
    with st.expander(f"What people did ({found['changed_items']})"):
        for one in found["changed"][:SHOWN]:
            said = [part for part in (one["why"], one["said"]) if part]
            st.text(f"{one['item']}: {'; '.join(said) or 'looked at and kept as it came'}")
        more = found["changed_items"] - min(SHOWN, len(found["changed"]))
        if more:
            st.caption(f"and {more} more, all in CHANGES.md")


def show_names(title: str, names: Sequence[str]) -> None:
    """A list of items."""
    if names:
        with st.expander(f"{title} ({len(names)})"):
            st.text(shortened(names))


def shortened(names: Sequence[str]) -> str:
    """Names as one line of bearable length."""
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")

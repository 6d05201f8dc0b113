"""The Home page: where the dataset stands, what to do next, what happened lately."""

from __future__ import annotations

import streamlit as st

from annotator.checks.registry import title
from annotator.domain.counting import counted
from annotator.domain.rights import may
from annotator.services import datasets, history
from annotator.services.datasets import Standing
from annotator.ui import state
from annotator.ui.places import go_to
from annotator.ui.shell import choose_dataset, clock, literal, nothing_yet
from annotator.ui.welcome import leave

RECENT = 12


def show() -> None:
    """Show where the current dataset stands."""
    dataset = state.current_dataset()
    if dataset is None:
        nothing_yet()
        leave()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(literal(dataset.name), width="stretch")
        choose_dataset()
    standing = datasets.standing(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_progress(standing)
        show_next(standing)
        show_findings(standing)
    with right:
        show_recent(standing)
        show_sources(standing)
        leave()


def show_progress(standing: Standing) -> None:
    """How much is settled, and how."""
    total = standing.items
    done = standing.curated
    st.progress(
        done / total if total else 0.0, text=f"{done:,} of {counted(total, 'item')} curated"
    )
    columns = st.columns(4)
    for column, (label, value) in zip(
        columns,
        (
            ("Keep", standing.verdicts.get("keep", 0)),
            ("Fix", standing.verdicts.get("fix", 0)),
            ("Drop", standing.verdicts.get("drop", 0)),
            ("Yours", standing.mine.get("submitted", 0)),
        ),
        strict=True,
    ):
        column.metric(label, value)


def show_next(standing: Standing) -> None:
    """What this person should do now."""
    name = standing.dataset.name
    st.subheader("Next")
    with st.container(horizontal=True):
        if standing.next_item is not None:
            begin = "Go on annotating" if standing.mine else "Start annotating"
            if st.button(begin, type="primary", icon=":material/edit_note:"):
                go_to("annotate", {"dataset": name})
        elif st.button("Make a release", type="primary", icon=":material/deployed_code:"):
            go_to("release", {"dataset": name})
        if standing.merges and st.button(f"Settle {counted(standing.merges, 'merge')}"):
            go_to("merge", {"dataset": name})
    if standing.drafts:
        st.caption("You have begun, but not submitted:")
        with st.container(horizontal=True):
            for item_id, name_of_item in standing.drafts:
                if st.button(f"Item {literal(name_of_item)}", key=f"draft-{item_id}"):
                    go_to("annotate", {"dataset": name, "item": str(item_id)})


def show_findings(standing: Standing) -> None:
    """What the checks found, each with the way to its items."""
    st.subheader("Findings")
    plan = standing.dataset.plan
    if plan is not None and plan.shared and not may(state.actor().role, "settle"):
        st.caption(
            "Those of items that several people judge are not shown before these are settled."
        )
    elif not standing.findings:
        st.caption("The checks found nothing.")
    for kind, severity, number in standing.findings:
        with st.container(
            horizontal=True, key=f"line-{kind}-{severity}", vertical_alignment="center"
        ):
            st.text(f"{number}  {title(kind)}", width=290)
            st.caption(severity, width=60)
            for label, target, name in (
                ("Settle", "conflicts", "kind"),
                ("Show items", "browse", "finding"),
            ):
                if st.button(label, key=f"{target}-{kind}-{severity}", type="tertiary"):
                    go_to(target, {"dataset": standing.dataset.name, name: kind})


def show_recent(standing: Standing) -> None:
    """What happened lately."""
    st.subheader("Lately")
    lines = history.recent(
        state.workspace(), actor=state.actor(), dataset_id=standing.dataset.id, limit=RECENT
    )
    for line in lines:
        item = f"Item {line.item}: " if line.item else ""
        st.text(f"{clock(line.event.at)}  {item}{line.sentence}")
    if not lines:
        st.caption("Nothing yet.")


def show_sources(standing: Standing) -> None:
    """The files and releases."""
    st.subheader("Sources and releases")
    for source in standing.sources:
        st.text(
            f"{source.name}, {counted(source.records, 'record')},"
            f" imported {clock(source.imported_at)}"
        )
    for release in standing.releases:
        st.text(f"Release {release.name}, {clock(release.created_at)}")

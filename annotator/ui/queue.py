"""The Queue tab of Admin, and assigning from Browse: who gets which item, and how far each is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd
import streamlit as st

from annotator.domain.assignment import STRATEGIES, Plan
from annotator.domain.counting import counted
from annotator.domain.records import Dataset
from annotator.domain.rights import may
from annotator.services import assigning, browsing, qualifying
from annotator.services.assigning import Queue
from annotator.services.browsing import View
from annotator.services.qualifying import Candidate
from annotator.ui import state
from annotator.ui.judges import names_whole
from annotator.ui.shell import literal

MOST_AT_ONCE: Final = 5_000


def show_queue(dataset: Dataset | None) -> None:
    """A dataset's plan, its annotators and how far they are."""
    if dataset is None:
        st.caption("No dataset yet.")
        return
    queue = assigning.overview(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
    left, right = st.columns([3, 4], gap="large")
    with left:
        if may(state.actor().role, "plan"):
            show_plan(queue)
        else:
            st.caption("Maintainers say how items are assigned.")
    with right:
        show_people(queue)
        if may(state.actor().role, "plan"):
            show_quotas(queue)
            show_dealing(queue)
        if may(state.actor().role, "assign"):
            show_candidates(dataset)


def show_plan(queue: Queue) -> None:
    """The plan as a form."""
    dataset = queue.dataset
    plan = dataset.plan or Plan()
    base = f"{dataset.id}-{dataset.version}"
    with st.form(f"plan-{base}"):
        st.checkbox(
            "Items are assigned to people",
            dataset.plan is not None,
            key=f"planned-{base}",
            help="Otherwise everybody takes what waits, and one annotator per item is enough.",
        )
        st.selectbox(
            "Order",
            list(STRATEGIES),
            list(STRATEGIES).index(plan.strategy),
            format_func=STRATEGIES.__getitem__,
            key=f"strategy-{base}",
        )
        numbers = (
            ("overlap", "Annotators per item", 1, plan.overlap),
            ("most", "… at most, where people differ", 0, plan.most),
            ("calibration", "Calibration items", 0, plan.calibration),
            ("calibration_overlap", "Annotators of each", 0, plan.calibration_overlap),
            ("quota", "Most items per person (0: all)", 0, plan.quota or 0),
            ("gold_every", "One gold item in (0: none)", 0, plan.gold_every),
            ("lease_minutes", "Minutes an item is kept", 1, plan.lease_minutes),
            ("pass_mark", "Pass mark of the qualification, percent", 1, plan.pass_mark),
            ("seed", "Seed of the draws", 0, plan.seed),
        )
        columns = st.columns(2)
        for index, (name, label, least, value) in enumerate(numbers):
            columns[index % 2].number_input(
                label, min_value=least, value=value, step=1, key=f"{name}-{base}"
            )
        st.checkbox(
            "Whoever has not passed the qualification gets nothing else",
            plan.must_qualify,
            key=f"must_qualify-{base}",
        )
        names = queue.names
        st.multiselect(
            "Annotators (none chosen: everybody)",
            list(names),
            [person_id for person_id in queue.annotators if person_id in names],
            format_func=names.__getitem__,
            key=f"annotators-{base}",
        )
        st.form_submit_button("Save", type="primary", on_click=save_plan, args=(queue, base))
    if dataset.plan is not None:
        st.button(
            "Order the queue anew",
            help="By the findings and the agreement as they are now",
            on_click=reorder,
            args=(dataset.id,),
        )


def save_plan(queue: Queue, base: str) -> None:
    """Save the plan and lay the queue out."""
    values = st.session_state
    dataset = queue.dataset

    def number(name: str) -> int:
        return int(values[f"{name}-{base}"])

    plan = Plan(
        strategy=values[f"strategy-{base}"],
        overlap=number("overlap"),
        most=number("most"),
        calibration=number("calibration"),
        calibration_overlap=number("calibration_overlap"),
        quota=number("quota") or None,
        gold_every=number("gold_every"),
        must_qualify=values[f"must_qualify-{base}"],
        pass_mark=number("pass_mark"),
        lease_minutes=number("lease_minutes"),
        seed=number("seed"),
        groups=dataset.plan.groups if dataset.plan else {},
    )
    annotators = {p: queue.annotators.get(p) for p in values[f"annotators-{base}"]}
    lay_out(queue, plan if values[f"planned-{base}"] else None, annotators)


def reorder(dataset_id: int) -> None:
    """Order the queue by what is known now."""
    state.attempt(
        lambda: assigning.reorder(state.workspace(), actor=state.actor(), dataset_id=dataset_id)
    )


def show_people(queue: Queue) -> None:
    """How far each annotator is."""
    if queue.dataset.plan is None:
        st.caption("No queue: everybody takes what waits, one annotator per item.")
        return
    standing = queue.standing
    held = ", ".join(f"{number} {name}" for name, number in standing.purposes.items())
    st.caption(f"Items: {held or 'none'}. Places nobody has: {standing.free}.")
    known = sorted({person for person, _ in standing.places} | set(queue.annotators))
    lines: list[dict[str, Any]] = [
        {
            "annotator": queue.names.get(person, "?"),
            "submitted": queue.of(person, "submitted"),
            "at work": queue.of(person, "leased"),
            "dealt": queue.of(person, "dealt"),
            "skipped": queue.of(person, "skipped"),
            "ran out": queue.of(person, "expired"),
        }
        for person in known
    ]
    if lines:
        frame = pd.DataFrame(lines)
        st.dataframe(frame, hide_index=True, column_config=names_whole(frame))
    else:
        st.caption("Nobody has taken an item yet.")


def lay_out(
    queue: Queue, plan: Plan | None, annotators: Mapping[int, int | None] | None = None
) -> None:
    """Save a plan, or the annotators, and lay the queue out."""
    dataset = queue.dataset
    done = state.attempt(
        lambda: assigning.set_plan(
            state.workspace(),
            actor=state.actor(),
            dataset_id=dataset.id,
            version=dataset.version,
            plan=plan,
            annotators=annotators,
        )
    )
    if done is not None:
        state.tell("Saved, and the queue is laid out.", good=True)


def show_quotas(queue: Queue) -> None:
    """Quotas of their own for the annotators that the plan names."""
    named = [person_id for person_id in queue.annotators if person_id in queue.names]
    with st.expander("Quotas of their own"):
        if not named:
            st.caption("Name the annotators first: then each can have a quota of their own.")
            return
        base = f"{queue.dataset.id}-{queue.dataset.version}"

        def save() -> None:
            quotas = {p: int(st.session_state[f"quota-{p}-{base}"]) or None for p in named}
            lay_out(queue, queue.dataset.plan, quotas)

        with st.form(f"quotas-{base}", border=False):
            columns = st.columns(3)
            for index, person_id in enumerate(named):
                columns[index % 3].number_input(
                    f"{literal(queue.names[person_id])} (0: as all)",
                    min_value=0,
                    value=queue.annotators[person_id] or 0,
                    step=1,
                    key=f"quota-{person_id}-{base}",
                )
            st.form_submit_button("Save the quotas", on_click=save)


def show_dealing(queue: Queue) -> None:
    """Whose the items of each level, or component type, are, where they are dealt so."""
    plan = queue.dataset.plan
    if plan is None or plan.strategy not in ("level", "type"):
        return
    choices = browsing.choices(state.workspace(), actor=state.actor(), dataset_id=queue.dataset.id)
    values = list(choices.get(plan.strategy, []))
    base = f"{queue.dataset.id}-{queue.dataset.version}"

    def save() -> None:
        chosen = {v: tuple(st.session_state[f"group-{v}-{base}"]) for v in values}
        lay_out(queue, replace(plan, groups={v: who for v, who in chosen.items() if who}))

    with st.expander(f"Who gets which {plan.strategy}"), st.form(f"groups-{base}", border=False):
        for value in values:
            st.multiselect(
                f"{literal(value)} (nobody chosen: everyone)",
                list(queue.names),
                [p for p in plan.groups.get(value, ()) if p in queue.names],
                format_func=queue.names.__getitem__,
                key=f"group-{value}-{base}",
            )
        st.form_submit_button("Save and deal anew", on_click=save)


def show_candidates(dataset: Dataset) -> None:
    """Where people stand in the qualification, and letting somebody in without it."""
    found = qualifying.everyone(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
    if not found:
        return
    st.subheader("Qualification")
    for one in found:
        with st.container(
            horizontal=True, key=f"line-candidate-{one.person.id}", vertical_alignment="center"
        ):
            st.text(f"{one.person.name}: {one.said}", width="stretch")
            if one.waived or not one.passed:
                st.button(
                    "Withdraw" if one.waived else "Let in",
                    key=f"let-in-{one.person.id}",
                    type="tertiary",
                    on_click=let_in,
                    args=(dataset.id, one),
                )


def let_in(dataset_id: int, one: Candidate) -> None:
    """Let somebody in without the qualification, or no longer."""
    change = qualifying.withdraw if one.waived else qualifying.let_in
    state.attempt(
        lambda: change(
            state.workspace(), actor=state.actor(), dataset_id=dataset_id, person_id=one.person.id
        )
    )


def ids_of(dataset: Dataset, view: View, limit: int) -> list[int]:
    """The items of a view on Browse that are dealt with together."""
    return browsing.ids(
        state.workspace(), actor=state.actor(), dataset_id=dataset.id, view=view, limit=limit
    )


def show_assign(dataset: Dataset, view: View, total: int) -> None:
    """Assign the items of a view to people, from Browse."""
    queue = assigning.overview(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
    if dataset.plan is None:
        st.caption("This dataset has no queue yet: Admin ▸ Queue.")
        return
    number = min(total, MOST_AT_ONCE)

    def assign() -> None:
        chosen = st.session_state["assign_people"]
        if not chosen:
            state.tell("Choose somebody.")
            return

        def action() -> dict[str, int]:
            return assigning.assign(
                state.workspace(),
                actor=state.actor(),
                dataset_id=dataset.id,
                item_ids=ids_of(dataset, view, MOST_AT_ONCE),
                person_ids=chosen,
                widen=st.session_state["assign_widen"],
            )

        told = state.attempt(action)
        if told is not None:
            left = counted(told["left"], "was taken already", "were taken already")
            more = f"; {left}" if told["left"] else ""
            state.tell(f"{counted(told['given'], 'place')} given{more}.", good=True)

    with st.form("assign", border=False):
        st.multiselect(
            "To", list(queue.names), format_func=queue.names.__getitem__, key="assign_people"
        )
        st.checkbox("Make room where all places are taken", key="assign_widen")
        st.form_submit_button(f"Assign {counted(number, 'item')} of this view", on_click=assign)

"""The Queue tab of Admin, and assigning from Browse: who gets which item, and how far each is."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from annotator.domain.assignment import STRATEGIES, Plan
from annotator.domain.records import Dataset
from annotator.services import assigning, browsing
from annotator.services.assigning import Queue
from annotator.services.browsing import View
from annotator.ui import state

MOST_AT_ONCE: Final = 5_000


def show_queue(dataset: Dataset | None) -> None:
    """A dataset's plan, its annotators and how far they are."""
    if dataset is None:
        st.caption("No dataset yet.")
        return
    queue = assigning.overview(state.workspace(), dataset_id=dataset.id)
    left, right = st.columns([3, 4], gap="large")
    with left:
        show_plan(queue)
    with right:
        show_people(queue)


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

    def action() -> bool:
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
        assigning.set_plan(
            state.workspace(),
            actor=state.actor(),
            dataset_id=dataset.id,
            version=dataset.version,
            plan=plan if values[f"planned-{base}"] else None,
            annotators={p: queue.annotators.get(p) for p in values[f"annotators-{base}"]},
        )
        return True

    if state.attempt(action):
        state.tell("Saved, and the queue is laid out.", good=True)


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
        st.dataframe(lines, hide_index=True)
    else:
        st.caption("Nobody has taken an item yet.")


def show_assign(dataset: Dataset, view: View, total: int) -> None:
    """Assign the items of a view to people, from Browse."""
    queue = assigning.overview(state.workspace(), dataset_id=dataset.id)
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
            ids = browsing.ids(
                state.workspace(), dataset_id=dataset.id, view=view, limit=MOST_AT_ONCE
            )
            return assigning.assign(
                state.workspace(),
                actor=state.actor(),
                dataset_id=dataset.id,
                item_ids=ids,
                person_ids=chosen,
                widen=st.session_state["assign_widen"],
            )

        told = state.attempt(action)
        if told is not None:
            left = f"; {told['left']} were taken already" if told["left"] else ""
            state.tell(f"{told['given']} places given{left}.", good=True)

    with st.form("assign", border=False):
        st.multiselect(
            "To", list(queue.names), format_func=queue.names.__getitem__, key="assign_people"
        )
        st.checkbox("Make room where all places are taken", key="assign_widen")
        st.form_submit_button(f"Assign {number} items of this view", on_click=assign)

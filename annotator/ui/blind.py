"""The audit sample on the Adjudicate page: drawn at random, scored blind, judges never shown."""

from __future__ import annotations

from functools import partial

import streamlit as st

from annotator.domain.counting import noun
from annotator.domain.records import Dataset
from annotator.domain.rights import may
from annotator.domain.spans import locate
from annotator.errors import NotFound
from annotator.services import auditing, blind
from annotator.services.blind import Drawn
from annotator.ui import adjudicate, state
from annotator.ui.adjudicate_keys import show_keys
from annotator.ui.components import marked
from annotator.ui.desk import show_picture
from annotator.ui.shell import literal
from annotator.ui.verdicts import points


def show_sample(dataset: Dataset, sample_id: int) -> None:
    """Show the next drawn case that this person may score; sample 0 is one to be drawn."""
    if sample_id == 0:
        show_top(dataset, sample_id, None)
        show_drawing(dataset)
        return
    skip = state.number("skip")
    try:
        drawn = blind.look(
            state.workspace(),
            actor=state.actor(),
            sample_id=sample_id,
            skip=-1 if skip is None else skip,
        )
    except NotFound:
        st.error("There is no such audit sample.")
        return
    with st.container(key="desk"):
        show_top(dataset, sample_id, drawn)
        if drawn is None:
            st.success("Nothing of this sample is left for you: it is scored, or others are at it.")
            return
        left, right = st.columns([10, 9], gap="medium")
        with left, st.container(key="left"):
            show_answer(drawn)
        with right, st.container(key="right"):
            show_work(dataset, drawn)


def show_top(dataset: Dataset, sample_id: int, drawn: Drawn | None) -> None:
    """Where we are in the sample, and the way back to the disagreements."""
    with st.container(horizontal=True, key="top", vertical_alignment="center", gap="xsmall"):
        after = drawn.after if drawn else None
        st.button(
            "Skip ▶",
            shortcut="J",
            key="skip-draw",
            disabled=after is None,
            on_click=skip_to,
            args=(dataset, sample_id, after),
        )
        st.button("Keys", shortcut="H", on_click=show_keys, key="keys")
        if sample_id:
            said = f" · {drawn.done} of {drawn.drawn} scored" if drawn else ""
            st.caption(f"Audit sample {sample_id} of {literal(dataset.name)}{said}")
        st.caption("Scored blind: judges are never shown here.")
        st.button(
            "Disagreements",
            icon=":material/balance:",
            key="to-disagreements",
            on_click=state.go,
            args=({"dataset": dataset.name},),
        )
        if sample_id and may(state.actor().role, "audit"):
            st.button(
                "Draw another…",
                key="draw-another",
                on_click=state.go,
                args=({"dataset": dataset.name, "sample": "0"},),
            )


def show_drawing(dataset: Dataset) -> None:
    """Ask how large a sample is to be drawn."""
    if not may(state.actor().role, "audit"):
        st.info("No audit sample is drawn yet; a reviewer draws it.")
        return
    st.write(
        "A random sample of components of answers, scored blind by people, tells how far the "
        "judges can be trusted and corrects their means. Scores given to disagreements cannot: "
        "those are the hard cases."
    )
    with st.form("drawing", width=520):
        st.number_input("How many to draw", min_value=1, value=100, step=10, key="draw_size")
        st.multiselect("The same share of each", ["type", "model"], key="draw_strata")
        st.number_input(
            "How many people score each", min_value=1, max_value=20, value=1, key="draw_raters"
        )
        st.form_submit_button("Draw the sample", on_click=draw, args=(dataset,))


def draw(dataset: Dataset) -> None:
    """Draw a sample, and go to it."""
    values = st.session_state
    drawn = state.attempt(
        lambda: auditing.draw(
            state.workspace(),
            actor=state.actor(),
            dataset=dataset.name,
            size=int(values["draw_size"]),
            strata=tuple(values["draw_strata"]),
            raters=int(values["draw_raters"]),
        )
    )
    if drawn is not None:
        state.go({"dataset": dataset.name, "sample": str(drawn.sample.id)})


def skip_to(dataset: Dataset, sample_id: int, position: int) -> None:
    """Go past a draw; it stays in the sample."""
    state.go({"dataset": dataset.name, "sample": str(sample_id), "skip": str(position)})


def show_answer(drawn: Drawn) -> None:
    """Image, instruction with the component's words, and the response, unmarked."""
    left, right = st.columns([2, 3], gap="small")
    instruction = drawn.item.content.instruction
    spans = locate(drawn.component.text, instruction).spans if drawn.component else ()
    with left:
        show_picture(drawn.item, drawn.next_image, key="case-picture", height="31vh")
    with right:
        st.caption(f"Instruction of item {literal(drawn.item.source_id)}")
        marked(
            key="case-instruction",
            of=str(drawn.case_id),
            label="Instruction",
            blocks=[
                {
                    "text": instruction,
                    "spans": [
                        {"start": s, "end": e, "kind": "component", "label": ""} for s, e in spans
                    ],
                }
            ],
            max_height="27vh",
            show_first=True,
        )
    with st.container(border=True, key="response"):
        st.caption("Response of a model")
        if drawn.response.text is None:
            st.warning(f"The model gave no answer: {literal(drawn.response.error or '')}")
            return
        marked(
            key="case-response",
            of=str(drawn.case_id),
            label="Response",
            blocks=[{"text": drawn.response.text, "spans": []}],
            max_height="calc(100vh - 31vh - 230px)",
        )


def show_work(dataset: Dataset, drawn: Drawn) -> None:
    """The component and the score."""
    with st.container(border=True):
        if drawn.component is None:
            st.caption("The whole answer, against the accepted answers")
            st.text("\n".join(drawn.item.content.answers))
        else:
            st.caption(
                f"Component {drawn.number} · {literal(drawn.component.type)} · "
                f"{points(drawn.possible)} {noun(drawn.possible, 'point')}"
            )
            st.text(drawn.component.text)
    with st.container(horizontal=True, key="actions", gap="xsmall", vertical_alignment="center"):
        adjudicate.show_scores(drawn.case_id, drawn.possible, False, partial(label, drawn))
        st.button(
            "Cannot tell",
            shortcut="T",
            key=f"cannot-{drawn.case_id}",
            on_click=label,
            args=(drawn, None),
        )
        st.button("Undo", shortcut="Z", key="undo", on_click=undo, args=(dataset,))


def label(drawn: Drawn, awarded: float | None) -> None:
    """Give the blind score; the next draw follows by itself."""
    state.attempt(
        lambda: blind.label(
            state.workspace(),
            actor=state.actor(),
            sample_id=drawn.sample.id,
            case_id=drawn.case_id,
            awarded=awarded,
            save_id=None,
        )
    )


def undo(dataset: Dataset) -> None:
    """Take one's newest label back."""
    found = state.attempt(
        lambda: blind.take_back(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
    )
    if found is None:
        state.tell("There is nothing of yours to undo here.")
    else:
        state.tell("Taken back; the case comes again.", good=True)

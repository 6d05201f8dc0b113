"""A component's every field, and the item's own, with ordinary widgets."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from annotator.domain.items import Component
from annotator.domain.vocabulary import JUDGE_METHODS
from annotator.errors import InvalidValue
from annotator.services.annotate import Desk
from annotator.ui import desk as desks
from annotator.ui import state


def show_details(desk: Desk) -> None:
    """The chosen component's form, and below it the item's fields."""
    components = desk.content.components
    if components:
        keys = [component.key for component in components]
        chosen = desks.selected(desk) or keys[0]
        picked = st.segmented_control(
            "Component",
            keys,
            default=chosen,
            format_func=lambda key: str(desk.content.number(key)),
            key=f"pick-{desk.item.id}-{chosen}-{len(keys)}",
        )
        show_component(desk, desk.content.component(picked or chosen))
    show_item_fields(desk)


def save(desk: Desk, name: str, edits: desks.Edits, *, reason: str | None = None) -> None:
    """Save edits of this panel."""
    save_id = f"{state.tab()}-{desk.item.id}-{desk.version}-{name}"
    shown = desks.shown_now(desk, save_id)
    desks.save_edits(desk.item.id, shown, edits, desk, reason=reason)


def show_component(desk: Desk, component: Component) -> None:
    """One component's fields as a form, and what can be done with it."""
    base = f"{desk.item.id}-{component.key}-{desk.version}"
    types = desks.type_choices(desk)
    if component.type not in types:
        types = [*types, component.type]

    def save_fields() -> None:
        fields = read_fields(base, component, weighted=desk.dataset.target is not None)
        if fields:
            why = st.session_state[f"why-{base}"].strip() or None
            save(desk, f"fields-{component.key}", fields, reason=why)

    with st.form(f"component-{base}"):
        st.text_area("Text", component.text, key=f"text-{base}", height=80)
        left, middle, right = st.columns(3)
        left.selectbox("Type", types, types.index(component.type), key=f"type-{base}")
        if desk.dataset.target is not None:
            middle.number_input(
                "Weight",
                value=float(component.weight or 0),
                min_value=0.0,
                step=1.0,
                format="%g",
                key=f"weight-{base}",
            )
        right.selectbox(
            "Judge method",
            JUDGE_METHODS,
            JUDGE_METHODS.index(component.judge_method),
            key=f"method-{base}",
        )
        st.text_area(
            "Verifier calls",
            json.dumps([dict(c) for c in component.verifier_calls])
            if component.verifier_calls
            else "",
            key=f"calls-{base}",
            height=68,
            placeholder='[{"func": "check_whether_…_in_range", "params": [1, 50]}]',
        )
        st.text_input("Why (optional; stands in the history)", key=f"why-{base}")
        st.form_submit_button("Save the component", on_click=save_fields)
    show_moves(desk, component, base)


def read_fields(base: str, component: Component, *, weighted: bool) -> list[dict[str, Any]]:
    """The form's fields that differ, as edits."""
    values = st.session_state
    wanted: dict[str, Any] = {
        "text": values[f"text-{base}"],
        "type": values[f"type-{base}"],
        "judge_method": values[f"method-{base}"],
    }
    calls = state.attempt(lambda: parse_calls(values[f"calls-{base}"]))
    if calls is None:
        return []
    edits = []
    if calls != [dict(c) for c in component.verifier_calls]:
        wanted["verifier_calls"] = calls
    if weighted and values[f"weight-{base}"] != component.weight:
        weight = values[f"weight-{base}"]
        wanted["weight"] = int(weight) if weight == int(weight) else weight
    for field, value in wanted.items():
        if value != getattr(component, field):
            edits.append(
                {"op": "set_component", "key": component.key, "field": field, "value": value}
            )
    return edits


def parse_calls(text: str) -> list[Any]:
    """Verifier calls from JSON; raises InvalidValue."""
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError) as fault:
        raise InvalidValue("verifier calls", f"is no JSON ({fault})") from fault
    if not isinstance(found, list):
        raise InvalidValue("verifier calls", 'must be a list of {"func", "params"}')
    return found


def show_moves(desk: Desk, component: Component, base: str) -> None:
    """Split, merge, move, remove."""
    place = desk.content.number(component.key) - 1
    last = len(desk.content.components) - 1

    def split() -> None:
        piece = st.session_state[f"split-{base}"]
        at = component.text.find(piece) if piece else -1
        if at <= 0:
            state.tell("Type the words with which the second part begins.")
            return
        save(desk, f"split-{base}", [{"op": "split_component", "key": component.key, "at": at}])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Split before the words", key=f"split-{base}", width=200)
        st.button("Split", key=f"do-split-{base}", on_click=split)
        if place < last:
            after = desk.content.components[place + 1].key
            merge = {"op": "merge_components", "keys": [component.key, after]}
            st.button(
                "Merge with next",
                key=f"merge-{base}",
                on_click=save,
                args=(desk, f"merge-{base}", [merge]),
            )
        for label, target in (("Move up", place - 1), ("Move down", place + 1)):
            edit = {"op": "move_component", "key": component.key, "position": target}
            st.button(
                label,
                key=f"{label}-{base}",
                disabled=not 0 <= target <= last,
                on_click=save,
                args=(desk, f"{label}-{base}", [edit]),
            )
        remove = {"op": "remove_component", "key": component.key}
        st.button(
            "Remove", key=f"remove-{base}", on_click=save, args=(desk, f"remove-{base}", [remove])
        )


def show_item_fields(desk: Desk) -> None:
    """Instruction, level and ground-truth answers, and a new component."""
    base = f"{desk.item.id}-{desk.version}"
    rules = desk.dataset.rules
    levels = [*rules.levels]
    if desk.content.level not in levels:
        levels.append(desk.content.level or "")

    def save_item() -> None:
        values = st.session_state
        edits: list[dict[str, Any]] = []
        if values[f"instruction-{base}"] != desk.content.instruction:
            edits.append({"op": "set_instruction", "value": values[f"instruction-{base}"]})
        level = values[f"level-{base}"] or None
        if level != desk.content.level:
            edits.append({"op": "set_level", "value": level})
        answers = [line for line in values[f"answers-{base}"].splitlines() if line.strip()]
        if tuple(answers) != desk.content.answers:
            edits.append({"op": "set_answers", "value": answers})
        if edits:
            save(desk, f"item-{base}", edits)

    def add() -> None:
        text = st.session_state[f"new-{base}"]
        save(desk, f"add-{base}", [{"op": "add_component", "text": text}])

    with st.form(f"item-{base}"):
        st.text_area("Instruction", desk.content.instruction, key=f"instruction-{base}", height=100)
        left, right = st.columns([1, 2])
        left.selectbox(
            "Level",
            levels,
            levels.index(desk.content.level or levels[0])
            if (desk.content.level or "") in levels
            else 0,
            key=f"level-{base}",
        )
        right.text_area(
            "Ground-truth answers, one a line",
            "\n".join(desk.content.answers),
            key=f"answers-{base}",
            height=68,
        )
        st.form_submit_button("Save the item", on_click=save_item)
    with (
        st.form(f"add-{base}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input("New component", key=f"new-{base}")
        st.form_submit_button("Add", on_click=add)

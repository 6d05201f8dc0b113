"""The Conflicts page: what was found and what people flagged, one case at a time, by keys.

Parameters: ``dataset``, ``place`` (0-based in the queue), and the filters ``kind``, ``severity``,
``type`` and ``status``.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import streamlit as st

from annotator.checks.registry import explanation, title
from annotator.domain.items import Component
from annotator.domain.records import Dataset
from annotator.domain.spans import locate
from annotator.domain.vocabulary import FLAG_KINDS, SEVERITIES
from annotator.services import conflicts, effects, flagging
from annotator.services.conflicts import Opened, Wanted
from annotator.ui import proposals, state
from annotator.ui.bulk import show_bulk
from annotator.ui.components import board, marked
from annotator.ui.desk import show_picture
from annotator.ui.effects import show_effect
from annotator.ui.focus import focus
from annotator.ui.log import remember, show_undo
from annotator.ui.places import go_to
from annotator.ui.shell import choose_dataset, literal, nothing_yet

SIGNS: Final = {"error": "✕ error", "warning": "! warning", "note": "i note", "flag": "⚑ flag"}
NAMES: Final = ("kind", "severity", "type", "status")
FILTER_WIDTHS: Final = (3, 2, 2, 2)
PROPOSAL: Final = "◇ proposal"
PANELS: Final = (
    ("Drop item…", "3", "drop"),
    ("Dismiss…", "X", "dismiss"),
    ("All of this kind…", "B", "bulk"),
)
"""Buttons that open a panel: label, key, panel. The last one is of findings only."""


def show() -> None:
    """Show the case of the address."""
    dataset = state.current_dataset()
    if dataset is None:
        nothing_yet()
        return
    wanted = Wanted({name: tuple(st.query_params.get_all(name)) for name in NAMES})
    opened = conflicts.look(
        state.workspace(),
        dataset_id=dataset.id,
        wanted=wanted,
        place=state.number("place") or 0,
        actor=state.actor(),
    )
    show_top(dataset, wanted, opened)
    if state.kept("conflict_panel") == "bulk" and opened is not None and opened.finding:
        show_bulk(dataset, opened.finding.kind, wanted, close=partial(panel, None))
        return
    if state.kept("conflict_panel") == "ask":
        proposals.show_ask(dataset)
    if opened is None:
        st.info("Nothing is open here. Widen the filters, or go on annotating.")
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        show_picture(opened.item, key="conflict-picture", height="50vh")
    with right:
        show_case(opened)
        show_actions(dataset, wanted, opened)


def visit(dataset: Dataset, wanted: Wanted, place: int) -> None:
    """Go to a place of the queue."""
    state.keep("conflict_panel", None)
    filters = {name: list(values) for name, values in wanted.filters.items() if values}
    state.go({"dataset": dataset.name, **filters, "place": str(max(0, place))})


def panel(name: str | None) -> None:
    """Open a small panel, or close it if it is open."""
    state.keep("ask_begun", False)
    state.keep("conflict_panel", None if state.kept("conflict_panel") == name else name)


def show_top(dataset: Dataset, wanted: Wanted, opened: Opened | None) -> None:
    """The way through the queue, and its filters."""
    place, total = (opened.place, opened.total) if opened else (0, 0)
    with st.container(horizontal=True, key="top", vertical_alignment="center", gap="xsmall"):
        for label, shortcut, name, target in (
            ("◀", "K", "Previous", place - 1),
            ("▶", "J", "Next", place + 1),
        ):
            st.button(
                label,
                help=name,
                shortcut=shortcut,
                key=f"conflict-{name}",
                disabled=not 0 <= target < total,
                on_click=visit,
                args=(dataset, wanted, target),
            )
        choose_dataset()
        st.caption(f"{place + 1 if total else 0} of {total}, the gravest first")
        st.button("Ask a model…", shortcut="A", key="ask", on_click=panel, args=("ask",))
        show_undo("conflicts")
    show_filters(dataset, wanted)


def show_filters(dataset: Dataset, wanted: Wanted) -> None:
    """A multiselect per filter."""
    held = conflicts.kinds(
        state.workspace(), dataset_id=dataset.id, wanted=wanted, actor=state.actor()
    )
    counts = {kind: number for _, kind, number in held}
    options = {
        "kind": [kind for _, kind, _ in held],
        "severity": [*reversed(SEVERITIES), "flag"],
        "type": [*dataset.rules.types],
        "status": ["open", "settled"],
    }

    def filtered(name: str) -> None:
        values = tuple(st.session_state[f"conflict-filter-{name}"])
        visit(dataset, Wanted({**wanted.filters, name: values}), 0)

    def spoken(name: str, value: str) -> str:
        return f"{title(value)} ({counts.get(value, 0)})" if name == "kind" else value

    columns = st.columns(FILTER_WIDTHS, gap="small")
    for column, name in zip(columns, NAMES, strict=True):
        chosen = list(wanted.filters.get(name, ()))
        key = f"conflict-filter-{name}"
        st.session_state[key] = chosen
        column.multiselect(
            name.capitalize(),
            list(dict.fromkeys([*options[name], *chosen])),
            key=key,
            placeholder=f"any {name}" if name != "status" else "open",
            format_func=partial(spoken, name),
            on_change=filtered,
            args=(name,),
            label_visibility="collapsed",
        )


def show_case(opened: Opened) -> None:
    """The sentence, the instruction with the components' words, the components side by side."""
    severity = "flag" if opened.flag else SEVERITIES[opened.case.rank]
    what = opened.case.kind if opened.case.kind in FLAG_KINDS else title(opened.case.kind)
    model = opened.finding.evidence.get("model") if opened.finding else None
    sign = f"{PROPOSAL} by {literal(str(model))}" if model else SIGNS[severity]
    st.caption(
        f"{sign} · {literal(what)} · item {literal(opened.item.source_id)} · {opened.case.state}",
        help=literal(explanation(opened.case.kind)) or None,
    )
    st.text(opened.message)
    named = [c for c in opened.item.content.components if c.key in opened.component_keys]
    show_instruction(opened, named or list(opened.item.content.components))
    if named:
        for column, component in zip(st.columns(len(named)), named, strict=True):
            with column, st.container(border=True, height="stretch"):
                number = opened.item.content.number(component.key)
                st.caption(f"Component {number} · {literal(component.type)} · {component.weight}")
                show_text(opened, component)
    for other in opened.related:
        with st.container(border=True):
            st.caption(f"Item {literal(other.source_id)}")
            st.text(other.content.instruction)


def show_text(opened: Opened, component: Component) -> None:
    """A component's text, with the stretch that the finding is about."""
    span = opened.span_in(component.key)
    if span is None:
        st.text(component.text)
        return
    place = {"text": component.text, "spans": [fault(opened, span)]}
    marked(key=f"conflict-{component.key}", of=f"{opened.case.id}", label="Text", blocks=[place])


def fault(opened: Opened, span: tuple[int, int]) -> dict[str, Any]:
    """The stretch that a finding is about, as the marked text takes it."""
    return {"start": span[0], "end": span[1], "kind": "fail", "label": opened.message}


def show_instruction(opened: Opened, components: list[Component]) -> None:
    """The instruction with the stretch in question, or the spans of some components, read only."""
    instruction = opened.item.content.instruction
    span = opened.span_in("instruction")
    if span is not None:
        covered = [
            {"start": start, "end": end, "kind": "component", "label": c.text}
            for c in components
            for start, end in locate(c.text, instruction).spans
        ]
        with st.container(border=True):
            st.caption("Instruction")
            marked(
                key="conflict-instruction",
                of=f"{opened.case.id}",
                label="Instruction",
                blocks=[{"text": instruction, "spans": [*covered, fault(opened, span)]}],
                max_height="40vh",
                show_first=True,
            )
        return
    board(
        key="conflict-board",
        on_op=lambda op: None,
        data={
            "item_id": opened.item.id,
            "tab": state.tab(),
            "version": 0,
            "person": state.actor().name,
            "save_url": "/api/draft",
            "readonly": True,
            "target": None,
            "instruction": instruction,
            "types": list(opened.dataset.rules.types),
            "components": [
                {
                    "key": c.key,
                    "number": opened.item.content.number(c.key),
                    "text": c.text,
                    "type": c.type,
                    "weight": c.weight,
                    "method": c.judge_method,
                    "locked": False,
                    "spans": [list(span) for span in locate(c.text, instruction).spans],
                    "notes": [],
                }
                for c in components
            ],
            "findings": [],
            "selected": None,
        },
    )


def show_actions(dataset: Dataset, wanted: Wanted, opened: Opened) -> None:
    """Mend, edit, drop, dismiss, confirm; all of the kind."""
    base = f"{opened.case.source}-{opened.case.id}-{opened.item.revision}"
    is_open = opened.case.state in ("open", "confirmed")
    with st.container(horizontal=True, key="conflict-actions", gap="xsmall"):
        for choice, proposed in enumerate(opened.mends[:3]):
            st.button(
                f"Mend: {literal(proposed['label'])}",
                shortcut="M" if choice == 0 else None,
                type="primary" if choice == 0 else "secondary",
                key=f"mend-{choice}-at-{base}",
                disabled=not is_open,
                on_click=mend,
                args=(opened, choice, base),
            )
        if st.button("Edit", shortcut="E", key=f"edit-{base}"):
            go_to("annotate", {"dataset": dataset.name, "item": str(opened.item.id)})
        if opened.case.state == "open":
            st.button(
                "Confirm",
                shortcut="1",
                key=f"confirm-{base}",
                help="It is a fault; it stays here until it is mended or the item is dropped.",
                on_click=confirm,
                args=(opened,),
            )
        if opened.flag and is_open:
            st.button(
                "Resolved",
                shortcut="2",
                key=f"resolve-{base}",
                on_click=move_flag,
                args=(opened, "resolved"),
            )
        for label, shortcut, name in PANELS if opened.finding else PANELS[:-1]:
            st.button(
                label,
                shortcut=shortcut,
                key=f"{name}-{base}",
                on_click=panel,
                args=(name,),
                disabled=not is_open,
            )
    name = state.kept("conflict_panel")
    if name in ("drop", "dismiss"):
        show_reason(opened, name, base)


def show_reason(opened: Opened, name: str, base: str) -> None:
    """Ask for the reason of dropping or dismissing."""
    key = f"reason-{name}-{base}"
    said = {"drop": "Why is the item dropped?", "dismiss": "Why is this no fault?"}[name]
    with st.form(f"form-{key}"):
        st.text_input(said, key=key)
        st.form_submit_button(
            {"drop": "Drop the item", "dismiss": "Dismiss"}[name],
            on_click=drop if name == "drop" else dismiss,
            args=(opened, key),
        )
    if name == "drop":
        show_effect(effects.of_drop(state.workspace(), item_id=opened.item.id))
    focus(key)


def mend(opened: Opened, choice: int, base: str) -> None:
    """Apply a mend."""
    assert opened.finding is not None
    finding_id = opened.finding.id
    remember("conflicts", item_id=opened.item.id)
    state.attempt(
        lambda: conflicts.mend(
            state.workspace(),
            actor=state.actor(),
            finding_id=finding_id,
            revision=opened.item.revision,
            choice=choice,
            save_id=f"{state.tab()}-{base}-mend-{choice}",
        ),
        said_late=True,
    )


def drop(opened: Opened, key: str) -> None:
    """Drop the item with the reason that was typed."""
    reason = st.session_state[key]
    remember("conflicts", item_id=opened.item.id)
    done = state.attempt(
        lambda: conflicts.drop(
            state.workspace(),
            actor=state.actor(),
            item_id=opened.item.id,
            revision=opened.item.revision,
            reason=reason,
            flag_id=opened.flag.id if opened.flag else None,
            finding_id=opened.finding.id if opened.finding else None,
            save_id=f"{state.tab()}-{key}",
        ),
        said_late=True,
    )
    if done is not None:
        state.keep("conflict_panel", None)


def dismiss(opened: Opened, key: str) -> None:
    """Dismiss the finding or flag with the reason that was typed."""
    reason = st.session_state[key]
    remember("conflicts", item_id=opened.item.id)

    def action() -> bool:
        if opened.finding:
            conflicts.dismiss(
                state.workspace(),
                actor=state.actor(),
                finding_id=opened.finding.id,
                version=opened.finding.version,
                reason=reason,
                save_id=f"{state.tab()}-{key}",
            )
        else:
            move_one(opened, "dismissed", reason)
        return True

    if state.attempt(action, said_late=True):
        state.keep("conflict_panel", None)


def confirm(opened: Opened) -> None:
    """Say that a flag or a finding is right."""
    if opened.finding is None:
        move_flag(opened, "confirmed")
        return
    finding = opened.finding
    remember("conflicts", item_id=opened.item.id)
    state.attempt(
        lambda: conflicts.confirm(
            state.workspace(),
            actor=state.actor(),
            finding_id=finding.id,
            version=finding.version,
            save_id=f"{state.tab()}-confirm-{finding.id}-{finding.version}",
        ),
        said_late=True,
    )


def move_flag(opened: Opened, target: str) -> None:
    """Move a flag on."""
    remember("conflicts", item_id=opened.item.id)
    state.attempt(lambda: move_one(opened, target, None), said_late=True)


def move_one(opened: Opened, target: str, reason: str | None) -> Any:
    """Move a flag on; raises StaleSave."""
    assert opened.flag is not None
    return flagging.move_flag(
        state.workspace(),
        actor=state.actor(),
        flag_id=opened.flag.id,
        version=opened.flag.version,
        state=target,
        reason=reason,
    )

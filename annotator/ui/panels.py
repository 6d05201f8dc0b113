"""What opens below the board: jump, upload, dismissing a finding, flags; one panel at a time."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from annotator.domain.vocabulary import FLAG_KINDS
from annotator.services import browsing, flagging, pictures
from annotator.services.annotate import Desk
from annotator.ui import state
from annotator.ui.details import show_details
from annotator.ui.focus import focus
from annotator.ui.shell import literal
from annotator.ui.tester import show_tester


def panel(name: str) -> None:
    """Open a small panel, or close it if it is open."""
    state.keep("panel", None if state.kept("panel") == name else name)


def show_jump(desk: Desk, move: Callable[[int], None]) -> None:
    """A field for an item's id or position."""

    def jump() -> None:
        name = st.session_state["jump_to"]
        found = state.attempt(
            lambda: browsing.find(
                state.workspace(), actor=state.actor(), dataset_id=desk.dataset.id, name=name
            )
        )
        if found:
            move(found)

    with st.form("jump_form", border=False), st.container(horizontal=True):
        st.text_input(
            "Item",
            placeholder="id or position",
            key="jump_to",
            label_visibility="collapsed",
            width=180,
        )
        st.form_submit_button("Go", on_click=jump)
    focus("jump_to")


def show_image_upload(desk: Desk) -> None:
    """Give an item without an image one."""
    if desk.item.image is not None:
        return
    with st.popover("Give it an image…"):
        found = st.file_uploader("An image file", key=f"upload-{desk.item.id}")
    if found is not None:
        data = found.getvalue()
        state.attempt(
            lambda: pictures.replace_image(
                state.workspace(), actor=state.actor(), item_id=desk.item.id, data=data
            )
        )
        st.rerun()


def show_panel(desk: Desk) -> None:
    """The panel that is open: a reason to dismiss, a flag, a component's details."""
    item_id, fingerprint = state.kept("dismissing", (0, ""))
    if item_id == desk.item.id:
        show_dismiss(desk, fingerprint)
    if state.kept("panel") == "flag":
        show_flag_form(desk)
    if state.kept("panel") == "details":
        show_details(desk)
    if state.kept("panel") == "tester":
        show_tester(desk)


def show_dismiss(desk: Desk, fingerprint: str) -> None:
    """Ask why a finding is none."""
    finding = next((f for f in desk.findings if f.fingerprint == fingerprint), None)
    if finding is None:
        return

    @state.press
    def dismiss() -> None:
        reason = st.session_state[f"dismiss-reason-{fingerprint}"]
        workspace, actor = state.workspace(), state.actor()

        def action() -> bool:
            flagging.dismiss_finding(
                workspace, actor=actor, item_id=desk.item.id, finding=finding, reason=reason
            )
            return True

        if state.attempt(action, item_id=desk.item.id):
            state.keep("dismissing", (0, ""))

    with st.form(f"dismiss-{fingerprint}"):
        st.text(f"Dismiss: {finding.message}")
        st.text_input("Why is this no fault?", key=f"dismiss-reason-{fingerprint}")
        with st.container(horizontal=True):
            st.form_submit_button("Dismiss", on_click=dismiss)
            st.form_submit_button("Leave it", on_click=state.keep, args=("dismissing", (0, "")))
    focus(f"dismiss-reason-{fingerprint}")


def show_flag_form(desk: Desk) -> None:
    """Say that something is wrong with the item."""
    item_id = desk.item.id
    labels = {c.key: f"{n}. {c.text[:60]}" for n, c in enumerate(desk.content.components, 1)}

    def raise_it() -> None:
        kind = st.session_state[f"flag-kind-{item_id}"]
        chosen = st.session_state[f"flag-components-{item_id}"]
        note = st.session_state[f"flag-note-{item_id}"]

        def action() -> bool:
            flagging.raise_flag(
                state.workspace(),
                actor=state.actor(),
                item_id=item_id,
                kind=kind or "",
                component_keys=chosen,
                note=note,
            )
            return True

        if state.attempt(action, item_id=item_id):
            state.keep("panel", None)

    with st.form(f"flag-{item_id}", clear_on_submit=False):
        st.pills("What is wrong?", FLAG_KINDS, key=f"flag-kind-{item_id}")
        st.pills(
            "Which components? (two or more for a conflict)",
            list(labels),
            format_func=lambda key: literal(labels[key]),
            selection_mode="multi",
            key=f"flag-components-{item_id}",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Note", key=f"flag-note-{item_id}")
            st.form_submit_button("Raise the flag", on_click=raise_it)
    focus(f"flag-kind-{item_id}")


def show_flags(desk: Desk) -> None:
    """The flags on this item, with the way to take one back."""
    for flag in desk.flags:
        if flag.state not in ("open", "confirmed"):
            continue
        numbers = [
            str(n) for n, c in enumerate(desk.content.components, 1) if c.key in flag.component_keys
        ]
        where = f" between {' and '.join(numbers)}" if numbers else ""
        mine = flag.person_id == state.actor().id
        with st.container(horizontal=True, key=f"flag-line-{flag.id}", vertical_alignment="center"):
            note = f": {flag.note}" if flag.note else ""
            st.text(f"⚑ {flag.kind}{where}{note} ({flag.state})", width="stretch")
            for label, target in flag_moves(mine):
                st.button(
                    label,
                    type="tertiary",
                    key=f"flag-{target}-{flag.id}-{flag.version}",
                    on_click=move_flag,
                    args=(flag.id, flag.version, target),
                )


def flag_moves(mine: bool) -> list[tuple[str, str]]:
    """What can be done with a flag."""
    first = ("Withdraw", "withdrawn") if mine else ("Dismiss", "dismissed")
    return [first, ("Resolved", "resolved")]


def move_flag(flag_id: int, version: int, target: str) -> None:
    """Move a flag on."""
    state.attempt(
        lambda: flagging.move_flag(
            state.workspace(), actor=state.actor(), flag_id=flag_id, version=version, state=target
        )
    )

"""The People tab of Admin: roles, invitations, deactivating."""

from __future__ import annotations

from urllib.parse import urljoin

import streamlit as st

from annotator.domain.records import Person
from annotator.domain.rights import ROLES, may
from annotator.services import accounts
from annotator.ui import state
from annotator.ui.shell import literal


def show_people() -> None:
    """Everybody, with role and state."""
    if not may(state.actor().role, "keep people"):
        st.caption("Admins keep people's roles.")
        return
    for person, has_account in accounts.everyone(state.workspace(), actor=state.actor()):
        show_person(person, has_account)
    if state.workspace().settings.access == "accounts":
        show_invite()


def show_person(person: Person, has_account: bool) -> None:
    """One person: name, role, and letting them in or not."""
    with st.container(
        horizontal=True, key=f"person-{person.id}", vertical_alignment="center", gap="small"
    ):
        st.text(person.name, width=220)
        key = f"role-{person.id}"
        st.session_state[key] = person.role
        st.selectbox(
            f"Role of {literal(person.name)}",
            ROLES,
            key=key,
            on_change=set_role,
            args=(person.id, key),
            label_visibility="collapsed",
            width=160,
        )
        st.button(
            "Deactivate" if person.active else "Take back",
            key=f"active-{person.id}",
            on_click=set_active,
            args=(person.id, not person.active),
        )
        lacks = state.workspace().settings.access == "accounts" and not has_account
        account = " · no account" if lacks else ""
        st.caption(("active" if person.active else "deactivated") + account)


def set_role(person_id: int, key: str) -> None:
    """Give somebody another role."""
    role = st.session_state[key]
    state.attempt(
        lambda: accounts.set_role(
            state.workspace(), actor=state.actor(), person_id=person_id, role=role
        )
    )


def set_active(person_id: int, active: bool) -> None:
    """Deactivate somebody, or take them back."""
    state.attempt(
        lambda: accounts.set_active(
            state.workspace(), actor=state.actor(), person_id=person_id, active=active
        )
    )


def show_invite() -> None:
    """Make an invitation link."""
    with (
        st.form("invite", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.selectbox("Invite somebody as", ROLES, key="invite-role", width=160)
        st.form_submit_button("Make a link", on_click=invite)
    token = state.kept("invitation")
    if token:
        st.caption("Good once, for a week; it is not shown again.")
        st.code(urljoin(st.context.url or "", f"/signin?invitation={token}"), language=None)
        state.keep("invitation", None)


def invite() -> None:
    """Make the link and show it once."""
    role = st.session_state["invite-role"]
    token = state.attempt(
        lambda: accounts.invite(state.workspace(), actor=state.actor(), role=role)
    )
    state.keep("invitation", token)

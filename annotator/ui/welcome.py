"""Choosing a name, and leaving: small forms that post to our own routes."""

from __future__ import annotations

import streamlit as st

from annotator.services import accounts
from annotator.ui import state

FORM = """
export default function ({ parentElement, data }) {
  const form = parentElement.querySelector("form");
  if (form.dataset.ready) return;
  form.dataset.ready = "1";
  const status = parentElement.querySelector("[role=alert]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    status.textContent = "";
    const body = JSON.stringify(Object.fromEntries(new FormData(form)));
    const headers = { "Content-Type": "application/json", "X-Annotator": "1" };
    try {
      const answer = await fetch(data.url, { method: "POST", headers, body });
      if (answer.ok) location.reload();
      else status.textContent = (await answer.json()).error;
    } catch {
      status.textContent = "The server does not answer. Try again.";
    }
  });
  form.querySelector("input")?.focus();
}
"""
STYLE = """
form { display: flex; gap: .5rem; max-width: 26rem; font-family: var(--st-font); }
input {
  flex: 1; font: inherit; padding: .45rem .6rem; color: var(--st-text-color);
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: .4rem;
}
button {
  font: inherit; font-size: .875rem; padding: .4rem .7rem; border-radius: .4rem; cursor: pointer;
  border: 1px solid var(--st-border-color);
  color: var(--st-text-color); background: var(--st-secondary-background-color);
}
[role=alert] { color: var(--st-text-color); margin: .4rem 0 0; font-family: var(--st-font); }
:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
"""

NAME_FORM = st.components.v2.component(
    "annotator_name",
    html="""
<form><input name="name" aria-label="Your name" placeholder="Your name" maxlength="80" required
 autocomplete="name"><button type="submit">Start</button></form><p role="alert"></p>
""",
    css=STYLE,
    js=FORM,
)
LEAVE_FORM = st.components.v2.component(
    "annotator_leave",
    html='<form><button type="submit">Use another name</button></form><p role="alert"></p>',
    css=STYLE,
    js=FORM,
)
SIGN_OUT_FORM = st.components.v2.component(
    "annotator_sign_out",
    html='<form><button type="submit">Sign out</button></form><p role="alert"></p>',
    css=STYLE,
    js=FORM,
)
EVERYWHERE_FORM = st.components.v2.component(
    "annotator_sign_out_everywhere",
    html="""
<form><input type="hidden" name="everywhere" value="yes">
<button type="submit">Sign out everywhere</button></form><p role="alert"></p>
""",
    css=STYLE,
    js=FORM,
)


def ask_name() -> None:
    """Ask for a name; it is remembered in a signed cookie on this browser."""
    with st.container(key="welcome"):
        st.title("Who are you?")
        st.write("Your name stands on everything you change. This browser remembers it.")
        NAME_FORM(key="name_form", data={"url": "/api/name"})


def ask_to_sign_in() -> None:
    """The session ended while its page was open."""
    with st.container(key="welcome"):
        st.title("You are signed out")
        st.write("What you typed is kept in this browser until you are back.")
        st.link_button("Sign in", "/signin")


def show_password() -> None:
    """Another password, for which one signs in again."""
    with st.popover("Change password"), st.form("password", border=False):
        st.text_input("Old password", type="password", key="password-old")
        st.text_input("New password (10 characters or more)", type="password", key="password-new")
        st.form_submit_button("Change it and sign in again", on_click=change_password)


def change_password() -> None:
    """Change it; one's sessions end, this one too."""
    old, new = st.session_state["password-old"], st.session_state["password-new"]
    state.attempt(
        lambda: accounts.set_password(state.workspace(), actor=state.actor(), old=old, new=new)
    )


def leave() -> None:
    """Who is there, with the way to become somebody else."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("You are", width="content")
        st.text(state.actor().name, width="content")
        access = state.workspace().settings.access
        if access == "local":
            LEAVE_FORM(key="leave_form", data={"url": "/api/leave"}, width="content")
        elif access == "oidc":
            st.button("Sign out", on_click=st.logout)
        elif access == "accounts":
            SIGN_OUT_FORM(key="out_form", data={"url": "/api/leave"}, width="content")
            EVERYWHERE_FORM(key="everywhere_form", data={"url": "/api/leave"}, width="content")
            show_password()

"""The sign-in page of accounts: served by itself, before any of the app's pages.

The form posts to /api/signin, or, with ``?invitation=…``, to /api/invitation, which makes the
account (see annotator.server for the routes).
"""

from __future__ import annotations

import secrets
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in · mm-annotator</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>
body {{
  font: 16px/1.5 system-ui, sans-serif; max-width: 24rem; margin: 14vh auto; padding: 0 1rem;
}}
h1 {{ font-size: 1.4rem; }} label {{ display: block; margin: .8rem 0 .2rem; }}
input, button {{ font: inherit; width: 100%; box-sizing: border-box; padding: .5rem .6rem; }}
button {{ margin-top: 1.2rem; cursor: pointer; }} [role=alert] {{ min-height: 1.5em; }}
</style></head><body>
<h1>{title}</h1>
<form data-url="{url}">
<input type="hidden" name="token" value="{token}">
<label for="name">Name</label>
<input id="name" name="name" maxlength="80" autocomplete="username" required autofocus>
<label for="password">Password{hint}</label>
<input id="password" name="password" type="password" autocomplete="{complete}" required>
<button>{verb}</button><p role="alert"></p></form>
<script nonce="{nonce}">
const form = document.querySelector("form"), alert = document.querySelector("[role=alert]");
form.addEventListener("submit", async (event) => {{
  event.preventDefault();
  alert.textContent = "";
  try {{
    const answer = await fetch(form.dataset.url, {{
      method: "POST", headers: {{ "Content-Type": "application/json", "X-Annotator": "1" }},
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    }});
    if (answer.ok) location.assign("/");
    else alert.textContent = (await answer.json()).error;
  }} catch {{ alert.textContent = "The server does not answer. Try again."; }}
}});
</script></body></html>
"""


def page(request: Request) -> Response:
    """The sign-in form, or the one of an invitation."""
    token = request.query_params.get("invitation", "")
    nonce = secrets.token_urlsafe(16)
    html = PAGE.format(
        title="Make your account" if token else "Sign in",
        url="/api/invitation" if token else "/api/signin",
        token=escape(token, quote=True),
        hint=" (10 characters or more)" if token else "",
        complete="new-password" if token else "current-password",
        verb="Make it and sign in" if token else "Sign in",
        nonce=nonce,
    )
    return HTMLResponse(
        html,
        headers={
            "Content-Security-Policy": f"default-src 'none'; style-src 'unsafe-inline'; "
            f"script-src 'nonce-{nonce}'; connect-src 'self'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )

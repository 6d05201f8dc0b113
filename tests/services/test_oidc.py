"""Signing in at an OpenID provider: the real server, a provider of the tests' own, a browser."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time

import httpx
import pytest
from itsdangerous import URLSafeTimedSerializer

from annotator import oidc
from annotator.config import load
from annotator.errors import Misconfigured
from annotator.services import accounts
from annotator.services.workspace import open_workspace, sign_in
from annotator.serving import serve_forever
from tests.oidc_provider import CLIENT, SECRET, provider

COOKIE_SECRET = "a secret of more than thirty-two characters"
PAGE = {"Accept": "text/html"}


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def write_secrets(home, origin, issuer, **changed):
    values = {
        "redirect_uri": f"{origin}/oauth2callback",
        "cookie_secret": COOKIE_SECRET,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "server_metadata_url": f"{issuer}/.well-known/openid-configuration",
        **changed,
    }
    lines = [f'{name} = "{value}"' for name, value in values.items()]
    (home / "secrets.toml").write_text("[auth]\n" + "\n".join(lines) + "\n")


@pytest.fixture
def issuer():
    with provider() as found:
        yield found


@pytest.fixture
def served(environment, issuer, tmp_path):
    """The address of a server that lets people of example.org in."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    write_secrets(tmp_path / "home", origin, issuer.address)
    process = subprocess.Popen(
        [sys.executable, "-m", "annotator.server"],
        env=os.environ
        | environment
        | {
            "ANNOTATOR_PORT": str(port),
            "ANNOTATOR_ACCESS": "oidc",
            "ANNOTATOR_OIDC_ALLOW": "@example.org",
        },
    )
    try:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{origin}/api/health").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        yield origin
    finally:
        process.terminate()
        process.wait(20)


def people(environment):
    workspace = open_workspace(load(environment))
    with workspace.database.reading() as session:
        from db import people as rows

        found = {person.name: (person.role, person.id) for person in rows.everyone(session)}
    return workspace, found


def test_the_provider_lets_in_and_its_cookie_is_the_session(served, issuer, environment):
    with httpx.Client(base_url=served, follow_redirects=False) as browser:
        assert browser.get("/image/abc").status_code == 401
        assert browser.get("/", headers=PAGE).headers["location"] == "/signin"
    with httpx.Client(base_url=served, follow_redirects=True) as browser:
        page = browser.get("/", headers=PAGE)
        assert (page.status_code, page.url.path) == (200, "/")
        assert browser.get("/image/abc").status_code == 404
        workspace, found = people(environment)
        assert found == {"ana@example.org": ("admin", 1)}
        # What is forged, or was signed for another origin, is nothing.
        cookies = dict(browser.cookies)
        claims = {"is_logged_in": True, "email": "bo@example.org", "origin": served}
        for secret, payload in (
            ("another secret", claims),
            (COOKIE_SECRET, claims | {"origin": "http://elsewhere.example"}),
            (COOKIE_SECRET, claims | {"is_logged_in": False}),
        ):
            made = URLSafeTimedSerializer(secret, salt="_streamlit_user").dumps(json.dumps(payload))
            forged = httpx.get(f"{served}/image/abc", cookies={"_streamlit_user": made})
            assert forged.status_code == 401
        # Deactivating ends the session at once.
        issuer.claims = {"sub": "2", "email": "bo@example.org", "email_verified": True}
        with httpx.Client(base_url=served, follow_redirects=True) as other:
            assert other.get("/", headers=PAGE).status_code == 200
            workspace2, found = people(environment)
            assert found["bo@example.org"][0] == "annotator"
            ana = accounts.named(workspace, name="ana@example.org")
            accounts.set_active(
                workspace, actor=ana, person_id=found["bo@example.org"][1], active=False
            )
            assert other.get("/image/abc").status_code == 401
            denied = other.get("/", headers=PAGE)
            assert denied.status_code == 403 and "bo@example.org" in denied.text
            workspace2.database.close()
        # Signing out takes the cookie away.
        assert "_streamlit_user" in cookies
        browser.get("/auth/logout", follow_redirects=False)
        assert browser.get("/image/abc").status_code == 401
        workspace.database.close()


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "3", "email": "eve@elsewhere.example", "email_verified": True},
        {"sub": "3", "email": "eve@example.org.evil.example", "email_verified": True},
        {"sub": "3", "email": "<b>ana</b>@elsewhere.example", "email_verified": True},
        {"sub": "3", "email": "ana@example.org", "email_verified": False},
        {"sub": "3", "email": "ana@example.org", "email_verified": "false"},
        {"sub": "3", "email": "ana@example.org", "email_verified": "true"},
        {"sub": "3", "email": "ana@example.org"},
        {"sub": "3"},
    ],
)
def test_who_is_not_on_the_list_is_nobody(claims):
    settings = load({"ANNOTATOR_ACCESS": "oidc", "ANNOTATOR_OIDC_ALLOW": "@example.org"})
    assert oidc.name_of(claims, settings) is None


def test_who_is_on_the_list():
    environment = {"ANNOTATOR_ACCESS": "oidc", "ANNOTATOR_OIDC_ALLOW": "@Example.org, bo@x.y"}
    settings, claims = load(environment), {"email": "Ana@example.ORG", "email_verified": True}
    assert oidc.name_of(claims, settings) == "Ana@example.ORG"
    assert oidc.name_of({"email": "bo@x.y", "email_verified": True}, settings) == "bo@x.y"
    trusting = load(environment | {"ANNOTATOR_OIDC_TRUST_ADDRESSES": "1"})
    assert oidc.name_of({"email": "bo@x.y"}, trusting) == "bo@x.y"
    assert oidc.name_of({"email": "eve@x.y"}, trusting) is None
    assert load(trusting.environment()).oidc_trust_addresses


def test_an_address_is_one_person_in_whatever_spelling(workspace, ana):
    bo = accounts.from_proxy(workspace, name="Bo@Example.ORG")
    assert bo.name == "bo@example.org"
    assert accounts.from_proxy(workspace, name="bO@example.org").id == bo.id
    # One who has come under capitals before is found, and stays out once deactivated.
    old = sign_in(workspace, name="Old@Example.org")
    assert accounts.from_proxy(workspace, name="old@example.org").id == old.id
    accounts.set_active(workspace, actor=ana, person_id=old.id, active=False)
    assert accounts.from_proxy(workspace, name="OLD@example.org") is None
    sign_in(workspace, name="old@example.org")
    assert accounts.from_proxy(workspace, name="old@example.org") is None
    # What is no address is taken as it is written.
    assert (
        accounts.from_proxy(workspace, name="bo").id != accounts.from_proxy(workspace, name="Bo").id
    )


def test_what_is_set_by_halves_is_refused(tmp_path):
    with pytest.raises(Misconfigured, match="ANNOTATOR_OIDC_ALLOW"):
        load({"ANNOTATOR_ACCESS": "oidc"})
    settings = load(
        {
            "ANNOTATOR_ACCESS": "oidc",
            "ANNOTATOR_OIDC_ALLOW": "*",
            "ANNOTATOR_HOME": str(tmp_path),
        }
    )
    said: list[str] = []
    with pytest.raises(Misconfigured, match="cannot be read"):
        serve_forever(settings, said.append)
    assert said == []
    write_secrets(tmp_path, "http://x", "http://y", client_id="")
    with pytest.raises(Misconfigured, match="lacks client_id"):
        oidc.check(settings)
    write_secrets(tmp_path, "http://x", "http://y", cookie_secret="short")
    with pytest.raises(Misconfigured, match="32 characters"):
        oidc.check(settings)
    write_secrets(tmp_path, "http://x", "http://y")
    oidc.check(settings)

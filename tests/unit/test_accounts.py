"""Accounts and the gate: who gets in, who does not, and what ends a session."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import inspect
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from annotator.config import load
from annotator.errors import Forbidden, InvalidValue, Misconfigured, Refused
from annotator.gate import Gate
from annotator.identity import COOKIE
from annotator.routes import routes
from annotator.services import accounts
from annotator.services.workspace import open_workspace
from tests.databases import asked

OURS = {"X-Annotator": "1"}
PASSWORD = "correct horse battery"
PATHS = ("/", "/annotate", "/image/" + "a" * 64, "/media/file.csv", "/asset/board.js", "/static/x")


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """Hashes that cost nothing, so that a test may sign in fifty times."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "hasher", lambda: cheap)


@pytest.fixture
def guarded(environment):
    """Opens the installation in a way in; closes it at the end."""
    opened = []

    def opener(access="accounts", **more):
        settings = load(environment | {"ANNOTATOR_ACCESS": access, **more})
        opened.append(open_workspace(settings))
        return opened[-1]

    yield opener
    for workspace in opened:
        workspace.database.close()


def server(workspace, client=("127.0.0.1", 5000)):
    """A browser before the gate, with a page, a download and a socket behind it."""

    async def page(request):
        return PlainTextResponse("secret page")

    async def socket(websocket: WebSocket):
        await websocket.accept()
        await websocket.send_text("secret")
        await websocket.close()

    app = Starlette(
        routes=[
            *routes(workspace),
            WebSocketRoute("/_stcore/stream", socket),
            Route("/{rest:path}", page),
        ],
        middleware=[Middleware(Gate, workspace=workspace)],
    )
    return TestClient(app, client=client, follow_redirects=False)


@pytest.fixture
def workspace(guarded):
    """An installation with accounts."""
    return guarded()


@pytest.fixture
def admin(workspace, ana):
    """Ana has an admin's account."""
    return accounts.add_user(workspace, actor=ana, name="Ana", role="admin", password=PASSWORD)


def enter(browser, name="Ana", password=PASSWORD):
    return browser.post("/api/signin", json={"name": name, "password": password}, headers=OURS)


def test_nothing_is_served_without_a_session(workspace, admin, caplog):
    browser = server(workspace)
    for path in PATHS:
        answer = browser.get(path)
        assert answer.status_code == 401 and "secret" not in answer.text
        page = browser.get(path, headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/signin")
    for path in ("/api/draft", "/api/curation", "/api/name", "/api/leave", "/anything"):
        assert browser.post(path, json={}, headers=OURS).status_code == 401
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/_stcore/stream"):
        pass
    assert "without a session" in caplog.text
    assert browser.get("/signin").status_code == browser.get("/api/health").status_code == 200


def test_with_a_session_everything_is(workspace, admin):
    browser = server(workspace)
    answer = enter(browser)
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "max-age=1209600" in cookie
    assert browser.get("/").text == "secret page"
    with browser.websocket_connect("/_stcore/stream") as socket:
        assert socket.receive_text() == "secret"
    assert browser.post("/api/name", json={"name": "Bo"}, headers=OURS).status_code == 403


def test_a_wrong_password_an_unknown_name_and_no_account_say_the_same(workspace, admin, bo):
    browser = server(workspace)
    said = {enter(browser, *pair).json()["error"] for pair in (
        ("Ana", "wrong password"), ("Nobody", PASSWORD), ("Bo", PASSWORD),
    )}  # fmt: skip
    assert said == {accounts.WRONG}


def test_attempts_are_limited_by_name_and_by_address(workspace, admin):
    browser = server(workspace)
    for _ in range(accounts.MOST_BY_NAME):
        assert enter(browser, password="wrong password").status_code == 422
    assert enter(browser).status_code == 429
    for number in range(accounts.MOST_BY_ADDRESS):
        enter(server(workspace, ("10.0.0.9", 1)), f"name {number}", "wrong password")
    assert enter(server(workspace, ("10.0.0.9", 1)), "other").status_code == 429
    assert enter(server(workspace, ("10.0.0.8", 1)), "other").status_code == 422


def test_a_forged_an_old_and_another_ways_cookie_are_worth_nothing(guarded, workspace, admin):
    browser = server(workspace)
    key = workspace.settings.signing_key()
    for token in (
        URLSafeTimedSerializer("guess", salt="person by accounts").dumps([admin.id, 0]),
        URLSafeTimedSerializer(key, salt="person").dumps([admin.id, "Ana"]),
        URLSafeTimedSerializer(key, salt="person by accounts").dumps([admin.id, 99]),
        URLSafeTimedSerializer(key, salt="person by accounts").dumps(["x"]),
        "nonsense",
    ):
        assert browser.get("/", headers={"Cookie": f"{COOKIE}={token}"}).status_code == 401


def test_signing_out_everywhere_and_another_password_end_sessions(workspace, admin):
    one, other = server(workspace), server(workspace)
    enter(one), enter(other)
    assert one.post("/api/leave", json={"everywhere": "yes"}, headers=OURS).status_code == 200
    assert other.get("/").status_code == 401
    enter(other)
    with pytest.raises(Refused, match="old password"):
        accounts.set_password(workspace, actor=admin, old="no", new="another password")
    accounts.set_password(workspace, actor=admin, old=PASSWORD, new="another password")
    assert other.get("/").status_code == 401
    assert enter(other, password="another password").status_code == 200
    accounts.reset_password(workspace, actor=admin, person_id=admin.id, password=PASSWORD)
    assert other.get("/").status_code == 401
    assert enter(other).status_code == 200


def test_a_deactivated_person_is_out_at_once_and_keeps_their_name(workspace, admin):
    eve = accounts.add_user(workspace, actor=admin, name="Eve", role="annotator", password=PASSWORD)
    browser = server(workspace)
    enter(browser, "Eve")
    accounts.set_active(workspace, actor=admin, person_id=eve.id, active=False)
    assert browser.get("/").status_code == 401 and enter(browser, "Eve").status_code == 422
    assert [p.name for p, _ in accounts.everyone(workspace, actor=admin)] == ["Ana", "Eve"]
    with pytest.raises(Forbidden):
        accounts.everyone(workspace, actor=eve)
    with pytest.raises(Refused, match="only admin"):
        accounts.set_active(workspace, actor=admin, person_id=admin.id, active=False)
    with pytest.raises(Refused, match="only admin"):
        accounts.set_role(workspace, actor=admin, person_id=admin.id, role="reviewer")


def test_an_invitation_is_used_once(workspace, admin):
    token = accounts.invite(workspace, actor=admin, role="reviewer")
    browser = server(workspace)
    assert token in browser.get(f"/signin?invitation={token}").text
    assert "<b>" not in browser.get("/signin?invitation=%22%3E%3Cb%3E").text
    body = {"token": token, "name": "Rae", "password": PASSWORD}
    short = browser.post("/api/invitation", json=body | {"password": "short"}, headers=OURS)
    assert short.status_code == 422
    taken = browser.post("/api/invitation", json=body | {"name": "Ana"}, headers=OURS)
    assert "named Ana already" in taken.json()["error"]
    assert browser.post("/api/invitation", json=body, headers=OURS).json() == {"name": "Rae"}
    assert browser.get("/").status_code == 200
    again = browser.post("/api/invitation", json=body | {"name": "Sam"}, headers=OURS)
    assert again.status_code == 422
    assert accounts.named(workspace, name="Rae").role == "reviewer"


def test_no_request_of_another_site_signs_in_or_out(workspace, admin):
    browser = server(workspace)
    plain = browser.post("/api/signin", json={"name": "Ana", "password": PASSWORD})
    assert plain.status_code == 403
    enter(browser)
    assert browser.post("/api/leave", json={}).status_code == 403


def test_passwords_and_tokens_are_kept_nowhere(workspace, admin, caplog):
    caplog.set_level(logging.DEBUG)
    token = accounts.invite(workspace, actor=admin, role="annotator")
    enter(server(workspace)), enter(server(workspace), password="a wrong password")
    tables = inspect(workspace.database.engine).get_table_names()
    dump = str([asked(workspace.database, f'SELECT * FROM "{table}"') for table in tables])
    assert "$argon2id$" in dump
    for secret in (PASSWORD, token, "a wrong password"):
        assert secret not in dump and secret not in caplog.text


def test_a_password_has_a_least_length(workspace, admin):
    with pytest.raises(InvalidValue):
        accounts.add_user(workspace, actor=admin, name="X", role="annotator", password="short")
    with pytest.raises(InvalidValue):
        accounts.add_user(workspace, actor=admin, name="X", role="king", password=PASSWORD)


# Behind a proxy


def test_the_proxys_header_is_believed_from_the_proxy_only(guarded):
    workspace = guarded("proxy", ANNOTATOR_PROXIES="10.1.0.0/16")
    named = {"X-Forwarded-User": "Ana"}
    inside, outside = server(workspace, ("10.1.2.3", 1)), server(workspace, ("10.2.0.1", 1))
    assert inside.get("/", headers=named).text == "secret page"
    assert outside.get("/", headers=named).status_code == 401
    assert inside.get("/").status_code == 401
    assert inside.get("/", headers={"X-Forwarded-User": "\x7f"}).status_code == 401
    inside.get("/", headers={"X-Forwarded-User": "Bo"})
    assert accounts.named(workspace, name="Ana").role == "admin"
    bo = accounts.named(workspace, name="Bo")
    assert bo.role == "annotator"
    accounts.set_active(workspace, actor=replace(bo, role="admin"), person_id=bo.id, active=False)
    assert inside.get("/", headers={"X-Forwarded-User": "Bo"}).status_code == 401
    with pytest.raises(WebSocketDisconnect), outside.websocket_connect("/_stcore/stream"):
        pass


def test_a_proxy_that_says_whom_it_sends_is_still_the_proxy(guarded):
    """Most proxies add X-Forwarded-For; and nobody becomes the proxy by naming it there."""
    workspace = guarded("proxy", ANNOTATOR_PROXIES="10.1.0.0/16")
    inside, local = server(workspace, ("10.1.2.3", 1)), server(workspace, ("127.0.0.1", 1))
    visitor = {"X-Forwarded-User": "Ana", "X-Forwarded-For": "203.0.113.9"}
    assert inside.get("/", headers=visitor).text == "secret page"
    assert local.get("/", headers=visitor | {"X-Forwarded-For": "10.1.2.3"}).status_code == 401


def test_attempts_are_counted_by_the_address_that_a_proxy_names(guarded, caplog):
    workspace = guarded("accounts", ANNOTATOR_PROXIES="10.1.0.0/16")
    for host, counted in (("10.1.2.3", "203.0.113.9"), ("10.2.0.1", "10.2.0.1")):
        browser = server(workspace, (host, 1))
        browser.headers["X-Forwarded-For"] = "203.0.113.9"
        enter(browser, password="a wrong password")
        assert f"for 'ana' from {counted}" in caplog.text


def test_the_web_server_leaves_addresses_to_the_gate(guarded, monkeypatch):
    for name, value in guarded("accounts").settings.environment().items():
        monkeypatch.setenv(name, value)
    trusted = ProxyHeadersMiddleware(None, Config("app").forwarded_allow_ips).trusted_hosts
    assert not any(host in trusted for host in ("127.0.0.1", "10.1.2.3", ""))


def test_with_accounts_a_proxys_header_is_nobody(workspace, admin):
    browser = server(workspace)
    assert browser.get("/", headers={"X-Forwarded-User": "Ana"}).status_code == 401


@pytest.mark.parametrize(
    "settings",
    [
        {"ANNOTATOR_ACCESS": "open"},
        {"ANNOTATOR_ACCESS": "proxy"},
        {"ANNOTATOR_ACCESS": "proxy", "ANNOTATOR_PROXIES": "everywhere"},
    ],
)
def test_a_way_in_that_is_not_set_up_is_refused(settings):
    with pytest.raises(Misconfigured):
        load(settings)


def test_the_settings_reach_the_processes_that_serve_starts():
    found = load({"ANNOTATOR_ACCESS": "proxy", "ANNOTATOR_PROXIES": "10.1.0.0/16"})
    assert load(found.environment()) == found

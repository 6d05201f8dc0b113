"""The routes beside the pages: who may, what is refused, and in which words."""

from __future__ import annotations

import io

import pytest
from itsdangerous import URLSafeTimedSerializer
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from annotator.identity import COOKIE
from annotator.routes import LARGEST_BODY, routes
from annotator.server import streamlit_options
from annotator.services import pictures
from tests.examples import Tab

OURS = {"X-Annotator": "1"}


@pytest.fixture
def client(workspace, item):
    """A browser without a name, in front of a dataset of three items."""
    with TestClient(Starlette(routes=routes(workspace)), raise_server_exceptions=True) as browser:
        yield browser


@pytest.fixture
def ana_there(client):
    """The same browser once Ana has said who she is."""
    assert client.post("/api/name", json={"name": "Ana"}, headers=OURS).status_code == 200
    return client


@pytest.fixture
def image(workspace, ana, item):
    """The hash of an image that the first item shows."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "PNG")
    pictures.replace_image(workspace, actor=ana, item_id=item, data=out.getvalue())
    return pictures.of_dataset(workspace, dataset_id=1)[0].sha256


def draft(**changed):
    return {
        "item_id": 1, "field": "note", "base": "", "text": "typed", "version": 0,
        "tab": "tab-1", "save_id": "save-1", **changed,
    }  # fmt: skip


def test_a_typed_text_reaches_the_draft(ana_there, workspace, ana, item):
    answer = ana_there.post("/api/draft", json=draft(), headers=OURS)
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert Tab(workspace, ana, item).desk.note == "typed"


def test_a_retried_save_is_stored_once(ana_there, workspace, ana, item):
    for _ in range(3):
        assert ana_there.post("/api/draft", json=draft(), headers=OURS).json()["version"] == 1
    assert len(Tab(workspace, ana, item).log()) == 1


def test_a_text_that_was_changed_elsewhere_is_told_with_what_stands(
    ana_there, workspace, ana, item
):
    Tab(workspace, ana, item, "tab-2").type("theirs")
    answer = ana_there.post("/api/draft", json=draft(), headers=OURS)
    assert (answer.status_code, answer.json()["current"]) == (409, "theirs")
    assert Tab(workspace, ana, item).desk.note == "theirs"


@pytest.mark.parametrize(
    ("method", "path"), [("get", f"/image/{'0' * 64}"), ("post", "/api/draft")]
)
def test_nobody_is_let_in_without_a_name(client, method, path):
    assert getattr(client, method)(path, headers=OURS).status_code == 401


def forged(workspace):
    key = workspace.settings.signing_key()
    return {
        "nonsense": "nonsense",
        "another key": URLSafeTimedSerializer("x", salt="person").dumps([1, "Ana"]),
        "another use": URLSafeTimedSerializer(key, salt="else").dumps([1, "Ana"]),
        "another person": URLSafeTimedSerializer(key, salt="person").dumps([1, "Bo"]),
        "nobody": URLSafeTimedSerializer(key, salt="person").dumps([99, "Ana"]),
        "another form": URLSafeTimedSerializer(key, salt="person").dumps({"id": 1}),
        "empty": "",
    }


@pytest.mark.parametrize(
    "kind", ["nonsense", "another key", "another use", "another person", "nobody", "another form",
             "empty"]
)  # fmt: skip
def test_a_cookie_that_is_not_ours_is_nobodys(client, workspace, kind):
    client.cookies.set(COOKIE, forged(workspace)[kind])
    answer = client.post("/api/draft", json=draft(), headers=OURS)
    assert answer.status_code == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(client):
    said = client.post("/api/name", json={"name": "Ana"}, headers=OURS).headers["set-cookie"]
    assert "HttpOnly" in said and "samesite=lax" in said.lower()


def test_leaving_forgets_the_name(ana_there):
    assert ana_there.post("/api/leave", json={}, headers=OURS).status_code == 200
    assert ana_there.post("/api/draft", json=draft(), headers=OURS).status_code == 401


@pytest.mark.parametrize("path", ["/api/name", "/api/draft", "/api/leave"])
def test_requests_of_other_sites_are_refused(ana_there, path):
    assert ana_there.post(path, json={"name": "Eve"}).status_code == 403


@pytest.mark.parametrize("path", ["/api/name", "/api/draft", "/api/leave"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"5", b'"name"', b"\xff\xfe", b"[" * 100_000, b"null"]
)
def test_a_body_that_is_no_object_is_refused(ana_there, path, body):
    answer = ana_there.post(path, content=body, headers=OURS)
    assert (answer.status_code, "request" in answer.json()["error"]) == (422, True)


def test_a_body_that_is_too_large_is_refused(ana_there):
    answer = ana_there.post("/api/draft", content=b"x" * (LARGEST_BODY + 1), headers=OURS)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "changed",
    [
        {"item_id": "1"}, {"item_id": True}, {"item_id": 10**30}, {"item_id": -1},
        {"version": None}, {"version": 1.5}, {"text": 5}, {"text": "\x00"},
        {"text": "x" * 20_001}, {"tab": "x" * 65}, {"tab": "\ud83d"}, {"save_id": "\ud83d"},
        {"field": "verdict"}, {"field": "component:../x"}, {"base": None},
    ],
)  # fmt: skip
def test_a_save_that_may_not_be_stored_is_refused_in_words(ana_there, workspace, ana, changed):
    import json

    answer = ana_there.post("/api/draft", content=json.dumps(draft(**changed)), headers=OURS)
    assert answer.status_code == 422 and answer.json()["error"]
    assert Tab(workspace, ana, 1).desk.annotation is None


def test_an_item_that_is_not_there_is_said(ana_there):
    assert ana_there.post("/api/draft", json=draft(item_id=99), headers=OURS).status_code == 404


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b", "a\u202eb", 5, None, "\ud83d"])
def test_a_name_that_is_none_is_refused(client, name):
    import json

    answer = client.post("/api/name", content=json.dumps({"name": name}), headers=OURS)
    assert answer.status_code == 422


def test_the_same_name_is_the_same_person(client, workspace):
    names = ["José  Pérez", " José Pérez ", "Jose\u0301 Pérez"]
    given = {client.post("/api/name", json={"name": n}, headers=OURS).json()["name"] for n in names}
    assert given == {"José Pérez"}


def test_images_are_sent_by_content_and_for_ever(ana_there, image):
    for size in ("thumb", "display", "full"):
        answer = ana_there.get(f"/image/{image}?size={size}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("image/")
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_image_that_was_taken_down_is_not_sent(ana_there, workspace, ana, image):
    pictures.take_down(workspace, actor=ana, image_id=1, version=1, reason="a face")
    assert ana_there.get(f"/image/{image}").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/image/..%2f..%2fsecret", "/image/../secret", "/image/" + "0" * 64, "/image/" + "G" * 64,
     "/image/%00", "/image/a/../../secret", "/image/" + "0" * 64 + "?size=../../secret",
     "/image/....//secret"],
)  # fmt: skip
def test_no_trick_with_a_path_leads_anywhere(ana_there, workspace, path):
    workspace.settings.signing_key()
    assert ana_there.get(path).status_code == 404


def test_health_needs_no_name(client):
    assert client.get("/api/health").json() == {"status": "ok"}


def test_the_server_listens_where_it_is_told_and_shows_no_traces(workspace):
    options = streamlit_options(workspace.settings)
    assert options["server.address"] == "127.0.0.1"
    assert options["client.showErrorDetails"] == "none"
    assert options["runner.postScriptGC"] is False

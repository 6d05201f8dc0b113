"""Settings: each variable has one name, one default, and a sentence where it cannot be read."""

from __future__ import annotations

import re
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path

import pytest

from annotator import config
from annotator.config import Settings, load
from annotator.errors import Misconfigured


def test_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = load({})
    assert found.home == tmp_path / "annotator-data"
    assert found.database == str(tmp_path / "annotator-data" / "annotator.db")
    assert found.exports == tmp_path / "exports"
    assert (found.host, found.port, found.log) == ("127.0.0.1", 8501, "INFO")
    assert (found.secret, found.fetch_allow) == (None, ())


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("ANNOTATOR_HOME", "/data/x", "home", Path("/data/x")),
        ("DATABASE_URL", "postgresql://h/d", "database", "postgresql://h/d"),
        ("ANNOTATOR_EXPORTS", "/data/out", "exports", Path("/data/out")),
        ("ANNOTATOR_HOST", "0.0.0.0", "host", "0.0.0.0"),
        ("ANNOTATOR_PORT", "9000", "port", 9000),
        ("ANNOTATOR_SECRET", "s3cret", "secret", "s3cret"),
        ("ANNOTATOR_UPLOAD_MB", "5", "upload_mb", 5),
        ("ANNOTATOR_IMAGE_MB", "6", "image_mb", 6),
        ("ANNOTATOR_IMAGE_MEGAPIXELS", "7", "image_megapixels", 7),
        ("ANNOTATOR_FETCH_SECONDS", "8", "fetch_seconds", 8),
        (
            "ANNOTATOR_FETCH_ALLOW",
            "10.1.0.0/16, fd00::/8",
            "fetch_allow",
            (ip_network("10.1.0.0/16"), ip_network("fd00::/8")),
        ),
        ("ANNOTATOR_LOG", "debug", "log", "DEBUG"),
        ("ANNOTATOR_JUDGE_URL", "http://gpu:8000/v1/", "judge_url", "http://gpu:8000/v1"),
        ("ANNOTATOR_JUDGE_KEY", "sk-1", "judge_key", "sk-1"),
        ("ANNOTATOR_JUDGE_MODEL", "judge-x", "judge_model", "judge-x"),
        ("ANNOTATOR_JUDGE_PRICE", "2.5/10", "judge_price", (2.5, 10.0)),
        ("ANNOTATOR_JUDGE_CONCURRENCY", "16", "judge_concurrency", 16),
        ("ANNOTATOR_JUDGE_SECONDS", "9", "judge_seconds", 9),
        ("ANNOTATOR_JUDGE_IMAGE_SIDE", "512", "judge_image_side", 512),
    ],
)
def test_every_variable_is_read_and_passed_on(name, text, field, value):
    found = load({name: text})
    assert getattr(found, field) == value
    assert load(found.environment()) == found
    assert re.search(rf"^{name}\b", config.__doc__, re.MULTILINE)


def test_every_setting_has_a_variable():
    assert len(re.findall(r"^(ANNOTATOR_\w+|DATABASE_URL)", config.__doc__, re.M)) == len(
        fields(Settings)
    )


@pytest.mark.parametrize(
    "name",
    ["ANNOTATOR_PORT", "ANNOTATOR_UPLOAD_MB", "ANNOTATOR_IMAGE_MB", "ANNOTATOR_IMAGE_MEGAPIXELS",
     "ANNOTATOR_FETCH_SECONDS"],
)  # fmt: skip
@pytest.mark.parametrize("text", ["x", "-1", "1.5", "²", "٣", "99999999", " 5"])
def test_a_number_that_is_none_is_refused_by_name(name, text):
    with pytest.raises(Misconfigured, match=name):
        load({name: text})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ANNOTATOR_FETCH_ALLOW", "everything"),
        ("ANNOTATOR_FETCH_ALLOW", "10.1.2.3/16"),
        ("ANNOTATOR_LOG", "LOUD"),
        ("ANNOTATOR_JUDGE_PRICE", "2.5"),
        ("ANNOTATOR_JUDGE_PRICE", "-1/2"),
        ("ANNOTATOR_JUDGE_PRICE", "nan/2"),
        ("ANNOTATOR_JUDGE_URL", "gpu:8000"),
        ("ANNOTATOR_JUDGE_URL", "ftp://gpu/v1"),
    ],
)
def test_other_values_that_are_none_are_refused_by_name(name, text):
    said = {"ANNOTATOR_JUDGE_PRICE": "price", "ANNOTATOR_JUDGE_URL": "judges' address"}
    with pytest.raises(Misconfigured, match=said.get(name, name)):
        load({name: text})


@pytest.mark.parametrize(
    "url", ["https://sk-1@gpu/v1", "https://u:sk-1@gpu/v1", "https://g?k=sk-1"]
)
def test_a_key_in_an_address_is_refused_without_repeating_it(url):
    with pytest.raises(Misconfigured, match="no name, key or query") as refused:
        load({"ANNOTATOR_JUDGE_URL": url})
    assert "sk-1" not in str(refused.value)


def test_the_usual_names_of_key_and_address_serve_where_ours_are_not_set():
    usual = {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "http://gpu/v1"}
    assert (load(usual).judge_key, load(usual).judge_url) == ("sk-1", "http://gpu/v1")
    ours = usual | {"ANNOTATOR_JUDGE_KEY": "sk-2", "ANNOTATOR_JUDGE_URL": "http://other/v1"}
    assert (load(ours).judge_key, load(ours).judge_url) == ("sk-2", "http://other/v1")


def test_the_key_goes_to_its_own_address_alone_and_shows_nowhere():
    found = load({"ANNOTATOR_JUDGE_KEY": "sk-1"}, judge_url="http://gpu/v1/")
    assert (found.key_for("http://gpu/v1"), found.key_for("http://elsewhere/v1")) == ("sk-1", None)
    assert "sk-1" not in repr(found)


def test_the_flag_wins_over_the_environment():
    assert load({"DATABASE_URL": "a.db"}, database="b.db").database == "b.db"


def test_an_empty_variable_is_none():
    assert load({"ANNOTATOR_PORT": "", "ANNOTATOR_SECRET": ""}) == load({})


def test_the_signing_key_is_made_once_and_readable_by_its_owner_alone(tmp_path):
    first = load({"ANNOTATOR_HOME": str(tmp_path / "new")})
    key = first.signing_key()
    assert len(key) >= 32
    assert load({"ANNOTATOR_HOME": str(tmp_path / "new")}).signing_key() == key
    assert (tmp_path / "new" / "secret").stat().st_mode & 0o077 == 0
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["secret"]

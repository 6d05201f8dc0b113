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
    ],
)
def test_other_values_that_are_none_are_refused_by_name(name, text):
    with pytest.raises(Misconfigured, match=name):
        load({name: text})


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

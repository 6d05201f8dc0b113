"""Pages run by AppTest over an installation of their own, and what its database says."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from looking import ROOT, Ask, Open, run
from sqlalchemy import make_url
from streamlit.testing.v1 import AppTest

from annotator.config import load
from annotator.domain.records import Person
from annotator.services import demo as demo_service
from annotator.services.workspace import Workspace, open_workspace, shared_workspace, sign_in
from tests import databases


@pytest.fixture(scope="session")
def demo(
    tmp_path_factory: pytest.TempPathFactory, backend: str
) -> Iterator[tuple[Path, dict[str, str]]]:
    """A home folder with the demo dataset, to be copied, and where its database is."""
    home = tmp_path_factory.mktemp("demo")
    with databases.unmade(backend) as place:
        workspace = open_workspace(load({"ANNOTATOR_HOME": str(home)} | place))
        demo_service.build(workspace)
        workspace.database.close()
        yield home, place


@pytest.fixture
def home(
    tmp_path: Path, demo: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The home folder that the pages of this test work in: the demo dataset."""
    home = tmp_path / "home"
    shutil.copytree(demo[0], home)
    monkeypatch.setenv("ANNOTATOR_HOME", str(home))
    monkeypatch.setenv("ANNOTATOR_EXPORTS", str(tmp_path / "exports"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with databases.copied(demo[1]) as place:
        for name, value in place.items():
            monkeypatch.setenv(name, value)
        yield home


@pytest.fixture
def empty_home(home: Path, backend: str, templates: Callable[[str], str]) -> Path:
    """The same folder without any dataset."""
    shutil.rmtree(home)
    home.mkdir()
    if backend == "sqlite":
        shutil.copy(templates(backend), home / "annotator.db")
    else:
        databases.emptied(str(make_url(os.environ["DATABASE_URL"]).database))
    return home


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    """The workspace that the pages share; ask for ``empty_home`` before it to have it empty."""
    shared = shared_workspace(load())
    yield shared
    shared.database.close()
    shared_workspace.cache_clear()


@pytest.fixture
def open_page(workspace: Workspace, ana: Person) -> Open:
    """Opens a page of the app as somebody, with the parameters of its address."""

    def opened(name: str, *, who: Person = ana, **parameters: str) -> AppTest:
        app = AppTest.from_file(ROOT / "annotator" / "app.py", default_timeout=120)
        app.session_state["person_id"] = who.id
        run(app)
        for parameter, value in parameters.items():
            app.query_params[parameter] = value
        return run(app.switch_page(f"../pages/{name}.py"))

    return opened


@pytest.fixture
def ask(home: Path) -> Ask:
    """Asks the database behind the pages' back; a row of one column is its value."""

    def asked(sql: str, *values: Any) -> list[Any]:
        rows = databases.answers(os.environ, sql, values)
        return [row[0] if len(row) == 1 else row for row in rows]

    return asked


@pytest.fixture
def draft(ask: Ask, ana: Person) -> Callable[[int], dict[str, Any]]:
    """A person's annotation of an item as it stands in the database."""

    def found(item_id: int, person: Person = ana) -> dict[str, Any]:
        [row] = ask(
            "select state, verdict, note, status, version, base_revision from annotation"
            " where item_id = ? and person_id = ?",
            item_id,
            person.id,
        )
        names = ("verdict", "note", "status", "version", "base_revision")
        return json.loads(row[0]) | dict(zip(names, row[1:], strict=True))

    return found


@pytest.fixture
def bo(workspace: Workspace) -> Person:
    """Another annotator."""
    return sign_in(workspace, name="Bo")

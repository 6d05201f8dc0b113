"""Pages run by AppTest over an installation of their own, and what its database says."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from looking import ROOT, Ask, Open, run
from streamlit.testing.v1 import AppTest

from annotator.config import load
from annotator.domain.records import Person
from annotator.services import demo as demo_service
from annotator.services.workspace import Workspace, open_workspace, shared_workspace, sign_in


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with the demo dataset, to be copied."""
    home = tmp_path_factory.mktemp("demo")
    workspace = open_workspace(load({"ANNOTATOR_HOME": str(home)}))
    demo_service.build(workspace)
    workspace.database.close()
    return home


@pytest.fixture
def home(tmp_path: Path, demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder that the pages of this test work in: the demo dataset."""
    home = tmp_path / "home"
    shutil.copytree(demo_home, home)
    monkeypatch.setenv("ANNOTATOR_HOME", str(home))
    monkeypatch.setenv("ANNOTATOR_EXPORTS", str(tmp_path / "exports"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return home


@pytest.fixture
def empty_home(home: Path, empty_database: Path) -> Path:
    """The same folder without any dataset."""
    shutil.rmtree(home)
    home.mkdir()
    shutil.copy(empty_database, home / "annotator.db")
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
        app = AppTest.from_file(ROOT / "annotator" / "app.py", default_timeout=30)
        app.session_state["person_id"] = who.id
        run(app)
        for parameter, value in parameters.items():
            app.query_params[parameter] = value
        return run(app.switch_page(f"../pages/{name}.py"))

    return opened


@pytest.fixture
def ask(home: Path) -> Iterator[Ask]:
    """Asks the database behind the pages' back; a row of one column is its value."""
    connection = sqlite3.connect(home / "annotator.db", isolation_level=None)

    def asked(sql: str, *values: Any) -> list[Any]:
        rows = connection.execute(sql, values).fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    yield asked
    connection.close()


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

"""Fixtures that all tests share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from annotator.config import load
from annotator.domain.records import Person
from annotator.services.workspace import Workspace, open_workspace, sign_in
from tests.examples import benchmark, imported, record

settings.register_profile(
    "quick",
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("quick")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database without data, to be copied."""
    home = tmp_path_factory.mktemp("template")
    open_workspace(load({"ANNOTATOR_HOME": str(home)})).database.close()
    return home / "annotator.db"


@pytest.fixture
def environment(tmp_path: Path, empty_database: Path) -> dict[str, str]:
    """Settings of an installation with an empty database."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(empty_database, home / "annotator.db")
    return {"ANNOTATOR_HOME": str(home), "ANNOTATOR_EXPORTS": str(tmp_path / "exports")}


@pytest.fixture
def open_again(environment: dict[str, str]) -> Iterator[Callable[[], Workspace]]:
    """Opens the test's installation, as another process would."""
    opened: list[Workspace] = []

    def again() -> Workspace:
        opened.append(open_workspace(load(environment)))
        return opened[-1]

    yield again
    for workspace in opened:
        workspace.database.close()


@pytest.fixture
def workspace(open_again: Callable[[], Workspace]) -> Workspace:
    """An installation with nothing in it."""
    return open_again()


@pytest.fixture
def ana(workspace: Workspace) -> Person:
    """An annotator."""
    return sign_in(workspace, name="Ana")


@pytest.fixture
def bo(workspace: Workspace) -> Person:
    """Another annotator."""
    return sign_in(workspace, name="Bo")


@pytest.fixture
def item(workspace: Workspace, ana: Person) -> int:
    """The id of the first of three items."""
    data = benchmark(record(), record(instruction="Sing."), record(instruction="Draw."))
    return imported(workspace, ana, data)[0]

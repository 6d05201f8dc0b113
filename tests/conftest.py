"""Fixtures that all tests share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from annotator.config import load
from annotator.domain.records import Person
from annotator.services.workspace import Workspace, open_workspace, sign_in
from tests import databases
from tests.examples import benchmark, imported, record

settings.register_profile(
    "quick",
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("quick")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that has a database on every kind of it that is asked for."""
    if "backend" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("every_database") is not None
        metafunc.parametrize("backend", databases.backends(marked), scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what knows no database where PostgreSQL alone is asked."""
    if databases.THOROUGH:
        known = [one for one in items if "backend" in getattr(one, "fixturenames", ())]
        kept = [one for one in known if not one.get_closest_marker("one_file")]
        config.hook.pytest_deselected(items=[one for one in items if one not in kept])
        items[:] = kept


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    """The kind of database a test runs on."""
    return str(request.param)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Makes one migrated database without data of each kind, to be copied."""
    made: dict[str, str] = {}
    with ExitStack() as stack:

        def template(backend: str) -> str:
            if backend not in made:
                folder = tmp_path_factory.mktemp("template")
                made[backend] = stack.enter_context(databases.template(backend, folder))
            return made[backend]

        yield template


@pytest.fixture(scope="session")
def empty_database(templates: Callable[[str], str]) -> Path:
    """A migrated SQLite database without data, to be copied."""
    return Path(templates("sqlite"))


@pytest.fixture
def environment(tmp_path: Path, backend: str, templates: Callable[[str], str]) -> dict[str, str]:
    """Settings of an installation with an empty database."""
    home = tmp_path / "home"
    home.mkdir()
    found = {"ANNOTATOR_HOME": str(home), "ANNOTATOR_EXPORTS": str(tmp_path / "exports")}
    if backend == "postgresql":
        found["DATABASE_URL"] = databases.emptied(templates(backend))
    else:
        shutil.copy(templates(backend), home / "annotator.db")
    return found


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

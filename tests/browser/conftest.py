"""Headless Chromium for the browser tests; never skipped: nothing else proves what they do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from installation import PATIENCE_SECONDS, Dataset, Installation, sign_in, start
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from annotator.config import load
from annotator.services.importing import import_file
from annotator.services.workspace import open_workspace
from annotator.services.workspace import sign_in as name_known
from tests import databases
from tests.judge_server import JudgeServer

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
expect.set_options(timeout=PATIENCE_SECONDS * 1000)
MISSING = (
    "no Chromium found: install one (Debian: apt-get install chromium; elsewhere: "
    "python -m playwright install chromium) or name it in ANNOTATOR_CHROMIUM"
)


def _chromium(playwright: Playwright) -> str | None:
    named = os.environ.get("ANNOTATOR_CHROMIUM")
    if named:
        return named
    found = [path for name in NAMES if (path := shutil.which(name))]
    own = playwright.chromium.executable_path
    return next((path for path in [*found, own] if path and Path(path).exists()), None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Say at once that Chromium is missing, not once for each test."""
    wanted = any(item.get_closest_marker("browser") for item in session.items)
    if not wanted or session.config.option.collectonly:
        return
    if not os.environ.get("ANNOTATOR_CHROMIUM") and not any(map(shutil.which, NAMES)):
        with sync_playwright() as playwright:
            if _chromium(playwright) is None:
                pytest.exit(MISSING, returncode=1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one file: while it runs, no test in this process can start an event loop."""
    with sync_playwright() as playwright:
        path = _chromium(playwright)
        if path is None:
            pytest.fail(MISSING)
        launched = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield launched
        launched.close()


@pytest.fixture
def page_errors() -> list[str]:
    """Uncaught errors of every page of this test; a test that expects one empties the list."""
    return []


@pytest.fixture
def context(browser: Browser, page_errors: list[str]) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1440, "height": 900})
    made.set_default_timeout(PATIENCE_SECONDS * 1000)
    made.on("page", lambda page: page.on("pageerror", lambda e: page_errors.append(str(e))))
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, page_errors: list[str]) -> Iterator[Page]:
    opened = context.new_page()
    yield opened
    assert not page_errors, "uncaught in the page: " + "; ".join(page_errors)


@pytest.fixture(scope="session")
def judge_server() -> Iterator[JudgeServer]:
    """The judges' server of the installation."""
    with JudgeServer() as one:
        yield one


@pytest.fixture(scope="session")
def installed(
    tmp_path_factory: pytest.TempPathFactory, judge_server: JudgeServer, backend: str
) -> Iterator[Installation]:
    """A server with the demo, for all tests on one kind of database; each has its own dataset."""
    home = tmp_path_factory.mktemp("installed") / "home"
    judge_server.calls.clear()
    with databases.unmade(backend) as place:
        started = start(home, "demo", ANNOTATOR_JUDGE_URL=judge_server.url, **place)
        yield started
        started.stop()


@pytest.fixture
def dataset(installed: Installation, request: pytest.FixtureRequest) -> Iterator[Dataset]:
    """The demo benchmark once more, under a name of the test's own."""
    name = f"demo-{abs(hash(request.node.nodeid))}"
    workspace = open_workspace(load(installed.environment))
    with as_file(files("annotator.demo")) as folder:
        report = import_file(
            workspace,
            actor=name_known(workspace, name="Importer"),
            file="benchmark.json",
            data=(folder / "benchmark.json").read_bytes(),
            dataset=name,
            images=folder,
        )
    workspace.database.close()
    ids = installed.ask(
        "select id from item where dataset_id = ? order by position", report.dataset_id
    )
    yield Dataset(installed, name, report.dataset_id, ids)


@pytest.fixture(scope="module")
def anas_browser(browser: Browser, installed: Installation) -> Iterator[BrowserContext]:
    """Ana's browser, shared by the tests: its warm cache saves half their time."""
    made = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    made.set_default_timeout(PATIENCE_SECONDS * 1000)
    sign_in(made, installed, "Ana")
    first = made.new_page()
    first.goto(installed.address)
    # On Home whatever the newest dataset is, and however far other tests have brought it.
    first.locator(".st-key-bell").wait_for()
    yield made
    made.close()


@pytest.fixture
def ana(anas_browser: BrowserContext, page_errors: list[str]) -> Iterator[BrowserContext]:
    """Ana's browser with nothing left over from another test."""
    sweeper = anas_browser.pages[0]

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: page_errors.append(str(error)))

    anas_browser.on("page", watch)
    yield anas_browser
    anas_browser.remove_listener("page", watch)
    anas_browser.set_offline(False)
    for page in anas_browser.pages:
        if page is not sweeper:
            page.close()
    sweeper.evaluate("localStorage.clear()")


@pytest.fixture
def tab(ana: BrowserContext, page_errors: list[str]) -> Iterator[Page]:
    """A tab of Ana's."""
    yield ana.new_page()
    assert not page_errors, "uncaught in the page: " + "; ".join(page_errors)


@pytest.fixture
def someone(
    browser: Browser, installed: Installation, page_errors: list[str]
) -> Iterator[Callable[[str], Page]]:
    """Opens a tab for another person, in a browser of theirs."""
    made: list[BrowserContext] = []

    def arrive(name: str) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        context.on("page", lambda p: p.on("pageerror", lambda e: page_errors.append(str(e))))
        made.append(context)
        sign_in(context, installed, name)
        return context.new_page()

    yield arrive
    for context in made:
        context.close()


@pytest.fixture
def real_data() -> Path:
    """Published data that may not lie in the repository."""
    named = os.environ.get("ANNOTATOR_REAL_DATA")
    if not named:
        pytest.skip("ANNOTATOR_REAL_DATA is not set")
    return Path(named)

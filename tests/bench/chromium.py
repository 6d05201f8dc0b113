"""What is measured in Chromium: from a key press to what it changes, by the page's own clock."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.places import DATASET, WHO, Server

ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
THINK_MS = 250
CLOCK = """
window.clock = { at: 0, marks: {} };
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.ctrlKey) window.clock = { at: performance.now(), marks: {} };
}, true);
const seen = (name) => { window.clock.marks[name] ??= performance.now() - window.clock.at; };
const watch = () => new MutationObserver((changes) => {
  for (const change of changes) {
    if (!window.clock.at) continue;
    if (change.attributeName === 'data-item-image-ready') {
      if (change.target.dataset.itemImageReady) seen('image');
    } else if (change.attributeName === 'data-item') seen('board');
    else if (change.type === 'characterData' || change.type === 'childList') {
      if (change.target.textContent.startsWith('pressed ')) seen('text');
    }
  }
}).observe(document.body, { subtree: true, childList: true, characterData: true,
  attributes: true, attributeFilter: ['data-item-image-ready', 'data-item'] });
document.readyState === 'loading' ? addEventListener('DOMContentLoaded', watch) : watch();
"""


@dataclass(frozen=True)
class Step:
    """One submit: when the next picture was decoded and the next item's board stood, in ms."""

    image: float
    board: float

    @property
    def both(self) -> float:
        """When the next item could be worked on."""
        return max(self.image, self.board)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium without a window."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("ANNOTATOR_CHROMIUM") or next(
        (path for name in names if (path := shutil.which(name))), None
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGS))
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser: Browser, server: Server, path: str, *, who: str | None = WHO) -> Page:
    """A page of its own browser profile, signed in, with the clock on it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    if who:
        name, _, value = server.sign_in(who).partition("=")
        context.add_cookies([{"name": name, "value": value, "url": server.url}])
    context.add_init_script(CLOCK)
    page = context.new_page()
    page.goto(server.url + path)
    return page


def open_annotate(browser: Browser, server: Server) -> Page:
    """Annotate at the first item that waits."""
    page = open_page(browser, server, f"/annotate?dataset={DATASET}")
    page.wait_for_selector("[data-item-image-ready]", state="attached", timeout=30_000)
    page.wait_for_selector("[data-item]", state="attached")
    settle(page)
    return page


def settle(page: Page) -> None:
    """Wait until no script runs, then as long as somebody looks at the item."""
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    )
    page.wait_for_timeout(THINK_MS)


def submit_and_next(page: Page) -> Step:
    """Keep the item by key 1, submit by Ctrl+Enter, and time the next one."""
    page.keyboard.press("1")
    page.wait_for_selector(".st-key-actions [data-testid=stBaseButton-primary]")
    settle(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_function("clock.at && clock.marks.image && clock.marks.board", timeout=10_000)
    marks = page.evaluate("clock.marks")
    settle(page)
    return Step(marks["image"], marks["board"])


def press_empty(page: Page) -> float:
    """One rerun of the empty page, from key to changed text, in ms."""
    page.keyboard.press("Control+Enter")
    page.wait_for_function("clock.at && clock.marks.text", timeout=10_000)
    took = float(page.evaluate("clock.marks.text"))
    settle(page)
    return took

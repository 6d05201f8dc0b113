"""Take the README's screenshots from the demo: ``python -m tests.browser.screens``."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from conftest import ARGS, MISSING, _chromium

FOLDER = Path(__file__).parent / "screens"
SIZE = {"width": 1440, "height": 900}


@contextmanager
def demo_server() -> Iterator[str]:
    """The demo, served from a folder of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [sys.executable, "-m", "annotator", "demo", "--port", str(port)],
            env=os.environ | {"ANNOTATOR_HOME": home},
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/api/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def wait_for(address: str) -> None:
    """Until the server answers."""
    for _ in range(120):
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.25)
    raise SystemExit(f"{address} does not answer")


def settle(page: Page) -> None:
    """Until the page has stopped running and its pictures are there."""
    page.wait_for_load_state("networkidle")
    page.locator('[data-test-script-state="notRunning"]').wait_for(state="attached")
    page.wait_for_timeout(700)


def shoot(page: Page, name: str) -> None:
    """One screenshot."""
    settle(page)
    page.screenshot(path=FOLDER / f"{name}.png")


def press(page: Page, *keys: str) -> None:
    """Keys, each when the page is ready for it."""
    for key in keys:
        settle(page)
        page.keyboard.press(key)


def tour(page: Page, address: str) -> None:
    """Walk through the demo and take the pictures on the way."""
    page.goto(address)
    page.get_by_label("Your name").fill("Ana")
    page.keyboard.press("Enter")
    page.get_by_text("Start annotating").wait_for()
    page.goto(f"{address}/annotate?item=10")
    page.locator("[data-item-image-ready]").wait_for()
    shoot(page, "annotate")
    press(page, "m", "2", "p")
    shoot(page, "history")
    press(page, "p", "Control+Enter")
    page.goto(f"{address}/annotate?item=20")
    press(page, "f")
    shoot(page, "flag")
    page.goto(f"{address}/conflicts?kind=contradiction")
    page.locator("[data-item-image-ready]").wait_for()
    shoot(page, "conflicts")
    page.goto(f"{address}/adjudicate?kind=verifier")
    page.locator(".st-key-case-instruction .mk-box").wait_for()
    press(page, "o")
    shoot(page, "adjudicate")
    page.goto(f"{address}/browse")
    page.frame_locator("iframe").locator(".ag-row").first.wait_for()
    shoot(page, "browse")
    page.goto(f"{address}/release")
    shoot(page, "release")
    page.goto(address)
    shoot(page, "home")


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with demo_server() as address, sync_playwright() as playwright:
        path = _chromium(playwright)
        if path is None:
            raise SystemExit(MISSING)
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        tour(browser.new_page(viewport=SIZE, color_scheme="light"), address)
        browser.close()


if __name__ == "__main__":
    main()

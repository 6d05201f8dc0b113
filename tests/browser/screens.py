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

from annotator.config import load
from annotator.domain.assignment import Plan
from annotator.services import assigning, audit, datasets, settling
from annotator.services.workspace import open_workspace, sign_in
from tests.examples import Tab

sys.path.insert(0, str(Path(__file__).parent))

from conftest import ARGS, MISSING, _chromium

FOLDER = Path(__file__).parent / "screens"
SIZE = {"width": 1440, "height": 900}


@contextmanager
def demo_server() -> Iterator[tuple[str, Path]]:
    """The demo, served from a folder of its own; its address and that folder."""
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
            yield f"http://127.0.0.1:{port}", Path(home)
        finally:
            process.terminate()
            process.wait(20)


def wait_for(address: str) -> None:
    """Until the server answers."""
    for _ in range(480):
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
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")
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


def work_together(home: Path) -> None:
    """Let two people give their word on the demo's first items, and differ on one."""
    workspace = open_workspace(load({"ANNOTATOR_HOME": str(home)}))
    ana, bo = (sign_in(workspace, name=name) for name in ("Ana", "Bo"))
    demo = datasets.named(workspace, name="Demo")
    plan = Plan(overlap=2)
    assigning.set_plan(workspace, actor=ana, dataset_id=demo.id, version=demo.version, plan=plan)
    for item_id in range(1, 9):
        one, other = Tab(workspace, ana, item_id), Tab(workspace, bo, item_id)
        first, second, *_ = one.desk.content.components
        if item_id == 3:
            one.weigh(**{first.key: first.weight - 1, second.key: second.weight + 1})
            text = f"{second.text}, in full sentences"
            edit = {"op": "set_component", "key": second.key, "field": "text", "value": text}
            other.edit(edit)
            other.type("The instruction asks for sentences.")
        one.submit("fix" if item_id == 3 else "keep")
        if item_id < 7:
            other.submit("fix" if item_id == 3 else "keep")
    rule = settling.Rule()
    agreed = settling.preview(workspace, actor=ana, dataset_id=demo.id, rule=rule)
    settling.settle_by_rule(workspace, actor=ana, shown=agreed, rule=rule)
    audit.compute(workspace, dataset_id=demo.id)
    workspace.database.close()


def tour(page: Page, address: str, home: Path) -> None:
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
    work_together(home)
    page.goto(f"{address}/judges")
    page.get_by_text("Means as people would score").first.wait_for()
    shoot(page, "judges")
    page.goto(f"{address}/progress")
    shoot(page, "progress")
    page.goto(f"{address}/curate")
    page.locator("[data-item-image-ready]").wait_for()
    shoot(page, "curate")


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with demo_server() as (address, home), sync_playwright() as playwright:
        path = _chromium(playwright)
        if path is None:
            raise SystemExit(MISSING)
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        tour(browser.new_page(viewport=SIZE, color_scheme="light"), address, home)
        browser.close()


if __name__ == "__main__":
    main()

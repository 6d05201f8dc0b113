"""Adjudicate at a million scores: how long until the next case stands there, in Chromium."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

from annotator.services import adjudicating
from annotator.services.adjudicating import Wanted
from annotator.services.workspace import Workspace
from db import cases, items, raters, responses, scores
from tests.bench.chromium import chromium, open_page, settle
from tests.bench.places import DATASET, Place, opened, serving
from tests.bench.table import Bar, Row, median, p95, spread

MODELS: Final = ("model-a", "model-b", "model-c")
JUDGES: Final = ("judge-v", "judge-w", "judge-x", "judge-y", "judge-z")
ANSWER: Final = "The harbour lies in the sun. A lantern hangs over the door. Who lit it?"
CHUNK: Final = 50_000
LIMIT_MS: Final = 300
CLOCK: Final = """
window.caseClock = { at: 0, took: 0 };
document.addEventListener('keydown', (event) => {
  if (event.key === 'j' || event.key === 'y') window.caseClock = { at: performance.now(), took: 0 };
}, true);
const watchCases = () => new MutationObserver((changes) => {
  const clock = window.caseClock;
  for (const { target } of changes) {
    const box = target.closest?.('.st-key-case-instruction');
    if (box && clock.at && !clock.took) clock.took = performance.now() - clock.at;
  }
}).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['data-of'] });
document.readyState === 'loading' ? addEventListener('DOMContentLoaded', watchCases) : watchCases();
"""


def fill(workspace: Workspace, dataset_id: int, seed: int = 1) -> dict[str, float]:
    """Answers of three models to every item, and five judges' scores of every case.

    Returns:
        How many scores there are, and the seconds that storing and bringing up to date took.
    """
    chance = random.Random(seed)
    began = time.perf_counter()
    with workspace.database.writing() as session:
        item_ids = items.ids(session, dataset_id=dataset_id)
        responses.insert_many(
            session, rows=[answer(dataset_id, i, model) for i in item_ids for model in MODELS]
        )
        case_ids = cases.ensure(session, item_ids=item_ids)
        judges = [raters.ensure(session, kind="judge", name=name) for name in JUDGES]
    answered = time.perf_counter()
    with workspace.database.writing() as session:
        for start in range(0, len(case_ids), CHUNK):
            chunk = case_ids[start : start + CHUNK]
            known = cases.get_many(session, case_ids=chunk)
            rows = [
                score(dataset_id, case.id, rater.id, truth, chance)
                for case in known
                for truth in [float(chance.random() < 0.7)]
                for rater in judges
            ]
            scores.insert_many(session, rows=rows)
        stored = time.perf_counter()
        cases.refresh(session, case_ids=case_ids)
    return {
        "scores": float(len(case_ids) * len(JUDGES)),
        "answers_s": answered - began,
        "scores_s": stored - answered,
        "refresh_s": time.perf_counter() - stored,
    }


def answer(dataset_id: int, item_id: int, model: str) -> dict[str, Any]:
    """One response as column values."""
    return {
        "dataset_id": dataset_id,
        "item_id": item_id,
        "model": model,
        "variant": "",
        "text": ANSWER,
        "error": None,
        "tokens": None,
        "file_id": None,
        "row": None,
    }


def score(
    dataset_id: int, case_id: int, rater_id: int, truth: float, chance: random.Random
) -> dict[str, Any]:
    """One judge's score: right nine times in ten, unreadable once in two hundred."""
    unread = chance.random() < 0.005
    awarded = truth if chance.random() < 0.9 else 1 - truth
    return {
        "dataset_id": dataset_id,
        "case_id": case_id,
        "rater_id": rater_id,
        "awarded": None if unread else 3 * awarded,
        "possible": 3.0,
        "reason": "cut off" if unread else None,
        "at": datetime.now(UTC),
    }


def judged_home(place: Place, count: int) -> tuple[Path, dict[str, float]]:
    """A home folder with a judged benchmark of so many items."""
    home = place.copy(count, "judged")
    with opened(place.settings(home)) as (workspace, _):
        filled = fill(workspace, dataset_id=1)
    return home, filled


def adjudicate_row(place: Place, scale: Any) -> list[Row]:
    """The next case by J, and by a decision, in Chromium; and the service alone."""
    home, filled = judged_home(place, scale.usual)
    alone = service_times(place, home, scale.each)
    with serving(home) as server, chromium() as browser:
        page = open_page(browser, server, "/annotate")
        page.context.add_init_script(CLOCK)
        page.goto(f"{server.url}/adjudicate?dataset={DATASET}")
        page.wait_for_selector(".st-key-case-instruction .mk-box[data-of]", timeout=60_000)
        settle(page)
        went = [press(page, "j") for _ in range(scale.submits)]
        decided = [decide(page) for _ in range(scale.submits // 2)]
    notes = (
        f"{filled['scores']:,.0f} scores; stored in {filled['scores_s']:.1f} s, answers and cases "
        f"in {filled['answers_s']:.1f} s, brought up to date in {filled['refresh_s']:.1f} s",
        f"the service alone, by filter: {alone}",
    )
    return [
        row(f"next case on Adjudicate, {filled['scores']:,.0f} scores", went, notes),
        row("decided, and the next case there", decided, ()),
    ]


def row(what: str, took: list[float], notes: tuple[str, ...]) -> Row:
    """One row against the bar."""
    bar = Bar(f"p95 ≤ {LIMIT_MS} ms", p95(took) <= LIMIT_MS)
    return Row(what, spread(took), "–", "–", (bar,), notes, {"ms": took, "median": median(took)})


def service_times(place: Place, home: Path, repeats: int) -> str:
    """The milliseconds that opening the first case takes under each kind of filter."""
    asked = {
        "none": Wanted(),
        "kind": Wanted({"kind": ("unparsed",)}),
        "type": Wanted({"type": ("mention",)}),
        "judge": Wanted({"judge": ("2",)}),
        "model": Wanted({"model": ("model-b",)}),
        "against the rule": Wanted(against_verifier=True),
    }
    said = []
    with opened(place.settings(home)) as (workspace, actor):
        for name, wanted in asked.items():
            took = []
            for _ in range(repeats):
                began = time.perf_counter()
                adjudicating.look(workspace, actor=actor, dataset_id=1, wanted=wanted)
                took.append((time.perf_counter() - began) * 1000)
            said.append(f"{name} {median(took):.0f} ms")
    return ", ".join(said)


def press(page: Page, key: str) -> float:
    """A key that leads to another case, until that stands there, in ms."""
    page.keyboard.press(key)
    page.wait_for_function("caseClock.took", timeout=20_000)
    took = float(page.evaluate("caseClock.took"))
    settle(page)
    return took


def decide(page: Page) -> float:
    """One's own score, then making it final: until the next case stands there, in ms."""
    page.keyboard.press("p")
    page.wait_for_selector('[class*="st-key-accept-"] button')
    settle(page)
    return press(page, "y")

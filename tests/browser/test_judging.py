"""A judge run from the page: estimated, started, watched, paused, gone on with; its figures."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from installation import Installation, settled
from playwright.sync_api import Page, expect

from tests.judge_server import JudgeServer

pytestmark = pytest.mark.browser

RUN = "select state, done, failed from judge_run where model = 'judge-b'"
SECTIONS = {
    "Agreement": "Raters",
    "Errors": "May a judge replace an annotator?",
    "Steadiness": "Repeats and biases",
    "Lost scores": "What each kit would have made of the same replies.",
    "Audit sample": "Draw a random sample",
    "Models": "Models under each rater",
}


def test_a_run_is_started_watched_paused_and_gone_on_with(
    someone: Callable[[str], Page], installed: Installation, judge_server: JudgeServer
) -> None:
    judge_server.latency = 0.4
    page = someone("Rev")
    page.goto(f"{installed.address}/judges?dataset=Demo&section=Runs")
    page.get_by_label("Judge", exact=True).fill("judge-b")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Estimate").click()
    expect(page.get_by_text("109 direct")).to_be_visible()
    assert judge_server.calls == []
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(re.compile(r"^[1-9]\d* of 109 replies"))).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_text("judge-b · paused")).to_be_visible()
    go_on = page.get_by_role("button", name="Go on")
    expect(go_on).to_be_enabled()
    assert not installed.ask("select id from judge_call where state = 'sent'")
    ((state, done, failed),) = installed.ask(RUN)
    assert (state, failed) == ("paused", 0) and 0 < done < 109
    judge_server.latency = 0.0
    settled(page)
    page.keyboard.press("g")
    expect(page.get_by_text("judge-b · done")).to_be_visible()
    assert installed.ask(RUN) == [("done", 109, 0)]
    assert len(judge_server.calls) == len(
        {c.headers["idempotency-key"] for c in judge_server.calls}
    )
    # The whole page is shown anew where a run ends.
    settled(page)
    for section, words in SECTIONS.items():
        page.get_by_role("radio", name=section, exact=True).click()
        expect(page.get_by_text(words).first).to_be_visible()
        settled(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
    page.get_by_role("radio", name="Agreement", exact=True).click()
    raters = page.get_by_role("combobox", name=re.compile("Raters"))
    expect(raters).to_be_visible()
    raters.click()
    expect(page.get_by_role("option", name=re.compile("judge-b")).first).to_be_visible()

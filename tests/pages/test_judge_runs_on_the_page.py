"""Runs on the Judges page: estimated before they start, started, watched, paused, gone on with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from looking import Ask, Open, field, labels, press, run, says
from streamlit.testing.v1 import AppTest

from annotator.domain.records import Person
from annotator.errors import Refused
from annotator.services import judge_runs
from annotator.services.jobs import run_next
from annotator.services.workspace import Workspace
from tests.judge_server import JudgeServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JudgeServer]:
    with JudgeServer() as one:
        monkeypatch.setenv("ANNOTATOR_JUDGE_URL", one.url)
        monkeypatch.setenv("ANNOTATOR_JUDGE_KEY", "sk-very-secret")
        yield one


def estimate(page: AppTest) -> None:
    """Estimate, and wait until all is counted: a busy machine needs several goes at it."""
    press(page, "Estimate")
    while says(page, "Counting:"):
        run(page)


def test_a_run_is_estimated_started_paused_and_gone_on_with(
    server: JudgeServer, home: object, open_page: Open, ask: Ask, workspace: Workspace
) -> None:
    page = open_page("judges", section="Runs")
    assert says(page, "name the judge's model") and not page.exception
    field(page, "Judge").set_value("judge-x")
    field(page, "Price, in/out").set_value("2.5/10")
    run(page)
    assert says(page, "Estimate first")
    estimate(page)
    assert says(page, "109 direct") and server.calls == []
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Calls"] == "109" and metrics["Cost, about"].endswith(" USD")
    press(page, "Start")
    assert ask("select state, total, concurrency from judge_run") == [("queued", 109, 8)]
    assert says(page, "1 · judge-x · queued") and says(page, "Estimate first")
    press(page, "Pause")
    assert ask("select state from judge_run") == ["paused"]
    press(page, "Go on")
    while run_next(workspace, worker="test"):
        pass
    run(page)
    assert says(page, "1 · judge-x · done") and ask("select done from judge_run") == [109]
    assert len(server.calls) == 109
    assert not any("sk-very-secret" in str(e.value) for e in [*page.text, *page.caption])
    estimate(page)
    assert says(page, "109 replies need no call of their own")


def test_a_paused_run_goes_on_once_its_worker_has_let_go(
    server: JudgeServer, open_page: Open, ask: Ask
) -> None:
    page = open_page("judges", section="Runs")
    field(page, "Judge").set_value("judge-x")
    run(page)
    estimate(page)
    press(page, "Start")
    ask("update job set state = 'running', worker = 'elsewhere:1', leased_until = '2999-01-01'")
    press(page, "Pause")
    assert says(page, "1 · judge-x · paused")
    assert next(button for button in page.button if button.label == "Go on").disabled
    ask("update job set state = 'done', leased_until = null")
    run(page)
    press(page, "Go on")
    assert ask("select state from judge_run") == ["queued"]


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("Price, in/out", "dear", "A price is"),
        ("Budget, USD", 3.0, "needs a price"),
        ("Methods", [], "choose from"),
    ],
)
def test_what_cannot_be_wished_is_told_and_cannot_be_started(
    server: JudgeServer, open_page: Open, label: str, value: object, said: str
) -> None:
    page = open_page("judges", section="Runs")
    field(page, "Judge").set_value("judge-x")
    field(page, label).set_value(value)
    run(page)
    assert says(page, said)
    assert not any(button.label == "Start" for button in page.button)


def test_an_annotator_sees_runs_and_starts_none(
    server: JudgeServer, open_page: Open, ask: Ask, bo: Person, workspace: Workspace
) -> None:
    page = open_page("judges", section="Runs", who=bo)
    field(page, "Judge").set_value("judge-x")
    run(page)
    estimate(page)
    press(page, "Start")
    ask("update person set role = 'annotator' where name = 'Bo'")
    page = open_page("judges", section="Runs", who=bo)
    assert says(page, "judge-x · queued")
    assert not {"Pause", "Go on", "Stop"} & set(labels(page))


def test_a_count_that_broke_off_is_no_estimate(
    server: JudgeServer, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = judge_runs.estimating

    def broken(*args: object) -> Iterator[judge_runs.Estimate]:
        yield next(counted(*args))
        raise Refused("The images went away.")

    monkeypatch.setattr(judge_runs, "estimating", broken)
    page = open_page("judges", section="Runs")
    field(page, "Judge").set_value("judge-x")
    run(page)
    estimate(page)
    assert says(page, "The images went away.") and says(page, "Estimate first")
    assert not page.metric
    assert next(button for button in page.button if button.label == "Start").disabled

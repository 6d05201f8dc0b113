"""Judge runs on the Judges page: say what is wanted, see what it takes, start it, watch it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from annotator.config import Settings
from annotator.domain.counting import counted
from annotator.domain.judging import JudgeRun
from annotator.domain.records import Dataset
from annotator.domain.rights import may
from annotator.errors import AnnotatorError
from annotator.services import judge_runs
from annotator.services.judge_plan import METHODS, JudgeSettings
from annotator.services.judge_runs import Estimate, Wish
from annotator.ui import state
from annotator.ui.shell import clock, literal

METHODS_SAID: Final = (
    "direct: points for each component; compare: beside the answer without the component;"
    " perception: against the accepted answers; rule: decided by code, without a call"
)
ACTIVE: Final = ("queued", "running")
SHOWN: Final = 8
ESTIMATED: Final = "judge_run_estimate"
COUNTING: Final = "judge_run_counting"
STEP_SECONDS: Final = 0.4
PAUSE_SECONDS: Final = 0.2


def show_runs(dataset: Dataset) -> None:
    """What is wanted on the left, the runs on the right."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        show_wish(dataset)
    with right:
        st.markdown("**Runs**")
        _, running = found(dataset.id)
        state.fragment(watch, run_every=1.0 if running else None)(dataset.id, bool(running))


# ------------------------------------------------------------------------- what is wanted


def show_wish(dataset: Dataset) -> None:
    """The fields, the estimate, and the button that starts the run."""
    settings = state.workspace().settings
    st.markdown("**Ask a judge**")
    st.text_input("Judge", settings.judge_model or "", key="judge_model", placeholder="model name")
    told = "a key is set" if settings.judge_key else "no key is set"
    st.caption(f"Server: `{settings.judge_url}`, {told}. Others: `annotator judge run`.")
    st.pills(
        "Methods",
        METHODS,
        selection_mode="multi",
        default=METHODS,
        key="judge_methods",
        help=METHODS_SAID,
    )
    models = judge_runs.models(state.workspace(), dataset_id=dataset.id)
    st.multiselect(
        "Answers of",
        list(models),
        key="judge_models",
        placeholder="all models",
        format_func=literal,
    )
    show_numbers(settings)
    try:
        wish = wish_of_fields(dataset, settings)
    except AnnotatorError as fault:
        st.caption(literal(str(fault)))
        return
    show_start(wish)


def show_numbers(settings: Settings) -> None:
    """How often, how fast, how much."""
    price = "/".join(f"{usd:g}" for usd in settings.judge_price or ())
    first, second, third = st.columns(3)
    first.number_input("Repeats", 1, judge_runs.MOST_REPEATS, 1, key="judge_repeats")
    second.number_input(
        "Calls at once",
        1,
        judge_runs.MOST_CONCURRENCY,
        settings.judge_concurrency,
        key="judge_concurrency",
    )
    third.number_input("Temperature", 0.0, 2.0, 0.0, 0.1, key="judge_temperature")
    first.text_input(
        "Price, in/out",
        price,
        key="judge_price",
        placeholder="2.5/10",
        help="USD per million tokens sent and received",
    )
    second.number_input(
        "Budget, USD",
        0.0,
        None,
        None,
        key="judge_budget",
        placeholder="none",
        help="The run pauses before this could be exceeded",
    )
    third.number_input(
        "Longest reply",
        64,
        65_536,
        1024,
        key="judge_max_tokens",
        help="In tokens; a reply that is cut off is asked for once more with twice as many",
    )


def wish_of_fields(dataset: Dataset, settings: Settings) -> Wish:
    """What the fields say; raises AnnotatorError for what cannot be."""
    said = st.session_state
    return Wish(
        dataset_id=dataset.id,
        model=said["judge_model"].strip(),
        base_url=settings.judge_url,
        methods=tuple(said["judge_methods"]),
        models=tuple(sorted(said["judge_models"])),
        repeats=said["judge_repeats"],
        concurrency=said["judge_concurrency"],
        price=judge_runs.price_of(said["judge_price"], settings),
        budget=said["judge_budget"] or None,
        settings=JudgeSettings(
            temperature=said["judge_temperature"],
            max_tokens=said["judge_max_tokens"],
            image_side=settings.judge_image_side,
        ),
    )


def show_start(wish: Wish) -> None:
    """Estimate, and start what was estimated."""
    counting: Counting | None = st.session_state.get(COUNTING)
    if counting is not None and counting.wish == wish:
        state.fragment(count_on, run_every=PAUSE_SECONDS)(counting)
    known: tuple[Wish, Estimate] | None = st.session_state.get(ESTIMATED)
    fresh = known is not None and known[0] == wish
    allowed = may(state.actor().role, "run judges")
    with st.container(horizontal=True):
        st.button("Estimate", shortcut="E", on_click=count, args=(wish,))
        st.button(
            "Start",
            shortcut="S",
            type="primary" if fresh and allowed else "secondary",
            disabled=not (fresh and allowed),
            on_click=begin,
            args=known if fresh else None,
            help=None if allowed else "Maintainers start runs",
        )
    if known is not None and fresh:
        show_estimate(known[1])
    elif counting is None or counting.wish != wish:
        st.caption("Estimate first: it asks nobody and costs nothing.")


COUNTED: Final = object()
"""What a count says at its end."""


@dataclass(slots=True)
class Counting:
    """An estimate under way: made a little at a time, so that the page stays at hand."""

    wish: Wish
    steps: Iterator[Estimate]
    found: Estimate | None = None


def count(wish: Wish) -> None:
    """Begin to estimate what is wanted."""
    st.session_state.pop(ESTIMATED, None)
    steps = judge_runs.estimating(state.workspace(), wish)
    st.session_state[COUNTING] = Counting(wish, steps)


def count_on(counting: Counting) -> None:
    """Go on counting for a moment; then the whole page is shown with the estimate.

    A count that breaks off is told, and is no estimate.
    """
    until = time.monotonic() + STEP_SECONDS
    while time.monotonic() < until:
        step = state.attempt(lambda: next(counting.steps, COUNTED))
        if step is None or step is COUNTED:
            st.session_state.pop(COUNTING, None)
            if step is COUNTED and counting.found is not None:
                st.session_state[ESTIMATED] = (counting.wish, counting.found)
            st.rerun()
        counting.found = step
    calls = counting.found.calls if counting.found else 0
    st.caption(f"Counting: {counted(calls, 'call')} so far …")


def show_estimate(expected: Estimate) -> None:
    """What the run would take."""
    known = expected.replies - expected.calls
    cost = "unknown" if expected.cost is None else f"{expected.cost:.2f} USD"
    columns = st.columns(3)
    columns[0].metric("Calls", f"{expected.calls:,}")
    columns[1].metric("Tokens", f"{short(expected.tokens.sent + expected.tokens.received)}")
    columns[2].metric("Cost, about", cost)
    by_method = ", ".join(f"{many:,} {method}" for method, many in expected.methods.items())
    parts = [by_method or "no calls to make"]
    parts += (
        [f"{counted(known, 'reply needs', 'replies need')} no call of their own"] if known else []
    )
    parts += [f"{many:,} left out: {why}" for why, many in expected.skipped.items()]
    st.caption("; ".join(parts))


def short(number: int) -> str:
    """A number of tokens in three figures."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.3g} {letter}"
    return str(number)


def begin(wish: Wish, expected: Estimate) -> None:
    """Start the run that was estimated."""
    run = state.attempt(
        lambda: judge_runs.start(
            state.workspace(), actor=state.actor(), wish=wish, total=expected.replies
        )
    )
    if run is not None:
        st.session_state.pop(ESTIMATED, None)


# ------------------------------------------------------------------------- how they go


def found(dataset_id: int) -> tuple[list[JudgeRun], frozenset[int]]:
    """A dataset's runs, newest first, and which of them are at work or coming to a halt."""
    runs = judge_runs.of_dataset(state.workspace(), dataset_id=dataset_id)
    active = frozenset(run.id for run in runs if run.state in ACTIVE)
    return runs, active | judge_runs.halting(state.workspace(), runs=runs)


def watch(dataset_id: int, was_running: bool) -> None:
    """The runs, alive while one is at work; the page is shown anew where that begins or ends."""
    runs, running = found(dataset_id)
    if not runs:
        st.caption("None yet.")
    keyed = next((run.id for run in runs if run.state in judge_runs.OPEN), None)
    for run in runs[:SHOWN]:
        show_run(run, keyed=run.id == keyed, running=run.id in running)
    if was_running != bool(running):
        st.rerun()


def show_run(run: JudgeRun, *, keyed: bool, running: bool) -> None:
    """One run: how far, what happened, what it cost, and what can be done about it."""
    with st.container(border=True, key=f"judge-run-{run.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{run.id} · {run.model} · {run.state}", width="stretch")
            st.caption(clock(run.created_at))
            show_controls(run, keyed, running)
        wanted = max(run.total or 0, run.done + run.failed)
        if wanted:
            st.progress(
                (run.done + run.failed) / wanted,
                text=f"{run.done:,} of {counted(wanted, 'reply', 'replies')}",
            )
        if run.message:
            st.text(run.message)
        st.caption(literal(" · ".join(facts(run))))


def facts(run: JudgeRun) -> list[str]:
    """A run's figures, each with its word."""
    tokens = run.prompt_tokens + run.completion_tokens
    found = [f"{run.failed:,} without reply"] if run.failed else []
    found += [f"{many:,} {what}" for what, many in run.counters.items() if what != "answered"]
    found += [f"{short(tokens)} tokens"] if tokens else []
    found += [f"{run.cost:.4f} USD"] if run.cost else []
    found += [f"at most {run.unseen_cost:.4f} USD unseen"] if run.unseen_cost else []
    budget = [f"budget {run.budget:g} USD"] if run.budget else []
    prompts = run.prompts.get("direct", "").split(" ")[0]
    return [*found, *budget, f"prompts {prompts}", f"{run.concurrency} at once"]


def show_controls(run: JudgeRun, keyed: bool, running: bool) -> None:
    """Pause, go on, stop; the newest run that is open has the keys.

    A halted run whose worker still takes in replies goes on once these are in.
    """
    if not may(state.actor().role, "run judges"):
        return
    if run.state in ACTIVE:
        button(run, "Pause", "P" if keyed else None, judge_runs.pause)
    elif run.state != "done" or run.failed:
        halting = "Takes in what is under way" if running else None
        button(run, "Go on", "G" if keyed else None, judge_runs.resume, not_yet=halting)
    if run.state in judge_runs.OPEN:
        button(run, "Stop", "X" if keyed else None, judge_runs.stop)


def button(
    run: JudgeRun, label: str, key: str | None, action: Any, *, not_yet: str | None = None
) -> None:
    """A button that does something to a run; where that cannot be yet, it says why."""
    st.button(
        label,
        key=f"{label}-{run.id}-{run.version}",
        shortcut=key,
        disabled=not_yet is not None,
        help=not_yet,
        on_click=lambda: state.attempt(
            lambda: action(state.workspace(), actor=state.actor(), run_id=run.id)
        ),
    )

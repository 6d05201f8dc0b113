"""Judge runs as people handle them: estimate, start, pause, resume, stop.

A run is what a judge is wanted to say about a dataset's responses; its calls are made by a job
(``judge_work``). The same wish again goes on with the run that has it, and no call that has been
answered is made again, whichever run made it.
"""

from __future__ import annotations

import os
import socket
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from annotator.config import Settings, address, price
from annotator.domain.judging import JudgeRun
from annotator.domain.records import Person
from annotator.errors import InvalidValue, Refused
from annotator.judges import Price, Tokens, prompts
from annotator.services.access import needs
from annotator.services.judge_plan import METHODS, JudgeSettings, Plan, Scope
from annotator.services.workspace import Workspace
from db import datasets, events, jobs, judge_runs, raters, responses
from db.engine import Session

KIND: Final = "judge run"
MOST_REPEATS: Final = 100
MOST_CONCURRENCY: Final = 256
LONGEST_NAME: Final = 200

OPEN: Final = ("queued", "running", "paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants of a judge.

    Args:
        model: the judge's name, as its server knows it.
        base_url: the server's address; holds no key.
        methods: of METHODS; ``rule`` asks no model.
        models: whose responses; empty for all.
        repeats: how often each question is asked.
        concurrency: calls at the same time.
        price: USD per million tokens; None where unknown.
        budget: USD that the run must not exceed; needs a price.
        version: of the prompts.
    """

    dataset_id: int
    model: str
    base_url: str
    methods: tuple[str, ...] = METHODS
    models: tuple[str, ...] = ()
    repeats: int = 1
    concurrency: int = 8
    price: Price | None = None
    budget: float | None = None
    settings: JudgeSettings = field(default_factory=JudgeSettings)
    version: str = prompts.LATEST

    def __post_init__(self) -> None:
        check(self)

    @property
    def scope(self) -> Scope:
        """Which replies are wanted."""
        return Scope(
            dataset_id=self.dataset_id,
            model=self.model,
            prompts=prompts.load(self.version),
            settings=self.settings,
            methods=self.methods,
            models=self.models,
            repeats=self.repeats,
        )


def price_of(text: str, settings: Settings) -> Price | None:
    """A price as people write it ("2.5/10"); where they write none, that of the settings.

    Raises:
        Misconfigured: it cannot be read.
    """
    amounts = price(text.strip()) or settings.judge_price
    return Price(*amounts) if amounts else None


def check(wish: Wish) -> None:
    """Raise InvalidValue or Misconfigured for what cannot be wished."""
    if not wish.model.strip() or len(wish.model) > LONGEST_NAME:
        raise InvalidValue("model", "name the judge's model")
    address(wish.base_url)
    unknown = [method for method in wish.methods if method not in METHODS]
    if unknown or not wish.methods:
        raise InvalidValue("methods", f"choose from {', '.join(METHODS)}")
    for name, value, most in (
        ("repeats", wish.repeats, MOST_REPEATS),
        ("concurrency", wish.concurrency, MOST_CONCURRENCY),
    ):
        if not 1 <= value <= most:
            raise InvalidValue(name, f"must be from 1 to {most}, not {value}")
    if wish.budget is not None:
        if not 0 < wish.budget < float("inf"):
            raise InvalidValue("budget", "must be an amount of USD above 0")
        if wish.price is None:
            raise InvalidValue("budget", "needs a price of tokens: say what a million costs")


@dataclass(slots=True)
class Estimate:
    """What a run would take: about, for the server alone counts tokens.

    ``replies`` are wanted in all; ``calls`` are still to be made, by method in ``methods``; the
    others are known. ``cost`` is in USD, None where no price is known.
    """

    replies: int = 0
    calls: int = 0
    methods: dict[str, int] = field(default_factory=dict)
    tokens: Tokens = field(default_factory=Tokens)
    cost: float | None = None
    skipped: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "replies": self.replies,
            "calls": self.calls,
            "calls_by_method": self.methods,
            "tokens": {"sent": self.tokens.sent, "received": self.tokens.received},
            "cost_usd": self.cost,
            "skipped": self.skipped,
        }


def estimate(workspace: Workspace, wish: Wish) -> Estimate:
    """What a run would take; nothing is asked or stored."""
    return deque(estimating(workspace, wish), maxlen=1)[0]


def estimating(workspace: Workspace, wish: Wish) -> Iterator[Estimate]:
    """The estimate while it is made, a hundred responses at a time; the last one is whole."""
    plan, found = Plan(workspace, wish.scope), Estimate()
    seen: set[str] = set()
    methods: Counter[str] = Counter()
    for tasks in plan.tasks():
        with workspace.database.reading() as session:
            known = judge_runs.known(session, keys=[task.key for task in tasks])
        found.replies += len(tasks)
        for task in tasks:
            call = known.get(task.key)
            if task.key in seen or (call is not None and call.state == "done"):
                continue
            seen.add(task.key)
            methods[task.method] += 1
            found.tokens += task.expected(wish.settings)
        found.calls, found.methods = methods.total(), dict(methods)
        yield found
    found.skipped = dict(plan.skipped)
    found.cost = wish.price.of(found.tokens) if wish.price else None
    yield found


@needs("run judges")
def start(
    workspace: Workspace,
    *,
    actor: Person,
    wish: Wish,
    total: int | None = None,
    worker: str | None = None,
) -> JudgeRun:
    """Put a run in the queue, or go on with the one that has the same wish.

    Args:
        total: how many replies are wanted, where that has been estimated.
        worker: who does it at once, instead of the worker that takes jobs.

    Raises:
        NotFound: no such dataset, or no such version of the prompts.
        Refused: the run is at work already.
    """
    with workspace.database.writing() as session:
        datasets.get(session, dataset_id=wish.dataset_id)
        rater = raters.ensure(
            session,
            kind="judge",
            name=wish.model,
            version=wish.scope.prompts.label,
            settings=wish.settings.as_dict(),
        )
        columns = columns_of(wish) | {"total": total}
        same = [
            run
            for run in judge_runs.active(session, rater_id=rater.id)
            if all(getattr(run, name) == columns[name] for name in SAME)
        ]
        if same:
            return go_on(session, actor, same[0], worker, changes=changes_of(columns))
        run = judge_runs.add(session, person_id=actor.id, rater_id=rater.id, **columns)
        return queue(session, actor, run, worker, "started")


SAME: Final = ("dataset_id", "methods", "models", "repeats")
CHANGEABLE: Final = ("base_url", "concurrency", "budget", "settings", "total")


def columns_of(wish: Wish) -> dict[str, Any]:
    """A wish as columns of ``judge_run``."""
    made = prompts.load(wish.version)
    price = [wish.price.sent, wish.price.received] if wish.price else None
    return {
        "dataset_id": wish.dataset_id,
        "model": wish.model,
        "base_url": wish.base_url.rstrip("/"),
        "prompts": {method: f"{made.version} {sha256}" for method, sha256 in made.sha256.items()},
        "methods": tuple(method for method in METHODS if method in wish.methods),
        "models": tuple(sorted(wish.models)),
        "settings": wish.settings.as_dict() | {"price": price, "version": wish.version},
        "repeats": wish.repeats,
        "concurrency": wish.concurrency,
        "budget": wish.budget,
    }


def changes_of(columns: Mapping[str, Any]) -> dict[str, Any]:
    """What may differ when a run is gone on with."""
    return {name: columns[name] for name in CHANGEABLE if columns[name] is not None}


def wish_of(run: JudgeRun) -> Wish:
    """What a run was started for."""
    settings = dict(run.settings)
    price, version = settings.pop("price"), settings.pop("version")
    return Wish(
        dataset_id=run.dataset_id,
        model=run.model,
        base_url=run.base_url or "",
        methods=run.methods,
        models=run.models,
        repeats=run.repeats,
        concurrency=run.concurrency,
        price=Price(*price) if price else None,
        budget=run.budget,
        settings=JudgeSettings(**settings),
        version=version,
    )


def queue(
    session: Session, actor: Person, run: JudgeRun, worker: str | None, what: str
) -> JudgeRun:
    """Give a run a job, in the transaction that changes it."""
    job = jobs.add(
        session,
        kind=KIND,
        parameters={"run_id": run.id},
        dataset_id=run.dataset_id,
        person_id=actor.id,
        worker=worker,
    )
    log(session, actor, run, what)
    return judge_runs.save(
        session,
        run_id=run.id,
        version=run.version,
        state="queued",
        message="",
        job_id=job.id,
        finished_at=None,
    )


def go_on(
    session: Session,
    actor: Person,
    run: JudgeRun,
    worker: str | None,
    changes: Mapping[str, Any] | None = None,
) -> JudgeRun:
    """Give a run a new job unless one is at work on it; raises Refused."""
    held = holder(session, run)
    if held and run.state in ("paused", "stopped"):
        raise Refused(f"Run {run.id} still takes in what is under way; go on in a moment.")
    if held:
        raise Refused(f"Run {run.id} is at work already ({held}). Pause it first.")
    if run.job_id is not None:
        jobs.finish(session, job_id=run.job_id, state="stopped", message="gone on with anew")
    if changes:
        run = judge_runs.save(session, run_id=run.id, version=run.version, **changes)
    return queue(session, actor, run, worker, "resumed")


def holder(session: Session, run: JudgeRun) -> str | None:
    """The worker that is at work on a run; None where there is none, or it has died here."""
    name = jobs.holder(session, job_id=run.job_id) if run.job_id is not None else None
    return None if name is None or died(name) else name


def halting(workspace: Workspace, *, runs: Sequence[JudgeRun]) -> frozenset[int]:
    """Those of these runs that were paused or stopped while their worker still takes in replies."""
    halted = [run for run in runs if run.state in ("paused", "stopped")]
    with workspace.database.reading() as session:
        return frozenset(run.id for run in halted if holder(session, run))


def died(worker: str) -> bool:
    """Whether a worker was a process of this machine that is no more."""
    host, _, pid = worker.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@needs("run judges")
def resume(workspace: Workspace, *, actor: Person, run_id: int) -> JudgeRun:
    """Go on with a run; calls that failed are made again, those that were answered are not.

    Raises:
        NotFound: no such run.
        Refused: it is at work, or waits to be.
    """
    with workspace.database.writing() as session:
        run = judge_runs.get(session, run_id=run_id)
        if run.state == "queued":
            raise Refused(f"Run {run_id} waits for its worker already.")
        return go_on(session, actor, run, None)


@needs("run judges")
def pause(workspace: Workspace, *, actor: Person, run_id: int) -> JudgeRun:
    """Let a run come to a halt: what is in flight ends, nothing new is begun."""
    return halt(workspace, actor=actor, run_id=run_id, state="paused")


@needs("run judges")
def stop(workspace: Workspace, *, actor: Person, run_id: int) -> JudgeRun:
    """Bring a run to its end; what it has got so far stays."""
    return halt(workspace, actor=actor, run_id=run_id, state="stopped")


@needs("run judges")
def halt(workspace: Workspace, *, actor: Person, run_id: int, state: str) -> JudgeRun:
    """Set a run's state for its worker to see; a run that only waits is taken from the queue."""
    with workspace.database.writing() as session:
        run = judge_runs.get(session, run_id=run_id)
        if run.state not in OPEN or run.state == state:
            raise Refused(f"Run {run_id} is {run.state}.")
        if run.job_id is not None and holder(session, run) is None:
            jobs.finish(session, job_id=run.job_id, state="stopped", message=state)
        log(session, actor, run, state)
        return judge_runs.save(session, run_id=run.id, version=run.version, state=state, message="")


def log(session: Session, actor: Person, run: JudgeRun, what: str) -> None:
    """A line about a run in the log."""
    events.append(
        session,
        person_id=actor.id,
        kind="judge.run",
        patch={"run": (None, run.id), "model": (None, run.model), "state": (run.state, what)},
        dataset_id=run.dataset_id,
    )


def models(workspace: Workspace, *, dataset_id: int) -> dict[str, int]:
    """The models whose answers a dataset has, by name, with how many."""
    with workspace.database.reading() as session:
        return responses.models(session, dataset_id=dataset_id)


def get(workspace: Workspace, *, run_id: int) -> JudgeRun:
    """Raises NotFound."""
    with workspace.database.reading() as session:
        return judge_runs.get(session, run_id=run_id)


def of_dataset(workspace: Workspace, *, dataset_id: int) -> list[JudgeRun]:
    """A dataset's runs, newest first."""
    with workspace.database.reading() as session:
        return judge_runs.of_dataset(session, dataset_id=dataset_id)

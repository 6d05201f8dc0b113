"""A judge run at work: the job that makes its calls.

Each turn of it is one short transaction: what came in is settled, and what goes out next is noted
as sent before it is. Between the turns no transaction is open, and the calls themselves are made by
the courier, a process of its own (``annotator.judges.courier``).

How often a call is made, where its worker dies: once. The courier brings what is in flight to its
end, and whoever goes on with the run reads its outbox first. Where the courier dies as well (the
machine goes down), the calls that were in flight then, at most as many as run at the same time, are
made again with the same Idempotency-Key, for nobody can know whether they were answered; they are
counted as *asked again*.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from annotator.domain.judging import JudgeRun
from annotator.domain.records import Image, Job, Person
from annotator.errors import NotFound
from annotator.images import BadImage
from annotator.judges import Answer, Server
from annotator.judges.dispatch import CourierLost, Delivered, Dispatch
from annotator.services.judge_budget import Budget
from annotator.services.judge_plan import RULE, Plan, Task
from annotator.services.judge_runs import Wish, holder, wish_of
from annotator.services.judge_settling import (
    KEPT,
    count,
    end_of,
    failure_of,
    recover,
    reply_of,
    unfinished,
)
from annotator.services.scoring import NewReply, record
from annotator.services.verifying import verify_items
from annotator.services.workspace import Progress, PutBack, Stopped, Workspace
from db import items, jobs, judge_runs, scores
from db.engine import Session

TURN_SECONDS: Final = 0.25
NAP_SECONDS: Final = 0.01
ROOM: Final = 16
"""Calls that are handed over for each that is made at a time; a turn may take as long as they."""
CAREFUL: Final = 3
"""The same while the server has not answered, or no longer does."""
GRACE_SECONDS: Final = 8.0
HOPELESS: Final = 20
"""So many calls in a row without one answer, and the run pauses."""

RULE_ITEMS: Final = 200
NO_PICTURE: Final = "the image cannot be read"


@dataclass(slots=True)
class Out:
    """A call that is out: the replies it is for, and the most it can cost in USD."""

    key: str
    tasks: list[Task]
    most: float = 0.0


@dataclass(slots=True)
class Halt:
    """Why nothing new is begun, and the state the run ends in."""

    state: str
    message: str


def run_judge(workspace: Workspace, job: Job, actor: Person, progress: Progress) -> dict[str, Any]:
    """Do a judge run's job; the run's row says how it went."""
    with workspace.database.reading() as session:
        run = judge_runs.get(session, run_id=job.parameters["run_id"])
    if run.job_id != job.id or run.state in ("paused", "stopped"):
        return {"state": run.state}
    return Work(workspace, run, job, progress).do()


class Work:
    """One stretch of work on a run."""

    def __init__(self, workspace: Workspace, run: JudgeRun, job: Job, progress: Progress) -> None:
        self.workspace, self.run, self.job, self.progress = workspace, run, job, progress
        self.wish: Wish = wish_of(run)
        self.plan = Plan(workspace, self.wish.scope)
        self.source: Iterator[list[Task]] = self.plan.tasks()
        self.exhausted = False
        self.ready: deque[str] = deque()
        self.pending: dict[str, list[Task]] = {}
        self.out: dict[int, Out] = {}
        self.inbox: list[Delivered] = []
        self.reused: list[NewReply] = []
        self.linked: set[int] = set()
        self.pictures: dict[str, tuple[Path, str] | None] = {}
        self.gave_up: set[str] = set()
        self.budget = Budget(self.wish)
        self.counters: Counter[str] = Counter(
            {k: v for k, v in run.counters.items() if not k.startswith("left out: ")}
        )
        self.done = self.failed = self.hopeless = 0
        self.answered = 0
        self.forgiven = job.attempts <= 1
        self.halted: Halt | None = None
        self.turned = float("-inf")

    # The course of it

    def do(self) -> dict[str, Any]:
        """Work until there is nothing left, or somebody wants it to halt."""
        courier = self.courier()
        try:
            self.begin(courier)
            self.work(courier)
        except (Stopped, PutBack) as told:
            self.leave(courier, told)
            raise
        except CourierLost as lost:
            self.halted = Halt("paused", str(lost))
        finally:
            courier.close()
        return self.end(courier)

    def courier(self) -> Dispatch:
        """The process that makes the calls; its start takes a second, in which others can work."""
        settings = self.workspace.settings
        url = self.wish.base_url.rstrip("/")
        server = Server(
            url=url,
            model=self.wish.model,
            key=settings.key_for(url),
            seconds=float(settings.judge_seconds),
        )
        return Dispatch(self.folder, server=server, concurrency=self.wish.concurrency)

    @property
    def folder(self) -> Path:
        """Where the outboxes of this judge's couriers lie."""
        return self.workspace.settings.home / "judging" / str(self.run.rater_id)

    def begin(self, courier: Dispatch) -> None:
        """Take over what an earlier stretch left behind, and let the rules decide their part."""
        with self.workspace.database.writing() as session:
            judge_runs.note(session, run_id=self.run.id, state="running", message="")
            others = judge_runs.active(session, rater_id=self.run.rater_id)
            busy = [one.id for one in others if one.id != self.run.id and holder(session, one)]
        if busy:
            said = f"Run {busy[0]} asks the same judge now; resume this one afterwards."
            self.halted = Halt("paused", said)
            return
        if RULE in self.wish.methods:
            self.apply_rules()
        recover(
            self.workspace,
            self.run,
            self.wish,
            self.folder,
            counters=self.counters,
            wait=lambda: self.progress(0, self.total, "waiting for calls that are under way"),
            ours=courier.outbox.file,
        )
        with self.workspace.database.reading() as session:
            self.budget.begin(judge_runs.totals(session, run_id=self.run.id), self.run.unseen_cost)

    def work(self, courier: Dispatch) -> None:
        """Turn until all is in, or all that was begun after a halt."""
        while True:
            self.inbox += [one for one in courier.read() if one.answer is not None]
            if self.due():
                self.turn(courier)
                self.tell()
            if self.halted and courier.ended:
                self.give_back_the_rest(courier)
                return
            if self.exhausted and not (self.ready or self.out or self.reused):
                courier.stop()
                return
            time.sleep(NAP_SECONDS)

    def due(self) -> bool:
        """Whether a turn is worth its transaction."""
        if time.monotonic() - self.turned >= TURN_SECONDS:
            return True
        return len(self.inbox) >= max(1, min(self.room() // 2, len(self.out)))

    def turn(self, courier: Dispatch) -> None:
        """Settle what came in, note what goes out, hand it over."""
        self.fetch()
        with self.workspace.database.writing() as session:
            self.settle(session)
            sending = self.reserve(session)
            judge_runs.link(session, run_id=self.run.id, call_ids=self.linked)
            state = judge_runs.get(session, run_id=self.run.id).state
            judge_runs.note(session, run_id=self.run.id, **self.figures())
        self.linked.clear()
        self.turned = time.monotonic()
        for call_id in sending:
            self.send(courier, call_id)
        if state in ("paused", "stopped") and self.halted is None:
            self.halted = Halt(state, "")
        if self.halted:
            courier.stop()

    def tell(self) -> None:
        """Say how far it is; raises where the job is no longer ours."""
        if self.answered and not self.forgiven:
            with self.workspace.database.writing() as session:
                jobs.forgive(session, job_id=self.job.id)
            self.forgiven = True
        self.progress(self.done + self.failed, self.total, f"{len(self.out)} under way")

    @property
    def total(self) -> int:
        """How many replies are wanted, as far as is known."""
        return max(self.run.total or 0, self.done + self.failed)

    # Tasks

    def room(self) -> int:
        """How many calls should be out: few until the server answers, then enough for any turn."""
        return (ROOM if self.done and not self.hopeless else CAREFUL) * self.wish.concurrency

    def fetch(self) -> None:
        """Take tasks from the plan until there are enough for the next turn."""
        while not (self.halted or self.exhausted) and len(self.ready) < self.room():
            tasks = next(self.source, None)
            if tasks is None:
                self.exhausted = True
            else:
                self.sort(tasks)

    def sort(self, tasks: list[Task]) -> None:
        """Find out which tasks are done, which wait for a call, and which need a new one."""
        with self.workspace.database.reading() as session:
            known = judge_runs.known(session, keys=[task.key for task in tasks])
            done = [call.id for call in known.values() if call.state == "done"]
            there = scores.answered_by(session, call_ids=done)
            texts = scores.texts_of_calls(session, call_ids=done)
        for task in tasks:
            call = known.get(task.key)
            if task.key in self.pending:
                self.pending[task.key].append(task)
            elif call is not None and call.state == "done":
                self.linked.add(call.id)
                if (call.id, task.response_id) in there:
                    self.done += 1
                else:
                    failure = failure_of(call.error_kind, self.wish.settings)
                    self.reused.append(
                        reply_of(task, self.run.rater_id, call.id, texts.get(call.id, ""), failure)
                    )
            elif task.key in self.gave_up:
                self.failed += 1
            elif self.picture(task.image):
                self.pending[task.key] = [task]
                self.ready.append(task.key)
            else:
                self.plan.skipped[NO_PICTURE] += 1

    def picture(self, image: Image | None) -> bool:
        """Whether a task's image, if it has one, can be sent; makes the copy that is."""
        if image is None:
            return True
        if image.sha256 not in self.pictures:
            self.pictures[image.sha256] = None
            with contextlib.suppress(BadImage, NotFound):
                side = self.wish.settings.image_side
                self.pictures[image.sha256] = self.workspace.images.fitted(image.sha256, side)
        return self.pictures[image.sha256] is not None

    # Out

    def reserve(self, session: Session) -> list[int]:
        """Note as many calls as sent as there is room and money for; returns their ids."""
        chosen: list[Out] = []
        while self.ready and not self.halted and len(self.out) + len(chosen) < self.room():
            tasks = self.pending[self.ready[0]]
            most = self.budget.most(tasks[0])
            if not self.budget.allows(most, under_way=len(self.out) + len(chosen)):
                if not (self.out or chosen):
                    self.halted = Halt("paused", self.budget.message())
                break
            self.budget.reserved += most
            chosen.append(Out(self.ready.popleft(), tasks, most))
        rows = [self.row(one.tasks[0]) for one in chosen]
        ids = judge_runs.reserve(session, run_id=self.run.id, calls=rows)
        self.out.update(zip(ids, chosen, strict=True))
        self.linked.update(ids)
        return ids

    def row(self, task: Task) -> dict[str, Any]:
        """A task's call as columns."""
        return {
            "key": task.key,
            "rater_id": self.run.rater_id,
            "response_id": task.response_id,
            "method": task.method,
            "component_key": task.component_key,
            "repeat": task.repeat,
        }

    def send(self, courier: Dispatch, call_id: int) -> None:
        """Hand a call to the courier, with what is needed to settle it without us."""
        task = self.out[call_id].tasks[0]
        image = self.pictures[task.image.sha256] if task.image else None
        courier.send(call_id, task.question(self.wish.settings), image, task.note())

    # In

    def settle(self, session: Session) -> None:
        """Store what came in: the ends of calls, replies, scores."""
        inbox, self.inbox = self.inbox, []
        ours = judge_runs.still_sent(session, call_ids=[one.id for one in inbox])
        replies, self.reused = self.reused, []
        self.done += len(replies)
        self.counters["taken over from another call"] += len(replies)
        ends: dict[int, dict[str, Any]] = {}
        for one in inbox:
            out = self.out.pop(one.id, None)
            if one.answer is None or out is None:
                continue
            tasks = self.pending.pop(out.key)
            self.budget.settle(tasks[0], out.most, one.answer)
            if one.id not in ours:
                continue
            if unfinished(one):
                judge_runs.give_back(session, call_ids=[one.id])
                continue
            ends[one.id] = end_of(one.answer, self.wish.price)
            replies += self.replies_of(one.id, one.answer, tasks)
        judge_runs.settle(session, ends=ends)
        record(session, replies=replies)
        self.answered += len(ends)

    def replies_of(self, call_id: int, answer: Answer, tasks: list[Task]) -> list[NewReply]:
        """The replies that an answer gives, one for each response it is about."""
        count(answer, self.counters)
        if answer.outcome == "denied":
            self.halted = Halt("paused", f"The server refuses: {answer.detail}")
        if answer.outcome not in KEPT:
            self.failed += len(tasks)
            self.gave_up.update(task.key for task in tasks)
            self.hopeless += 1
            if self.hopeless >= HOPELESS and self.halted is None:
                said = f"{HOPELESS} calls in a row failed; the last: {answer.detail}"
                self.halted = Halt("paused", said)
            return []
        self.hopeless = 0
        self.done += len(tasks)
        failure = failure_of(answer.outcome, self.wish.settings)
        rater = self.run.rater_id
        return [reply_of(task, rater, call_id, answer.text, failure) for task in tasks]

    # The ends of it

    def give_back_the_rest(self, courier: Dispatch) -> None:
        """Settle the last that came in, and give back what was never begun."""
        self.inbox += [one for one in courier.read() if one.answer is not None]
        with self.workspace.database.writing() as session:
            self.settle(session)
            judge_runs.give_back(session, call_ids=list(self.out))
        self.out.clear()

    def leave(self, courier: Dispatch, told: Exception) -> None:
        """Let what is in flight end, for a while; the outbox keeps what takes longer."""
        self.halted = Halt("queued" if isinstance(told, PutBack) else "paused", "")
        courier.stop()
        until = time.monotonic() + GRACE_SECONDS
        with contextlib.suppress(CourierLost):
            while not courier.ended and time.monotonic() < until:
                self.inbox += [one for one in courier.read() if one.answer is not None]
                time.sleep(NAP_SECONDS)
            if courier.ended:
                self.give_back_the_rest(courier)
                courier.outbox.remove()
        with self.workspace.database.writing() as session:
            now = judge_runs.get(session, run_id=self.run.id)
            mine = now.job_id == self.job.id and now.state == "running"
            state = {"state": self.halted.state} if mine else {}
            judge_runs.note(session, run_id=self.run.id, **self.figures(), **state)

    def end(self, courier: Dispatch) -> dict[str, Any]:
        """Close the run, or say why it pauses."""
        until = time.monotonic() + GRACE_SECONDS
        while not courier.outbox.silent and time.monotonic() < until:
            with contextlib.suppress(CourierLost):
                courier.read()
            time.sleep(NAP_SECONDS)
        if courier.ended:
            courier.outbox.remove()
        halted = self.halted or Halt("done", self.last_words())
        self.note(state=halted.state, message=halted.message, total=self.total)
        return {"state": halted.state, "replies": self.done, "failed": self.failed}

    def last_words(self) -> str:
        """What a person should know about a run that is over."""
        if not self.failed:
            return ""
        return f"{self.failed} got no reply; resume the run to ask for these again."

    def note(self, **columns: Any) -> None:
        """Write the run's figures, and other columns."""
        with self.workspace.database.writing() as session:
            judge_runs.note(session, run_id=self.run.id, **self.figures(), **columns)

    def figures(self) -> dict[str, Any]:
        """The run's counts as columns."""
        left_out = {f"left out: {why}": many for why, many in self.plan.skipped.items()}
        return {
            "done": self.done,
            "failed": self.failed,
            "counters": {k: v for k, v in self.counters.items() if v} | left_out,
            **self.budget.columns(),
        }

    def apply_rules(self) -> None:
        """Bring the scores of the rules up to date; no model is asked."""
        with self.workspace.database.reading() as session:
            ids = items.ids(session, dataset_id=self.run.dataset_id)
        for start in range(0, len(ids), RULE_ITEMS):
            with self.workspace.database.writing() as session:
                verify_items(session, item_ids=ids[start : start + RULE_ITEMS])
            self.progress(0, self.total, "applying rules")

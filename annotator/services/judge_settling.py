"""From answers to ends of calls and replies; also of those that an earlier worker left behind."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from annotator.domain.judging import Asked, JudgeRun
from annotator.judges import Answer, Price
from annotator.judges.asking import PASSING
from annotator.judges.dispatch import Delivered, left_behind
from annotator.services.judge_plan import JudgeSettings, Task
from annotator.services.judge_runs import Wish
from annotator.services.scoring import NewReply, record
from annotator.services.workspace import Workspace
from db import judge_runs

KEPT: Final = frozenset(("answered", "refused", "empty", "cut off"))
"""Outcomes that leave a reply to keep."""

ASKED_AGAIN: Final = "asked again after a crash"
LOOK_SECONDS: Final = 0.2


def count(answer: Answer, counters: Counter[str]) -> None:
    """Count an answer's outcome and the faults before it."""
    counters[answer.outcome] += 1
    counters.update(f"overcome: {fault}" for fault in answer.faults)
    if answer.of_unknown_cost:
        counters["attempts of unknown cost"] += answer.of_unknown_cost


def unfinished(one: Delivered) -> bool:
    """Whether a call was broken off because its courier was told to stop."""
    assert one.answer is not None
    return one.stopped and one.answer.outcome in (*PASSING, "not asked")


def end_of(answer: Answer, price: Price | None) -> dict[str, Any]:
    """How a call ended, as columns."""
    tokens = answer.tokens
    return {
        "state": "done" if answer.outcome in KEPT else "failed",
        "error_kind": None if answer.outcome == "answered" else answer.outcome,
        "error": answer.detail or None,
        "structured": answer.structured,
        "attempts": len(answer.faults) + (answer.outcome != "not asked"),
        "prompt_tokens": tokens.sent if tokens else None,
        "completion_tokens": tokens.received if tokens else None,
        "cost": price.of(tokens) if price and tokens else None,
        "latency": answer.seconds,
    }


def failure_of(outcome: str | None, settings: JudgeSettings) -> str | None:
    """Why a reply that is kept has nothing to read; None where it has."""
    return {
        "refused": "the judge refused to score",
        "empty": "the judge's reply is empty",
        "cut off": f"the judge's reply was cut off at {2 * settings.max_tokens} tokens",
    }.get(outcome or "")


def reply_of(task: Task, rater_id: int, call_id: int, text: str, failure: str | None) -> NewReply:
    """A task's reply."""
    return noted_reply(task.note(), rater_id, call_id, text, failure)


def noted_reply(
    note: Mapping[str, Any], rater_id: int, call_id: int, text: str, failure: str | None
) -> NewReply:
    """The reply to a call that an outbox's note tells of."""
    return NewReply(
        response_id=note["response_id"],
        rater_id=rater_id,
        text=text,
        form=note["method"],
        asked=tuple(Asked(key, weight) for key, weight in note["asked"]),
        repeat=note["repeat"],
        component_key=note["component_key"],
        call_id=call_id,
        failure=failure,
    )


def recover(
    workspace: Workspace,
    run: JudgeRun,
    wish: Wish,
    folder: Path,
    *,
    counters: Counter[str],
    wait: Callable[[], object],
    ours: Path,
) -> None:
    """Settle what earlier couriers of this judge have written down, and give the rest back.

    Args:
        folder: where their outboxes lie.
        counters: what happened is counted here.
        wait: called again and again while a courier is still under way.
        ours: the outbox that has only begun.
    """
    boxes = [box for box in left_behind(folder) if box.file != ours]
    lines: list[Delivered] = []
    for box in boxes:
        while not box.silent:
            lines += box.read()
            wait()
            time.sleep(LOOK_SECONDS)
        lines += box.read()
    settle_lines(workspace, run, wish, lines, counters)
    for box in boxes:
        box.remove()


def settle_lines(
    workspace: Workspace,
    run: JudgeRun,
    wish: Wish,
    lines: list[Delivered],
    counters: Counter[str],
) -> None:
    """Store what outboxes say; calls whose end nobody knows may be made again."""
    notes = {one.id: one.note for one in lines if one.answer is None}
    answers = {one.id: one.answer for one in lines if one.answer and not unfinished(one)}
    with workspace.database.writing() as session:
        sent = set(judge_runs.sent(session, rater_id=run.rater_id))
        ended = {call_id: answers[call_id] for call_id in sorted(sent & answers.keys())}
        replies = [
            noted_reply(
                notes[call_id],
                run.rater_id,
                call_id,
                answer.text,
                failure_of(answer.outcome, wish.settings),
            )
            for call_id, answer in ended.items()
            if answer.outcome in KEPT
        ]
        for answer in ended.values():
            count(answer, counters)
        judge_runs.settle(
            session, ends={call_id: end_of(answer, wish.price) for call_id, answer in ended.items()}
        )
        record(session, replies=replies)
        broken_off = {one.id for one in lines if one.answer and unfinished(one)}
        counters[ASKED_AGAIN] += len((sent & notes.keys()) - ended.keys() - broken_off)
        judge_runs.give_back(session, call_ids=sorted(sent - ended.keys()))

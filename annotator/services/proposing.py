"""Let a judge model propose contradictions that only meaning can decide; people settle them.

Each content is asked about once per model and prompt: what was said is kept, an empty list too, and
found again by the content's hash, so that an edit hides a proposal and its undoing shows it again.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from annotator.domain.items import ItemContent
from annotator.domain.records import Item
from annotator.errors import Refused
from annotator.judges import contradicting
from annotator.judges.asking import Answer, Question, Server
from annotator.judges.client import JudgeClient
from annotator.judges.contradicting import Unreadable
from annotator.services.checking import check_many
from annotator.services.proposed import content_hash
from annotator.services.workspace import Progress, Workspace, no_progress
from db import items, proposals
from db.proposals import Said

JOB: Final = "propose"
CHUNK: Final = 64
LONGEST_MODEL: Final = 120

__all__ = ["JOB", "asked_for", "content_hash", "model_named", "propose", "waiting"]


def model_named(workspace: Workspace, model: str | None) -> str:
    """The model to ask: the one that is named, else the one of the settings.

    Raises:
        Refused: neither says one.
    """
    chosen = (model or workspace.settings.judge_model or "").strip()
    if not chosen:
        raise Refused("No judge model is configured; name one, or set ANNOTATOR_JUDGE_MODEL.")
    if len(chosen) > LONGEST_MODEL:
        raise Refused(f"A model's name has at most {LONGEST_MODEL} characters.")
    return chosen


def asked_for(every: Sequence[Item]) -> dict[str, list[Item]]:
    """The items of two components or more that were not dropped, by their content's hash."""
    found: dict[str, list[Item]] = {}
    for item in every:
        if len(item.content.components) > 1 and item.verdict != "drop":
            found.setdefault(content_hash(item.content), []).append(item)
    return found


def waiting(workspace: Workspace, *, dataset_id: int, model: str) -> int:
    """How many contents of a dataset a model has not been asked about."""
    with workspace.database.reading() as session:
        every = items.get_many(session, item_ids=items.ids(session, dataset_id=dataset_id))
        contents = list(asked_for(every))
        prompt = contradicting.label()
        known = proposals.known(session, contents=contents, model=model, prompt=prompt)
    return len(set(contents) - known)


def propose(
    workspace: Workspace,
    *,
    dataset_id: int,
    model: str | None = None,
    progress: Progress = no_progress,
) -> dict[str, int]:
    """Ask a model about every content of a dataset that it was not asked about yet.

    What is answered is kept after every chunk, so that a run that is stopped goes on where it was.

    Returns:
        How many were ``asked``, came from the ``cache``, how many contradictions were
        ``proposed``, how many calls ``failed`` or gave an ``unreadable`` reply, and tokens ``sent``
        and ``received``.

    Raises:
        Refused: no model is named, the server does not accept the key, model or account, or not
            one call was answered.
    """
    chosen = model_named(workspace, model)
    prompt = contradicting.label()
    with workspace.database.reading() as session:
        every = items.get_many(session, item_ids=items.ids(session, dataset_id=dataset_id))
        by_content = asked_for(every)
        known = proposals.known(session, contents=list(by_content), model=chosen, prompt=prompt)
    todo = [content for content in by_content if content not in known]
    counted: Counter[str] = Counter(asked=0, cache=len(known), proposed=0, failed=0, unreadable=0)
    for start in range(0, len(todo), CHUNK):
        progress(start, len(todo), f"asking {chosen}")
        chunk = {content: by_content[content] for content in todo[start : start + CHUNK]}
        contents = [found[0].content for found in chunk.values()]
        answers = asyncio.run(ask(workspace, chosen, contents))
        said = keep(workspace, chosen, prompt, dict(zip(chunk, contents, strict=True)), answers)
        counted.update(said)
        check_many(workspace, [i.id for found in chunk.values() for i in found], no_progress)
        refuse_denied(answers)
        if counted["failed"] == counted["asked"]:
            raise Refused(f"The judge's server answers nothing: {answers[0].detail}")
    progress(len(todo), len(todo), "asked")
    return dict(counted)


async def ask(workspace: Workspace, model: str, contents: Sequence[ItemContent]) -> list[Answer]:
    """Ask about each of some contents, as many at a time as the settings allow."""
    settings = workspace.settings
    server = Server(
        url=settings.judge_url,
        model=model,
        key=settings.key_for(settings.judge_url),
        seconds=settings.judge_seconds,
    )
    gate = asyncio.Semaphore(settings.judge_concurrency)
    async with JudgeClient(server) as client:

        async def one(question: Question) -> Answer:
            async with gate:
                answer = await client.ask(question)
                if answer.outcome == "denied":
                    client.stop()
                return answer

        return await asyncio.gather(*(one(question_of(content)) for content in contents))


def question_of(content: ItemContent) -> Question:
    """What is asked about a content."""
    return contradicting.question(content.instruction, [c.text for c in content.components])


def keep(
    workspace: Workspace,
    model: str,
    prompt: str,
    asked: Mapping[str, ItemContent],
    answers: Sequence[Answer],
) -> Counter[str]:
    """Keep what was answered; what was not is asked again by the next run."""
    counted: Counter[str] = Counter()
    said = []
    for (digest, content), answer in zip(asked.items(), answers, strict=True):
        if answer.outcome == "not asked":
            continue
        counted["asked"] += 1
        tokens = answer.tokens
        counted["sent"] += tokens.sent if tokens else 0
        counted["received"] += tokens.received if tokens else 0
        if answer.outcome != "answered":
            counted["failed"] += 1
            continue
        try:
            clashes = contradicting.read(answer.text, [c.text for c in content.components])
        except Unreadable:
            counted["unreadable"] += 1
            continue
        counted["proposed"] += len(clashes)
        found = tuple(json.loads(json.dumps(asdict(clash))) for clash in clashes)
        sent, received = (tokens.sent, tokens.received) if tokens else (None, None)
        said.append(Said(digest, model, prompt, found, answer.text, sent, received))
    with workspace.database.writing() as session:
        proposals.add(session, answers=said)
    return counted


def refuse_denied(answers: Sequence[Answer]) -> None:
    """End a run whose server accepts nothing."""
    denied = next((a for a in answers if a.outcome == "denied"), None)
    if denied is not None:
        raise Refused(f"The judge's server refuses: {denied.detail}")

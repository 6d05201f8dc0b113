"""What judge models said about contents: asked once, kept for ever."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy import select as table_select
from sqlmodel import Session, col, select

from db.tables_checks import ProposalRow

CHUNK = 500

TABLE = ProposalRow.metadata.tables["proposal"]
OF_CONTENTS = (
    table_select(TABLE)
    .where(TABLE.c.content.in_(bindparam("contents", expanding=True)))
    .order_by(TABLE.c.id)
)


@dataclass(frozen=True, slots=True)
class Said:
    """One model's answer about one content; ``clashes`` as JSON: members, reason, phrases."""

    content: str
    model: str
    prompt: str
    clashes: tuple[Any, ...]
    reply: str = ""
    sent: int | None = None
    received: int | None = None


def value(row: Any) -> Said:
    """The frozen value of a row."""
    return Said(
        row.content, row.model, row.prompt, tuple(row.said), row.reply, row.sent, row.received
    )


def of_contents(session: Session, *, contents: Sequence[str]) -> dict[str, list[Said]]:
    """What every model said about these contents: of each model its newest prompt's answer."""
    newest: dict[tuple[str, str], Said] = {}
    wanted = list(dict.fromkeys(contents))
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        for row in session.connection().execute(OF_CONTENTS, {"contents": chunk}):
            newest[row.content, row.model] = value(row)
    found: dict[str, list[Said]] = {content: [] for content in wanted}
    for said in newest.values():
        found[said.content].append(said)
    return found


def known(session: Session, *, contents: Sequence[str], model: str, prompt: str) -> set[str]:
    """Those of these contents that a model was asked about with a prompt already."""
    found: set[str] = set()
    for start in range(0, len(contents), CHUNK):
        found.update(
            session.exec(
                select(ProposalRow.content).where(
                    col(ProposalRow.content).in_(contents[start : start + CHUNK]),
                    ProposalRow.model == model,
                    ProposalRow.prompt == prompt,
                )
            )
        )
    return found


def add(session: Session, *, answers: Iterable[Said]) -> None:
    """Keep answers; one that another process kept meanwhile stays as it is."""
    for said in answers:
        contents = [said.content]
        if not known(session, contents=contents, model=said.model, prompt=said.prompt):
            session.add(
                ProposalRow(
                    content=said.content,
                    model=said.model,
                    prompt=said.prompt,
                    said=list(said.clashes),
                    reply=said.reply,
                    sent=said.sent,
                    received=said.received,
                    created_at=datetime.now(UTC),
                )
            )
            session.flush()

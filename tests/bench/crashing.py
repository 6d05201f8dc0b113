"""Twenty annotators and some readers while the server is killed and started again."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from websockets.exceptions import WebSocketException

from annotator.domain.assignment import Plan
from annotator.services import assigning, datasets
from tests.bench import sessions
from tests.bench.places import DATASET, Place, Server, free_port, opened, start, wait_for
from tests.bench.table import Bar, Row, spread

if TYPE_CHECKING:
    from tests.bench.rows import Scale

OVERLAP = 2
READERS = 4
DROPPED = (OSError, WebSocketException, asyncio.TimeoutError)
"""What a browser sees of a server that is gone."""


@dataclass
class Tally:
    """What people were told, and where they were when the server went."""

    reruns: list[float] = field(default_factory=list)
    submitted: list[tuple[str, int]] = field(default_factory=list)
    dropped: int = 0
    moved: list[tuple[str, int]] = field(default_factory=list)
    """Items that people had open when the server went and did not find open afterwards."""


def crash_row(place: Place, scale: Scale) -> Row:
    """Annotators work on a shared queue; the server dies evenly often."""
    home = place.copy(scale.usual, "crashes")
    tally = through_crashes(
        place, home, people=scale.annotators, seconds=scale.crash_seconds, kills=scale.kills
    )
    found = list(damage(home, tally))
    done = len(tally.submitted)
    return Row(
        f"{scale.annotators} annotators, {scale.kills} kills in {scale.crash_seconds} s",
        f"{done} submits taken, rerun {spread(tally.reruns)}",
        bars=(Bar("none lost, none taken twice, sound", not found and done > 0),),
        notes=(
            f"kill -9 while {scale.annotators} annotate items of overlap {OVERLAP} and {READERS} "
            f"read Browse, over websockets; {tally.dropped} connections broke and came back to "
            f"the item they had. {'; '.join(found) or 'The database is sound'}.",
        ),
        figures={"rerun_ms": tally.reruns, "submitted": done, "damage": found},
    )


def through_crashes(place: Place, home: Path, *, people: int, seconds: float, kills: int) -> Tally:
    """Let people work while a server is killed and started again; returns what they saw."""
    share_out(place, home)
    tally, port = Tally(), free_port()

    async def everything() -> None:
        server = living = start(home, port)
        try:
            await asyncio.to_thread(wait_for, server)
            until = time.monotonic() + seconds
            async with asyncio.TaskGroup() as group:
                for number in range(people):
                    group.create_task(annotate(server, f"Person {number}", until, tally))
                for number in range(READERS):
                    group.create_task(read(server, f"Reader {number}", until, tally))
                for _ in range(kills):
                    await asyncio.sleep(seconds / (kills + 1))
                    living.kill()
                    living = start(home, port)
        finally:
            living.end()

    asyncio.run(everything())
    return tally


def share_out(place: Place, home: Path) -> None:
    """Give the dataset a queue in which two people meet on each item."""
    with opened(place.settings(home)) as (workspace, actor):
        found = datasets.named(workspace, name=DATASET)
        assigning.set_plan(
            workspace,
            actor=actor,
            dataset_id=found.id,
            version=found.version,
            plan=Plan("random", overlap=OVERLAP),
        )


async def annotate(server: Server, who: str, until: float, tally: Tally) -> None:
    """Keep and submit items until the time is over, coming back whenever the server went."""
    last = ""
    while time.monotonic() < until:
        try:
            session = await sessions.open_session(server, who)
            if last and session.item != last:
                tally.moved.append((who, int(last)))
            while time.monotonic() < until:
                last = session.item
                await asyncio.sleep(0.5)
                tally.reruns.append(await session.run("keep"))
                await asyncio.sleep(0.5)
                tally.reruns.append(await session.run("submit"))
                if session.item != last:
                    tally.submitted.append((who, int(last)))
            await session.socket.close()
        except DROPPED:
            tally.dropped += 1
            await asyncio.sleep(0.5)


async def read(server: Server, who: str, until: float, tally: Tally) -> None:
    """Look through Browse, coming back whenever the server went."""
    while time.monotonic() < until:
        try:
            session = await sessions.open_session(server, who, page="browse")
            for page in range(1, 1_000):
                session.query = f"dataset={DATASET}&page={page}"
                await session.run()
                await asyncio.sleep(1.0)
                if time.monotonic() > until:
                    break
            await session.socket.close()
        except DROPPED:
            tally.dropped += 1
            await asyncio.sleep(0.5)


def damage(home: Path, tally: Tally) -> Iterator[str]:
    """What is wrong with a database after all that, asked past our own code."""
    with sqlite3.connect(home / "annotator.db") as connection:
        ask = connection.execute
        stored = set(
            ask(
                "SELECT person.name, item_id FROM annotation"
                " JOIN person ON person.id = person_id"
                " WHERE annotation.status = 'submitted' AND annotation.verdict = 'keep'"
            )
        )
        held = Counter(
            item_id
            for (item_id,) in ask(
                "SELECT item_id FROM place WHERE state IN ('leased', 'submitted')"
            )
        )
        log = ask(
            "SELECT item_id, person_id, before, after FROM event"
            " WHERE annotation_id IS NOT NULL ORDER BY id"
        ).fetchall()
        (checked,) = ask("PRAGMA integrity_check").fetchone()
    connection.close()
    if lost := set(tally.submitted) - stored:
        yield f"{len(lost)} acknowledged submits are lost"
    if twice := len(tally.submitted) - len(set(tally.submitted)):
        yield f"{twice} items were handed in twice by one person"
    if over := [item for item, people in held.items() if people > OVERLAP]:
        yield f"{len(over)} items have more than {OVERLAP} people"
    if strayed := set(tally.moved) - stored:
        yield f"{len(strayed)} people did not come back to their item"
    if broken := broken_chains(log):
        yield f"{broken} verdicts were written over one that was not seen"
    if checked != "ok":
        yield f"integrity_check: {checked}"


def broken_chains(log: list[tuple[int, int, str, str]]) -> int:
    """How many events of a person's verdict do not begin where the one before ended."""
    newest: dict[tuple[int, int], object] = {}
    broken = 0
    for item_id, person_id, *sides in log:
        before, after = (json.loads(side) for side in sides)
        if "verdict" in after:
            broken += before["verdict"] != newest.get((item_id, person_id))
            newest[item_id, person_id] = after["verdict"]
    return broken

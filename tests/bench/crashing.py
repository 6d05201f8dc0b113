"""Twenty annotators and some readers while the server is killed and started again.

On PostgreSQL its server is restarted as well, halfway from each kill to the next.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import DBAPIError
from websockets.exceptions import WebSocketException

from annotator.domain.assignment import Plan
from annotator.services import assigning, datasets, moving
from db.engine import Database, as_url
from tests import databases
from tests.bench import sessions
from tests.bench.places import DATASET, Place, Server, free_port, opened, start, wait_for
from tests.bench.table import Bar, Row, spread

if TYPE_CHECKING:
    from tests.bench.rows import Scale

OVERLAP = 2
READERS = 4
DROPPED = (OSError, WebSocketException, asyncio.TimeoutError, sessions.NotOffered)
"""What a browser sees of a server that is gone, or whose database is: a page that says so."""

POSTGRES: Final = Path(__file__).parents[2] / ".ci" / "postgres"

SOUND_INDEXES = """
SELECT count(bt_index_check(c.oid, true)) FROM pg_class c JOIN pg_am a ON a.oid = c.relam
WHERE c.relkind = 'i' AND a.amname = 'btree'
"""
"""Reads every index of a PostgreSQL database against its table; raises on the first fault."""


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
    return crashed(place, scale, home, str(home / "annotator.db"))


def crash_postgresql_row(place: Place, scale: Scale) -> Row:
    """The same on a PostgreSQL of its own, which is restarted between the kills."""
    home = place.copy(scale.usual, "crashes-postgresql")
    with own_postgresql() as (database, restart):
        moving.move(str(home / "annotator.db"), database)
        return crashed(place, scale, home, database, restart)


@contextmanager
def own_postgresql() -> Iterator[tuple[str, Callable[[], None]]]:
    """A PostgreSQL server that stays until the end: its address, and how to restart it."""

    def do(what: str) -> str:
        command = [str(POSTGRES), what, str(folder)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    # Others must be able to enter the folder, and its name be short enough for a socket.
    folder = Path(f"/tmp/annotator-crashes-{os.getpid()}")
    address = do("start")
    try:
        yield address, lambda: do("restart") and None
    finally:
        do("stop")


def crashed(
    place: Place,
    scale: Scale,
    home: Path,
    database: str,
    restart: Callable[[], None] | None = None,
) -> Row:
    """The row of one database after all that."""
    tally = through_crashes(
        place,
        home,
        database,
        people=scale.annotators,
        seconds=scale.crash_seconds,
        kills=scale.kills,
        restart=restart,
    )
    found = list(damage(database, tally))
    done = len(tally.submitted)
    also = f", {scale.kills} restarts of PostgreSQL" if restart else ""
    return Row(
        f"{scale.annotators} annotators, {scale.kills} kills{also} in {scale.crash_seconds} s",
        f"{done} submits taken, rerun {spread(tally.reruns)}",
        bars=(Bar("none lost, none taken twice, sound", not found and done > 0),),
        notes=(
            f"kill -9 while {scale.annotators} annotate items of overlap {OVERLAP} and {READERS} "
            f"read Browse, over websockets; {tally.dropped} connections broke and came back to "
            f"the item they had. {'; '.join(found) or 'The database is sound'}.",
        ),
        figures={"rerun_ms": tally.reruns, "submitted": done, "damage": found},
    )


def through_crashes(
    place: Place,
    home: Path,
    database: str,
    *,
    people: int,
    seconds: float,
    kills: int,
    restart: Callable[[], None] | None = None,
) -> Tally:
    """Let people work while a server is killed and started again; returns what they saw.

    Args:
        restart: restarts the database's server.
    """
    share_out(place, home, database)
    tally, port = Tally(), free_port()

    async def everything() -> None:
        server = living = start(home, port, database=database)
        try:
            await asyncio.to_thread(wait_for, server)
            until = time.monotonic() + seconds
            async with asyncio.TaskGroup() as group:
                for number in range(people):
                    group.create_task(annotate(server, f"Person {number}", until, tally))
                for number in range(READERS):
                    group.create_task(read(server, f"Reader {number}", until, tally))
                for _ in range(kills):
                    await asyncio.sleep(seconds / (kills + 1) / 2)
                    if restart:
                        await asyncio.to_thread(restart)
                    await asyncio.sleep(seconds / (kills + 1) / 2)
                    living.kill()
                    living = start(home, port, database=database)
        finally:
            living.end()

    asyncio.run(everything())
    return tally


def share_out(place: Place, home: Path, database: str) -> None:
    """Give the dataset a queue in which two people meet on each item."""
    with opened(place.settings(home, database)) as (workspace, actor):
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
            if not session.item:
                raise sessions.NotOffered("no item")
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


def damage(address: str, tally: Tally) -> Iterator[str]:
    """What is wrong with a database after all that, asked past our own code."""
    database = Database(as_url(address))

    def ask(statement: str) -> list[Any]:
        return list(databases.asked(database, statement))

    stored = {
        tuple(row)
        for row in ask(
            "SELECT person.name, item_id FROM annotation"
            " JOIN person ON person.id = person_id"
            " WHERE annotation.status = 'submitted' AND annotation.verdict = 'keep'"
        )
    }
    held = Counter(
        item_id
        for (item_id,) in ask("SELECT item_id FROM place WHERE state IN ('leased', 'submitted')")
    )
    log = ask(
        "SELECT item_id, person_id, before, after FROM event"
        " WHERE annotation_id IS NOT NULL ORDER BY id"
    )
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
    yield from unsound(database, ask)
    database.close()


def unsound(database: Database, ask: Callable[[str], list[Any]]) -> Iterator[str]:
    """What the database itself finds wrong in its files."""
    if database.is_sqlite:
        ((checked,),) = ask("PRAGMA integrity_check")
        if checked != "ok":
            yield f"integrity_check: {checked}"
        return
    try:
        ask("CREATE EXTENSION IF NOT EXISTS amcheck")
        ask(SOUND_INDEXES)
    except DBAPIError as fault:
        yield f"amcheck: {fault.orig}"


def broken_chains(log: list[Any]) -> int:
    """How many events of a person's verdict do not begin where the one before ended."""
    newest: dict[tuple[int, int], object] = {}
    broken = 0
    for item_id, person_id, *sides in log:
        before, after = (json.loads(s) if isinstance(s, str) else s for s in sides)
        if "verdict" in after:
            broken += before["verdict"] != newest.get((item_id, person_id))
            newest[item_id, person_id] = after["verdict"]
    return broken

"""The rows of the table, each a function of where it is measured and how long it may take."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlmodel import Session as Rows

from annotator.domain.items import ItemContent
from annotator.services import browsing, datasets, importing, release
from annotator.services.workspace import Workspace
from db import events, items
from db.engine import Database, prepare_sqlite
from db.migrate import migrate
from tests.bench import sessions
from tests.bench.adjudicating import adjudicate_row
from tests.bench.auditing import audit_row
from tests.bench.checking import check_row
from tests.bench.chromium import chromium, open_annotate, open_page, press_empty, submit_and_next
from tests.bench.crashing import crash_postgresql_row, crash_row
from tests.bench.format_rows import format_rows
from tests.bench.judging import judge_row
from tests.bench.language import constraint_rows
from tests.bench.places import DATASET, Place, Server, opened, serving
from tests.bench.queue import take_row
from tests.bench.release_rows import release_rows
from tests.bench.table import Bar, Row, median, p95, spread

IMPORTED = (
    "person",
    "image",
    "dataset",
    "source_file",
    "source_record",
    "item",
    "component",
    "finding",
    "event",
    "item_search",
)


@dataclass(frozen=True)
class Scale:
    """How large and how long."""

    small: int = 1_000
    usual: int = 23_000
    large: int = 100_000
    repeats: int = 3
    submits: int = 60
    annotators: int = 20
    each: int = 10
    moves: int = 600
    saves: int = 400
    calls: int = 2_000
    crash_seconds: int = 600
    kills: int = 5


QUICK = Scale(200, 1_000, 2_000, 1, 8, 4, 3, 120, 40, 200, 30, 1)


# Import and export


def importing_row(place: Place, scale: Scale) -> Row:
    """A whole import against sqlite3.executemany of the rows it wrote."""
    file = place.source(scale.usual)
    data = file.read_bytes()
    home = place.root / "import"

    def whole() -> float:
        shutil.rmtree(home, ignore_errors=True)
        with opened(place.settings(home)) as (workspace, actor):
            began = time.perf_counter()
            importing.import_file(
                workspace,
                actor=actor,
                file=file.name,
                data=data,
                dataset=DATASET,
                images=file.parent,
            )
            return time.perf_counter() - began

    took, raw = [], []
    for _ in range(scale.repeats):
        took.append(whole())
        raw.append(raw_insert(home / "annotator.db", place.root / "raw.db"))
    ratio = median(took) / median(raw)
    return Row(
        f"import of {scale.usual:,} items",
        f"{median(took):.2f} s",
        f"raw executemany {median(raw):.2f} s",
        f"{ratio:.1f}",
        (Bar("≤ 3", ratio <= 3),),
        (
            "measured: reading and parsing the file, finding, decoding and storing its images, all "
            "checks, one transaction. Yardstick: the same rows of the same tables, full-text rows "
            "and indexes included, same pragmas, one transaction, values ready in memory.",
        ),
        {"import_s": took, "raw_s": raw},
    )


def raw_insert(source: Path, target: Path) -> float:
    """Write the rows of one database into an empty one; returns the seconds."""
    batches = []
    with sqlite3.connect(source) as connection:
        for name in IMPORTED:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            columns = (["rowid"] if name == "item_search" else []) + columns
            listed = ", ".join(f'"{column}"' for column in columns)
            rows = connection.execute(f"SELECT {listed} FROM {name}").fetchall()
            marks = ", ".join("?" for _ in columns)
            batches.append((f"INSERT INTO {name} ({listed}) VALUES ({marks})", rows))
    connection.close()
    for ending in ("", "-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    empty = Database(target)
    migrate(empty)
    empty.close()
    raw = sqlite3.connect(target, isolation_level=None)
    prepare_sqlite(raw, None)
    began = time.perf_counter()
    raw.execute("BEGIN IMMEDIATE")
    for statement, rows in batches:
        raw.executemany(statement, rows)
    raw.execute("COMMIT")
    took = time.perf_counter() - began
    raw.close()
    return took


def export_row(place: Place, scale: Scale) -> Row:
    """A release of a dataset of which a tenth is curated, against json.dump of its values."""
    home = place.copy(scale.usual, "export")
    with opened(place.settings(home)) as (workspace, actor):
        dataset = datasets.named(workspace, name=DATASET)
        curate_some(workspace, actor.id, dataset.id, scale.usual)
        took, raw = [], []
        for number in range(scale.repeats):
            out = home / f"release-{number}"
            began = time.perf_counter()
            release.export(workspace, actor=actor, dataset=dataset, out=out)
            took.append(time.perf_counter() - began)
            values = json.loads((out / f"{DATASET}.json").read_text(encoding="utf-8"))
            began = time.perf_counter()
            with (home / "plain.json").open("w", encoding="utf-8") as target:
                json.dump(values, target)
            raw.append(time.perf_counter() - began)
    ratio = median(took) / median(raw)
    return Row(
        f"export of {scale.usual:,} items",
        f"{median(took):.2f} s",
        f"json.dump {median(raw):.2f} s",
        f"{ratio:.1f}",
        (Bar("≤ 3", ratio <= 3),),
        (
            "a tenth of the items is curated, half of those with changes. Measured: data, manifest "
            "with hashes and CHANGES.md on disk (fsync), one snapshot. Yardstick: json.dump to a "
            "file, without indent.",
        ),
        {"export_s": took, "json_dump_s": raw},
    )


def curate_some(workspace: Workspace, person_id: int, dataset_id: int, count: int) -> None:
    """Curate every tenth item, every twentieth with a changed instruction, with their events."""
    with workspace.database.writing() as session:
        every = items.ids(session, dataset_id=dataset_id)[:count:10]
        for number, item in enumerate(items.get_many(session, item_ids=every)):
            content = item.content
            if number % 2:
                content = replace(content, instruction=f"{content.instruction} Be brief.")
            curate_one(session, person_id, item.id, dataset_id, item.content, content)


def curate_one(
    session: Rows,
    person_id: int,
    item_id: int,
    dataset_id: int,
    before: ItemContent,
    after: ItemContent,
) -> None:
    """One item's curation and its event."""
    items.save(
        session,
        item_id=item_id,
        revision=0,
        content=after,
        verdict="keep" if before == after else "fix",
        reason="measured",
        person_id=person_id,
    )
    events.append(
        session,
        person_id=person_id,
        kind="curation.revised",
        patch={"instruction": (before.instruction, after.instruction)},
        dataset_id=dataset_id,
        item_id=item_id,
        reason="measured",
    )


# Annotate in Chromium


def next_item_row(place: Place, scale: Scale) -> Row:
    """Submit to the next picture decoded, beside an empty page in the same browser."""
    home = place.copy(scale.usual, "next")
    bare = place.root / "empty"
    bare.mkdir(exist_ok=True)
    with serving(home) as app, serving(bare, empty=True) as empty, chromium() as browser:
        page = open_annotate(browser, app)
        blank = open_page(browser, empty, "/", who=None)
        blank.wait_for_selector("text=pressed 0")
        for _ in range(5):
            submit_and_next(page)
            press_empty(blank)
        app.runs()
        steps, presses = [], []
        for _ in range(scale.submits):
            steps.append(submit_and_next(page))
            presses.append(press_empty(blank))
        script = [run["ms"] for run in app.runs()]
        no_faults(app)
    image, board = [s.image for s in steps], [s.board for s in steps]
    ratio = p95(image) / p95(presses)
    return Row(
        f"next item, Chromium, {scale.usual:,} items",
        spread(image),
        f"empty page's rerun {spread(presses)}",
        f"{ratio:.1f}",
        (Bar("p95 ≤ 5", ratio <= 5), Bar("≤ 200 ms", p95(image) <= 200)),
        (
            f"median/p95 of {len(steps)} submits by Ctrl+Enter after verdict 1, in turns with "
            f"{len(presses)} presses on the empty page; {median(image) / median(presses):.1f} by "
            f"medians. Next board drawn: {spread(board)}. Script runs (verdict and submit): "
            f"{spread(script)}.",
        ),
        {"image_ms": image, "board_ms": board, "empty_ms": presses, "script_ms": script},
    )


def growth_row(place: Place, scale: Scale) -> Row:
    """The next item in a large dataset beside a small one, in turns in one browser."""
    with (
        serving(place.copy(scale.large, "growth")) as large,
        serving(place.copy(scale.small, "growth")) as small,
        chromium() as browser,
    ):
        pages = open_annotate(browser, large), open_annotate(browser, small)
        for page in pages * 5:
            submit_and_next(page)
        large.runs(), small.runs()
        steps: tuple[list[float], list[float]] = ([], [])
        for _ in range(scale.submits):
            for page, found in zip(pages, steps, strict=True):
                found.append(submit_and_next(page).image)
        script = [[run["ms"] for run in server.runs()] for server in (large, small)]
        no_faults(large), no_faults(small)
    ratio = median(steps[0]) / median(steps[1])
    return Row(
        f"next item at {scale.large:,} against {scale.small:,}",
        spread(steps[0]),
        f"at {scale.small:,} {spread(steps[1])}",
        f"{ratio:.2f}",
        (Bar("≤ 1.2", ratio <= 1.2),),
        (
            f"ratio of medians of {scale.submits} submits each; p95 "
            f"{p95(steps[0]) / p95(steps[1]):.2f}; script runs {spread(script[0])} against "
            f"{spread(script[1])}.",
        ),
        {"large_ms": steps[0], "small_ms": steps[1], "script_ms": script},
    )


def no_faults(server: Server) -> None:
    """Raise what the server's log complains of."""
    if server.faults():
        raise RuntimeError(f"the server's log has errors: {server.faults()[0]}")


# Browse


BROWSED = (
    ("plain", ""),
    ("deep page", "&page={last}"),
    ("sort by level", "&sort=level"),
    ("sort by touched, turned", "&sort=-touched"),
    ("sort by weights, deep page", "&sort=weights&page={last}"),
    ("sort by findings, turned", "&sort=-findings"),
    ("one type", "&type=math"),
    ("a type that half have, deep page", "&type=mention&page={third}"),
    ("a finding", "&finding=weights"),
    ("two filters and a sort", "&level=complex&generator=writer-a&sort=-findings"),
    ("a batch", "&batch=b07"),
    ("who", "&who=Ana"),
    ("missing image", "&image=missing"),
    ("search", "&q=harbour+lantern"),
    ("search of a common word, sorted", "&q=describe&sort=level"),
    ("gallery", "&as=gallery"),
)


def browse_row(place: Place, scale: Scale) -> Row:
    """Browse's script runs in the server, for a page, a sort or a filter each."""
    home = place.copy(scale.large, "browse")
    with opened(place.settings(home)) as (workspace, actor):
        dataset = datasets.named(workspace, name=DATASET)
        curate_some(workspace, actor.id, dataset.id, scale.large)
    last = scale.large // browsing.PAGE
    found: dict[str, list[float]] = {}

    async def look(server: Server) -> None:
        session = await sessions.open_session(server, "Ana", page="browse")
        await asyncio.to_thread(server.runs)
        for name, query in BROWSED:
            for _ in range(scale.repeats + 2):
                session.query = f"dataset={DATASET}" + query.format(last=last, third=last // 3)
                await session.run()
                runs = await asyncio.to_thread(server.runs)
                found.setdefault(name, []).append(sum(run["ms"] for run in runs))
        await session.socket.close()

    with serving(home) as server:
        asyncio.run(look(server))
        no_faults(server)
    medians = {name: median(values) for name, values in found.items()}
    worst = max(medians, key=lambda name: medians[name])
    over = {n: v for n, v in medians.items() if v > 100}
    return Row(
        f"Browse, {scale.large:,} items",
        f"{median(list(medians.values())):.0f} ms, slowest {medians[worst]:.0f} ms",
        "–",
        "–",
        (Bar("≤ 100 ms script", not over),),
        (
            "the page's whole script run in the server (frame, queries, grid's data), driven over "
            "its websocket: "
            + ", ".join(f"{name} {value:.0f}" for name, value in medians.items())
            + ".",
        ),
        {"script_ms": found},
    )


# Many people, saves, memory


def annotators_row(place: Place, scale: Scale) -> Row:
    """Twenty annotators with a second of thought beside one."""
    home = place.copy(scale.usual, "annotators")
    alone, many = sessions.Work(), sessions.Work()

    def person(number: int, work: sessions.Work, server: Server) -> Callable[[], Any]:
        # A batch each: people share a dataset out like this, and no two meet on one item.
        query = f"&batch=b{number:02d}"
        return lambda: sessions.annotate(
            server, f"Person {number}", items=scale.each, think=1.0, query=query, work=work
        )

    with serving(home) as server:
        warm = sessions.Work()
        asyncio.run(sessions.together([person(39, warm, server)], over=0))
        asyncio.run(sessions.together([person(38, alone, server)], over=0))
        tasks = [person(number, many, server) for number in range(scale.annotators)]
        asyncio.run(sessions.together(tasks, over=2))
        server.runs()
        no_faults(server)
    works = (warm, alone, many)
    lost = unsaved(home, [pair for work in works for pair in work.submitted])
    expected = scale.annotators * scale.each
    told = [text for work in works for text in work.told]
    ratio = median(many.reruns) / median(alone.reruns)
    sound = not lost and len(many.submitted) == expected and not told
    return Row(
        f"{scale.annotators} annotators, 1 s of thought",
        spread(many.reruns),
        f"one: {spread(alone.reruns)}",
        f"{ratio:.1f}",
        (Bar("median ≤ 3", ratio <= 3), Bar("none lost", sound)),
        (
            f"over websockets, without drawing; a verdict and a submit each for {scale.each} items "
            f"in batches of their own; {len(many.submitted)} of {expected} submits taken, "
            f"{len(lost)} lost, {len(told)} refusals. The client shares the machine's cores.",
        ),
        {"many_ms": many.reruns, "one_ms": alone.reruns, "lost": lost, "told": told},
    )


def unsaved(home: Path, submitted: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Which acknowledged submits the database does not have."""
    with sqlite3.connect(home / "annotator.db") as connection:
        stored = set(
            connection.execute(
                "SELECT person.name, annotation.item_id FROM annotation"
                " JOIN person ON person.id = annotation.person_id"
                " JOIN item ON item.id = annotation.item_id"
                " WHERE annotation.status = 'submitted' AND item.verdict = 'keep'"
            )
        )
    connection.close()
    return [pair for pair in submitted if pair not in stored]


def saves_row(place: Place, scale: Scale) -> Row:
    """Acknowledged saves through POST /api/draft beside bare transactions of one row."""
    home = place.copy(scale.usual, "saves")
    clients = 10
    taken: list[tuple[int, str]] = []
    with serving(home) as server:
        cookies = [server.sign_in(f"Writer {number}") for number in range(clients)]

        def write(number: int) -> None:
            item = number + 1
            base, version = "", 0
            for turn in range(scale.saves // clients):
                text = f"note {turn} of client {number}"
                version = post(server, cookies[number], item, version, base, text)
                taken.append((item, text))
                base = text

        began = time.perf_counter()
        threads = [threading.Thread(target=write, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
        no_faults(server)
    expected = scale.saves // clients * clients
    newest = dict(taken)
    with sqlite3.connect(home / "annotator.db") as connection:
        notes = dict(connection.execute("SELECT item_id, note FROM annotation"))
        logged = connection.execute(
            "SELECT count(*) FROM event WHERE kind = 'annotation.text'"
        ).fetchone()[0]
    connection.close()
    lost = [item for item, text in newest.items() if notes.get(item) != text]
    bare = bare_saves(place.root / "bare.db", scale.saves)
    rate = len(taken) / took
    return Row(
        "saves by POST /api/draft",
        f"{rate:.0f}/s",
        f"bare transactions {bare:.0f}/s",
        f"{rate / bare:.2f}",
        (Bar("none lost", not lost and len(taken) == logged == expected),),
        (
            f"{clients} clients at once, {len(taken)} saves, each with its event on disk before it "
            f"is acknowledged; {len(lost)} lost. Yardstick: an update and an insert per "
            "transaction by one sqlite3 connection with the same pragmas.",
        ),
        {"per_s": rate, "bare_per_s": bare},
    )


def post(server: Server, cookie: str, item: int, version: int, base: str, text: str) -> int:
    """Save a note; returns the new version; raises where it is refused."""
    body = {
        "item_id": item,
        "field": "note",
        "tab": cookie[-12:],
        "version": version,
        "base": base,
        "text": text,
        "save_id": uuid.uuid4().hex,
    }
    request = urllib.request.Request(
        f"{server.url}/api/draft",
        json.dumps(body).encode(),
        {"X-Annotator": "1", "Content-Type": "application/json", "Cookie": cookie},
    )
    with urllib.request.urlopen(request) as answer:
        return int(json.load(answer)["version"])


def bare_saves(file: Path, count: int) -> float:
    """Transactions of an update and an insert per second."""
    for ending in ("", "-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    connection = sqlite3.connect(file, isolation_level=None)
    prepare_sqlite(connection, None)
    connection.execute("CREATE TABLE state (id INTEGER PRIMARY KEY, text TEXT)")
    connection.execute("CREATE TABLE log (id INTEGER PRIMARY KEY, text TEXT)")
    connection.execute("INSERT INTO state VALUES (1, '')")
    began = time.perf_counter()
    for number in range(count):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE state SET text = ? WHERE id = 1", (f"note {number}",))
        connection.execute("INSERT INTO log (text) VALUES (?)", (f"note {number}",))
        connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return count / took


def memory_row(place: Place, scale: Scale) -> Row:
    """The server's memory while somebody pages from item to item."""
    home = place.copy(scale.usual, "memory")
    seen: list[float] = []
    with serving(home) as server:

        def watch(move: int) -> None:
            if move % 20 == 19:
                seen.append(server.memory())

        asyncio.run(sessions.page_through(server, scale.moves, watch))
        no_faults(server)
    warm = len(seen) // 3
    before, after = median(seen[warm : warm + 3]), median(seen[-3:])
    ratio = after / before
    return Row(
        f"memory over {scale.moves} pages",
        f"{after:.0f} MiB",
        f"after a third of them {before:.0f} MiB",
        f"{ratio:.2f}",
        (Bar("≤ 1.05", ratio <= 1.05),),
        (f"resident memory of the server process, {seen[0]:.0f} MiB after the first 20 pages.",),
        {"mib": seen},
    )


ROWS: dict[str, Callable[[Place, Scale], Row | list[Row]]] = {
    "import": importing_row,
    "next": next_item_row,
    "growth": growth_row,
    "browse": browse_row,
    "annotators": annotators_row,
    "queue": take_row,
    "crashes": crash_row,
    "crashes-postgresql": crash_postgresql_row,
    "export": export_row,
    "memory": memory_row,
    "saves": saves_row,
    "constraints": constraint_rows,
    "checks": check_row,
    "judge": lambda place, scale: judge_row(place, scale.calls, scale.repeats),
    "formats": format_rows,
    "releases": release_rows,
    "audit": audit_row,
    "adjudicate": adjudicate_row,
}

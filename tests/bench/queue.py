"""Take-next at 100,000 items and 20 takers, beside bare transactions of the same size."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from annotator.domain.assignment import Plan
from annotator.services import annotate, assigning, datasets
from annotator.services.saving import Shown
from annotator.services.workspace import Workspace, sign_in
from tests.bench.places import DATASET, Place, opened
from tests.bench.table import Bar, Row, median, p95

if TYPE_CHECKING:
    from tests.bench.rows import Scale

OVERLAP = 2
THOUGHT = 1.0


def take_row(place: Place, scale: Scale) -> Row:
    """Each taker takes an item, thinks, submits it, and takes the next."""
    home = place.copy(scale.large, "queue")
    times: list[float] = []
    got: list[tuple[str, int]] = []
    with opened(place.settings(home)) as (workspace, actor):
        found = datasets.named(workspace, name=DATASET)
        began = time.perf_counter()
        assigning.set_plan(
            workspace,
            actor=actor,
            dataset_id=found.id,
            version=found.version,
            plan=Plan("random", overlap=OVERLAP),
        )
        laid_out = time.perf_counter() - began

        def taker(name: str) -> None:
            for item_id, took in work(workspace, name, found.id, scale.each):
                times.append(took)
                got.append((name, item_id))

        names = [f"Taker {number}" for number in range(scale.annotators)]
        threads = [threading.Thread(target=taker, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    most = max(Counter(item_id for _, item_id in got).values())
    sound = len(got) == len(set(got)) == scale.annotators * scale.each and most <= OVERLAP
    return Row(
        f"take-next, {scale.large:,} items, {scale.annotators} takers",
        f"{median(times):.1f}/{p95(times):.1f} ms",
        "–",
        "–",
        (Bar("p95 ≤ 20 ms", p95(times) <= 20), Bar("never over the overlap", sound)),
        (
            f"median/p95 of {len(times)} calls, each with its commit on disk; {THOUGHT:g} s of "
            f"thought and a submit between them; overlap {OVERLAP}, at most {most} met on an item. "
            f"Laying the queue out took {laid_out:.1f} s.",
        ),
        {"take_ms": times},
    )


def work(workspace: Workspace, name: str, dataset_id: int, number: int) -> list[tuple[int, float]]:
    """One taker's items, each with the time that taking it took, in ms."""
    person, item_id, found = sign_in(workspace, name=name), 0, []
    chance = random.Random(name)
    for _ in range(number):
        time.sleep(chance.uniform(0.5, 1.5) * THOUGHT)
        began = time.perf_counter()
        taken = assigning.take_next(workspace, actor=person, dataset_id=dataset_id, after=item_id)
        took = (time.perf_counter() - began) * 1000
        if taken is None:
            break
        item_id = taken
        found.append((item_id, took))
        annotate.submit(
            workspace, actor=person, item_id=item_id, shown=Shown(0, 0, "tab"), verdict="keep"
        )
    return found

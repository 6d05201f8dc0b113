"""Places at items: whoever takes when, an item never has more annotators than its overlap says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from annotator.domain.assignment import DEALT, Plan
from annotator.errors import InvalidValue, Refused
from annotator.services import annotate, assigning, datasets
from annotator.services import gold as known
from annotator.services.saving import Shown
from annotator.services.workspace import sign_in
from db import places, placing
from tests import databases
from tests.examples import Tab, benchmark, imported, record

pytestmark = pytest.mark.every_database

ITEMS = 40


@pytest.fixture
def bench(workspace, ana):
    """The ids of a dataset's items, all open."""
    records = [record(image=f"{n}.png", instruction=f"Do {n}.") for n in range(ITEMS)]
    return imported(workspace, ana, benchmark(*records))


def planned(workspace, actor, annotators=None, **settings):
    """The dataset with a plan."""
    found = datasets.everything(workspace)[0]
    return assigning.set_plan(
        workspace,
        actor=actor,
        dataset_id=found.id,
        version=found.version,
        plan=Plan(**settings),
        annotators=annotators,
    )


def team(workspace, number):
    return [sign_in(workspace, name=f"Person {n}") for n in range(number)]


def everything_taken(workspace, people, dataset_id, *, hand_in=True):
    """Each of some threads takes until nothing is left; who got what."""
    got = {person.id: [] for person in people}
    faults = []

    def work(person):
        try:
            while True:
                found = assigning.take_next(workspace, actor=person, dataset_id=dataset_id)
                if found is None:
                    return
                got[person.id].append(found)
                with workspace.database.writing() as session:
                    places.hand_in(
                        session, item_id=found, person_id=person.id, now=datetime.now(UTC)
                    )
        except Exception as fault:  # noqa: BLE001 - told to the test below
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    return got


@pytest.mark.parametrize("strategy", ["order", "random", "round-robin"])
@pytest.mark.parametrize("overlap", [1, 3])
def test_threads_never_get_more_than_the_overlap(workspace, ana, bench, strategy, overlap):
    people = team(workspace, 8)
    named = {person.id: None for person in people}
    dataset = planned(workspace, ana, named, strategy=strategy, overlap=overlap)
    got = everything_taken(workspace, people, dataset.id)
    assert all(len(mine) == len(set(mine)) for mine in got.values())
    assert Counter(i for mine in got.values() for i in mine) == dict.fromkeys(bench, overlap)


TAKER = textwrap.dedent(
    """
    import json, sys
    from annotator.config import load
    from annotator.services import assigning
    from annotator.services.workspace import open_workspace, sign_in

    workspace = open_workspace(load())
    me = sign_in(workspace, name=sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    got = []
    while True:
        found = assigning.take_next(workspace, actor=me, dataset_id=int(sys.argv[2]),
                                    after=got[-1] if got else 0)
        if found is None or found in got:
            break
        got.append(found)
        from datetime import UTC, datetime
        from db import places
        with workspace.database.writing() as session:
            places.hand_in(session, item_id=found, person_id=me.id, now=datetime.now(UTC))
    print(json.dumps(got))
    """
)


def test_processes_never_get_more_than_the_overlap(workspace, ana, bench, environment):
    dataset = planned(workspace, ana, overlap=2)
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", TAKER, f"Person {n}", str(dataset.id)],
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(3)
    ]
    for taker in takers:
        assert taker.stdout.readline() == "ready\n"
    for taker in takers:
        taker.stdin.write("go\n")
        taker.stdin.flush()
    got = [json.loads(taker.communicate(timeout=240)[0]) for taker in takers]
    assert Counter(i for mine in got for i in mine) == dict.fromkeys(bench, 2)
    assert sum(1 for mine in got if mine) > 1


def test_the_table_itself_refuses_a_place_too_many(workspace, ana, bo, bench):
    planned(workspace, ana, overlap=1)
    now = datetime.now(UTC)
    with workspace.database.writing() as session:
        places.occupy(session, bench[0], ana.id, now, timedelta(hours=1))
    with pytest.raises(IntegrityError), workspace.database.writing() as session:
        places.occupy(session, bench[0], bo.id, now, timedelta(hours=1))


def test_an_abandoned_item_returns_and_its_late_owner_is_told(workspace, ana, bo, bench):
    dataset = planned(workspace, ana, overlap=1, lease_minutes=1)
    first = assigning.take_next(workspace, actor=ana, dataset_id=dataset.id)
    tab = Tab(workspace, ana, first)
    tab.weigh(c1=6)
    assert assigning.take_next(workspace, actor=ana, dataset_id=dataset.id) == first
    assert assigning.take_next(workspace, actor=bo, dataset_id=dataset.id) != first
    let_time_pass(workspace)
    again = assigning.take_next(workspace, actor=bo, dataset_id=dataset.id)
    assert again == first
    with pytest.raises(Refused, match="ran out"):
        tab.submit("fix")
    assert Tab(workspace, ana, first).desk.content.component("c1").weight == 6


def let_time_pass(workspace):
    with workspace.database.writing() as session:
        session.connection().execute(
            text("UPDATE place SET leased_until = :then"), {"then": "2020-01-01 00:00:00.000000"}
        )


def test_who_comes_back_in_time_gets_their_place_again(workspace, ana, bench):
    dataset = planned(workspace, ana, overlap=1)
    first = assigning.take_next(workspace, actor=ana, dataset_id=dataset.id)
    tab = Tab(workspace, ana, first)
    let_time_pass(workspace)
    with workspace.database.writing() as session:
        assert places.expire(session, dataset_id=dataset.id, now=datetime.now(UTC)) == 1
    assert tab.submit("keep").curated


def test_saving_renews_the_lease(workspace, ana, bench):
    dataset = planned(workspace, ana, overlap=1)
    first = assigning.take_next(workspace, actor=ana, dataset_id=dataset.id)
    let_time_pass(workspace)
    Tab(workspace, ana, first).weigh(c1=6)
    with workspace.database.writing() as session:
        assert places.expire(session, dataset_id=dataset.id, now=datetime.now(UTC)) == 0


def test_a_skipped_item_is_anothers_and_not_offered_again(workspace, ana, bo, bench):
    dataset = planned(workspace, ana, overlap=1)
    first = assigning.take_next(workspace, actor=ana, dataset_id=dataset.id)
    second = assigning.take_next(workspace, actor=bo, dataset_id=dataset.id)
    assigning.skip(workspace, actor=ana, item_id=first, reason="I know the photographer")
    mine = everything_taken(workspace, [ana], dataset.id)[ana.id]
    assert first not in mine and len(mine) == ITEMS - 2
    with workspace.database.writing() as session:
        places.hand_in(session, item_id=second, person_id=bo.id, now=datetime.now(UTC))
    assert assigning.take_next(workspace, actor=bo, dataset_id=dataset.id) == first


def test_quotas_hold_also_on_the_way_through_browse(workspace, ana, bo, bench):
    found = datasets.everything(workspace)[0]
    dataset = assigning.set_plan(
        workspace, actor=ana, dataset_id=found.id, version=found.version,
        plan=Plan(quota=3), annotators={ana.id: None, bo.id: 1},
    )  # fmt: skip
    assert len(everything_taken(workspace, [ana], dataset.id)[ana.id]) == 3
    assert len(everything_taken(workspace, [bo], dataset.id)[bo.id]) == 1
    with pytest.raises(Refused, match="your 3 items"):
        Tab(workspace, ana, bench[-1]).weigh(c1=6)
    cleo = sign_in(workspace, name="Cleo")
    with pytest.raises(Refused, match="not among the annotators"):
        assigning.take_next(workspace, actor=cleo, dataset_id=dataset.id)


def test_calibration_items_have_their_own_overlap(workspace, ana, bench):
    people = team(workspace, 3)
    dataset = planned(workspace, ana, overlap=1, calibration=5, calibration_overlap=3)
    got = everything_taken(workspace, people, dataset.id)
    counted = Counter(Counter(i for mine in got.values() for i in mine).values())
    assert counted == {3: 5, 1: ITEMS - 5}


def test_by_hand_only_what_is_assigned(workspace, ana, bo, bench):
    dataset = planned(workspace, ana, strategy="by hand", overlap=1)
    assert assigning.take_next(workspace, actor=bo, dataset_id=dataset.id) is None
    with pytest.raises(Refused, match="by hand"):
        Tab(workspace, bo, bench[0]).weigh(c1=6)
    told = assigning.assign(
        workspace, actor=ana, dataset_id=dataset.id, item_ids=bench[:3], person_ids=[bo.id]
    )
    assert told == {"given": 3, "left": 0}
    full = assigning.assign(
        workspace, actor=ana, dataset_id=dataset.id, item_ids=bench[:4], person_ids=[ana.id]
    )
    assert full == {"given": 1, "left": 3}
    wide = assigning.assign(
        workspace, actor=ana, dataset_id=dataset.id, item_ids=bench[:4], person_ids=[ana.id],
        widen=True,
    )  # fmt: skip
    assert wide == {"given": 3, "left": 1}
    assert everything_taken(workspace, [bo], dataset.id)[bo.id] == bench[:3]


def test_gold_is_mixed_in_and_everybody_gets_it(workspace, ana, bo, bench):
    dataset = planned(workspace, ana, overlap=1, gold_every=4)
    gold = bench[-3:]
    for item_id in gold:
        content = Tab(workspace, ana, item_id).desk.content
        known.set_gold(workspace, actor=ana, item_id=item_id, verdict="keep", content=content)
    got = everything_taken(workspace, [ana], dataset.id)[ana.id]
    assert [sum(i in gold for i in got[n : n + 4]) for n in (0, 4, 8)] == [1, 1, 1]
    assert Counter(got)[gold[0]] == 1
    theirs = everything_taken(workspace, [bo], dataset.id)[bo.id]
    assert set(theirs) <= set(gold)
    with workspace.database.reading() as session:
        assert places.seat(session, item_id=gold[0], person_id=bo.id).purpose == "gold"


def test_another_plan_keeps_what_was_begun_and_deals_the_rest_anew(workspace, ana, bo, bench):
    both = {ana.id: None, bo.id: None}
    planned(workspace, ana, both, strategy="round-robin", overlap=1)
    dataset = datasets.everything(workspace)[0]
    first = assigning.take_next(workspace, actor=ana, dataset_id=dataset.id)
    Tab(workspace, ana, first).submit("keep")
    planned(workspace, ana, both, strategy="round-robin", overlap=2)
    with workspace.database.reading() as session:
        seat = places.seat(session, item_id=first, person_id=ana.id)
        held = placing.held(session, dataset_id=dataset.id)
    assert (seat.mine.state, seat.wanted) == ("submitted", 2)
    assert all(len(owners) == 2 for item_id, owners in held.items() if item_id != first)


def test_what_is_dealt_beforehand_is_dealt_to_whom_the_plan_names(workspace, ana, bench):
    """Everybody would be the command line's person too, who never comes."""
    for strategy in DEALT:
        with pytest.raises(InvalidValue, match="name them"):
            planned(workspace, ana, {}, strategy=strategy)


def test_no_plan_is_as_before(workspace, ana, bench):
    dataset = planned(workspace, ana, overlap=2)
    off = assigning.set_plan(
        workspace, actor=ana, dataset_id=dataset.id, version=dataset.version, plan=None
    )
    assert off.plan is None and off.overlap == 1
    assert Tab(workspace, ana, bench[0]).submit("keep").curated
    with pytest.raises(Refused, match="no queue"):
        assigning.take_next(workspace, actor=ana, dataset_id=dataset.id)


def test_the_search_uses_the_index_of_free_places(workspace, ana, bench):
    planned(workspace, ana, overlap=2)
    said = databases.plan_of(
        workspace.database,
        "SELECT item_id FROM queue_item WHERE dataset_id = 1 AND purpose IN ('usual')"
        " AND queue_item.free > 0 AND rank >= 5 ORDER BY rank LIMIT 1",
    )
    assert "ix_queue_item_free" in said and "TEMP B-TREE" not in said and "Sort" not in said


def test_a_turn_asks_little_and_reads_no_dataset(workspace, ana, bench):
    """Each is time that everybody at work waits for; who needs more raises the bound knowingly."""
    queue = planned(workspace, ana, strategy="random", overlap=2)
    first = assigning.take_next(workspace, actor=ana, dataset_id=queue.id)
    shown = Shown(0, 0, "tab")
    with databases.listening(workspace.database) as submit:
        annotate.submit(workspace, actor=ana, item_id=first, shown=shown, verdict="keep")
    with databases.listening(workspace.database) as take:
        assigning.take_next(workspace, actor=ana, dataset_id=queue.id, after=first)
    assert (databases.counts(take)[0], databases.counts(submit)[0]) == (1, 1)
    assert databases.counts(take)[1] <= 17
    assert databases.counts(submit)[1] <= 20
    if workspace.database.is_sqlite:
        with workspace.database.reading() as session:
            plans = [
                line.detail
                for statement, values in (*take, *submit)
                if statement.startswith(("SELECT", "UPDATE"))
                for line in session.connection().exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", values
                )
            ]
        assert "SEARCH item USING INTEGER PRIMARY KEY (rowid=?)" in plans
        assert [p for p in plans if p.startswith(("SCAN item", "SEARCH item USING COVERING"))] == []


def test_the_calibration_set_is_whole_where_some_of_it_got_known_answers(workspace, ana, bench):
    dataset = planned(workspace, ana, overlap=1, calibration=2, calibration_overlap=2)
    drawn = "select item_id from queue_item where purpose = 'calibration'"
    with workspace.database.reading() as session:
        one, other = session.connection().execute(text(drawn)).scalars()
    content = Tab(workspace, ana, one).desk.content
    known.set_gold(workspace, actor=ana, item_id=one, verdict="keep", content=content)
    assigning.reorder(workspace, actor=ana, dataset_id=dataset.id)
    with workspace.database.reading() as session:
        again = set(session.connection().execute(text(drawn)).scalars())
    assert other in again and one not in again and len(again) == 2

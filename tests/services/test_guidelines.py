"""Guidelines in versions, the qualification set, examples."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotator.domain import telling
from annotator.domain.assignment import Plan
from annotator.domain.edits import apply_edits
from annotator.errors import Forbidden, InvalidValue, NotFound, Refused, StaleSave
from annotator.services import assigning, datasets, gold, guidelines, history, qualifying
from db import datasets as rows
from db import events, items, places
from tests.examples import Tab, benchmark, imported, record


@pytest.fixture
def bench(workspace, ana):
    """Six items."""
    return imported(
        workspace, ana, benchmark(*(record(instruction=f"Sing {n}.") for n in range(6)))
    )


def plan(workspace, actor, **values):
    """Give the dataset a plan."""
    found = datasets.everything(workspace)[0]
    return assigning.set_plan(
        workspace, actor=actor, dataset_id=1, version=found.version, plan=Plan(**values)
    )


def content(workspace, item_id):
    with workspace.database.reading() as session:
        return items.get(session, item_id=item_id).content


def write(workspace, actor, text, after=0, note=""):
    return guidelines.write(workspace, actor=actor, dataset_id=1, after=after, text=text, note=note)


# Guidelines


def test_a_version_is_never_overwritten(workspace, ana, bo, bench):
    write(workspace, ana, "Judge the image.")
    with pytest.raises(StaleSave):
        write(workspace, bo, "Judge nothing.")
    with pytest.raises(InvalidValue, match="the same as version 1"):
        write(workspace, bo, "Judge the image.", after=1)
    made = write(workspace, bo, "Judge both.", after=1, note="the text counts, too")
    known = guidelines.versions(workspace, actor=ana, dataset_id=1)
    assert [(g.number, g.text, g.author) for g in known] == [
        (2, "Judge both.", "Bo"),
        (1, "Judge the image.", "Ana"),
    ]
    assert guidelines.read(workspace, actor=ana, dataset_id=1).guidelines == made
    lines = history.recent(workspace, actor=ana, dataset_id=1, limit=5)
    assert lines[0].sentence == "Bo wrote version 2 of the guidelines"


def test_an_annotation_records_the_version_it_was_made_under(workspace, ana, bench):
    tab = Tab(workspace, ana, bench[0])
    tab.judge("keep")
    assert tab.desk.annotation.guidelines is None
    write(workspace, ana, "One.")
    tab.submit()
    assert tab.desk.annotation.guidelines == 1
    write(workspace, ana, "Two.", after=1)
    assert tab.look().annotation.guidelines == 1
    other = Tab(workspace, ana, bench[1])
    other.judge("keep")
    assert other.desk.annotation.guidelines == 2


def test_a_new_version_is_announced_until_it_is_read(workspace, ana, bo, bench):
    tab = Tab(workspace, bo, bench[0])
    assert tab.desk.guidelines is None
    write(workspace, ana, "One.")
    assert tab.look().guidelines.new and tab.desk.guidelines.read == 0
    guidelines.mark_read(workspace, actor=bo, dataset_id=1, number=1)
    assert not tab.look().guidelines.new
    write(workspace, ana, "Two.", after=1, note="stricter")
    assert tab.look().guidelines.new
    assert (tab.desk.guidelines.read, tab.desk.guidelines.note) == (1, "stricter")
    with pytest.raises(NotFound):
        guidelines.mark_read(workspace, actor=bo, dataset_id=1, number=3)


def test_an_example_shows_its_answer_and_is_given_to_nobody(workspace, ana, bo, bench):
    changed = apply_edits(
        content(workspace, bench[0]), [{"op": "set_weights", "weights": {"c1": 5, "c2": 2}}]
    )
    gold.set_gold(
        workspace,
        actor=ana,
        item_id=bench[0],
        verdict="fix",
        content=changed,
        note="the story is harder",
        purpose="example",
    )
    [shown] = guidelines.read(workspace, actor=bo, dataset_id=1).examples
    assert (shown.verdict, shown.why) == ("fix", "the story is harder")
    assert "weight of component 1 from 4 to 5" in shown.changes
    plan(workspace, ana, overlap=2)
    given = set()
    while (found := assigning.take_next(workspace, actor=bo, dataset_id=1)) is not None:
        given.add(found)
        Tab(workspace, bo, found).submit("keep")
    assert given == set(bench[1:])
    with pytest.raises(Refused, match="an example"):
        Tab(workspace, bo, bench[0]).judge("keep")


def test_an_example_made_of_a_settled_item_shows_what_was_changed(workspace, ana, bo, bench):
    tab = Tab(workspace, ana, bench[0])
    tab.weigh(c1=5, c2=2)
    tab.submit("fix")
    assert tab.look().item.verdict == "fix"
    gold.set_gold(
        workspace,
        actor=ana,
        item_id=bench[0],
        verdict="fix",
        content=content(workspace, bench[0]),
        note="the story is harder",
        purpose="example",
    )
    [shown] = guidelines.read(workspace, actor=bo, dataset_id=1).examples
    assert "weight of component 1 from 4 to 5" in shown.changes


# Qualification


@pytest.fixture
def demanded(workspace, ana, bench):
    """The last two items are the qualification set, which is demanded."""
    plan(workspace, ana, overlap=2, must_qualify=True, pass_mark=75)
    kept = gold.set_many(
        workspace,
        actor=ana,
        item_ids=bench[-2:],
        verdict="keep",
        note="nothing is wrong",
        purpose="qualifying",
    )
    assert kept == {"set": 2, "left": 0}
    return bench


def next_of(workspace, person):
    return assigning.take_next(workspace, actor=person, dataset_id=1)


def test_until_it_is_passed_the_queue_gives_nothing_else(workspace, bo, demanded):
    for number, item_id in enumerate(demanded[-2:], 1):
        assert next_of(workspace, bo) == item_id
        with pytest.raises(Refused, match="comes first"):
            Tab(workspace, bo, demanded[0]).judge("keep")
        tab = Tab(workspace, bo, item_id)
        assert tab.desk.lesson is None and tab.desk.blind
        tab.submit("keep")
        assert tab.desk.lesson.share == 1.0 and tab.desk.lesson.apart == ""
        assert tab.desk.lesson.why == "nothing is wrong"
        assert number == 2 or "1 of 2" in tab.desk.lesson.standing
    assert tab.desk.lesson.standing == "passed: 100% as expected, 75% needed"
    assert next_of(workspace, bo) == demanded[0]


def test_the_first_answer_counts_and_a_reviewer_can_let_in(workspace, ana, bo, demanded):
    for item_id in demanded[-2:]:
        tab = Tab(workspace, bo, next_of(workspace, bo))
        tab.weigh(c1=5, c2=2)
        tab.submit("fix")
        assert tab.desk.lesson.share == 0.0 and tab.desk.lesson.verdict == "keep"
        assert "from 5 to 4" in tab.desk.lesson.apart
        tab.weigh(c1=4, c2=3)
        tab.submit("keep")
        assert (item_id, tab.desk.lesson.share) == (tab.item_id, 0.0)
    assert next_of(workspace, bo) is None
    eve = replace(bo, role="annotator")
    with pytest.raises(Forbidden):
        qualifying.let_in(workspace, actor=eve, dataset_id=1, person_id=bo.id)
    said = {
        one.person.name: (one.passed, one.said)
        for one in qualifying.everyone(workspace, actor=ana, dataset_id=1)
    }
    assert said["Bo"] == (False, "not passed: 0% as expected, 75% needed")
    qualifying.let_in(workspace, actor=ana, dataset_id=1, person_id=bo.id)
    assert next_of(workspace, bo) == demanded[0]


def test_letting_in_can_be_withdrawn(workspace, ana, bo, demanded):
    for person in (ana, bo):
        with pytest.raises(Refused, match="Nobody let Bo in"):
            qualifying.withdraw(workspace, actor=person, dataset_id=1, person_id=bo.id)
    for _ in range(2):
        qualifying.let_in(workspace, actor=ana, dataset_id=1, person_id=bo.id)
    qualifying.withdraw(workspace, actor=ana, dataset_id=1, person_id=bo.id)
    said = {
        one.person.name: (one.passed, one.waived)
        for one in qualifying.everyone(workspace, actor=ana, dataset_id=1)
    }
    assert said["Bo"] == (False, False)
    with pytest.raises(Refused, match="comes first"):
        Tab(workspace, bo, demanded[0]).judge("keep")
    with workspace.database.reading() as session:
        log = events.of_kinds(session, dataset_id=1, kinds=["trial.waived"])
    assert [telling.said(event) for event in log] == [
        "let Bo in without the qualification",
        "undid: let Bo in without the qualification",
    ]
    assert (log[1].undoes, log[0].undone_by) == (log[0].id, log[1].id)


def test_what_was_begun_waits_for_the_qualification(workspace, ana, bo, bench):
    plan(workspace, ana, overlap=2)
    assert next_of(workspace, bo) == bench[0]
    gold.set_many(workspace, actor=ana, item_ids=[bench[5]], verdict="keep", purpose="qualifying")
    plan(workspace, ana, overlap=2, must_qualify=True)
    assert next_of(workspace, bo) == bench[5]
    Tab(workspace, bo, bench[5]).submit("keep")
    assert next_of(workspace, bo) == bench[0]


def test_a_set_that_is_not_demanded_only_comes_first(workspace, ana, bo, demanded):
    plan(workspace, ana, overlap=2)
    assert next_of(workspace, bo) == demanded[-2]
    Tab(workspace, bo, demanded[0]).judge("keep")
    assert next_of(workspace, bo) in (demanded[0], demanded[-2])


def test_a_plan_is_told_in_few_words(workspace, ana, bench):
    plan(workspace, ana, overlap=2)
    plan(workspace, ana, overlap=3)
    found = datasets.everything(workspace)[0]
    version, named = found.version, {ana.id: 5}
    for new, people in ((found.plan, named), (None, None)):
        assigning.set_plan(
            workspace, actor=ana, dataset_id=1, version=version, plan=new, annotators=people
        )
        version += 1
    told = [one.sentence for one in history.recent(workspace, actor=ana, dataset_id=1, limit=4)]
    assert told == [
        "Ana stopped assigning items to people",
        "Ana changed how items are assigned: changed who annotates, or their quotas",
        "Ana changed how items are assigned: changed the overlap from 2 to 3",
        "Ana began to assign items to people: in the order of the source, 2 annotators each",
    ]


def test_what_is_settled_can_be_no_question(workspace, ana, demanded):
    with pytest.raises(InvalidValue, match="purpose"):
        gold.set_many(workspace, actor=ana, item_ids=demanded[:1], verdict="keep", purpose="fun")
    with pytest.raises(InvalidValue, match="reason"):
        gold.set_many(workspace, actor=ana, item_ids=demanded[:1], verdict="drop")


# A known answer is undone like everything else


def gold_of(workspace, actor, item_id):
    """Verdict and purpose of an item's known answer."""
    found = gold.of_item(workspace, actor=actor, item_id=item_id)
    return found and (found.verdict, found.purpose)


def queued(workspace, person, item_id):
    """What an item is in the queue for, and how many may have it."""
    with workspace.database.reading() as session:
        seat = places.seat(session, item_id=item_id, person_id=person.id)
    return seat.purpose, seat.wanted


def undo_last(workspace, actor, item_id, find=history.last_undoable):
    log = history.of_item(workspace, actor=actor, item_id=item_id)
    return history.undo(workspace, actor=actor, event_id=find(log, actor).id)


def test_a_known_answer_is_undone_and_done_again(workspace, ana, bo, bench):
    plan(workspace, ana, overlap=2, calibration=6, calibration_overlap=3)
    item = bench[0]
    was = queued(workspace, bo, item)
    assert was == ("calibration", 3)
    one = {"workspace": workspace, "actor": ana, "item_id": item}
    gold.set_gold(**one, verdict="keep", content=content(workspace, item), note="clean")
    gold.set_gold(
        **one,
        verdict="drop",
        content=content(workspace, item),
        note="of one colour",
        purpose="example",
    )
    gold.forget_gold(**one)
    assert queued(workspace, bo, item) == was, "what it was before it was known"
    seen = [gold_of(workspace, ana, item)]
    for find in [history.last_undoable] * 3 + [history.last_redoable] * 3:
        undo_last(workspace, ana, item, find)
        seen.append(gold_of(workspace, ana, item))
    first, second = ("keep", "gold"), ("drop", "example")
    assert seen == [None, second, first, None, first, second, None]
    assert queued(workspace, bo, item) == was
    assert history.of_item(workspace, actor=bo, item_id=item) == [], "only its author sees it"


def test_only_a_reviewer_undoes_a_known_answer(workspace, ana, bo, bench):
    plan(workspace, ana, overlap=2)
    gold.set_many(workspace, actor=ana, item_ids=bench[:1], verdict="keep", group="g")
    event = history.of_item(workspace, actor=ana, item_id=bench[0])[0].event
    with pytest.raises(Forbidden):
        history.undo(workspace, actor=replace(bo, role="annotator"), event_id=event.id)
    assert history.undo_group(workspace, actor=ana, group="g") == {"undone": 1, "left": 0}
    assert gold_of(workspace, ana, bench[0]) is None


def test_what_was_scored_by_a_wrong_answer_is_scored_by_the_right_one(workspace, ana, bo, bench):
    plan(workspace, ana, overlap=2)
    Tab(workspace, bo, bench[5]).submit("keep")
    gold.set_many(workspace, actor=ana, item_ids=[bench[5]], verdict="fix", purpose="qualifying")
    undo_last(workspace, ana, bench[5])
    ask(workspace, ana, bench[5])
    tab = Tab(workspace, bo, bench[5])
    assert tab.desk.lesson.share == 1.0 and next_of(workspace, bo) == bench[0]


# Nobody is shut out of a qualification that is demanded


def ask(workspace, actor, item_id, **values):
    """Make an item the qualification set, and demand it."""
    gold.set_many(workspace, actor=actor, item_ids=[item_id], verdict="keep", purpose="qualifying")
    plan(workspace, actor, overlap=2, must_qualify=True, **values)


def test_an_item_dealt_before_it_became_a_trial_is_given(workspace, ana, bo, bench):
    plan(workspace, ana, overlap=2)
    assigning.assign(workspace, actor=ana, dataset_id=1, item_ids=[bench[5]], person_ids=[bo.id])
    ask(workspace, ana, bench[5])
    assert next_of(workspace, bo) == bench[5]
    Tab(workspace, bo, bench[5]).submit("keep")
    assert next_of(workspace, bo) == bench[0]


def test_what_was_submitted_before_it_became_a_trial_is_scored_then(workspace, ana, bo, bench):
    plan(workspace, ana, overlap=2)
    good, bad = Tab(workspace, ana, bench[5]), Tab(workspace, bo, bench[5])
    good.submit("keep")
    bad.weigh(c1=5, c2=2)
    bad.submit("fix")
    ask(workspace, ana, bench[5])
    assert good.look().lesson.share == 1.0 and next_of(workspace, ana) == bench[0]
    assert bad.look().lesson.share == 0.0 and "not passed" in bad.desk.lesson.standing
    gold.set_many(workspace, actor=ana, item_ids=[bench[5]], verdict="fix", purpose="qualifying")
    assert bad.look().lesson.share == 0.0, "the first answer counts"


def test_an_answer_that_was_never_scored_is_asked_for_again(workspace, ana, bo, bench, monkeypatch):
    plan(workspace, ana, overlap=2)
    Tab(workspace, bo, bench[5]).submit("keep")
    with monkeypatch.context() as before:
        before.setattr(qualifying, "score_given", lambda *_: None)
        ask(workspace, ana, bench[5])
    assert next_of(workspace, bo) == bench[5]
    tab = Tab(workspace, bo, bench[5])
    tab.submit("keep")
    assert tab.desk.lesson.share == 1.0 and next_of(workspace, bo) == bench[0]


def test_a_trial_cannot_be_skipped_and_one_skipped_before_comes_again(workspace, ana, bo, bench):
    plan(workspace, ana, overlap=2)
    assert next_of(workspace, bo) == bench[0]
    assigning.skip(workspace, actor=bo, item_id=bench[0], reason="I know the artist")
    ask(workspace, ana, bench[0])
    assert next_of(workspace, bo) == bench[0]
    with pytest.raises(Refused, match="cannot be skipped"):
        assigning.skip(workspace, actor=bo, item_id=bench[0], reason="too hard")
    assert next_of(workspace, bo) == bench[0]
    Tab(workspace, bo, bench[0]).submit("keep")
    assert next_of(workspace, bo) == bench[1]


def test_trials_use_up_no_quota_and_move_no_gold_turn(workspace, ana, bo, bench):
    ask_all = {"quota": 1, "gold_every": 2}
    plan(workspace, ana, overlap=2)
    gold.set_many(workspace, actor=ana, item_ids=[bench[4]], verdict="keep")
    plain = wish(workspace, bo, **ask_all).gold_first
    for item_id in (bench[5], bench[3]):
        ask(workspace, ana, item_id, **ask_all)
        assert next_of(workspace, bo) == item_id
        Tab(workspace, bo, item_id).submit("keep")
        assert wish(workspace, bo, **ask_all).gold_first == plain
    assert next_of(workspace, bo) == (bench[4] if plain else bench[0])
    Tab(workspace, bo, bench[4] if plain else bench[0]).submit("keep")
    assert next_of(workspace, bo) is None


def wish(workspace, person, **values):
    """What somebody may have next under a plan."""
    with workspace.database.reading() as session:
        found = rows.get(session, dataset_id=1)
        found = replace(found, plan=Plan(overlap=2, **values))
        return assigning.wish_for(session, found, person.id, 0)

"""Adjudication: blind first, decided over what was shown, by effect, undone as new events."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from annotator.errors import InvalidValue, Refused, StaleSave, UndoBlocked
from annotator.formats.replies import Names
from annotator.services import (
    adjudicating,
    auditing,
    blind,
    deciding,
    effects,
    finals,
    retracting,
)
from annotator.services.adjudicating import Wanted
from annotator.services.answering import import_answers
from annotator.services.replying import import_replies
from db import cases, events, flags
from tests import databases
from tests.services.test_answering import lines

GOOD = "component 1: 4/4, component 2: 3/3, component 3: 3/3. Component 2: the lines are right."
BAD = "component 1: 4/4, component 2: 0/3, component 3: 1/3. Component 2: there is one line only."
MEH = "component 1: 4/4, component 2: 3/3, component 3: 0/3."
ANSWER = "A cat sleeps.\nIt dreams.\nIt wakes.\nWhy?"


def told(workspace, actor, judge, model, *replies):
    rows = [{"index": n, "reply": reply} for n, reply in enumerate(replies)]
    import_replies(
        workspace, actor=actor, dataset="Bench", file=f"{judge}-{model}.jsonl", data=lines(*rows),
        names=Names(judge, model, form="mia"),
    )  # fmt: skip


@pytest.fixture
def judged(workspace, ana, item):
    """Two models, two judges; model m's item 0 is disputed on components 2 and 3."""
    for model in ("m", "n"):
        data = lines(*({"index": n, "text": ANSWER} for n in range(3)))
        import_answers(
            workspace, actor=ana, dataset="Bench", file=f"{model}.jsonl", data=data, model=model
        )
    told(workspace, ana, "x", "m", GOOD, GOOD, GOOD)
    told(workspace, ana, "y", "m", BAD, GOOD, GOOD)
    told(workspace, ana, "x", "n", GOOD, GOOD, MEH)
    told(workspace, ana, "y", "n", GOOD, GOOD, MEH)
    return 1


class Reviewer:
    """One person at the page."""

    def __init__(self, workspace, person):
        self.workspace, self.person = workspace, person

    def look(self, case_id=None, **wanted):
        against = wanted.pop("against_verifier", False)
        opened = adjudicating.look(
            self.workspace, actor=self.person, dataset_id=1, case_id=case_id,
            wanted=Wanted(wanted, against_verifier=against),
        )  # fmt: skip
        if opened is not None:
            assert adjudicating.take(self.workspace, actor=self.person, opened=opened)
        return opened

    def score(self, opened, awarded):
        deciding.score_own(
            self.workspace, actor=self.person, case_id=opened.case.id, awarded=awarded
        )
        return self.look(opened.case.id)

    def decide(self, opened, awarded=None, outcome="score", accepted="own", **more):
        return deciding.decide(
            self.workspace, actor=self.person, case_id=opened.case.id,
            version=opened.adjudication.version if opened.adjudication else None,
            outcome=outcome, awarded=awarded, accepted=accepted if outcome == "score" else None,
            **more,
        )  # fmt: skip

    def undo(self):
        (newest,) = adjudicating.own_events(self.workspace, actor=self.person, dataset_id=1)
        return retracting.undo(self.workspace, actor=self.person, event_id=newest.id)


@pytest.fixture
def one(workspace, judged, ana):
    return Reviewer(workspace, ana)


@pytest.fixture
def two(workspace, judged, bo):
    return Reviewer(workspace, bo)


def test_nothing_is_shown_before_ones_own_score(one):
    opened = one.look()
    assert (opened.case.component_key, opened.said, opened.revealed) == ("c2", (), False)
    opened = one.score(opened, 3)
    assert [(s.rater.name, s.score.awarded) for s in opened.said] == [
        ("rules", 3), ("x", 3), ("y", 0), ("Ana", 3),
    ]  # fmt: skip
    judge = opened.judges[1]
    said = [judge.reply.text[start:end] for start, end in judge.passages]
    assert said == ["component 2: 0/3", "Component 2: there is one line only."]


def test_the_queue_is_by_effect_and_its_neighbours_lead_through_it(one):
    first = one.look()
    second = one.look(first.after)
    assert (first.case.component_key, second.case.component_key) == ("c2", "c3")
    assert first.case.stake > second.case.stake
    assert (first.before, second.before, second.after) == (None, first.case.id, None)
    assert first.counted == 2


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        ({}, ["c2", "c3"]),
        ({"model": ("m",)}, ["c2", "c3"]),
        ({"model": ("n",)}, []),
        ({"type": ("mention",)}, ["c3"]),
        ({"kind": ("verifier",)}, ["c2"]),
        ({"kind": ("repeats", "unparsed")}, []),
        ({"judge": ("999",)}, []),
    ],
)
def test_filters(one, filters, keys):
    found, opened = [], one.look(**filters)
    while opened is not None:
        found.append(opened.case.component_key)
        opened = one.look(opened.after, **filters) if opened.after else None
    assert found == keys


def test_only_where_judges_are_against_the_rule(one, workspace, ana):
    assert one.look(against_verifier=True) is None
    told(workspace, ana, "z", "m", BAD)
    told(workspace, ana, "w", "m", BAD)
    assert one.look(against_verifier=True).case.component_key == "c2"


def test_a_decision_settles_counts_and_says_what_it_did(one, workspace):
    opened = one.score(one.look(), 0)
    effect = one.decide(opened, 0, reason="The rule counts blank lines.")
    assert str(effect.of("m")) == "m 91.67 → 86.67, rank 1 → 2"
    after = one.look()
    assert after.case.component_key == "c3" and after.counted == 1
    settled = one.look(opened.case.id)
    assert (settled.settled, settled.decided_by, settled.case.standing) == (True, "Ana", 0.0)


def test_the_log_keeps_what_a_decision_did_and_what_undoing_it_did(one, workspace):
    opened = one.score(one.look(), 3)
    one.decide(opened, 0.0, reason="The lines do not count.")
    (decided,) = adjudicating.own_events(workspace, actor=one.person, dataset_id=1)
    done = effects.of_events(workspace, event_ids=[decided.id])[decided.id]
    shift = next(one for one in done.moved if one.model == "m")
    assert shift.after < shift.before
    one.undo()
    with workspace.database.reading() as session:
        log = events.of_item(session, item_id=opened.item.id, viewer_id=one.person.id)
    back = effects.of_events(workspace, event_ids=[event.id for event in log])[log[0].id]
    returned = next(one for one in back.moved if one.model == "m")
    assert (returned.before, returned.after) == (shift.after, shift.before)


def test_against_the_rule_a_reason_is_needed(one):
    opened = one.score(one.look(), 0)
    for how in ({"awarded": 0}, {"outcome": "undecidable"}):
        with pytest.raises(InvalidValue, match="rules"):
            one.decide(opened, **how)
    one.decide(opened, 3, accepted="verifier")


@pytest.mark.parametrize(
    "how",
    [
        {"awarded": 9}, {"awarded": -1}, {"awarded": None}, {"awarded": 1, "accepted": "me"},
        {"awarded": 1, "outcome": "undecidable", "reason": "x"}, {"outcome": "flagged"},
    ],
)  # fmt: skip
def test_what_is_no_decision_is_refused(one, how):
    opened = one.score(one.look(), 3)
    with pytest.raises(InvalidValue):
        one.decide(opened, **how)


def test_no_decision_without_ones_own_score(one):
    with pytest.raises(Refused, match="own score first"):
        one.decide(one.look(), 3)


def test_two_reviewers_are_led_to_different_cases(one, two):
    first, second = one.look(), two.look()
    assert first.case.id != second.case.id
    two.score(two.look(first.case.id), 3)
    with pytest.raises(Refused, match="Ana is deciding"):
        two.decide(two.look(first.case.id), 3)


def test_of_two_who_open_a_case_at_once_one_takes_it_and_the_other_is_told(one, two, workspace):
    both = [
        (reviewer.person, adjudicating.look(
            workspace, actor=reviewer.person, dataset_id=1, wanted=Wanted()
        ))
        for reviewer in (one, two)
    ]  # fmt: skip
    assert both[0][1].case == both[1][1].case
    taken = [adjudicating.take(workspace, actor=who, opened=opened) for who, opened in both]
    assert taken == [True, False]
    assert two.look(both[1][1].case.id).held_by == "Ana"
    assert one.look(both[0][1].case.id).mine


def test_a_stale_decision_is_refused_and_says_by_whom(one, two, workspace):
    opened = one.score(one.look(), 3)
    one.decide(opened, 3)
    later = two.score(two.look(opened.case.id), 0)
    with pytest.raises(StaleSave, match="by Ana"):
        deciding.decide(
            workspace, actor=two.person, case_id=opened.case.id, version=None, outcome="score",
            awarded=0, accepted="own", reason="No.",
        )  # fmt: skip
    two.decide(later, 0, reason="No.")
    assert one.look(opened.case.id).decided_by == "Bo"


def test_the_same_save_twice_is_one(one, workspace):
    opened = one.score(one.look(), 3)
    for _ in range(2):
        one.decide(opened, 3, save_id="press")
    with workspace.database.reading() as session:
        (found,) = adjudicating.adjudications.of_dataset(session, dataset_id=1)
    assert found.version == 1


def test_undo_and_redo_are_new_events(one, workspace):
    opened = one.score(one.look(), 3)
    one.decide(opened, 3)
    one.undo()
    back = one.look(opened.case.id)
    assert (back.settled, back.case.state, back.counted) == (False, "open", 2)
    log = adjudicating.log_of(workspace, actor=one.person, case_id=opened.case.id)
    assert [adjudicating.sentence(e) for e in log] == [
        "took the decision back", "decided 3 of 3", "scored it 3",
    ]  # fmt: skip
    retracting.undo(workspace, actor=one.person, event_id=log[0].id)
    assert one.look(opened.case.id).case.state == "settled"


def test_taking_back_ones_own_score_hides_the_others_and_the_next_is_not_blind(one, workspace):
    opened = one.score(one.look(), 3)
    one.undo()
    assert one.look(opened.case.id).said == ()
    again = one.score(one.look(opened.case.id), 0)
    assert again.own.evidence == {"blind": False}


def test_a_score_under_a_decision_is_not_taken_back_alone(one, workspace):
    opened = one.score(one.look(), 3)
    one.decide(opened, 3)
    log = adjudicating.log_of(workspace, actor=one.person, case_id=opened.case.id)
    with pytest.raises(UndoBlocked):
        retracting.undo(workspace, actor=one.person, event_id=log[-1].id)


def test_flagging_the_component_raises_a_flag_and_undoing_withdraws_it(one, workspace, item):
    opened = one.score(one.look(), 3)
    deciding.flag_component(
        workspace, actor=one.person, case_id=opened.case.id, version=None, kind="ambiguous",
        note="Lines of what?",
    )  # fmt: skip
    with workspace.database.reading() as session:
        (flag,) = flags.of_item(session, item_id=item)
        case = cases.get(session, case_id=opened.case.id)
    assert (flag.kind, flag.component_keys, flag.state) == ("ambiguous", ("c2",), "open")
    assert (case.state, case.standing) == ("settled", None)
    one.undo()
    with workspace.database.reading() as session:
        assert flags.of_item(session, item_id=item)[0].state == "withdrawn"


def test_a_person_reads_what_code_could_not(one, workspace, ana):
    told(workspace, ana, "z", "m", "Component 1 is great, component 2 gets most of its points.")
    opened = one.score(one.look(), 3)
    unread = next(s for s in opened.judges if s.rater.name == "z")
    assert (unread.score.awarded, opened.case.unparsed) == (None, 1)
    deciding.read_score(
        workspace, actor=ana, score_id=unread.score.id, version=unread.score.version, awarded=2
    )
    opened = one.look(opened.case.id)
    read = next(s for s in opened.judges if s.rater.name == "z")
    assert (read.score.awarded, read.score.read_by, opened.case.unparsed) == (2, ana.id, 0)
    one.undo()
    assert one.look(opened.case.id).case.unparsed == 1


def test_in_an_empty_reply_there_is_nothing_to_read(one, workspace, ana):
    told(workspace, ana, "z", "m", " ")
    opened = one.score(one.look(), 3)
    empty = next(s.score for s in opened.judges if s.rater.name == "z")
    with pytest.raises(Refused, match="nothing to read"):
        deciding.read_score(
            workspace, actor=ana, score_id=empty.id, version=empty.version, awarded=2
        )


def test_final_scores_come_with_their_history(one, two, workspace):
    opened = one.score(one.look(), 3)
    one.decide(opened, 3)
    two.decide(two.score(two.look(opened.case.id), 0), 0, reason="The fourth is empty.")
    with workspace.database.reading() as session:
        (found,) = finals.final_scores(session, dataset_id=1)
    told = found.as_dict()
    assert (told["item"], told["component"], told["model"]) == ("0", "c2", "m")
    assert (told["awarded"], told["possible"], told["by"]) == (0, 3, "Bo")
    assert [(step["by"], step["awarded"]) for step in told["history"]] == [("Ana", 3), ("Bo", 0)]


def test_decisions_are_in_the_file_for_another_process(one, workspace):
    one.decide(one.score(one.look(), 3), 3)
    (found,) = databases.asked(
        workspace.database, "SELECT outcome, awarded, accepted FROM adjudication"
    )
    ((after,),) = databases.asked(
        workspace.database,
        "SELECT CAST(after AS TEXT) FROM event WHERE kind = 'adjudication.decided'",
    )
    assert tuple(found) == ("score", 3.0, "own")
    assert json.loads(after)[f"a/{one.look().case.id and 2}/outcome"] == "score"


# The audit sample


@pytest.fixture
def sample(workspace, judged, ana):
    return auditing.draw(workspace, actor=ana, dataset="Bench", size=18, raters=2, seed=5).sample


def label(workspace, person, sample, awarded=0.0):
    drawn = blind.look(workspace, actor=person, sample_id=sample.id)
    blind.label(
        workspace, actor=person, sample_id=sample.id, case_id=drawn.case_id, awarded=awarded
    )
    return drawn.case_id


def test_who_took_their_own_score_back_has_seen_the_judges_and_labels_it_no_more(
    one, workspace, sample, ana
):
    opened = one.look()
    one.score(opened, 3)
    one.undo()
    with pytest.raises(Refused, match="seen what others said"):
        blind.label(workspace, actor=ana, sample_id=sample.id, case_id=opened.case.id, awarded=0)
    offered, skip = [], -1
    while drawn := blind.look(workspace, actor=ana, sample_id=sample.id, skip=skip):
        offered.append(drawn.case_id)
        skip = drawn.after
    assert len(offered) == 17 and opened.case.id not in offered


def test_a_person_stays_one_rater_whatever_their_role_becomes(one, workspace, sample, ana):
    case_id = one.look().case.id
    for role in ("annotator", "reviewer"):
        given = {"sample_id": sample.id, "case_id": case_id, "awarded": 1}
        if role == "reviewer":
            with pytest.raises(Refused, match="only once"):
                blind.label(workspace, actor=replace(ana, role=role), **given)
        else:
            blind.label(workspace, actor=replace(ana, role=role), **given)


def test_ones_newest_doing_is_found_under_whatever_others_did_since(one, workspace, ana, bo):
    one.score(one.look(), 3)
    with workspace.database.writing() as session:
        for _ in range(202):
            events.append(
                session, person_id=bo.id, kind="score.given", patch={}, dataset_id=1, item_id=1
            )
    assert len(adjudicating.own_events(workspace, actor=ana, dataset_id=1)) == 1


def test_a_sample_is_scored_blind_by_as_many_people_as_wanted(workspace, sample, ana, bo):
    mine = [label(workspace, ana, sample) for _ in range(18)]
    assert len(set(mine)) == 18 and blind.look(workspace, actor=ana, sample_id=sample.id) is None
    assert blind.progress(workspace, sample=sample) == (0, 18)
    assert label(workspace, bo, sample, None) == mine[0]
    assert blind.progress(workspace, sample=sample) == (1, 18)


def test_nothing_of_the_judges_is_handed_out_there(workspace, sample, ana):
    drawn = blind.look(workspace, actor=ana, sample_id=sample.id)
    assert not {"case", "said", "judge_share", "scores"} & set(drawn.__slots__)
    assert drawn.response.standing is None


def test_who_has_seen_the_judges_does_not_label_the_case(workspace, sample, one, ana):
    opened = one.score(one.look(), 3)
    with pytest.raises(Refused, match="only once"):
        blind.label(workspace, actor=ana, sample_id=sample.id, case_id=opened.case.id, awarded=0)
    drawn = []
    while found := blind.look(workspace, actor=ana, sample_id=sample.id):
        drawn.append(label(workspace, ana, sample))
        assert found.case_id == drawn[-1]
    assert len(drawn) == 17 and opened.case.id not in drawn


def test_labels_are_marked_as_such_and_can_be_taken_back(workspace, sample, ana):
    case_id = label(workspace, ana, sample, 1.0)
    query = "SELECT purpose, count(*) FROM score WHERE case_id = :case GROUP BY 1"
    counts = dict(databases.asked(workspace.database, query, case=case_id))
    assert counts["audit"] == 1
    assert blind.take_back(workspace, actor=ana, dataset_id=1) == case_id
    assert blind.take_back(workspace, actor=ana, dataset_id=1) is None
    assert label(workspace, ana, sample, 2.0) == case_id

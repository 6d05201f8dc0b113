"""Comments with @name, the bell, and what stays private until an item is curated."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotator.domain.assignment import Plan
from annotator.domain.comments import mentioned
from annotator.errors import InvalidValue, Refused
from annotator.services import accounts, assigning, comments, datasets, history, settling
from annotator.services.workspace import sign_in
from tests.examples import Tab


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Ana look", {"Ana"}),
        ("(@ana, @BO)", {"Ana", "Bo"}),
        ("@Ana Bo look", {"Ana Bo"}),
        ("@Anabel", set()),
        ("mail@Ana", set()),
        ("@ Ana", set()),
        ("@Ana@Bo", {"Ana"}),
    ],
)
def test_who_is_called(text, found):
    assert mentioned(text, ["Ana", "Bo", "Ana Bo"]) == found


def said(workspace, person, item):
    return [c.text for c in comments.of_item(workspace, actor=person, item_id=item).comments]


def bell(workspace, person):
    return [(c.comment.text, c.source_id) for c in comments.unseen(workspace, actor=person)]


def say(workspace, person, item, text, save_id=None):
    comments.write(workspace, actor=person, item_id=item, text=text, save_id=save_id)


def test_the_bell_rings_until_the_item_is_seen(workspace, ana, bo, item):
    say(workspace, ana, item, "@Bo is 3 right? @ana", "once")
    say(workspace, ana, item, "@Bo is 3 right? @ana", "once")
    assert said(workspace, bo, item) == ["@Bo is 3 right? @ana"]
    assert bell(workspace, bo) == [("@Bo is 3 right? @ana", "0")] and bell(workspace, ana) == []
    comments.see(workspace, actor=bo, item_id=item)
    assert bell(workspace, bo) == []
    assert Tab(workspace, bo, item).log()[0].sentence == "Ana commented on the item"


def test_a_comment_can_be_taken_back_by_its_author(workspace, ana, bo, item):
    say(workspace, ana, item, "@Bo hm")
    [one] = comments.of_item(workspace, actor=bo, item_id=item).comments
    with pytest.raises(Refused):
        comments.withdraw(workspace, actor=bo, comment_id=one.id)
    comments.withdraw(workspace, actor=ana, comment_id=one.id)
    assert said(workspace, ana, item) == [] and bell(workspace, bo) == []
    with pytest.raises(InvalidValue):
        say(workspace, ana, item, " \n ")


@pytest.fixture
def people(workspace, ana, bo, item):
    """Two annotators with a place at an item of overlap 2, and a reviewer without."""
    rita = sign_in(workspace, name="Rita")
    for person in (bo, sign_in(workspace, name="Cleo")):
        accounts.set_role(workspace, actor=ana, person_id=person.id, role="annotator")
    cleo = sign_in(workspace, name="Cleo")
    found = datasets.everything(workspace)[0]
    assigning.set_plan(
        workspace, actor=ana, dataset_id=1, version=found.version, plan=Plan(overlap=2)
    )
    for person in (bo, cleo):
        assert assigning.take_next(workspace, actor=person, dataset_id=1) == item
    return sign_in(workspace, name="Bo"), cleo, rita


def test_what_an_annotator_says_of_a_shared_item_waits_for_its_curation(workspace, item, people):
    bo, cleo, rita = people
    say(workspace, bo, item, "@Cleo @Rita I would drop it")
    assert said(workspace, cleo, item) == [] and bell(workspace, cleo) == []
    assert said(workspace, rita, item) == ["@Cleo @Rita I would drop it"]
    assert len(bell(workspace, rita)) == 1
    assert not any("comment" in line.sentence for line in Tab(workspace, cleo, item).log())
    comments.see(workspace, actor=cleo, item_id=item)
    say(workspace, rita, item, "@Bo why?")
    assert bell(workspace, bo) == [("@Bo why?", "0")]
    assert said(workspace, cleo, item) == [] and bell(workspace, cleo) == []
    for person in (bo, cleo):
        Tab(workspace, person, item).submit("keep")
    assert said(workspace, cleo, item) == []
    case = settling.open_case(workspace, actor=rita, item_id=item)
    draft = settling.set_verdict(
        workspace, actor=rita, item_id=item, version=case.draft.version, verdict="keep"
    )
    settling.settle(
        workspace, actor=rita, item_id=item, version=draft.version, revision=case.item.revision
    )
    assert said(workspace, cleo, item) == ["@Cleo @Rita I would drop it", "@Bo why?"]
    assert bell(workspace, cleo) == [("@Cleo @Rita I would drop it", "0")]


def test_a_reviewer_who_annotates_the_item_sees_no_more_than_an_annotator(workspace, item, people):
    bo, cleo, rita = people
    promoted = replace(cleo, role="reviewer")
    say(workspace, bo, item, "@Cleo I would drop it")
    assert said(workspace, promoted, item) == []
    assert history.of_item(workspace, actor=promoted, item_id=item) == []
    say(workspace, rita, item, "@Cleo look at the eyes")
    assert said(workspace, promoted, item) == ["@Cleo look at the eyes"]


def test_calls_that_stay_private_hide_none_that_may_be_seen(workspace, item, people, monkeypatch):
    bo, cleo, rita = people
    monkeypatch.setattr(comments, "MOST_CALLS", 2)
    say(workspace, rita, item, "@Cleo look at the eyes")
    for number in range(3):
        say(workspace, bo, item, f"@Cleo @Rita drop it {number}")
    assert bell(workspace, cleo) == [("@Cleo look at the eyes", "0")]
    assert [text for text, _ in bell(workspace, rita)] == [
        "@Cleo @Rita drop it 2",
        "@Cleo @Rita drop it 1",
    ]
    assert bell(workspace, replace(cleo, role="reviewer")) == bell(workspace, cleo)
    for person in (bo, cleo):
        Tab(workspace, person, item).submit("keep")
    case = settling.open_case(workspace, actor=rita, item_id=item)
    draft = settling.set_verdict(
        workspace, actor=rita, item_id=item, version=case.draft.version, verdict="keep"
    )
    settling.settle(
        workspace, actor=rita, item_id=item, version=draft.version, revision=case.item.revision
    )
    assert [text for text, _ in bell(workspace, cleo)] == [
        "@Cleo @Rita drop it 2",
        "@Cleo @Rita drop it 1",
    ]

"""Adjudicate: one disagreement at a time, with everything needed to decide it.

What judges, verifier and peers said is handed out only once one's own score is in. What a person
does to a case is in ``annotator.services.deciding``, taking it back in ``retracting``, what stands
in the end in ``finals``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from annotator.domain.effects import Effect, foretold
from annotator.domain.items import JSON, Component
from annotator.domain.judging import (
    Adjudication,
    Case,
    ModelStanding,
    Rater,
    Reply,
    Response,
    Score,
    share,
)
from annotator.domain.records import Event, Item, Person
from annotator.domain.standing import closeness, item_standing
from annotator.errors import NotFound
from annotator.judges.passages import passages
from annotator.services.access import needs
from annotator.services.scoring import weight_of
from annotator.services.workspace import Workspace
from db import (
    adjudications,
    cases,
    disagreements,
    events,
    items,
    people,
    raters,
    responses,
    scores,
)
from db.disagreements import Place, Wanted
from db.engine import Session

__all__ = ["Opened", "Said", "Wanted", "log_of", "look", "sentence"]

DECIDED: Final = "adjudication.decided"
OWN: Final = "score.given"
READ: Final = "score.read"
KINDS: Final = (DECIDED, OWN, READ)
"""Kinds of events about a case; their paths begin with ``a/<case>/``."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one rater said of a case.

    ``passages`` are spans of the reply's text that belong to this component; ``evidence`` what the
    verifier found; ``notes`` what a person should know about the reply as a whole.
    """

    rater: Rater
    score: Score
    reply: Reply | None = None
    passages: tuple[tuple[int, int], ...] = ()

    @property
    def tried(self) -> tuple[Mapping[str, JSON], ...]:
        """The verifier's constraints with outcome, reason and spans in the response."""
        return tuple((self.score.evidence or {}).get("tried", ()))


@dataclass(frozen=True, slots=True)
class Opened:
    """A case with everything needed to decide it.

    ``said`` is empty until one's own score is in (``revealed``). ``possible`` is what the
    component is worth now; ``number`` its 1-based number, None where the item no longer has it.
    ``mine`` says that the person has it for a good while yet, ``held_by`` that somebody else has.
    ``before`` and ``after`` are the neighbours in the queue; ``counted`` is how many it has.
    ``parts`` are the response's cases with weight share and standing.
    """

    case: Case
    item: Item
    response: Response
    component: Component | None
    number: int | None
    possible: float
    own: Score | None
    said: tuple[Said, ...]
    adjudication: Adjudication | None
    decided_by: str | None
    held_by: str | None
    mine: bool
    before: int | None
    after: int | None
    next_image: str | None
    counted: int
    parts: tuple[tuple[int, float, float | None], ...]
    standings: tuple[ModelStanding, ...]

    @property
    def revealed(self) -> bool:
        """Whether what others said may be shown."""
        return self.own is not None

    @property
    def settled(self) -> bool:
        """Whether a decision stands."""
        return self.adjudication is not None and self.adjudication.outcome is not None

    @property
    def verifier(self) -> Said | None:
        """What the rules say, if they decide this."""
        return next((one for one in self.said if one.rater.kind == "verifier"), None)

    @property
    def judges(self) -> tuple[Said, ...]:
        """What judges said, each repeat by itself."""
        return tuple(one for one in self.said if one.rater.kind == "judge")

    @property
    def peers(self) -> tuple[Said, ...]:
        """What other people said."""
        mine = self.own.rater_id if self.own else None
        people = (one for one in self.said if one.rater.kind in ("annotator", "reviewer"))
        return tuple(one for one in people if one.rater.id != mine)

    def effect(self, outcome: str, awarded: float | None) -> Effect:
        """What a decision would do to the models."""
        new = share(awarded, self.possible) if outcome == "score" else None
        after = [
            (weight, new if case_id == self.case.id else standing)
            for case_id, weight, standing in self.parts
        ]
        model = self.case.model
        return foretold(
            self.standings, {model: self.response.standing}, {model: item_standing(after)}
        )


@dataclass(frozen=True, slots=True)
class Choices:
    """Everybody who scored in a dataset, and the models that answered."""

    raters: Sequence[Rater]
    models: Sequence[str]

    @property
    def judges(self) -> list[Rater]:
        """The judges among those who scored."""
        return [rater for rater in self.raters if rater.kind == "judge"]


@needs("settle")
def look(
    workspace: Workspace,
    *,
    actor: Person,
    dataset_id: int,
    wanted: Wanted,
    case_id: int | None = None,
) -> Opened | None:
    """The case that is asked for, or the first of the queue that nobody else looks at.

    Whoever shows it then takes it.

    Returns:
        None where the queue is empty.

    Raises:
        NotFound: no such case in this dataset.
    """
    with workspace.database.reading() as session:
        standings = cases.standings(session, dataset_id=dataset_id)
        near = closeness({one.model: one.mean for one in standings})
        chosen = case_id
        if chosen is None:
            first = disagreements.walk(
                session,
                dataset_id=dataset_id,
                wanted=wanted,
                closeness=near,
                person_id=actor.id,
            )
            if not first:
                return None
            chosen = first[0].case_id
        return open_case(session, actor, dataset_id, chosen, wanted, near, standings)


@needs("settle")
def take(workspace: Workspace, *, actor: Person, opened: Opened) -> bool:
    """Lease a case that waits, so that nobody else is led to it meanwhile.

    Nothing is written where the person's lease has long to go.

    Returns:
        Whether it still is as it was opened: False where somebody else took it since.
    """
    if opened.settled or opened.mine or opened.held_by is not None:
        return True
    with workspace.database.writing() as session:
        return adjudications.lease(
            session, case_id=opened.case.id, person_id=actor.id, purpose="judging"
        )


def open_case(
    session: Session,
    actor: Person,
    dataset_id: int,
    case_id: int,
    wanted: Wanted,
    near: Mapping[str, float],
    standings: Sequence[ModelStanding],
) -> Opened:
    """A case with everything needed to decide it; raises NotFound."""
    case = cases.get(session, case_id=case_id)
    if case.dataset_id != dataset_id:
        raise NotFound("case", case_id)
    item = items.get(session, item_id=case.item_id)
    component = next((c for c in item.content.components if c.key == case.component_key), None)
    decision = adjudications.of_case(session, case_id=case_id)
    every = scores.of_case(session, case_id=case_id)
    who = raters.get_many(session, rater_ids=[score.rater_id for score in every])
    own = own_score(every, who, actor)
    before, after = neighbours(session, actor, case, wanted, near)
    return Opened(
        case=case,
        item=item,
        response=responses.get(session, response_id=case.response_id),
        component=component,
        number=item.content.number(component.key) if component else None,
        possible=float(weight_of(component)) if component else 1.0,
        own=own,
        said=said_of(session, case.component_key, every, who) if own is not None else (),
        adjudication=decision,
        decided_by=people.get(session, person_id=decision.person_id).name if decision else None,
        held_by=adjudications.holder(session, case_id=case_id, person_id=actor.id),
        mine=adjudications.holds(session, case_id=case_id, person_id=actor.id),
        before=before,
        after=after,
        next_image=cases.image_hash(session, case_id=after) if after is not None else None,
        counted=disagreements.count(session, dataset_id=dataset_id, wanted=wanted),
        parts=tuple(
            (each.id, each.weight_share, each.standing)
            for each in cases.of_response(session, response_id=case.response_id)
            if each.live
        ),
        standings=tuple(standings),
    )


def own_score(every: Sequence[Score], who: Mapping[int, Rater], actor: Person) -> Score | None:
    """The score this person gave for the purpose of judging."""
    return next(
        (
            score
            for score in every
            if score.purpose == "judging" and who[score.rater_id].person_id == actor.id
        ),
        None,
    )


def said_of(
    session: Session, key: str, every: Sequence[Score], who: Mapping[int, Rater]
) -> tuple[Said, ...]:
    """What everybody said, verifier first, then judges and people by name."""
    texts = scores.replies(session, reply_ids=[s.reply_id for s in every if s.reply_id])
    order = {"verifier": 0, "judge": 1}
    found = [
        said(key, who[score.rater_id], score, texts.get(score.reply_id or 0)) for score in every
    ]
    return tuple(
        sorted(
            found,
            key=lambda one: (order.get(one.rater.kind, 2), one.rater.label, one.score.repeat),
        )
    )


def said(key: str, rater: Rater, score: Score, reply: Reply | None) -> Said:
    """One rater's score with the passage of its reply that belongs to this component."""
    if reply is None:
        return Said(rater, score)
    asked = [part.key for part in reply.asked]
    number = asked.index(key) + 1 if key in asked else 1
    whole = len(asked) < 2 or reply.form == "shares"
    found = [(0, len(reply.text))] if whole else passages(reply.text, number, score.place)
    return Said(rater, score, reply, tuple(found))


def neighbours(
    session: Session, actor: Person, case: Case, wanted: Wanted, near: Mapping[str, float]
) -> tuple[int | None, int | None]:
    """The cases before and after one in the queue."""
    place = disagreements.place_of(case, near)
    found: list[int | None] = []
    for backward in (True, False):
        beside: list[Place] = disagreements.walk(
            session,
            dataset_id=case.dataset_id,
            wanted=wanted,
            closeness=near,
            person_id=actor.id,
            after=place,
            backward=backward,
        )
        found.append(beside[0].case_id if beside else None)
    return found[0], found[1]


def choices_of(workspace: Workspace, *, dataset_id: int) -> Choices:
    """What of a dataset's judging can be chosen to look at."""
    with workspace.database.reading() as session:
        return Choices(
            raters=raters.of_dataset(session, dataset_id=dataset_id),
            models=[one.model for one in cases.standings(session, dataset_id=dataset_id)],
        )


@needs("settle")
def own_events(
    workspace: Workspace, *, actor: Person, dataset_id: int, limit: int = 1
) -> list[Event]:
    """A person's newest doings here that still stand."""
    with workspace.database.reading() as session:
        return events.standing_of(
            session, dataset_id=dataset_id, person_id=actor.id, kinds=KINDS, limit=limit
        )


def decision_of(workspace: Workspace, *, case_id: int) -> Adjudication | None:
    """What stands as the final word on a case, or was taken back."""
    with workspace.database.reading() as session:
        return adjudications.of_case(session, case_id=case_id)


def sentence(event: Event) -> str:
    """What an event about a case did, after the person's name."""
    after = {path.rpartition("/")[2]: pair[1] for path, pair in event.patch.items()}
    back = "took back: " if event.undoes is not None else ""
    why = f" – {event.reason}" if event.reason else ""
    if event.kind == OWN:
        given = after.get("own")
        return "took their own score back" if given is None else f"{back}scored it {given:g}"
    if event.kind == READ:
        ((_, given),) = event.patch.values()
        return "let a reply be unread" if given is None else f"read {given:g} in a judge's reply"
    if after.get("outcome") is None:
        return "took the decision back"
    if after["outcome"] == "score":
        return f"decided {after['awarded']:g} of {after['possible']:g}{why}"
    said = {"undecidable": "called it undecidable", "flagged": "flagged the component"}
    return f"{said[after['outcome']]}{why}"


@needs("settle")
def log_of(workspace: Workspace, *, actor: Person, case_id: int) -> list[Event]:
    """What happened to a case, newest first; nothing of others before one's own score is in."""
    with workspace.database.reading() as session:
        case = cases.get(session, case_id=case_id)
        every = scores.of_case(session, case_id=case_id)
        who = raters.get_many(session, rater_ids=[score.rater_id for score in every])
        seen = own_score(every, who, actor) is not None
        found = about(session, case)
    return [event for event in found if seen or event.person_id == actor.id]


def about(session: Session, case: Case) -> list[Event]:
    """The events about one case, newest first."""
    prefix = f"a/{case.id}/"
    log = events.of_item(session, item_id=case.item_id, viewer_id=None)
    return [e for e in log if e.kind in KINDS and any(p.startswith(prefix) for p in e.patch)]


def case_of(event: Event) -> int:
    """The case an event is about."""
    return int(next(iter(event.patch)).split("/")[1])

"""Pairs of answers looked at side by side, and accepted or refused before they are released."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.domain.items import check_choice
from annotator.domain.judging import Response
from annotator.domain.preferences import Pair
from annotator.domain.records import Dataset, Item, Person
from annotator.errors import InvalidValue
from annotator.services.access import needs
from annotator.services.release.scores import pairs_of
from annotator.services.workspace import Workspace
from db import events, items, preferences, responses
from db.preferences import Decision


@dataclass(frozen=True, slots=True)
class Offered:
    """One pair as it is shown, with what was decided of these very components before, if it was.

    ``prompt`` is the instruction that both answer; where it is not known, ``why`` says why not.
    """

    pair: Pair
    prompt: str
    why: str
    decision: Decision | None

    @property
    def state(self) -> str:
        """``waiting``, ``accepted`` or ``refused``; ``left out`` where its prompt is not known."""
        if self.why:
            return "left out"
        known = self.decision
        current = known is not None and known.component_keys == self.pair.component_keys
        return known.state if known is not None and current else "waiting"

    @property
    def version(self) -> int:
        """What a decision over this one names."""
        return self.decision.version if self.decision else 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair with everything that is needed to judge it."""

    offered: Offered
    item: Item
    chosen: Response
    rejected: Response


@needs("look")
def offered(workspace: Workspace, *, actor: Person, dataset: Dataset) -> list[Offered]:
    """The pairs that follow from the final scores, in order of their items."""
    with workspace.database.reading() as session:
        known = preferences.of_dataset(session, dataset_id=dataset.id)
        found = pairs_of(session, dataset.id)
    return [
        Offered(
            one.pair, one.prompt, one.why, known.get((one.pair.chosen_id, one.pair.rejected_id))
        )
        for one in found
    ]


@needs("look")
def look_at(workspace: Workspace, *, actor: Person, offer: Offered) -> Shown:
    """A pair's item and answers; raises NotFound."""
    pair = offer.pair
    with workspace.database.reading() as session:
        return Shown(
            offer,
            items.get(session, item_id=pair.item_id),
            responses.get(session, response_id=pair.chosen_id),
            responses.get(session, response_id=pair.rejected_id),
        )


@needs("settle")
def decide(
    workspace: Workspace, *, actor: Person, dataset: Dataset, offer: Offered, state: str
) -> None:
    """Accept or refuse a pair; deciding again takes the former decision back.

    Raises:
        InvalidValue: neither ``accepted`` nor ``refused``, or the pair is left out.
        StaleSave: somebody decided since it was shown.
    """
    check_choice("decision", state, ("accepted", "refused"))
    if offer.why:
        raise InvalidValue("decision", f"the pair is left out: {offer.why}")
    with workspace.database.writing() as session:
        preferences.decide(
            session,
            dataset_id=dataset.id,
            pair=offer.pair,
            state=state,
            person_id=actor.id,
            version=offer.version,
        )
        name = f"pair/{offer.pair.chosen_id}/{offer.pair.rejected_id}"
        events.append(
            session,
            person_id=actor.id,
            kind="preference.decided",
            patch={name: (offer.decision.state if offer.decision else None, state)},
            dataset_id=dataset.id,
            item_id=offer.pair.item_id,
        )

"""Which item a row of answers or replies is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from annotator.formats.answers import Clues
from db import items
from db.engine import Session


@dataclass(frozen=True, slots=True)
class Place:
    """An item as its clues name it."""

    id: int
    position: int
    source_id: str
    image_ref: str | None
    instruction: str


class Locator:
    """Finds items by what a row says of them.

    A row's clues must not contradict each other: an index that points to one item and an image or
    an instruction that belongs to others is a shifted file, not a match.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self.by_source = {place.source_id: place for place in places}
        self.by_position = {str(place.position): place for place in places}
        self.by_image: dict[str, list[Place]] = defaultdict(list)
        self.by_prompt: dict[str, list[Place]] = defaultdict(list)
        for place in places:
            if place.image_ref:
                self.by_image[place.image_ref].append(place)
            self.by_prompt[plain(place.instruction)].append(place)

    def find(self, clues: Clues) -> int | str:
        """The item's id, or a sentence that says why none is meant for sure."""
        named = self.named(clues)
        if isinstance(named, str):
            return named
        same_image = self.by_image.get(clues.image or "", [])
        same_prompt = self.by_prompt.get(plain(clues.prompt or ""), []) if clues.prompt else []
        if named is not None:
            return self.checked(named, clues, same_image, same_prompt)
        if clues.image is not None and not same_image:
            return f"no item has the image {clues.image[:200]!r}"
        both = [place for place in same_image if place in same_prompt]
        for candidates in (both, same_image, same_prompt if clues.image is None else []):
            if len(candidates) == 1:
                return self.checked(candidates[0], clues, same_image, same_prompt)
        if same_image:
            return f"{len(same_image)} items share its image; give an index or the prompt"
        return "nothing in it says which item it answers"

    def named(self, clues: Clues) -> Place | str | None:
        """The item that the id or the index names; a sentence where there is no such item."""
        if clues.id is not None and clues.id in self.by_source:
            return self.by_source[clues.id]
        if clues.index is not None:
            found = self.by_source.get(clues.index) or self.by_position.get(clues.index)
            return found or f"no item has the index {clues.index}"
        if clues.id is not None and clues.image is None and clues.prompt is None:
            return f"no item has the id {clues.id[:200]!r}"
        return None

    def checked(
        self, place: Place, clues: Clues, same_image: list[Place], same_prompt: list[Place]
    ) -> int | str:
        """The item, unless another clue belongs to other items."""
        for what, others in (("image", same_image), ("instruction", same_prompt)):
            if others and place not in others:
                other = others[0].position
                return f"it names item {place.position}, but its {what} is that of item {other}"
        return place.id


def plain(text: str) -> str:
    """Text without differences of white space."""
    return " ".join(text.split())


def locator_of(session: Session, *, dataset_id: int) -> Locator:
    """The locator of a dataset's items."""
    return Locator([Place(*row) for row in items.places(session, dataset_id=dataset_id)])

"""The kinds of findings in words, for lists and filters."""

from __future__ import annotations

from typing import Final

TITLES: Final = {
    "weights.sum": "Weights do not sum to the target",
    "weights.missing": "Component without a weight",
    "type.missing": "Component without a type",
    "type.unknown": "Type not in the taxonomy",
    "type.repeated": "Type repeated within the item",
    "level.unknown": "Level missing or unknown",
    "instruction.empty": "Empty instruction",
    "components.none": "No components",
    "component.empty": "Empty component",
    "components.count": "Source's count differs from its list",
    "source.lists": "Source's lists differ in length",
    "image.missing": "No usable image",
    "image.unfetched": "Image not fetched yet",
    "item.duplicate": "Nearly the same item twice",
    "components.misaligned": "Component that is not in the instruction",
    "contradiction": "Components that cannot hold together",
    "component.number": "Number differs from the instruction",
    "component.quote": "Quotes what the instruction does not have",
    "instruction.uncovered": "Part of the instruction that no component covers",
    "type.doubtful": "Type that does not fit the component",
    "verifier.doubtful": "Verifier that does not fit the component",
}


def title(kind: str) -> str:
    """A kind in words; a kind that a newer version stored is its own title."""
    return TITLES.get(kind, kind)

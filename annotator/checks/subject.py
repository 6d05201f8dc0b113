"""What a check looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from annotator.domain.items import ContentRules, ItemContent

How = Literal["same item", "same words", "like words", "same image", "like image", "fits"]
"""How another item is related: nearly the same instruction on the same image; the same words, or
nearly, on another image; the same image by content, or one that looks the same; or it is the one
that a foreign component fits."""


@dataclass(frozen=True, slots=True)
class Relative:
    """Other items of the dataset that one item is related to in one way, the first few of them.

    Args:
        how: in which way.
        others: their source ids.
        total: how many there are.
        score: of the nearest, from 0 to 1.
        key, text: the component that fits, and its text then.
        same_name: the source gives the images one name, so that it knows them to be the same.
    """

    how: How
    others: tuple[str, ...]
    total: int
    score: float = 1.0
    key: str | None = None
    text: str | None = None
    same_name: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A contradiction that a judge model proposed for this very content.

    ``members`` are 0-based places of components; ``phrases`` the words it rests on.
    """

    model: str
    prompt: str
    members: tuple[int, ...]
    reason: str
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """One item as the checks see it.

    Args:
        content: instruction and components.
        rules: what the dataset allows.
        declared_count: how many components the source claims.
        curated: whether a person has settled the item; a release then writes the right count.
        image_ref: the image as the source names it.
        bare_address: that is an address without its scheme.
        image_problem: why there is no image, None where there is one.
        image_size: width and height in pixels, where there is one.
        notes: oddities that the reader of the source noted.
        relatives: other items that this one is related to.
        proposals: what judge models said of it.
    """

    content: ItemContent
    rules: ContentRules = field(default_factory=ContentRules)
    declared_count: int | None = None
    curated: bool = False
    image_ref: str | None = None
    bare_address: bool = False
    image_problem: str | None = None
    image_size: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    relatives: tuple[Relative, ...] = ()
    proposals: tuple[Proposal, ...] = ()

"""What a check looks at."""

from __future__ import annotations

from dataclasses import dataclass, field

from annotator.domain.items import ContentRules, ItemContent


@dataclass(frozen=True, slots=True)
class Subject:
    """One item as the checks see it.

    Args:
        content: instruction and components.
        rules: what the dataset allows.
        declared_count: how many components the source claims.
        curated: whether a person has settled the item; a release then writes the right count.
        image_ref: the image as the source names it.
        image_problem: why there is no image, None where there is one.
        notes: oddities that the reader of the source noted.
        twins: positions of other items with the same image and nearly the same instruction.
    """

    content: ItemContent
    rules: ContentRules = field(default_factory=ContentRules)
    declared_count: int | None = None
    curated: bool = False
    image_ref: str | None = None
    image_problem: str | None = None
    notes: tuple[str, ...] = ()
    twins: tuple[int, ...] = ()

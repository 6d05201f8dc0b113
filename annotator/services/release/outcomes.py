"""What became of an item: how it differs from its source, and whether it goes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from annotator.domain.changes import Patch, difference
from annotator.domain.items import flatten
from annotator.domain.merging import rekey, united_names
from annotator.domain.records import Item
from annotator.formats import Record


@dataclass(frozen=True, slots=True)
class Outcome:
    """One item against its source.

    Args:
        source_id: the item's name.
        why: why it stays out; empty where it goes in.
        patch: what differs from the source.
        numbers: the number of each component, for sentences.
    """

    item_id: int
    source_id: str
    verdict: str | None
    why: str
    patch: Patch
    numbers: Mapping[str, int]

    @property
    def included(self) -> bool:
        """Whether it goes in."""
        return not self.why


def judge(item: Item, record: Record, why: str) -> Outcome:
    """Compare an item with the record it came from."""
    aligned = rekey(item.content, record.content)
    patch = difference(flatten(aligned), flatten(item.content))
    stated, found = record.declared_count, len(record.content.components)
    if item.verdict is not None and stated is not None and stated != found:
        patch["number_of_components"] = (stated, len(item.content.components))
    numbers = united_names(aligned, item.content)
    return Outcome(item.id, item.source_id, item.verdict, why, patch, numbers)

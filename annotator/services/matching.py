"""Which record of a newer file is which item: by id, else by content and position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from annotator.domain.findings import Finding
from annotator.domain.records import Item
from annotator.domain.spans import bare_words, twin_key
from annotator.formats import Record
from annotator.services.pictures import Found

SIMILAR: Final = 0.6


@dataclass(frozen=True, slots=True)
class Incoming:
    """One record on its way in, with what was found out before the transaction."""

    record: Record
    sha256: str
    found: Found
    twin_key: str | None = None
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """An item that is there already, and the source record it came from."""

    item: Item
    text: str


def match(existing: Sequence[Known], incoming: Sequence[Incoming]) -> dict[int, Known]:
    """Which record is which item: by id where the source has ids, else by content and position."""
    left = {known.item.id: known for known in existing}
    found: dict[int, Known] = {}
    for rule in (same_id, same_text, same_question, same_place):
        table: dict[Any, list[Known]] = {}
        for known in left.values():
            table.setdefault(rule.of_item(known), []).append(known)
        for index, one in enumerate(incoming):
            key = rule.of_record(one)
            candidates = table.get(key) if index not in found and key is not None else None
            if candidates and rule.fits(candidates[0], one):
                found[index] = candidates.pop(0)
                del left[found[index].item.id]
    return found


class same_id:
    """Both have the same id in the source."""

    @staticmethod
    def of_item(known: Known) -> Any:
        return known.item.source_id

    @staticmethod
    def of_record(one: Incoming) -> Any:
        return one.record.source_id

    @staticmethod
    def fits(known: Known, one: Incoming) -> bool:
        return True


class same_text(same_id):
    """The record is the same to the letter."""

    @staticmethod
    def of_item(known: Known) -> Any:
        return known.text

    @staticmethod
    def of_record(one: Incoming) -> Any:
        return one.record.text if one.record.source_id is None else None


class same_question(same_id):
    """The same instruction about the same image."""

    @staticmethod
    def of_item(known: Known) -> Any:
        return twin_key(known.item.image_ref, known.item.content.instruction)

    @staticmethod
    def of_record(one: Incoming) -> Any:
        if one.record.source_id is not None:
            return None
        return one.twin_key


class same_place(same_id):
    """The same position, and the same image or a similar instruction."""

    @staticmethod
    def of_item(known: Known) -> Any:
        return known.item.position

    @staticmethod
    def of_record(one: Incoming) -> Any:
        return one.record.position if one.record.source_id is None else None

    @staticmethod
    def fits(known: Known, one: Incoming) -> bool:
        if known.item.image_ref == one.record.image_ref:
            return True
        return alike(known.item.content.instruction, one.record.content.instruction) >= SIMILAR


def alike(one: str, other: str) -> float:
    """The share of words two texts have in common, from 0 to 1, whatever their length."""
    mine, theirs = Counter(bare_words(one).split()), Counter(bare_words(other).split())
    total = mine.total() + theirs.total()
    return 2 * (mine & theirs).total() / total if total else 1.0

"""Pairs of answers to one item of which one follows what the other breaks.

Made of final scores only: the chosen answer has every point of the components the pair names, the
rejected one less, and the chosen one is nowhere worse, so that the pair teaches nothing wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations


@dataclass(frozen=True, slots=True)
class Decided:
    """The final scores of one answer: by component key, points awarded and possible."""

    response_id: int
    item_id: int
    model: str
    scores: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one item, and the components that the chosen one follows and the other not."""

    item_id: int
    chosen_id: int
    rejected_id: int
    component_keys: tuple[str, ...]


def pairs(answers: Iterable[Decided]) -> Iterator[Pair]:
    """Every pair, by item, then by the answers."""
    by_item: dict[int, list[Decided]] = {}
    for answer in answers:
        by_item.setdefault(answer.item_id, []).append(answer)
    for item_id in sorted(by_item):
        ordered = sorted(by_item[item_id], key=lambda answer: answer.response_id)
        for chosen, rejected in permutations(ordered, 2):
            keys = taught(chosen, rejected)
            if keys:
                yield Pair(item_id, chosen.response_id, rejected.response_id, keys)


def taught(chosen: Decided, rejected: Decided) -> tuple[str, ...]:
    """The components that one follows and the other breaks; none where it is worse elsewhere."""
    found = []
    for key in sorted(chosen.scores.keys() & rejected.scores.keys()):
        (mine, possible), (theirs, _) = chosen.scores[key], rejected.scores[key]
        if mine < theirs:
            return ()
        if mine == possible and theirs < possible:
            found.append(key)
    return tuple(found)

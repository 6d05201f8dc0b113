"""Pairs of answers to one item of which one follows what the other breaks.

Made of final scores only: the chosen answer has every point of the components the pair names, the
rejected one less, and the chosen one is nowhere worse, so that the pair teaches nothing wrong.

The prompt of a pair is the instruction that both answered, which is not the item's own where that
was reworded later. Where it cannot be known the pair goes out of the way, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import permutations
from typing import Final

from annotator.domain.judging import hash_of_prompt

UNSAID: Final = (
    "the instruction was edited before an answer came in, and the answer's file does not say which "
    "one it answers"
)
FOREIGN: Final = "an answer's file names a prompt that the item never had"
APART: Final = "the two answers answer different instructions"
OTHER_IMAGE: Final = "the image was replaced, and nothing says which one the answers are about"


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


@dataclass(frozen=True, slots=True)
class Prompted:
    """A pair with the instruction that both answer; or, with an empty one, why it is left out."""

    pair: Pair
    prompt: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of an answer's prompt: its hash, where its file named it; when it came in."""

    prompt_sha256: str | None
    at: datetime | None


Wording = tuple[datetime | None, str]
"""An instruction that an item had, and since when; None from the beginning."""


def prompted(pair: Pair, chosen: Asked, rejected: Asked, wordings: Sequence[Wording]) -> Prompted:
    """The pair with its prompt; ``wordings`` are all that the item ever had, oldest first."""
    found = [answered(one, wordings) for one in (chosen, rejected)]
    if all(found):
        return Prompted(pair, found[0] or "") if found[0] == found[1] else Prompted(pair, "", APART)
    lost = (chosen, rejected)[found.index(None)]
    return Prompted(pair, "", UNSAID if lost.prompt_sha256 is None else FOREIGN)


def answered(one: Asked, wordings: Sequence[Wording]) -> str | None:
    """The instruction that an answer answers, None where it cannot be known.

    It is the one that its file names. Without that it is known as long as the item had only one:
    who curates does not send the answers of before the edit again, but published ones come in late.
    """
    told = one.prompt_sha256
    known: dict[str | None, str] = {}
    for since, text in wordings:
        if told or since is None or one.at is None or since <= one.at:
            known.setdefault(hash_of_prompt(text), text)
    if told is not None:
        return known.get(told)
    return next(iter(known.values())) if len(known) == 1 else None


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

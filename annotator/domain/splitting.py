"""Which split an item goes to: decided by its duplicate group, once and for ever.

A group is what must not be parted: items of the same image, or with nearly the same instruction.
Its split follows from a hash of the group's name and from nothing else, so that adding items moves
none. What an earlier release placed stays there; an item that would join two of its groups cannot
be placed by a rule without parting one of them, and waits for a person.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from annotator.domain.duplicates import Groups, Shingles, near_pairs, shingles
from annotator.domain.spans import bare_words
from annotator.errors import InvalidValue

CURATED: Final = ("clean", "repaired", "dropped")
"""Splits by what became of an item: as it came, with edits, taken out by a person."""

WHOLE: Final = "test"
"""The one split of a release that is not split; what evaluation kits look for."""

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a release is split.

    Args:
        kind: ``whole`` (one split), ``curated`` (by what became of an item), ``source`` (as the
            source had them) or ``hashed``.
        names: the splits, in order; for ``source`` they are known once the items are.
        shares: for ``hashed``, each split's share; they sum to 1.
        seed: for ``hashed``, a text that gives another drawing.
    """

    kind: str = "whole"
    names: tuple[str, ...] = (WHOLE,)
    shares: tuple[float, ...] = ()
    seed: str = ""


def read_scheme(text: str, seed: str = "") -> Scheme:
    """The scheme a person wrote: ``none``, ``source``, ``clean,repaired`` or ``train=80,test=20``.

    Raises:
        InvalidValue: none of these, or a share that is no number above 0.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or parts == ["none"]:
        return Scheme()
    if parts == ["source"]:
        return Scheme("source", ())
    if all(part in CURATED for part in parts):
        return Scheme("curated", tuple(name for name in CURATED if name in parts))
    named = [part.partition("=") for part in parts]
    names = tuple(name.strip() for name, _, _ in named)
    if len(set(names)) != len(names) or not all(map(NAME.fullmatch, names)) or "all" in names:
        raise InvalidValue(
            "splits",
            f"{text!r} must be none, source, some of {', '.join(CURATED)}, or names in small "
            "letters with shares, as in train=80,validation=10,test=10",
        )
    sizes = [share(name, size) for name, _, size in named]
    return Scheme("hashed", names, tuple(size / sum(sizes) for size in sizes), seed)


def of_batch(batch: str | None) -> str:
    """The split that a batch of the source is: its name in small letters, without signs."""
    name = re.sub(r"[^a-z0-9]+", "_", (batch or "").lower()).strip("_")[:35]
    if not name:
        return WHOLE
    return name if NAME.fullmatch(name) and name != "all" else f"part_{name}"


def share(name: str, text: str) -> float:
    """One split's share as a positive number."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < 1e9:
        raise InvalidValue("splits", f"the share of {name} is {text!r}; it must be above 0")
    return found


def drawn(group: str, scheme: Scheme) -> str:
    """The split of a group, by the hash of its name."""
    digest = hashlib.sha256(f"{scheme.seed}\0{group}".encode()).digest()
    point, reached = int.from_bytes(digest[:8]) / 2**64, 0.0
    for name, size in zip(scheme.names, scheme.shares, strict=True):
        reached += size
        if point < reached:
            return name
    return scheme.names[-1]


@dataclass(frozen=True, slots=True)
class Member:
    """An item that is to be placed.

    Args:
        id: lower ids came earlier; the earliest of a group names it.
        name: the item's id in the source.
        image: what the image is known by (its hash, else its address), None where there is none.
        instruction: as it is released.
        origin: image reference and instruction as they came, which edits do not change.
    """

    id: int
    name: str
    image: str | None
    instruction: str
    origin: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item is: its duplicate group and its split."""

    group: str
    split: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Items that belong together and would join several groups of earlier releases."""

    members: tuple[Member, ...]
    joins: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What was placed, what of it is new, and what waits for a person."""

    places: Mapping[int, Place]
    fresh: frozenset[int] = frozenset()
    waiting: tuple[Waiting, ...] = ()


def group_name(member: Member) -> str:
    """The name of a group whose first item this is: 16 hex digits of what came in."""
    return hashlib.sha256(member.origin.encode()).hexdigest()[:16]


def origin_of(image_ref: str | None, instruction: str) -> str:
    """What an item is known by as it came, for group_name."""
    return f"{image_ref or ''}\0{bare_words(instruction)}"


def assign(
    members: Sequence[Member],
    known: Mapping[int, Place],
    scheme: Scheme,
    by_hand: Mapping[int, str] | None = None,
) -> Assignment:
    """Place items by their groups.

    Args:
        members: all that go in, and what earlier releases placed and may touch them.
        known: places of earlier releases by item; kept as they are.
        by_hand: what a person decided for items that wait; it holds for all that wait with them.

    Raises:
        InvalidValue: a split that the scheme does not have, or contradicting decisions.
    """
    for place in known.values():
        check_split(place.split, scheme, "an earlier release")
    ordered = sorted(members, key=lambda member: member.id)
    places = {m.id: known[m.id] for m in ordered if m.id in known}
    waiting, fresh = [], set()
    for together, joins in components(ordered, known):
        decided = decision(together, joins, by_hand or {}, scheme)
        if len(joins) > 1 and decided is None:
            waiting.append(Waiting(tuple(together), tuple(joins)))
            continue
        joined = decided or (joins[0] if joins else newly_drawn(together[0], scheme))
        places |= {member.id: joined for member in together}
        fresh |= {member.id for member in together}
    return Assignment(places, frozenset(fresh), tuple(waiting))


def newly_drawn(first: Member, scheme: Scheme) -> Place:
    """The place of a group that no earlier release has, by its first item."""
    group = group_name(first)
    return Place(group, drawn(group, scheme))


def check_split(name: str, scheme: Scheme, who: str) -> None:
    """Refuse a split that the scheme does not have."""
    if name not in scheme.names:
        raise InvalidValue(
            "splits", f"{who} has the split {name!r}, which {', '.join(scheme.names)} leave out"
        )


def decision(
    together: Sequence[Member],
    joins: Sequence[Place],
    by_hand: Mapping[int, str],
    scheme: Scheme,
) -> Place | None:
    """What a person decided for items that belong together; no decision parts a group."""
    chosen = {by_hand[member.id] for member in together if member.id in by_hand}
    if not chosen:
        return None
    if len(chosen) > 1:
        names = ", ".join(member.name for member in together)
        raise InvalidValue("place", f"items {names} belong together, so they go to one split")
    [split] = chosen
    check_split(split, scheme, "a decision")
    if len(joins) == 1 and joins[0].split != split:
        names = ", ".join(member.name for member in together)
        raise InvalidValue("place", f"{names} must go to {joins[0].split}, where its group is")
    return joins[0] if len(joins) == 1 else Place(group_name(together[0]), split)


@dataclass(slots=True)
class Cluster:
    """Items with the same image or the same words: the new ones, and the groups of known ones."""

    new: list[int] = field(default_factory=list)
    groups: set[Place] = field(default_factory=set)


def components(
    members: Sequence[Member], known: Mapping[int, Place]
) -> list[tuple[list[Member], list[Place]]]:
    """The new items that belong together, each with the known groups they touch."""
    groups, touched = Groups(len(members)), defaultdict[int, set[Place]](set)
    for one, other in edges(members, known):
        joined = [*one.new, *other.new]
        for first in joined[1:]:
            groups.join(joined[0], first)
        if joined:
            touched[joined[0]] |= one.groups | other.groups
    reached, together = defaultdict[int, set[Place]](set), defaultdict[int, list[Member]](list)
    for index, places in touched.items():
        reached[groups.of(index)] |= places
    for index, member in enumerate(members):
        if member.id not in known:
            together[groups.of(index)].append(member)
    return [
        (found, sorted(reached[root], key=lambda place: (place.group, place.split)))
        for root, found in sorted(together.items())
    ]


def edges(
    members: Sequence[Member], known: Mapping[int, Place]
) -> Iterable[tuple[Cluster, Cluster]]:
    """What belongs together: clusters of one image or one text, and pairs of near texts."""
    by_image: dict[str, Cluster] = {}
    by_text: dict[Shingles, Cluster] = {}
    for index, member in enumerate(members):
        clusters = [by_text.setdefault(shingles(member.instruction), Cluster())]
        if member.image:
            clusters.append(by_image.setdefault(member.image, Cluster()))
        for cluster in clusters:
            if member.id in known:
                cluster.groups.add(known[member.id])
            else:
                cluster.new.append(index)
    for cluster in (*by_image.values(), *by_text.values()):
        yield cluster, cluster
    texts = list(by_text)
    for one, other in near_pairs(texts):
        yield by_text[texts[one]], by_text[texts[other]]

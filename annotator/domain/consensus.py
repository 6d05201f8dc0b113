"""Several annotators' opinions of one item: where they differ, how much, and when they agree.

A *part* is what can be decided by itself: the verdict, a field of the item, whether a component is
there (``c/<key>``), or one field of a component that all have (``c/<key>/weight``).
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from annotator.domain import weights as arithmetic
from annotator.domain.counting import counted
from annotator.domain.items import (
    COMPONENT_FIELDS,
    JSON,
    Component,
    ItemContent,
    Number,
    flatten,
    same,
)
from annotator.domain.merging import unused
from annotator.domain.vocabulary import VERDICTS
from annotator.errors import InvalidValue

FIELDS: Final = ("instruction", "level", "answers")


@dataclass(frozen=True, slots=True)
class Opinion:
    """One annotator's submitted opinion of an item; ``guidelines`` is what they went by."""

    person_id: int
    person: str
    verdict: str
    content: ItemContent
    note: str = ""
    guidelines: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an item as each of some opinions has it, in their order.

    ``base`` is what stood before. Of a presence (``c/<key>``) the values are the component's text
    or None.
    """

    path: str
    base: JSON
    values: tuple[JSON, ...]

    @property
    def differs(self) -> bool:
        """Whether not all say the same."""
        return not all(same(value, self.values[0]) for value in self.values[1:])

    @property
    def changed(self) -> bool:
        """Whether anybody says something else than what stood before."""
        return any(not same(value, self.base) for value in self.values)


def words(text: str) -> str:
    """A component's text as it is compared: without case and outer or double white space."""
    return " ".join(text.split()).casefold()


def align(base: ItemContent, opinions: Sequence[Opinion]) -> list[Opinion]:
    """Let components that people added alike have one key.

    A component somebody added is another's where the words are the same; each is matched once.
    """
    known = {component.key for component in base.components}
    named: dict[tuple[str, int], str] = {}
    found = []
    for opinion in opinions:
        seen: Counter[str] = Counter()
        components = []
        for component in opinion.content.components:
            if component.key not in known:
                said = words(component.text)
                seen[said] += 1
                name = said, seen[said]
                if name not in named:
                    named[name] = unused(component.key, {*known, *named.values()})
                component = replace(component, key=named[name])
            components.append(component)
        content = replace(opinion.content, components=tuple(components))
        found.append(replace(opinion, content=content))
    return found


def parts(base: ItemContent, opinions: Sequence[Opinion]) -> list[Part]:
    """Every part that somebody changed or that people say differently, in reading order.

    Args:
        opinions: aligned, at least one.
    """
    found = [Part("verdict", None, tuple(opinion.verdict for opinion in opinions))]
    flats = [flatten(opinion.content) for opinion in opinions]
    before = flatten(base)
    for name in FIELDS:
        found.append(Part(name, before[name], tuple(flat[name] for flat in flats)))
    for key in all_keys(base, opinions):
        texts = tuple(flat.get(f"c/{key}/text") for flat in flats)
        presence = Part(f"c/{key}", before.get(f"c/{key}/text"), texts)
        if None in texts:
            found.append(presence)
            continue
        for name in COMPONENT_FIELDS:
            path = f"c/{key}/{name}"
            found.append(Part(path, before.get(path), tuple(flat[path] for flat in flats)))
    if len({frozenset(flat["order"]) for flat in flats}) == 1:
        found.append(Part("order", before["order"], tuple(flat["order"] for flat in flats)))
    return [part for part in found if part.differs or part.changed]


def all_keys(base: ItemContent, opinions: Iterable[Opinion]) -> list[str]:
    """The keys of all components anybody has: the base's order first."""
    keys = [component.key for component in base.components]
    for opinion in opinions:
        keys += [c.key for c in opinion.content.components if c.key not in keys]
    return keys


def disagreement(base: ItemContent, opinions: Sequence[Opinion]) -> float:
    """How much people differ on an item: 0 for not at all, 1 for in everything they changed.

    Over all pairs the mean of two halves: whether the verdicts differ, and which share of the parts
    that either of the two changed they left differently.
    """
    named = align(base, opinions)
    pairs = list(combinations(named, 2))
    if not pairs:
        return 0.0
    total = 0.0
    for pair in pairs:
        told = [part for part in parts(base, pair) if part.path != "verdict"]
        share = sum(part.differs for part in told) / len(told) if told else 0.0
        total += (share + (pair[0].verdict != pair[1].verdict)) / 2
    return total / len(pairs)


def says_the_same(base: ItemContent, one: Opinion, other: Opinion) -> bool:
    """Whether two opinions differ in nothing but their notes."""
    pair = align(base, [one, other])
    return not any(part.differs for part in parts(base, pair))


def take_part(content: ItemContent, theirs: ItemContent, path: str) -> ItemContent:
    """The content with one part taken from another; raises InvalidValue for no such part."""
    if path in FIELDS:
        return replace(content, **{path: getattr(theirs, path)})
    if path == "order":
        return reorder(content, [component.key for component in theirs.components])
    head, _, rest = path.partition("/")
    key, _, name = rest.partition("/")
    if head != "c" or not key:
        raise InvalidValue("part", f"there is no part {path!r}")
    source = next((c for c in theirs.components if c.key == key), None)
    if not name:
        return with_presence(content, theirs, key, source)
    if source is None or name not in COMPONENT_FIELDS:
        raise InvalidValue("part", f"there is no part {path!r}")
    changed = replace(content.component(key), **{name: getattr(source, name)})
    rest_of = tuple(changed if c.key == key else c for c in content.components)
    return replace(content, components=rest_of)


def with_presence(
    content: ItemContent, theirs: ItemContent, key: str, source: Component | None
) -> ItemContent:
    """The content with a component where another has it, or without it where they have none."""
    others = [component for component in content.components if component.key != key]
    if source is None:
        return replace(content, components=tuple(others))
    before = [c.key for c in theirs.components[: theirs.components.index(source)]]
    place = max(
        (index + 1 for index, component in enumerate(others) if component.key in before), default=0
    )
    return replace(content, components=(*others[:place], source, *others[place:]))


def reorder(content: ItemContent, keys: Sequence[str]) -> ItemContent:
    """The content with its components in another's order; those it does not have stay last."""
    place = {key: index for index, key in enumerate(keys)}
    components = sorted(content.components, key=lambda c: place.get(c.key, len(keys)))
    return replace(content, components=tuple(components))


@dataclass(frozen=True, slots=True)
class Rule:
    """When an item is settled without a reviewer.

    Attributes:
        least: opinions that are needed, 2 or more.
        majority: more than half decide the verdict; otherwise all must say the same.
        weights_within: weights may differ by so much; the median is taken.
        flags_block: an open flag keeps the item for a reviewer.
    """

    least: int = 2
    majority: bool = False
    weights_within: Number = 0
    flags_block: bool = True

    def __post_init__(self) -> None:
        if not 2 <= self.least <= 100:
            raise InvalidValue("opinions", "a rule needs 2 to 100")
        if self.weights_within < 0:
            raise InvalidValue("weights", "may differ by 0 or more")

    def said(self) -> str:
        """The rule as a sentence."""
        verdict = (
            "more than half give the same verdict"
            if self.majority
            else ("all give the same verdict")
        )
        weights = (
            f", weights at most {self.weights_within} apart (their median is taken)"
            if self.weights_within
            else ""
        )
        flags = ", and no flag is open" if self.flags_block else ""
        who = "they" if not self.majority else "those"
        return (
            f"An item is settled where all its places are filled, at least {self.least} people "
            f"have submitted, {verdict}, {who} made the same edits{weights}{flags}."
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rule says about an item: the settled state, or why a reviewer is needed."""

    verdict: str | None
    content: ItemContent | None
    why: str


def decide(
    rule: Rule,
    base: ItemContent,
    opinions: Sequence[Opinion],
    *,
    open_flags: int = 0,
    target: Number | None = None,
) -> Decision:
    """Apply a rule to an item's opinions.

    Args:
        target: the sum the weights should have; medians that miss it are left to a reviewer.
    """
    if len(opinions) < rule.least:
        return Decision(None, None, f"{len(opinions)} of at least {counted(rule.least, 'opinion')}")
    if rule.flags_block and open_flags:
        return Decision(None, None, "a flag is open")
    verdict, number = Counter(opinion.verdict for opinion in opinions).most_common(1)[0]
    needed = len(opinions) // 2 + 1 if rule.majority else len(opinions)
    if number < needed:
        return Decision(None, None, "the verdicts differ")
    agreeing = align(base, [opinion for opinion in opinions if opinion.verdict == verdict])
    differing = [part for part in parts(base, agreeing) if part.differs]
    apart = [part for part in differing if not within(part, rule.weights_within)]
    if apart:
        return Decision(None, None, f"the edits differ in {counted(len(apart), 'part')}")
    content = agreeing[0].content
    for part in differing:
        content = with_weight(content, part.path.split("/")[1], median(part.values))
    if differing and target is not None:
        known = [c.weight for c in content.components if c.weight is not None]
        if arithmetic.total(known) != target:
            return Decision(None, None, f"the weights' medians do not sum to {target}")
    return Decision(verdict, content, f"{number} of {len(opinions)} agree")


def within(part: Part, tolerance: Number) -> bool:
    """Whether a part is a weight on which people are close enough."""
    if not part.path.endswith("/weight") or any(value is None for value in part.values):
        return False
    return bool(max(part.values) - min(part.values) <= tolerance)


def median(values: Sequence[JSON]) -> Number:
    """The median, whole where it is whole."""
    return arithmetic.whole(float(statistics.median(values)))


def with_weight(content: ItemContent, key: str, weight: Number) -> ItemContent:
    """The content with another weight of one component."""
    components = tuple(replace(c, weight=weight) if c.key == key else c for c in content.components)
    return replace(content, components=components)


def check_verdict(verdict: str | None, reason: str) -> str:
    """Refuse to settle without a verdict, or to drop without saying why."""
    if verdict not in VERDICTS:
        raise InvalidValue("verdict", "choose keep, fix or drop")
    if verdict == "drop" and not reason.strip():
        raise InvalidValue("reason", "say why the item is dropped")
    return verdict

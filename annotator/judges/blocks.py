"""Which of a reply's scores count: blocks of scores, the final one, contradictions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from annotator.domain.regex import regex
from annotator.judges.labels import TOTAL, Claim
from annotator.judges.values import Trouble, Value

_FINAL: Final = regex(
    r"\b(?:final|finally|therefore|thus|hence|summary|summari[sz]\w+|conclusion|verdict|so\s*[:,]|"
    r"correct(?:ed|ion)s?|revis(?:ed|ion)|updated?|adjusted|re-?evaluat\w+|re-?scor\w+)\b|so\s*[:,]|"
    r"最终|最後|最后|总结|综上|修正|更正|итог|fazit|endgültig|en\s+résumé|en\s+conclusión",
    re.IGNORECASE,
)
_CORRECTION: Final = regex(
    r"correct|revis|updat|adjust|re-?evaluat|re-?scor|修正|更正", re.IGNORECASE
)
_REACH: Final = 200


@dataclass(slots=True)
class Block:
    """Scores that stand together: at most one for each component, perhaps with a total."""

    scores: dict[int, Claim] = field(default_factory=dict)
    total: Claim | None = None
    lead: str = ""
    source: str = ""

    @property
    def final(self) -> bool:
        """Whether it says of itself that it is the one that counts."""
        return bool(_FINAL.search(self.lead)) or self.source.endswith(" final")

    @property
    def correction(self) -> bool:
        """Whether it may change some components and leave the others as they were."""
        return bool(_CORRECTION.search(self.lead))


@dataclass(frozen=True, slots=True)
class Counting:
    """The scores that count, by component from 1, and the total."""

    scores: Mapping[int, Value | Trouble]
    total: Claim | None
    notes: tuple[str, ...] = ()


def counting(text: str, claims: Sequence[Claim], types: Sequence[str]) -> Counting:
    """The scores that count among all that a reply claims."""
    blocks = _blocks(text, _numbered(claims, types))
    final = max((i for i, b in enumerate(blocks) if b.final), default=None)
    if final is None or len(blocks) == 1:
        scores = {key: _agreed(_of(blocks, key)) for key in _keys(blocks)}
        return _with_total(scores, [b.total for b in blocks if b.total])
    scores = {}
    for key in _keys(blocks):
        after, before = _of(blocks[final:], key), _of(blocks[:final], key)
        if after:
            scores[key] = _agreed(after)
        elif blocks[final].correction or not blocks[final].scores:
            scores[key] = _agreed(before)
        else:
            place = before[-1].value
            scores[key] = Trouble("the final scores leave it out", place.start, place.end)
    totals = [b.total for b in blocks[final:] if b.total]
    return _with_total(scores, totals or [b.total for b in blocks if b.total])


def _with_total(scores: Mapping[int, Value | Trouble], totals: list[Claim]) -> Counting:
    if not totals:
        return Counting(scores, None)
    agreed = _agreed(totals)
    if isinstance(agreed, Trouble):
        return Counting(scores, None, (f"The total cannot be read: {agreed.reason}.",))
    return Counting(scores, replace(totals[-1], value=agreed))


def _keys(blocks: list[Block]) -> list[int]:
    return sorted({key for block in blocks for key in block.scores})


def _of(blocks: list[Block], key: int) -> list[Claim]:
    return [block.scores[key] for block in blocks if key in block.scores]


def _agreed(claims: Sequence[Claim]) -> Value | Trouble:
    """The one score that all of these claim, or why there is none."""
    values = [claim.value for claim in claims if isinstance(claim.value, Value)]
    for claim in claims:
        if isinstance(claim.value, Trouble) and not (claim.value.soft and values):
            return claim.value
    values.sort(key=lambda value: ("fraction", "share", "bare").index(value.kind))
    best = values[0]
    for other in values[1:]:
        if not _same(best, other):
            reason = f"the reply contradicts itself: {say(best)} and {say(other)}"
            return Trouble(reason, other.start, other.end)
    return best


def _same(one: Value, other: Value) -> bool:
    if one.kind == other.kind:
        return (one.awarded, one.possible) == (other.awarded, other.possible)
    if other.kind == "share" and one.possible:
        return abs(one.awarded / one.possible - other.awarded) <= 0.005
    return other.kind == "bare" and one.kind == "fraction" and one.awarded == other.awarded


def say(value: Value) -> str:
    """A score as people write it."""
    if value.kind == "share":
        return f"{float(value.awarded * 100):g} %"
    awarded = f"{float(value.awarded):g}"
    return awarded if value.possible is None else f"{awarded}/{float(value.possible):g}"


def _blocks(text: str, claims: Sequence[Claim]) -> list[Block]:
    blocks: list[Block] = []
    since = 0
    for claim in claims:
        fresh = not blocks or blocks[-1].source != claim.source or _repeats(blocks[-1], claim)
        if fresh:
            lead = text[max(since, claim.start - _REACH) : claim.start]
            if claim.key == TOTAL:
                lead += text[claim.start : claim.end]
            blocks.append(Block(lead=lead, source=claim.source))
        since = max(since, claim.end)
        if claim.key == TOTAL:
            blocks[-1].total = claim
        elif isinstance(claim.key, int):
            blocks[-1].scores[claim.key] = claim
    return blocks


def _repeats(block: Block, claim: Claim) -> bool:
    if claim.key == TOTAL:
        return block.total is not None
    closed = block.total is not None and bool(block.scores)
    return closed or claim.key in block.scores


def _numbered(claims: Sequence[Claim], types: Sequence[str]) -> list[Claim]:
    """Claims for names turned into claims for numbers, in the order of the components so named.

    A reply that names a repeated type too seldom or too often leaves open whom it means.
    """
    ordered = sorted(claims, key=lambda claim: claim.start)
    said = Counter(c.key for c in ordered if isinstance(c.key, str))
    seen: Counter[str] = Counter()
    numbered: list[Claim] = []
    for claim in ordered:
        if not isinstance(claim.key, str):
            numbered.append(claim)
            continue
        name = claim.key
        homes = [i for i, known in enumerate(types, start=1) if known.casefold() == name.casefold()]
        if not homes:
            continue
        if said[name] % len(homes):
            times = "once" if said[name] == 1 else f"{said[name]} times"
            reason = f"{len(homes)} components have the type {name!r}, scored {times}"
            trouble = Trouble(reason, claim.value.start, claim.value.end)
            numbered += [replace(claim, key=home, value=trouble) for home in homes]
            continue
        numbered.append(replace(claim, key=homes[seen[name] % len(homes)]))
        seen[name] += 1
    return numbered

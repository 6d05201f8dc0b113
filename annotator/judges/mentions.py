"""What a reply says of a component in running words: "the dog is missing, so 3/4".

A conclusion is a claim. A later mention that gives a component another score than the one it has
puts that in doubt: people take a score back in many words, and a wrong one is worse than none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from annotator.domain.regex import regex
from annotator.judges.labels import TOTAL, Claim, Label, find_labels
from annotator.judges.values import Trouble, Value, value_at

_FRACTION: Final = regex(r"(?<![\d./,])\d{1,3}(?:[.,]\d+)?\s*(?:/|out\s+of)\s*\d{1,3}")
_CONCLUDES: Final = regex(
    r"(?:\bi\.e\.|\b(?:so|thus|hence|therefore)\b|[→⇒⟶]|[-=]>|"
    r"\b(?:it|this|which|the\s+response|i)\s+(?:gives?|gets?|scores?|earns?|receives?|deserves?)\b)"
    r"[\s,:]*(?:only\s+|just\s+|a\s+|it\s+)?\Z",
    re.IGNORECASE,
)
_DOUBTFUL: Final = regex(
    r"\b(?:if|whether|unless|could|would|should|might|may)\b|\b(?:not|never)\s+\w*\s*\Z|n't\s+\w*\s*\Z",
    re.IGNORECASE,
)
_VERDICT: Final = regex(
    r"\s*(?:is|was|->|[:=|-])?[\s\"'(\[]{0,4}"
    r"(?:(?P<no>fail(?:s|ed)?|no|false|(?:not\s+|un)(?:satisfied|met|fulfilled)|violated)"
    r"|(?P<yes>pass(?:es|ed)?|yes|true|(?:fully\s+)?(?:satisfied|met|fulfilled)))"
    r"[\"')\]]{0,3}(?=\s*(?:[.;|\n]|\Z|,\s*(?:and\s+)?(?:score|constraint|component)))",
    re.IGNORECASE,
)
_STOP: Final = regex(r"[.;!?](?=\s)")
_INSTEAD: Final = regex(r"\s*(?:instead|now|rather|only|at\s+(?:best|most))\b", re.IGNORECASE)
_REACH: Final = 600
"""So far, in code points, words are about the component that was named before them."""
_CHANGED: Final = regex(
    r"\b(?:lower|reduc|rais|increas|decreas|downgrad|upgrad)\w*\s+(?:by|to)\s+\d", re.IGNORECASE
)


def concluded(text: str, labels: Sequence[Label], found: Sequence[Claim]) -> Iterator[Claim]:
    """Claims of labels that have none yet, where the only score in their words is a conclusion."""
    for label, end in _unclaimed(text, labels, found):
        values = [v for v in _values(text, label.end, end) if v.kind == "fraction"]
        if len(values) != 1:
            continue
        words = text[label.end : values[0].start]
        sentence = _STOP.split(words)[-1]
        if _CONCLUDES.search(words) and not _DOUBTFUL.search(sentence):
            yield Claim(label.key, values[0], label.start, values[0].end)


def unsettled(text: str, labels: Sequence[Label], found: Sequence[Claim]) -> list[Claim]:
    """The claims, in doubt where a later mention of their component gives it another score."""
    doubts: dict[int | str, int] = {}
    said: dict[int | str, set[tuple[Fraction, Fraction | None]]] = {}
    first: dict[int | str, int] = {}
    for claim in found:
        first.setdefault(claim.key, claim.end)
        if isinstance(claim.value, Value):
            known = (claim.value.awarded, claim.value.possible)
            said.setdefault(claim.key, set()).add(known)
    for label, end in _unclaimed(text, labels, found):
        early = first.get(label.key, len(text)) <= label.start
        if early and _differs(text, label.end, end, said.get(label.key, set())):
            doubts[label.key] = label.start
    return [_doubted(c) if c.end <= doubts.get(c.key, 0) else c for c in found]


def passed(text: str) -> Iterator[Claim]:
    """Claims of whole or nothing: "constraint_1: PASS", "constraint 2 is not satisfied"."""
    for label in find_labels(text, ()):
        verdict = _VERDICT.match(text, label.end)
        before = text[max(0, label.start - _REACH) : label.start]
        if _DOUBTFUL.search(_STOP.split(before)[-1]):
            continue
        if verdict and isinstance(label.key, int) and label.key != TOTAL and not label.weak:
            share = Fraction(1 if verdict["yes"] else 0)
            place = verdict.span("yes" if verdict["yes"] else "no")
            value = Value("share", share, None, *place)
            yield Claim(label.key, value, label.start, verdict.end())


def _unclaimed(
    text: str, labels: Sequence[Label], found: Sequence[Claim]
) -> Iterator[tuple[Label, int]]:
    """Numbered labels without a claim, each with the end of the words about it."""
    claimed = {claim.start for claim in found}
    strong = [label for label in labels if not label.weak]
    starts = sorted({*claimed, *(label.start for label in strong)})
    for label in strong:
        if label.key == TOTAL or label.start in claimed or label.shared:
            continue
        line = text.find("\n", label.end, label.end + _REACH)
        end = line if line >= 0 else min(len(text), label.end + _REACH)
        at = bisect_right(starts, label.start)
        yield label, min([end, *starts[at : at + 1]])


def _values(text: str, start: int, end: int) -> list[Value]:
    """The scores in a stretch of text that what follows lets stand."""
    places = [match.start() for match in _FRACTION.finditer(text, start, end)]
    return [v for at in places if isinstance(v := value_at(text, at, loose=False), Value)]


def _differs(text: str, start: int, end: int, known: set[tuple[Fraction, Fraction | None]]) -> bool:
    if any(_CHANGED.finditer(text, start, end)):
        return bool(known)
    for match in _FRACTION.finditer(text, start, end):
        standing = value_at(text, match.start(), loose=False)
        digits = re.findall(r"\d+(?:[.,]\d+)?", match[0])
        awarded, possible = (Fraction(part.replace(",", ".")) for part in digits)
        if standing is None and not _INSTEAD.match(text, match.end()):
            continue
        if any(of == possible and points != awarded for points, of in known):
            return True
    return False


def _doubted(claim: Claim) -> Claim:
    if isinstance(claim.value, Trouble):
        return claim
    reason = "a later sentence gives it another score"
    return replace(claim, value=Trouble(reason, claim.value.start, claim.value.end))

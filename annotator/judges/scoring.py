"""From the text of a reply to one score, or one reason, per component."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final

from annotator.domain.items import Number
from annotator.domain.regex import regex
from annotator.judges.blocks import Counting, counting, say
from annotator.judges.claims import text_claims
from annotator.judges.hearsay import own_claims
from annotator.judges.json_claims import json_claims
from annotator.judges.labels import TOTAL, Claim
from annotator.judges.mentions import passed
from annotator.judges.result import Ask, Form, Read, Reading, Total, Unparsed
from annotator.judges.tables import table_claims
from annotator.judges.text import blank, plain, without_thoughts
from annotator.judges.values import Trouble, Value, value_at

_SCALE: Final = regex(r"(?:out\s+of|scale\s+of|-|\bto|/)\s*(\d+)", re.IGNORECASE)
_LINE: Final = regex(r"[^\n]+")
_GAP: Final = regex(r"\s*[,;|]?\s*(?:and\s+)?(?:total(?:\s+score)?\s*[:=]?\s*)?", re.IGNORECASE)
_REFUSAL: Final = regex(
    r"\b(?:sorry|cannot|can't|can\s+not|unable|won't|not\s+able|refuse|as\s+an\s+ai)\b|抱歉|无法|对不起",
    re.IGNORECASE,
)


def read_scores(reply: str, ask: Ask, form: Form = "mia") -> Reading:
    """Read a reply that scores components one by one."""
    text = plain(reply)
    claims, reported = _claims(reply, text, ask)
    if not any(claim.key != TOTAL for claim in claims) and not reported:
        claims = _without_numbers(text, claims, ask, form)
    counted = _guarded(text, claims, counting(text, claims, ask.types), ask)
    missing = _why_nothing(text, claims, reported, ask)
    components = tuple(
        _settled(counted.scores.get(number), weight, number, missing)
        for number, weight in enumerate(ask.weights, start=1)
    )
    total = _total(counted.total, ask)
    agrees = _agrees(total, components, ask)
    notes = [*counted.notes, *_extra_notes(counted, ask)]
    if agrees is False:
        notes.append("The total contradicts the parts.")
    return Reading(form, components, total, agrees, tuple(notes))


def _claims(reply: str, text: str, ask: Ask) -> tuple[list[Claim], list[Claim]]:
    """The judge's own claims in order, and those it only reports."""
    names = tuple(dict.fromkeys(name for name in (*ask.types, *ask.texts) if name.strip()))
    found, places = json_claims(without_thoughts(reply), names)
    for start, end in places:
        text = blank(text, start, end)
    if text.strip():
        tabled, places = table_claims(text, names)
        for start, end in places:
            text = blank(text, start, end)
        found += tabled + text_claims(text, names, ask.types)
    found = _without_weak(found, len(ask.weights))
    found = [_renamed(claim, ask) for claim in found]
    own, reported = own_claims(text, sorted(found, key=lambda claim: claim.start))
    return own, reported


def _renamed(claim: Claim, ask: Ask) -> Claim:
    """A claim for a component's wording as a claim for its number."""
    places = [i for i, text in enumerate(ask.texts, start=1) if text == claim.key]
    known = claim.key in ask.types
    return replace(claim, key=places[0]) if len(places) == 1 and not known else claim


def _without_weak(claims: list[Claim], count: int) -> list[Claim]:
    """Weak labels count only where they name every component once and nothing better does."""
    strong = [claim for claim in claims if not claim.weak]
    if any(claim.key != TOTAL for claim in strong):
        return strong
    for kind in dict.fromkeys(claim.weak for claim in claims if claim.weak):
        keys = [claim.key for claim in claims if claim.weak == kind]
        if keys == list(range(1, count + 1)):
            return [claim for claim in claims if claim.weak in ("", kind)]
    return strong


def _without_numbers(text: str, claims: list[Claim], ask: Ask, form: Form) -> list[Claim]:
    """The claims of a reply that gives no numbered component a number."""
    listed = _listed(text, ask)
    if listed:
        return [*listed, *claims]
    if len(ask.weights) == 1:
        return [replace(claim, key=1) for claim in claims]
    return [*claims, *passed(text)] if form == "direct" and set(ask.weights) == {1} else claims


def _listed(text: str, ask: Ask) -> list[Claim]:
    """A line of nothing but one fraction per component, each out of its weight."""
    found = [claims for line in _LINE.finditer(text) if (claims := _listed_in(text, line, ask))]
    return found[0] if len(found) == 1 else []


def _listed_in(text: str, line: re.Match[str], ask: Ask) -> list[Claim]:
    start = re.compile(r"\W*(?:(?:scores?|points|得分)\s*[:=]?\s*)?[\[(\"']*", re.IGNORECASE)
    lead = start.match(text, line.start())
    at, values = lead.end() if lead else line.start(), list[Value]()
    while at < line.end():
        value = value_at(text.replace(",", ";"), at, loose=False)
        if not isinstance(value, Value) or value.kind != "fraction":
            break
        values.append(value)
        gap = _GAP.match(text, value.end, line.end())
        at = gap.end() if gap else value.end
    expected = [Fraction(str(weight)) for weight in ask.weights]
    possibles = [value.possible for value in values]
    rest = text[values[-1].end : line.end()] if values else "?"
    if rest.strip(" .)]\"'") or possibles not in (expected, [*expected, sum(expected)]):
        return []
    return [
        Claim(n if n <= len(expected) else TOTAL, v, v.start, v.end)
        for n, v in enumerate(values, 1)
    ]


def _guarded(text: str, claims: list[Claim], counted: Counting, ask: Ask) -> Counting:
    """Take back scores whose component or scale is in doubt."""
    scores = dict(counted.scores)
    extra = [key for key in scores if not 1 <= key <= len(ask.weights)]
    if any(isinstance(scores[key], Value) for key in extra):
        reason = f"the reply scores other components than the {len(ask.weights)} of the item"
        return replace(counted, scores=_troubled(scores, scores, reason))
    bare = [
        key for key, value in scores.items() if isinstance(value, Value) and value.kind == "bare"
    ]
    doubt = _why_not_bare(text, claims, counted, ask, bare) if bare else None
    if doubt:
        scores = _troubled(scores, bare, doubt)
    return replace(counted, scores=_without_cut(text, scores, len(ask.weights)))


def _without_cut(
    text: str, scores: dict[int, Value | Trouble], count: int
) -> dict[int, Value | Trouble]:
    """A reply's last number may be half of "3/4" or "2.5" where more was to come."""
    end = len(text.rstrip(" \n."))
    others = [value for value in scores.values() if value.end < end]
    written_out = any(isinstance(value, Value) and value.kind != "bare" for value in others)
    for key, value in scores.items():
        last = isinstance(value, Value) and value.kind == "bare" and value.end >= end
        if last and (written_out or len(scores) < count):
            scores[key] = Trouble("the reply is cut off here", value.start, value.end)
    return scores


def _troubled(
    scores: Mapping[int, Value | Trouble], keys: Iterable[int], reason: str
) -> dict[int, Value | Trouble]:
    doubtful = set(keys)
    return {
        key: Trouble(reason, value.start, value.end)
        if key in doubtful and isinstance(value, Value)
        else value
        for key, value in scores.items()
    }


def _why_not_bare(
    text: str, claims: list[Claim], counted: Counting, ask: Ask, bare: list[int]
) -> str | None:
    """Why numbers without their maximum cannot be out of the weights; None where they can."""
    for key in bare:
        if counted.scores[key].end and _awarded(counted.scores[key]) > Fraction(
            str(ask.weights[key - 1])
        ):
            return "the maximum is not given, and some score is above its component's weight"
    given = [_awarded(counted.scores[key]) for key in bare]
    if max(given) <= 1 and max(ask.weights) > 1 and any(a.denominator != 1 for a in given):
        return "the maximum is not given: these may be points or shares from 0 to 1"
    whole = _sum(ask.weights)
    total = counted.total.value if counted.total else None
    if isinstance(total, Value) and (
        (total.possible is not None and total.possible != whole)
        or (total.kind == "bare" and total.awarded > whole)
    ):
        return "the maximum is not given, and the total is on another scale than the weights"
    first = min((claim.start for claim in claims), default=0)
    known = {Fraction(str(weight)) for weight in ask.weights} | {whole}
    said = {Fraction(m[1]) for m in _SCALE.finditer(text, 0, first)}
    if said - known:
        return "the maximum is not given, and the reply speaks of another scale"
    return None


def _awarded(value: Value | Trouble) -> Fraction:
    return value.awarded if isinstance(value, Value) else Fraction(0)


def _settled(
    value: Value | Trouble | None, weight: Number, number: int, missing: str
) -> Read | Unparsed:
    """One component's score against its weight; out of range is never clamped."""
    if value is None:
        return Unparsed(missing or f"the reply gives no score for component {number}")
    place = (value.start, value.end)
    if isinstance(value, Trouble):
        return Unparsed(value.reason, place)
    possible = Fraction(str(weight))
    if value.possible is not None and value.possible != possible:
        out_of = f"{float(value.possible):g}"
        return Unparsed(
            f"{say(value)} is out of {out_of}, but the weight is {float(weight):g}", place
        )
    awarded = value.awarded * possible if value.kind == "share" else value.awarded
    if not 0 <= awarded <= possible:
        return Unparsed(f"{say(value)} is more than the {float(weight):g} possible", place)
    return Read(_plain_number(awarded), weight, place)


def _plain_number(value: Fraction) -> Number:
    return int(value) if value.denominator == 1 else float(value)


def _sum(weights: tuple[Number, ...]) -> Fraction:
    return sum((Fraction(str(weight)) for weight in weights), Fraction(0))


def _total(claim: Claim | None, ask: Ask) -> Total | None:
    if claim is None or not isinstance(claim.value, Value):
        return None
    value = claim.value
    place = (value.start, value.end)
    if value.kind == "share":
        whole = _sum(ask.weights)
        return Total(_plain_number(value.awarded * whole), _plain_number(whole), place)
    possible = None if value.possible is None else _plain_number(value.possible)
    return Total(_plain_number(value.awarded), possible, place)


def _agrees(total: Total | None, parts: tuple[Read | Unparsed, ...], ask: Ask) -> bool | None:
    """Whether the total is the sum of the parts; None where that cannot be told.

    Shares such as "two thirds" or a rounded percentage are allowed their rounding.
    """
    if total is None:
        return None
    whole = float(_sum(ask.weights))
    if total.possible is not None and abs(total.possible - whole) > 1e-9:
        return False
    known = sum(part.awarded for part in parts if isinstance(part, Read))
    exact = all(float(part.awarded * 1000).is_integer() for part in parts if isinstance(part, Read))
    slack = 1e-6 if exact else 0.05
    if all(isinstance(part, Read) for part in parts):
        return abs(total.awarded - known) <= slack
    room = sum(w for w, part in zip(ask.weights, parts, strict=True) if isinstance(part, Unparsed))
    return None if known - slack <= total.awarded <= known + room + slack else False


def _why_nothing(text: str, claims: list[Claim], reported: list[Claim], ask: Ask) -> str:
    """Why a reply without any score of a component has none; empty where it has one."""
    if not text.strip():
        return "the reply is empty"
    if any(claim.key != TOTAL for claim in claims):
        return ""
    if reported:
        return "the scores in the reply are quoted or another's, not the judge's own"
    if _REFUSAL.search(text):
        return "the judge refused or could not score"
    if any(claim.key == TOTAL for claim in claims):
        return "the reply gives a total only"
    return "the reply holds no score that can be read for sure"


def _extra_notes(counted: Counting, ask: Ask) -> list[str]:
    extra = sorted(key for key in counted.scores if not 1 <= key <= len(ask.weights))
    return ["The reply scores components that the item does not have."] if extra else []

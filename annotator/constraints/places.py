"""Named places that lie apart: who names the first and the last paragraph speaks of two.

A text of one paragraph has the same first and last paragraph, and arithmetic must allow for it; but
nobody who asks for a word in the first paragraph and only in the last one means such a text. Where
one paragraph is asked for, `Clash.several` keeps the claim back.
"""

from __future__ import annotations

from annotator.constraints.base import EACH, Clash, Constraint, Scope, Step, Terms
from annotator.constraints.edges import Edge
from annotator.constraints.mentions import Mention

_ENDS = {"begin": Scope((Step("sentence", 1),)), "end": Scope((Step("sentence", -1),))}


def apart(one: Scope, two: Scope) -> bool:
    """Whether two places have nothing in common in a text that has both on their own."""
    if len(one.steps) != 1 or len(two.steps) != 1:
        return False
    a, b = one.steps[0], two.steps[0]
    if EACH in (a.index, b.index) or "key" in (a.unit, b.unit):
        return False
    if a.unit == b.unit:
        return a.index != b.index and (a.index * b.index > 0 or {a.index, b.index} == {1, -1})
    sentence, paragraph = (a, b) if a.unit == "sentence" else (b, a)
    if (sentence.unit, paragraph.unit) != ("sentence", "paragraph"):
        return False
    return (sentence.index == 1 and paragraph.index != 1) or (
        sentence.index == -1 and paragraph.index == 1
    )


def _larger(one: Scope, two: Scope) -> str:
    """The larger of the units of two places."""
    units = [one.steps[0].unit, two.steps[0].unit]
    return "paragraph" if "paragraph" in units else units[0]


def standing(constraint: Constraint) -> list[tuple[str, Scope]]:
    """What must stand in the response word by word, with the place where it must."""
    if isinstance(constraint, Mention):
        return [(t, constraint.scope) for t in constraint.phrases()]
    if isinstance(constraint, Edge):
        place = constraint.scope or _ENDS[constraint.side]
        return [(t, place) for t in constraint.phrases()]
    return []


def clash_outside(term: str, only: Scope, other: Constraint) -> Clash | None:
    """``term`` may stand in ``only`` alone; ``other`` wants it in each such unit or elsewhere."""
    for text, place in standing(other):
        if not Terms.of(term).times_in(Terms.of(text)):
            continue
        each = len(place.steps) == 1 == len(only.steps) and place.steps[0].index == EACH
        if (each and place.steps[0].unit == only.steps[0].unit) or apart(place, only):
            return Clash(
                "phrase" if " " in text else "keyword",
                f'"{text}" is to stand in {place.say()}, and "{term}" only in {only.say()}.',
                several=_larger(place, only),
            )
    return None


def clash_within(term: str, never: Scope, other: Constraint) -> Clash | None:
    """``term`` is ruled out in ``never`` (the second paragraph); ``other`` wants it in each one."""
    if len(never.steps) != 1 or never.steps[0].index == EACH:
        return None
    for text, place in standing(other):
        each = place == Scope((Step(never.steps[0].unit, EACH),))
        if each and Terms.of(term).times_in(Terms.of(text)):
            return Clash(
                "phrase" if " " in text else "keyword",
                f'"{text}" is to stand in {place.say()}, and "{term}" not in {never.say()}.',
                several=never.steps[0].unit,
            )
    return None

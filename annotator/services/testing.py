"""Try a response against an item's components: what code can decide, with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from annotator.constraints import (
    Constraint,
    Response,
    Verdict,
    parse,
    parse_verifier_call,
    say,
    verify,
)
from annotator.domain.items import Component, ItemContent
from annotator.errors import InvalidValue

Outcome = Literal["pass", "fail", "undecided"]


@dataclass(frozen=True, slots=True)
class Tried:
    """One constraint of a component against a response.

    ``said`` is the constraint in plain English; ``spans`` are the evidence in code points of the
    response.
    """

    said: str
    outcome: Outcome
    reason: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Tested:
    """One component against a response.

    ``outcome`` is ``fail`` where one of its constraints fails, ``pass`` where all of them pass, and
    ``undecided`` where none was read or one needs a judge. ``problem`` says why a verifier call
    could not be read.
    """

    number: int
    component: Component
    outcome: Outcome
    tried: tuple[Tried, ...]
    problem: str | None = None


def try_response(content: ItemContent, response: str) -> list[Tested]:
    """Try a response against every component; rules decide, tone and the like stay undecided."""
    return [
        tested(number, component, response)
        for number, component in enumerate(content.components, 1)
    ]


def tested(number: int, component: Component, response: str | Response) -> Tested:
    """One component: its verifier calls where it has some, else what its text is read as."""
    try:
        constraints = read(component)
    except InvalidValue as fault:
        return Tested(number, component, "undecided", (), str(fault))
    tried = tuple(try_one(constraint, verify(constraint, response)) for constraint in constraints)
    outcomes = {one.outcome for one in tried}
    outcome: Outcome = "undecided"
    if "fail" in outcomes:
        outcome = "fail"
    elif outcomes == {"pass"}:
        outcome = "pass"
    return Tested(number, component, outcome, tried)


def read(component: Component) -> tuple[Constraint, ...]:
    """A component's constraints; raises InvalidValue for an unknown verifier."""
    if component.verifier_calls:
        return tuple(c for call in component.verifier_calls for c in parse_verifier_call(call))
    return tuple(parse(component.text))


def try_one(constraint: Constraint, verdict: Verdict) -> Tried:
    """A verdict as a value for pages."""
    spans = tuple((span.start, span.end) for span in verdict.spans)
    return Tried(say(constraint), verdict.outcome, verdict.reason, spans)

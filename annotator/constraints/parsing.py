"""From English to constraints: every kind is offered every sentence."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from annotator.constraints import (  # noqa: F401 - importing a module registers its kinds
    casing,
    counts,
    edges,
    formats,
    letters,
    manner,
    markup,
    mentions,
    placement,
    shares,
    style,
    surface,
    things,
    topics,
    usage,
    wording,
)
from annotator.constraints.base import KINDS, Constraint, Scope
from annotator.constraints.clause import Clause, clauses

_LONGEST = 6_000
"""Code points of text that are read; nobody states a constraint after that."""


@lru_cache(maxsize=8192)
def parse(text: str) -> tuple[Constraint, ...]:
    """The constraints that ``text`` surely states, in order; empty where none could be read."""
    return tuple(dict.fromkeys(_all(clauses(text[:_LONGEST]))))


def _all(found: Iterable[Clause]) -> Iterable[Constraint]:
    for clause in found:
        yield from shares.read(clause, _of_clause)


def _of_clause(clause: Clause) -> Iterable[Constraint]:
    read = [c for one in KINDS.values() for c in one.read(clause)]
    more = {pair for c in read for pair in c.mentioned()}
    return (c for c in read if not _absorbed(c, more))


def _absorbed(constraint: Constraint, more: set[tuple[str, Scope]]) -> bool:
    """Whether a plain mention is part of what another constraint of the sentence says."""
    if not isinstance(constraint, mentions.Mention) or constraint.mode != "each":
        return False
    if (constraint.low, constraint.high) != (1, None):
        return False
    return all((t, constraint.scope) in more for t in constraint.terms)

"""What every kind of constraint is made of: values, scopes, verdicts, facts and the registry.

A kind is one frozen dataclass that derives from `Constraint` and is decorated with `kind`. It may
have up to four abilities: ``read`` (from a clause of English), ``verify``, ``clashes`` and
``facts`` (against other constraints, by rule and by arithmetic) and ``say``.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar

from annotator.constraints.numerals import ORDINAL_WORD
from annotator.constraints.segment import Response, Span
from annotator.domain.regex import regex

if TYPE_CHECKING:
    from annotator.constraints.clause import Clause

Outcome = Literal["pass", "fail", "undecided"]
EACH = 0
"""The index of a scope step that means every unit ("each paragraph")."""


@dataclass(frozen=True)
class Verdict:
    """Whether a response satisfies a constraint.

    Attributes:
        outcome: ``pass``, ``fail``, or ``undecided`` where only a judge can tell.
        reason: one sentence, with the numbers that decided.
        spans: the evidence in the response, in code points; may be empty.
        count: what was counted, where something was; for "each …" the first offending count.
    """

    outcome: Outcome
    reason: str = ""
    spans: tuple[Span, ...] = ()
    count: int | None = None

    def __bool__(self) -> bool:
        raise TypeError("A verdict has three outcomes; compare `outcome` instead.")


@dataclass(frozen=True)
class Step:
    """One step into a response: the nth (1 is first, -1 is last) or each (0) of a unit.

    ``unit`` is "sentence", "paragraph", "line", "stanza", "item", "section", "exchange", "heading",
    "key" or "other". A key has its ``name`` and stands for the value of that key of a JSON answer;
    "other" is each of some things of content, by ``name`` ("each day").
    """

    unit: str
    index: int = EACH
    name: str = ""


@dataclass(frozen=True)
class Scope:
    """The part of the response that a constraint is about; no steps: all of it."""

    steps: tuple[Step, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps)

    def say(self) -> str:
        """As in "in the first sentence of each paragraph"; empty for the whole response."""
        parts = []
        for step in reversed(self.steps):
            if step.unit == "key":
                parts.append(f'the "{step.name}" key')
            elif step.unit == "other":
                parts.append(f"each {step.name}")
            elif step.index == EACH:
                parts.append(f"each {UNIT_WORD[step.unit]}")
            else:
                parts.append(f"the {ordinal(step.index)} {UNIT_WORD[step.unit]}")
        return " of ".join(parts)


UNIT_WORD = {
    "word": "word",
    "sentence": "sentence",
    "paragraph": "paragraph",
    "line": "line",
    "stanza": "stanza",
    "item": "list item",
    "section": "section",
    "exchange": "exchange",
    "heading": "heading",
}
WHOLE = Scope()


def ordinal(index: int) -> str:
    """ "first", "last", "13th"."""
    return ORDINAL_WORD.get(index, f"{index}th")


@dataclass(frozen=True)
class Fact:
    """An arithmetic claim for the solver: in ``scope`` there are low…high of ``unit``.

    ``confined`` claims instead that all of the response's ``unit`` are in ``scope``. A ``share``
    claims it of a part of the units in which ``scope`` ends: from, to, and whether less its ends.
    """

    scope: Scope
    unit: str
    low: int
    high: int | None
    confined: bool = False
    share: tuple[Fraction, Fraction, bool] | None = None


@dataclass(frozen=True)
class Clash:
    """Why two constraints cannot hold together, by rule.

    ``several`` is a unit ("paragraph") of which a response must have more than one for that; who
    names the first and the last of them takes it that it has.
    """

    kind: str
    reason: str
    several: str = ""


@dataclass(frozen=True)
class Constraint(ABC):
    """A typed constraint; a value that compares and hashes by what it means."""

    kind: ClassVar[str] = ""
    each_unit: ClassVar[str] = ""
    """The unit of which it says something one by one, where no scope names it."""

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        """Constraints of this kind that ``clause`` surely states."""
        return iter(())

    @abstractmethod
    def verify(self, response: Response) -> Verdict:
        """Whether ``response`` satisfies this."""

    @abstractmethod
    def say(self) -> str:
        """Plain English that reads back as the same value."""

    def phrases(self) -> Sequence[str]:
        """Texts that must stand in the response word by word."""
        return ()

    def mentioned(self) -> Sequence[tuple[str, Scope]]:
        """Terms, with a scope, of which this says more than that they stand there."""
        return ()

    def facts(self) -> Sequence[Fact]:
        """Arithmetic consequences; must follow from the constraint in every reading of it."""
        return ()

    def clashes(self, other: Constraint) -> Clash | None:
        """A rule by which this and ``other`` cannot both hold; asked in both orders."""
        return None


C = TypeVar("C", bound=type[Constraint])
KINDS: dict[str, type[Constraint]] = {}
"""Every kind by name, in the order in which clauses are offered to them."""


def kind(name: str) -> Callable[[C], C]:
    """Register a class of constraints under ``name``."""

    def register(cls: C) -> C:
        cls.kind = name
        KINDS[name] = cls
        return cls

    return register


def undecided(reason: str) -> Verdict:
    """A verdict for what only a judge can tell."""
    return Verdict("undecided", reason)


@dataclass(frozen=True)
class Terms:
    """Words of a phrase, compared without case, punctuation or extra white space."""

    words: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, text: str) -> Terms:
        return cls(tuple(tokens(text)))

    def times_in(self, other: Terms) -> int:
        """How often these words stand, in a row and without overlap, in ``other``."""
        count, i, n = 0, 0, len(self.words)
        while n and i + n <= len(other.words):
            hit = other.words[i : i + n] == self.words
            count, i = (count + 1, i + n) if hit else (count, i + 1)
        return count


_TOKEN = regex(r"[^\W_]+(?:['’.-][^\W_]+)*", re.U)


def tokens(text: str) -> list[str]:
    """Lower-case words of ``text``; apostrophes are made straight."""
    return [t.replace("’", "'").lower() for t in _TOKEN.findall(text)]


def same_words(one: str, other: str) -> bool:
    """Whether two texts are the same words, whatever their case and punctuation."""
    return tokens(one) == tokens(other)

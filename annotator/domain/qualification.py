"""The qualification set: items with known answers that a new annotator does first.

An answer is compared as annotators are (annotator.domain.consensus): half for the verdict, half for
the parts that either of the two changed. The first answer to each item counts, for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from annotator.domain.consensus import Opinion, disagreement
from annotator.domain.items import ItemContent

ENOUGH: Final = 1e-9
"""Shares are sums of fractions; a mark is met in spite of their rounding."""


def share_of(base: ItemContent, expected: Opinion, given: Opinion) -> float:
    """How far an answer is the expected one, 0 to 1.

    Args:
        base: the item as its annotator found it.
    """
    return 1.0 - disagreement(base, [expected, given])


@dataclass(frozen=True, slots=True)
class Trials:
    """How somebody does in a dataset's qualification.

    Attributes:
        items: how many there are.
        answered: how many of them they have answered.
        points: the sum of their shares.
        waived: a reviewer let them in.
    """

    items: int
    answered: int
    points: float
    waived: bool = False

    @property
    def share(self) -> float | None:
        """The mean of their answers' shares, None before the first."""
        return self.points / self.answered if self.answered else None

    @property
    def done(self) -> bool:
        """Whether every item is answered."""
        return self.answered >= self.items

    def passed(self, mark: int) -> bool:
        """Whether they may go on to other items; ``mark`` is in percent."""
        if self.waived or not self.items:
            return True
        return self.done and 100 * self.points / self.items >= mark - ENOUGH

    def said(self, mark: int) -> str:
        """Where they stand, as a sentence."""
        if self.waived:
            return "let in by a reviewer"
        if not self.items:
            return "there is no qualification set"
        if not self.done:
            return f"{self.answered} of {self.items} qualification items answered"
        verb = "passed" if self.passed(mark) else "not passed"
        return f"{verb}: {self.points / self.items:.0%} as expected, {mark}% needed"

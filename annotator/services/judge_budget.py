"""What a judge run has cost, and whether there is money for one more call.

Before a call is sent, the most that it can cost is set aside; when it is over, what it did cost is
kept instead. So the budget is not exceeded, whatever the replies turn out to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from annotator.judges import Answer, Tokens
from annotator.services.judge_plan import Task
from annotator.services.judge_runs import Wish

PROMPTS: Final = 4
LENGTHS: Final = 5
"""Attempts of one call whose tokens a server counts: at most two empty ones, one that was cut off,
and one with twice the room: so many prompts, and so many times the longest reply."""


class Budget:
    """The purse of one run; amounts are in USD, 0 where no price is known."""

    def __init__(self, wish: Wish) -> None:
        self.wish, self.price = wish, wish.price
        self.tokens = Tokens()
        self.spent = self.unseen = self.reserved = 0.0
        self.image_factor = 1.0
        self.measured = False

    def begin(self, totals: Mapping[str, Any], unseen: float) -> None:
        """Start from what the run's calls have cost so far."""
        self.tokens = Tokens(totals["prompt_tokens"], totals["completion_tokens"])
        self.spent, self.unseen = float(totals["cost"]), unseen

    def attempt(self, task: Task, prompts: int = 1, lengths: int = 1) -> float:
        """The most that so many prompts and longest replies of a task can cost."""
        if self.price is None:
            return 0.0
        most = task.most(self.wish.settings, self.image_factor)
        return self.price.of(Tokens(prompts * most.sent, lengths * most.received))

    def most(self, task: Task) -> float:
        """The most that a call can cost."""
        return self.attempt(task, PROMPTS, LENGTHS)

    def allows(self, most: float, *, under_way: int) -> bool:
        """Whether there is money for one more call; the first goes alone, to see what it takes."""
        if self.wish.budget is None:
            return True
        if not self.measured and under_way:
            return False
        return self.spent + self.unseen + self.reserved + most <= self.wish.budget

    def settle(self, task: Task, most: float, answer: Answer) -> None:
        """Put what a call did cost in the place of what was set aside for it."""
        self.reserved -= most
        self.unseen += answer.of_unknown_cost * self.attempt(task)
        if answer.tokens is None:
            return
        self.tokens += answer.tokens
        self.spent += self.price.of(answer.tokens) if self.price else 0.0
        if answer.outcome == "answered" and not answer.faults:
            self.measure(task, answer.tokens.sent)

    def measure(self, task: Task, sent: int) -> None:
        """Learn from a prompt's tokens how many an image takes with this model."""
        self.measured = True
        most = task.most(self.wish.settings, self.image_factor).sent
        if sent > most:
            self.image_factor *= 2 * sent / most

    def message(self) -> str:
        """Why the run pauses."""
        unseen = f" and at most {self.unseen:.4f} that servers did not count" if self.unseen else ""
        return (
            f"The budget of {self.wish.budget:g} USD could be exceeded by the next call:"
            f" {self.spent:.4f} USD are spent{unseen}."
        )

    def columns(self) -> dict[str, Any]:
        """As columns of the run."""
        return {
            "prompt_tokens": self.tokens.sent,
            "completion_tokens": self.tokens.received,
            "cost": self.spent,
            "unseen_cost": self.unseen,
        }

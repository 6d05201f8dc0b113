"""What is asked of a judge model, what came of it, and what it cost, as frozen values."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

Outcome = Literal[
    "answered",
    "refused",
    "empty",
    "cut off",
    "rate limited",
    "timed out",
    "server error",
    "connection lost",
    "garbled",
    "rejected",
    "denied",
    "not asked",
]
"""What came of a call, or of one attempt of it.

``refused``: the model or its filter declined. ``empty``: a reply without words. ``cut off``: it
reached the largest number of tokens. ``garbled``: a reply that is no chat completion. ``rejected``:
the server does not accept this request (4xx), so that asking again is useless. ``denied``: the key,
the model or the account is not accepted, so that asking anything is useless. ``not asked``: stopped
before it was sent.
"""

OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)

PASSING: Final[frozenset[Outcome]] = frozenset(
    ("rate limited", "timed out", "server error", "connection lost", "garbled", "empty", "cut off")
)
"""Faults that another attempt may not meet again."""

UNKNOWN_COST: Final[frozenset[Outcome]] = frozenset(("timed out", "connection lost", "garbled"))
"""Faults after which the server may have done the work, and may charge for it, unseen."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens sent and received, as the server counted them."""

    sent: int = 0
    received: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.sent + other.sent, self.received + other.received)


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens sent and received."""

    sent: float
    received: float

    def of(self, tokens: Tokens) -> float:
        """The cost in USD."""
        return (tokens.sent * self.sent + tokens.received * self.received) / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Who is asked, and how patiently.

    ``key`` is sent to ``url`` and nowhere else; it shows in no representation and in no detail of
    an answer. ``seconds`` bounds one attempt. ``attempts`` bounds the attempts of one call that
    met a fault; waiting for a rate limit is counted by itself, up to ``patience`` times, each at
    most ``longest_wait`` seconds.
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    seconds: float = 120.0
    attempts: int = 6
    patience: int = 60
    longest_wait: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call.

    Args:
        text: what the model is to read.
        system: who it is to be.
        image: a data URI (see `data_uri`), sent before the text.
        schema: JSON schema of the reply. A server that has no structured output is asked without
            it, so the text must say the form too.
        max_tokens: longest reply; one that is cut off there is asked once more with twice as many.
        temperature: None leaves it to the server.
        seed: None leaves it to the server.
        name: sent as Idempotency-Key, by which a server that honours it knows a repeated request.
    """

    text: str
    system: str = ""
    image: str | None = None
    schema: Mapping[str, Any] | None = None
    max_tokens: int = 2048
    temperature: float | None = 0.0
    seed: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a call.

    Args:
        outcome: "answered", or why there is no answer.
        text: the reply as it came; also what a refusal or a reply that was cut off says.
        faults: what each attempt before the last met, in order.
        tokens: of all attempts together, as far as servers say; None where none said.
        structured: whether the reply was bound by the schema.
        seconds: from the first attempt to the end, waits included.
        detail: what the server said about a fault, without the key.
        model: the model that the server says has answered.
    """

    outcome: Outcome
    text: str = ""
    faults: tuple[Outcome, ...] = ()
    tokens: Tokens | None = None
    structured: bool = False
    seconds: float = 0.0
    detail: str = ""
    model: str = ""

    @property
    def of_unknown_cost(self) -> int:
        """Attempts that may have been charged without a count of tokens."""
        unseen = sum(fault in UNKNOWN_COST for fault in (*self.faults, self.outcome))
        untold = self.tokens is None and self.outcome in ("answered", "refused", "cut off", "empty")
        return unseen + untold


def data_uri(data: bytes, mime: str) -> str:
    """An image as `Question.image` wants it."""
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"

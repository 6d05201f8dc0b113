"""What reading a reply gives: frozen values with their places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from annotator.domain.items import Number

Form = Literal["mia", "direct", "compare", "perception", "auto"]
FORMS: Final[tuple[Form, ...]] = ("mia", "direct", "compare", "perception", "auto")
"""MIA-Bench's sentence; MM-IFEval's three reply forms; whichever of them it is."""

Place = tuple[int, int]
"""Half-open, in code points of the reply."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What the judge was asked to score.

    ``weights`` are the components' possible points, in order, each at least 0. ``types`` and
    ``texts`` are the components' types and wordings in the same order, or empty where unknown:
    they let a reply name a component instead of numbering it.
    """

    weights: tuple[Number, ...]
    types: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """A component's score: ``awarded`` from 0 to ``possible``, which is its weight."""

    awarded: Number
    possible: Number
    place: Place


@dataclass(frozen=True, slots=True)
class Unparsed:
    """No score could be read for sure: the reason, and the place that stands against it."""

    reason: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """The total that the reply states. ``possible`` is None where it names no maximum."""

    awarded: Number
    possible: Number | None
    place: Place


@dataclass(frozen=True, slots=True)
class Reading:
    """One reply, read.

    ``components`` has an entry per weight. ``total_agrees`` is None where no total is stated or
    too many components are unparsed to tell. ``notes`` say what a person should know about the
    reply as a whole.
    """

    form: Form
    components: tuple[Read | Unparsed, ...]
    total: Total | None = None
    total_agrees: bool | None = None
    notes: tuple[str, ...] = field(default=())

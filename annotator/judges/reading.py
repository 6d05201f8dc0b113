"""One reply in, one reading out, whatever its form."""

from __future__ import annotations

import re
from typing import Final

from annotator.domain.items import MAX_WEIGHT, is_number
from annotator.domain.regex import regex
from annotator.errors import InvalidValue
from annotator.judges.result import FORMS, Ask, Form, Read, Reading
from annotator.judges.scoring import read_scores
from annotator.judges.verdicts import read_verdict

MAX_REPLY: Final = 200_000
"""Longest reply that is read, in code points."""

_CONSTRAINT: Final = regex(r"constraint", re.IGNORECASE)


def read_reply(reply: str, ask: Ask, form: Form = "auto") -> Reading:
    """Read a judge's reply; what cannot be read for sure is unparsed, with the reason.

    Args:
        reply: the judge's words as they came.
        ask: the components it was to score.
        form: ``mia`` is MIA-Bench's sentence (arXiv 2407.01509); ``direct``, ``compare`` and
            ``perception`` are MM-IFEval's (arXiv 2504.07957); ``auto`` is whichever reads.
            JSON, tables and lists are read in the first two.

    Returns:
        A Reading with an entry per weight, the awarded points from 0 to the weight.

    Raises:
        InvalidValue: the form is unknown, a weight is no number from 0 up, there are no weights,
            there is not one type (or text) per weight, or the reply is longer than MAX_REPLY.
    """
    _check(reply, ask, form)
    if form in ("mia", "direct"):
        return read_scores(reply, ask, form)
    if form in ("compare", "perception"):
        return read_verdict(reply, ask, form)
    scored = read_scores(reply, ask, "direct" if _CONSTRAINT.search(reply) else "mia")
    if len(ask.weights) != 1 or isinstance(scored.components[0], Read):
        return scored
    verdicts = [read_verdict(reply, ask, name) for name in _VERDICTS]
    read = [v for v in verdicts if isinstance(v.components[0], Read)]
    return read[0] if read and scored.components[0].place is None else scored


_VERDICTS: Final[tuple[Form, ...]] = ("compare", "perception")


def _check(reply: str, ask: Ask, form: str) -> None:
    if form not in FORMS:
        raise InvalidValue("form", f"must be one of {', '.join(FORMS)}, not {form!r}")
    if len(reply) > MAX_REPLY:
        raise InvalidValue("reply", f"is longer than {MAX_REPLY:,} characters")
    if not ask.weights:
        raise InvalidValue("weights", "there must be one per component, at least one")
    for number, weight in enumerate(ask.weights, start=1):
        if not is_number(weight) or not 0 <= weight <= MAX_WEIGHT:
            problem = f"must be a number from 0 to {MAX_WEIGHT:,}, not {weight!r}"
            raise InvalidValue(f"weight of component {number}", problem)
    for name, values in (("types", ask.types), ("texts", ask.texts)):
        if values and len(values) != len(ask.weights):
            raise InvalidValue(name, f"there must be one per weight: {len(ask.weights)}")

"""Demands that are a whole sentence, or an imperative part of one, less what leads up to them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from annotator.constraints.clause import Clause

TEXT = r"(?:(?:your|the|this|an?) )?(?:(?:entire|whole) )?(?:response|answer|reply|text|output)"
_LEAD = re.compile(
    r"^(?:(?:please|also|then|finally|additionally),? )*(?:(?:make|be) sure to |remember to |"
    rf"you (?:must|should) |{TEXT} (?:must|should|has to|needs to|is to) )?(?:please )?"
)
_IMPERATIVE = re.compile(
    r"^(?:write|use|answer|respond|reply|include|describe|explain|summari[sz]e|list|give|add|"
    r"wrap|put|make|keep|compose|create|draft)\b"
)
_JOIN = re.compile(r",? and (?:then )?|, (?:then )?|; ")
_OTHERS = re.compile(r"\b(?:who|that|which|to|how|when|if|not|never)\b")
"""Words after which another than the writer may be the one who does it."""
_END = " .!;,"


def demands(text: str) -> Iterator[str]:
    """``text`` without lead and full stop, and each last part of it that may be an imperative."""
    whole = _LEAD.sub("", text).strip(_END)
    yield whole
    if _IMPERATIVE.match(whole):
        for match in _JOIN.finditer(whole):
            rest = whole[match.end() :]
            if _IMPERATIVE.match(rest) and not _OTHERS.search(whole[: match.start()]):
                yield rest


def find(clause: Clause, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """The first demand of ``clause`` that ``pattern`` describes from end to end."""
    return next((m for d in demands(clause.text) if (m := pattern.fullmatch(d))), None)

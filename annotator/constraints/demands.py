"""Demands that are a whole sentence, or an imperative part of one, less what leads up to them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from annotator.constraints import scopes
from annotator.constraints.clause import Clause
from annotator.domain.regex import regex

_NOUN = rf"(?:{scopes.DOCUMENTS})"
TEXT = rf"(?:(?:your|the|this|an?) )?(?:(?:entire|whole|full|complete) )?{_NOUN}"
HAVE = (
    r"(?:includ(?:e|es|ing)|adds?|ha(?:s|ve)|use|contains?|features?|provide|write|insert|append|"
    r"put|place|supply)"
)
NOT = (
    rf"(?:(?:(?:do |does |must |should )?not|don't|never|avoid|refrain from|without) "
    rf"(?:(?:{HAVE}|adding|using|writing|giving (?:it|{TEXT})|give (?:it|{TEXT})|be given) )?"
    rf"(?:an? |any |the )?|(?:omit|leave out|skip|exclude) (?:an? |any |the )?|"
    rf"(?:{HAVE} |with )?no )"
)
"""What rules out the noun after it."""
_LEAD = regex(
    r"^(?:(?:please|also|then|finally|additionally),? )*"
    r"(?:(?:make|be) sure (?:to |that )?|ensure (?:that )?|remember to |see that |"
    r"you (?:must|should) )?"
    rf"(?:{TEXT} (?:must|should|shall|has to|needs to|is to|ought to) |"
    rf"{TEXT} (?=(?:includes|has|contains|features|uses|is|does not|begins|ends)\b))?(?:please )?"
)
_IMPERATIVE = regex(
    r"^(?:write|use|answer|respond|reply|include|describe|explain|summari[sz]e|list|give|add|"
    r"wrap|put|make|keep|compose|create|draft|act|end|begin|start|enclose|separate|bold|highlight|"
    r"do not|don't|never|avoid)\b"
)
_JOIN = regex(r",? and (?:then )?|, (?:then )?|; ")
_OTHERS = regex(r"\b(?:who|that|which|to|how|when|if|not|never)\b")
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

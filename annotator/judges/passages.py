"""Which words of a judge's reply belong to one component."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from annotator.domain.regex import regex
from annotator.judges.result import Place

LONGEST: Final = 600
_NAMED: Final = regex(
    r"(?:component|constraint|sub-?instruction|criterion)[\s_#*\"'.-]{0,4}(\d{1,3})(?!\d)",
    re.IGNORECASE,
)
_LISTED: Final = regex(r"^[ \t>*_-]{0,4}(\d{1,3})[.):][ \t]", re.MULTILINE)
_END: Final = regex(r"\n\s*\n|[\"'*]*\btotal(?:[\s_]+score|\b)|\bsummary\b", re.IGNORECASE)


def passages(reply: str, number: int, place: Place | None = None) -> list[Place]:
    """The stretches of a reply that speak of one component, in order.

    A stretch begins where the component is named ("component 2", "constraint_2", "2." at the head
    of a line) and ends where another one is, at a blank line, or at the total.

    Args:
        number: the component's 1-based number in the order it was asked about.
        place: where its score was read, which always is among them.
    """
    found = [*stretches(reply, number)]
    if place is not None and not any(start <= place[0] < end for start, end in found):
        found.append(place)
    return united(found)


_LEAD: Final = regex(
    r"(?:(?:\band\s+)?(?:\bthe\s+)?(?:\bfor|\bscore\s+(?:of|for))\s+(?:the\s+)?)?[*_\"']{0,3}\Z",
    re.IGNORECASE,
)


def stretches(reply: str, number: int) -> Iterator[Place]:
    """Each naming of the component with what follows."""
    marks = sorted(
        {
            (begin(reply, match.start()), int(match[1]))
            for pattern in (_NAMED, _LISTED)
            for match in pattern.finditer(reply)
        }
    )
    for position, (start, named) in enumerate(marks):
        if named != number:
            continue
        following = marks[position + 1][0] if position + 1 < len(marks) else len(reply)
        stop = _END.search(reply, start + 1, following)
        end = min(stop.start() if stop else following, start + LONGEST)
        yield start, start + len(reply[start:end].rstrip(" \t\r\n,;|{[(\"'*_-"))


def begin(reply: str, named: int) -> int:
    """Where a naming begins, with "score of" or "for" before it."""
    lead = _LEAD.search(reply, max(0, named - 40), named)
    return lead.start() if lead else named


def united(places: Sequence[Place]) -> list[Place]:
    """Places in order, with those that overlap made one."""
    found: list[Place] = []
    for start, end in sorted(places):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found

"""Components that say so little that no two judges would score them alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from annotator.checks.overlap import content as content_words
from annotator.constraints import parse
from annotator.domain.findings import Finding
from annotator.domain.items import ItemContent

_EMPTY: Final = content_words(
    """
    appropriate appropriately suitable suitably proper properly good well better best great nice
    nicely fine interesting interestingly engaging effective effectively relevant adequate
    adequately possible possibly needed necessary required desired wanted various certain several
    other others etc quality high helpful useful excellent perfect perfectly correct correctly
    right reasonable reasonably meaningful thoughtful compelling quite very really somewhat rather
    creative creatively carefully careful
    """
)
_FRAME: Final = content_words(
    """
    way manner fashion style form answer response reply output text writing write piece thing
    things part parts aspect aspects detail details content result results keep give be sound look
    seem produce provide create generate
    """
)
_ECHO: Final = content_words(
    """
    follow instruction instructions request requirement requirements constraint constraints
    condition conditions task above below
    """
)


def check(content: ItemContent) -> Iterator[Finding]:
    """Components of which nothing is left but praise and scaffolding."""
    for number, component in enumerate(content.components, 1):
        words = content_words(component.text)
        if words - _EMPTY - _FRAME - _ECHO or not words & (_EMPTY | _ECHO):
            continue
        if parse(component.text):
            continue
        yield Finding(
            "vague",
            "warning",
            (component.key,),
            f"Component {number} does not say what to look for: “{component.text.strip()}”.",
            {"words": sorted(words), "score": 0.6},
        )

"""Short names of components, totals, scores and maxima: JSON keys and the cells of tables."""

from __future__ import annotations

import re
from typing import Final

from annotator.domain.regex import regex
from annotator.judges.labels import TOTAL, Claim, find_labels
from annotator.judges.values import Kind, Trouble, Value

_NUMBERED: Final = regex(
    r"(?:the[\s_]+)?(?:(?:score|points|rating)[\s_]*(?:of|for)?[\s_]*)?"
    r"(?:(?:sub[\s_-]?)?(?:component|constraint|instruction|criterion|requirement|part|item|c)s?)?"
    r"[\s_-]*\#?\(?(?P<n>\d{1,3})\)?(?:[\s_-]*(?:score|points|rating))?[.:]?",
    re.IGNORECASE,
)
_LISTED: Final = regex(r"\(?(?P<n>\d{1,2})[.):]\s+[^\W\d]")
_TOTAL: Final = regex(
    r"(?:grand[\s_]+)?(?:total|overall|final|sum)(?:[\s_-]*(?:score|points|rating|total))?[.:]?|"
    r"score[\s_]total|总得?分|总计|合计|合計|총점",
    re.IGNORECASE,
)
SCORE: Final = regex(
    r"(?:the\s+)?(?:awarded|given|final|component|judge)?[\s_]*(?:scores?|points|rating|grade|mark|awarded|value|"
    r"points[\s_]awarded|得分|分数|评分|スコア|점수|puntuaci[oó]n|punkte|punteggio)"
    r"(?:[\s_]*(?:awarded|given))?(?:\s*\(.*\))?",
    re.IGNORECASE,
)
MAXIMUM: Final = regex(
    r"(?:max|maximum|possible|out[\s_]?of|full|total[\s_]possible|of|满分|最高分)"
    r"(?:[\s_]*(?:score|points|possible|marks|value))?(?:\s*\(.*\))?|(?:score|points)[\s_](?:max|possible)",
    re.IGNORECASE,
)
WEIGHT: Final = regex(r"(?:weight|worth|权重)(?:s|ing|ed)?(?:\s*\(.*\))?", re.IGNORECASE)
NAMES: Final = regex(
    r"(?:(?:sub[\s_-]?)?(?:component|constraint|criterion|requirement|part|item|instruction)s?|#|no\.?|id|index|number|n|"
    r"name|type|key|label|组件|部分|成分|序号)(?:[\s_-]*(?:id|index|number|no|name|type|#))?",
    re.IGNORECASE,
)


def key_of(written: str, names: tuple[str, ...]) -> int | str | None:
    """The component number (−1 for numbers that none has), 0 for the total, a name, or None."""
    said = written.strip().strip("\"'*")
    numbered = _NUMBERED.fullmatch(said) or _LISTED.match(said)
    if numbered:
        return int(numbered["n"]) or -1
    if _TOTAL.fullmatch(said):
        return TOTAL
    for name in names:
        if same_name(said, name):
            return name
    labels = [x for x in find_labels(said, ()) if not x.weak]
    if len(labels) == 1 and labels[0].start <= len("score of the "):
        return labels[0].key
    return None


def same_name(one: str, other: str) -> bool:
    """Equal but for case, punctuation, and the signs between words."""
    return bool(one) and _bare(one) == _bare(other) != ""


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def with_maximum(
    value: Value | Trouble, maximum: Value | Trouble | None, *, weight: bool = False
) -> Value | Trouble:
    """A bare score with the maximum that stands beside it; one that contradicts is trouble.

    ``weight`` says that a weight stands there: the score may be a share of it, so it stays bare.
    """
    if isinstance(value, Trouble) or maximum is None:
        return value
    if isinstance(maximum, Trouble) or maximum.kind != "bare":
        return Trouble("the maximum beside the score cannot be read", value.start, value.end)
    if value.kind == "bare":
        kind: Kind = "bare" if weight else "fraction"
        return Value(kind, value.awarded, maximum.awarded, value.start, value.end)
    if value.possible is not None and value.possible != maximum.awarded:
        return Trouble("two different maxima are given", value.start, value.end)
    return value


def in_order(claims: list[Claim], kind: str) -> list[Claim]:
    """Claims numbered as they stand; weak, since only their order names the components."""
    return [
        Claim(place, c.value, c.start, c.end, c.source, weak=kind)
        for place, c in enumerate(claims, start=1)
    ]

"""Reading a kit's log that keeps shares from 0 to 1 where the judge's words are gone.

EvalScope names them ``component_1_<type>`` and keeps ``judge_score``, perhaps as the ``value``
beside an ``explanation``; lmms-eval keys them by the component's text (older versions by its type)
and keeps ``total_score``. Where a key stands for two components the log has lost one of them, and
neither can be told.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from annotator.domain.items import ItemContent, is_number
from annotator.domain.judging import Asked
from annotator.judges import Read, Reading, Total, Unparsed

TOTALS: Final = ("judge_score", "total_score")
_NUMBERED: Final = re.compile(r"component_(\d+)(?:_.*)?\Z", re.DOTALL)


def read_shares(text: str, asked: Sequence[Asked], content: ItemContent) -> Reading:
    """Read a JSON object of shares; the awarded points are the share of each weight."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict) and isinstance(found.get("value"), dict):
        found = found["value"]
    if not isinstance(found, dict):
        return Reading("auto", tuple(Unparsed("The log has no scores here.") for _ in asked))
    numbered = {int(m[1]): v for k, v in found.items() if (m := _NUMBERED.match(k))}
    named = {component.key: component for component in content.components}
    keys = [[named[a.key].text, named[a.key].type] if a.key in named else [] for a in asked]
    often = Counter(key for each in keys for key in each)
    parts = tuple(
        one(numbered.get(number), part, text)
        if numbered
        else by_name(found, each, often, part, text)
        for number, (part, each) in enumerate(zip(asked, keys, strict=True), 1)
    )
    return Reading("auto", parts, total_of(found, asked), None)


def by_name(
    found: Mapping[str, Any], keys: Sequence[str], often: Counter[str], part: Asked, text: str
) -> Read | Unparsed:
    """The share under a component's text, or under its type where no other has it."""
    for key in keys:
        if key in found:
            if often[key] > 1:
                return Unparsed(f'The log keeps one score for the {often[key]} components "{key}".')
            return one(found[key], part, text)
    return Unparsed("The log has no score for this component.")


def one(share: Any, part: Asked, text: str) -> Read | Unparsed:
    """One share as points."""
    if not is_number(share):
        return Unparsed("The log has no score for this component.")
    if not 0 <= share <= 1:
        return Unparsed(f"The log says {share}, which is no share from 0 to 1.")
    return Read(round(share * part.weight, 9), part.weight, (0, len(text)))


def total_of(found: Mapping[str, Any], asked: Sequence[Asked]) -> Total | None:
    """The total, as points of the weights' sum."""
    possible = sum(part.weight for part in asked)
    for key in TOTALS:
        if is_number(found.get(key)):
            return Total(round(found[key] * possible, 9), possible, (0, 0))
    return None

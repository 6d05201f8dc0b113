"""The pieces of a response that a scope names."""

from __future__ import annotations

import json
from collections.abc import Callable

from annotator.constraints import segment
from annotator.constraints.base import EACH, Scope, Step
from annotator.constraints.segment import Response, Span
from annotator.constraints.units import parse_json


def regions(response: Response, scope: Scope) -> tuple[list[Span] | None, str]:
    """The spans that ``scope`` names, and what is missing ("there is no 4th paragraph").

    The spans are None where the unit cannot be found by code (a dialogue exchange).
    """
    places = [response.whole]
    for step in scope.steps:
        inner: list[Span] = []
        for place in places:
            found = _units(place, step)
            if found is None:
                return None, ""
            if not found:
                return [], f"There is no {Scope((step,)).say().removeprefix('each ')} to look at."
            inner.extend(found)
        places = inner
    return places, ""


def _units(place: Span, step: Step) -> list[Span] | None:
    if step.unit == "key":
        return _key(place, step.name)
    cutters: dict[str, Callable[[str], list[Span]]] = {
        "word": segment.word_spans,
        "sentence": segment.sentences,
        "paragraph": segment.paragraphs,
        "line": segment.lines,
        "stanza": segment.stanzas,
        "item": lambda text: [i.span for i in segment.list_items(text)],
        "heading": lambda text: [h.span for h in segment.headers(text)],
    }
    cutter = cutters.get(step.unit)
    if cutter is None:
        return None
    found = [Span(s.start + place.start, s.end + place.start, s.text) for s in cutter(place.text)]
    if step.index == EACH:
        return found
    i = step.index - 1 if step.index > 0 else step.index
    return [found[i]] if -len(found) <= i < len(found) else []


def _key(place: Span, name: str) -> list[Span]:
    value = parse_json(place.text)
    if not isinstance(value, dict):
        return []
    hit = next((k for k in value if k.lower() == name.lower()), None)
    if hit is None:
        return []
    found = value[hit]
    text = found if isinstance(found, str) else _flat(found)
    start = place.text.find(text)
    return (
        [Span(place.start + start, place.start + start + len(text), text)]
        if start >= 0
        else [Span(place.start, place.start, text)]
    )


def _flat(value: object) -> str:
    if isinstance(value, list):
        return "\n\n".join(v if isinstance(v, str) else _flat(v) for v in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

"""The 19 verifiers that MM-IFEval publishes, by their names and positional parameters.

Names, parameters and their meaning follow MM-IFEval (arXiv 2504.07957); the code is ours. Where
the answers differ on purpose is told in VERIFIERS.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotator.constraints.base import (
    EACH,
    WHOLE,
    Constraint,
    Fact,
    Scope,
    Step,
    Verdict,
    kind,
)
from annotator.constraints.counts import Count
from annotator.constraints.mentions import Mention
from annotator.constraints.segment import Response, Span, paragraphs, sentences
from annotator.constraints.surface import Precision
from annotator.errors import InvalidValue

_EACH_PARAGRAPH = Scope((Step("paragraph", EACH),))
_EACH_SENTENCE = Scope((Step("sentence", EACH),))


@kind("substring")
@dataclass(frozen=True)
class Substring(Constraint):
    """A string of characters, case included, that must not be there, or must begin or end a scope.

    ``place`` is "absent", "begin" or "end". This is what MM-IFEval's substring verifiers ask; a
    word or phrase asked for in English is a `Mention` or an `Edge`.
    """

    text: str
    place: str
    scope: Scope = WHOLE

    def verify(self, response: Response) -> Verdict:
        if self.place == "absent":
            found = [m.start() for m in re.finditer(re.escape(self.text), response.text)]
            spans = tuple(Span(i, i + len(self.text), self.text) for i in found[:50])
            return Verdict(
                "fail" if found else "pass", f"It is there {len(found)} times.", spans, len(found)
            )
        places = self._places(response)
        if not places:
            return Verdict("fail", "The response is empty.")
        for place in places:
            text = place.text.strip()
            good = text.startswith(self.text) if self.place == "begin" else _ends(text, self.text)
            if not good:
                return Verdict(
                    "fail", f"This does not {self.place} with it: {text[:80]!r}.", (place,)
                )
        return Verdict("pass", f"All {len(places)} {self.place} with it.", (), len(places))

    def _places(self, response: Response) -> list[Span]:
        if not self.scope:
            return [response.whole] if response.text.strip() else []
        return response.sentences if self.scope == _EACH_SENTENCE else response.paragraphs

    def say(self) -> str:
        if self.place == "absent":
            return f'The characters "{self.text}" must not occur.'
        where = self.scope.say() or "the response"
        return f'The characters "{self.text}" must {self.place} {where}.'

    def facts(self) -> Sequence[Fact]:
        return ()


def _ends(text: str, ending: str) -> bool:
    """Whether ``text`` ends so, a closing mark after it being no matter where none is asked for."""
    return text.endswith(ending) or text.rstrip(" .!?…\"'”’)*_").endswith(ending.rstrip())


@kind("paragraph_plan")
@dataclass(frozen=True)
class ParagraphPlan(Constraint):
    """Paragraph n has ``lows[n]`` to ``highs[n]`` sentences, and there are no other paragraphs."""

    lows: tuple[int, ...]
    highs: tuple[int, ...]

    def _pairs(self) -> list[tuple[int, int]]:
        return list(zip(self.lows, self.highs, strict=True))

    def verify(self, response: Response) -> Verdict:
        found, pairs = response.paragraphs, self._pairs()
        if len(found) != len(pairs):
            return Verdict("fail", f"{len(found)} paragraphs; asked: {len(pairs)}.", (), len(found))
        for n, (place, (low, high)) in enumerate(zip(found, pairs, strict=True), start=1):
            k = len(sentences(place.text))
            if not low <= k <= high:
                return Verdict(
                    "fail", f"Paragraph {n}: {k} sentences; asked: {low} to {high}.", (place,), k
                )
        return Verdict("pass", "Every paragraph has its number of sentences.")

    def say(self) -> str:
        said = (
            f"paragraph {n} has {a} to {b} sentences" for n, (a, b) in enumerate(self._pairs(), 1)
        )
        return f"There are {len(self.lows)} paragraphs: {', '.join(said)}."

    def facts(self) -> Sequence[Fact]:
        pairs = self._pairs()
        found = [Fact(Scope(), "paragraphs", len(pairs), len(pairs))]
        steps = (Scope((Step("paragraph", n),)) for n in range(1, len(pairs) + 1))
        return found + [Fact(s, "sentences", a, b) for s, (a, b) in zip(steps, pairs, strict=True)]


def _bounds(params: Sequence[Any], at: int = 0) -> tuple[int, int]:
    low, high = _whole(params, at, "lower"), _whole(params, at + 1, "upper")
    if low > high:
        raise InvalidValue("params", f"The lower bound {low} is above the upper bound {high}.")
    return low, high


def _whole(params: Sequence[Any], at: int, name: str) -> int:
    value = params[at] if at < len(params) else None
    if isinstance(value, str) and re.fullmatch(r"\s*\d+\s*", value):
        return int(value)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or value != int(value)
        or value < 0
    ):
        raise InvalidValue(
            "params", f"{name} (parameter {at + 1}) must be a whole number, not {value!r}."
        )
    return int(value)


def _text(params: Sequence[Any]) -> str:
    if not params or not isinstance(params[0], str) or not params[0]:
        raise InvalidValue("params", "The first parameter must be a string that is not empty.")
    return params[0]


def _texts(params: Sequence[Any]) -> tuple[str, ...]:
    value = params[0] if params else None
    found = tuple(value) if isinstance(value, list | tuple) else tuple(params)
    if not found or not all(isinstance(t, str) and t for t in found):
        raise InvalidValue("params", "The parameters must be a list of strings that are not empty.")
    return found


def _count(unit: str, scope: Scope = WHOLE) -> Callable[[Sequence[Any]], tuple[Constraint, ...]]:
    def build(params: Sequence[Any]) -> tuple[Constraint, ...]:
        low, high = _bounds(params)
        return (Count(unit, low, high, scope),)

    return build


def _edge(place: str, scope: Scope = WHOLE) -> Callable[[Sequence[Any]], tuple[Constraint, ...]]:
    return lambda params: (Substring(_text(params), place, scope),)


def _absent(params: Sequence[Any]) -> tuple[Constraint, ...]:
    return tuple(Substring(t, "absent") for t in _texts(params))


def _keywords(mode: str) -> Callable[[Sequence[Any]], tuple[Constraint, ...]]:
    def build(params: Sequence[Any]) -> tuple[Constraint, ...]:
        low, high = _bounds(params, 1)
        return (Mention(_texts(params[:1]), low, high, mode=mode),)

    return build


def _plan(params: Sequence[Any]) -> tuple[Constraint, ...]:
    value = params[0] if len(params) == 1 else list(params)
    if not isinstance(value, list) or not all(isinstance(v, list) and len(v) == 2 for v in value):
        raise InvalidValue("params", "The parameter must be a list of [lower, upper] pairs.")
    pairs = [_bounds(v) for v in value]
    return (ParagraphPlan(tuple(a for a, _ in pairs), tuple(b for _, b in pairs)),)


VERIFIERS: Mapping[str, Callable[[Sequence[Any]], tuple[Constraint, ...]]] = {
    "check_whether_response_paragraph_number_in_range": _count("paragraphs"),
    "check_whether_response_sentence_number_in_range": _count("sentences"),
    "check_whether_each_paragraph_sentence_number_in_range": _count("sentences", _EACH_PARAGRAPH),
    "check_whether_each_paragraph_sentence_number_in_range_list": _plan,
    "check_whether_response_word_count_in_range": _count("words"),
    "check_whether_each_paragraph_word_count_in_range": _count("words", _EACH_PARAGRAPH),
    "check_whether_whole_response_not_contain_certain_substrings": _absent,
    "check_whether_whole_response_not_contain_certain_substring": _absent,
    "check_whether_each_sentence_begin_with_certain_substring": _edge("begin", _EACH_SENTENCE),
    "check_whether_each_paragraph_begin_with_certain_substring": _edge("begin", _EACH_PARAGRAPH),
    "check_whether_each_paragraph_end_with_certain_substring": _edge("end", _EACH_PARAGRAPH),
    "check_whether_each_sentence_end_with_certain_substring": _edge("end", _EACH_SENTENCE),
    "check_whether_whole_response_begin_with_certain_substring": _edge("begin"),
    "check_whether_whole_response_end_with_certain_substring": _edge("end"),
    "check_whether_each_keyword_in_list_metioned_in_range": _keywords("each"),
    "check_whether_total_keyword_in_list_metioned_in_range": _keywords("total"),
    "check_percentage_number_precision_in_response": lambda p: (
        Precision(_whole(p, 0, "decimals"), percent=True),
    ),
    "check_number_precision_in_response": lambda p: (Precision(_whole(p, 0, "decimals")),),
    "check_whether_has_no_arabic_number_in_response": lambda p: (Count("numbers", 0, 0),),
}
"""The published verifiers by name."""


def parse_verifier_call(call: Mapping[str, Any]) -> tuple[Constraint, ...]:
    """The constraints of one entry of MM-IFEval's ``verify_funcs``.

    Args:
        call: ``{"func": NAME, "params": [...]}``; missing params are an empty list.

    Raises:
        InvalidValue: the name is none of the 19, or the parameters do not fit.
    """
    name = call.get("func")
    build = VERIFIERS.get(name) if isinstance(name, str) else None
    if build is None:
        raise InvalidValue("func", f"{name!r} is none of MM-IFEval's {len(VERIFIERS)} verifiers.")
    params = call.get("params", [])
    if not isinstance(params, list | tuple):
        raise InvalidValue("params", f"The parameters must be a list, not {params!r}.")
    return build(params)


__all__ = ["VERIFIERS", "ParagraphPlan", "Substring", "paragraphs", "parse_verifier_call"]

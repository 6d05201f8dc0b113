"""IFEval's instruction ids and keyword arguments (arXiv 2311.07911) as constraints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from annotator.constraints.base import Constraint, Scope, Step
from annotator.constraints.casing import Case
from annotator.constraints.counts import Count
from annotator.constraints.edges import Edge
from annotator.constraints.formats import Format
from annotator.constraints.mentions import Mention
from annotator.constraints.wording import Language
from annotator.errors import InvalidValue

Arguments = Mapping[str, Any]
_LANGUAGES = {
    "en": "english", "fr": "french", "es": "spanish", "de": "german", "it": "italian",
    "pt": "portuguese", "ru": "russian", "ar": "arabic", "hi": "hindi", "ko": "korean",
    "th": "thai", "vi": "vietnamese", "fi": "finnish", "bn": "bengali", "ta": "tamil",
    "fa": "persian", "ur": "urdu", "sw": "swahili", "zh": "chinese", "ja": "japanese",
}  # fmt: skip


def parse_ifeval(instruction_id: str, arguments: Arguments) -> tuple[Constraint, ...]:
    """The constraints of one IFEval instruction; empty where there is no such kind here.

    Args:
        instruction_id: as published, e.g. "length_constraints:number_words".
        arguments: its kwargs; entries that are None are ignored.

    Raises:
        InvalidValue: an argument is missing or of a wrong type.
    """
    build = _BUILDERS.get(instruction_id.strip())
    given = {k: v for k, v in arguments.items() if v is not None}
    return build(given) if build else ()


def _int(given: Arguments, name: str) -> int:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidValue(name, f"It must be a whole number, not {value!r}.")
    return value


def _str(given: Arguments, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue(name, f"It must be a string that is not empty, not {value!r}.")
    return value


def _strs(given: Arguments, name: str) -> tuple[str, ...]:
    value = given.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        raise InvalidValue(name, "It must be a list of strings.")
    return tuple(value)


def _relation(given: Arguments, name: str, n: int) -> tuple[int, int | None]:
    """IFEval knows "at least" and "less than"."""
    said = given.get(name, "at least")
    if said == "at least":
        return n, None
    if said == "less than" and n > 0:
        return 0, n - 1
    raise InvalidValue(name, f'It must be "at least" or "less than", not {said!r}.')


def _counted(unit: str, argument: str) -> Callable[[Arguments], tuple[Constraint, ...]]:
    def build(given: Arguments) -> tuple[Constraint, ...]:
        low, high = _relation(given, "relation", _int(given, argument))
        return (Count(unit, low, high),)

    return build


def _capitals(given: Arguments) -> tuple[Constraint, ...]:
    low, high = _relation(given, "capital_relation", _int(given, "capital_frequency"))
    return (Count("uppercase_words", low, high),)


def _frequency(given: Arguments) -> tuple[Constraint, ...]:
    low, high = _relation(given, "relation", _int(given, "frequency"))
    return (Mention((_str(given, "keyword"),), low, high),)


def _letters(given: Arguments) -> tuple[Constraint, ...]:
    low, high = _relation(given, "let_relation", _int(given, "let_frequency"))
    return (Mention((_str(given, "letter"),), low, high, what="letter"),)


def _language(given: Arguments) -> tuple[Constraint, ...]:
    name = _LANGUAGES.get(_str(given, "language"))
    return (Language(name, strict=True),) if name else ()


def _first_word(given: Arguments) -> tuple[Constraint, ...]:
    total, n = _int(given, "num_paragraphs"), _int(given, "nth_paragraph")
    where = Scope((Step("paragraph", n),))
    return Count("paragraphs", total, total), Edge("begin", _str(given, "first_word"), where)


def _exact(unit: str, argument: str) -> Callable[[Arguments], tuple[Constraint, ...]]:
    def build(given: Arguments) -> tuple[Constraint, ...]:
        n = _int(given, argument)
        return (Count(unit, n, n),)

    return build


def _least(unit: str, argument: str) -> Callable[[Arguments], tuple[Constraint, ...]]:
    return lambda given: (Count(unit, _int(given, argument), None),)


_BUILDERS: Mapping[str, Callable[[Arguments], tuple[Constraint, ...]]] = {
    "keywords:existence": lambda g: (Mention(_strs(g, "keywords")),),
    "keywords:frequency": _frequency,
    "keywords:forbidden_words": lambda g: (Mention(_strs(g, "forbidden_words"), 0, 0),),
    "keywords:letter_frequency": _letters,
    "language:response_language": _language,
    "length_constraints:number_sentences": _counted("sentences", "num_sentences"),
    "length_constraints:number_words": _counted("words", "num_words"),
    "length_constraints:number_paragraphs": _exact("paragraphs", "num_paragraphs"),
    "length_constraints:nth_paragraph_first_word": _first_word,
    "detectable_content:number_placeholders": _least("placeholders", "num_placeholders"),
    "detectable_format:number_bullet_lists": _exact("bullets", "num_bullets"),
    "detectable_format:number_highlighted_sections": _least("highlights", "num_highlights"),
    "detectable_format:json_format": lambda g: (Format("JSON"),),
    "startend:end_checker": lambda g: (Edge("end", _str(g, "end_phrase")),),
    "change_case:capital_word_frequency": _capitals,
    "change_case:english_capital": lambda g: (Case("upper"), Language("english")),
    "change_case:english_lowercase": lambda g: (Case("lower"), Language("english")),
    "punctuation:no_comma": lambda g: (Count("commas", 0, 0),),
}

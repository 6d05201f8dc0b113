"""MM-IFEval's 19 published verifiers by name and positional parameters (arXiv 2504.07957).

They answer as the tool's own do that curated the set. Words, sentences and paragraphs are cut by
``curated_segment.py``, which lies beside this file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from curated_segment import Span, paragraphs, sentences, word_spans

Cut = Callable[[str], list[Span]]
Check = Callable[..., bool | None]

NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.(?P<d>\d+))?(?!\.?\d)(?P<percent>\s*%)?")
WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
CLOSING = " .!?…\"'”’)*_"


def holds(call: Mapping[str, Any], response: str) -> bool | None:
    """Whether a response does what a call asks; None where that cannot be said.

    That is so for a name that is none of the published ones, for parameters that do not fit, and
    for words in a script that does not part them.
    """
    check = VERIFIERS.get(str(call.get("func")))
    if check is None:
        return None
    try:
        return check(response, *call.get("params", ()))
    except (TypeError, ValueError):
        return None


def whole(value: Any) -> int:
    """A bound as a whole number; raises ValueError, TypeError."""
    if isinstance(value, bool) or int(value) != float(value) or int(value) < 0:
        raise ValueError(value)
    return int(value)


def text(value: Any) -> str:
    """Characters to look for; raises ValueError."""
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value


def texts(terms: Sequence[Any]) -> list[str]:
    """Terms that stand side by side or as one list; raises ValueError for none."""
    found = list(terms[0]) if terms and isinstance(terms[0], list) else list(terms)
    if not found:
        raise ValueError(terms)
    return [text(term) for term in found]


def bounds(low: Any, high: Any) -> tuple[int, int]:
    """Two bounds; raises ValueError, TypeError."""
    if whole(low) > whole(high):
        raise ValueError(low)
    return whole(low), whole(high)


def unparted(response: str) -> bool:
    """Whether the text is in a script that does not part words by spaces."""
    return len(WIDE.findall(response)) > 0.3 * max(1, len(response))


def counted(cut: Cut) -> Check:
    """So many pieces of the response."""

    def check(response: str, low: Any, high: Any, *_: Any) -> bool | None:
        least, most = bounds(low, high)
        if cut is word_spans and unparted(response):
            return None
        return least <= len(cut(response)) <= most

    return check


def each_paragraph(cut: Cut) -> Check:
    """So many pieces of each paragraph."""

    def check(response: str, low: Any, high: Any, *_: Any) -> bool | None:
        least, most = bounds(low, high)
        places = paragraphs(response)
        if places and cut is word_spans and unparted(response):
            return None
        return bool(places) and all(least <= len(cut(one.text)) <= most for one in places)

    return check


def planned(response: str, *pairs: Any) -> bool:
    """Paragraph n has as many sentences as pair n says."""
    plan = pairs[0] if len(pairs) == 1 else list(pairs)
    places = paragraphs(response)
    wanted = [bounds(low, high) for low, high in plan]
    return len(places) == len(wanted) and all(
        low <= len(sentences(place.text)) <= high
        for place, (low, high) in zip(places, wanted, strict=True)
    )


def absent(response: str, *terms: Any) -> bool:
    """None of these characters."""
    return not any(term in response for term in texts(terms))


def edge(place: str, cut: Cut | None = None) -> Check:
    """The response, or each of its pieces, begins or ends with these characters."""

    def check(response: str, term: Any, *_: Any) -> bool:
        said = text(term)
        pieces = [one.text for one in cut(response)] if cut else [response] * bool(response.strip())
        found = [one.strip() for one in pieces]
        if place == "begin":
            return bool(found) and all(one.startswith(said) for one in found)
        return bool(found) and all(ends(one, said) for one in found)

    return check


def ends(piece: str, said: str) -> bool:
    """Whether a text ends so; a closing mark behind is no matter where none is asked for."""
    return piece.endswith(said) or piece.rstrip(CLOSING).endswith(said.rstrip())


def keywords(together: bool) -> Check:
    """Each keyword, or all together, so often: whole words, in any case."""

    def check(response: str, terms: Any, low: Any, high: Any, *_: Any) -> bool:
        least, most = bounds(low, high)
        found = {term: occurrences(term, response) for term in texts([terms])}
        numbers = [sum(found.values())] if together else list(found.values())
        return all(least <= number <= most for number in numbers)

    return check


def occurrences(term: str, response: str) -> int:
    """How often a term stands there."""
    parts = term.strip(" .,;:").replace("’", "'").split()
    if not parts:
        return 0
    pattern = r"\s+".join(re.escape(part).replace("'", "['’]") for part in parts)
    pattern = (r"(?<!\w)" if term[:1].isalnum() else "") + pattern
    pattern += r"(?!\w)" if re.search(r"\w$", pattern) else ""
    return len(re.findall(pattern, response, re.IGNORECASE))


def precise(percent: bool) -> Check:
    """Every number, or every percentage, has so many decimals."""

    def check(response: str, decimals: Any, *_: Any) -> bool:
        wanted = whole(decimals)
        found = [one for one in NUMBER.finditer(response) if one["percent"] or not percent]
        return all(len(one["d"] or "") == wanted for one in found)

    return check


def without_digits(response: str, *_: Any) -> bool:
    """No arabic numeral."""
    return not re.search(r"\d", response)


VERIFIERS: Mapping[str, Check] = {
    "check_whether_response_paragraph_number_in_range": counted(paragraphs),
    "check_whether_response_sentence_number_in_range": counted(sentences),
    "check_whether_each_paragraph_sentence_number_in_range": each_paragraph(sentences),
    "check_whether_each_paragraph_sentence_number_in_range_list": planned,
    "check_whether_response_word_count_in_range": counted(word_spans),
    "check_whether_each_paragraph_word_count_in_range": each_paragraph(word_spans),
    "check_whether_whole_response_not_contain_certain_substrings": absent,
    "check_whether_whole_response_not_contain_certain_substring": absent,
    "check_whether_each_sentence_begin_with_certain_substring": edge("begin", sentences),
    "check_whether_each_paragraph_begin_with_certain_substring": edge("begin", paragraphs),
    "check_whether_each_paragraph_end_with_certain_substring": edge("end", paragraphs),
    "check_whether_each_sentence_end_with_certain_substring": edge("end", sentences),
    "check_whether_whole_response_begin_with_certain_substring": edge("begin"),
    "check_whether_whole_response_end_with_certain_substring": edge("end"),
    "check_whether_each_keyword_in_list_metioned_in_range": keywords(together=False),
    "check_whether_total_keyword_in_list_metioned_in_range": keywords(together=True),
    "check_percentage_number_precision_in_response": precise(percent=True),
    "check_number_precision_in_response": precise(percent=False),
    "check_whether_has_no_arabic_number_in_response": without_digits,
}

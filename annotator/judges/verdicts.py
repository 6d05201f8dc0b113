"""Replies of one word: MM-IFEval's "True" or "False" of a comparison, "right" or "wrong"."""

from __future__ import annotations

import re
from typing import Final

from annotator.domain.regex import regex
from annotator.judges.result import Ask, Form, Place, Read, Reading, Unparsed
from annotator.judges.text import plain

_WORDS: Final = {
    "compare": {"true": True, "false": False, "正确": True, "错误": False},
    "perception": {
        "right": True, "correct": True, "wrong": False, "incorrect": False,
        "正确": True, "错误": False, "不正确": False,
    },
}  # fmt: skip
_LABEL: Final = regex(
    r"(?:\b(?:summary|verdict|judge?ment|conclusion|final\s+(?:answer|verdict|judge?ment)|answer|result)\b|总结|结论|判断)"
    r"[\s\"']*(?::|=|is\b)[\s\"'{\[(]*",
    re.IGNORECASE,
)
_END: Final = (
    r"[\s\"'.!})\],;]*(?=\Z|\n|\s*(?:reason|because|since|judge?ment|reasoning|summary)\b)"
)
_OPENING: Final = regex(r"[\s\"'(\[]*")
_AFTER_WORD: Final = regex(
    r"[\"')\]}]*\s*(?:[.:,;\n!]|-\s|\Z|because\b|since\b|as\b)", re.IGNORECASE
)
_UNDONE: Final = regex(r"\s*(?:or|/|and)\s+\w", re.IGNORECASE)
_SENTENCE: Final = regex(
    r"[\s\"']*(?:the|this|that|its|model's|model)?\s*(?:model(?:'s)?\s+)?(?:answer|response|it|output)\s+is\s+",
    re.IGNORECASE,
)


def read_verdict(reply: str, ask: Ask, form: Form) -> Reading:
    """Read a reply whose whole score is one word; the weight is awarded whole or not at all.

    The word counts behind the last label ("Summary:"), as the first word with a stop behind it, or
    as the whole of a short sentence. Words that contradict each other leave it unparsed.
    """
    text = plain(reply)
    if len(ask.weights) != 1:
        reason = f"a {form} reply scores one component, not {len(ask.weights)}"
        return Reading(form, tuple(Unparsed(reason) for _ in ask.weights))
    found = _verdicts(text, _WORDS[form])
    said = {verdict for verdict, _ in found}
    weight = ask.weights[0]
    if len(said) == 1:
        verdict, place = found[-1]
        return Reading(form, (Read(weight if verdict else 0, weight, place),))
    if said:
        return Reading(form, (Unparsed("the reply contradicts itself", found[-1][1]),))
    reason = "no verdict can be read for sure" if text.strip() else "the reply is empty"
    return Reading(form, (Unparsed(reason),))


def _verdicts(text: str, words: dict[str, bool]) -> list[tuple[bool, Place]]:
    either = rf"(?P<w>{'|'.join(sorted(words, key=len, reverse=True))})(?![^\W_])"
    word = re.compile(either, re.IGNORECASE)
    found: list[tuple[bool, Place]] = []
    for label in _LABEL.finditer(text):
        match = word.match(text, label.end())
        if match and _stands(text, match.end()):
            found.append((words[match["w"].casefold()], match.span()))
    for opening in (_OPENING, _SENTENCE):
        start = opening.match(text)
        match = word.match(text, start.end()) if start else None
        if match and _stands(text, match.end()):
            found.append((words[match["w"].casefold()], match.span()))
    last = re.search(rf"\n[\s\"'(\[]*{either}{_END}\Z", text, re.IGNORECASE)
    if last:
        found.append((words[last["w"].casefold()], last.span("w")))
    return sorted(dict.fromkeys(found), key=lambda item: item[1])


def _stands(text: str, end: int) -> bool:
    return bool(_AFTER_WORD.match(text, end)) and not _UNDONE.match(text, end)

"""What the components of one item say about one another: which counts mean only a part.

A response may consist of several pieces ("Answer in one word. Then explain …"), and a count that
belongs to one of them says nothing of the whole but that there is at least as much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from annotator.constraints import owners
from annotator.constraints.base import Constraint
from annotator.constraints.clause import clauses
from annotator.constraints.counts import Count
from annotator.constraints.lexicon import lexicon
from annotator.constraints.mentions import Mention
from annotator.constraints.morphology import stem
from annotator.constraints.scopes import unit_of
from annotator.domain.regex import regex

Read = tuple[Constraint, ...]
_NEXT = regex(
    r"^\W*(?:and\s+)?(?:then|next|after that|afterwards?|followed by|secondly|thirdly|finally,|"
    r"lastly|below (?:it|that|this|them))\b"
)
_KINDS = lexicon(
    """
    count language person tense voice tone audience case share rhyme acrostic alphabet palindrome
    each_word sentence_type only_speech
    """
)
"""Kinds that say something of the response as a whole."""
_NUMBER = (
    r"(?:[a-z]+\s+){0,4}?\d+(?:\s*(?:-|to|or)\s*\d+)?[\s-]+(?:words?|sentences?|lines?|paragraphs?)"
)
_ABOUT = regex(
    r"^(?:[a-z]+\s+){1,4}?\d+[\s-]+(?:words?|sentences?|lines?|paragraphs?)\s+(?:about|on|"
    r"describing|explaining|regarding)\s+(?P<what>[^.;,‹]+)"
)
_TASK_IN = regex(rf"^(?P<what>[a-z]+\s+[^.;,‹]{{3,80}}?)\s+(?:in|using|with)\s+{_NUMBER}\b")
_IN_TASK = regex(rf"^in\s+{_NUMBER},\s*(?P<what>[a-z]+\s+[^.;‹]{{3,80}})")
_DULL = lexicon(
    """
    write give provide compose create draft craft answer respond reply make keep please your this
    that the with from image picture photo photograph exactly most least more than
    """
)


_CREATED = regex(
    r"^\W*(?:please\s+)?(?:write|create|draft|compose|prepare|generate|make|design|produce|"
    r"develop|craft)\s+(?:me\s+)?an?\s+(?:[\w-]+\s+){0,4}?(?P<noun>[a-z]+)"
    r"(?=\s+(?:for|about|of|to|that|on|in|with|describing|using|which|announcing|inviting)\b|[.,])"
)


def named_whole(texts: Sequence[str | None]) -> list[str | None]:
    """``texts`` with "the response" for the noun that names it: "the timeline", "the schedule".

    That noun is the one all of them speak of, or the one that the first asks to write.
    """
    low = [t.lower() for t in texts if t]
    subjects = [owners.subject(t) for t in low]
    created = next((m["noun"] for t in low if (m := _CREATED.match(t))), "")
    shared = next((s for s in subjects if s and all(_speaks_of(t, s) for t in low)), "")
    noun = (shared if None not in texts else "") or (created if created in subjects else "")
    if not noun or unit_of(noun) or _NEVER_WHOLE.fullmatch(noun):
        return list(texts)
    pattern = re.compile(rf"\b(the|your) {noun}\b(?=\s+[a-z])", re.I)
    return [t and pattern.sub(r"\1 response", t) for t in texts]


class OfOnePart(NamedTuple):
    """Two texts, by their indexes, that say something of one part, as if it were the response."""

    members: tuple[int, int]
    part: str
    texts: tuple[str, str]


def of_one_part(texts: Sequence[str | None]) -> Iterator[OfOnePart]:
    """Pairs of ``texts`` that speak of the same part ("the body"), which has to satisfy both."""
    subjects = [owners.spoken_of(t.lower()) if t else "" for t in texts]
    for (i, one), (j, two) in combinations(enumerate(texts), 2):
        noun = subjects[i]
        if one and two and noun and noun == subjects[j] and noun in _PARTS:
            whole = re.compile(rf"\b(the|your) {noun}\b(?=\s+[a-z])", re.I)
            said = whole.sub(r"\1 response", one), whole.sub(r"\1 response", two)
            yield OfOnePart((i, j), noun, said)


_PARTS = lexicon(
    """
    body introduction intro conclusion title caption opening closing ending preface headline
    abstract summary postscript signature greeting sign-off subject
    """
)
"""Parts of which a response has one."""
_NEVER_WHOLE = regex(
    r"tone|style|language|mood|voice|register|wording|person|tense|vocabulary|attitude|json|xml|"
    r"ya?ml|csv|html|markdown|key|keyword|word|phrase|letter|term|list|table|header|heading|format"
)
"""Subjects that are no text of their own."""


def _speaks_of(text: str, noun: str) -> bool:
    return bool(re.search(rf"\b(?:the|your) {re.escape(noun)}\b", text))


def in_context(texts: Sequence[str | None], read: Sequence[Read]) -> list[Read]:
    """``read`` without the claims on the whole response that the other texts show to be partial.

    Args:
        texts: per component its text, or None where it was not given as text.
        read: per component what was read from it.
    """
    partial = _in_sequence(texts, read) | _tasks_apart(texts) | _beside_another(texts)
    return [loosened(r) if i in partial else r for i, r in enumerate(read)]


def loosened(read: Read) -> Read:
    """Of claims on the whole response, only what holds if they are about a part of it."""
    return tuple(kept for c in read if (kept := _loosened(c)) is not None)


def _loosened(c: Constraint) -> Constraint | None:
    if getattr(c, "scope", None) or c.kind not in (*_KINDS, "mention"):
        return c
    if isinstance(c, Count | Mention):
        return replace(c, high=None) if c.low else None
    return None


def _in_sequence(texts: Sequence[str | None], read: Sequence[Read]) -> set[int]:
    """A component that begins with "then", and the one before it that it follows on."""
    found: set[int] = set()
    for i, text in enumerate(texts):
        if text and i and _NEXT.match(text.lower()):
            found.add(i)
            before = [k for k in range(i) if any(c.kind in _KINDS for c in read[k])]
            found.update(before[-1:])
    return found


def _beside_another(texts: Sequence[str | None]) -> set[int]:
    """Components about "the summary", where the text asked for is an essay that has one."""
    low = [t.lower() if t else "" for t in texts]
    asked = {m["noun"] for t in low if (m := _CREATED.match(t))}
    subjects = [owners.spoken_of(t) if t else "" for t in low]
    return {i for i, noun in enumerate(subjects) if asked and noun in _PARTS and noun not in asked}


def _tasks_apart(texts: Sequence[str | None]) -> set[int]:
    """Components that each put a number of words or sentences to a task of its own."""
    tasks = {i: _task(t) for i, t in enumerate(texts) if t}
    return {i for i, one in tasks.items() if any(_apart(one, two) for two in tasks.values())}


def _apart(one: frozenset[str], two: frozenset[str]) -> bool:
    """Whether they are about different things, or one is about a second, another, the next one."""
    return bool(one and two) and bool((one - two and two - one) or (one ^ two) & _OTHER)


_OTHER = frozenset(stem(w) for w in ("second", "third", "fourth", "another", "other", "next"))


@lru_cache(maxsize=4096)
def _task(text: str) -> frozenset[str]:
    """Stems of what a sized piece is about ("describe the dog in two sentences"); mostly none."""
    for clause in clauses(text):
        for pattern in (_ABOUT, _TASK_IN, _IN_TASK):
            match = pattern.match(clause.text)
            if match and not _is_whole(match["what"]):
                words = re.findall(r"[a-z]{3,}", match["what"])
                return frozenset(stem(w) for w in words if w not in _DULL)
    return frozenset()


def _is_whole(what: str) -> bool:
    last = what.split()[-1]
    return owners.is_document(last) or last in ("it", "this", "answer", "them")

"""What a text may begin or end with, by its sort: a question, a vowel, a capital letter."""

from __future__ import annotations

import re

from annotator.constraints import segment
from annotator.constraints.base import tokens
from annotator.constraints.lexicon import lexicon
from annotator.domain.regex import regex

MARKS = {"exclamation mark": "!", "question mark": "?", "full stop": "."}
VOWEL = {"vowel": True, "consonant": False}
VOWELS = "aeiou"
DECIDABLE = frozenset(
    ["question", "exclamation", "uppercase word", "capital letter", *VOWEL, *MARKS]
)
HOLDS = {
    "question": ("questions", "question_marks"),
    "question mark": ("question_marks",),
    "exclamation mark": ("exclamation_marks",),
    "full stop": ("punctuation_marks",),
    "uppercase word": ("uppercase_words",),
}
"""What must be counted at least once where a text begins or ends so."""
CATEGORIES = {
    "exclamation mark": r"exclamation (?:mark|point)",
    "question mark": r"question mark",
    "full stop": r"period|full stop",
    "uppercase word": r"(?:fully )?(?:upper-?case|all-caps) word",
    "question": (
        r"(?:rhetorical |thought-provoking |open(?:-ended)? |direct |short |engaging |"
        r"compelling |provocative )?question"
    ),
    "quote": r"(?:\w+ )?(?:quote|quotation)",
    "apology": r"(?:\w+ )?apology|expression of regret",
    "greeting": r"(?:\w+ )?(?:greeting|salutation)",
    "exclamation": r"exclamation|exclamatory sentence",
    "joke": r"(?:\w+ )?joke",
    "statistic": r"(?:\w+ )?(?:statistic|fact)",
    "number": r"number|digit|numeral",
    "thank you": r"(?:expression of (?:thanks|gratitude))|thank[\s-]you(?: note)?",
    "call to action": r"(?:\w+ )?call to action",
    "verb": r"(?:\w+ )?verb|gerund",
    "capital letter": r"(?:capital(?:i[sz]ed)?|upper-?case) letter",
    "vowel": r"vowel",
    "consonant": r"consonant",
    "anecdote": r"(?:\w+ )?anecdote",
    "poem": r"(?:\w+ )?(?:poem|haiku)",
    "summary": r"(?:[\w-]+ )?(?:summary|recap)",
}


def holds(category: str, text: str, side: str) -> bool:
    """Whether ``text`` begins or ends (``side``) with what `DECIDABLE` names ``category``."""
    if category in MARKS:
        return text[-1 if side == "end" else 0 :][:1] == MARKS[category]
    if category in VOWEL:
        letters = [c for c in text if c.isalpha()]
        at = letters[0 if side == "begin" else -1].lower() if letters else ""
        return bool(at) and (at in VOWELS) == VOWEL[category]
    if category == "capital letter":
        return next((c for c in text if c.isalpha()), "").isupper()
    if category == "uppercase word":
        words = [w for w in text.split() if any(c.isalpha() for c in w)]
        return bool(words) and words[0 if side == "begin" else -1].isupper()
    found = segment.sentences(text)
    if not found:
        return False
    mark = "?" if category == "question" else "!"
    return mark in found[0 if side == "begin" else -1].text[-2:]


_ASKING = lexicon(
    """
    who what when where why how which whose whom is are was were do does did can could will
    would should shall may might have has had am isn't aren't don't won't
    """
)
_TELLS = {
    "apology": regex(
        r"\b(?:sorry|apolog\w*|regret\w*|forgive|pardon|unfortunately|excuse)\b", re.I
    ),
    "greeting": regex(
        r"\b(?:dear|hello|hi|hey|greetings|good (?:morning|day|afternoon|evening)|hope|welcome)\b",
        re.I,
    ),
    "thank you": regex(r"\b(?:thank\w*|grateful|gratitude|appreciat\w*)\b", re.I),
    "number": regex(
        r"^\W*(?:\d|one|two|three|four|five|six|seven|eight|nine|ten|zero|a hundred)", re.I
    ),
}


def excluded(phrase: str, category: str, side: str) -> bool:
    """Whether ``phrase`` surely makes no ``category`` where it stands."""
    words = tokens(phrase)
    if not words:
        return False
    if category == "question":
        if side == "end":
            asking = "?" in phrase or words[0] in _ASKING
            return bool(re.search(r"[.!]\W*$", phrase)) or not asking
        return "?" not in phrase and not any(w in _ASKING for w in words[:1]) and len(words) > 3
    if category == "quote":
        return side == "begin" and words[0] in {"i", "dear", "hello", "hi", "we", "my"}
    if category in ("apology", "thank you", "number"):
        return not _TELLS[category].search(phrase) and len(words) > 1
    if category == "greeting":
        return False
    if category == "exclamation":
        return side == "end" and bool(re.search(r"[.?]\W*$", phrase))
    if category in MARKS and side == "end":
        closing = re.search(r"[.!?](?=[\"'”’)]*$)", phrase)
        return closing is not None and closing[0] != MARKS[category]
    return False

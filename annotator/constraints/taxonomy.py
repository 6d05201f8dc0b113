"""To which published types of constraint a kind belongs: MIA-Bench's eight, MM-IFEval's 32."""

from __future__ import annotations

from annotator.constraints.base import Constraint
from annotator.constraints.counts import Count
from annotator.constraints.edges import Edge
from annotator.constraints.lexicon import lexicon
from annotator.constraints.mentions import Mention
from annotator.constraints.shares import Share, Some
from annotator.constraints.units import UNITS

MIA_TYPES = (
    "describe",
    "mention",
    "length_limit",
    "linguistics",
    "grammar",
    "perspective",
    "textual",
    "math",
)
"""MIA-Bench's component types (arXiv 2407.01509)."""

MM_IFEVAL: dict[str, tuple[str, ...]] = {
    "Text Length Requirements": ("word limit", "paragraph limit", "sentence limit"),
    "Math Requirements": ("precision", "scientific notation"),
    "Format Requirements": (
        "punctuation", "highlight", "natural language", "part of speech", "wrap up",
        "unstrict format", "title requirements", "style requirements", "case requirements",
        "number and list", "sentence structure", "tense requirements", "first letter",
    ),
    "Keyword Requirements": ("mention", "not mention", "keyword variation", "multiple mention"),
    "Rhetoric & Logic": ("rhetoric requirements", "logical relation"),
    "Action Requirements": (
        "tone requirements", "role imitation", "target audience", "prefix and suffix",
        "perspective", "situation",
    ),
}  # fmt: skip
"""MM-IFEval's six categories (arXiv 2504.07957), with the subcategories legible in its figure."""
ILLEGIBLE = {"Format Requirements": 1, "Action Requirements": 1}
"""How many subcategories of a category have names that are legible nowhere; none is made up."""

_SIZE = {"words": "word limit", "sentences": "sentence limit", "paragraphs": "paragraph limit"}
_RHETORIC = lexicon(
    """
    metaphors similes analogies alliterations puns idioms allusions oxymorons hyperboles
    rhetorical_questions
    """
)
_SPEECH = frozenset(
    ["adjectives", "adverbs", "verbs", "nouns", "pronouns", "conjunctions", "prepositions"]
)
_MARKS = frozenset(
    [
        "punctuation_marks",
        "colons",
        "dashes",
        "ellipses",
        "commas",
        "semicolons",
        "exclamation_marks",
        "question_marks",
        "parentheses",
        "questions",
    ]
)
_HIGHLIGHT = frozenset(["bold", "italics", "highlights"])
_OF_KIND = {
    "format": ("textual", "Format Requirements", "unstrict format"),
    "key_type": ("textual", "Format Requirements", "unstrict format"),
    "list_of": ("textual", "Format Requirements", "number and list"),
    "topic_count": ("length_limit", "Text Length Requirements", "paragraph limit"),
    "title": ("textual", "Format Requirements", "title requirements"),
    "wrapped": ("textual", "Format Requirements", "punctuation"),
    "postscript": ("textual", "Format Requirements", "wrap up"),
    "separator": ("textual", "Format Requirements", "unstrict format"),
    "emphasis": ("textual", "Format Requirements", "highlight"),
    "role": ("perspective", "Action Requirements", "role imitation"),
    "sentence_type": ("grammar", "Format Requirements", "sentence structure"),
    "only_speech": ("grammar", "Format Requirements", "part of speech"),
    "each_word": ("grammar", "Format Requirements", "first letter"),
    "palindrome": ("grammar", "Format Requirements", "sentence structure"),
    "acrostic": ("grammar", "Format Requirements", "first letter"),
    "variety": ("grammar", "Format Requirements", "natural language"),
    "term_case": ("grammar", "Format Requirements", "case requirements"),
    "case": ("grammar", "Format Requirements", "case requirements"),
    "language": ("grammar", "Format Requirements", "natural language"),
    "person": ("perspective", "Action Requirements", "perspective"),
    "tense": ("grammar", "Format Requirements", "tense requirements"),
    "voice": ("grammar", "Format Requirements", "sentence structure"),
    "tone": ("linguistics", "Action Requirements", "tone requirements"),
    "audience": ("linguistics", "Action Requirements", "target audience"),
    "thing": ("mention", "Keyword Requirements", "mention"),
    "usage": ("grammar", "Keyword Requirements", "keyword variation"),
    "spread": ("mention", "Keyword Requirements", "multiple mention"),
    "together": ("mention", "Rhetoric & Logic", "logical relation"),
    "confined": ("mention", "Keyword Requirements", "mention"),
    "order": ("mention", "Rhetoric & Logic", "logical relation"),
    "precision": ("math", "Math Requirements", "precision"),
    "scientific": ("math", "Math Requirements", "scientific notation"),
    "alphabet": ("grammar", "Format Requirements", "first letter"),
    "rhyme": ("linguistics", "Rhetoric & Logic", "rhetoric requirements"),
    "substring": ("mention", "Keyword Requirements", "not mention"),
    "paragraph_plan": ("length_limit", "Text Length Requirements", "sentence limit"),
}


def mia_type(constraint: Constraint) -> str:
    """The MIA-Bench type of a constraint, one of `MIA_TYPES`."""
    if isinstance(constraint, Share | Some):
        return mia_type(constraint.each)
    if isinstance(constraint, Count):
        return _count(constraint)[0]
    return "mention" if isinstance(constraint, Mention | Edge) else _OF_KIND[constraint.kind][0]


def mm_ifeval_type(constraint: Constraint) -> tuple[str, str]:
    """MM-IFEval's category and subcategory of a constraint, from `MM_IFEVAL`."""
    if isinstance(constraint, Share | Some):
        return mm_ifeval_type(constraint.each)
    if isinstance(constraint, Count):
        return _count(constraint)[1:]
    if isinstance(constraint, Mention):
        if constraint.high == 0:
            return "Keyword Requirements", "not mention"
        many = constraint.low > 1 or len(constraint.terms) > 1
        return "Keyword Requirements", "multiple mention" if many else "mention"
    if isinstance(constraint, Edge):
        if constraint.what == "letter":
            return "Format Requirements", "first letter"
        return "Action Requirements", "prefix and suffix"
    return _OF_KIND[constraint.kind][1:]


def _count(constraint: Count) -> tuple[str, str, str]:
    unit = constraint.unit
    if unit in _RHETORIC:
        return "linguistics", "Rhetoric & Logic", "rhetoric requirements"
    if unit in _SPEECH:
        return "grammar", "Format Requirements", "part of speech"
    if unit == "uppercase_words":
        return "grammar", "Format Requirements", "case requirements"
    if unit in _MARKS:
        return "grammar", "Format Requirements", "punctuation"
    if unit in _HIGHLIGHT:
        return "textual", "Format Requirements", "highlight"
    if unit.startswith("headers"):
        return "textual", "Format Requirements", "title requirements"
    if unit in _SIZE:
        return "length_limit", "Text Length Requirements", _SIZE[unit]
    if UNITS[unit].rank or unit == "characters":
        return "length_limit", "Format Requirements", "number and list"
    return "textual", "Format Requirements", "number and list"

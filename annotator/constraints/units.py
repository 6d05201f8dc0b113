"""What can be counted in a response: how English names it and how a text is searched for it.

A unit without a counter (adjectives, metaphors, …) can be parsed, said and compared, but only a
judge can count it, so a verdict about it is undecided.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from annotator.constraints import segment
from annotator.constraints.segment import Span

Counter = Callable[[str], list[Span]]


@dataclass(frozen=True)
class Unit:
    """One countable thing.

    Attributes:
        key: its name in facts and JSON.
        plural: how it is said.
        pattern: regular expression for it after a number, in lower-case text.
        counter: finds its occurrences, or None where only a judge can.
        rank: size, for what can be a part of what; 0 for things that have no size.
        element: whether "include a …" and "no …" are demands about it.
    """

    key: str
    plural: str
    pattern: str
    counter: Counter | None = None
    rank: int = 0
    element: bool = False


def _matches(pattern: str, flags: int = 0) -> Counter:
    compiled = re.compile(pattern, flags)

    def find(text: str) -> list[Span]:
        return [Span(m.start(), m.end(), m[0]) for m in compiled.finditer(text)]

    return find


def _items(*, numbered: bool | None) -> Counter:
    def find(text: str) -> list[Span]:
        return [
            i.span for i in segment.list_items(text) if numbered is None or i.numbered == numbered
        ]

    return find


def _lists(text: str) -> list[Span]:
    return segment.lists(text, numbered=False) + segment.lists(text, numbered=True)


def _headers(level: int | None) -> Counter:
    def find(text: str) -> list[Span]:
        return [h.span for h in segment.headers(text) if level is None or h.level == level]

    return find


def _uppercase(text: str) -> list[Span]:
    found = []
    for span in segment.word_spans(text):
        letters = [c for c in span.text if c.isalpha()]
        if letters and all(c.isupper() for c in letters) and (len(letters) > 1):
            found.append(span)
    return found


def _questions(text: str) -> list[Span]:
    return [s for s in segment.sentences(text) if "?" in s.text[-3:]]


def _keys(text: str) -> list[Span]:
    value = parse_json(text)
    return [Span(0, 0, k) for k in value] if isinstance(value, dict) else []


def _columns(text: str) -> list[Span]:
    """The cells at the head of the first table."""
    table = next(iter(segment.tables(text)), None)
    if table is None:
        return []
    head = re.match(r"\s*\|?(.*?)\|?[ \t]*$", table.text, re.M)
    cells = re.finditer(r"(?:\\\||[^|])+", head[1]) if head else ()
    at = table.start + (head.start(1) if head else 0)
    return [Span(at + m.start(), at + m.end(), m[0]) for m in cells]


def parse_json(text: str) -> object:
    """The JSON value of an answer, with or without a code fence; None where it is none."""
    match = re.fullmatch(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", text, re.S | re.I)
    try:
        value: object = json.loads(match[1] if match else text)
    except (ValueError, RecursionError):
        return None
    return value


_SIGN = "[\U0001f300-\U0001faff\u2600-\u27bf][\ufe0f\U0001f3fb-\U0001f3ff]*"
_EMOJI = f"[\U0001f1e6-\U0001f1ff]{{2}}|{_SIGN}(?:\u200d{_SIGN})*"
"""A flag, or signs that are joined into one (a family)."""
_LEVELS = ("first", "second", "third", "fourth", "fifth", "sixth")
_HEAD = r"(?:head(?:er|ing|line)s?)"
_DEVICES = {
    "metaphors": r"metaphors?",
    "similes": r"similes?",
    "analogies": r"analog(?:y|ies)",
    "alliterations": r"alliterations?",
    "puns": r"puns?",
    "idioms": r"idioms?",
    "allusions": r"allusions?",
    "oxymorons": r"oxymorons?|oxymora",
    "hyperboles": r"hyperboles?",
    "rhetorical_questions": r"rhetorical questions?",
}
SPEECH = {
    "adjectives": r"adjectives?",
    "adverbs": r"adverbs?",
    "verbs": r"verbs?",
    "nouns": r"nouns?",
    "pronouns": r"pronouns?",
    "conjunctions": r"conjunctions?",
    "prepositions": r"prepositions?",
    "contractions": r"contractions?",
    "acronyms": r"acronyms?|abbreviations?",
}
_BULLET_ITEM = (
    r"bullet(?:ed)?[\s-]+(?:points?|items?|entries|lists? items?)|bullets|"
    r"(?:unordered|bullet(?:ed)?)[\s-]list[\s-](?:items?|points?)"
)
_NUMBERED_ITEM = r"(?:numbered|ordered)[\s-](?:list[\s-])?(?:points?|items?|steps?|entries)"
_UPPER = (
    r"(?:(?:fully |entirely |completely )?(?:upper[\s-]?case|all[\s-]caps|all[\s-]capital|"
    r"all[\s-]uppercase|capitalised|capitalized|capital(?:[\s-]letter)?)[\s-]words?|"
    r"words? (?:(?:should|must|may|can|that|which) )?(?:(?:written|are|be|typed|"
    r"presented|appearing|"
    r"appear) ){0,2}(?:(?:entirely|fully|all) )?(?:in|with) "
    r"(?:all[\s-])?(?:upper[\s-]?case|caps|capitals?|capital letters|uppercase letters|all "
    r"capitals)"
    r"(?: letters)?)"
)
_BULLET_LIST = r"(?:unordered|bullet(?:ed)?(?:[\s-]point)?|bullet-point(?:ed)?)[\s-]lists?"
_NUMBERED_LIST = r"(?:ordered|numbered|enumerated)[\s-]lists?"

_UNITS = [
    Unit("uppercase_words", "uppercase words", _UPPER, _uppercase, 0, True),
    *(
        Unit(
            f"headers{n}",
            f"level-{n} headers",
            rf"(?:(?:level[\s-]?{n}|{ordinal}[\s-]level|h{n})(?: markdown)? {_HEAD}|h{n}s?|"
            rf"(?:markdown )?{_HEAD} (?:at|of) level[\s-]?{n})",
            _headers(n),
            0,
            True,
        )
        for n, ordinal in enumerate(_LEVELS, start=1)
    ),
    Unit(
        "headers", "headers", rf"(?:(?:markdown|section) )?(?:sub)?{_HEAD}", _headers(None), 0, True
    ),
    Unit(
        "bullet_lists",
        "bulleted lists",
        _BULLET_LIST,
        lambda text: segment.lists(text, numbered=False),
        0,
        True,
    ),
    Unit(
        "numbered_lists",
        "numbered lists",
        _NUMBERED_LIST,
        lambda text: segment.lists(text, numbered=True),
        0,
        True,
    ),
    Unit("bullets", "bullet points", _BULLET_ITEM, _items(numbered=False), 3, True),
    Unit("numbered_items", "numbered items", _NUMBERED_ITEM, _items(numbered=True), 3, True),
    Unit(
        "items",
        "list items",
        r"(?:listed|list)[\s-](?:items?|entries|points?)",
        _items(numbered=None),
        3,
    ),
    Unit("lists", "lists", r"lists?", _lists, 0, True),
    Unit("columns", "table columns", r"(?:table )?columns?", _columns),
    Unit("rows", "table rows", r"(?:table )?rows?", None),
    Unit("tables", "tables", r"(?:markdown )?tables?", segment.tables, 0, True),
    Unit(
        "links",
        "hyperlinks",
        r"(?:hyper)?links?|urls?",
        _matches(r"(?<!!)\[[^\]\n]+\]\([^)\n]+\)|<?https?://[^\s>)]+"),
        0,
        True,
    ),
    Unit("code_blocks", "code blocks", r"code (?:blocks?|snippets?)", segment.code_blocks, 0, True),
    Unit(
        "rules",
        "horizontal rules",
        r"horizontal (?:rules?|lines?|dividers?|separators?)",
        segment.horizontal_rules,
        0,
        True,
    ),
    Unit(
        "bold",
        "bold phrases",
        r"(?:bold(?:ed|faced)?|bold-face[d]?)[\s-]"
        r"(?:words?|phrases?|terms?|text|sections?|parts?|formatting|font|type|print|letters)",
        _matches(r"\*\*[^*\n]+\*\*|__[^_\n]+__"),
        0,
        True,
    ),
    Unit(
        "italics",
        "italic phrases",
        r"(?:italic(?:ized|ised)?s?)[\s-](?:words?|phrases?|terms?|text|sections?|parts?|"
        r"formatting|"
        r"font)|italics",
        _matches(r"(?<![*\w])\*[^*\s][^*\n]*\*(?!\*)|(?<![_\w])_[^_\s][^_\n]*_(?![_\w])"),
        0,
        True,
    ),
    Unit(
        "highlights",
        "highlighted sections",
        r"highlighted[\s-](?:words?|phrases?|terms?|text|sections?|parts?)",
        _matches(r"\*[^*\n]+\*|==[^=\n]+=="),
        0,
        True,
    ),
    Unit(
        "blockquotes",
        "block quotes",
        r"block[\s-]?quotes?",
        _matches(r"^>.*(?:\n>.*)*", re.M),
        0,
        True,
    ),
    Unit("footnotes", "footnotes", r"footnotes?", _matches(r"^\[\^[^\]\n]+\]:", re.M), 0, True),
    Unit("emojis", "emojis", r"emojis?|emoticons?", _matches(_EMOJI), 0, True),
    Unit("hashtags", "hashtags", r"hash-?tags?", _matches(r"(?<!\w)#\w+"), 0, True),
    Unit(
        "exclamation_marks",
        "exclamation marks",
        r"exclamation (?:marks?|points?)",
        _matches("!"),
        0,
        True,
    ),
    Unit("question_marks", "question marks", r"question marks?", _matches(r"\?"), 0, True),
    Unit(
        "punctuation_marks",
        "punctuation marks",
        r"(?:marks? of )?punctuation(?: marks?| signs?)?",
        _matches(r"[.,;:!?…()\[\]\"“”«»—–]|(?<!\w)['‘’]|['’](?!\w)|(?<!\w)-|-(?!\w)"),
        0,
        True,
    ),
    Unit("colons", "colons", r"(?<!semi)(?<!semi-)colons?", _matches(":"), 0, True),
    Unit("dashes", "dashes", r"(?:em|en)[\s-]dash(?:es)?", _matches("[—–]"), 0, True),
    Unit("ellipses", "ellipses", r"ellips[ei]s", _matches(r"…|\.\.\."), 0, True),
    Unit("commas", "commas", r"commas?", _matches(","), 0, True),
    Unit("semicolons", "semicolons", r"semi-?colons?", _matches(";"), 0, True),
    Unit("parentheses", "parentheses", r"parenthes[ei]s", _matches(r"\([^)]*\)"), 0, True),
    Unit(
        "placeholders",
        "placeholders",
        r"placeholders?",
        _matches(r"\[[^\[\]\n]+\](?!\()"),
        0,
        True,
    ),
    *(Unit(k, k.replace("_", " "), p, None, 0, True) for k, p in _DEVICES.items()),
    *(Unit(k, k, p, None, 0, True) for k, p in SPEECH.items()),
    Unit(
        "numbers",
        "numerals",
        r"(?:(?:arabic|numeric(?:al)?) )?(?:numbers(?! of\b| out\b| as words| in scientific)|"
        r"numerals?|digits?|numeric(?:al)? (?:digits|characters|values|figures))",
        _matches(r"\d+"),
        0,
        True,
    ),
    Unit("questions", "questions", r"questions?(?! marks?)", _questions, 0, True),
    Unit(
        "keys",
        "JSON keys",
        r"(?:json )?keys?(?![\s-]?(?:words?|points?|phrases?|terms?|details?|takeaways?|"
        r"features?|elements?|ideas?|messages?|facts?)\b)",
        _keys,
    ),
    Unit("exchanges", "dialogue exchanges", r"(?:dialogue |dialog )?exchanges?", None, 3),
    Unit("sections", "sections", r"sections?", None, 5),
    Unit("stanzas", "stanzas", r"stanzas?", segment.stanzas, 4),
    Unit("paragraphs", "paragraphs", r"paragraphs?", segment.paragraphs, 4),
    Unit("lines", "lines", r"lines?", segment.lines, 2),
    Unit("sentences", "sentences", r"sentences?", segment.sentences, 2),
    Unit("words", "words", r"words?", segment.word_spans, 1),
    Unit(
        "characters",
        "characters",
        r"characters?",
        lambda t: [Span(i, i + 1, c) for i, c in enumerate(t)],
        0,
    ),
]
UNITS: dict[str, Unit] = {u.key: u for u in _UNITS}
SCOPE_RANK = {
    "sentence": 2,
    "line": 3,
    "item": 3,
    "exchange": 3,
    "stanza": 4,
    "paragraph": 4,
    "section": 5,
    "key": 9,
}
"""How large the unit of a scope is; a counted unit must be smaller."""

UNIT_PATTERN = "|".join(f"(?P<{u.key}>{u.pattern})" for u in _UNITS)
ELEMENT_PATTERN = "|".join(f"(?P<{u.key}>{u.pattern})" for u in _UNITS if u.element)

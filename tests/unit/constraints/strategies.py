"""Hypothesis strategies for constraint values."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from annotator.constraints.base import EACH, WHOLE, Constraint, Scope, Step
from annotator.constraints.casing import Case
from annotator.constraints.counts import Count
from annotator.constraints.edges import Edge
from annotator.constraints.formats import Format
from annotator.constraints.letters import Acrostic, Alphabet, EachWord, Palindrome
from annotator.constraints.lexicon import listed
from annotator.constraints.manner import (
    OnlySpeech,
    Role,
    SentenceType,
    TermCase,
    Variety,
)
from annotator.constraints.markup import Emphasis, Postscript, Separator, Title, Wrapped
from annotator.constraints.mentions import Mention, Spread
from annotator.constraints.placement import Confined, Order, Together
from annotator.constraints.shares import Share, Some
from annotator.constraints.style import Audience, Tone
from annotator.constraints.surface import Precision, Rhyme, Scientific
from annotator.constraints.units import UNITS
from annotator.constraints.usage import Usage
from annotator.constraints.wording import Language, Person, Tense, Voice

WORDS = listed("harbor lantern granite meadow violin copper thunder orchard pebble saffron")
words = st.sampled_from(WORDS)
phrases = st.lists(words, min_size=1, max_size=4, unique=True).map(" ".join)
_INDEX = st.sampled_from([1, 2, 3, 5, -1])


@st.composite
def bounds(draw: st.DrawFn, top: int = 30) -> tuple[int, int | None]:
    """Bounds that say something: not from nought to no end."""
    low = draw(st.integers(0, top))
    high = draw(st.one_of(st.none() if low else st.nothing(), st.integers(low, low + top)))
    return low, high


def scopes(*units: str) -> st.SearchStrategy[Scope]:
    """The whole, each of a unit, or the nth of a unit."""
    each = st.sampled_from(units).map(lambda u: Scope((Step(u, EACH),)))
    nth = st.builds(lambda u, i: Scope((Step(u, i),)), st.sampled_from(units), _INDEX)
    return st.one_of(st.just(WHOLE), each, nth)


_CONTAINERS = {"words": ("sentence", "paragraph", "line"), "sentences": ("paragraph",)}


@st.composite
def counts(draw: st.DrawFn) -> Count:
    unit = draw(st.sampled_from(sorted(UNITS)))
    low, high = draw(bounds())
    if not UNITS[unit].element:
        low, high = low + 1, None if high is None else high + 1
    if unit == "characters":
        low, high = low + 100, None if high is None else high + 100
    where = draw(scopes(*_CONTAINERS[unit])) if unit in _CONTAINERS else WHOLE
    return Count(unit, low, high, where)


@st.composite
def mentions(draw: st.DrawFn) -> Mention:
    low, high = draw(bounds(9))
    terms = tuple(draw(st.lists(phrases, min_size=1, max_size=3, unique=True)))
    mode = draw(st.sampled_from(["each", "total", "of"]))
    where = draw(scopes("sentence", "paragraph"))
    if mode == "of" and len(terms) > 1:
        return Mention(terms, 1, None, where, "word", "of", draw(st.integers(1, len(terms))))
    if mode == "total" and len(terms) > 1 and (low, high) != (0, 0):
        return Mention(terms, low, high, where, "word", "total")
    return Mention(terms, low, high, where)


_PLACES = scopes("sentence", "paragraph")
_NTH = st.builds(
    lambda u, i: Scope((Step(u, i),)), st.sampled_from(["sentence", "paragraph"]), _INDEX
)
_PAIR = st.lists(phrases, min_size=2, max_size=2, unique=True)
OTHERS: list[st.SearchStrategy[Constraint]] = [
    st.builds(Edge, st.sampled_from(["begin", "end"]), phrases, _PLACES, wanted=st.booleans()),
    st.builds(lambda s, c: Edge("begin", s, c, "letter"), st.sampled_from("abcdefgh"), _PLACES),
    st.builds(
        lambda s, t, c: Edge(s, t, c, "category"),
        st.sampled_from(["begin", "end"]),
        st.sampled_from(
            ["question", "quote", "greeting", "joke", "anecdote", "apology", "summary"]
        ),
        _PLACES,
    ),
    st.builds(
        lambda p, u, how: Together(tuple(sorted(p, key=str.casefold)), u, *how),
        _PAIR,
        st.sampled_from(["sentence", "paragraph"]),
        st.sampled_from([(True, True), (False, True), (False, False)]),
    ),
    st.builds(lambda p: Order(p[0], p[1]), _PAIR),
    st.builds(Confined, phrases, _NTH),
    st.builds(
        lambda p, b: Spread(p, "paragraph", b[0] + 1, None if b[1] is None else b[1] + 1),
        phrases,
        bounds(8),
    ),
    st.builds(
        Usage,
        words,
        st.just("number"),
        st.sampled_from(["singular", "plural"]),
        st.booleans(),
        st.integers(0, 1),
    ),
    st.builds(
        Usage,
        words,
        st.just("pos"),
        st.sampled_from(["noun", "verb", "adjective"]),
        st.booleans(),
        st.integers(0, 1),
    ),
    st.builds(
        Format,
        st.sampled_from(["JSON", "XML", "YAML", "CSV", "HTML", "LaTeX", "Markdown", "plain text"]),
        st.booleans(),
    ),
    st.builds(
        lambda k: Format("JSON", True, tuple(k)),
        st.lists(words, min_size=1, max_size=4, unique=True),
    ),
    st.builds(Case, st.sampled_from(["lower", "upper", "title", "sentence", "sentence start"])),
    st.builds(
        Language,
        st.sampled_from(["english", "french", "chinese", "russian"]),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(Person, st.sampled_from(["first", "second", "third", "you"]), st.booleans()),
    st.builds(Tense, st.sampled_from(["past", "present", "future"]), st.booleans()),
    st.builds(Voice, st.sampled_from(["active", "passive"]), st.booleans()),
    st.builds(
        Tone,
        st.sampled_from(["formal", "informal", "humorous", "sarcastic", "warm", "jargon"]).map(
            lambda t: (t,)
        ),
        st.booleans(),
    ),
    st.builds(
        Audience,
        st.sampled_from(
            [
                "expert",
                "lay",
                "child",
                "professional_audience",
                "academic_audience",
                "casual_audience",
                "teen",
                "adult",
            ]
        ),
        st.booleans(),
    ),
    st.builds(Precision, st.integers(0, 6), st.booleans()),
    st.builds(Scientific, st.booleans()),
    st.builds(Rhyme, st.sampled_from(["", "abab", "aabb"])),
    st.sampled_from([Title(), Title(True), Title(wanted=False)]),
    st.builds(Wrapped, st.sampled_from(["double", "single", ""]), st.booleans()),
    st.sampled_from(
        [Postscript(), Postscript("P.S."), Postscript("P.P.S."), Postscript(wanted=False)]
    ),
    st.builds(Separator, st.sampled_from(["***", "---", "===", "******"])),
    st.builds(
        Emphasis,
        st.sampled_from(["bold", "italics"]),
        st.sampled_from(["key terms", "title", "names", "keywords", "important words"]),
    ),
    st.builds(Role, st.sampled_from(["a pirate", "an old sailor", "at a wedding", "in the rain"])),
    st.builds(
        SentenceType,
        st.sampled_from(["exclamatory", "interrogative", "declarative", "imperative"]),
    ),
    st.builds(OnlySpeech, st.sampled_from(["nouns", "verbs", "adjectives"])),
    st.builds(EachWord, st.sampled_from(["b", "s", "t"])),
    st.builds(Palindrome, scopes("sentence", "line", "paragraph")),
    st.just(Palindrome(Scope((Step("word", EACH),)))),
    st.builds(Acrostic, phrases, st.sampled_from(["line", "sentence", "paragraph"])),
    st.builds(Variety, st.sampled_from(["british", "american"])),
    st.builds(TermCase, phrases),
    st.builds(Alphabet, st.sampled_from(["", "A", "S"]), st.sampled_from(["sentence", "line"])),
]
_PART = st.sampled_from([Fraction(n, d) for d in (2, 3, 4, 5, 7, 10, 20) for n in range(1, d)])


def shares(each: st.SearchStrategy[Constraint]) -> st.SearchStrategy[Share]:
    """At least, at most, more or less than, exactly, about a part, or from one to another."""

    def made(one: Constraint, part: Fraction, to: Fraction, how: str) -> Share:
        low, high = sorted((part, to))
        bounds = {"at least": (part, 1), "at most": (0, part), "from": (low, high)}
        least, most = bounds.get(how, (part, part))
        return Share(one, str(least), str(most), approx=how == "about")

    def opened(one: Constraint, part: Fraction, more: bool) -> Share:
        return Share(one, str(part) if more else "0", "1" if more else str(part), open=True)

    how = st.sampled_from(["at least", "at most", "from", "exactly", "about"])
    return st.one_of(
        st.builds(made, each, _PART, _PART, how), st.builds(opened, each, _PART, st.booleans())
    )


_EACH_SENTENCE = Scope((Step("sentence", EACH),))
_SHARED: st.SearchStrategy[Constraint] = st.one_of(
    st.builds(lambda b: Count("words", b[0] + 1, None, _EACH_SENTENCE), bounds()),
    st.builds(lambda p: Mention((p,), 1, None, Scope((Step("paragraph", EACH),))), phrases),
    st.builds(lambda p, s: Edge(s, p, _EACH_SENTENCE), phrases, st.sampled_from(["begin", "end"])),
    st.builds(SentenceType, st.sampled_from(["exclamatory", "interrogative", "declarative"])),
    st.builds(EachWord, st.sampled_from(["b", "s"])),
)
_SOME = st.builds(
    lambda each, n, exactly: Some(each, n, n if exactly else None),
    _SHARED.filter(lambda c: not isinstance(c, Mention | EachWord)),
    st.integers(1, 9),
    st.booleans(),
)
constraints: st.SearchStrategy[Constraint] = st.one_of(
    counts(), mentions(), shares(_SHARED), _SOME, *OTHERS
)
"""Every kind whose wording names all that it holds."""

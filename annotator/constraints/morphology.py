"""Just enough English morphology: plurals, inflections, and a part of speech where it is sure."""

from __future__ import annotations

from annotator.constraints.lexicon import lexicon, listed

_IRREGULAR = dict(
    pair.split(":")
    for pair in lexicon(
        """
    child:children person:people man:men woman:women foot:feet tooth:teeth mouse:mice
    goose:geese life:lives wife:wives knife:knives leaf:leaves half:halves self:selves
    shelf:shelves wolf:wolves analysis:analyses crisis:crises basis:bases criterion:criteria
    phenomenon:phenomena thesis:theses parenthesis:parentheses hypothesis:hypotheses
    ellipsis:ellipses
    datum:data medium:media
    hero:heroes potato:potatoes tomato:tomatoes
        """
    )
)
_SINGULAR = {plural: one for one, plural in _IRREGULAR.items()}
_VOWELS = "aeiou"


def plural(word: str) -> str:
    """The plural of a singular noun, in lower case."""
    word = word.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


def singular(word: str) -> str:
    """The singular of a plural noun; a word that is none comes back as it is."""
    word = word.lower()
    if word in _SINGULAR:
        return _SINGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


def inflections(word: str) -> frozenset[str]:
    """Forms of ``word`` as a noun and as a regular verb, itself included, in lower case."""
    base = singular(word)
    stem = base[:-1] if base.endswith("e") else base
    forms = {word.lower(), base, plural(base), stem + "ing", stem + "ed"}
    if base.endswith("y") and base[-2:-1] not in _VOWELS:
        forms.add(base[:-1] + "ied")
    if (
        len(base) > 2
        and base[-1] not in "aeiouwxy"
        and base[-2] in _VOWELS
        and base[-3] not in _VOWELS
    ):
        forms |= {base + base[-1] + "ed", base + base[-1] + "ing"}
    return frozenset(forms)


_ENDINGS = listed(
    "ational ations ation ments ment ities ity ings ing ives ive edly ied ies ed es ly s e y"
)


def stem(word: str) -> str:
    """A rough stem for comparing content words ("narrating", "narrative" → "narrat")."""
    word = word.lower().removesuffix("'s").replace("'", "")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return stem(word[: -len(ending)])
    return word


_DETERMINERS = lexicon(
    """
    the a an this that these those my your his her its our their some any no each every all
    many much more most several few such what whose
    """
)
_SUBJECTS = frozenset(["i", "you", "he", "she", "it", "we", "they", "who"])
_BEFORE_VERB = lexicon(
    """
    to will would can could may might must shall should do does did don't let please not never
    cannot can't won't
    """
)
_OBJECTS = lexicon(
    """
    me you him us them it the a an your my our their his this that these
    """
)
_PREPOSITIONS = lexicon(
    """
    of for with about in on at from by into during after before
    """
)
_AUXILIARY = lexicon(
    """
    is are was were will has have had can may must should would
    """
)
_ADJECTIVE_ENDINGS = ("al", "ful", "ous", "able", "ible", "ive", "ic", "less")


_NOT_ADVERBS = lexicon(
    "early friendly daily weekly monthly yearly family only lovely lively likely"
)
_ADJECTIVES = lexicon(
    """
    hard good bad best better real special extra free own big small long short last next first high
    low full deep clear strong early daily happy sweet warm kind true modern local simple quick
    fresh new great
    """
)
_BEFORE_NOUN = _DETERMINERS | _PREPOSITIONS | _ADJECTIVES


def part_of_speech(words: tuple[str, ...], i: int) -> str:
    """ "noun" or "verb" where the words around ``words[i]`` leave no doubt, else ""."""
    before = words[i - 1] if i else ""
    after = words[i + 1] if i + 1 < len(words) else ""
    if before in _SUBJECTS or before in _BEFORE_VERB:
        return "verb"
    if _finite_after_noun(words, i, before, after) or _after_adverb(words, i, before):
        return "verb"
    if before in _BEFORE_NOUN or before.endswith(_ADJECTIVE_ENDINGS):
        return "noun" if after not in _DETERMINERS | {"me", "him", "us", "them"} else ""
    if (
        i > 1
        and before.endswith(("ed", "ing", *_ADJECTIVE_ENDINGS))
        and words[i - 2] in _DETERMINERS
    ):
        return "noun" if after not in _OBJECTS and not words[i].endswith(("s", "ed", "ing")) else ""
    if after in _AUXILIARY or after == "of":
        return "noun"
    if i and i + 1 == len(words) <= 4 and _closes_noun_phrase(words):
        return "noun"
    if not i and after in _OBJECTS:
        return "verb"
    return ""


def _after_adverb(words: tuple[str, ...], i: int, before: str) -> bool:
    """ "we gladly accept", "kindly wait": an adverb between subject and verb."""
    adverb = before.endswith("ly") and before not in _NOT_ADVERBS
    return adverb and (i == 1 or words[i - 2] in _SUBJECTS)


def _closes_noun_phrase(words: tuple[str, ...]) -> bool:
    """ "quiet harbor evening": content words only, none of which can be a subject."""
    function = _DETERMINERS | _SUBJECTS | _BEFORE_VERB | _OBJECTS | _PREPOSITIONS | _AUXILIARY
    closed = any(w in function or w.endswith("ly") or not w.isalpha() for w in words)
    return not closed and not words[-2].endswith("s") and not words[-1].endswith(("ed", "ing", "s"))


def _finite_after_noun(words: tuple[str, ...], i: int, before: str, after: str) -> bool:
    """ "this letter reaches you", "the charts our captain draws": noun + verb in -s."""
    if not words[i].endswith("s") or before.endswith("s") or i < 2:
        return False
    if words[i - 2] not in _DETERMINERS:
        return False
    closed = before not in _BEFORE_NOUN | _SUBJECTS
    object_after = after in _OBJECTS - {"that", "it"} or after in ("you", "me", "us")
    relative = i + 1 == len(words) and i >= 4 and words[i - 3] not in _PREPOSITIONS | _BEFORE_VERB
    return closed and (object_after or (relative and words[i - 3].isalpha()))

"""Tone, register and audience: a judge tells them in a text; which exclude which is told here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from annotator.constraints import owners
from annotator.constraints.base import Clash, Constraint, Verdict, kind, undecided
from annotator.constraints.clause import Clause
from annotator.constraints.lexicon import lexicon
from annotator.constraints.segment import Response
from annotator.domain.regex import regex

_TRAITS: dict[str, str] = {
    "formal": (
        r"(?:highly |very |strictly |more )?formal(?:ity|ly)?|ceremonious|dignified|"
        r"business-?like"
    ),
    "professional": r"professional(?:ism|ly)?|corporate",
    "academic": r"academic(?:ally)?|scholarly",
    "informal": (
        r"informal(?:ity|ly)?|casual(?:ly)?|colloquial(?:isms?|ly)?|slang(?:y)?|laid-back|"
        r"breezy|irreverent|nicknames?|chummy|unprofessional"
    ),
    "conversational": r"conversational(?:ly)?|chatty",
    "humorous": (
        r"humou?r(?:ous|ously)?|witty|wit|funny|comedic|comical|playful(?:ly|ness)?|jokes|"
        r"joking(?:ly)?|tongue-in-cheek|silly|goofy|whimsical|hilarious|flippant"
    ),
    "sarcastic": r"sarcas(?:m|tic|tically)|satirical|mocking(?:ly)?|snarky|ironic(?:al)?",
    "serious": r"serious(?:ly|ness)?|solemn(?:ly)?|grave|somber|sombre",
    "polite": r"polite(?:ly|ness)?|respectful(?:ly)?|courteous(?:ly)?|tactful|diplomatic",
    "rude": (
        r"rude(?:ly)?|disrespectful(?:ly)?|impolite|aggressive(?:ly)?|hostile|confrontational|"
        r"condescending|dismissive|insulting|harsh(?:ly)?|offensive"
    ),
    "warm": (
        r"warm(?:ly|th)?|friendly|cordial|affectionate|heartfelt|welcoming|kind|compassionate|"
        r"empathetic"
    ),
    "cold": r"cold(?:ly)?|clinical|robotic|distant|impersonal|unfriendly|indifferent|"
    r"aloof|emotionless",
    "positive": (
        r"positive(?:ly|ity)?|encouraging(?:ly)?|motivational|motivating|inspir(?:ing|ational)|"
        r"supportive|optimistic|cheerful|upbeat|joyful|uplifting|hopeful"
    ),
    "negative": (
        r"negative(?:ly|ity)?|discouraging(?:ly)?|demotivating|disheartening|critical|"
        r"stern(?:ly)?|disapproving|pessimistic|gloomy|melanchol(?:y|ic)|despairing|hopeless|"
        r"bleak|cynical|mournful"
    ),
    "excited": (
        r"adventurous|thrilling|lively|animated|vibrant|energi[sz]ing|enthusiastic(?:ally)?|"
        r"excited|energetic|passionate|exuberant"
    ),
    "calm": (
        r"calm(?:ly)?|unhurried|subdued|restrained|understated|monotone|dull|apathetic|unenthusiastic|"
        r"detached|bored|uninterested|disinterested|lukewarm"
    ),
    "neutral": r"neutral|objective|impartial|unbiased",
    "emotional": r"emotional(?:ly)?|subjective|biased|opinionated|sentimental|(?:over)?dramatic",
    "persuasive": r"persuasive(?:ly)?|promotional|salesy",
    "urgent": r"urgent(?:ly)?|urgency|frantic|panicked|alarmist",
    "confident": r"confident(?:ly)?|assertive|decisive|confidence",
    "hesitant": r"hesitant|uncertain|timid|unsure|apologetic|indecisive",
    "simple": (
        r"simple|plain|easy[\s-]to[\s-](?:read|understand|follow)|accessible|straightforward|"
        r"layman(?:'s)?|clarity|clear"
    ),
    "complex": (
        r"complex sentence structures?|complex (?:language|vocabulary|terminology|sentences?|"
        r"terms)|convoluted|academic terminology|sophisticated (?:vocabulary|language)|obscure "
        r"(?:words|vocabulary|terms)|advanced (?:vocabulary|terminology)|archaic|hard to "
        r"understand|difficult to understand"
    ),
    "terms": (
        r"(?:technical|specialized|specialised|(?:industry|domain|field)[\s-]specific) "
        r"(?:terms?|terminology|vocabulary)|terminology-heavy"
    ),
    "jargon": (
        r"jargons?|(?:highly )?technical(?:ly)?(?: (?:language|jargons?))|"
        r"(?:specialized|specialised|industry|domain|field)[\s-](?:specific )?language|technical"
    ),
    "concise": r"concise(?:ly)?|brief(?:ly)?|succinct(?:ly)?|to the point",
    "verbose": r"verbose(?:ly)?|long-winded|wordy|lengthy|rambling|elaborate",
    "direct": r"blunt(?:ly)?",
    "suspenseful": r"suspenseful(?:ly)?|mysterious(?:ly)?|eerie|ominous|spooky",
    "sincere": r"sincere(?:ly)?|sincerity|earnest(?:ly)?",
    "factual": r"matter-of-fact|deadpan|factual",
}
_TRAIT = regex(
    "|".join(rf"(?P<t{i}>(?<![\w-])(?:{p})(?![\w-]))" for i, p in enumerate(_TRAITS.values()))
)
_OPPOSED = """
    formal: informal conversational humorous sarcastic casual_audience
    professional: informal humorous sarcastic rude casual_audience
    academic: informal humorous sarcastic casual_audience conversational
    humorous: serious
    sarcastic: serious polite
    polite: rude
    warm: cold rude negative neutral sarcastic
    positive: negative neutral cold sarcastic rude
    excited: calm neutral cold negative
    neutral: emotional sarcastic humorous
    confident: hesitant
    simple: complex jargon
    concise: verbose
    child: academic_audience
    lay: expert jargon complex professional_audience academic_audience
    child: expert adult jargon complex academic teen
    professional_audience: casual_audience child informal humorous sarcastic
    academic_audience: casual_audience child informal humorous sarcastic
    rude: formal calm
    persuasive: neutral
    urgent: calm
    sincere: sarcastic
    factual: suspenseful excited emotional
    teen: professional_audience academic_audience expert adult
"""
_OPPOSITE: dict[str, set[str]] = {}
for _one, _others in (line.split(":") for line in _OPPOSED.strip().splitlines()):
    for _two in _others.split():
        _OPPOSITE.setdefault(_one.strip(), set()).add(_two)
        _OPPOSITE.setdefault(_two, set()).add(_one.strip())
_WEAK = frozenset(["simple", "concise", "verbose", "serious"])
"""Words that mean many things; they count as traits only right beside a noun of style."""
_STYLE_NOUN = (
    r"(?:tone|style|language|register|manner|voice|vocabulary|wording|expressions?|phrasing"
    r"|diction|attitude|mood|"
    r"approach|terms|terminology|writing|prose|delivery|demeanou?r|sentiment|flair|"
    r"elements?|touch|remarks?|tones)"
)
_NO = regex(
    r"\b(?:not|no|never|avoid(?:s|ing)?|without|don't|refrain(?:s|ing)?|instead of|rather "
    r"than|cannot|exclud(?:e|ing)|less|disregarding|"
    r"free of|free from|eschew\w*|omit\w*|forgo\w*|abandon\w*|ignor\w*|neither|nor|devoid "
    r"of|steer clear of|than|over|minimal|prevent\w*|eliminat\w*)\b"
)
_NOT_NO = regex(r"\b(?:not only|no less|no more than|not just)\b")
_BREAK = regex(
    r"[.;:]|,\s*(?:and\s+)?(?:maintain\w*|keep\w*|ensur\w*|us\w+|tailor\w*|with|writ\w+|"
    r"employ\w*|but|while|yet|opt\w*|adopt\w*|sett?ing)\b|"
    r"\b(?:but|while|yet|however|although)\b|\band (?:maintain\w*|keep\w*|ensur\w*|us\w+|"
    r"writ\w+|is|be|adopt\w*|employ\w*|instead)\b"
)
_OTHER_NOUN = regex(
    r"^[\s,]*(?:\w+\s+and\s+)?(?:development|growth|experience|background|goals?|"
    r"achievements?|opportunit\w+|career|conference|network\w*|"
    r"research|institutions?|years?|wear|dress|attire|education|records?|credentials|"
    r"references?|services?|memory|feedback|reasons?|"
    r"benefits?|training|relationships?|apolog\w+|request|complaint|invitation|interests?|"
    r"performance|support|skills?|help|advice|photographer|"
    r"qualifications?|details?|journey|life|requirements?|specifications?|issues?|problems?"
    r"|updates?|pursuits?|regards?)\b"
)
_HAS_STYLE = regex(
    rf"\b(?:{_STYLE_NOUN}|write|written|tailor\w*|keep|remain|maintain\w*|sound|be|"
    rf"compose[d]?|us(?:e|ing)|employ\w*|incorporat\w*|"
    r"include|inject\w*|add|infus\w*|address\w*|ensur\w*|avoid\w*|audience|exhibit\w*|"
    r"adopt\w*|refrain\w*|convey\w*|express\w*|"
    r"email|letter|response|message|throughout|craft|draft|make|describe|present\w*|should|must|"
    r"stay|seem|appear|com(?:e|es) across)\b"
)


@kind("tone")
@dataclass(frozen=True)
class Tone(Constraint):
    """The text has (or, not ``wanted``, has not) these traits of tone, register or wording."""

    traits: tuple[str, ...]
    wanted: bool = True

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        if not _HAS_STYLE.search(clause.text):
            return
        good: list[str] = []
        bad: list[str] = []
        for match in _TRAIT.finditer(clause.text):
            trait = next(n for i, n in enumerate(_TRAITS) if match[f"t{i}"])
            if owners.of_a_part(clause, match.start(), match.end()):
                continue
            if not _is_style(clause.text, match, trait):
                continue
            denied = _denied(clause.text, match)
            left = clause.text[: match.start()]
            if denied and (_MILD.search(left) or _LIMITED.search(left)):
                continue
            (bad if denied else good).append(trait)
        if good:
            yield cls(tuple(sorted(set(good))))
        if bad:
            yield cls(tuple(sorted(set(bad))), wanted=False)

    def verify(self, response: Response) -> Verdict:
        return undecided("Tone and register are for a judge.")

    def say(self) -> str:
        words = [_SAY.get(t, t) for t in self.traits]
        if not self.wanted:
            return f"Avoid {_list(words, 'or')} language."
        return f"Write in {'an' if words[0][0] in 'aeiou' else 'a'} {_list(words, 'and')} tone."

    def clashes(self, other: Constraint) -> Clash | None:
        return _clash(self, other)


_SAY = {
    "jargon": "technical",
    "terms": "terminology-heavy",
    "complex": "convoluted",
    "simple": "plain",
    "direct": "blunt",
}


_LIMITED = regex(
    r"\b(?!technical|casual|formal|informal|academic|any|all)[a-z-]{3,}(?:ive|ous|ate|ary|ful|less|"
    r"able|ible|ent|ant|ical|al|dark|crude|cheap|mean|heavy|forced|cruel)\s+$|"
    r"\b(?:dark|crude|cheap|mean|heavy|forced|cruel|dry)\s+$"
)
"""Adjectives right before a trait that is ruled out: only "offensive humor" is."""
_MILD = regex(
    r"\b(?:over|overly|too|excessive(?:ly)?|unnecessar(?:y|ily)|highly|very|extremely|"
    r"unexplained|undue)\b[^.;]{0,30}$"
)
"""Words that rule out too much of a trait, not the trait."""


def _list(words: list[str], joint: str) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" {joint} " + words[-1]


_NOUN = regex(
    r".*(?:ity|ness|ism|isms|asm|ly|wit|confidence|urgency|slang|jargons?|humou?r|jokes?|warmth|nicknames?|"
    r"terms?|terminology|vocabulary|structures?|"
    r"sentences?|language|clarity|colloquial|details|concepts)"
)
_THING = (
    rf"(?:{_STYLE_NOUN}|e-?mail|letter|response|message|text|reply|answer|essay|story|"
    rf"article|report|blog|post|speech|note|poem|summary|"
    r"narrative|paragraph|sentences?|phrases?|words?|greetings?|audience|dialogue|content|"
    r"format|way|fashion|script|proposal|plan|guide|"
    r"introduction|review|piece|nickname|abbreviation|persona|atmosphere|spirit|feel|energy)"
)
_BEFORE_THING = regex(
    rf"^(?:[\s,]+(?!of\b|in\b|for\b|with\b|about\b|to\b)[\w'-]+){{0,4}}?[\s,]+{_THING}\b"
)
_PREDICATE = regex(
    r"\b(?:be|is|are|remain|remains|sound|sounds|stay|keep|keeping|kept|maintain\w*|tone|"
    r"style|language|manner|register|make|making|written|write|more|feel|seem|appear|"
    r"com(?:e|es|ing) (?:across|off) as|reads? as)\b[^.;]{0,50}$"
)


def _is_noun(word: str) -> bool:
    """Whether a trait is said as a noun or adverb ("slang", "formally"), which needs no other."""
    return bool(_NOUN.fullmatch(word)) and word not in ("friendly", "lively", "silly")


def _described(left: str, right: str) -> bool:
    """Whether the adjective before ``right`` describes the text or its tone."""
    if _BEFORE_THING.match(right):
        return True
    ends = re.match(
        r"\s*(?:$|[.,;:]|and\b|yet\b|but\b|or\b|throughout\b|while\b|enough\b|about\b|in (?:tone|"
        r"style|nature)\b|rather\b|to\b|for\b|without\b)",
        right,
    )
    return bool(ends and _PREDICATE.search(left))


_WIELD = regex(
    r"\b(?:us(?:e|es|ing)|employ\w*|includ(?:e|es|ing)|incorporat\w*|contain\w*|with|"
    r"featur\w*|fill\w* with|full of|rel(?:y|ies|ying) on|"
    r"utili[sz]\w*|in|avoid\w*|without|no|not|free (?:of|from)|refrain\w*|or|and|highly|a|"
    r"more|be|minimal|adopt|heavy|heavily)\s+(?:[\w-]+,?\s+){0,4}$"
)


def _wields(left: str, right: str) -> bool:
    """Whether technical terms are to be used or avoided, not explained or simplified."""
    if re.search(
        r"\b(?:explain|simplif|clarif|defin|explanations?|translat)\w*\b[^.;]{0,40}$", left
    ):
        return False
    if re.match(
        r"[^.;]{0,40}\b(?:is|are|be|being|gets?)\s+(?:\w+\s+){0,2}(?:explain|simplif|clarif|defin)",
        right,
    ):
        return False
    return bool(_WIELD.search(left))


_AMBIGUOUS = lexicon(
    """
    plain clear clarity technical kind cold warm dry neutral wit grave objective direct corporate
    serious emotional dramatic urgent positive negative critical confidence urgency
    """
)
"""Words that are traits only beside a noun of style."""
_NEAR_NOUN = regex(rf"(?:,?\s*(?:and|yet|but|or)?\s*[\w-]+){{0,3}}?\s*{_STYLE_NOUN}\b")
_TONE_IS = regex(
    r"\b(?:tone|style|language|wording|register|prose|writing|vocabulary|attitude)\s+"
    r"(?:(?:\w+\s+){0,3}(?:be|is|remain|to be|that is|convey|express|exude|reflect|project|"
    r"radiate)s?\s+(?:\w+,?\s+){0,4}"
    r"|(?:strictly|very|completely|purely|entirely|always)?\s*(?:[\w-]+,?\s+(?:and|yet|but)\s+)?)$"
)
_STAYS = regex(r"\b(?:remain|stay|sound)\s+(?:(?:strictly|completely|entirely|always)\s+)?$")
_ENDS = regex(r"\s*(?:$|[.,;:]|(?:and|yet|but|or|throughout|without|at all times)\b)")
_TOPIC = regex(r"\b(?:about|discuss\w*|explain\w*|of|regarding)\s+(?:the\s+|a\s+|an\s+)?$")
_TOUCH = regex(
    r"\b(?:touch|bit|hint|dose|use|sense|free|lot|element|amount|kind|devoid|clear) of\s+$"
)
_READERS = regex(r"\s+(?:audience|readers?|readership|settings?|context)\b")


_GREETING = regex(r"\s+(?:greetings?|salutations?|closings?|openings?|welcome|farewell)\b")


def _is_style(text: str, match: re.Match[str], trait: str) -> bool:
    """Whether the word that ``match`` found speaks of how the text is to be written."""
    left, right = text[: match.start()], text[match.end() :]
    if trait in ("jargon", "terms") and not _wields(left, right):
        return False
    if _OTHER_NOUN.match(right) or _READERS.match(right) or re.search(r"‹[^›]*$", left):
        return False
    if trait == "warm" and _GREETING.match(right):
        return False
    if not _is_noun(match[0]) and not _described(left, right):
        return False
    if trait in _WEAK or match[0] in _AMBIGUOUS:
        alone = bool(_TONE_IS.search(left))
        if match[0] in ("neutral", "objective", "impartial", "serious", "urgent"):
            alone = alone or bool(_STAYS.search(left))
        return bool(_NEAR_NOUN.match(right) or (alone and _ENDS.match(right)))
    if _TOPIC.search(left) and not re.match(rf"\s*(?:\w+\s+)?{_STYLE_NOUN}", right):
        return bool(_TOUCH.search(left))
    return True


def _denied(text: str, match: re.Match[str]) -> bool:
    left = _NOT_NO.sub(lambda m: " " * len(m[0]), text[: match.start()])
    begin = max((m.end() for m in _BREAK.finditer(left)), default=0)
    cues = list(_NO.finditer(left[begin:]))
    if not cues:
        return False
    cue = cues[-1]
    gap = left[begin + cue.end() :]
    return len(gap) < 60 and not (cue[0] in ("over", "than", "less") and len(gap.split()) > 2)


_AUDIENCES = {
    "expert": r"experts?|specialists?|technical|expert-level|advanced|insiders?",
    "lay": (
        r"first-time \w+|lay[\s-]?(?:person|people|man|men|persons)?|general|non-?technical|"
        r"non-?experts?|non-?specialists?|beginners?|novices?|newcomers?|broad|wide"
    ),
    "child": (
        r"(?:\d+-year-old )?(?:young )?(?:children|kids|child)|young readers?|toddlers?|"
        r"kindergart\w+|\d+-year-olds?|elementary[\s-]school\w*"
    ),
    "adult": r"adults?|seniors?|elderly",
    "professional_audience": r"professionals?|business|corporate|executives?",
    "academic_audience": r"academics?|scholarly|scholars?|researchers?|scientists?",
    "casual_audience": r"casual|informal|friends",
    "teen": r"teen(?:ager)?s?|young adults?",
}
_AUDIENCE = regex(
    r"\b(?:(?:tailor(?:ed)?|aimed|target(?:ed|ing)?|suitable|suited|geared|intended|"
    r"appropriate|written|designed|adapt(?:ed)?|write|meant|directed|"
    r"accessible)\b[^.;,]{0,30}?\b(?:for|to|at|toward|towards)|for|target|"
    r"(?:audience|readers?)(?:\s+(?:is|are|should be|will be|consists? of)|:| of)|"
    r"explain(?:ed|ing)?\b[^.;,]{0,30}?\bto|as if to)\s+"
    r"(?:an?\s+|the\s+)?(?:[\w-]+\s+){0,1}?(?:"
    + "|".join(f"(?P<a{i}>(?:{p}))" for i, p in enumerate(_AUDIENCES.values()))
    + r")(?![\w-])(?P<noun>\s+(?:audience|readers?|readership|public|listeners|people|population|"
    r"practitioners?|users?|learners?|students?))?"
)


_KNOWS = regex(
    r"\bassum(?:e|es|ing)\s+(?!no\b|little\b|that they (?:do not|"
    r"don't))[^.;,]{0,40}?\b(?:familiarity|expertise|advanced knowledge|prior knowledge|"
    r"fluency)\b"
)


_KNOWS_NOT = regex(
    r"\b(?:assum(?:e|es|ing)\s+no|with\s+(?:no|little)|without\s+(?:any\s+)?)\s*(?:prior|previous|"
    r"background|technical|specialist)\s+(?:knowledge|experience|background)\b"
)
_GRASPED = regex(
    rf"\bthat\s+(?:even\s+)?(?:an?\s+|any\s+)?(?:{_AUDIENCES['child']})\s+(?:can|could|would|will|"
    r"might)\s+(?:easily\s+)?(?:understand|follow|grasp|enjoy)\b"
    rf"|\bunderstandable\s+(?:to|for|by)\s+(?:an?\s+)?(?:{_AUDIENCES['child']})\b"
)


_LEARNERS = lexicon("practitioner practitioners user users learner learners student students")
"""Readers, if a text is written for them; otherwise people that it tells of."""


@kind("audience")
@dataclass(frozen=True)
class Audience(Constraint):
    """The text is written for (or not for) this sort of reader."""

    audience: str
    wanted: bool = True

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for match in _AUDIENCE.finditer(clause.text):
            name = next(n for i, n in enumerate(_AUDIENCES) if match[f"a{i}"])
            adjective = re.fullmatch(
                r"technical|general|broad|wide|business|corporate|academic|scholarly|casual"
                r"|informal|professional|lay|advanced|non-?technical",
                match[f"a{list(_AUDIENCES).index(name)}"],
            )
            directed = re.match(
                r"(?:tailor|aim|target|suit|gear|intend|appropr|written|design|adapt|write|"
                r"meant|direct|access|audience|reader|explain|as if)",
                match[0],
            )
            if (adjective and not match["noun"]) or not (match["noun"] or directed):
                continue
            if not directed and match["noun"].strip() in _LEARNERS:
                continue
            left = clause.text[: match.start()]
            yield cls(
                name,
                not re.search(
                    r"\b(?:not|never|avoid\w*|rather than|instead of)\s+(?:\w+\s+){0,2}$", left
                ),
            )
        if _KNOWS.search(clause.text):
            yield cls("expert")
        if _KNOWS_NOT.search(clause.text):
            yield cls("lay")
        if _GRASPED.search(clause.text):
            yield cls("child")

    def verify(self, response: Response) -> Verdict:
        return undecided("For whom a text is written is for a judge.")

    def say(self) -> str:
        name = _READER.get(self.audience, self.audience)
        return f"{'Tailor the text' if self.wanted else 'Do not tailor the text'} for {name}."

    def clashes(self, other: Constraint) -> Clash | None:
        return _clash(self, other)


_READER = {
    "expert": "experts", "lay": "a general audience", "child": "children", "adult": "adults",
    "professional_audience": "a professional audience", "academic_audience": "an academic audience",
    "casual_audience": "a casual audience", "teen": "teenagers",
}  # fmt: skip


def _poles(constraint: Constraint) -> tuple[set[str], bool]:
    if isinstance(constraint, Tone):
        return set(constraint.traits), constraint.wanted
    if isinstance(constraint, Audience):
        return {constraint.audience}, constraint.wanted
    return set(), True


_TECHNICAL = frozenset(["jargon", "terms"])
"""Who rules out one of these rules out both."""


def _clash(one: Constraint, other: Constraint) -> Clash | None:
    """Wanted traits against wanted opposites, or against the same traits ruled out."""
    wanted, good = _poles(one)
    others, also = _poles(other)
    if not wanted or not others or not good:
        return None
    if also:
        for trait in sorted(wanted):
            hits = sorted(_OPPOSITE.get(trait, set()) & others)
            if hits and not (others & wanted):
                return Clash("style", f"{_name(trait)} and {_name(hits[0])} do not go together.")
        return None
    if others & _TECHNICAL:
        others = others | _TECHNICAL
    both = sorted(wanted & others)
    if both:
        return Clash("style", f"{_name(both[0])} is asked for and ruled out.")
    return None


def _name(trait: str) -> str:
    name = _READER.get(trait) or _SAY.get(trait, trait)
    return f"Text for {name}" if trait in _READER else f'"{name}" wording'

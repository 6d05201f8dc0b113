"""In which form or meaning a word must stand: plural only, as a noun, in a given sense."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from annotator.constraints import morphology, quoting, scopes
from annotator.constraints.base import (
    WHOLE,
    Clash,
    Constraint,
    Fact,
    Scope,
    Verdict,
    kind,
    tokens,
    undecided,
)
from annotator.constraints.clause import Clause
from annotator.constraints.quoting import Group
from annotator.constraints.segment import Response
from annotator.domain.regex import regex

_ONLY = r"(?:only|exclusively|solely|strictly|always|purely)"
_POS = r"(?P<pos>noun|verb|adjective|adverb|pronoun|preposition|interjection|conjunction|gerund)"
_AS_POS = regex(
    rf"\b(?:as|to be|being|in the role of)\s+(?:an?\s+)?(?:\w+\s+)?{_POS}s?\b(?:\s+form)?"
    rf"|\bin (?:its|the) {_POS.replace('pos', 'pos2')} form\b"
)
_NUMBER = regex(
    r"\b(?:in|using|use)\s+(?:its|the|their|a)?\s*(?P<number>singular|plural)(?:\s+(?:form|"
    r"forms|version|noun form))?\b|\bas an?\s+(?P<number2>singular|plural)\b"
)
_ORIGINAL = regex(
    r"\bin (?:its|the|their) (?P<tense>past(?:[\s-]tense)?|gerund|present[\s-]participle)"
    r"(?: form)?\b|"
    r"\bin (?:its|the|their) (?P<form>original|base|exact|root|basic|infinitive|uninflected"
    r"|unaltered|unmodified)(?: \w+)? form\b|"
    r"\bwithout (?:any )?(?:inflections?|variations?|changes? (?:in|to) (?:its )?form)\b"
)
_LABEL_POS = regex(r"^(noun|verb|adjective|adverb|pronoun|preposition)s?$")
_REQUIRED = regex(
    r"\b(?:at least|exactly|must include|should include|must contain|include[sd]?|including"
    r"|contains?|"
    r"must use|use the|use keyword|incorporate|appear (?:as|in))\b|^use\b"
)


@dataclass(frozen=True)
class _Read:
    aspect: str
    value: str
    only: bool


@kind("usage")
@dataclass(frozen=True)
class Usage(Constraint):
    """``term`` in one ``value`` of an ``aspect``: number, part of speech ("pos") or "sense".

    ``only`` forbids every other use; ``low`` is how often it must stand in that use at least.
    """

    term: str
    aspect: str
    value: str
    only: bool = False
    low: int = 0
    scope: Scope = WHOLE

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for group in quoting.groups(clause):
            if group.role != "mention" or group.forbidden:
                continue
            for found in _reads(clause, group):
                low = 1 if _required(clause, group, found) else 0
                scope = _scope(clause, group)
                yield from (
                    cls(t, found.aspect, found.value, found.only, low, scope)
                    for t in group.terms
                    if len(t.split()) <= 2 or found.aspect != "number"
                )

    def verify(self, response: Response) -> Verdict:
        if self.aspect == "form":
            return self._verify_original(response)
        if self.aspect != "number":
            return undecided(f"Only a judge can tell a word's {_ASPECT[self.aspect]}.")
        from annotator.constraints.mentions import Mention

        wrong = Mention((self._other(),), 0, 0, self.scope).verify(response)
        if self.only and wrong.outcome != "pass":
            return wrong
        return Mention((self._form(),), self.low, None, self.scope).verify(response)

    def _verify_original(self, response: Response) -> Verdict:
        from annotator.constraints.mentions import Mention

        others = tuple(sorted(self._inflected()))
        wrong = Mention(others, 0, 0, self.scope).verify(response)
        if self.only and others and wrong.outcome != "pass":
            return wrong
        if self.value != "original":
            return undecided("Irregular forms make this a matter for a judge.")
        return Mention((self.term,), self.low, None, self.scope).verify(response)

    def _inflected(self) -> frozenset[str]:
        if " " in self.term or not self.term.isalpha():
            return frozenset()
        forms = morphology.inflections(self.term)
        if self.value == "original":
            return forms - {self.term.lower()}
        ending = "ed" if self.value == "past tense" else "ing"
        return frozenset(f for f in forms if not f.endswith(ending))

    def _form(self) -> str:
        head, last = _split(self.term)
        one = morphology.singular(last)
        return head + (one if self.value == "singular" else morphology.plural(one))

    def _other(self) -> str:
        head, last = _split(self.term)
        one = morphology.singular(last)
        return head + (morphology.plural(one) if self.value == "singular" else one)

    def mentioned(self) -> Sequence[tuple[str, Scope]]:
        return [(self.term, self.scope)] if self.low and not self.only else ()

    def say(self) -> str:
        only = " only" if self.only else ""
        where = f" in {self.scope.say()}" if self.scope else ""
        if self.aspect == "form":
            use = f"{only} in its {self.value} form"
        elif self.aspect == "sense":
            use = f'{only} in the sense of "{self.value}"'
        else:
            article = "an" if self.value[0] in "aeiou" else "a"
            use = f"{only} as {article} {self.value}"
        if self.low:
            return f'The word "{self.term}" must be used{use} at least once{where}.'
        return f'If the word "{self.term}" is used, it must be{use}{where}.'

    def facts(self) -> Sequence[Fact]:
        from annotator.constraints.mentions import key

        found = []
        if self.aspect == "number":
            if self.only and self._other() != self._form():
                found.append(Fact(self.scope, "mention:" + key(self._other()), 0, 0))
            if self.low:
                found.append(Fact(self.scope, "mention:" + key(self._form()), self.low, None))
        elif self.aspect == "form" and self.only:
            found.extend(Fact(self.scope, "mention:" + w, 0, 0) for w in sorted(self._inflected()))
        elif self.low and (self.aspect == "sense" or not self.only):
            found.append(Fact(self.scope, "mention:" + key(self.term), self.low, None))
        return found

    def clashes(self, other: Constraint) -> Clash | None:
        if isinstance(other, Usage):
            return self._clash_usage(other)
        return self._clash_phrases(other.phrases()) if self.only else None

    def _clash_usage(self, other: Usage) -> Clash | None:
        same = morphology.singular(self.term) == morphology.singular(other.term)
        if not same or self.aspect != other.aspect or self.value == other.value:
            return None
        if not (self.only and (other.low or other.only)) or not _overlap(self.scope, other.scope):
            return None
        if self.aspect == "sense" and set(_content(self.value)) & set(_content(other.value)):
            return None
        what = _ASPECT[self.aspect]
        return Clash(
            "keyword",
            f'"{self.term}" is to be used only as {self.value} ({what}), and also as '
            f"{other.value}.",
        )

    def _clash_phrases(self, phrases: Sequence[str]) -> Clash | None:
        if self.aspect != "pos":
            return None
        forms = morphology.inflections(self.term)
        for phrase in phrases:
            words = tuple(tokens(phrase))
            for i, word in enumerate(words):
                found = morphology.part_of_speech(words, i) if word in forms else ""
                if found and found != self.value:
                    return Clash(
                        "keyword-phrase",
                        f'The required phrase "{phrase}" has "{word}" as a {found}; '
                        f'"{self.term}" is to be used only as a {self.value}.',
                    )
        return None


_ASPECT = {"number": "number", "pos": "part of speech", "sense": "meaning", "form": "form"}


def _overlap(one: Scope, other: Scope) -> bool:
    return not one or not other or one == other


def _content(text: str) -> list[str]:
    return [morphology.stem(t) for t in tokens(text) if len(t) > 3]


def _split(term: str) -> tuple[str, str]:
    head, _, last = term.rpartition(" ")
    return (head + " " if head else ""), last


def _reads(clause: Clause, group: Group) -> Iterator[_Read]:
    text = clause.text
    right = text[group.end : _until(clause, group)]
    left = text[group.since : group.start]
    only = bool(re.search(rf"\b{_ONLY}\b", right) or re.search(rf"\b{_ONLY}\b", left))
    form = _ORIGINAL.search(right)
    if form:
        yield _Read("form", _form_name(form["tense"] or ""), only)
        return
    for pattern, aspect in ((_NUMBER, "number"), (_AS_POS, "pos")):
        match = pattern.search(right)
        if match:
            value = next(g for g in match.groups() if g)
            close = text[group.end : group.end + match.end() + 12]
            yield _Read(aspect, value, only and bool(re.search(rf"\b{_ONLY}\b", left + close)))
            break
    else:
        label = _LABEL_POS.match(group.label)
        if label and len(group.terms) == 1:
            yield _Read("pos", label[1], False)
    for other in quoting.groups(clause):
        if other.role == "gloss" and group.end <= other.start < _until(clause, group):
            gloss = other.terms[0] if other.terms else ""
            before = text[group.end : other.start]
            if (
                gloss
                and re.search(r"\b(?:defin|mean|sense|convey|denot)", before)
                and len(tokens(gloss)) > 1
            ):
                scoped = only and not re.search(r"[.;]", before)
                yield _Read("sense", gloss, scoped)
                implied = _implied(tokens(gloss)[0])
                if implied and not _AS_POS.search(right):
                    yield _Read("pos", implied, False)


def _form_name(tense: str) -> str:
    """The form that is asked for: "original", "past tense" or "gerund"."""
    if not tense:
        return "original"
    return "past tense" if tense.startswith("past") else "gerund"


def _implied(first: str) -> str:
    """The part of speech that a dictionary's gloss with this first word explains."""
    known = {"to": "verb", "a": "noun", "an": "noun", "the": "noun"}
    if first in known:
        return known[first]
    adjectival = ("able", "having", "relating", "of", "very", "not", "full", "free", "in", "based")
    return "adjective" if first in adjectival or first.endswith("ing") else ""


def _until(clause: Clause, group: Group) -> int:
    """The end of what is said about ``group``: the next terms to be mentioned."""
    later = [
        g.start for g in quoting.groups(clause) if g.start >= group.end and g.role == "mention"
    ]
    return min(later, default=len(clause.text))


def _required(clause: Clause, group: Group, found: _Read) -> bool:
    text = clause.text
    left, right = text[group.since : group.start], text[group.end : _until(clause, group)]
    if re.search(r"\bif\b|\bwhen(?:ever)?\b|\bwherever\b", left + right):
        return False
    if re.search(r"\b(?:at least|exactly|must be mentioned)\b", right):
        return True
    if re.search(r"\b(?:includ|contain|use\b|using|incorporat|featur)", left):
        return True
    return not found.only and bool(re.search(r"^\s*(?:must|should)\s+(?:be used|appear)", right))


def _scope(clause: Clause, group: Group) -> Scope:
    end = _until(clause, group)
    for mark in scopes.marks(clause):
        about = group.since <= mark.start < end
        if about and mark.role in ("nth", "each") and len(mark.scopes) == 1:
            return mark.scopes[0]
    return WHOLE


def claims(clause: Clause, group: Group) -> bool:
    """Whether the words of ``group`` only state a form, so that no plain mention is meant."""
    if group.forbidden:
        return False
    return any(
        r.aspect in ("number", "form") or (r.only and r.aspect in ("pos", "sense"))
        for r in _reads(clause, group)
    )

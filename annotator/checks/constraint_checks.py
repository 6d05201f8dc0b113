"""What the constraint language finds in an item: contradictions, numbers and quotes that differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from annotator.checks.finding import Component, Finding, Item, Mend, ranked
from annotator.checks.overlap import content, normal, share
from annotator.constraints import (
    Constraint,
    find_contradictions,
    mia_type,
    parse,
    split_instruction,
)
from annotator.constraints.clause import quoted
from annotator.constraints.counts import Count
from annotator.constraints.lexicon import lexicon, listed
from annotator.constraints.morphology import stem
from annotator.constraints.numerals import digits
from annotator.domain.regex import regex

_WORDS = listed(
    """
    zero one two three four five six seven eight nine ten eleven twelve
    """
)


def check(item: Item, time_limit: float = 0.5) -> list[Finding]:
    """Contradictions inside the item, and components that disagree with the instruction.

    Args:
        item: the item.
        time_limit: seconds for the solver.
    """
    found = [
        *_contradictions(item, time_limit),
        *_numbers(item),
        *_uncovered_counts(item),
        *_quotes(item),
        *_types(item),
    ]
    return ranked(found)


def _contradictions(item: Item, time_limit: float) -> Iterator[Finding]:
    keys = [c.key for c in item.components]
    for found in find_contradictions([c.text for c in item.components], time_limit):
        yield Finding(
            "contradiction",
            "error",
            tuple(keys[m] for m in found.members),
            found.reason,
            {
                "members": list(found.members),
                "kind": found.kind,
                "proof": found.proof,
                "score": 1.0 if found.proof == "solver" else 0.9,
            },
        )


_COUNTED = regex(r"\b(\d+)[\s-]+([a-z][a-z']*)(?:[\s-]+([a-z][a-z']*))?")
_NOT_COUNTED = lexicon(
    "of to and or in for the a an from with on at by that which is are where each"
)


def _counted(text: str) -> list[tuple[int, list[str]]]:
    """Every number with the stems of the one or two words after it: (3, ["short", "sentenc"])."""
    return [
        (int(m[1]), [stem(w) for w in m.groups()[1:] if w and w not in _NOT_COUNTED])
        for m in _COUNTED.finditer(digits(text).lower())
    ]


def _numbers(item: Item) -> Iterator[Finding]:
    """ "five-sentence" where the instruction says "four-sentence"."""
    said: dict[str, list[int]] = {}
    for number, nouns in _counted(item.instruction):
        for noun in nouns:
            said.setdefault(noun, []).append(number)
    for n, component in enumerate(item.components, start=1):
        for number, nouns in _counted(component.text):
            known = [noun for noun in nouns if noun in said]
            if known and not any(number in (*said[k], sum(said[k])) for k in known):
                yield _number_finding(n, component, number, set(said[known[-1]]), known[-1])
                break


def _number_finding(
    n: int, component: Component, wrong: int, wanted: set[int], noun: str
) -> Finding:
    mends = []
    if len(wanted) == 1:
        text = _with_number(component.text, wrong, min(wanted))
        if text is not None:
            edit = {"op": "set_component", "key": component.key, "field": "text", "value": text}
            mends.append(Mend(f"Say “{text.strip()}”", (edit,)))
    names = " and ".join(_word(w) for w in sorted(wanted))
    return Finding(
        "number",
        "error" if len(wanted) == 1 else "warning",
        (component.key,),
        f"Component {n} says {_word(wrong)} where the instruction says {names}: "
        f"“{component.text.strip()}”.",
        {"component": wrong, "instruction": sorted(wanted), "noun": noun, "score": 1.0},
        tuple(mends),
    )


def _word(number: int) -> str:
    return _WORDS[number] if number < len(_WORDS) else str(number)


def _with_number(text: str, old: int, new: int) -> str | None:
    """``text`` with the number ``old``, in digits or as a word, replaced in the same manner."""
    for said, wanted in ((str(old), str(new)), (_word(old), _word(new))):
        pattern = re.compile(rf"\b{re.escape(said)}\b", re.I)
        match = pattern.search(text)
        if match:
            kept = wanted.capitalize() if match[0][:1].isupper() else wanted
            return text[: match.start()] + kept + text[match.end() :]
    return None


def _uncovered_counts(item: Item) -> Iterator[Finding]:
    """A count that the instruction asks for and no component does."""
    if not item.components:
        return
    parts = {c for component in item.components for c in parse(component.text)}
    everything = normal(" . ".join(c.text for c in item.components))
    for constraint in parse(item.instruction):
        if (
            not isinstance(constraint, Count)
            or constraint in parts
            or constraint.low == 0 == constraint.high
        ):
            continue
        n = constraint.low or constraint.high or 0
        same_unit = any(isinstance(p, Count) and p.unit == constraint.unit for p in parts)
        if same_unit or (str(n) in everything and n > 0):
            continue
        if n <= 1 and constraint.high is None:
            continue
        evidence = {"constraint": constraint.say(), "score": 0.95, **_where(item, constraint)}
        said = f"The instruction asks: {constraint.say()} No component does."
        yield Finding("uncovered", "warning", (), said, evidence)


def _where(item: Item, constraint: Constraint) -> dict[str, list[int]]:
    """The place of the part of the instruction that states ``constraint``, where one alone does."""
    for text, start, end in split_instruction(item.instruction):
        if constraint in parse(text):
            return {"span": [start, end]}
    return {}


def _quotes(item: Item) -> Iterator[Finding]:
    """Quoted words of a component that the instruction does not have, and the other way round."""
    inside = normal(item.instruction)
    text = " " + " ".join(inside) + " "
    for n, component in enumerate(item.components, start=1):
        missing = [
            q.text
            for q in quoted(component.text)
            if (words := normal(q.text))
            and f" {' '.join(words)} " not in text
            and share(q.text, item.instruction) < 1
        ]
        if missing and len(content(component.text) & content(item.instruction)) >= 1:
            named = ", ".join(f"“{m.strip()}”" for m in missing)
            terms = {
                t for c in parse(component.text) for t in c.phrases() or getattr(c, "terms", ())
            }
            asked = any(m.strip(" .,") in terms for m in missing)
            yield Finding(
                "quote",
                "error" if asked else "warning",
                (component.key,),
                f"Component {n} quotes {named}, which the instruction does not have.",
                {"missing": list(missing), "score": 0.9},
            )


_SIZE_WORD = regex(
    r"\d|\b(?:short|brief|concise|long|single|length|limit\w*|words?|sentences?|paragraphs?"
    r"|lines?|half|few|several|couple|stanzas?)\b"
)


def _types(item: Item) -> Iterator[Finding]:
    """MIA-Bench types that are exchanged: a bare length typed as description, and so on."""
    for n, component in enumerate(item.components, start=1):
        said = digits(component.text).lower()
        constraints = parse(component.text)
        if component.type == "length_limit" and not _SIZE_WORD.search(said):
            yield _type_finding(n, component, "it limits no length")
        elif component.type == "describe" and _only_length(component.text, constraints):
            yield _type_finding(n, component, "it only limits a length")


def _only_length(text: str, constraints: Sequence[Constraint]) -> bool:
    lengths = bool(constraints) and all(mia_type(c) == "length_limit" for c in constraints)
    return lengths and len(normal(text)) <= 5


def _type_finding(n: int, component: Component, why: str) -> Finding:
    return Finding(
        "type-doubtful",
        "warning",
        (component.key,),
        f"Component {n} has the type {component.type!r}, but {why}: “{component.text.strip()}”.",
        {"type": component.type, "score": 0.8},
    )

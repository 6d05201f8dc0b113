"""Checks on an item's form: types, levels, repetitions, empty fields, ground truth."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from annotator.checks.naming import joined, numbers
from annotator.checks.overlap import content as content_words
from annotator.checks.overlap import normal
from annotator.checks.subject import Subject
from annotator.domain import weights
from annotator.domain.findings import Finding, Mend
from annotator.domain.items import JSON, Component
from annotator.domain.vocabulary import KEYED_BY_TEXT, KEYED_BY_TYPE, PERCEPTION_LEVELS

MEANT_TOGETHER: Final = 3
"""Fewer words that carry meaning are too few to say that two components nearly agree."""


def check(subject: Subject) -> Iterator[Finding]:
    """All findings of this family."""
    yield from types(subject)
    yield from repeated_types(subject)
    yield from repeated_components(subject)
    yield from level(subject)
    yield from empty_texts(subject)
    yield from ground_truth(subject)


def types(subject: Subject) -> Iterator[Finding]:
    """A component's type is missing or not in the taxonomy."""
    known = subject.rules.types
    for number, component in enumerate(subject.content.components, 1):
        if not component.type:
            yield Finding(
                kind="type",
                severity="error",
                component_keys=(component.key,),
                message=f"Component {number} has no type.",
                evidence={"type": ""},
            )
        elif known and component.type not in known:
            near = get_close_matches(component.type, known, n=1)
            edit = {"op": "set_component", "key": component.key, "field": "type"}
            yield Finding(
                kind="type",
                severity="error",
                component_keys=(component.key,),
                message=f"Component {number} has the type “{component.type}”, which the "
                "taxonomy does not have.",
                evidence={"type": component.type},
                mends=tuple(Mend(f"“{name}”", ({**edit, "value": name},)) for name in near),
            )


def repeated_types(subject: Subject) -> Iterator[Finding]:
    """Two components share a type; of weighted items, kits that key by type lose a score."""
    if subject.rules.target is None:
        return
    by_type: dict[str, list[Component]] = {}
    for component in subject.content.components:
        by_type.setdefault(component.type, []).append(component)
    for name, same in by_type.items():
        if name and len(same) > 1:
            lost = numbers(subject.content, same[:-1]).removeprefix("Component").lstrip("s ")
            yield Finding(
                kind="repeated-type",
                severity="warning",
                component_keys=tuple(c.key for c in same),
                message=f"{numbers(subject.content, same)} have the same type “{name}”: "
                f"{joined(KEYED_BY_TYPE)} keep scores by type and lose the score of {lost}.",
                evidence={"type": name, "count": len(same), "kits": list(KEYED_BY_TYPE)},
            )


def repeated_components(subject: Subject) -> Iterator[Finding]:
    """Two components say the same, or the same but for a few words without meaning."""
    same: dict[tuple[str, ...], Component] = {}
    alike: dict[frozenset[str], Component] = {}
    for component in subject.content.components:
        words, meant = normal(component.text), content_words(component.text)
        twin = same.setdefault(words, component) if words else component
        near = alike.setdefault(meant, component) if len(meant) >= MEANT_TOGETHER else component
        exact = twin is not component
        if exact or near is not component:
            yield repetition(subject, twin if exact else near, component, exact=exact)


def repetition(subject: Subject, first: Component, again: Component, *, exact: bool) -> Finding:
    """A component that repeats an earlier one; the mend gives its weight to that."""
    edits: list[dict[str, JSON]] = [{"op": "remove_component", "key": again.key}]
    known = [c.weight for c in (first, again) if c.weight is not None]
    if known:
        edit = {"op": "set_component", "key": first.key, "field": "weight"}
        edits.insert(0, {**edit, "value": weights.total(known)})
    both = numbers(subject.content, [first, again])
    said = f"{both} say {'' if exact else 'nearly '}the same and are scored twice"
    if first.text == again.text:
        said += f"; {joined(KEYED_BY_TEXT)} keeps scores by text and loses one of them"
    return Finding(
        kind="repeated-component",
        severity="error" if exact else "warning",
        component_keys=(first.key, again.key),
        message=f"{said}: “{again.text.strip()}”.",
        evidence={"exact": exact, "kits": list(KEYED_BY_TEXT) if exact else []},
        mends=(Mend("Remove the second, its weight to the first", tuple(edits)),),
    )


def level(subject: Subject) -> Iterator[Finding]:
    """The level is missing or unknown."""
    known, found = subject.rules.levels, subject.content.level
    if not known or found in known:
        return
    near = get_close_matches(found or "", known, n=1)
    yield Finding(
        kind="level",
        severity="warning",
        component_keys=(),
        message=f"The level “{found}” is not one of {', '.join(known)}."
        if found
        else "The item has no level.",
        evidence={"level": found},
        mends=tuple(Mend(f"“{name}”", ({"op": "set_level", "value": name},)) for name in near),
    )


def empty_texts(subject: Subject) -> Iterator[Finding]:
    """The instruction or a component is empty, or there is no component at all."""
    if not subject.content.instruction.strip():
        evidence = {"part": "instruction"}
        yield Finding("empty", "error", (), "The instruction is empty.", evidence)
    if not subject.content.components and not asks_a_question(subject):
        said = "The item has no components to score."
        yield Finding("empty", "error", (), said, {"part": "components"})
    for number, component in enumerate(subject.content.components, 1):
        if not component.text.strip():
            yield Finding(
                kind="empty",
                severity="error",
                component_keys=(component.key,),
                message=f"Component {number} is empty.",
                evidence={"part": "component"},
                mends=(Mend("Remove it", ({"op": "remove_component", "key": component.key},)),),
            )


def asks_a_question(subject: Subject) -> bool:
    """Whether it is a perception item: a question with accepted answers."""
    return subject.content.level in PERCEPTION_LEVELS or bool(subject.content.answers)


def ground_truth(subject: Subject) -> Iterator[Finding]:
    """A perception item has no accepted answer."""
    if asks_a_question(subject) and not any(a.strip() for a in subject.content.answers):
        said = "This perception item has no ground-truth answer."
        yield Finding("ground-truth", "error", (), said)

"""Checks on an item's form: sums, types, counts, empty fields, image, duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from annotator.checks.subject import Subject
from annotator.domain import weights
from annotator.domain.findings import Finding, Mend
from annotator.domain.items import Component
from annotator.domain.vocabulary import IMAGE_NOT_FETCHED

FORM_KINDS: Final = frozenset(
    {
        "weights.sum",
        "weights.missing",
        "type.missing",
        "type.unknown",
        "type.repeated",
        "level.unknown",
        "instruction.empty",
        "components.none",
        "component.empty",
        "components.count",
        "source.lists",
        "image.missing",
        "image.unfetched",
        "item.duplicate",
    }
)
"""Every kind that this family finds."""


def check(subject: Subject) -> Iterator[Finding]:
    """All findings of this family."""
    yield from weight_sum(subject)
    yield from missing_weights(subject)
    yield from types(subject)
    yield from repeated_types(subject)
    yield from level(subject)
    yield from empty_texts(subject)
    yield from counts(subject)
    yield from image(subject)
    yield from duplicates(subject)


def weight_sum(subject: Subject) -> Iterator[Finding]:
    """The weights do not sum to the dataset's target."""
    target, components = subject.rules.target, subject.content.components
    if target is None or not components or any(c.weight is None for c in components):
        return
    total = weights.total([c.weight for c in components])
    if total == target:
        return
    yield Finding(
        kind="weights.sum",
        severity="error",
        component_keys=tuple(c.key for c in components),
        message=f"The weights sum to {total}, not {target}.",
        evidence={"sum": total, "target": target},
        mends=(
            Mend(
                f"Make it {target}, keeping the proportions",
                ({"op": "normalise_weights", "target": target},),
            ),
        ),
    )


def missing_weights(subject: Subject) -> Iterator[Finding]:
    """A component of a weighted dataset has no weight."""
    if subject.rules.target is None:
        return
    components = subject.content.components
    bare = [c for c in components if c.weight is None]
    if bare:
        yield Finding(
            kind="weights.missing",
            severity="error",
            component_keys=tuple(c.key for c in bare),
            message=f"{listed(subject, bare)} no weight.",
            mends=(
                Mend(
                    "Equal weights", ({"op": "equalise_weights", "target": subject.rules.target},)
                ),
            ),
        )


def types(subject: Subject) -> Iterator[Finding]:
    """A component's type is missing or not in the taxonomy."""
    known = subject.rules.types
    for number, component in enumerate(subject.content.components, 1):
        if not component.type:
            yield Finding(
                kind="type.missing",
                severity="error",
                component_keys=(component.key,),
                message=f"Component {number} has no type.",
            )
        elif known and component.type not in known:
            near = get_close_matches(component.type, known, n=1)
            edit = {"op": "set_component", "key": component.key, "field": "type"}
            yield Finding(
                kind="type.unknown",
                severity="error",
                component_keys=(component.key,),
                message=f"Component {number} has the type “{component.type}”, which the "
                "taxonomy does not have.",
                evidence={"type": component.type},
                mends=tuple(Mend(f"“{name}”", ({**edit, "value": name},)) for name in near),
            )


def repeated_types(subject: Subject) -> Iterator[Finding]:
    """Two components share a type; scorers that key by type lose one of the scores."""
    by_type: dict[str, list[Component]] = {}
    for component in subject.content.components:
        by_type.setdefault(component.type, []).append(component)
    for name, same in by_type.items():
        if name and len(same) > 1:
            yield Finding(
                kind="type.repeated",
                severity="info",
                component_keys=tuple(c.key for c in same),
                message=f"{numbers(subject, same)} are all “{name}”: published scorers key "
                "their scores by type and keep only one of them.",
                evidence={"type": name, "count": len(same)},
            )


def level(subject: Subject) -> Iterator[Finding]:
    """The level is missing or unknown."""
    known, found = subject.rules.levels, subject.content.level
    if not known or found in known:
        return
    near = get_close_matches(found or "", known, n=1)
    yield Finding(
        kind="level.unknown",
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
        yield Finding("instruction.empty", "error", (), "The instruction is empty.")
    if not subject.content.components:
        yield Finding("components.none", "error", (), "The item has no components to score.")
    for number, component in enumerate(subject.content.components, 1):
        if not component.text.strip():
            yield Finding(
                kind="component.empty",
                severity="error",
                component_keys=(component.key,),
                message=f"Component {number} is empty.",
                mends=(Mend("Remove it", ({"op": "remove_component", "key": component.key},)),),
            )


def counts(subject: Subject) -> Iterator[Finding]:
    """The source's counts do not agree with its lists."""
    declared, found = subject.declared_count, len(subject.content.components)
    if declared is not None and declared != found and not subject.curated:
        yield Finding(
            kind="components.count",
            severity="warning",
            component_keys=(),
            message=f"The source says {declared} components and has {found}; once the item is "
            "curated, a release says what is there.",
            evidence={"declared": declared, "found": found},
        )
    for note in subject.notes if not subject.curated else ():
        yield Finding("source.lists", "error", (), f"In the source, {note}.")


def image(subject: Subject) -> Iterator[Finding]:
    """There is no image to look at."""
    if subject.image_problem:
        pending = subject.image_problem == IMAGE_NOT_FETCHED
        yield Finding(
            kind="image.unfetched" if pending else "image.missing",
            severity="info" if pending else "error",
            component_keys=(),
            message=subject.image_problem,
            evidence={"image": (subject.image_ref or "")[:200]},
        )


def duplicates(subject: Subject) -> Iterator[Finding]:
    """Another item asks nearly the same of the same image."""
    if subject.twins:
        others = ", ".join(str(position) for position in subject.twins[:5])
        yield Finding(
            kind="item.duplicate",
            severity="warning",
            component_keys=(),
            message=f"Nearly the same instruction on the same image as item {others}.",
            evidence={"positions": list(subject.twins)},
        )


def numbers(subject: Subject, components: list[Component]) -> str:
    """``Components 1 and 3``."""
    named = [str(subject.content.number(c.key)) for c in components]
    if len(named) == 1:
        return f"Component {named[0]}"
    return f"Components {', '.join(named[:-1])} and {named[-1]}"


def listed(subject: Subject, components: list[Component]) -> str:
    """``Component 1 has`` or ``Components 1 and 3 have``."""
    return f"{numbers(subject, components)} {'has' if len(components) == 1 else 'have'}"

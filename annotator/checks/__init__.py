"""Automatic checks of items: what is found, and the functions that look.

    registry             every check: its id, title, explanation, severities
    form, weights        types, levels, repetitions, empty fields; sums and counts
    texts, pictures      faults in texts and images
    kinship              other items with the same instruction or image
    alignment            whether components and instruction belong together
    constraint_checks    what the constraint language finds: contradictions, numbers, quotes
    verifiers, vague     verifier calls against the words; components nobody can judge
    proposals            contradictions that a judge model proposed

The form is checked in microseconds, the words in milliseconds an item: an import checks the form
of every item and leaves the rest to a job.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from annotator.checks import (
    alignment,
    constraint_checks,
    form,
    kinship,
    pictures,
    proposals,
    texts,
    vague,
    verifiers,
    weights,
)
from annotator.checks.finding import ranked
from annotator.checks.registry import CHECKS, FORM_CHECKS
from annotator.checks.subject import Proposal, Relative, Subject
from annotator.domain.findings import Finding
from annotator.domain.items import ItemContent, flatten, unflatten

__all__ = [
    "CHECKS",
    "FORM_CHECKS",
    "Finding",
    "Proposal",
    "Relative",
    "Subject",
    "check_form",
    "check_item",
]


def check_form(subject: Subject) -> list[Finding]:
    """What the item's form alone shows; only FORM_CHECKS, the worst first."""
    return ranked(named(subject.content, look_at_form(subject)))


def check_item(subject: Subject) -> list[Finding]:
    """Everything the checks say about an item, the worst first."""
    flat = json.dumps(flatten(subject.content))
    fits = tuple(
        (r.key, r.others[0])
        for r in subject.relatives
        if r.how == "fits" and r.key is not None and still_says(subject.content, r)
    )
    found = [
        *look_at_form(subject),
        *look_at_words(flat, fits),
        *proposals.check(subject),
    ]
    return ranked(named(subject.content, found))


def look_at_form(subject: Subject) -> Iterator[Finding]:
    """The checks that take microseconds."""
    for family in (weights, form, texts, pictures, kinship):
        yield from family.check(subject)


@lru_cache(maxsize=2048)
def look_at_words(flat: str, fits: tuple[tuple[str, str], ...] = ()) -> tuple[Finding, ...]:
    """What the words alone show; remembered, because pages ask again at every run.

    Args:
        flat: the content's flat form as JSON.
        fits: for a foreign component's key the source id of the item that it fits.
    """
    content = unflatten(json.loads(flat))
    aligned = alignment.check(content, dict(fits))
    foreign = {
        key
        for finding in aligned
        if finding.evidence.get("foreign") and finding.severity == "error"
        for key in finding.component_keys
    }
    said = [
        finding
        for finding in (*constraint_checks.check(content), *vague.check(content))
        if finding.kind == "contradiction" or not foreign.intersection(finding.component_keys)
    ]
    said += verifiers.check(content)
    errors = [finding for finding in said if finding.severity == "error"]
    explained = {key for finding in errors for key in finding.component_keys} - foreign
    kept = [f for f in aligned if not explained.intersection(f.component_keys)]
    return (*said, *kept)


def still_says(content: ItemContent, relative: Relative) -> bool:
    """Whether the component that fits another item still has the text that does."""
    return any(c.key == relative.key and c.text == relative.text for c in content.components)


def named(content: ItemContent, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings with what they are about, by the registry."""
    words = {component.key: component.text for component in content.components}
    for finding in findings:
        values = dict(finding.evidence) | {"texts": [words[key] for key in finding.component_keys]}
        about = {name: values.get(name) for name in CHECKS[finding.kind].about}
        yield replace(finding, about=about)

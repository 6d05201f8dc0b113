"""Automatic checks of items: families of findings, and the functions that run them.

    structure            the item's form: sums, types, counts, empty fields, image, duplicates
    alignment            whether components and instruction belong together
    constraint_checks    what the constraint language finds: contradictions, numbers, quotes

The form is checked in microseconds, the rest in milliseconds an item: an import checks the form of
every item and leaves the rest to a job.
"""

from __future__ import annotations

import json
from functools import lru_cache

from annotator.checks import alignment, constraint_checks, structure
from annotator.checks.finding import ranked
from annotator.checks.structure import FORM_KINDS
from annotator.checks.subject import Subject
from annotator.domain.findings import Finding
from annotator.domain.items import flatten, unflatten

__all__ = ["FORM_KINDS", "Finding", "Subject", "check_form", "check_item"]


def check_form(subject: Subject) -> list[Finding]:
    """What the item's form alone shows; only kinds of FORM_KINDS, the worst first."""
    return ranked(structure.check(subject))


def check_item(subject: Subject) -> list[Finding]:
    """Everything the checks say about an item, the worst first."""
    flat = json.dumps(flatten(subject.content))
    return ranked([*structure.check(subject), *check_words(flat)])


@lru_cache(maxsize=2048)
def check_words(flat: str) -> tuple[Finding, ...]:
    """What the words alone show; remembered, because pages ask again at every run.

    Args:
        flat: the content's flat form as JSON.
    """
    content = unflatten(json.loads(flat))
    said = constraint_checks.check(content)
    for component in content.components:
        if component.verifier_calls:
            said += constraint_checks.check_verifiers(component, component.verifier_calls)
    errors = [finding for finding in said if finding.severity == "error"]
    explained = {key for finding in errors for key in finding.component_keys}
    aligned = [
        finding
        for finding in alignment.check(content)
        if finding.severity == "error" or not explained.intersection(finding.component_keys)
    ]
    return (*said, *aligned)

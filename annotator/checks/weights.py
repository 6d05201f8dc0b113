"""Checks on weights and counts: sums, values, as many as there are components."""

from __future__ import annotations

from collections.abc import Iterator

from annotator.checks.naming import have
from annotator.checks.subject import Subject
from annotator.domain import weights
from annotator.domain.findings import Finding, Mend


def check(subject: Subject) -> Iterator[Finding]:
    """All findings on weights and counts."""
    if subject.rules.target is not None:
        yield from total(subject)
        yield from missing(subject)
        yield from worthless(subject)
    yield from counts(subject)


def total(subject: Subject) -> Iterator[Finding]:
    """The weights do not sum to the dataset's target."""
    target, components = subject.rules.target, subject.content.components
    if not components or any(c.weight is None for c in components):
        return
    found = weights.total([c.weight for c in components])
    if found == target:
        return
    yield Finding(
        kind="weights",
        severity="error",
        component_keys=tuple(c.key for c in components),
        message=f"The weights sum to {found}, not {target}.",
        evidence={"fault": "sum", "sum": found, "target": target, "score": 1.0},
        mends=(
            Mend(
                f"Make it {target}, keeping the proportions",
                ({"op": "normalise_weights", "target": target},),
            ),
        ),
    )


def missing(subject: Subject) -> Iterator[Finding]:
    """A component of a weighted dataset has no weight."""
    bare = [c for c in subject.content.components if c.weight is None]
    if bare:
        yield Finding(
            kind="weights",
            severity="error",
            component_keys=tuple(c.key for c in bare),
            message=f"{have(subject.content, bare)} no weight.",
            evidence={"fault": "missing", "score": 1.0},
            mends=(
                Mend(
                    "Equal weights", ({"op": "equalise_weights", "target": subject.rules.target},)
                ),
            ),
        )


def worthless(subject: Subject) -> Iterator[Finding]:
    """A component weighs nothing, so its share of the score is a division by 0."""
    nil = [c for c in subject.content.components if c.weight is not None and c.weight <= 0]
    if not nil:
        return
    target = subject.rules.target
    without = [{"op": "remove_component", "key": c.key} for c in nil]
    mends = [Mend("Equal weights", ({"op": "equalise_weights", "target": target},))]
    if len(nil) < len(subject.content.components):
        them = "it" if len(nil) == 1 else "them"
        rest = {"op": "normalise_weights", "target": target}
        mends.append(Mend(f"Remove {them}", (*without, rest)))
    yield Finding(
        kind="weights",
        severity="error",
        component_keys=tuple(c.key for c in nil),
        message=f"{have(subject.content, nil)} no weight above 0.",
        evidence={"fault": "non-positive", "score": 1.0},
        mends=tuple(mends),
    )


def counts(subject: Subject) -> Iterator[Finding]:
    """The source's counts do not agree with its lists; a curated item's are written anew."""
    if subject.curated:
        return
    declared, found = subject.declared_count, len(subject.content.components)
    if declared is not None and declared != found:
        yield Finding(
            kind="weights",
            severity="warning",
            component_keys=(),
            message=f"The source says {declared} components and has {found}; once the item is "
            "curated, a release says what is there.",
            evidence={"fault": "num_of_component", "declared": declared, "found": found},
        )
    for note in subject.notes:
        yield Finding(
            # A reader's note names the field: "component_weight has 4 values for 3 components".
            kind="weights" if "weight" in note.partition(" ")[0] else "source",
            severity="error",
            component_keys=(),
            message=f"In the source, {note}.",
            evidence={"fault": "count", "said": note},
        )

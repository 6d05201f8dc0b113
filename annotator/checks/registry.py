"""Every check in one place: id, title, explanation, how grave it can be, what it is about.

Severities: *error*, the item would be scored wrongly as it stands; *warning*, some kit or reader
would go wrong; *note*, harmless.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from annotator.domain.findings import Severity

Family = Literal["form", "words", "proposal"]
"""What a check looks at: form, image and neighbours (microseconds); words (milliseconds); what a
judge model proposed."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    ``about`` names what a finding is about, so that a dismissed one comes back when that changes:
    values of its evidence; ``texts`` are the texts of the components it names.
    """

    id: str
    family: Family
    title: str
    explanation: str
    severities: tuple[Severity, ...]
    about: tuple[str, ...] = ()


def _listed(*checks: Check) -> dict[str, Check]:
    return {check.id: check for check in checks}


CHECKS: Final = _listed(
    Check(
        "weights",
        "form",
        "Weights that do not add up",
        "Weights should sum to the dataset's target, one above 0 for each component, as many as "
        "the source declares.",
        ("error", "warning"),
        ("fault", "sum", "target", "declared", "found", "said"),
    ),
    Check(
        "source",
        "form",
        "Source's lists differ in length",
        "A record's parallel lists should have one value for each component.",
        ("error",),
        ("said",),
    ),
    Check(
        "type",
        "form",
        "Type missing or not in the taxonomy",
        "Reports are made by type; a misspelt one becomes a type of its own.",
        ("error",),
        ("type",),
    ),
    Check(
        "repeated-type",
        "form",
        "Type repeated within the item",
        "Some published kits keep an item's scores by type: of components with the same type only "
        "the last one's score is kept.",
        ("warning",),
        ("type",),
    ),
    Check(
        "repeated-component",
        "form",
        "The same component twice",
        "What is asked twice is scored twice; a kit that keeps scores by text loses one of them.",
        ("error", "warning"),
        ("texts",),
    ),
    Check(
        "level",
        "form",
        "Level missing or unknown",
        "Reports are made by level.",
        ("warning",),
        ("level",),
    ),
    Check(
        "empty",
        "form",
        "Empty instruction or component",
        "There is nothing to ask for, or nothing to score.",
        ("error",),
        ("part",),
    ),
    Check(
        "ground-truth",
        "form",
        "Perception item without ground truth",
        "An answer can only be right or wrong against accepted answers.",
        ("error",),
    ),
    Check(
        "image-missing",
        "form",
        "No image",
        "The source names no image, or there is none where it points.",
        ("error",),
        ("image", "said"),
    ),
    Check(
        "image-unreadable",
        "form",
        "Image that cannot be read",
        "The file is damaged, too large, or no image.",
        ("error",),
        ("image", "said"),
    ),
    Check(
        "image-tiny",
        "form",
        "Tiny image",
        "So few pixels show hardly anything; often it is a placeholder.",
        ("warning",),
        ("image", "width", "height"),
    ),
    Check(
        "image-address",
        "form",
        "Image's address without a scheme",
        "Programs take an address without http:// or https:// for a path.",
        ("warning",),
        ("image",),
    ),
    Check(
        "image-unfetched",
        "form",
        "Image not fetched yet",
        "It can be fetched on Admin, or with --fetch-images.",
        ("note",),
        ("image",),
    ),
    Check(
        "same-image",
        "form",
        "The same image in two items",
        "By content, or by how it looks: such items must not be parted by a split.",
        ("warning", "note"),
        ("how", "others"),
    ),
    Check(
        "duplicate",
        "form",
        "Nearly the same instruction twice",
        "Two items that ask the same count double; such items must not be parted by a split.",
        ("warning", "note"),
        ("how", "others"),
    ),
    Check(
        "text",
        "form",
        "Fault in the text",
        "Stray quotes, double spaces, brackets without a partner, damaged encoding.",
        ("warning", "note"),
        ("fault", "place", "at"),
    ),
    Check(
        "misaligned",
        "words",
        "Component that is not in the instruction",
        "From harmless (a number was lifted out of it) to a component of another item.",
        ("error", "warning", "note"),
        ("texts", "fits"),
    ),
    Check(
        "number",
        "words",
        "Number differs from the instruction",
        "A component asks for another number than the instruction does.",
        ("error", "warning"),
        ("texts", "instruction"),
    ),
    Check(
        "quote",
        "words",
        "Quotes what the instruction does not have",
        "A component names words in quotes that are not in the instruction.",
        ("error", "warning"),
        ("texts", "missing"),
    ),
    Check(
        "uncovered",
        "words",
        "Part of the instruction that no component covers",
        "What no component covers is asked for but never scored.",
        ("warning",),
        ("text", "constraint"),
    ),
    Check(
        "contradiction",
        "words",
        "Components that cannot hold together",
        "No response satisfies all of them, so every response loses points.",
        ("error",),
        ("texts",),
    ),
    Check(
        "type-doubtful",
        "words",
        "Type that does not fit the component",
        "A component that limits a length has a type that says something else, or the reverse.",
        ("warning",),
        ("texts", "type"),
    ),
    Check(
        "vague",
        "words",
        "Component too vague to judge",
        "Two judges would not agree on when it holds.",
        ("warning",),
        ("texts",),
    ),
    Check(
        "verifier",
        "words",
        "Verifier that disagrees with the component",
        "The parameters of a verifier decide the score, whatever the words say.",
        ("error", "warning", "note"),
        ("texts", "calls", "reason"),
    ),
    Check(
        "proposed",
        "proposal",
        "Contradiction proposed by a model",
        "A judge model says that these cannot hold together; a person decides whether they can.",
        ("warning",),
        ("texts", "model", "prompt"),
    ),
)

FORM_CHECKS: Final = frozenset(id for id, check in CHECKS.items() if check.family == "form")
"""The checks that an import makes at once; the rest is a job's."""


def title(kind: str) -> str:
    """A check in words; one that a newer version stored is its own title."""
    return CHECKS[kind].title if kind in CHECKS else kind


def explanation(kind: str) -> str:
    """Why it matters; empty for one that a newer version stored."""
    return CHECKS[kind].explanation if kind in CHECKS else ""


def worst_first(kinds: Iterable[str]) -> list[str]:
    """Known checks in the order of this list, then unknown ones by name."""
    places = {kind: place for place, kind in enumerate(CHECKS)}
    return sorted(kinds, key=lambda kind: (places.get(kind, len(places)), kind))

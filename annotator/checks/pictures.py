"""Checks on an item's image: missing, unreadable, tiny, an address that leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from annotator.checks.subject import Subject
from annotator.domain.findings import Finding
from annotator.domain.vocabulary import (
    IMAGE_MISSING,
    IMAGE_NOT_FETCHED,
    IMAGE_WITHOUT_SCHEME,
)

TINY: Final = 48
"""Pixels of the shorter side below which hardly anything can be seen."""

SHOWN: Final = 200


def check(subject: Subject) -> Iterator[Finding]:
    """All findings on the image."""
    ref = (subject.image_ref or "")[:SHOWN]
    problem = subject.image_problem or ""
    if subject.bare_address:
        yield Finding(
            "image-address",
            "warning",
            (),
            f"The image's address has no scheme; probably http://{ref[:150]}",
            {"image": ref, "score": 0.9},
        )
    if problem == IMAGE_NOT_FETCHED:
        yield Finding("image-unfetched", "note", (), problem, {"image": ref})
    elif problem and not problem.startswith(IMAGE_WITHOUT_SCHEME):
        kind = "image-missing" if problem.startswith(IMAGE_MISSING) else "image-unreadable"
        evidence = {"image": ref, "said": problem, "score": 1.0}
        yield Finding(kind, "error", (), problem, evidence)
    if subject.image_size and min(subject.image_size) < TINY:
        width, height = subject.image_size
        yield Finding(
            "image-tiny",
            "warning",
            (),
            f"The image has only {width} × {height} pixels.",
            {"image": ref, "width": width, "height": height},
        )

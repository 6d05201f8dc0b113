"""Checks that look at other items: the same image, the same instruction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from annotator.checks.naming import items
from annotator.checks.subject import Relative, Subject
from annotator.domain.findings import Finding, Severity

SURE: Final = 0.97
"""Looks so much the same that only size or encoding differ."""


def check(subject: Subject) -> Iterator[Finding]:
    """Duplicates of the instruction and of the image."""
    for relative in subject.relatives:
        if relative.how in ("same item", "same words", "like words"):
            yield duplicate(relative)
        elif relative.how in ("same image", "like image"):
            yield same_image(relative)


def duplicate(relative: Relative) -> Finding:
    """Nearly the same instruction; on the same image the item itself stands twice."""
    others = items(relative.others, relative.total)
    said = {
        "same item": f"Nearly the same instruction on the same image as {others}.",
        "same words": f"The same instruction as {others}, on another image.",
        "like words": f"{relative.score:.0%} of the word pairs are those of {others}.",
    }[relative.how]
    return found("duplicate", "warning" if relative.how == "same item" else "note", said, relative)


def same_image(relative: Relative) -> Finding:
    """The same image; two names for it hide that from whoever splits by name."""
    others = items(relative.others, relative.total)
    if relative.how == "like image":
        said = f"The image looks the same as that of {others} ({relative.score:.0%} alike)."
        return found("same-image", "warning" if relative.score >= SURE else "note", said, relative)
    if relative.same_name:
        return found("same-image", "note", f"The same image as {others}.", relative)
    said = f"The same image as {others}, under another name."
    return found("same-image", "warning", said, relative)


def found(kind: str, severity: Severity, said: str, relative: Relative) -> Finding:
    """A finding on related items."""
    evidence = {
        "how": relative.how,
        "others": list(relative.others),
        "total": relative.total,
        "score": round(relative.score, 3),
        "related": list(relative.others),
    }
    return Finding(kind, severity, (), said, evidence)

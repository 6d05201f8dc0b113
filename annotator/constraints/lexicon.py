"""Word lists written as text."""

from __future__ import annotations


def lexicon(text: str) -> frozenset[str]:
    """The white-space separated words of ``text``."""
    return frozenset(text.split())


def listed(text: str) -> list[str]:
    """The white-space separated words of ``text``, in order."""
    return text.split()

"""Naming components and items in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from annotator.domain.items import Component, ItemContent


def joined(names: Sequence[str]) -> str:
    """``1, 3 and 4``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))


def numbers(content: ItemContent, components: Sequence[Component]) -> str:
    """``Components 1 and 3``."""
    named = [str(content.number(c.key)) for c in components]
    return f"Component{'s' if len(named) > 1 else ''} {joined(named)}"


def have(content: ItemContent, components: Sequence[Component]) -> str:
    """``Component 1 has`` or ``Components 1 and 3 have``."""
    return f"{numbers(content, components)} {'has' if len(components) == 1 else 'have'}"


def items(others: Sequence[str], total: int) -> str:
    """``item 4``, ``items 4 and 7`` or ``items 4, 7, 9 and 12 more``."""
    named = list(others)
    if total > len(named):
        named.append(f"{total - len(named)} more")
    return f"item{'s' if total > 1 else ''} {joined(named)}"

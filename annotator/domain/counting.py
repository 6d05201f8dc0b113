"""Numbers with their noun, for every sentence that counts something."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 item``, ``2 items``, ``1,000 items``.

    Args:
        one: the noun, and the verb after it where there is one: ``item waits``.
        many: the same for other numbers, where that is not ``one`` and an s: ``items wait``.
    """
    return f"{number:,} {noun(number, one, many)}"


def noun(number: float, one: str, many: str | None = None) -> str:
    """The noun alone, for a number that is written otherwise."""
    return one if number == 1 else many or f"{one}s"

"""Comments: whom one names with @, and who may see one before its item is curated."""

from __future__ import annotations

from collections.abc import Iterable


def mentioned(text: str, names: Iterable[str]) -> set[str]:
    """The names that a text calls with @, whatever their case; the longest name wins.

    ``@Ana Bo`` calls Ana Bo where there is one, and Ana where there is not; ``@Anabel`` calls
    nobody named Ana.
    """
    known = sorted(names, key=len, reverse=True)
    found = set()
    for place, letter in enumerate(text):
        if letter != "@" or (place and text[place - 1].isalnum()):
            continue
        rest = text[place + 1 :].casefold()
        for name in known:
            folded = name.casefold()
            if rest.startswith(folded) and not rest[len(folded) : len(folded) + 1].isalnum():
                found.add(name)
                break
    return found


def may_see(
    viewer: int, author: int, *, called: bool, hidden: bool, asked: set[int], reviewers: set[int]
) -> bool:
    """Whether somebody may see a comment.

    While an item's annotations are hidden, what one of its annotators says shows their work: only
    reviewers who are not among the annotators see it. What such a reviewer says reaches those it
    calls, and no other annotator.

    Args:
        called: whether the comment calls the viewer.
        hidden: whether what people did on the item is hidden.
        asked: who has, or had, a place at the item.
        reviewers: who may settle.
    """
    if not hidden or viewer == author:
        return True
    if viewer in reviewers and viewer not in asked:
        return True
    return called and author in reviewers and author not in asked

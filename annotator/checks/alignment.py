"""Do components and instruction belong together: foreign components, uncovered demands."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from annotator.checks.finding import Component, Finding, Item, Severity, ranked
from annotator.checks.overlap import content, lifted, normal, share, verbatim
from annotator.constraints.clause import quoted

_FOREIGN, _DOUBTFUL = 0.4, 0.75
_FITS = 0.8
"""A component fits another item if this share of its content is there, and it is clearly more."""
_SPLIT = re.compile(
    r"[.;:!?]\s+|,\s+(?:and\s+|but\s+|while\s+|then\s+)?|\s+(?:and|but|while)\s+"
    r"|\s+(?=(?:without|using|in (?:exactly|only|no more|at most|at least))\b)"
)
_LEAST_WORDS = 3
_SURE_WORDS = 5
"""Content words without which a foreign component is only a suspicion."""


def check(item: Item, others: Sequence[tuple[str, str]] = ()) -> list[Finding]:
    """Components that are not in the instruction and demands that no component covers.

    Args:
        item: the item.
        others: ``(source id, instruction)`` of other items of the dataset, to name the one that a
            foreign component fits.
    """
    found = _misaligned(item, others)
    foreign = any(f.severity == "error" for f in found)
    return ranked(found if foreign else [*found, *_uncovered(item)])


def _misaligned(item: Item, others: Sequence[tuple[str, str]]) -> list[Finding]:
    found, foreign = [], []
    for n, component in enumerate(item.components, start=1):
        text = component.text
        if not text.strip() or verbatim(text, item.instruction):
            continue
        part = share(text, item.instruction)
        if part < _FOREIGN and len(content(text)) >= 2:
            foreign.append((n, component, part))
        else:
            found.append(_graded(n, component, part, lifted(text, item.instruction)))
    if not foreign:
        return found
    if 2 * len(foreign) >= len(item.components):
        keys = {f.component_keys[0] for f in found if f.severity != "info"}
        found = [f for f in found if f.component_keys[0] not in keys]
        doubtful = [(n, c, 0.0) for n, c in enumerate(item.components, 1) if c.key in keys]
        foreign = sorted([*foreign, *doubtful], key=lambda f: f[0])
    return [_foreign(item, foreign, others), *found]


def _graded(n: int, component: Component, part: float, in_order: bool) -> Finding:
    severity: Severity = "info" if in_order or part >= _DOUBTFUL else "warning"
    if in_order:
        said = f"Component {n} is the instruction with words left out."
    elif severity == "info":
        said = f"Component {n} words the instruction a little differently."
    else:
        said = f"Only {part:.0%} of the content words of component {n} are in the instruction."
    return Finding(
        "components.misaligned", severity, (component.key,), said,
        {"share": round(part, 3), "score": round(1 - part, 3), "text": component.text},
    )  # fmt: skip


def _foreign(
    item: Item, foreign: list[tuple[int, Component, float]], others: Sequence[tuple[str, str]]
) -> Finding:
    """One finding for all components that seem to be of another item."""
    text = " ".join(c.text for _, c, _ in foreign)
    numbers = ", ".join(str(n) for n, _, _ in foreign)
    here = share(text, item.instruction)
    fit = _best_fit(text, here, others)
    noun = "Component" if len(foreign) == 1 else "Components"
    said = (
        f"{noun} {numbers} {'has' if len(foreign) == 1 else 'have'} hardly a word in common "
        f"with the instruction"
    )
    said += f" and would fit item {fit}." if fit else "; they may be of another item."
    most = 2 * len(foreign) >= len(item.components)
    severity: Severity = (
        "error" if fit or (most and len(content(text)) >= _SURE_WORDS) else "warning"
    )
    return Finding(
        "components.misaligned", severity, tuple(c.key for _, c, _ in foreign), said,
        {"share": round(here, 3), "score": round(1 - here, 3), "fits": fit,
         "texts": [c.text for _, c, _ in foreign]},
    )  # fmt: skip


def _best_fit(text: str, here: float, others: Sequence[tuple[str, str]]) -> str | None:
    scored = [(share(text, instruction), name) for name, instruction in others]
    best, name = max(scored, default=(0.0, ""))
    return name if best >= _FITS and best >= here + 0.3 else None


def _uncovered(item: Item) -> list[Finding]:
    """Pieces of the instruction whose content is in no component."""
    if not item.components:
        return []
    covered = frozenset().union(*(content(c.text) for c in item.components))
    found = []
    for piece in _pieces(item.instruction):
        missing = content(piece) - covered
        total = len(content(piece))
        if len(missing) >= _LEAST_WORDS and len(missing) >= 0.6 * total:
            found.append(
                Finding(
                    "instruction.uncovered",
                    "warning",
                    (),
                    f"No component covers this of the instruction: “{piece.strip()}”.",
                    {
                        "text": piece.strip(),
                        "words": sorted(missing),
                        "score": round(len(missing) / total, 3),
                    },
                )
            )
    return found


def _pieces(instruction: str) -> list[str]:
    """The instruction cut at its joints, but not inside quotes."""
    inside = [(q.start, q.end) for q in quoted(instruction)]
    cuts = [0]
    for match in _SPLIT.finditer(instruction):
        if not any(a < match.start() < b for a, b in inside):
            cuts.append(match.end())
    cuts.append(len(instruction))
    return [instruction[a:b] for a, b in itertools.pairwise(cuts) if normal(instruction[a:b])]

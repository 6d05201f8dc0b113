"""Do components and instruction belong together: foreign components, uncovered demands."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from annotator.checks.finding import Component, Finding, Item, Severity, ranked
from annotator.checks.naming import joined
from annotator.checks.overlap import content, lifted, normal, share, verbatim
from annotator.constraints.clause import quoted
from annotator.domain.regex import regex

_FOREIGN, _DOUBTFUL = 0.4, 0.75
FITS = 0.8
CLEARLY = 0.3
"""A component fits another item if so much of its content is there, and so much more than here."""
_SPLIT = regex(
    r"[.;:!?]\s+|,\s+(?:and\s+|but\s+|while\s+|then\s+)?|\s+(?:and|but|while)\s+"
    r"|\s+(?=(?:without|using|in (?:exactly|only|no more|at most|at least))\b)"
)
_NOTHING: Mapping[str, str] = {}
_LEAST_WORDS = 3
_SURE_WORDS = 5
"""Content words without which a foreign component is only a suspicion."""


def check(item: Item, fits: Mapping[str, str] = _NOTHING) -> list[Finding]:
    """Components that are not in the instruction and demands that no component covers.

    Args:
        item: the item.
        fits: for a foreign component's key the source id of the item that it fits.
    """
    found = _misaligned(item, fits)
    foreign = any(f.severity == "error" for f in found)
    return ranked(found if foreign else [*found, *_uncovered(item)])


def is_foreign(text: str, instruction: str) -> bool:
    """Whether hardly a word of a component that says something is in the instruction."""
    if not text.strip() or verbatim(text, instruction):
        return False
    return share(text, instruction) < _FOREIGN and len(content(text)) >= 2


def _misaligned(item: Item, fits: Mapping[str, str]) -> list[Finding]:
    found, foreign = [], []
    for n, component in enumerate(item.components, start=1):
        text = component.text
        if not text.strip() or verbatim(text, item.instruction):
            continue
        part = share(text, item.instruction)
        if is_foreign(text, item.instruction):
            foreign.append((n, component, part))
        else:
            found.append(_graded(n, component, part, lifted(text, item.instruction)))
    if not foreign:
        return found
    if 2 * len(foreign) >= len(item.components):
        keys = {f.component_keys[0] for f in found if f.severity != "note"}
        found = [f for f in found if f.component_keys[0] not in keys]
        doubtful = [(n, c, 0.0) for n, c in enumerate(item.components, 1) if c.key in keys]
        foreign = sorted([*foreign, *doubtful], key=lambda f: f[0])
    return [_foreign(item, foreign, fits), *found]


def _graded(n: int, component: Component, part: float, in_order: bool) -> Finding:
    severity: Severity = "note" if in_order or part >= _DOUBTFUL else "warning"
    if in_order:
        said = f"Component {n} is the instruction with words left out."
    elif severity == "note":
        said = f"Component {n} words the instruction a little differently."
    else:
        said = f"Only {part:.0%} of the content words of component {n} are in the instruction."
    return Finding(
        "misaligned", severity, (component.key,), said,
        {"share": round(part, 3), "score": round(1 - part, 3), "text": component.text},
    )  # fmt: skip


def _foreign(
    item: Item, foreign: list[tuple[int, Component, float]], fits: Mapping[str, str]
) -> Finding:
    """One finding for all components that seem to be of another item."""
    text = " ".join(c.text for _, c, _ in foreign)
    numbers = joined([str(n) for n, _, _ in foreign])
    here = share(text, item.instruction)
    fit = next((fits[c.key] for _, c, _ in foreign if c.key in fits), None)
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
        "misaligned", severity, tuple(c.key for _, c, _ in foreign), said,
        {"share": round(here, 3), "score": round(1 - here, 3), "fits": fit, "foreign": True,
         "related": [fit] if fit else []},
    )  # fmt: skip


def _uncovered(item: Item) -> list[Finding]:
    """Pieces of the instruction whose content is in no component."""
    if not item.components:
        return []
    covered = frozenset().union(*(content(c.text) for c in item.components))
    found = []
    for start, end in _pieces(item.instruction):
        piece = item.instruction[start:end]
        missing = content(piece) - covered
        total = len(content(piece))
        if len(missing) >= _LEAST_WORDS and len(missing) >= 0.6 * total:
            found.append(
                Finding(
                    "uncovered",
                    "warning",
                    (),
                    f"No component covers this of the instruction: “{piece.strip()}”.",
                    {
                        "text": piece.strip(),
                        "words": sorted(missing),
                        "span": [start, start + len(piece.rstrip())],
                        "score": round(len(missing) / total, 3),
                    },
                )
            )
    return found


def _pieces(instruction: str) -> list[tuple[int, int]]:
    """The instruction cut at its joints, but not inside quotes."""
    inside = [(q.start, q.end) for q in quoted(instruction)]
    cuts = [0]
    for match in _SPLIT.finditer(instruction):
        if not any(a < match.start() < b for a, b in inside):
            cuts.append(match.end())
    cuts.append(len(instruction))
    return [(a, b) for a, b in itertools.pairwise(cuts) if normal(instruction[a:b])]

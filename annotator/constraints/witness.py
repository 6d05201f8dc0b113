"""Texts that satisfy counting constraints: the other half of a proof that they cannot hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from annotator.constraints import solver
from annotator.constraints.base import Constraint, Scope, Step
from annotator.constraints.counts import Count
from annotator.constraints.lexicon import listed
from annotator.constraints.mentions import Mention
from annotator.constraints.segment import Response

_MOST_WORDS = 2_000
_FILLER = listed(
    """
    sail rope deck tide wind gull foam reef buoy hull mast keel
    """
)


def witness(constraints: Iterable[Constraint], time_limit: float = 1.0) -> str | None:
    """A text that `verify` says satisfies all ``constraints``, or None where none was found.

    Only counts of words, sentences and paragraphs and single-word mentions over the whole text
    or each of its units are built; None says nothing about the others.
    """
    wanted = list(constraints)
    counts = solver.solution([[c] for c in wanted], time_limit)
    if counts is None:
        return None
    for plan in [[], *_plans(counts, wanted)]:
        text = _text(plan, _mentions(wanted))
        if all(c.verify(Response(text)).outcome == "pass" for c in wanted):
            return text
    return None


def _mentions(wanted: Sequence[Constraint]) -> list[tuple[str, int]]:
    """How often each term has to stand there at least."""
    least: dict[str, int] = {}
    for c in wanted:
        if isinstance(c, Mention) and c.mode == "each":
            for term in c.terms:
                least[term] = max(least.get(term, 0), c.low)
    return [(t, n) for t, n in least.items() if n]


def _plans(
    counts: dict[tuple[Scope, str], int], wanted: Sequence[Constraint]
) -> Iterable[list[list[int]]]:
    """Words per sentence per paragraph: the solver's totals first, then nearby ones."""
    low, high = _bounds(wanted, "paragraph", "sentences")
    shortest, longest = _bounds(wanted, "sentence", "words")
    least, most = _bounds(wanted, "paragraph", "words")
    root = Scope()
    paragraphs = counts.get((root, "paragraphs"), 1) or 1
    sentences = counts.get((root, "sentences"), max(paragraphs, low * paragraphs))
    words = counts.get((root, "words"), 0)
    for extra in range(4):
        total = max(sentences, paragraphs) + (extra if (root, "sentences") not in counts else 0)
        shape = _share(total, paragraphs, low, high)
        if shape is None:
            continue
        cells = list(shape)
        spoken = sum(n for _, n in _mentions(wanted))
        needed = words or max(
            spoken, shortest * total, least * paragraphs, 5 * total if longest > 5 else total
        )
        plan = _fill(cells, needed, (shortest, longest), (least, most))
        if plan is not None:
            yield plan


def _bounds(wanted: Sequence[Constraint], container: str, unit: str) -> tuple[int, int]:
    low, high = 1, _MOST_WORDS
    for c in wanted:
        if isinstance(c, Count) and c.unit == unit and c.scope == Scope((Step(container),)):
            low, high = max(low, c.low), min(high, c.high if c.high is not None else high)
    return low, high


def _share(total: int, parts: int, low: int, high: int) -> list[int] | None:
    """``total`` in ``parts`` whole numbers as even as can be, each from low to high."""
    if parts <= 0 or not low * parts <= total <= high * parts:
        return None
    base, more = divmod(total, parts)
    return [base + (i < more) for i in range(parts)]


def _fill(
    shape: list[int], words: int, sentence: tuple[int, int], paragraph: tuple[int, int]
) -> list[list[int]] | None:
    """Words for every sentence, so that sentences, paragraphs and the whole keep their bounds."""
    lows = [max(k * sentence[0], paragraph[0]) for k in shape]
    highs = [min(k * sentence[1], paragraph[1]) for k in shape]
    if any(a > b for a, b in zip(lows, highs, strict=True)) or words > _MOST_WORDS:
        return None
    if not sum(lows) <= words <= sum(highs):
        words = min(max(words, sum(lows)), sum(highs))
    sizes, spare = list(lows), words - sum(lows)
    for i, (a, b) in enumerate(zip(lows, highs, strict=True)):
        add = min(spare, b - a)
        sizes[i], spare = a + add, spare - add
    rows = [_share(size, k, *sentence) for size, k in zip(sizes, shape, strict=True)]
    return [r for r in rows if r is not None] if all(r is not None for r in rows) else None


def _text(plan: list[list[int]], mentions: list[tuple[str, int]]) -> str:
    flat = [n for row in plan for n in row]
    queue = _spread(flat, mentions)
    blocks, at = [], 0
    for row in plan:
        said = []
        for n in row:
            own = queue[at][:n]
            filler = [_FILLER[(at + i) % len(_FILLER)] for i in range(n - len(own))]
            said.append(_sentence(filler + own))
            at += 1
        blocks.append(" ".join(said))
    return "\n\n".join(blocks)


def _sentence(words: list[str]) -> str:
    text = " ".join(words)
    return text[:1].upper() + text[1:] + "."


def _spread(sizes: list[int], mentions: list[tuple[str, int]]) -> list[list[str]]:
    """Deal the words to be mentioned over the sentences, round and round, as there is room."""
    queue: list[list[str]] = [[] for _ in sizes]
    if not sizes:
        return queue
    for term, times in mentions:
        i, left = 0, times
        while left and i < len(sizes) * max(times, 1) * 2:
            cell = i % len(sizes)
            if len(queue[cell]) < sizes[cell]:
                queue[cell].append(term)
                left -= 1
            i += 1
    return queue

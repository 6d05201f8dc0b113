"""What the published evaluation kits cannot read, found before a release is made.

Facts of the kits' code as published: VLMEvalKit (``vlmeval/dataset``, MIA-Bench and MM-IFEval),
lmms-eval (``tasks/mia_bench``) and EvalScope (``benchmarks/mia_bench``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from annotator.domain.items import ItemContent

MOST_COMPONENTS: Final = 5
"""The published MIA prompts are written out for one to five components."""

SHORTEST_IMAGE: Final = 64
"""VLMEvalKit takes an image cell of at most this many characters for another row's index."""


@dataclass(frozen=True, slots=True)
class Quirk:
    """One thing a kit makes of an item: which kit, a short kind, and what happens."""

    kit: str
    kind: str
    sentence: str


def quirks(content: ItemContent) -> Iterator[Quirk]:
    """What goes wrong with an item in the published scorers."""
    yield from type_quirks(content)
    yield from number_quirks(content)
    yield from weight_quirks(content)


def type_quirks(content: ItemContent) -> Iterator[Quirk]:
    """Types are cut out of a single-quoted list and are the keys of the scores."""
    types = [component.type for component in content.components]
    for name in types:
        if any(mark in name for mark in "'\"\\\n\r\t"):
            yield Quirk(
                "VLMEvalKit",
                "quote in a type",
                f"the type {name!r} breaks its list of types, which is cut at single quotes",
            )
    repeated = sorted({name for name in types if types.count(name) > 1})
    if repeated:
        yield Quirk(
            "VLMEvalKit",
            "repeated type",
            f"scores are kept by type, so of {', '.join(repeated)} only the last one counts",
        )
    texts = [component.text for component in content.components]
    if len(set(texts)) < len(texts):
        yield Quirk(
            "lmms-eval",
            "repeated component",
            "scores are kept by text, so of equal components only the last one counts",
        )


def number_quirks(content: ItemContent) -> Iterator[Quirk]:
    """The judge's prompt is written out for one to five components."""
    count = len(content.components)
    if not 1 <= count <= MOST_COMPONENTS:
        for kit in ("VLMEvalKit", "lmms-eval"):
            yield Quirk(
                kit,
                "number of components",
                f"its prompt knows one to {MOST_COMPONENTS} components, this item has {count}",
            )


def weight_quirks(content: ItemContent) -> Iterator[Quirk]:
    """Scores are read as whole numbers."""
    weights = [component.weight for component in content.components]
    if any(isinstance(weight, float) for weight in weights):
        yield Quirk(
            "VLMEvalKit, lmms-eval",
            "decimal weight",
            "scores are read as whole numbers, so a reply in decimals loses the item's scores",
        )
    if any(weight is None for weight in weights):
        yield Quirk("VLMEvalKit, lmms-eval", "no weight", "a component without weight has no score")
    if any(weight == 0 for weight in weights):
        yield Quirk("VLMEvalKit", "weight of zero", "a score out of 0 is a division by zero")

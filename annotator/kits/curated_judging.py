"""The judge's prompt and the reading of its reply, by the components' numbers.

A score counts only where the reply gives it once, out of the component's own weight; everything
else is unparsed and counted as such, never taken for 0.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

NUMBER = r"(\d+(?:\.\d+)?)"
SCORE = rf"(?:score\s+of\s+)?component\s*#?\s*{{}}\s*[:=]\s*{NUMBER}\s*(?:/|out\s+of)\s*{NUMBER}"
BETWEEN = r"\s*[,;\n]\s*(?:and\s+)?"
BEHIND = r"(?=\s*(?:$|\n|[.;](?!\d)|[,;]?\s*(?:and\s+)?total\b))"
AGAIN = re.compile(r"component(?:[^.\n]|\.(?=\d))*?\d\s*(?:/|out\s+of)\s*\d", re.IGNORECASE)
DOUBT = re.compile(
    r"\b(?:wait|actually|correction|corrected|revis\w+|rather|instead|on second thought|final)\b",
    re.IGNORECASE,
)

PROMPT = """You check whether an answer to an instruction about the image follows each part of it.

Instruction:
{instruction}

Answer:
{response}

The parts, each with the points it is worth:
{parts}

Judge every part by itself and strictly; give part of the points only where a part is partly \
followed. Write one line with all scores first, exactly in this form:
{form}
Then explain each score in a sentence.
"""


def judge_prompt(
    instruction: str, components: Sequence[str], weights: Sequence[float], response: str
) -> str:
    """What the judge is asked; the image goes beside it."""
    numbered = list(enumerate(zip(components, weights, strict=True), 1))
    return PROMPT.format(
        instruction=instruction,
        response=response,
        parts="\n".join(f"{n}. ({weight:g} points) {text}" for n, (text, weight) in numbered),
        form=", ".join(f"component {n}: x/{weight:g}" for n, (_, weight) in numbered),
    )


def read_scores(reply: str, weights: Sequence[float]) -> list[float | None]:
    """Each component's points by its number, None where the reply does not say them for certain.

    The reply has to begin with all scores in order, as it was asked to; one that comes back to a
    score later, or doubts it, says nothing for certain.
    """
    plain = re.sub(r"[*_`]", "", reply or "").strip()
    form = BETWEEN.join(SCORE.format(number) for number in range(1, len(weights) + 1))
    begun = re.match(form + BEHIND, plain, re.IGNORECASE)
    if not weights or begun is None or doubtful(plain[begun.end() :]):
        return [None] * len(weights)
    numbers = [float(number) for number in begun.groups()]
    pairs = zip(numbers[::2], numbers[1::2], weights, strict=True)
    return [
        awarded if sound(awarded, out_of, weight) else None for awarded, out_of, weight in pairs
    ]


def sound(awarded: float, out_of: float, weight: float) -> bool:
    """Whether a score is out of its component's own weight and not above it."""
    return out_of == float(weight) and awarded <= out_of


def doubtful(rest: str) -> bool:
    """Whether what follows the scores gives scores again, or takes them back."""
    return bool(AGAIN.search(rest) or DOUBT.search(rest))


def item_score(scores: Sequence[float | None], weights: Sequence[float]) -> float | None:
    """The item's share of its points; None where a component is unparsed, or all weigh nothing."""
    known = [score for score in scores if score is not None]
    possible = sum(weights)
    return sum(known) / possible if len(known) == len(scores) and possible else None


def report(items: Iterable[Mapping[str, Any]]) -> dict[str, float | int | None]:
    """The figures of a run.

    Args:
        items: mappings of ``scores``, ``weights`` and ``types``, a value per component.

    Returns:
        ``overall``, the mean over the items that could be read whole, each type's mean over its
        own readable components, and how much was not readable.
    """
    rows = list(items)
    whole = [item_score(row["scores"], row["weights"]) for row in rows]
    shares: dict[str, list[float]] = defaultdict(list)
    unparsed = 0
    for row in rows:
        for score, weight, kind in zip(row["scores"], row["weights"], row["types"], strict=True):
            if score is None:
                unparsed += 1
            elif weight:
                shares[kind].append(score / weight)
    known = [score for score in whole if score is not None]
    figures: dict[str, float | int | None] = {
        "items": len(rows),
        "items_read": len(known),
        "components_unparsed": unparsed,
        "overall": mean(known),
    }
    return figures | {f"type {kind}": mean(shares[kind]) for kind in sorted(shares)}


def mean(values: Sequence[float]) -> float | None:
    """The mean, None of nothing."""
    return sum(values) / len(values) if values else None

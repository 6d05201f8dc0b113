"""What a judge's scores depend on besides the answer's quality: chance, length, kinship.

Each function takes columns with a row per (response, component) and gives a Figure whose interval
is a bootstrap over items.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from annotator.domain.statistics.comparing import grades
from annotator.domain.statistics.figure import Figure, Floats, Ints, ratio, undefined
from annotator.domain.statistics.resampling import Draws, bootstrap

ONE_RUN: Final = "no component was scored more than once by this judge"
NO_REFERENCE: Final = "no component that the judge scored has a score to compare with"
ONE_LENGTH: Final = "all answers are equally long"
ONE_FAMILY: Final = "there are not answers of its own family and of others to compare"
NO_FAMILY: Final = "the judge's name tells no family of models"

FAMILIES: Final = (
    "gpt", "claude", "gemini", "gemma", "llama", "qwen", "internvl", "mistral", "pixtral",
    "deepseek", "glm", "phi", "minicpm", "llava", "molmo", "ovis", "grok", "kimi", "command",
    "nova", "yi", "step", "doubao", "hunyuan", "aya", "idefics", "smolvlm",
)  # fmt: skip
"""Names by which models' families are known; related names are joined in ``family``."""
_JOINED: Final = {"pixtral": "mistral", "gemma": "gemini", "idefics": "smolvlm", "o": "gpt"}
_WORDS: Final = re.compile(r"[a-z]+")
_O_SERIES: Final = re.compile(r"^o\d")


def flip_rate(repeats: Floats, item: Ints, draws: Draws) -> Figure:
    """The chance that two of a judge's repeats of one component fall into different grades.

    ``repeats`` is (units, repeats) shares, NaN where a repeat gave no score.
    """
    several = (~np.isnan(repeats)).sum(axis=1) >= 2
    if not several.any():
        return undefined(ONE_RUN)
    repeats, item = repeats[several], item[several]
    known = ~np.isnan(repeats)
    graded = grades(np.where(known, repeats, 0.0))
    counts = np.stack([((graded == grade) & known).sum(axis=1) for grade in range(3)], axis=1)
    number = counts.sum(axis=1)
    same = (counts * (counts - 1)).sum(axis=1) / (number * (number - 1))
    columns = np.stack([1 - same, np.ones(len(same))], axis=1)
    return bootstrap(item, columns, lambda s: ratio(s[..., 0], s[..., 1]), why=ONE_RUN, draws=draws)


def repeat_spread(repeats: Floats, item: Ints, draws: Draws) -> Figure:
    """The standard deviation of a component's share over repeats, pooled over components."""
    number = (~np.isnan(repeats)).sum(axis=1)
    several = number >= 2
    if not several.any():
        return undefined(ONE_RUN)
    variance = np.nanvar(repeats[several], axis=1, ddof=1)
    columns = np.stack([variance, np.ones(len(variance))], axis=1)
    return bootstrap(
        item[several], columns, lambda s: np.sqrt(ratio(s[..., 0], s[..., 1])), why=ONE_RUN,
        draws=draws,
    )  # fmt: skip


def length_bias(
    judged: Floats, reference: Floats, length: Floats, item: Ints, draws: Draws
) -> Figure:
    """How much more share a judge gives above the reference when an answer is twice as long.

    The least-squares slope of (judged − reference) on the base-2 logarithm of the length in words.
    """
    known = ~(np.isnan(judged) | np.isnan(reference)) & (length > 0)
    if not known.any():
        return undefined(NO_REFERENCE)
    x, y = np.log2(length[known]), (judged - reference)[known]
    x = x - x.mean()
    columns = np.stack([np.ones(len(x)), x, y, x * x, x * y], axis=1)
    return bootstrap(item[known], columns, _slope, why=ONE_LENGTH, draws=draws)


def _slope(sums: Floats) -> Floats:
    number, x, y, xx, xy = (sums[..., i] for i in range(5))
    spread = number * xx - x * x
    return ratio(number * xy - x * y, np.where(spread > 1e-9 * number**2, spread, 0.0))


def family(name: str) -> str | None:
    """The family a model's name tells, None where it tells none."""
    if _O_SERIES.match(name.lower().rpartition("/")[2]):
        return "gpt"
    for word in _WORDS.findall(name.lower()):
        for known in FAMILIES:
            if word.startswith(known) and (len(known) > 3 or len(word) <= len(known) + 2):
                return _JOINED.get(known, known)
    return None


def family_preference(
    judged: Floats, reference: Floats, kin: Floats, item: Ints, draws: Draws
) -> Figure:
    """How much further above the reference a judge scores its own family than others.

    ``kin`` is 1 for answers of a model of the judge's family, 0 for others, NaN where unknown.
    """
    known = ~(np.isnan(judged) | np.isnan(reference) | np.isnan(kin))
    if not known.any():
        return undefined(NO_REFERENCE)
    above, own = (judged - reference)[known], kin[known]
    columns = np.stack([own, own * above, 1 - own, (1 - own) * above], axis=1)
    return bootstrap(item[known], columns, _apart, why=ONE_FAMILY, draws=draws)


def _apart(sums: Floats) -> Floats:
    return ratio(sums[..., 1], sums[..., 0]) - ratio(sums[..., 3], sums[..., 2])

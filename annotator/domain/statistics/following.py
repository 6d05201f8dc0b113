"""PIF and PIF-N-K: how many of the verifiable constraints an answer follows.

Epstein et al. 2024, "MMMT-IF: A Challenging Multimodal Multi-Turn Instruction Following Benchmark"
(arXiv 2409.18216). PIF of an answer is the share of its verifiable instructions that code finds
followed. PIF-N-K is the share of prompts for which at least K of N answers have a PIF of 1.
"""

from __future__ import annotations

import numpy as np

from annotator.domain.counting import counted
from annotator.domain.statistics.figure import Figure, Floats, Ints, added, ratio, undefined
from annotator.domain.statistics.resampling import Draws, bootstrap
from annotator.errors import InvalidValue

NOTHING_VERIFIABLE = "no component of these answers was decided by a verifier"


def pif_of_answers(followed: Floats, answer: Ints) -> Floats:
    """Each answer's PIF, NaN where nothing was decided.

    ``followed`` is 1 or 0 per (answer, constraint), NaN where the verifier was undecided;
    ``answer`` the row's answer as a number from 0.
    """
    decided = ~np.isnan(followed)
    size = int(answer.max()) + 1 if len(answer) else 0
    total = np.bincount(answer[decided], minlength=size).astype(float)
    return ratio(added(answer[decided], followed[decided], size), total)


def pif(followed: Floats, answer: Ints, item_of_answer: Ints, draws: Draws) -> Figure:
    """The mean PIF over answers that have one, with an interval over items."""
    shares = pif_of_answers(followed, answer)
    known = ~np.isnan(shares)
    if not known.any():
        return undefined(NOTHING_VERIFIABLE)
    columns = np.stack([shares[known], np.ones(int(known.sum()))], axis=1)
    return bootstrap(
        item_of_answer[: len(shares)][known], columns, lambda s: ratio(s[..., 0], s[..., 1]),
        why=NOTHING_VERIFIABLE, draws=draws,
    )  # fmt: skip


def pif_n_k(
    followed: Floats, answer: Ints, item_of_answer: Ints, draws: Draws, *, n: int, k: int
) -> Figure:
    """The share of items of whose N answers at least K follow every verifiable constraint.

    Items with another number of decided answers than N are left out.

    Raises:
        InvalidValue: not 1 ≤ K ≤ N.
    """
    if not 1 <= k <= n:
        raise InvalidValue("PIF-N-K", f"needs 1 ≤ K ≤ N, not N = {n}, K = {k}")
    shares = pif_of_answers(followed, answer)
    known = ~np.isnan(shares)
    item = item_of_answer[: len(shares)][known]
    answers = np.bincount(item, minlength=draws.items)
    perfect = np.bincount(item, weights=shares[known] >= 1 - 1e-9, minlength=draws.items)
    chosen = np.flatnonzero(answers == n)
    if not len(chosen):
        answers_of_n = counted(n, "answer")
        return undefined(f"no item has {answers_of_n} with verified constraints by this model")
    enough = (perfect[chosen] >= k).astype(float)
    columns = np.stack([enough, np.ones(len(chosen))], axis=1)
    return bootstrap(
        chosen, columns, lambda s: ratio(s[..., 0], s[..., 1]), why=NOTHING_VERIFIABLE,
        draws=draws,
    )  # fmt: skip

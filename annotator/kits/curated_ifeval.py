"""One score per constraint, by its number: 1 or 0, and None where nobody could say.

Constraints that are judged directly go to the judge together, with the image; rules are checked by
code; a comparison puts the answer beside the one that was given without the constraint; an item
without constraints is right or wrong by its accepted answers. What cannot be read, and a
comparison whose other answer is not there, is unparsed and counted as such, never taken for 0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from curated_judging import judge_prompt, read_scores
from curated_rules import holds

MAIN = "main"
C_LEVEL, P_LEVEL = "C-Level", "P-Level"

Score = float | None
Ask = Callable[[str, bool], str]
"""Asks the judge: the prompt, and whether the item's image goes with it."""

COMPARISON = """You check whether an answer shows the effect of one requirement.

Requirement:
{requirement}

Answer that was asked for with the requirement:
{response}

Answer of the same model that was asked for without it:
{other}

The first answer meets the requirement only if it does what is asked and, where that is a matter \
of degree, has clearly more of it than the second. Say why in a sentence, then write a last line \
that is exactly one of:
Verdict: true
Verdict: false
"""

PERCEPTION = """You check whether an answer to a question about an image is right.

Question:
{question}

Accepted answers, all of which have to be covered: {answers}

Answer:
{response}

Say why in a sentence, then write a last line that is exactly one of:
Verdict: right
Verdict: wrong
"""


def listed(cell: Any) -> list[Any]:
    """A list out of a cell of JSON text; empty where there is none."""
    found = json.loads(cell) if isinstance(cell, str) and cell.strip() else []
    return found if isinstance(found, list) else []


def method(constraint: Mapping[str, Any]) -> str:
    """How a constraint is judged: direct_gpt, rule_based or cmp_gpt."""
    judge = constraint.get("judge") or {}
    return str(judge.get("method", "direct_gpt"))


def score_item(
    row: Mapping[str, Any], response: str, others: Sequence[str | None], ask: Ask
) -> list[Score]:
    """The scores of one item, by the number of the constraint.

    Args:
        row: the item's row of the table, of ``infer_type`` main.
        others: the answers without a constraint, one for each that is judged by comparison.
        ask: the judge.
    """
    constraints = listed(row["constraints"])
    if not constraints:
        return [perceived(row, response, ask)]
    direct = [n for n, one in enumerate(constraints) if method(one) == "direct_gpt"]
    scores: list[Score] = [None] * len(constraints)
    texts = [str(constraints[n]["value"]) for n in direct]
    for n, score in zip(direct, directly(str(row["question"]), texts, response, ask), strict=True):
        scores[n] = score
    rest = iter(others)
    for n, one in enumerate(constraints):
        if method(one) == "rule_based":
            scores[n] = by_rule(one, response)
        elif method(one) == "cmp_gpt":
            scores[n] = compared(str(one["value"]), response, next(rest, None), ask)
    return scores


def directly(question: str, texts: Sequence[str], response: str, ask: Ask) -> list[Score]:
    """The constraints that the judge scores together, with the image."""
    if not texts:
        return []
    weights = [1] * len(texts)
    reply = ask(judge_prompt(question, texts, weights, response), True)
    return list(read_scores(reply, weights))


def by_rule(constraint: Mapping[str, Any], response: str) -> Score:
    """Whether all verifier calls of a constraint hold; None where one cannot be made."""
    calls = (constraint.get("judge") or {}).get("verify_funcs") or []
    found = [holds(call, response) for call in calls]
    if not found or None in found:
        return 0.0 if False in found else None
    return float(all(found))


def compared(requirement: str, response: str, other: str | None, ask: Ask) -> Score:
    """Whether an answer shows a requirement's effect, beside the one without it."""
    if not other:
        return None
    prompt = COMPARISON.format(requirement=requirement, response=response, other=other)
    return verdict(ask(prompt, False), "true", "false")


def perceived(row: Mapping[str, Any], response: str, ask: Ask) -> Score:
    """Whether an answer is right."""
    answers = listed(row["answer"])
    if not answers:
        return None
    prompt = PERCEPTION.format(
        question=row["question"],
        answers=json.dumps(answers, ensure_ascii=False),
        response=response,
    )
    return verdict(ask(prompt, False), "right", "wrong")


def verdict(reply: str, yes: str, no: str) -> Score:
    """What the last line of a reply says; None where it does not say it in the form asked for."""
    plain = re.sub(r"[*_`\"]", "", reply or "").strip()
    found = re.search(rf"(?:\A|\n)\s*verdict:\s*({yes}|{no})\s*\.?\Z", plain, re.IGNORECASE)
    several = len(re.findall(r"verdict\s*:", plain, re.IGNORECASE)) > 1
    return None if found is None or several else float(found[1].lower() == yes)


def others_of(row: Mapping[str, Any], aside: Iterable[tuple[str, str]]) -> list[str | None]:
    """The answers without a constraint, in the order of the constraints that are compared.

    Args:
        aside: key of the constraint left out, and answer, in the order of the table.
    """
    by_key: dict[str, list[str]] = {}
    for key, answer in aside:
        by_key.setdefault(key, []).append(answer)
    keys = [str(one.get("key")) for one in listed(row["constraints"]) if method(one) == "cmp_gpt"]
    return [by_key[key].pop(0) if by_key.get(key) else None for key in keys]


def mean(values: Sequence[float]) -> float | None:
    """The mean, None of nothing."""
    return sum(values) / len(values) if values else None


def whole_score(scores: Sequence[Score]) -> Score:
    """An item's score: the mean of its constraints; None where one is unparsed."""
    known = [score for score in scores if score is not None]
    return mean(known) if len(known) == len(scores) else None


def report(items: Iterable[tuple[str, Sequence[Score]]]) -> dict[str, float | int | None]:
    """The figures of a run: the published ones over items that could be read whole, and the rest.

    Args:
        items: level and scores of each.
    """
    rows = list(items)
    found: dict[str, float | int | None] = {
        "items": len(rows),
        "items_read": sum(1 for _, scores in rows if whole_score(scores) is not None),
        "components_unparsed": sum(list(scores).count(None) for _, scores in rows),
    }
    known = [(level, score) for level, scores in rows if (score := whole_score(scores)) is not None]
    for name, level in (("p_level", P_LEVEL), ("c_level", C_LEVEL)):
        of_level = [score for held, score in known if held == level]
        found |= {f"{name}_accuracy": mean(of_level), f"{name}_cnt": len(of_level)}
    return found | {"overall_accuracy": mean([score for _, score in known])}

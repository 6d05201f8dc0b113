"""What the task's YAML names: image, prompt, scoring by the components' numbers."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from curated_asking import ask_judge
from curated_judging import item_score, judge_prompt, read_scores


def doc_to_visual(doc: Mapping[str, Any]) -> list[Any]:
    """The item's image; none where it has none. lmms-eval takes images away unless it is told."""
    if "image" not in doc:
        raise RuntimeError("The judge sees the images: run lmms-eval with --process_with_media.")
    return [doc["image"].convert("RGB")] if doc["image"] is not None else []


def doc_to_text(doc: Mapping[str, Any], lmms_eval_specific_kwargs: Any = None) -> str:
    """The instruction."""
    around = lmms_eval_specific_kwargs or {}
    return f"{around.get('pre_prompt', '')}{doc['instruction']}{around.get('post_prompt', '')}"


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """One item's scores by component number, and how many components could not be read."""
    weights = list(doc["component_weight"])
    prompt = judge_prompt(doc["instruction"], doc["components"], weights, results[0])
    scores = read_scores(ask_judge(prompt, doc_to_visual(doc)), weights)
    return {
        "curated_score": item_score(scores, weights),
        "curated_unparsed": sum(1 for score in scores if score is None),
    }


def mean_read(results: Sequence[float | None]) -> float | None:
    """The mean over the items that could be read whole; None where none could."""
    known = [score for score in results if score is not None]
    return sum(known) / len(known) if known else None


def total(results: Sequence[int]) -> int:
    """How many components could not be read."""
    return sum(results)

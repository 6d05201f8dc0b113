"""What the task's YAML names for a table in MM-IFEval's form, a row per answer to be produced.

A comparison needs two rows, so it is judged when all answers are there: where the rows' results
come together.
"""

from __future__ import annotations

import base64
import functools
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from curated_asking import ask_judge
from curated_ifeval import MAIN, Score, compared, listed, method, others_of, report, score_item


def doc_to_visual(doc: Mapping[str, Any]) -> list[Any]:
    """The row's image; none where it has none."""
    from PIL import Image

    held = doc["image"]
    return [Image.open(io.BytesIO(base64.b64decode(held))).convert("RGB")] if held else []


def doc_to_text(doc: Mapping[str, Any], lmms_eval_specific_kwargs: Any = None) -> str:
    """The prompt."""
    around = lmms_eval_specific_kwargs or {}
    return f"{around.get('pre_prompt', '')}{doc['question']}{around.get('post_prompt', '')}"


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """What one row brings to the figures: a main row its scores, the others their answer."""
    row = {name: doc[name] for name in ("id", "tag", "constraints", "del_cons", "infer_type")}
    row |= {"response": results[0], "scores": []}
    if doc["infer_type"] == MAIN:
        images = doc_to_visual(doc)
        ask = lambda prompt, shown: ask_judge(prompt, images if shown else [])  # noqa: E731
        row["scores"] = score_item(doc, results[0], [], ask)
    return dict.fromkeys(METRICS, row)


def items(results: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[Score]]]:
    """Level and scores of each item, comparisons judged."""
    aside: dict[str, list[tuple[str, str]]] = {}
    for row in results:
        if row["infer_type"] != MAIN:
            said = str(row["del_cons"]), row["response"]
            aside.setdefault(str(row["id"]), []).append(said)
    for row in results:
        if row["infer_type"] == MAIN:
            yield str(row["tag"]), completed(row, aside.get(str(row["id"]), []))


def completed(row: Mapping[str, Any], aside: Sequence[tuple[str, str]]) -> list[Score]:
    """An item's scores with those of its comparisons."""
    others = iter(others_of(row, aside))
    scores: list[Score] = list(row["scores"])
    for number, one in enumerate(listed(row["constraints"])):
        if method(one) == "cmp_gpt":
            scores[number] = compared(str(one["value"]), row["response"], next(others), asked_once)
    return scores


@functools.cache
def asked_once(prompt: str, shown: bool) -> str:
    """The judge's reply to a prompt without image, asked once for all figures."""
    return str(ask_judge(prompt, []))


METRICS = {
    "curated_overall": "overall_accuracy",
    "curated_c_level": "c_level_accuracy",
    "curated_p_level": "p_level_accuracy",
    "curated_unparsed": "components_unparsed",
}
"""The task's metrics, and the figures that they are."""


def overall(results: Sequence[Mapping[str, Any]]) -> Any:
    """The mean over all items that could be read whole."""
    return report(items(results))[METRICS["curated_overall"]]


def c_level(results: Sequence[Mapping[str, Any]]) -> Any:
    """The mean over items with constraints."""
    return report(items(results))[METRICS["curated_c_level"]]


def p_level(results: Sequence[Mapping[str, Any]]) -> Any:
    """The mean over items with accepted answers."""
    return report(items(results))[METRICS["curated_p_level"]]


def unparsed(results: Sequence[Mapping[str, Any]]) -> Any:
    """How many constraints could not be read."""
    return report(items(results))[METRICS["curated_unparsed"]]

"""The curated set as a dataset class of VLMEvalKit; importing this makes it known there.

The class reads its own table (VLMEvalKit's published columns) instead of fetching the official
one, gives the judge each item's own image by the item's index, scores components by their number
instead of by their type, and counts what it could not read.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from curated_judging import judge_prompt, read_scores, report  # noqa: E402
from vlmeval import dataset as kit  # noqa: E402
from vlmeval.dataset.image_base import ImageBaseDataset  # noqa: E402
from vlmeval.dataset.utils import build_judge  # noqa: E402
from vlmeval.smp import dump, load  # noqa: E402

SETTINGS = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))


class CuratedSet(ImageBaseDataset):  # type: ignore[misc]
    """Items with weighted components, judged with their own images."""

    TYPE = "VQA"
    DATASET_URL: ClassVar = {name: str(HERE / path) for name, path in SETTINGS["data"].items()}
    DATASET_MD5: ClassVar = dict.fromkeys(SETTINGS["data"])

    def load_data(self, dataset: str) -> Any:
        """The table beside this file; nothing is fetched."""
        return load(self.DATASET_URL[dataset])

    def evaluate(self, eval_file: str, **judge_kwargs: Any) -> dict[str, Any]:
        """Judge the predictions and write the scores beside them, a line per item."""
        name = judge_kwargs.pop("model", "gpt-4o")
        workers = judge_kwargs.pop("nproc", 4)
        judge = build_judge(model=name, **judge_kwargs)
        rows = {str(row["index"]): row for row in self.data.to_dict(orient="records")}
        predictions = load(eval_file).to_dict(orient="records")
        pairs = [(rows[str(line["index"])], str(line["prediction"])) for line in predictions]
        with ThreadPoolExecutor(workers) as pool:
            judged = list(pool.map(lambda pair: judge_one(judge, *pair), pairs))
        stem = Path(eval_file).with_suffix("")
        dump(judged, f"{stem}_{name}_curated.json")
        figures: dict[str, Any] = report(judged)
        dump(figures, f"{stem}_{name}_curated_score.json")
        return figures


def judge_one(judge: Any, row: Mapping[str, Any], prediction: str) -> dict[str, Any]:
    """One prediction's scores, with the judge's words."""
    components, weights, types = (
        listed(row[name]) for name in ("components", "component_weight", "component_type")
    )
    prompt = judge_prompt(str(row["question"]), components, weights, prediction)
    image = {"type": "image", "value": f"data:image/jpeg;base64,{row['image']}"}
    reply = str(judge.generate([{"type": "text", "value": prompt}, image]))
    scores = read_scores(reply, weights)
    return {
        "index": str(row["index"]),
        "scores": scores,
        "weights": weights,
        "types": types,
        "reply": reply,
    }


def listed(cell: Any) -> list[Any]:
    """A list out of a cell that holds a Python literal."""
    return list(ast.literal_eval(cell)) if isinstance(cell, str) else list(cell)


if CuratedSet not in kit.DATASET_CLASSES:
    kit.DATASET_CLASSES.insert(0, CuratedSet)

"""The curated sets as dataset classes of VLMEvalKit; importing this makes them known there.

The classes read their own tables (VLMEvalKit's published columns) instead of fetching the official
ones, give the judge each item's own image by the item's index, score components by their number
instead of by their type or key, and count what they could not read and what was not answered.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from curated_ifeval import MAIN, others_of, score_item  # noqa: E402
from curated_ifeval import report as ifeval_report  # noqa: E402
from curated_judging import judge_prompt, read_scores, report  # noqa: E402
from vlmeval import dataset as kit  # noqa: E402
from vlmeval.dataset.image_base import ImageBaseDataset  # noqa: E402
from vlmeval.dataset.utils import build_judge  # noqa: E402
from vlmeval.smp import dump, load  # noqa: E402

SETTINGS = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))


def own_files(kind: str) -> dict[str, str]:
    """The tables of a kind by the name of the set."""
    return {name: str(HERE / path) for name, path in SETTINGS.get(kind, {}).items()}


class CuratedTable(ImageBaseDataset):  # type: ignore[misc]
    """A table beside this file whose predictions are judged item by item."""

    TYPE = "VQA"
    DATASET_URL: ClassVar[dict[str, str]] = {}
    data: Any

    def load_data(self, dataset: str) -> Any:
        """The table; nothing is fetched."""
        return load(self.DATASET_URL[dataset])

    def evaluate(self, eval_file: str, **judge_kwargs: Any) -> dict[str, Any]:
        """Judge the predictions and write the scores beside them, a line per item.

        The table is read anew: VLMEvalKit's inference takes the images out of the one that it had.
        """
        self.data = type(self)(self.dataset_name).data
        name = judge_kwargs.pop("model", "gpt-4o")
        workers = judge_kwargs.pop("nproc", 4)
        judge = build_judge(model=name, **judge_kwargs)
        predictions = {
            str(line["index"]): str(line["prediction"])
            for line in load(eval_file).to_dict(orient="records")
        }
        with ThreadPoolExecutor(workers) as pool:
            judged = list(
                pool.map(lambda one: self.judged(judge, *one), self.answered(predictions))
            )
        stem = Path(eval_file).with_suffix("")
        dump(judged, f"{stem}_{name}_curated.json")
        asked = len(self.rows())
        figures = self.figures(judged) | {
            "items_asked": asked,
            "items_unanswered": asked - len(judged),
        }
        dump(figures, f"{stem}_{name}_curated_score.json")
        return figures

    def rows(self) -> list[dict[str, Any]]:
        """The rows that are an item each."""
        return list(self.data.to_dict(orient="records"))

    def answered(self, predictions: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
        """What ``judged`` takes beside the judge, for each item that was answered."""
        for row in self.rows():
            if str(row["index"]) in predictions:
                yield row, predictions[str(row["index"])]

    def judged(self, judge: Any, row: Mapping[str, Any], prediction: str) -> dict[str, Any]:
        """One item's scores, with the judge's words."""
        raise NotImplementedError

    def figures(self, judged: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The figures of a run."""
        raise NotImplementedError


class CuratedSet(CuratedTable):
    """Items with weighted components, judged with their own images."""

    DATASET_URL = own_files("weighted")
    DATASET_MD5: ClassVar = dict.fromkeys(DATASET_URL)

    def judged(self, judge: Any, row: Mapping[str, Any], prediction: str) -> dict[str, Any]:
        """Scores out of each component's weight."""
        components, weights, types = (
            listed(row[name]) for name in ("components", "component_weight", "component_type")
        )
        prompt = judge_prompt(str(row["question"]), components, weights, prediction)
        reply = ask(judge, prompt, row)
        return {
            "index": str(row["index"]),
            "scores": read_scores(reply, weights),
            "weights": weights,
            "types": types,
            "replies": [reply],
        }

    def figures(self, judged: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The mean, by type too, and what was not readable."""
        return dict(report(judged))


class CuratedConstraints(CuratedTable):
    """Items with constraints that a judge, a rule or a comparison decides (MM-IFEval's form)."""

    DATASET_URL = own_files("constraints")
    DATASET_MD5: ClassVar = dict.fromkeys(DATASET_URL)

    def build_prompt(self, line: Any) -> list[Any]:
        """The published order for this form: the text, then the image."""
        said = super().build_prompt(line)
        return sorted(said, key=lambda part: part["type"] != "text")

    def rows(self) -> list[dict[str, Any]]:
        """The main rows."""
        return [row for row in super().rows() if row["infer_type"] == MAIN]

    def answered(self, predictions: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
        """The main rows, each with its answers to the prompts without one constraint."""
        aside: dict[str, list[tuple[str, str]]] = {}
        for row in super().rows():
            if row["infer_type"] != MAIN and str(row["index"]) in predictions:
                said = str(row["del_cons"]), predictions[str(row["index"])]
                aside.setdefault(str(row["id"]), []).append(said)
        for row in self.rows():
            if str(row["index"]) in predictions:
                others = others_of(row, aside.get(str(row["id"]), []))
                yield row, predictions[str(row["index"])], others

    def judged(
        self, judge: Any, row: Mapping[str, Any], prediction: str, others: Sequence[str | None] = ()
    ) -> dict[str, Any]:
        """One score per constraint."""
        replies: list[str] = []

        def put(prompt: str, shown: bool) -> str:
            replies.append(ask(judge, prompt, row if shown else None))
            return replies[-1]

        scores = score_item(row, prediction, others, put)
        return {
            "index": str(row["index"]),
            "level": str(row["tag"]),
            "scores": scores,
            "replies": replies,
        }

    def figures(self, judged: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The published figures, and what was not readable."""
        return dict(ifeval_report((one["level"], one["scores"]) for one in judged))


def ask(judge: Any, prompt: str, row: Mapping[str, Any] | None) -> str:
    """The judge's reply; with the image of a row."""
    said = [{"type": "text", "value": prompt}]
    if row is not None:
        said.append({"type": "image", "value": f"data:image/jpeg;base64,{row['image']}"})
    return str(judge.generate(said))


def listed(cell: Any) -> list[Any]:
    """A list out of a cell that holds a Python literal."""
    return list(ast.literal_eval(cell)) if isinstance(cell, str) else list(cell)


for one in (CuratedSet, CuratedConstraints):
    if one.DATASET_URL and one not in kit.DATASET_CLASSES:
        kit.DATASET_CLASSES.insert(0, one)

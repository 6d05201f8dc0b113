"""Beside the data, what makes evaluation kits load it: a plug-in for each, and the exact commands.

The plug-ins are the files of ``annotator.kits``, copied as they stand; what differs from release
to release lies in a settings file, or the task's YAML, beside them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from annotator.services.release.options import slug
from annotator.services.release.plan import Plan

VLMEVALKIT: Final = "mia-bench-tsv"
LMMS_EVAL: Final = "mia-bench-parquet"
PARQUETS: Final = (LMMS_EVAL, "parquet")
JUDGING: Final = "curated_judging.py"

Files = Mapping[str, Mapping[str, list[str]]]
"""For each format the paths of its files, by split, the data first."""


@dataclass(frozen=True, slots=True)
class Loader:
    """How something loads the release: its title, and commands to run in the release's folder."""

    title: str
    commands: str
    language: str = "sh"


def write_kits(plan: Plan, folder: Path, written: Files) -> None:
    """Write the plug-ins of the kits whose form was chosen."""
    if VLMEVALKIT in written:
        place = folder / "plugins" / "vlmevalkit"
        copy(place, JUDGING, "vlmevalkit_plugin.py", "vlmevalkit_run.py")
        data = {
            set_name(plan, split): f"../../{paths[0]}"
            for split, paths in written[VLMEVALKIT].items()
        }
        settings = json.dumps({"data": data}, indent=2) + "\n"
        (place / "settings.json").write_text(settings, encoding="utf-8")
    if LMMS_EVAL in written:
        place = folder / "plugins" / "lmms_eval" / task_name(plan)
        copy(place, JUDGING)
        (place / "utils.py").write_bytes(kit_file("lmms_eval_utils.py"))
        for split, paths in written[LMMS_EVAL].items():
            name = task_name(plan, split)
            (place / f"{name}.yaml").write_text(task_yaml(name, paths[0]), encoding="utf-8")


def copy(place: Path, *names: str) -> None:
    """Copy files of annotator.kits."""
    place.mkdir(parents=True, exist_ok=True)
    for name in names:
        (place / name).write_bytes(kit_file(name))


def kit_file(name: str) -> bytes:
    """One file of annotator.kits."""
    return (files("annotator.kits") / name).read_bytes()


def set_name(plan: Plan, split: str) -> str:
    """The name under which VLMEvalKit knows a split."""
    name = f"{slug(plan.dataset.name)}-{plan.options.name}"
    return name if plan.scheme.kind == "whole" else f"{name}_{split}"


def task_name(plan: Plan, split: str = "") -> str:
    """The name under which lmms-eval knows a split."""
    name = re.sub(r"\W+", "_", f"{plan.dataset.name}_{plan.options.name}").lower()
    return name if plan.scheme.kind == "whole" or not split else f"{name}_{split}"


def task_yaml(name: str, data: str) -> str:
    """A task of lmms-eval; its data is found from the release's folder."""
    return f"""task: {json.dumps(name)}
dataset_path: parquet
dataset_kwargs:
  data_files:
    test: {json.dumps(data)}
test_split: test
output_type: generate_until
doc_to_visual: !function utils.doc_to_visual
doc_to_text: !function utils.doc_to_text
doc_to_target: ""
process_results: !function utils.process_results
generation_kwargs:
  max_new_tokens: 1024
metric_list:
  - metric: curated_score
    aggregation: !function utils.mean_read
    higher_is_better: true
  - metric: curated_unparsed
    aggregation: !function utils.total
    higher_is_better: false
lmms_eval_specific_kwargs:
  default:
    pre_prompt: ""
    post_prompt: ""
metadata:
  version: 1.0
"""


def loaders(plan: Plan, written: Files) -> Iterator[Loader]:
    """How to load what was written, a section of the card each."""
    yield Loader("Python (`datasets`)", datasets_lines(plan, written), "python")
    if VLMEVALKIT in written:
        names = " ".join(set_name(plan, split) for split in written[VLMEVALKIT])
        yield Loader(
            "VLMEvalKit",
            "release=$PWD\ncd /path/to/VLMEvalKit\n"
            f"python $release/plugins/vlmevalkit/vlmevalkit_run.py --data {names} "
            "--model MODEL --judge JUDGE",
        )
    if LMMS_EVAL in written:
        names = ",".join(task_name(plan, split) for split in written[LMMS_EVAL])
        yield Loader(
            "lmms-eval",
            "export OPENAI_API_KEY=… MODEL_VERSION=JUDGE\n"
            "python -m lmms_eval --model MODEL --model_args … "
            f"--include_path plugins/lmms_eval --tasks {names} --batch_size 1 --log_samples "
            "--output_path results",
        )
        yield Loader("EvalScope", evalscope_lines(plan, written), "python")


def item_files(plan: Plan) -> dict[str, str]:
    """The items in our own words by split."""
    return {name: f"items/{name}.jsonl" for name in plan.scheme.names if plan.in_split(name)}


def datasets_lines(plan: Plan, written: Files) -> str:
    """The lines that load every split, and the items with where they come from."""
    config = next((name for name in PARQUETS if name in written), "items")
    return (
        "from datasets import load_dataset\n\n"
        f'dataset = load_dataset(".", "{config}")  # in this folder\n'
        f'items = load_dataset("json", data_files={json.dumps(item_files(plan))})'
    )


def evalscope_lines(plan: Plan, written: Files) -> str:
    """A task of EvalScope over the folder of the parquet files."""
    split, paths = next(iter(written[LMMS_EVAL].items()))
    place = Path(paths[0]).parent.as_posix()
    return (
        "from evalscope import TaskConfig, run_task\n\n"
        'run_task(TaskConfig(model="MODEL", datasets=["mia_bench"], dataset_args={\n'
        f'    "mia_bench": {{"local_path": "{place}", "eval_split": "{split}"}}}}))'
    )

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

WEIGHTED_TABLE: Final = "mia-bench-tsv"
WEIGHTED_PARQUET: Final = "mia-bench-parquet"
CONSTRAINTS: Final = "mm-ifeval-tsv"
PARQUETS: Final = (WEIGHTED_PARQUET, "parquet")
TABLES: Final = {WEIGHTED_TABLE: "weighted", CONSTRAINTS: "constraints"}
"""The formats that VLMEvalKit loads, by what the plug-in's settings call them."""

JUDGING: Final = ("curated_judging.py",)
RULES: Final = (*JUDGING, "curated_ifeval.py", "curated_rules.py")
SEGMENT: Final = "curated_segment.py"

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
    if any(name in written for name in TABLES):
        write_vlmevalkit(plan, folder / "plugins" / "vlmevalkit", written)
    for name in (WEIGHTED_PARQUET, CONSTRAINTS):
        if name in written:
            write_lmms_eval(plan, folder / "plugins" / "lmms_eval", name, written[name])


def write_vlmevalkit(plan: Plan, place: Path, written: Files) -> None:
    """The dataset classes, and which tables are theirs."""
    copy(place, *RULES, "vlmevalkit_plugin.py", "vlmevalkit_run.py")
    settings = {
        kind: {
            set_name(plan, name, split): f"../../{paths[0]}"
            for split, paths in written.get(name, {}).items()
        }
        for name, kind in TABLES.items()
    }
    text = json.dumps(settings, indent=2) + "\n"
    (place / "settings.json").write_text(text, encoding="utf-8")


def write_lmms_eval(plan: Plan, folder: Path, form: str, files: Mapping[str, list[str]]) -> None:
    """A folder of tasks, one for each split."""
    place = folder / task_name(plan, form)
    if form == CONSTRAINTS:
        copy(place, *RULES, "curated_asking.py")
        utils, head, metrics = "lmms_eval_ifeval_utils.py", TABLE_HEAD, CONSTRAINT_METRICS
    else:
        copy(place, *JUDGING, "curated_asking.py")
        utils, head, metrics = "lmms_eval_utils.py", PARQUET_HEAD, WEIGHTED_METRICS
    (place / "utils.py").write_bytes(kit_file(utils))
    for split, paths in files.items():
        name = task_name(plan, form, split)
        text = f"task: {json.dumps(name)}\n{head}    test: {json.dumps(paths[0])}\n{TASK}{metrics}"
        (place / f"{name}.yaml").write_text(text, encoding="utf-8")


def copy(place: Path, *names: str) -> None:
    """Copy files of annotator.kits; the verifiers with what cuts texts for them."""
    place.mkdir(parents=True, exist_ok=True)
    for name in names:
        (place / name).write_bytes(kit_file(name))
    if "curated_rules.py" in names:
        cutting = files("annotator.constraints") / "segment.py"
        (place / SEGMENT).write_bytes(cutting.read_bytes())


def kit_file(name: str) -> bytes:
    """One file of annotator.kits."""
    return (files("annotator.kits") / name).read_bytes()


def set_name(plan: Plan, form: str, split: str) -> str:
    """The name under which VLMEvalKit knows a split."""
    name = f"{slug(plan.dataset.name)}-{plan.options.name}{'-IF' * (form == CONSTRAINTS)}"
    return name if plan.scheme.kind == "whole" else f"{name}_{split}"


def task_name(plan: Plan, form: str, split: str = "") -> str:
    """The name under which lmms-eval knows a split."""
    name = re.sub(r"\W+", "_", f"{plan.dataset.name}_{plan.options.name}").lower()
    name += "_if" * (form == CONSTRAINTS)
    return name if plan.scheme.kind == "whole" or not split else f"{name}_{split}"


PARQUET_HEAD: Final = """dataset_path: parquet
dataset_kwargs:
  data_files:
"""
TABLE_HEAD: Final = """dataset_path: csv
dataset_kwargs:
  sep: "\\t"
  keep_default_na: false
  data_files:
"""
TASK: Final = """test_split: test
output_type: generate_until
doc_to_visual: !function utils.doc_to_visual
doc_to_text: !function utils.doc_to_text
doc_to_target: ""
process_results: !function utils.process_results
generation_kwargs:
  max_new_tokens: 1024
lmms_eval_specific_kwargs:
  default:
    pre_prompt: ""
    post_prompt: ""
metadata:
  version: 1.0
metric_list:
"""
WEIGHTED_METRICS: Final = """  - metric: curated_score
    aggregation: !function utils.mean_read
    higher_is_better: true
  - metric: curated_unparsed
    aggregation: !function utils.total
    higher_is_better: false
"""
CONSTRAINT_METRICS: Final = """  - metric: curated_overall
    aggregation: !function utils.overall
    higher_is_better: true
  - metric: curated_c_level
    aggregation: !function utils.c_level
    higher_is_better: true
  - metric: curated_p_level
    aggregation: !function utils.p_level
    higher_is_better: true
  - metric: curated_unparsed
    aggregation: !function utils.unparsed
    higher_is_better: false
"""
"""The parts of a task's YAML; its data is found from the release's folder."""


def loaders(plan: Plan, written: Files) -> Iterator[Loader]:
    """How to load what was written, a section of the card each."""
    yield Loader("Python (`datasets`)", datasets_lines(plan, written), "python")
    tables = [name for name in TABLES if name in written]
    if tables:
        names = " ".join(set_name(plan, name, split) for name in tables for split in written[name])
        yield Loader(
            "VLMEvalKit",
            "# a checkout of VLMEvalKit, or any folder after: pip install ms-vlmeval\n"
            "release=$PWD\ncd /path/to/VLMEvalKit\n"
            f"python -B $release/plugins/vlmevalkit/vlmevalkit_run.py --data {names} "
            "--model MODEL --judge JUDGE",
        )
    tasks = [name for name in (WEIGHTED_PARQUET, CONSTRAINTS) if name in written]
    if tasks:
        names = ",".join(task_name(plan, name, split) for name in tasks for split in written[name])
        yield Loader(
            "lmms-eval",
            "# pip install lmms-eval; OPENAI_BASE_URL, where the judge is not OpenAI's\n"
            "export OPENAI_API_KEY=… MODEL_VERSION=JUDGE\n"
            "python -B -m lmms_eval --model MODEL --model_args … "
            f"--include_path plugins/lmms_eval --tasks {names} --batch_size 1 "
            "--process_with_media --log_samples --output_path ../results",
        )
    if WEIGHTED_PARQUET in written:
        yield Loader("EvalScope", evalscope_lines(plan, written), "python")


def item_files(plan: Plan) -> dict[str, str]:
    """The items in our own words by split."""
    return {name: f"items/{name}.jsonl" for name in plan.scheme.names if plan.in_split(name)}


def datasets_lines(plan: Plan, written: Files) -> str:
    """The lines that load every split, and the items with where they come from."""
    config = next((name for name in PARQUETS if name in written), "items")
    return (
        '# pip install "datasets[vision]"\n'
        "from pathlib import Path\n\n"
        "from datasets import load_dataset\n\n"
        f'dataset = load_dataset(str(Path.cwd()), "{config}")  # in this folder\n'
        f'items = load_dataset("json", data_files={json.dumps(item_files(plan))})'
    )


def evalscope_lines(plan: Plan, written: Files) -> str:
    """A task of EvalScope over the parquet file of one split, with a judge of one's own."""
    splits = written[WEIGHTED_PARQUET]
    split = "test" if "test" in splits else next(iter(splits))
    place = Path(splits[split][0]).parent.as_posix()
    return f"""# pip install evalscope
from evalscope import TaskConfig, run_task

server = {{"api_url": "URL", "api_key": "KEY"}}
run_task(TaskConfig(
    model="MODEL", eval_type="openai_api", **server, datasets=["mia_bench"],
    dataset_args={{"mia_bench": {{"local_path": "{place}", "eval_split": "{split}"}}}},
    judge={{"strategy": "llm", "models": [{{"model_id": "JUDGE", **server}}]}},
    work_dir="../results",
))"""

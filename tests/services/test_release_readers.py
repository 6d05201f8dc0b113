"""What others' libraries make of a release: datasets, pandas, pyarrow, mlcroissant."""

from __future__ import annotations

import ast
import base64
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas
import pyarrow.json
import pytest
from PIL import Image

from annotator.domain.items import flatten
from annotator.services import datasets, pictures, release
from annotator.services.importing import FORMATS, import_file
from annotator.services.release import Options
from annotator.services.release.comparing import read_items
from annotator.services.release.walking import content_of
from annotator.services.workspace import no_progress
from db import images, items
from tests.examples import Tab, benchmark, imported, record
from tests.services.test_releasing import RECORDS, curate

ODD = record(
    instruction='Say "it’s | done"\nin <b>two</b> lines, \\ and a tab\there.',
    image="odd.png",
    component_weight=[4, 3.0, 3],
    component_type=["describe", "describe", "the painter's"],
)


@pytest.fixture
def bench(workspace, ana, tmp_path):
    """Thirteen items; twelve have an image of their own colour, the last has none."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(12):
        Image.new("RGB", (40, 30), (20 * number, 90, 120)).save(photos / f"{number}.png")
    import_file(
        workspace,
        actor=ana,
        file="bench.json",
        data=benchmark(*RECORDS[:12], ODD),
        dataset="Bench",
        images=photos,
    )
    curate(workspace, ana, 2, "fix", c1=5, c2=2)
    curate(workspace, ana, 3, "drop")
    return datasets.named(workspace, name="Bench")


@pytest.fixture
def create(workspace, ana, bench, tmp_path):
    def now(options):
        out = tmp_path / "out" / options.name
        release.create(workspace, actor=ana, dataset=bench, out=out, options=options)
        return out

    return now


@pytest.fixture
def folder(create):
    return create(Options("v1.1", splits="train=1,test=1"))


@pytest.fixture
def load(tmp_path):
    """``datasets.load_dataset`` with a cache of the test's own: rows by the item's name."""
    from datasets import load_dataset

    def now(*arguments, **options):
        return load_dataset(*map(str, arguments), cache_dir=str(tmp_path / "cache"), **options)

    return now


def test_the_lines_of_the_card_load_the_folder_as_they_are_printed(folder, load, monkeypatch):
    card = (folder / "README.md").read_text("utf-8")
    [code] = re.findall(r"```python\n([^`]*load_dataset[^`]*)```", card)
    monkeypatch.chdir(folder)
    monkeypatch.setattr("datasets.load_dataset", load)
    found = {}
    exec(code, found)
    check_items(found["items"], 12)
    assert sum(map(len, found["dataset"].values())) == 12
    assert set(found["dataset"]) == {"train", "test"}


def test_datasets_loads_the_items_of_the_folder_where_there_is_no_parquet(create, load):
    check_items(load(create(Options("own", formats=("mia-bench",))), "items"), 12)


def check_items(loaded, number):
    rows = {row["item"]: row for split in loaded.values() for row in split}
    assert len(rows) == number
    for name, row in rows.items():
        wanted = ODD if name == "12" else RECORDS[int(name)]
        assert row["instruction"] == wanted["instruction"] and row["answers"] == []
        assert (row["image"]["sha256"] is None) == (name == "12")
        assert row["curation"]["by"] == (["Ana"] if name == "1" else [])
        assert row["components"][0]["weight"] == (5.0 if name == "1" else 4.0)


def test_datasets_loads_the_published_columns_with_their_images(create, load):
    loaded = load(create(Options("kits")), "mia-bench-parquet")
    row = loaded["test"][3]
    assert row["image"].getpixel((5, 5)) == (80, 90, 120)
    assert loaded["test"][11]["image"] is None
    assert row["instruction"] == RECORDS[4]["instruction"]
    assert row["component_weight"] == [4, 3, 3] and row["num_of_component"] == 3
    assert row["component_type"] == ["describe", "length_limit", "mention"]


def test_pandas_and_pyarrow_read_the_items(folder):
    for file in (folder / "items").iterdir():
        frame = pandas.read_json(file, lines=True)
        table = pyarrow.json.read_json(file)
        assert list(frame["item"].astype(str)) == table.column("item").to_pylist()
        assert frame["components"].map(len).min() == 3


def test_croissant_is_valid_and_its_records_are_the_items(folder):
    import mlcroissant

    described = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    assert described.metadata.issues.errors == set()
    found = [one["train/instruction"].decode() for one in described.records(record_set="train")]
    told = (folder / "items" / "train.jsonl").read_text("utf-8").splitlines()
    assert found == [json.loads(line)["instruction"] for line in told]


def test_what_is_read_back_is_what_the_database_holds(folder, workspace):
    with workspace.database.reading() as session:
        held = items.get_many(session, item_ids=list(read_items(folder)))
    for item, values in zip(held, read_items(folder).values(), strict=True):
        assert flatten(content_of(values)) == flatten(item.content)
        assert repr(content_of(values)) == repr(item.content)


def test_the_card_says_what_is_in_it(folder):
    card = (folder / "README.md").read_text("utf-8")
    for words in (
        "12 items", "2407.01509", "## Splits", "train", "Ana", "annotator release verify",
        "load_dataset", "repeated type", "No item was annotated by two people",
        "--process_with_media", 'work_dir="../results"',
    ):  # fmt: skip
        assert words in card, words


def test_the_card_cites_the_source_as_it_asks_to_be(create, workspace, ana, bench):
    assert (
        "dataset: not stated; ask the source" in (create(Options("v1")) / "README.md").read_text()
    )
    cited = "@misc{x,\n  title = {A ```bench```}\n}"
    datasets.attribute(workspace, actor=ana, dataset_id=bench.id, licence="CC BY", citation=cited)
    out = create(Options("v2"))
    card = (out / "README.md").read_text("utf-8")
    assert f"````bibtex\n{cited}\n````" in card and 'license_name: "CC BY"' in card
    assert json.loads((out / "croissant.json").read_text("utf-8"))["citeAs"] == cited
    again = datasets.attribute(workspace, actor=ana, dataset_id=bench.id, licence="MIT")
    assert (again.licence, again.citation) == ("MIT", cited)


class Fetched:
    """What an address held."""

    def __init__(self, data):
        self.data = data


def test_images_marked_address_only_go_out_as_addresses(workspace, ana, tmp_path, monkeypatch):
    photos, address = tmp_path / "photos", "https://example.org/a.png"
    photos.mkdir()
    held = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(held, "PNG")
    data, spelt = held.getvalue(), base64.b64encode(held.getvalue())
    Image.new("RGB", (40, 30), "blue").save(photos / "b.png")
    rows = [record(instruction="Sing.", image=address), record(instruction="Dance.", image="b.png")]
    import_file(
        workspace, actor=ana, file="b.json", data=benchmark(*rows), dataset="B", images=photos
    )
    monkeypatch.setattr(pictures, "fetch", lambda ref, policy: Fetched(data))
    pictures.fetch_missing(workspace, actor=ana, dataset_id=1, progress=no_progress)
    with workspace.database.reading() as session:
        image = images.by_hash(session, sha256=hashlib.sha256(data).hexdigest())
    pictures.set_terms(
        workspace, actor=ana, image_id=image.id, version=image.version, licence="Ask", credit=None,
        address_only=True,
    )  # fmt: skip
    bench, out = datasets.named(workspace, name="B"), tmp_path / "out" / "v1"
    options = Options("v1", formats=tuple(n for n, f in FORMATS.items() if f.kind == "items"))
    release.create(workspace, actor=ana, dataset=bench, out=out, options=options)
    for file in out.rglob("*"):
        if file.is_file():
            held = file.read_bytes()
            assert data not in held and spelt not in held, file
    for name in ("mia-bench-parquet", "parquet"):
        [file] = (out / name).glob("*.parquet")
        bound, free = pyarrow.parquet.read_table(file).column("image").to_pylist()
        assert bound in (None, {"bytes": None, "path": address}) and free["bytes"]
    assert address in (out / "mia-bench" / "B.json").read_text("utf-8")
    assert "| images that go out as address | 1 |" in (out / "README.md").read_text("utf-8")
    told = [json.loads(line) for line in (out / "problems.jsonl").read_text("utf-8").splitlines()]
    assert {"VLMEvalKit table of MIA-Bench", "EvalScope and lmms-eval parquet of MIA-Bench"} <= {
        one["reader"] for one in told if one["item"] == "0"
    }
    assert release.verify(out).sound


def test_what_would_break_published_parsers_is_reported_before(workspace, ana, bench):
    found = release.foresee(workspace, actor=ana, dataset=bench, options=Options("v1"))
    told = {(p.item, p.kind) for p in found.survey.problems}
    assert {("12", "repeated type"), ("12", "quote in a type"), ("12", "decimal weight")} <= told
    assert all(item == "12" for item, kind in told if kind != "what its readers cannot take")


@pytest.mark.real_data
def test_of_200_published_items_the_ten_curated_are_the_changes(workspace, ana, tmp_path):
    named = os.environ.get("ANNOTATOR_REAL_DATA")
    if not named:
        pytest.skip("ANNOTATOR_REAL_DATA is not set")
    file = Path(named) / "mia_bench" / "instruction_benchmark_first200.json"
    imported(workspace, ana, file.read_bytes(), "MIA-Bench")
    chosen = (3, 17, 30, 55, 88, 101, 133, 150, 177, 193)
    for number in chosen:
        tab = Tab(workspace, ana, number + 1)
        tab.edit({"op": "set_instruction", "value": f"{tab.desk.content.instruction} Be kind."})
        tab.submit("fix")
    out = tmp_path / "v1"
    release.create(
        workspace,
        actor=ana,
        dataset=datasets.named(workspace, name="MIA-Bench"),
        out=out,
        options=Options("v1"),
    )
    told = [json.loads(line) for line in (out / "changes.jsonl").read_text("utf-8").splitlines()]
    assert [one["item"] for one in told] == [str(number) for number in chosen]
    text = (out / "CHANGES.md").read_text("utf-8")
    assert re.findall(r"^### Item (\d+)$", text, re.MULTILINE) == [one["item"] for one in told]
    ours = json.loads((out / "mia-bench" / "MIA-Bench.json").read_bytes())
    theirs = json.loads(file.read_bytes())
    assert [n for n in range(200) if repr(ours[n]) != repr(theirs[n])] == list(chosen)
    assert release.verify(out).sound


VLMEVAL = {
    "__init__.py": "from . import dataset",
    "smp.py": """
import ast
import base64
import csv
import hashlib
import io
import json
import pandas
def load(file):
    return pandas.read_csv(file, sep="\\t")
def dump(values, file):
    open(file, "w").write(json.dumps(values))
""",
    "dataset/__init__.py": "from .image_base import ImageBaseDataset\nDATASET_CLASSES = []",
    "dataset/image_base.py": """
class ImageBaseDataset:
    def __init__(self, dataset):
        self.dataset_name = dataset
        data = self.load_data(dataset)
        data = data[~data["image"].isna()]
        data["index"] = [str(x) for x in data["index"]]
        self.data = data
    @classmethod
    def supported_datasets(cls):
        return list(cls.DATASET_URL)
""",
    "dataset/utils.py": """
class Judge:
    def generate(self, message):
        text, *images = message
        if "Verdict: true" in text["value"]:
            return "It does.\\nVerdict: true"
        if "Verdict: right" in text["value"]:
            return "The right answer is another.\\nVerdict: wrong"
        if "1 points" in text["value"]:
            return "component 1: 1/1, component 2: 0/1"
        assert images[0]["value"].startswith("data:image/jpeg;base64,iVBOR")
        if "item 4 " in text["value"]:
            return "I liked it."
        return "component 1: 2/4, component 2: 3/3, component 3: 0/3"
def build_judge(**options):
    return Judge()
""",
}
"""As much of VLMEvalKit as the plug-in touches, of the same names and arguments."""


def evaluated(release_folder, tmp_path, unanswered=()):
    """The plug-in's set, how many rows were answered, and the figures, in a process of its own.

    Args:
        unanswered: places of rows that get no prediction.
    """
    for name, text in VLMEVAL.items():
        file = tmp_path / "kit" / "vlmeval" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    script = f"""
import sys, json, pandas
import vlmevalkit_plugin
from vlmeval.dataset import DATASET_CLASSES
[name] = DATASET_CLASSES[0].supported_datasets()
bench = DATASET_CLASSES[0](dataset=name)
rows = [
    {{"index": n, "prediction": "An answer."}}
    for place, n in enumerate(bench.data["index"]) if place not in {tuple(unanswered)!r}
]
pandas.DataFrame(rows).to_csv("predictions.tsv", sep="\\t", index=False)
bench.data.pop("image")  # as the kit's inference does
print(json.dumps([name, len(rows), bench.evaluate("predictions.tsv", model="judge")]))
"""
    path = os.pathsep.join([str(release_folder / "plugins" / "vlmevalkit"), str(tmp_path / "kit")])
    done = subprocess.run(
        [sys.executable, "-B", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


def test_the_plug_in_for_vlmevalkit_judges_by_component_and_counts_what_it_cannot_read(
    create, tmp_path
):
    out = create(Options("v1", formats=("mia-bench-tsv",)))
    name, rows, figures = evaluated(out, tmp_path)
    assert (name, rows) == ("Bench-v1", 11)
    assert (figures["items"], figures["items_read"]) == (11, 9)
    assert figures["components_unparsed"] == 5
    assert figures["overall"] == pytest.approx(0.5) and figures["type length_limit"] == 1.0
    assert (figures["items_asked"], figures["items_unanswered"]) == (11, 0)
    assert release.verify(out).sound
    _, rows, figures = evaluated(out, tmp_path, unanswered=(0, 1))
    assert (rows, figures["items"]) == (9, 9)
    assert (figures["items_asked"], figures["items_unanswered"]) == (11, 2)


def test_the_table_has_the_published_columns_field_by_field(create):
    out = create(Options("v1", formats=("mia-bench-tsv",)))
    frame = pandas.read_csv(out / "mia-bench-tsv" / "Bench.tsv", sep="\t")
    assert {
        *("index", "image", "question", "type", "num_of_component"),
        *("components", "component_weight", "component_type"),
    } <= set(frame.columns)
    first = frame.iloc[0]
    assert first["component_type"][2:-2].split("', '") == RECORDS[0]["component_type"]
    assert ast.literal_eval(first["components"]) == RECORDS[0]["components"]
    assert [int(w) for w in first["component_weight"][1:-1].split(", ")] == [4, 3, 3]
    assert (int(first["num_of_component"]), first["type"]) == (3, "basic")
    assert base64.b64decode(first["image"]).startswith(b"\x89PNG")
    assert first["question"] == RECORDS[0]["instruction"]


def constraints_table():
    """An item whose constraints are decided in each way and share a key; one with an answer."""
    head = ("index", "id", "image", "question", "tag", "infer_type", "constraints", "answer")
    digits = {"func": "check_whether_has_no_arabic_number_in_response", "params": []}
    judges = ("direct_gpt", "rule_based", "cmp_gpt", "direct_gpt")
    constraints = [
        {"key": "tone", "value": f"Part {n}.", "judge": {"method": method}}
        for n, method in enumerate(judges)
    ]
    constraints[1]["judge"]["verify_funcs"] = [digits]
    whole, told = "Sing. Part 0. Part 1. Part 2. Part 3.", json.dumps(constraints)
    held = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(held, "PNG")
    picture = base64.b64encode(held.getvalue()).decode()
    rows = [
        (0, 7, picture, whole, "C-Level", "main", told, "", ""),
        (1, 7, picture, whole.replace(" Part 2.", ""), "C-Level", "aux_cmp_gpt", told, "", "tone"),
        (2, 8, picture, "How many?", "P-Level", "main", "", '["3"]', ""),
    ]
    held = io.StringIO()
    csv.writer(held, delimiter="\t", lineterminator="\n").writerows([(*head, "del_cons"), *rows])
    return held.getvalue().encode()


@pytest.fixture
def constraints(workspace, ana, tmp_path):
    """A release of a dataset in MM-IFEval's form."""
    import_file(workspace, actor=ana, file="if.tsv", data=constraints_table(), dataset="IF")
    dataset, out = datasets.named(workspace, name="IF"), tmp_path / "out" / "if"
    release.create(workspace, actor=ana, dataset=dataset, out=out, options=Options("v1"))
    return out


def test_the_plug_in_for_vlmevalkit_scores_constraints_by_their_number(constraints, tmp_path):
    name, rows, figures = evaluated(constraints, tmp_path)
    assert (name, rows) == ("IF-v1-IF", 3)
    assert (figures["items"], figures["items_read"], figures["components_unparsed"]) == (2, 2, 0)
    assert (figures["c_level_accuracy"], figures["p_level_accuracy"]) == (0.75, 0)
    [item, *_] = json.loads((tmp_path / "predictions_judge_curated.json").read_text("utf-8"))
    assert item["scores"] == [1, 1, 1, 0] and len(item["replies"]) == 2
    assert (figures["items_asked"], figures["items_unanswered"]) == (2, 0)
    # Without its main answer an item is not answered; without its other one it is not read whole.
    _, _, figures = evaluated(constraints, tmp_path, unanswered=(1, 2))
    assert (figures["items"], figures["items_asked"], figures["items_unanswered"]) == (1, 2, 1)
    assert figures["components_unparsed"] == 1
    card = (constraints / "README.md").read_text("utf-8")
    assert "vlmevalkit_run.py --data IF-v1-IF --model" in card
    assert release.verify(constraints).sound


def test_the_task_for_lmms_eval_scores_constraints_by_their_number(constraints, tmp_path):
    import yaml

    place = constraints / "plugins" / "lmms_eval" / "if_v1_if"
    text = (place / "if_v1_if.yaml").read_text("utf-8")
    task = yaml.safe_load(text.replace("!function ", ""))
    assert task["task"] == "if_v1_if" and f"--tasks {task['task']}" in (
        constraints / "README.md"
    ).read_text("utf-8")
    script = f"""
import json, sys
sys.path.insert(0, {str(place)!r})
import curated_asking
def ask_judge(prompt, images):
    if "Verdict: true" in prompt:
        return "It does.\\nVerdict: true"
    return "component 1: 1/1, component 2: 0/1" if images else "Who knows?"
curated_asking.ask_judge = ask_judge
import datasets, utils
arguments = {task["dataset_kwargs"]!r}
docs = datasets.load_dataset("csv", cache_dir={str(tmp_path)!r}, **arguments)["test"]
results = [utils.process_results(doc, [utils.doc_to_text(doc)]) for doc in docs]
found = {{}}
for metric in {task["metric_list"]!r}:
    aggregate = getattr(utils, metric["aggregation"].partition(".")[2])
    found[metric["metric"]] = aggregate([one[metric["metric"]] for one in results])
print(json.dumps([found, [utils.doc_to_visual(doc)[0].size for doc in docs]]))
"""
    done = subprocess.run(
        [sys.executable, "-B", "-c", script], cwd=constraints, capture_output=True, check=True,
        text=True,
    )  # fmt: skip
    found, sizes = json.loads(done.stdout)
    assert found == {
        "curated_overall": 0.5,
        "curated_c_level": 0.5,
        "curated_p_level": None,
        "curated_unparsed": 1,
    }
    assert sizes == [[40, 30]] * 3 and release.verify(constraints).sound

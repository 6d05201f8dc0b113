"""The published forms field by field, as pandas, pyarrow and datasets read what was written."""

from __future__ import annotations

import ast
import base64
import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from annotator.domain.items import Component, ItemContent
from annotator.formats import FORMATS, Outgoing, Picture, Source, Target
from tests.unit.formats.datasets import PICTURES, STORE

CALLS = ({"func": "check_whether_response_word_count_in_range", "params": [9, [10]]},)
PARTS = (
    Component("c1", "Say it's “so”.", "describe", 4),
    Component("c2", "Two\nlines.", "math", 6),
)
JUDGED = (
    Component("c1", "Use ten words.", "words", None, "rule", CALLS),
    Component("c2", "Be kind.", "tone", None, "compare"),
)
PICTURE = Picture(PICTURES[0], "image/jpeg", "cat.jpg")


def write(name, tmp_path, *items):
    """The files of what was written."""
    written = FORMATS[name].write(items, {}, Target(tmp_path, "data", STORE.get))
    return [tmp_path / file for file in written.files]


def item(content, key="7", **more):
    """An item on its way out."""
    return Outgoing(None, content, key=key, picture=PICTURE, **more)


MIA = ItemContent("Say it's “so”. Two\nlines.", PARTS, "basic")
C_LEVEL = ItemContent("Describe it. Use ten words. Be kind.", JUDGED, "C-Level")
P_LEVEL = ItemContent("What colour?", (), "P-Level", ("red", "1"))


def test_vlmevalkits_table_of_mia_bench(tmp_path):
    [file] = write("mia-bench-tsv", tmp_path, item(MIA))
    row = pd.read_csv(file, sep="\t").iloc[0]
    assert (row["index"], row["question"], row["type"]) == (7, MIA.instruction, "basic")
    assert base64.b64decode(row["image"]) == STORE[PICTURES[0]]
    assert int(row["num_of_component"]) == 2
    assert ast.literal_eval(row["components"]) == [part.text for part in PARTS]
    assert ast.literal_eval(row["component_weight"]) == [4, 6]
    assert row["component_type"][2:-2].split("', '") == ["describe", "math"]


def test_vlmevalkits_table_of_mm_ifeval(tmp_path):
    [file] = write("mm-ifeval-tsv", tmp_path, item(C_LEVEL), item(P_LEVEL, "8"))
    main, aux, plain = (row for _, row in pd.read_csv(file, sep="\t").iterrows())
    assert [r["infer_type"] for r in (main, aux, plain)] == ["main", "aux_cmp_gpt", "main"]
    first, second = json.loads(main["constraints"])
    assert first["judge"] == {"method": "rule_based", "verify_funcs": list(CALLS)}
    assert (second["key"], second["judge"]["method"]) == ("tone", "cmp_gpt")
    assert (aux["id"], aux["del_cons"]) == (main["id"], "tone")
    assert aux["question"] == "Describe it. Use ten words."
    assert aux["image"] == main["image"]
    assert json.loads(plain["answer"]) == ["red", "1"] and plain["tag"] == "P-Level"
    assert pd.isna(main["answer"]) and pd.isna(plain["del_cons"])


def test_mm_ifengines_lines_take_the_prompt_apart(tmp_path):
    [file] = write("mm-ifengine", tmp_path, item(C_LEVEL))
    line = json.loads(file.read_text())
    assert line["instruction"] == "Describe it."
    assert [one["value"] for one in line["constraints"]] == ["Use ten words.", "Be kind."]
    assert (tmp_path / line["image"]).read_bytes() == STORE[PICTURES[0]]


def test_a_comparison_row_follows_its_constraint(tmp_path):
    [file] = write("mm-ifeval-tsv", tmp_path, item(C_LEVEL))
    form = FORMATS["mm-ifeval-tsv"]
    main, aux = form.read(Source("a.tsv", file)).records
    text = form.joined(main.text, aux.text)
    kinder = Component("c2", "Be very kind.", "tone", None, "compare")
    changed = ItemContent(
        "Describe it. Use ten words. Be very kind.", (JUDGED[0], kinder), "C-Level"
    )
    (tmp_path / "new").mkdir()
    form.write([Outgoing(text, changed)], {}, Target(tmp_path / "new", "data", STORE.get))
    rows = pd.read_csv(tmp_path / "new" / "data.tsv", sep="\t")
    assert list(rows["question"]) == [changed.instruction, "Describe it. Use ten words."]
    assert all("Be very kind." in text for text in rows["constraints"])
    alone = ItemContent("Describe it.", (), "C-Level")
    form.write([Outgoing(text, alone)], {}, Target(tmp_path / "new", "data", STORE.get))
    assert len(pd.read_csv(tmp_path / "new" / "data.tsv", sep="\t")) == 1


def test_the_kits_parquet(tmp_path):
    [file] = write("mia-bench-parquet", tmp_path, item(MIA))
    [row] = pq.read_table(file).to_pylist()
    assert row["image"] == {"bytes": STORE[PICTURES[0]], "path": "cat.jpg"}
    assert row["components"] == [part.text for part in PARTS]
    assert (row["component_weight"], row["num_of_component"]) == ([4, 6], 2)
    assert (row["component_type"], row["type"]) == (["describe", "math"], "basic")


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    """The library, kept away from the network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_DATASETS_OFFLINE", "1")
        patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf")))
        yield pytest.importorskip("datasets")


def test_datasets_reads_parquet_and_image_folder(datasets, tmp_path):
    items = [item(MIA), item(ItemContent("Name it.", (), "basic", ("cat",)), "8")]
    for name in ("parquet", "imagefolder"):
        place = tmp_path / name
        place.mkdir()
        files = write(name, place, *items)
        if name == "parquet":
            read = datasets.load_dataset(
                "parquet", data_files=[str(files[0])], cache_dir=str(tmp_path / "cache")
            )
        else:
            read = datasets.load_dataset(
                "imagefolder", data_dir=str(place), cache_dir=str(tmp_path / "cache")
            )
        rows = list(read["train"])
        assert [row["instruction"] for row in rows] == [MIA.instruction, "Name it."]
        assert rows[0]["image"].size == (9, 7)
        assert list(rows[0]["components"]) == [part.text for part in PARTS]
        assert list(rows[1]["answers"]) == ["cat"]


def test_data_engine_keeps_its_misspelt_field(tmp_path):
    data = [
        {"instruction": "Where?", "answer": "On the left", "short_answer": "left", "options":
         ["right", "left"], "choide_answer": "B", "image": "a.jpg", "qtype": 4}
    ]  # fmt: skip
    form = FORMATS["data-engine"]
    reading = form.read(Source("a.json", data=json.dumps(data).encode()))
    [record] = reading.records
    assert (record.content.level, record.content.answers) == ("4", ("On the left", "left"))
    changed = ItemContent("Where is it?", (), "5", ("On the left", "on the left"))
    form.write([Outgoing(record.text, changed)], reading.layout, Target(tmp_path, "b"))
    [value] = json.loads((tmp_path / "b.json").read_text())
    assert value == data[0] | {
        "instruction": "Where is it?", "short_answer": "on the left", "qtype": 5
    }  # fmt: skip


def test_preference_pairs_as_the_trainers_read_them(tmp_path):
    content = ItemContent("Describe it.", (), None, ("Good.",))
    pair = item(content, extra={"rejected": "Bad."})
    [file] = write("preference", tmp_path, pair)
    line = json.loads(file.read_text())
    assert line["prompt"][0]["content"][0] == {"type": "image"}
    assert line["chosen"][0] == {
        "role": "assistant", "content": [{"type": "text", "text": "Good."}]
    }  # fmt: skip
    assert line["rejected"][0]["content"][0]["text"] == "Bad." and len(line["images"]) == 1
    data, info = write("preference-sharegpt", tmp_path, pair)
    [value] = json.loads(data.read_text())
    assert value["conversations"] == [{"from": "human", "value": "<image>Describe it."}]
    assert (value["chosen"]["value"], value["rejected"]["value"]) == ("Good.", "Bad.")
    described = json.loads(info.read_text())["data"]
    assert described["ranking"] and described["columns"]["images"] == "images"


def test_problems_are_said_before_they_break_a_reader():
    said = {
        name: " ".join(FORMATS[name].problems(outgoing))
        for name, outgoing in {
            "mia-bench-tsv": item(ItemContent("NA", (Component("c1", "a", "it's", 2.5),), "basic")),
            "mm-ifeval-tsv": item(ItemContent("Do.", (JUDGED[0], JUDGED[0]))),
            "mm-ifengine": item(ItemContent("Do.", JUDGED)),
            "preference": item(ItemContent("Do.", (), None, ("a",)), extra={"rejected": "a"}),
            "llava": item(ItemContent("See <image>.", ())),
            "xlsx": item(ItemContent("a" * 40_000, ())),
        }.items()
    }
    assert "missing" in said["mia-bench-tsv"] and "single quotes" in said["mia-bench-tsv"]
    assert "keeps scores by key" in said["mm-ifeval-tsv"]
    assert "told them twice" in said["mm-ifengine"]
    assert "are the same" in said["preference"]
    assert "<image>" in said["llava"] and "32,767" in said["xlsx"]

"""What only comparing items with each other shows, and when it is looked for again."""

from __future__ import annotations

import base64
import io
import random

import pytest
from PIL import Image

from annotator.domain.records import Person
from annotator.services import checking, importing, jobs
from annotator.services.findings_report import report
from annotator.services.workspace import Workspace, no_progress
from tests.bench.generate import draw
from tests.examples import Tab, benchmark, record

PENGUINS = "Imagine these penguins are spies in a film and write a dialogue between them."
PICTURE = draw(1, random.Random(1))
OTHER = draw(2, random.Random(2))


def uri(data: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


def copy_of(data: bytes) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).resize((320, 240)).save(out, "JPEG", quality=50)
    return out.getvalue()


def brought(workspace: Workspace, ana: Person, *records: dict) -> None:
    importing.import_file(
        workspace, actor=ana, file="b.json", data=benchmark(*records), dataset="Bench",
        format="mia-bench",
    )  # fmt: skip
    checking.check_dataset(workspace, dataset_id=1, progress=no_progress)


def found(workspace: Workspace, check: str) -> dict[str, tuple[str, list[str]]]:
    """Severity and related items of a check's findings, by the item's source id."""
    every = report(workspace, dataset_id=1)
    return {o["source_id"]: (o["severity"], o["related"]) for o in every if o["check"] == check}


def test_components_of_another_item_are_named_with_the_item_they_fit(
    workspace: Workspace, ana: Person
) -> None:
    brought(
        workspace,
        ana,
        record(
            instruction="List the tools on the workbench and say what each is for.",
            components=["Imagine these penguins are spies in a film", "write a dialogue"],
            component_weight=[5, 5],
            component_type=["describe", "mention"],
        ),
        record(instruction=PENGUINS),
    )
    assert found(workspace, "misaligned")["0"] == ("error", ["1"])
    desk = Tab(workspace, ana, 1).desk
    assert "would fit item 1" in next(f for f in desk.findings if f.kind == "misaligned").message


def test_a_component_of_few_words_fits_no_item_for_sure(workspace: Workspace, ana: Person) -> None:
    brought(
        workspace,
        ana,
        record(
            instruction="List the tools on the workbench and say what each is for.",
            components=["without the word bird", "Explain where such creatures might nest"],
            component_weight=[5, 5],
            component_type=["mention", "describe"],
        ),
        record(instruction="Sing about the sky without the word bird."),
    )
    assert "fit item" not in str(report(workspace, dataset_id=1))


def test_the_same_instruction_on_other_images_and_nearly_the_same(
    workspace: Workspace, ana: Person
) -> None:
    long = "Write a calm tale of exactly six short lines about the old harbour in this picture"
    brought(
        workspace,
        ana,
        record(image="a.png", instruction=f"{long}, at night."),
        record(image="b.png", instruction=f"{long}; at NIGHT"),
        record(image="c.png", instruction=f"{long}, at noon."),
        record(image="d.png", instruction="Count the boats."),
    )
    same = [o for o in report(workspace, dataset_id=1) if o["check"] == "duplicate"]
    said = {(o["source_id"], o["evidence"]["how"]): o["related"] for o in same}
    assert said == {
        ("0", "same words"): ["1"],
        ("1", "same words"): ["0"],
        ("0", "like words"): ["2"],
        ("1", "like words"): ["2"],
        ("2", "like words"): ["0", "1"],
    }


def test_the_same_image_by_content_and_by_look(workspace: Workspace, ana: Person) -> None:
    brought(
        workspace,
        ana,
        record(image=uri(PICTURE)),
        record(image=uri(PICTURE), instruction="Draw a map."),
        record(image=uri(copy_of(PICTURE)), instruction="Sing."),
        record(image=uri(OTHER), instruction="Dance."),
    )
    every = [o for o in report(workspace, dataset_id=1) if o["check"] == "same-image"]
    said = {(o["source_id"], o["evidence"]["how"]): o["related"] for o in every}
    assert said == {
        ("0", "same image"): ["1"],
        ("1", "same image"): ["0"],
        ("0", "like image"): ["2"],
        ("1", "like image"): ["2"],
        ("2", "like image"): ["0", "1"],
    }


def test_a_changed_instruction_is_compared_again_by_the_worker(
    workspace: Workspace, ana: Person
) -> None:
    brought(
        workspace,
        ana,
        record(image="a.png", instruction=PENGUINS),
        record(image="b.png", instruction="Count the boats."),
    )
    assert found(workspace, "duplicate") == {}
    tab = Tab(workspace, ana, 2)
    tab.edit({"op": "set_instruction", "value": PENGUINS})
    tab.submit("fix")
    while jobs.run_next(workspace, worker="w"):
        pass
    assert found(workspace, "duplicate") == {"0": ("note", ["1"]), "1": ("note", ["0"])}
    tab.undo()
    while jobs.run_next(workspace, worker="w"):
        pass
    assert found(workspace, "duplicate") == {}


def test_images_that_were_stored_before_looks_were_taken_are_looked_at(
    workspace: Workspace, ana: Person
) -> None:
    from sqlalchemy import text

    brought(workspace, ana, record(image=uri(PICTURE)), record(image=uri(copy_of(PICTURE))))
    assert found(workspace, "same-image")
    with workspace.database.writing() as session:
        session.connection().execute(text("UPDATE image SET look = NULL"))
    checking.check_dataset(workspace, dataset_id=1, progress=no_progress)
    assert set(found(workspace, "same-image")) == {"0", "1"}


@pytest.mark.parametrize("count", [40])
def test_many_items_alike_name_the_first_few_and_count_the_rest(
    workspace: Workspace, ana: Person, count: int
) -> None:
    brought(workspace, ana, *(record(image=f"{n}.png", components=[]) for n in range(count)))
    (first, *_) = [o for o in report(workspace, dataset_id=1) if o["check"] == "duplicate"]
    assert first["related"] == ["1", "2", "3", "4", "5"]
    assert first["evidence"]["total"] == count - 1
    assert f"and {count - 6} more" in first["message"]

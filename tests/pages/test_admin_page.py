"""Admin: import, settings, images and their terms, backup."""

from __future__ import annotations

import json
import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from looking import Ask, Open, field, press, run, says
from streamlit.testing.v1 import AppTest

from annotator.services.jobs import run_next
from annotator.services.workspace import Workspace

DEMO = (files("annotator.demo") / "benchmark.json").read_bytes()


def upload(page: AppTest, data: bytes, dataset: str, **more: Any) -> AppTest:
    [uploader] = [u for u in page.get("file_uploader") if u.key == "import_file"]
    uploader.set_value(("benchmark.json", data, "application/json"))
    field(page, "Dataset").set_value(dataset)
    for label, value in more.items():
        field(page, label.replace("_", " ")).set_value(value)
    return press(page, "Import")


def test_an_import_is_a_job(open_page: Open, workspace: Workspace, ask: Ask) -> None:
    page = upload(open_page("admin"), DEMO, "Second")
    assert ask("select kind, state from job") == [("import", "queued")]
    assert ask("select count(*) from dataset") == [1]
    assert run_next(workspace, worker="test")
    assert ask("select state, message from job") == [("done", "")]
    [second] = ask("select id from dataset where name = 'Second'")
    assert ask("select count(*) from item where dataset_id = ?", second) == [39]
    assert says(run(page), "39 records")


def test_the_same_file_again_changes_nothing(
    open_page: Open, workspace: Workspace, ask: Ask
) -> None:
    upload(open_page("admin"), DEMO, "Demo")
    before = ask("select count(*) from event"), ask("select count(*) from item")
    assert run_next(workspace, worker="test")
    assert ask("select state from job") == ["done"]
    assert (ask("select count(*) from event"), ask("select count(*) from item")) == before


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "benchmark.json"),
        (b"[]", "benchmark.json"),
        (b"\xff\xfe", "benchmark.json"),
        (json.dumps([{"instruction": 1}]).encode(), "benchmark.json"),
    ],
    ids=["half", "empty list", "no text", "no record"],
)
def test_a_broken_file_fails_whole_and_says_where(
    open_page: Open, workspace: Workspace, ask: Ask, data: bytes, said: str
) -> None:
    page = upload(open_page("admin"), data, "Broken")
    run_next(workspace, worker="test")
    [(state, message)] = ask("select state, message from job")
    assert state == "failed"
    assert said in message
    assert ask("select count(*) from dataset") == [1]
    assert says(run(page), message)


def test_an_import_without_a_file_or_a_name_is_told(
    open_page: Open, ask: Ask, tmp_path: Path
) -> None:
    page = press(open_page("admin"), "Import")
    assert says(page, "Choose a file, and name the dataset.")
    page = upload(page, DEMO, "  ")
    assert says(page, "Choose a file, and name the dataset.")
    page = upload(page, DEMO, "New", Folder_of_images_on_the_server=str(tmp_path / "none"))
    assert says(page, "is no folder")
    assert ask("select count(*) from job") == [0]


OWN = b"ask,pic,rules\nDescribe it.,a.jpg,briefly; kindly\n"


def test_columns_are_given_their_meaning_by_looking_at_the_first_rows(
    open_page: Open, workspace: Workspace, ask: Ask
) -> None:
    page = open_page("admin")
    [uploader] = [u for u in page.get("file_uploader") if u.key == "import_file"]
    uploader.set_value(("own.csv", OWN, "text/csv"))
    page = run(page)
    assert says(page, "No known format recognises this file")
    assert "briefly; kindly" in page.dataframe[0].value.to_string()
    field(page, "Dataset").set_value("Own")
    page = press(page, "Import")
    assert says(page, "name the column of the instruction")
    field(page, "Instruction").set_value("ask")
    field(page, "Image").set_value("pic")
    field(page, "Components").set_value(["rules"])
    field(page, "Between the elements of a list in one cell stands").set_value("semicolon")
    press(page, "Import")
    assert run_next(workspace, worker="test")
    assert ask("select state, message from job") == [("done", "")]
    [text, ref] = ask("select instruction, image_ref from item order by id desc limit 1")[0]
    assert (text, ref) == ("Describe it.", "a.jpg")
    assert ask("select text from component order by id desc limit 2") == ["kindly", "briefly"]
    [mapping] = ask("select mapping from dataset where name = 'Own'")
    assert json.loads(mapping)["columns"]["instruction"] == ["ask"]


def test_a_folder_on_the_server_is_imported(
    open_page: Open, workspace: Workspace, ask: Ask, tmp_path: Path
) -> None:
    line = json.dumps({"file_name": "a.jpg", "instruction": "Describe it."})
    (tmp_path / "metadata.jsonl").write_text(line)
    page = open_page("admin")
    field(page, "Or a file or folder on the server").set_value(str(tmp_path))
    page = run(page)
    assert says(page, "This is Hugging Face image folder.")
    field(page, "Dataset").set_value("Folder")
    press(page, "Import")
    assert run_next(workspace, worker="test")
    assert ask("select state, message from job") == [("done", "")]
    assert ask("select format from dataset where name = 'Folder'") == ["imagefolder"]


@pytest.fixture
def sharing(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This server is one of several that share their images."""
    monkeypatch.setenv("ANNOTATOR_IMAGES", str(tmp_path / "shared"))


def test_where_servers_share_images_only_uploads_are_asked_for(
    sharing: None, open_page: Open, ask: Ask
) -> None:
    page = open_page("admin")
    fields = {one.label for one in page.text_input}
    assert not fields & {"Or a file or folder on the server", "Folder of images on the server"}
    upload(page, DEMO, "Second")
    assert ask("select kind, state from job") == [("import", "queued")]


def test_settings_are_saved_and_checked_at_once(
    open_page: Open, workspace: Workspace, ask: Ask
) -> None:
    page = open_page("admin")
    field(page, "Sum of an item's weights").set_value(8)
    field(page, "Licence of the dataset").set_value("CC BY 4.0")
    page = press(page, "Save")
    while run_next(workspace, worker="test"):
        pass
    assert ask("select target, licence, version from dataset") == [(8, "CC BY 4.0", 2)]
    wrong = ask("select item_id from finding where message like '%sum%' and state = 'open'")
    assert len(wrong) == 38
    assert ask("select count(*) from event where kind = 'dataset.settings'") == [1]


def test_an_unweighted_dataset(open_page: Open, workspace: Workspace, ask: Ask) -> None:
    page = open_page("admin")
    field(page, "Components have weights").set_value(False)
    press(page, "Save")
    assert ask("select target from dataset") == [None]
    assert "Make it 10" not in [b.label for b in open_page("annotate", item="8").button]


def test_settings_that_somebody_changed_meanwhile(open_page: Open, ask: Ask) -> None:
    first, second = open_page("admin"), open_page("admin")
    field(first, "Licence of the dataset").set_value("CC0")
    press(first, "Save")
    field(second, "Licence of the dataset").set_value("CC BY")
    page = press(second, "Save")
    assert ask("select licence from dataset") == ["CC0"]
    assert says(page, "since you opened it")


def test_a_sum_of_nothing_is_refused(open_page: Open, ask: Ask) -> None:
    page = open_page("admin")
    field(page, "Sum of an item's weights").set_value(0)
    page = press(page, "Save")
    assert says(page, "must be above 0")
    assert ask("select target from dataset") == [10]


def test_terms_of_an_image(open_page: Open, ask: Ask) -> None:
    page = open_page("admin")
    field(page, "Licence").set_value("CC BY-SA 4.0")
    field(page, "Credit").set_value("Ana Ito")
    field(page, "Release as address only").set_value(True)
    press(page, "Save", at=2)
    assert ask("select licence, credit, address_only from image where version > 2") == [
        ("CC BY-SA 4.0", "Ana Ito", 1)
    ]
    assert ask("select count(*) from event where kind = 'image.terms'") == [1]


def test_an_image_is_taken_down(
    open_page: Open, workspace: Workspace, ask: Ask, home: Path
) -> None:
    page = press(open_page("admin"), "Take it down")
    assert says(page, "say why")
    assert ask("select count(*) from image where taken_down_at is not null") == [0]
    field(page, "Reason").set_value("the photographer asked")
    page = press(page, "Take it down")
    [(image_id, sha256)] = ask("select id, sha256 from image where taken_down_at is not null")
    assert ask("select count(*) from item where image_id = ?", image_id) == [0]
    assert not [path for path in (home / "images").rglob("*") if sha256 in path.name]
    [item] = ask("select id from item where image_problem like '%the photographer asked%' limit 1")
    annotating = open_page("annotate", item=str(item))
    assert "Submit and next" in [b.label for b in annotating.button]


def test_a_backup_can_be_opened_and_is_never_overwritten(
    open_page: Open, home: Path, tmp_path: Path
) -> None:
    page = open_page("admin")
    target = tmp_path / "copy.db"
    field(page, "New file on the server").set_value(str(target))
    page = press(page, "Back up now")
    assert says(page, "Backed up and checked: 39 items")
    assert sqlite3.connect(target).execute("select count(*) from item").fetchone() == (39,)
    before = target.read_bytes()
    field(page, "New file on the server").set_value(str(target))
    page = press(page, "Back up now")
    assert target.read_bytes() == before
    assert page.toast
    field(page, "New file on the server").set_value(str(target / "below-a-file.db"))
    page = press(page, "Back up now")
    assert page.toast


def test_work_on_a_dataset_is_queued(open_page: Open, workspace: Workspace, ask: Ask) -> None:
    page = press(open_page("admin"), "Check all items again")
    page = press(page, "Fetch missing images")
    assert ask("select kind from job") == ["check", "fetch images"]
    while run_next(workspace, worker="test"):
        pass
    assert ask("select distinct state from job") == ["done"]
    assert run(page).main.children

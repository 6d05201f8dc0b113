"""A benchmark in by the Admin page, curated in the browser, and out by the Release page."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from installation import ROOT, Dataset, Installation, note, settled, until
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

REASON = "the instruction asks for four"


def import_by_upload(page: Page, installed: Installation, file: Path, name: str) -> Dataset:
    """Upload a file on the Admin page and wait until the worker has imported it."""
    page.goto(f"{installed.address}/admin")
    page.locator("input[type=file]").first.set_input_files(file)
    page.get_by_title(file.name).wait_for()
    page.get_by_placeholder("a new name, or the dataset this is a newer version of").fill(name)
    page.get_by_role("button", name="Import", exact=True).click()
    [found] = until(
        lambda: installed.ask(
            "select id from dataset where name = ? and exists"
            " (select 1 from job where kind = 'import' and state = 'done')",
            name,
        )
    )
    items = installed.ask("select id from item where dataset_id = ? order by position", found)
    return Dataset(installed, name, found, items)


def retype(page: Page, number: int, text: str) -> None:
    """Write a component's text anew, in place."""
    row = page.locator(".bd-row").nth(number - 1)
    row.locator(".bd-words").press("Enter")
    page.get_by_label(f"Text of component {number}").fill(text)
    page.keyboard.press("Escape")


def submit(page: Page, dataset: Dataset, position: int, verdict: str) -> None:
    page.keyboard.press("Escape")
    settled(page)
    page.keyboard.press({"keep": "1", "fix": "2", "drop": "3"}[verdict])
    until(lambda: dataset.annotation(position, "verdict") == verdict)
    settled(page)
    page.keyboard.press("Control+Enter")
    until(lambda: dataset.item(position, "status") == "curated")


def test_a_release_is_written_by_the_worker_and_downloaded(
    tab: Page, dataset: Dataset, tmp_path: Path
) -> None:
    dataset.open(tab, 9)
    retype(tab, 2, "four-sentence")
    until(lambda: dataset.texts(9)[1:2] == ["four-sentence"])
    note(tab).fill(REASON)
    until(lambda: dataset.note(9) == REASON)
    submit(tab, dataset, 9, "fix")
    tab.set_viewport_size({"width": 1024, "height": 768})
    tab.goto(dataset.address("release"))
    expect(tab.get_by_role("button", name="Write the release")).to_be_in_viewport(ratio=1)
    formats = tab.locator(".st-key-formats [data-tag]")
    expect(formats).to_have_count(3)
    for number in range(3):
        expect(formats.nth(number)).to_be_in_viewport(ratio=1)
    tab.get_by_label("Name").fill("v1.0")
    tab.keyboard.press("Control+Enter")
    tab.get_by_role("button", name="Files (").wait_for()
    expect(tab.get_by_text("release: done")).to_have_count(1)
    expect(tab.get_by_text("release: failed")).to_have_count(0)
    settled(tab)
    tab.get_by_role("button", name="Files (").click()
    got = {}
    for name in ("manifest.json", "CHANGES.md", f"mia-bench/{dataset.name}.json"):
        button = tab.get_by_role("button", name=name, exact=True)
        with tab.expect_download() as download:
            button.click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        got[file.name] = file
    manifest = json.loads(got["manifest.json"].read_text(encoding="utf-8"))
    [data] = [name for name in got if name not in ("manifest.json", "CHANGES.md")]
    listed = manifest["files"][f"mia-bench/{data}"]
    assert listed["sha256"] == hashlib.sha256(got[data].read_bytes()).hexdigest()
    records = json.loads(got[data].read_text(encoding="utf-8"))
    source = json.loads((files("annotator.demo") / "benchmark.json").read_text(encoding="utf-8"))
    assert records[9]["components"][1] == "four-sentence"
    assert [r for n, r in enumerate(records) if n != 9] == [
        r for n, r in enumerate(source) if n != 9
    ]
    changes = got["CHANGES.md"].read_text(encoding="utf-8")
    assert "Ana" in changes and REASON in changes
    tab.keyboard.press("Escape")
    tab.get_by_label("Name").fill("v1.0")
    tab.get_by_role("button", name="Write the release").click()
    expect(tab.get_by_text("a release is never overwritten").first).to_be_visible()
    tab.get_by_label("Name").fill("../v2")
    tab.get_by_role("button", name="Write the release").click()
    expect(tab.get_by_text("must be letters, digits").first).to_be_visible()
    assert dataset.installed.ask(
        "select count(*) from release where dataset_id = ?", dataset.id
    ) == [1]


def test_a_broken_file_is_refused_whole_and_the_job_says_where(
    tab: Page, installed: Installation, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('[{"instruction": 7, "components": []}]')
    tab.goto(f"{installed.address}/admin")
    tab.locator("input[type=file]").first.set_input_files(broken)
    expect(tab.get_by_text("broken.json").first).to_be_visible()
    tab.get_by_placeholder("a new name, or the dataset this is a newer version of").fill("broken")
    tab.get_by_role("button", name="Import", exact=True).click()
    expect(tab.get_by_text("import: failed").first).to_be_visible()
    expect(tab.get_by_text("broken.json").first).to_be_visible()
    assert installed.ask("select count(*) from dataset where name = 'broken'") == [0]


@pytest.mark.real_data
def test_mia_bench_in_corrected_and_out(
    tab: Page, installed: Installation, real_data: Path, tmp_path: Path
) -> None:
    file = real_data / "mia_bench" / "instruction_benchmark_first200.json"
    dataset = import_by_upload(tab, installed, file, "MIA-Bench")
    assert len(dataset.items) == 200
    dataset.open(tab, 101)
    assert dataset.item(101, "source_id") == "101"
    retype(tab, 2, "four-sentence")
    until(lambda: dataset.texts(101)[1:2] == ["four-sentence"])
    settled(tab)
    tab.get_by_label("Weight of component 1", exact=True).fill("3")
    tab.keyboard.press("Enter")
    until(lambda: dataset.weights(101) == [3, 3, 3])
    note(tab).fill(REASON)
    until(lambda: dataset.note(101) == REASON)
    submit(tab, dataset, 101, "fix")

    out = tmp_path / "release"
    export(installed, "MIA-Bench", out)
    [written] = [f for f in out.iterdir() if f.name not in ("manifest.json", "CHANGES.md")]
    ours = json.loads(written.read_text(encoding="utf-8"))
    theirs = json.loads(file.read_text(encoding="utf-8"))
    assert differences(theirs, ours) == {
        (101, "components", 1): ("five-sentence", "four-sentence"),
        (101, "component_weight", 0): (4, 3),
    }
    assert [json.dumps(r) for n, r in enumerate(ours) if n != 101] == [
        json.dumps(r) for n, r in enumerate(theirs) if n != 101
    ]
    changes = (out / "CHANGES.md").read_text(encoding="utf-8")
    assert changes.count("### Item") == 1
    assert "### Item 101" in changes
    assert "text of component 2 from “five-sentence” to “four-sentence”" in changes
    assert "weight of component 1 from 4 to 3" in changes
    assert "Ana" in changes and REASON in changes


def export(installed: Installation, name: str, out: Path) -> None:
    """What a script does."""
    subprocess.run(
        [sys.executable, "-m", "annotator", "export", "--dataset", name, "--out", str(out)],
        cwd=ROOT,
        env=os.environ | installed.environment,
        check=True,
        capture_output=True,
    )


def differences(
    one: list[dict[str, Any]], other: list[dict[str, Any]]
) -> dict[tuple[Any, ...], tuple[Any, Any]]:
    """Every place where two lists of records differ, by record, field and place in the field."""
    assert len(one) == len(other)
    found: dict[tuple[Any, ...], tuple[Any, Any]] = {}
    for number, (a, b) in enumerate(zip(one, other, strict=True)):
        assert list(a) == list(b), number
        for field in a:
            if a[field] == b[field] and type(a[field]) is type(b[field]):
                continue
            if isinstance(a[field], list) and len(a[field]) == len(b[field]):
                pairs = enumerate(zip(a[field], b[field], strict=True))
                found |= {(number, field, at): pair for at, pair in pairs if pair[0] != pair[1]}
            else:
                found[(number, field)] = (a[field], b[field])
    return found

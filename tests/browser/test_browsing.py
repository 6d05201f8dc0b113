"""Browse in Chromium: the grid, what the address says, and what a colleague sees under it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.resources import files

import pytest
from installation import Dataset, Installation, settled, shows, until
from playwright.sync_api import Error, Page, expect

from annotator.config import load
from annotator.services.importing import import_file
from annotator.services.workspace import open_workspace, sign_in

pytestmark = pytest.mark.browser


def rows(page: Page) -> list[str]:
    """The items' ids in the source as the grid shows them, top to bottom."""
    cells = page.frame_locator("iframe[title*=aggrid i]").locator('.ag-row [col-id="item"]')
    try:
        found = cells.evaluate_all(
            "cells => cells.map(c => [c.getBoundingClientRect().top, c.innerText])"
            ".sort((a, b) => a[0] - b[0]).map(pair => pair[1])"
        )
    except Error:  # the frame is being replaced by the next one
        return []
    return [str(text) for text in found]


def first_rows(page: Page, wanted: list[str]) -> None:
    """Wait until these items are on top of the grid."""
    try:
        until(lambda: rows(page)[: len(wanted)] == wanted)
    except AssertionError:
        assert rows(page)[: len(wanted)] == wanted


def expected(dataset: Dataset, where: str = "1 = 1", order: str = "position") -> list[str]:
    return dataset.installed.ask(
        f"select source_id from item where dataset_id = ? and {where} order by {order}", dataset.id
    )


def search(page: Page, words: str) -> None:
    page.get_by_label("Search").fill(words)
    page.keyboard.press("Enter")


def test_search_filter_and_sort_stand_in_the_address(
    tab: Page, dataset: Dataset, someone: Callable[[str], Page]
) -> None:
    tab.goto(dataset.address("browse"))
    first_rows(tab, expected(dataset)[:5])
    search(tab, "haiku")
    found = expected(dataset, "instruction like '%haiku%'")
    first_rows(tab, found)
    assert len(rows(tab)) == len(found)
    tab.get_by_role("button", name=re.compile("haiku")).click()
    first_rows(tab, expected(dataset)[:5])
    tab.get_by_role("button", name="Filters").click()
    tab.get_by_role("combobox", name=re.compile("Level")).first.click()
    tab.get_by_role("option", name="creative").click()
    creative = expected(dataset, "level = 'creative'")
    first_rows(tab, creative)
    assert len(rows(tab)) == len(creative)
    tab.keyboard.press("Escape")
    tab.get_by_role("combobox", name=re.compile("Sort")).click()
    tab.get_by_role("option", name="by components").click()
    tab.wait_for_url(re.compile("sort=components"))
    by_components = expected(dataset, "level = 'creative'", "component_count, position")
    first_rows(tab, by_components)
    tab.get_by_role("button", name="↑").click()
    tab.wait_for_url(re.compile("sort=-components"))
    first_rows(tab, expected(dataset, "level = 'creative'", "component_count desc, position"))
    colleague = someone("Bo")
    colleague.goto(tab.url)
    first_rows(colleague, rows(tab))
    assert len(rows(colleague)) == len(creative)


def test_a_row_opens_on_annotate_with_the_way_through_the_view(tab: Page, dataset: Dataset) -> None:
    tab.goto(dataset.address("browse", level="creative"))
    creative = dataset.installed.ask(
        "select id from item where dataset_id = ? and level = 'creative' order by position",
        dataset.id,
    )
    first_rows(tab, expected(dataset, "level = 'creative'"))
    grid = tab.frame_locator("iframe[title*=aggrid i]")
    grid.locator('.ag-row[row-index="1"] [col-id="instruction"]').click()
    shows(tab, creative[1])
    expect(tab.get_by_text(f"2 of {len(creative)} · filtered")).to_be_visible()
    tab.keyboard.press("j")
    shows(tab, creative[2])
    tab.go_back()
    tab.go_back()
    first_rows(tab, expected(dataset, "level = 'creative'"))


def test_thumbnails_are_shown_in_the_grid(tab: Page, dataset: Dataset) -> None:
    tab.goto(dataset.address("browse"))
    picture = tab.frame_locator("iframe[title*=aggrid i]").locator(".ag-row img").first
    picture.wait_for()
    until(lambda: picture.evaluate("image => image.complete && image.naturalWidth > 0"))


def test_the_gallery_opens_items(tab: Page, dataset: Dataset) -> None:
    tab.goto(dataset.address("browse"))
    first_rows(tab, expected(dataset)[:1])
    tab.get_by_role("button", name="Gallery").click()
    tab.wait_for_url(re.compile("as=gallery"))
    cards = tab.locator(".st-key-gallery").get_by_role("button", name="Open", exact=True)
    expect(cards).to_have_count(39)
    until(
        lambda: tab.evaluate(
            "[...document.querySelectorAll('.stMain img[src*=image]')].some(i => i.naturalWidth)"
        )
    )
    cards.first.click()
    shows(tab, dataset.items[0])


@pytest.fixture
def long_dataset(installed: Installation) -> Dataset:
    """More than one page of items."""
    records = json.loads((files("annotator.demo") / "benchmark.json").read_text(encoding="utf-8"))
    many = [
        {**record, "instruction": f"{turn}. {record['instruction']}", "image": None}
        for turn in range(6)
        for record in records
    ]
    workspace = open_workspace(load(installed.environment))
    report = import_file(
        workspace,
        actor=sign_in(workspace, name="Importer"),
        file="long.json",
        data=json.dumps(many).encode(),
        dataset="long",
    )
    workspace.database.close()
    ids = installed.ask(
        "select id from item where dataset_id = ? order by position", report.dataset_id
    )
    return Dataset(installed, "long", report.dataset_id, ids)


def test_pages_of_a_long_dataset(tab: Page, long_dataset: Dataset) -> None:
    dataset = long_dataset
    tab.goto(dataset.address("browse"))
    everything = expected(dataset)
    first_rows(tab, everything[:5])
    expect(tab.get_by_text("1–100 of 234")).to_be_visible()
    tab.get_by_role("button", name="▶").click()
    tab.wait_for_url(re.compile("page=2"))
    first_rows(tab, everything[100:105])
    tab.get_by_role("button", name="▶").click()
    first_rows(tab, everything[200:205])
    expect(tab.get_by_role("button", name="▶")).to_be_disabled()
    tab.goto(dataset.address("browse", page=999))
    first_rows(tab, everything[200:205])


def test_annotate_this_view_begins_there(tab: Page, dataset: Dataset) -> None:
    tab.goto(dataset.address("browse", level="complex"))
    first_rows(tab, expected(dataset, "level = 'complex'")[:1])
    tab.get_by_role("button", name="Annotate this view").click()
    [first, *_] = dataset.installed.ask(
        "select id from item where dataset_id = ? and level = 'complex' order by position",
        dataset.id,
    )
    shows(tab, first)
    assert "level=complex" in tab.url
    settled(tab)

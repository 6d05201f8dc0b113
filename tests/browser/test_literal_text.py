"""Text from data and people is shown as it is, everywhere, and nothing of it is ever executed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from installation import Dataset, Installation, note, settled, shows, until
from playwright.sync_api import Page, expect

from annotator.config import load
from annotator.services import comments, gold, guidelines
from annotator.services.importing import import_file
from annotator.services.workspace import open_workspace, sign_in

pytestmark = pytest.mark.browser

ATTACK = '<img src=x onerror="window.__xss=1"><script>window.__xss=1</script>'
MARKUP = "**bold** _thin_ `code` $x^2$ :red[red] :material/home: [a](javascript:alert(1)) # head"
NASTY = f"{ATTACK} {MARKUP}"
SHORT = '<img src=x onerror="__xss=1"> **b** $x$'
LONG = "Describe " + "the very long way from here to there, " * 527
NAME = f"attack {SHORT}"
PERSON = f"P {SHORT}"


def item(**changed: Any) -> dict[str, Any]:
    return {
        "image": f"images/{SHORT}.png",
        "instruction": f"Look: {NASTY}",
        "type": SHORT,
        "num_of_component": 2,
        "components": [NASTY, f"five {SHORT}"],
        "component_weight": [4, 3],
        "component_type": [SHORT, "mention"],
        **changed,
    }


@pytest.fixture(scope="module")
def nasty(installed: Installation) -> Dataset:
    """A benchmark that holds an attack in every field."""
    workspace = open_workspace(load(installed.environment))
    data = [
        item(),
        item(instruction=LONG, components=[LONG[:20_000], "one"]),
        item(instruction=f"{'🙂' * 20_000}"),
        item(instruction="مرحبا " * 500 + NASTY),
        item(image="data:image/png;base64,AAAA" + "A" * 2000),
    ]
    report = import_file(
        workspace,
        actor=sign_in(workspace, name=PERSON),
        file=f"{SHORT}.json",
        data=json.dumps(data).encode(),
        dataset=NAME,
    )
    workspace.database.close()
    ids = installed.ask(
        "select id from item where dataset_id = ? order by position", report.dataset_id
    )
    quoted = NAME.replace('"', "%22").replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
    return Dataset(installed, quoted, report.dataset_id, ids)


def is_literal(page: Page) -> None:
    """Nothing has run, and nothing that came from data has become markup, in any frame."""
    for frame in page.frames:
        assert frame.evaluate("typeof window.__xss") == "undefined", frame.url
        made = frame.evaluate(
            """() => [...document.querySelectorAll('img, script, strong, em, code, a, .katex')]
                .filter((e) => e.matches('.katex, [src=x], [href^=javascript]')
                    || (e.matches('script') && e.textContent.includes('__xss'))
                    || /^(bold|thin|code|b)$/.test(e.textContent))
                .map((e) => e.outerHTML)"""
        )
        assert made == [], frame.url


def test_annotate_and_its_panels(tab: Page, nasty: Dataset) -> None:
    nasty.open(tab, 0)
    expect(tab.locator(".bd-text")).to_have_text(f"Look: {NASTY}")
    expect(tab.locator(".bd-row .bd-words").first).to_have_text(NASTY)
    is_literal(tab)
    for name in ("Details…", "History", "Flag…", "Test…", "Jump", "Keys"):
        tab.get_by_role("button", name=name).first.click()
        settled(tab)
        is_literal(tab)
    nasty.open(tab, 0)
    tab.locator(".bd-finding").first.get_by_role("button", name="Dismiss").click()
    tab.get_by_label("Why is this no fault?").fill(NASTY)
    tab.keyboard.press("Enter")
    ask = nasty.installed.ask
    until(lambda: ask("select count(*) from finding where reason = ?", NASTY) == [1])
    settled(tab)
    is_literal(tab)


def test_a_flag_a_note_and_a_reason(tab: Page, nasty: Dataset) -> None:
    nasty.open(tab, 3)
    note(tab).fill(NASTY)
    until(lambda: nasty.note(3) == NASTY)
    tab.keyboard.press("Escape")
    tab.keyboard.press("f")
    tab.get_by_role("radio", name="other", exact=True).click()
    form = tab.locator(".stForm")
    form.get_by_label("Note").fill(NASTY)
    form.get_by_role("button", name="Raise the flag").click()
    ask = nasty.installed.ask
    until(lambda: ask("select note from flag where item_id = ?", nasty.items[3]) == [NASTY])
    expect(tab.get_by_text(f"⚑ other: {NASTY}")).to_be_visible()
    settled(tab)
    tab.keyboard.press("p")
    expect(tab.get_by_text("raised a flag, other").first).to_be_visible()
    is_literal(tab)


def test_twenty_thousand_characters(tab: Page, nasty: Dataset) -> None:
    nasty.open(tab, 1)
    assert tab.locator(".bd-text").text_content() == LONG
    expect(tab.get_by_role("button", name="Submit and next")).to_be_in_viewport()
    nasty.open(tab, 2)
    assert tab.locator(".bd-text").text_content() == "🙂" * 20_000
    tab.keyboard.press("1")
    until(lambda: nasty.annotation(2, "verdict") == "keep")


@pytest.mark.parametrize("page_name", ["", "browse", "conflicts", "merge", "release", "admin"])
def test_other_pages(tab: Page, nasty: Dataset, page_name: str) -> None:
    tab.goto(nasty.address(page_name))
    settled(tab)
    if page_name == "browse":
        grid = tab.frame_locator("iframe[title*=aggrid i]")
        expect(grid.locator('.ag-row [col-id="instruction"]').first).to_contain_text(ATTACK)
        tab.get_by_role("button", name="Filters").click()
    if page_name == "":
        expect(tab.get_by_role("heading", name=NAME)).to_be_visible()
    for name in ("Dataset", "Images", "Backup") if page_name == "admin" else ():
        tab.get_by_role("tab", name=name).click()
    is_literal(tab)


def test_gallery(tab: Page, nasty: Dataset) -> None:
    tab.goto(nasty.address("browse", **{"as": "gallery"}))
    expect(tab.get_by_text(ATTACK).first).to_be_visible()
    is_literal(tab)


def test_an_address_with_an_attack(tab: Page, nasty: Dataset) -> None:
    for parameter in ("sort", "q", "level", "weights"):
        tab.goto(nasty.address("browse", **{parameter: NASTY.replace("#", "%23")}))
        settled(tab)
        tab.get_by_role("button", name="Gallery").wait_for()
        is_literal(tab)
    tab.goto(nasty.address("browse", sort="<b>bold</b>"))
    expect(tab.get_by_test_id("stToast").first).to_contain_text("<b>bold</b>")
    is_literal(tab)


def test_a_person_with_such_a_name_writes_a_release(
    someone: Callable[[str], Page], nasty: Dataset, tmp_path: Path
) -> None:
    page = someone(PERSON)
    nasty.open(page, 0)
    note(page).fill(f"because of {NASTY}")
    until(lambda: nasty.annotation(0, "note", PERSON))
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    until(lambda: sum(nasty.weights(0, PERSON)) == 10)
    settled(page)
    page.keyboard.press("2")
    until(lambda: nasty.annotation(0, "verdict", PERSON) == "fix")
    settled(page)
    page.keyboard.press("Control+Enter")
    until(lambda: nasty.item(0, "status") == "curated")
    shows(page, nasty.items[1])
    is_literal(page)
    page.goto(nasty.address(""))
    expect(page.get_by_text(f"because of {NASTY}"[:40]).or_(page.get_by_text(PERSON)).first)
    is_literal(page)
    page.goto(nasty.address("release"))
    page.get_by_label("Name").fill("v1")
    page.get_by_role("button", name="Write the release").click()
    page.get_by_role("button", name="Files (").click()
    page.get_by_role("button", name="CHANGES.md", exact=True).wait_for()
    is_literal(page)
    [folder] = nasty.installed.ask("select folder from release where dataset_id = ?", nasty.id)
    changes = (Path(folder) / "CHANGES.md").read_text(encoding="utf-8")
    assert "because of" in changes
    assert not re.search(r"(?<!\\)<(img|script)", changes)
    assert not re.search(r"(?<!\\)\*\*b", changes)


def test_guidelines_examples_comments_and_the_bell(tab: Page, nasty: Dataset) -> None:
    workspace = open_workspace(load(nasty.installed.environment))
    villain = sign_in(workspace, name=PERSON)
    text = f"{ATTACK} ![x](x) [a](javascript:alert(1)) [b]: x ![b]"
    guidelines.write(workspace, actor=villain, dataset_id=nasty.id, after=0, text=text, note=NASTY)
    item_id = nasty.items[1]
    gold.set_many(
        workspace,
        actor=villain,
        item_ids=[nasty.items[0]],
        verdict="drop",
        note=NASTY,
        purpose="example",
    )
    comments.write(workspace, actor=villain, item_id=item_id, text=f"@Ana {NASTY}")
    workspace.database.close()
    nasty.open(tab, 1)
    shown = tab.locator(".st-key-guidelines-panel")
    expect(shown).to_contain_text(ATTACK)
    expect(shown).to_contain_text(NASTY)
    is_literal(tab)
    tab.locator(".st-key-bell button").first.click()
    tab.get_by_role("button", name="P <img").click()
    expect(tab.locator(".st-key-talk")).to_contain_text(NASTY)
    settled(tab)
    is_literal(tab)

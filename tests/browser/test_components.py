"""The board, the autosaving field and the picture, against a server that can misbehave."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from installation import PATIENCE_SECONDS, free_port, until
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
KEPT = (
    "Object.fromEntries(Object.entries(localStorage).filter(([k]) => k.startsWith('annotator:')))"
)


class Harness:
    """The harness server, as the tests talk to it."""

    def __init__(self, address: str) -> None:
        self.address = address

    def state(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.address}/test/state") as answer:
            return dict(json.load(answer))

    def control(self, **settings: Any) -> None:
        body = json.dumps(settings).encode()
        urllib.request.urlopen(f"{self.address}/test/control", data=body).close()

    def ops(self, *names: str) -> list[dict[str, Any]]:
        return [op for op in self.state()["ops"] if op["op"] in names]

    def note(self, item: int = 7) -> str:
        return str(self.state()["texts"].get(f"{item}:note", ""))

    def open(self, page: Page, item: int = 7) -> None:
        page.goto(f"{self.address}/?item={item}")
        shows(page, item)
        page.locator("[data-item-image-ready]").wait_for()


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(f"{address}/test/state").close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    port = free_port()
    log = (tmp_path_factory.mktemp("harness") / "log").open("w+")
    command = [sys.executable, str(HERE / "harness_server.py"), str(port)]
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    harness = Harness(f"http://127.0.0.1:{port}")
    try:
        until(lambda: _answers(harness.address), "the harness did not start")
        yield harness
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def sweeper(browser: Browser, server: Harness) -> Iterator[Page]:
    """A page of the one context of this file: its warm cache halves the time."""
    made = browser.new_context(viewport={"width": 1440, "height": 900})
    made.set_default_timeout(PATIENCE_SECONDS * 1000)
    opened = made.new_page()
    opened.goto(f"{server.address}/test/state")
    yield opened
    made.close()


@pytest.fixture
def context(sweeper: Page, page_errors: list[str]) -> Iterator[BrowserContext]:
    shared = sweeper.context

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: page_errors.append(str(error)))

    shared.on("page", watch)
    yield shared
    shared.remove_listener("page", watch)
    for each in shared.pages:
        if each is not sweeper:
            each.close()
    sweeper.evaluate("localStorage.clear()")


@pytest.fixture
def harness(server: Harness) -> Harness:
    server.control(reset=True)
    return server


def shows(page: Page, item: int) -> None:
    page.locator(f'.bd[data-item="{item}"] .bd-row').first.wait_for()
    page.locator(f'.an-field[data-item="{item}"]').wait_for()


def note(page: Page) -> Any:
    return page.get_by_role("textbox", name="Note", exact=True)


def status(page: Page) -> Any:
    return page.locator(".an-field .an-status")


def choose(page: Page, start: int, end: int) -> None:
    """Choose by UTF-16 offsets in the shown text, as a drag of the mouse would."""
    page.evaluate(
        """([start, end]) => {
            const box = document.querySelector('.bd-text');
            const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
            const range = document.createRange();
            let seen = 0;
            for (let n = walker.nextNode(); n; n = walker.nextNode()) {
                const length = n.textContent.length;
                if (start >= seen && start < seen + length) range.setStart(n, start - seen);
                if (end > seen && end <= seen + length) range.setEnd(n, end - seen);
                seen += length;
            }
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            box.dispatchEvent(new MouseEvent('mouseup', {bubbles: true}));
        }""",
        [start, end],
    )
    page.get_by_role("toolbar", name="Chosen words").wait_for()


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


# ------------------------------------------------------------------------------- choosing words


@pytest.mark.parametrize(
    ("item", "words"), [(9, "three four"), (9, "🙂🙂 two 👩‍👩‍👧"), (10, "واذكر اللون")]
)
def test_offsets_are_code_points(page: Page, harness: Harness, item: int, words: str) -> None:
    harness.open(page, item)
    text = harness.state()["items"][str(item)]["instruction"]
    start = text.index(words)
    choose(page, utf16(text[:start]), utf16(text[: start + len(words)]))
    page.get_by_role("button", name="New component").click()
    [op] = until(lambda: harness.ops("add_component"))
    assert text[op["start"] : op["end"]] == words
    until(lambda: page.locator(".bd-row").count() == 2)


def test_a_mouse_chooses_words_and_numbers_do_not_count(page: Page, harness: Harness) -> None:
    harness.open(page)
    text = harness.state()["items"]["7"]["instruction"]
    box = page.evaluate(
        """() => {
            const range = document.createRange();
            const last = document.querySelector('.bd-text').lastChild;
            const at = last.textContent.indexOf('description');
            range.setStart(last, at);
            range.setEnd(last, at + 'description'.length);
            const {left, right, top, bottom} = range.getBoundingClientRect();
            return {left, right, y: (top + bottom) / 2};
        }"""
    )
    page.mouse.move(box["left"] + 1, box["y"])
    page.mouse.down()
    page.mouse.move(box["right"] - 1, box["y"], steps=4)
    page.mouse.up()
    page.get_by_role("toolbar", name="Chosen words").wait_for()
    page.keyboard.press("a")
    [op] = until(lambda: harness.ops("add_component"))
    assert text[op["start"] : op["end"]] == "description"
    expect(page.get_by_role("toolbar", name="Chosen words")).to_be_hidden()


def test_keys_choose_words_and_give_them_to_a_component(page: Page, harness: Harness) -> None:
    harness.open(page)
    page.keyboard.press("]")
    page.locator(".bd-text").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.get_by_role("button", name="Use for ①").wait_for()
    page.keyboard.press("u")
    [op] = until(lambda: harness.ops("take_span"))
    assert op["key"] == "c1" and op["end"] > op["start"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar", name="Chosen words")).to_be_hidden()


def test_rows_light_their_words_and_words_select_their_row(page: Page, harness: Harness) -> None:
    harness.open(page)
    page.locator('.bd-row[data-key="c1"]').hover()
    expect(page.locator('.bd-seg[data-keys="c1"]')).to_have_attribute("data-lit", "1")
    page.locator('.bd-seg[data-keys="c1"]').click()
    expect(page.locator('.bd-row[data-key="c1"]')).to_have_attribute("aria-current", "true")
    until(lambda: [op["key"] for op in harness.ops("select")] == ["c1"])


# -------------------------------------------------------------------------------- literal text


def test_markup_is_shown_and_never_run(page: Page, harness: Harness) -> None:
    harness.open(page, 11)
    entry = harness.state()["items"]["11"]
    assert page.locator(".bd-text").text_content() == entry["instruction"]
    assert page.locator(".bd-words").text_content() == entry["components"][0]["text"]
    assert page.locator(".bd-type").input_value() == "odd_type"
    box = page.locator(".bd-text").evaluate("n => [n.clientHeight, n.scrollHeight]")
    assert box[0] <= 280 < box[1]
    assert page.evaluate("window.hacked") is None
    assert page.locator(".bd script, .bd .bd-text img, .bd .bd-text strong").count() == 0


def test_right_to_left_text_runs_right_to_left(page: Page, harness: Harness) -> None:
    harness.open(page, 10)
    shown = page.locator(".bd-text").evaluate("n => getComputedStyle(n).direction")
    assert shown == "rtl"
    expect(page.get_by_role("note")).to_contain_text("The image file is missing")


# ------------------------------------------------------------------------------------ autosave


def test_a_pause_saves_and_says_so(page: Page, harness: Harness) -> None:
    harness.open(page)
    note(page).press_sequentially("harder than the rest")
    expect(status(page)).to_have_text("saved 14:02")
    saved = harness.state()["saves"][-1]
    assert (saved["field"], saved["text"], saved["item_id"]) == ("note", "harder than the rest", 7)
    assert saved["header"] == "1" and saved["tab"].startswith("tab-") and saved["save_id"]
    assert page.evaluate(KEPT) == {}


def test_newer_text_follows_with_the_version_and_base_of_the_answer(
    page: Page, harness: Harness
) -> None:
    harness.open(page)
    harness.control(mode={"delay": 0.3})
    note(page).fill("one")
    until(lambda: len(harness.state()["saves"]) == 1)
    note(page).fill("one two")
    until(lambda: harness.note() == "one two")
    first, second = harness.state()["saves"]
    assert (first["base"], second["base"]) == ("", "one")
    assert (first["version"], second["version"]) == (1, 2)


def test_long_typing_is_saved_on_the_way(page: Page, harness: Harness) -> None:
    harness.open(page)
    note(page).focus()
    end = time.monotonic() + 3.2
    while time.monotonic() < end:
        page.keyboard.type("x")
        page.wait_for_timeout(120)
    assert harness.state()["saves"], "nothing was sent during 3.2 s of typing"


def test_the_next_item_never_gets_the_words_of_this_one(page: Page, harness: Harness) -> None:
    harness.open(page)
    harness.control(mode={"delay": 0.4})
    note(page).press_sequentially("for seven")
    page.get_by_role("button", name="Next", exact=False).first.click()
    shows(page, 8)
    expect(note(page)).to_have_value("")
    note(page).press_sequentially("for eight")
    until(lambda: harness.note(7) == "for seven" and harness.note(8) == "for eight")
    page.mouse.click(5, 300)
    page.keyboard.press("k")
    shows(page, 7)
    expect(note(page)).to_have_value("for seven")


def test_reload_and_closed_tab_keep_the_text(
    page: Page, context: BrowserContext, harness: Harness
) -> None:
    harness.open(page)
    note(page).press_sequentially("before F5")
    page.reload()
    shows(page, 7)
    until(lambda: harness.note() == "before F5")
    other = context.new_page()
    harness.open(other, 8)
    note(other).press_sequentially("before closing")
    other.close()
    until(lambda: harness.note(8) == "before closing")


def test_offline_text_is_kept_offered_and_restored(
    page: Page, context: BrowserContext, harness: Harness
) -> None:
    harness.open(page)
    page.route("**/api/draft", lambda route: route.abort())
    note(page).press_sequentially("written in a tunnel")
    expect(status(page)).to_have_text("not saved yet – kept in this browser")
    # A request that outlives its page is out of reach of the route above.
    harness.control(mode={"status": 503})
    page.unroute("**/api/draft")
    expect(status(page)).to_have_text("not saved yet – kept in this browser")
    kept = json.loads(page.evaluate(KEPT)["annotator:ana:7:note"])
    assert kept["text"] == "written in a tunnel" and kept["base"] == "" and kept["at"]
    page.reload()
    shows(page, 7)
    expect(note(page)).to_have_value("")
    expect(page.get_by_text("is kept in this browser")).to_be_visible()
    harness.control(mode={})
    note(page).press_sequentially("typed beside it")
    until(lambda: harness.note() == "typed beside it")
    page.get_by_role("button", name="Restore").click()
    page.get_by_role("button", name="Join both").click()
    until(lambda: harness.note() == "typed beside it\nwritten in a tunnel")
    until(lambda: page.evaluate(KEPT) == {})


def test_discarding_kept_text_forgets_it(page: Page, harness: Harness) -> None:
    harness.open(page)
    page.evaluate(
        "localStorage.setItem('annotator:ana:7:component:c2', "
        "JSON.stringify({text: 'older', base: 'x', at: '2026-01-01T14:01:00Z'}))"
    )
    page.reload()
    shows(page, 7)
    page.locator('.bd-row[data-key="c2"]').get_by_role("button", name="Discard").click()
    expect(page.get_by_text("is kept in this browser")).to_have_count(0)
    assert page.evaluate(KEPT) == {}
    assert harness.state()["saves"] == []


def test_a_retry_of_the_same_text_has_the_same_id(page: Page, harness: Harness) -> None:
    harness.open(page)
    harness.control(mode={"lose_answer": True})
    note(page).fill("stored, but the answer is lost")
    until(lambda: len(harness.state()["saves"]) >= 1)
    note(page).fill("stored, but the answer is lost; and more")
    page.wait_for_timeout(600)
    harness.control(mode={})
    until(lambda: harness.note().endswith("and more"))
    expect(status(page)).to_have_text("saved 14:02")
    saves = harness.state()["saves"]
    ids = {
        save["text"]: {s["save_id"] for s in saves if s["text"] == save["text"]} for save in saves
    }
    assert len(saves) >= 3 and all(len(each) == 1 for each in ids.values())
    assert page.get_by_role("alert").count() == 0


@pytest.mark.parametrize(
    ("choice", "left"),
    [("Keep mine", "mine"), ("Take the other", "theirs"), ("Join both", "theirs\nmine")],
)
def test_a_stale_save_shows_both_sides(
    page: Page, harness: Harness, choice: str, left: str
) -> None:
    harness.open(page)
    harness.control(text=[7, "note", "theirs"])
    note(page).fill("mine")
    panel = page.get_by_role("alert")
    expect(panel).to_contain_text("Ana in another tab")
    expect(panel).to_contain_text("theirs")
    expect(panel).to_contain_text("mine")
    assert harness.note() == "theirs"
    panel.get_by_role("button", name=choice).click()
    until(lambda: harness.note() == left)
    expect(note(page)).to_have_value(left)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_refusal_is_said_and_the_text_stays(page: Page, harness: Harness) -> None:
    harness.open(page)
    harness.control(mode={"status": 422, "error": "a note has at most 4 letters"})
    note(page).fill("too long")
    expect(status(page)).to_have_text("not saved: a note has at most 4 letters")
    expect(note(page)).to_have_value("too long")
    harness.control(mode={})
    note(page).fill("ok")
    until(lambda: harness.note() == "ok")


def test_full_storage_does_not_stop_typing(page: Page, harness: Harness) -> None:
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('full') }")
    harness.open(page)
    note(page).press_sequentially("typed all the same")
    until(lambda: harness.note() == "typed all the same")


# ------------------------------------------------------------------------------------- submit


def test_submit_waits_until_the_text_has_arrived(page: Page, harness: Harness) -> None:
    harness.open(page)
    harness.control(mode={"delay": 0.5})
    note(page).press_sequentially("last words")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    shows(page, 8)
    assert harness.state()["pressed"] == ["go 1 with 'last words'"]


def test_submit_is_at_once_when_nothing_waits(page: Page, harness: Harness) -> None:
    harness.open(page)
    page.keyboard.press("Control+Enter")
    shows(page, 8)
    assert harness.state()["pressed"] == ["go 1 with ''"]


def test_submit_takes_a_half_typed_weight_along(page: Page, harness: Harness) -> None:
    harness.open(page)
    page.keyboard.press("w")
    page.keyboard.type("6")
    page.keyboard.press("Control+Enter")
    shows(page, 8)
    state = harness.state()
    assert [name for name in state["order"] if name != "select"] == ["set_weights", "go"]
    assert state["items"]["7"]["components"][0]["weight"] == 6


def test_submit_stops_at_a_text_that_was_refused(page: Page, harness: Harness) -> None:
    harness.open(page)
    harness.control(mode={"status": 422, "error": "no"})
    note(page).fill("refused")
    page.keyboard.press("Control+Enter")
    expect(status(page)).to_have_text("not saved: no")
    page.wait_for_timeout(200)
    assert harness.state()["pressed"] == []
    expect(note(page)).to_be_focused()


# ---------------------------------------------------------------------------------- operations


def test_fast_presses_are_neither_lost_nor_doubled(page: Page, harness: Harness) -> None:
    harness.open(page)
    page.keyboard.press("w")
    expect(page.get_by_label("Weight of component 1", exact=True)).to_be_focused()
    for _ in range(7):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.type("2.5")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    locks = page.get_by_role("button", name="Lock the weight of component")
    for _ in range(2):
        for each in locks.all():
            each.evaluate("button => { button.click(); button.click(); button.click(); }")
    until(lambda: len(harness.ops("lock")) == 18)
    page.wait_for_timeout(300)
    state = harness.state()
    weights = [c["weight"] for c in state["items"]["7"]["components"]]
    assert weights == [11, 2.5, 3]
    assert len(harness.ops("lock")) == 18
    ids = [op["save_id"] for op in state["ops"]]
    assert len(ids) == len(set(ids))
    assert [c["locked"] for c in state["items"]["7"]["components"]] == [False] * 3
    expect(page.locator(".bd-sum")).to_have_text("Σ 16.5, 6.5 over")


def test_each_operation_carries_the_version_it_really_follows(page: Page, harness: Harness) -> None:
    harness.open(page)
    page.get_by_role("button", name="Lock the weight of component 1").evaluate(
        "button => { button.click(); button.click(); button.click(); }"
    )
    until(lambda: len(harness.ops("lock")) == 3)
    assert [op["version"] for op in harness.ops("lock")] == [1, 2, 3]
    note(page).fill("a text in between")
    until(lambda: harness.note() != "")
    page.get_by_role("button", name="Lock the weight of component 2").click()
    until(lambda: len(harness.ops("lock")) == 4)
    assert harness.ops("lock")[-1]["version"] == 5


def test_an_operation_goes_before_a_button_pressed_after_it(page: Page, harness: Harness) -> None:
    harness.open(page)
    handle = page.get_by_role("slider").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("j")
    shows(page, 8)
    assert [c["weight"] for c in harness.state()["items"]["7"]["components"]] == [5, 2, 3]


def test_a_border_keeps_the_sum(page: Page, harness: Harness) -> None:
    harness.open(page)
    bar = page.locator(".bd-bar").bounding_box()
    handle = page.get_by_role("slider").first
    at = handle.bounding_box()
    assert bar and at
    page.mouse.move(at["x"] + 1, at["y"] + 8)
    page.mouse.down()
    page.mouse.move(at["x"] + bar["width"] / 10, at["y"] + 8, steps=3)
    expect(page.get_by_label("Weight of component 1", exact=True)).to_have_value("5")
    page.mouse.move(at["x"] + bar["width"], at["y"] + 8, steps=5)
    expect(page.locator(".bd-sum")).to_have_text("Σ 10 ✓")
    page.mouse.up()
    [op] = until(lambda: harness.ops("set_weights"))
    assert op["weights"] == {"c1": 7, "c2": 0}
    page.get_by_role("slider").nth(1).focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "Home", "ArrowRight"):
        page.keyboard.press(key)
    until(lambda: [c["weight"] for c in harness.state()["items"]["7"]["components"]] == [7, 1, 2])
    expect(page.locator(".bd-sum")).to_have_text("Σ 10 ✓")


def test_a_locked_weight_stays(page: Page, harness: Harness) -> None:
    harness.open(page)
    page.get_by_role("button", name="Lock the weight of component 2").click()
    expect(page.get_by_role("slider").first).to_have_attribute("aria-disabled", "true")
    page.get_by_role("slider").first.press("ArrowRight")
    page.get_by_label("Weight of component 2", exact=True).press("ArrowUp")
    page.wait_for_timeout(300)
    assert harness.ops("set_weights") == []


def test_a_weight_that_is_none_is_not_sent(page: Page, harness: Harness) -> None:
    harness.open(page)
    field = page.get_by_label("Weight of component 1", exact=True)
    for typed in ("-3", "many", "1e9", ""):
        field.fill(typed)
        expect(field).to_have_attribute("aria-invalid", "true")
        field.press("Escape")
        expect(field).to_have_value("4")
    field.fill("2,5")
    field.press("Enter")
    until(lambda: [op["weights"] for op in harness.ops("set_weights")] == [{"c1": 2.5}])


def test_unweighted_and_readonly_boards(page: Page, harness: Harness) -> None:
    harness.control(target=None)
    harness.open(page)
    assert page.locator(".bd-weight:visible, .bd-bar:visible, .bd-sum:visible").count() == 0
    harness.control(target=10, mode={"readonly": True})
    harness.open(page, 8)
    assert page.get_by_role("button", name="Edit").count() == 0
    for key in ("i", "t", "a", "w"):
        page.keyboard.press(key)
    assert page.locator(".bd textarea").count() == 0
    assert harness.ops("add_component") == []


# ------------------------------------------------------------------------- editing on the board


def test_a_component_text_is_saved_and_the_page_looks_again(page: Page, harness: Harness) -> None:
    harness.open(page)
    page.keyboard.press("]")
    page.keyboard.press("]")
    page.keyboard.press("t")
    area = page.get_by_label("Text of component 2")
    area.fill("four-sentence")
    page.keyboard.press("Enter")
    until(lambda: harness.state()["items"]["7"]["components"][1]["text"] == "four-sentence")
    until(lambda: len(harness.ops("refresh")) == 1)
    assert harness.state()["saves"][-1]["field"] == "component:c2"
    expect(page.locator('.bd-row[data-key="c2"] .bd-words')).to_have_text("four-sentence")


def test_focus_caret_and_half_typed_text_survive_a_rerun(page: Page, harness: Harness) -> None:
    harness.open(page)
    page.keyboard.press("i")
    area = page.get_by_label("Text of the instruction")
    area.evaluate("a => a.setSelectionRange(8, 8)")
    page.keyboard.type("quite ")
    page.evaluate("window.area = document.activeElement")
    runs = harness.state()["runs"]
    harness.control(text=[7, "note", "from elsewhere"])
    page.get_by_role("button", name="Lock the weight of component 1").evaluate("b => b.click()")
    until(lambda: harness.state()["runs"] > runs)
    expect(page.get_by_role("button", name="Lock the weight of component 1")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(note(page)).to_have_value("from elsewhere")
    assert page.evaluate("document.activeElement === window.area")
    assert area.evaluate("a => [a.selectionStart, a.selectionEnd]") == [14, 14]
    page.keyboard.type("surely ")
    assert area.input_value().startswith("Present quite surely a four-sentence")
    weight = page.get_by_label("Weight of component 3", exact=True)
    weight.fill("7.")
    page.get_by_role("button", name="Lock the weight of component 1").evaluate("b => b.click()")
    until(lambda: harness.ops("lock")[-1]["locked"] is False)
    expect(weight).to_have_value("7.")
    expect(weight).to_be_focused()


def test_rows_split_merge_move_and_go(page: Page, harness: Harness) -> None:
    harness.open(page)
    words = page.locator('.bd-row[data-key="c3"] .bd-words')
    words.press("Enter")
    page.get_by_label("Text of component 3").evaluate("a => a.setSelectionRange(9, 9)")
    page.keyboard.press("Alt+Enter")
    [split] = until(lambda: harness.ops("split_component"))
    assert (split["key"], split["at"]) == ("c3", 9)
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    until(lambda: [op["position"] for op in harness.ops("move_component")] == [1, 0])
    expect(words).to_be_focused()
    until(lambda: harness.state()["items"]["7"]["components"][0]["key"] == "c3")
    menu = page.get_by_role("menu")
    page.get_by_role("button", name="More for component 1").click()
    menu.get_by_role("menuitem", name="Merge with next").click()
    [merge] = until(lambda: harness.ops("merge_components"))
    assert merge["keys"] == ["c3", "c1"]
    page.get_by_role("button", name="More for component 2").click()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    until(lambda: [op["key"] for op in harness.ops("remove_component")] == ["c1"])
    expect(page.locator(".bd-row")).to_have_count(2)


def test_an_empty_component_opens_for_typing(page: Page, harness: Harness) -> None:
    harness.open(page)
    page.keyboard.press("a")
    area = page.get_by_label("Text of component 4")
    expect(area).to_be_focused()
    page.keyboard.type("a new wish")
    page.keyboard.press("Escape")
    until(lambda: harness.state()["items"]["7"]["components"][3]["text"] == "a new wish")


def test_findings_and_types_send_their_operations(page: Page, harness: Harness) -> None:
    harness.open(page)
    findings = page.locator(".bd-finding")
    expect(findings).to_have_count(3)
    page.get_by_role("button", name="3 of 4 · show all").click()
    expect(findings).to_have_count(4)
    page.get_by_role("button", name="Mend:").click()
    findings.nth(1).get_by_role("button", name="Dismiss").click()
    page.get_by_label("Type of component 2").select_option("grammar")
    until(lambda: len(harness.ops("mend", "dismiss", "set_component")) == 3)
    mend, dismiss, kind = harness.ops("mend", "dismiss", "set_component")
    assert (mend["finding"], dismiss["finding"]) == ("f1", "f2")
    assert (kind["key"], kind["field"], kind["value"]) == ("c2", "type", "grammar")


def test_letters_typed_into_fields_are_not_the_pages(page: Page, harness: Harness) -> None:
    harness.open(page)
    weight = page.get_by_label("Weight of component 1", exact=True)
    weight.fill("")
    weight.press_sequentially("1")
    page.keyboard.press("Escape")
    note(page).press_sequentially("1 jnk")
    assert harness.state()["pressed"] == []
    page.keyboard.press("Escape")
    page.locator('.bd-row[data-key="c1"] .bd-words').focus()
    page.keyboard.press("1")
    until(lambda: harness.state()["pressed"] == ["keep"])


# ------------------------------------------------------------------------------------- picture


def test_the_picture_swaps_when_decoded_and_opens_full_size(page: Page, harness: Harness) -> None:
    harness.open(page)
    expect(page.locator('[data-item-image-ready="/image/7?size=display"]')).to_be_visible()
    page.keyboard.press("o")
    viewer = page.get_by_role("dialog", name="Picture in full size")
    expect(viewer).to_be_visible()
    scale = viewer.get_by_role("button", name="Actual size")
    page.wait_for_function("document.querySelector('.pic-full').naturalWidth === 2400")
    expect(scale).to_have_text(re.compile("%"))
    fitted = scale.text_content()
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -400)
    expect(scale).not_to_have_text(fitted or "")
    page.keyboard.press("0")
    expect(scale).to_have_text(fitted or "")
    page.mouse.dblclick(300, 300)
    expect(scale).to_have_text("100 %")
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    assert harness.state()["pressed"] == []
    page.keyboard.press("j")
    page.locator('[data-item-image-ready="/image/8?size=display"]').wait_for()
    expect(page.get_by_role("img", name="Picture of item 8")).to_be_visible()

"""Whole ways through the app in Chromium, each asked for afterwards in the database."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from installation import Dataset, note, settled, shows, until
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.browser

CAT, WRONG_NUMBER, SUM_OF_EIGHT, RTL, EMOJI, NO_IMAGE = 0, 9, 7, 14, 15, 23
KEPT = "Object.keys(localStorage).filter(key => key.startsWith('annotator:'))"


def status(page: Page) -> str:
    return page.locator(".an-field .an-status").text_content() or ""


# -------------------------------------------------------------------- the main way, by keyboard


def test_ten_items_by_keyboard_alone(tab: Page, dataset: Dataset) -> None:
    dataset.open(tab, 0)
    mended = 0
    for position in range(10):
        shows(tab, dataset.items[position])
        mend = tab.locator(".bd-mend")
        verdict = "keep"
        if mend.count():
            mended += 1
            verdict = "fix"
            before = dataset.annotation(position, "version")
            tab.keyboard.press("m")
            until(lambda before=before, at=position: dataset.annotation(at, "version") != before)
            settled(tab)
        tab.keyboard.press("2" if verdict == "fix" else "1")
        until(lambda at=position: dataset.annotation(at, "verdict"))
        settled(tab)
        tab.keyboard.press("Control+Enter")
        until(lambda at=position: dataset.item(at, "status") == "curated")
        assert dataset.item(position, "verdict") == verdict
    shows(tab, dataset.items[10])
    expect(tab.get_by_text("10 submitted by you")).to_be_visible()
    assert mended >= 2
    assert dataset.texts(WRONG_NUMBER)[1] == "four-sentence"
    assert sum(dataset.weights(SUM_OF_EIGHT)) == 10


def test_hurried_keys_are_safe(tab: Page, dataset: Dataset) -> None:
    """Keys pressed without looking may be missed, but nothing happens twice or to another item.

    A second 1 takes the verdict back, so that none at all may be handed in, too.
    """
    dataset.open(tab, 0)
    for _ in range(4):
        tab.keyboard.press("1")
        tab.keyboard.press("Control+Enter")
    settled(tab)
    ask = dataset.installed.ask
    curated = ask("select count(*) from item where dataset_id = ? and verdict = 'keep'", dataset.id)
    revised = ask(
        "select count(*) from event where dataset_id = ? and kind = 'curation.revised'", dataset.id
    )
    assert curated == revised and curated[0] <= 4
    assert ask("select count(*) from item where dataset_id = ? and revision > 1", dataset.id) == [0]


# ----------------------------------------------------------------- a note, and every way to leave


def leave_by_key(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("j")


def leave_by_mouse(page: Page) -> None:
    page.get_by_role("button", name="▶").click()


def leave_for_another_page(page: Page) -> None:
    page.get_by_role("link", name="Browse").click()
    page.get_by_role("button", name="Gallery").wait_for()


def leave_by_f5(page: Page) -> None:
    page.reload()


def leave_by_closing(page: Page) -> None:
    page.close()


@pytest.mark.parametrize(
    "leave",
    [leave_by_key, leave_by_mouse, leave_for_another_page, leave_by_f5, leave_by_closing],
    ids=lambda way: way.__name__,
)
def test_a_note_is_kept_however_one_leaves(
    tab: Page, dataset: Dataset, leave: Callable[[Page], None]
) -> None:
    dataset.open(tab, 3)
    words = "the patch reads GLENN, not CLENN"
    note(tab).press_sequentially(words)
    leave(tab)
    until(lambda: dataset.note(3) == words)
    assert dataset.note(4) in (None, "")
    if tab.is_closed():
        return
    dataset.open(tab, 3)
    expect(note(tab)).to_have_value(words)
    assert tab.evaluate(KEPT) == []


def test_typing_on_while_the_item_changes(tab: Page, dataset: Dataset) -> None:
    dataset.open(tab, 3)
    note(tab).press_sequentially("of the third")
    tab.get_by_role("button", name="▶").click()
    shows(tab, dataset.items[4])
    expect(note(tab)).to_have_value("")
    note(tab).press_sequentially("of the fourth")
    tab.keyboard.press("Escape")
    tab.keyboard.press("k")
    shows(tab, dataset.items[3])
    expect(note(tab)).to_have_value("of the third")
    until(lambda: (dataset.note(3), dataset.note(4)) == ("of the third", "of the fourth"))


def test_what_is_typed_offline_is_offered_on_return(
    tab: Page, ana: BrowserContext, dataset: Dataset
) -> None:
    dataset.open(tab, 5)
    ana.set_offline(True)
    note(tab).press_sequentially("written in a tunnel")
    expect(tab.locator(".an-field .an-status")).to_contain_text("kept in this browser")
    assert len(tab.evaluate(KEPT)) == 1
    assert dataset.note(5) is None
    tab.close()
    ana.set_offline(False)
    again = ana.new_page()
    dataset.open(again, 5)
    expect(again.get_by_text("is kept in this browser")).to_be_visible()
    again.get_by_role("button", name="Restore").click()
    until(lambda: dataset.note(5) == "written in a tunnel")
    until(lambda: again.evaluate(KEPT) == [])


def test_back_online_the_text_arrives_by_itself(
    tab: Page, ana: BrowserContext, dataset: Dataset
) -> None:
    dataset.open(tab, 5)
    ana.set_offline(True)
    note(tab).press_sequentially("a short tunnel")
    expect(tab.locator(".an-field .an-status")).to_contain_text("kept in this browser")
    ana.set_offline(False)
    until(lambda: dataset.note(5) == "a short tunnel")


# ------------------------------------------------------------------------- two tabs, two people


def test_a_note_in_two_tabs(tab: Page, ana: BrowserContext, dataset: Dataset) -> None:
    other = ana.new_page()
    dataset.open(tab, 2)
    dataset.open(other, 2)
    note(tab).press_sequentially("first")
    until(lambda: dataset.note(2) == "first")
    note(other).press_sequentially("second")
    panel = other.get_by_role("alert")
    expect(panel).to_contain_text("first")
    expect(panel).to_contain_text("second")
    assert dataset.note(2) == "first"
    panel.get_by_role("button", name="Join both").click()
    until(lambda: dataset.note(2) == "first\nsecond")


@pytest.mark.parametrize(
    ("choice", "left"), [("Save mine on top", [4, 3, 3]), ("Leave it as it is there", None)]
)
def test_weights_in_two_tabs(
    tab: Page, ana: BrowserContext, dataset: Dataset, choice: str, left: list[float] | None
) -> None:
    other = ana.new_page()
    dataset.open(tab, SUM_OF_EIGHT)
    dataset.open(other, SUM_OF_EIGHT)
    tab.keyboard.press("n")
    until(lambda: sum(dataset.weights(SUM_OF_EIGHT)) == 10)
    first = dataset.weights(SUM_OF_EIGHT)
    other.keyboard.press("e")
    expect(other.get_by_text("Not saved.")).to_be_visible()
    assert dataset.weights(SUM_OF_EIGHT) == first
    other.get_by_role("button", name=choice).click()
    expect(other.get_by_text("Not saved.")).to_have_count(0)
    until(lambda: dataset.weights(SUM_OF_EIGHT) == (left or first))


def test_the_curation_moves_on_under_a_draft(
    tab: Page, someone: Callable[[str], Page], dataset: Dataset
) -> None:
    dataset.open(tab, WRONG_NUMBER)
    note(tab).press_sequentially("mine")
    tab.keyboard.press("Escape")
    tab.keyboard.press("e")
    until(lambda: dataset.weights(WRONG_NUMBER) == [4, 3, 3] and dataset.note(WRONG_NUMBER))
    tab.get_by_label("Weight of component 1", exact=True).fill("6")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Escape")
    until(lambda: dataset.weights(WRONG_NUMBER) == [6, 3, 3])
    theirs = someone("Bo")
    dataset.open(theirs, WRONG_NUMBER)
    theirs.keyboard.press("m")
    until(lambda: dataset.texts(WRONG_NUMBER, "Bo"))
    settled(theirs)
    theirs.keyboard.press("2")
    until(lambda: dataset.annotation(WRONG_NUMBER, "verdict", "Bo"))
    settled(theirs)
    theirs.keyboard.press("Control+Enter")
    until(lambda: dataset.item(WRONG_NUMBER, "status") == "curated")
    tab.keyboard.press("1")
    expect(tab.get_by_text("The curation moved on under your draft.")).to_be_visible()
    expect(tab.get_by_text("four-sentence").first).to_be_visible()
    assert dataset.weights(WRONG_NUMBER) == [6, 3, 3]
    assert dataset.texts(WRONG_NUMBER)[1] == "five-sentence"
    tab.get_by_role("button", name="All theirs").click()
    until(lambda: dataset.texts(WRONG_NUMBER)[1] == "four-sentence")
    assert dataset.note(WRONG_NUMBER) == "mine"
    settled(tab)
    tab.keyboard.press("p")
    expect(tab.get_by_text("Ana changed the weight of component 1 from 4 to 6")).to_be_visible()


# --------------------------------------------------------------------------- words and weights


def choose_words(page: Page, words: str) -> None:
    """Choose words of the instruction with the mouse's own means: a range and its release."""
    page.evaluate(
        """(words) => {
            const box = document.querySelector('.bd-text');
            const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
            const nodes = [];
            for (let n = walker.nextNode(); n; n = walker.nextNode()) nodes.push(n);
            const text = nodes.map((n) => n.textContent).join('');
            const [from, to] = [text.indexOf(words), text.indexOf(words) + words.length];
            if (from < 0) throw new Error('no such words in ' + text);
            const range = document.createRange();
            let seen = 0;
            for (const n of nodes) {
                const end = seen + n.textContent.length;
                if (from >= seen && from < end) range.setStart(n, from - seen);
                if (to > seen && to <= end) range.setEnd(n, to - seen);
                seen = end;
            }
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            box.dispatchEvent(new MouseEvent('mouseup', {bubbles: true}));
        }""",
        words,
    )
    page.get_by_role("toolbar", name="Chosen words").wait_for()


@pytest.mark.parametrize(
    ("position", "words"),
    [(EMOJI, "☕☕☕☕☕ and justify"), (RTL, "بحيرة"), (RTL, "Arabic word")],
)
def test_chosen_words_become_a_component(
    tab: Page, dataset: Dataset, position: int, words: str
) -> None:
    dataset.open(tab, position)
    choose_words(tab, words)
    tab.keyboard.press("a")
    until(lambda: words in dataset.texts(position))
    row = tab.locator(".bd-row").last
    expect(row.locator(".bd-words")).to_have_text(words)
    marked = tab.locator(f'.bd-seg[data-keys~="{dataset.draft(position)["order"][-1]}"]')
    expect(marked.first).to_be_visible()
    assert "".join(marked.all_text_contents()) == words


def test_a_border_of_the_weights_is_dragged(tab: Page, dataset: Dataset) -> None:
    dataset.open(tab, CAT)
    bar = tab.locator(".bd-bar").bounding_box()
    handle = tab.get_by_role("slider").first.bounding_box()
    assert bar and handle
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + bar["width"] / 10, y, steps=4)
    tab.mouse.up()
    until(lambda: dataset.weights(CAT) == [5, 2, 3])
    expect(tab.locator(".bd-sum")).to_have_text("Σ 10 ✓")


def test_a_weight_is_typed_in_place(tab: Page, dataset: Dataset) -> None:
    dataset.open(tab, CAT)
    tab.keyboard.press("w")
    tab.keyboard.type("2.5")
    tab.keyboard.press("Enter")
    until(lambda: dataset.weights(CAT) == [2.5, 3, 3])
    expect(tab.locator(".bd-sum")).to_contain_text("8.5")


def test_the_instruction_is_edited_in_place(tab: Page, dataset: Dataset) -> None:
    dataset.open(tab, CAT)
    before = dataset.item(CAT, "instruction")
    tab.keyboard.press("i")
    tab.get_by_label("Text of the instruction").press("End")
    tab.keyboard.type(" Please.")
    tab.keyboard.press("Escape")
    until(lambda: dataset.draft(CAT).get("instruction", "").endswith("Please."))
    assert dataset.item(CAT, "instruction") == before


# ------------------------------------------------------------------------------------- pictures


def test_escape_leaves_an_opened_field_and_the_letters_are_keys_again(
    tab: Page, dataset: Dataset
) -> None:
    dataset.open(tab, 0)
    tab.keyboard.press("q")
    field = tab.get_by_label("A response to test")
    expect(field).to_be_focused()
    tab.keyboard.type("j")
    expect(field).to_have_value("j")
    tab.keyboard.press("Escape")
    tab.keyboard.press("j")
    shows(tab, dataset.items[1])


def test_the_picture_opens_at_full_size(tab: Page, dataset: Dataset) -> None:
    dataset.open(tab, 3)
    tab.locator("[data-item-image-ready]").wait_for()
    tab.keyboard.press("o")
    viewer = tab.get_by_role("dialog", name="Picture in full size")
    expect(viewer).to_be_visible()
    tab.wait_for_function("document.querySelector('.pic-full').naturalWidth > 0")
    shown = tab.evaluate("document.querySelector('.pic-full').naturalWidth")
    sha = dataset.item(3, "image_id")
    assert [shown] == dataset.installed.ask("select width from image where id = ?", sha)
    tab.keyboard.press("Escape")
    expect(viewer).to_be_hidden()


def test_an_item_without_its_picture_says_why_and_is_worked_on(tab: Page, dataset: Dataset) -> None:
    dataset.open(tab, NO_IMAGE)
    expect(tab.get_by_text("harbour.jpg").first).to_be_visible()
    tab.keyboard.press("3")
    until(lambda: dataset.annotation(NO_IMAGE, "verdict") == "drop")


def test_a_picture_is_only_for_people_with_a_name(
    tab: Page, dataset: Dataset, browser: object
) -> None:
    dataset.open(tab, 3)
    [sha] = dataset.installed.ask(
        "select sha256 from image where id = ?", dataset.item(3, "image_id")
    )
    address = f"{dataset.installed.address}/image/{sha}"
    assert tab.context.request.get(address).status == 200
    assert (
        tab.context.request.get(f"{address}?size=thumb").headers["cache-control"].count("immutable")
    )
    assert tab.context.request.get(f"{dataset.installed.address}/image/{'0' * 64}").status == 404


# ---------------------------------------------------------------------------------------- history


def test_history_is_undone_with_the_mouse(tab: Page, dataset: Dataset) -> None:
    dataset.open(tab, SUM_OF_EIGHT)
    tab.keyboard.press("n")
    until(lambda: sum(dataset.weights(SUM_OF_EIGHT)) == 10)
    settled(tab)
    tab.keyboard.press("1")
    until(lambda: dataset.annotation(SUM_OF_EIGHT, "verdict") == "keep")
    settled(tab)
    tab.get_by_role("button", name="History").click()
    line = tab.locator("[class*=st-key-line-]").filter(has_text="changed the weight").first
    line.get_by_role("button", name="Undo").click()
    until(lambda: sum(dataset.weights(SUM_OF_EIGHT)) == 8)
    assert dataset.annotation(SUM_OF_EIGHT, "verdict") == "keep"
    again = tab.locator("[class*=st-key-line-]").filter(has_text="undid").first
    again.get_by_role("button", name="Redo").click()
    until(lambda: sum(dataset.weights(SUM_OF_EIGHT)) == 10)


def test_undo_and_redo_by_key(tab: Page, dataset: Dataset) -> None:
    dataset.open(tab, CAT)
    for key, verdict in (("1", "keep"), ("z", None), ("y", "keep"), ("z", None), ("2", "fix")):
        settled(tab)
        tab.keyboard.press(key)
        until(lambda wanted=verdict: dataset.annotation(CAT, "verdict") == wanted)


# ------------------------------------------------------------------------------------------ names


def test_the_first_page_asks_for_a_name(browser: object, dataset: Dataset, context: object) -> None:
    assert isinstance(context, BrowserContext)
    page = context.new_page()
    page.goto(dataset.address("annotate", item=dataset.items[2]))
    page.get_by_label("Your name").fill("Zoë 🦉")
    page.keyboard.press("Enter")
    shows(page, dataset.items[2])
    page.keyboard.press("1")
    until(lambda: dataset.annotation(2, "verdict", "Zoë 🦉") == "keep")
    forged = [c for c in context.cookies() if c["name"] == "annotator_person"]
    assert forged[0]["httpOnly"] and forged[0]["sameSite"] == "Lax"
    context.add_cookies(
        [
            {
                "name": "annotator_person",
                "value": "1.forged.token",
                "url": page.url.split("/annotate")[0],
            }
        ]
    )
    page.reload()
    expect(page.get_by_text("Who are you?")).to_be_visible()

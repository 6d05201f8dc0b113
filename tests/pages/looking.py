"""How the tests of this folder look at a page and press what is on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
PAGES = (
    "home",
    "progress",
    "browse",
    "annotate",
    "conflicts",
    "curate",
    "adjudicate",
    "judges",
    "agreement",
    "merge",
    "release",
    "admin",
)

Ask = Callable[..., list[Any]]
Open = Callable[..., AppTest]


def run(page: AppTest) -> AppTest:
    """Run the script; an exception fails the test with its text."""
    page.run()
    assert [fault.value for fault in page.exception] == []
    return page


def press(page: AppTest, label: str, *, at: int = 0) -> AppTest:
    """Press the button of this label (of several, the one at this place) and run."""
    found = [button for button in page.button if button.label == label]
    assert found, f"no button {label!r} among {[b.label for b in page.button]}"
    assert not found[at].disabled, f"the button {label!r} is disabled"
    found[at].click()
    return run(page)


def labels(page: AppTest) -> list[str]:
    """The labels of the buttons that are shown."""
    return [button.label for button in page.button]


def field(page: AppTest, label: str, *, at: int = 0) -> Any:
    """The field of this label (of several, the one at this place)."""
    kinds = (page.text_input, page.text_area, page.number_input, page.selectbox, page.checkbox)
    kinds += (page.button_group, page.multiselect, page.get("file_uploader"))
    found = [widget for kind in kinds for widget in kind if widget.label == label]
    assert found, f"no field {label!r}"
    return found[at]


def told(page: AppTest) -> list[str]:
    """What toasts, errors and notices say, and every plain text."""
    said = (page.toast, page.error, page.info, page.text, page.caption, page.markdown)
    return [element.value for kind in said for element in kind]


def says(page: AppTest, words: str) -> bool:
    """Whether the page says these words anywhere."""
    return any(words in text.replace("\\", "") for text in told(page))

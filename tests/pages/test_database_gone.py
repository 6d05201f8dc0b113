"""A press while the database does not answer is told in words, whatever is pressed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from looking import PAGES, Open, says
from streamlit.testing.v1 import AppTest

from annotator.errors import Unavailable
from db.engine import Database

WHERE = {"annotate": {"item": "10"}, "curate": {"stage": "all"}}


@contextmanager
def gone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database that refuses everything."""

    def refuse(*_: Any) -> None:
        raise Unavailable("The database does not take this now. Try again.")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "reading", refuse)
        patch.setattr(Database, "_changing", refuse)
        yield


def can_be_pressed(page: AppTest) -> list[str]:
    """The keys of the buttons that a press would reach."""
    return [button.key or button.id for button in page.button if not button.disabled]


@pytest.mark.parametrize("name", PAGES)
def test_every_press_without_a_database_is_told(
    name: str, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(name, **WHERE.get(name, {}))
    for key in can_be_pressed(page):
        found = [button for button in page.button if (button.key or button.id) == key]
        if not found:
            continue
        found[0].click()
        with gone(monkeypatch):
            page.run()
        assert [fault.value for fault in page.exception] == [], key
        assert says(page, "does not take this now"), key
        page.run()

"""Every page on the demo, on an empty database, and at an address that makes no sense."""

from __future__ import annotations

from pathlib import Path

import pytest
from looking import PAGES, ROOT, Ask, Open, labels, press, run, says
from streamlit.testing.v1 import AppTest

from annotator.errors import Unavailable
from annotator.services.workspace import Workspace
from annotator.ui import state

FAULTY = [
    {"dataset": "no such dataset"},
    {"sort": "beauty"},
    {"sort": "-"},
    {"page": "999"},
    {"page": "-1"},
    {"page": "0"},
    {"page": "²"},
    {"page": "9" * 30},
    {"item": "abc"},
    {"item": "999"},
    {"item": "-1"},
    {"item": "²"},
    {"item": "9" * 30},
    {"as": "gallery", "page": "2"},
    {"as": "a film"},
    {"q": '"unbalanced AND ( * OR'},
    {"q": "'; drop table item; --"},
    {"level": "no such level"},
    {"severity": "17"},
    {"weights": "a lot"},
    {"finding": "no.such"},
    {"verdict": "-"},
]


@pytest.mark.parametrize("name", PAGES)
def test_the_demo_is_shown(open_page: Open, name: str) -> None:
    page = open_page(name)
    assert page.main.children
    assert not page.error


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_installation_says_what_to_do(
    empty_home: Path, open_page: Open, name: str
) -> None:
    page = open_page(name)
    expected = "Choose a file" if name == "admin" else "No benchmark yet"
    assert name == "admin" or [heading.value for heading in page.subheader] == [expected]


@pytest.mark.parametrize("parameters", FAULTY, ids=str)
@pytest.mark.parametrize("name", ("browse", "annotate"))
def test_a_faulty_address_breaks_nothing(
    open_page: Open, ask: Ask, name: str, parameters: dict[str, str]
) -> None:
    page = open_page(name, **parameters)
    assert page.main.children
    assert ask("select count(*) from annotation") == [0]
    assert ask("select count(*) from item") == [39]


@pytest.mark.parametrize("name", ("home", "conflicts", "merge", "release", "admin"))
def test_other_pages_pass_over_what_is_not_theirs(open_page: Open, name: str) -> None:
    assert open_page(name, item="abc", sort="beauty", dataset="none", page="x").main.children


@pytest.mark.parametrize("place", ["-1", "999", "²", "abc", "9" * 30])
def test_a_faulty_place_in_the_queue_of_conflicts(open_page: Open, place: str) -> None:
    assert open_page("conflicts", place=place, kind="no.such", severity="17").main.children
    assert open_page("conflicts", place=place).main.children


@pytest.mark.parametrize("name", ("browse", "annotate", "conflicts"))
def test_a_nul_in_the_address_is_passed_over(open_page: Open, name: str) -> None:
    assert open_page(name, q="\x00", level="\x00", kind="\x00").main.children


def test_an_unknown_sort_is_told(open_page: Open) -> None:
    page = open_page("browse", sort="beauty")
    assert says(page, "beauty")


def test_an_item_that_does_not_exist_is_told(open_page: Open) -> None:
    page = open_page("annotate", item="999")
    assert [fault.value for fault in page.error] == ["There is no such item."]


def test_a_stranger_is_asked_for_a_name(workspace: Workspace) -> None:
    app = run(AppTest.from_file(ROOT / "annotator" / "app.py", default_timeout=120))
    assert [title.value for title in app.title] == ["Who are you?"]
    assert labels(app) == []


def test_home_leads_on(open_page: Open) -> None:
    page = press(open_page("home"), "Start annotating")
    assert "Submit and next" in labels(page)
    assert dict(page.query_params) == {"dataset": "Demo", "item": "1"}


def test_home_leads_to_the_items_of_a_finding(open_page: Open) -> None:
    page = press(open_page("home"), "Show items")
    assert "Gallery" in labels(page)
    assert "finding" in page.query_params


def test_a_press_while_the_database_is_away_is_told_and_gone_on_after(
    open_page: Open, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("annotate", item="1")

    def away(*_: object, **__: object) -> None:
        raise Unavailable("The database does not take this now: its server does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(state, "person", away)
        page = press(page, "Keep")
        assert [fault.value for fault in page.error] == [
            "The database does not take this now: its server does not answer."
            " What was saved before is safe."
        ]
    page = press(page, "Try again")
    press(page, "Keep")
    assert ask("select verdict from annotation") == ["keep"]

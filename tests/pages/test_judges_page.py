"""The Judges page: its sections on the demo, the command's figures, a sample drawn from it."""

from __future__ import annotations

import pytest
from looking import Ask, Open, field, labels, press, run, says
from streamlit.testing.v1 import AppTest

from annotator.services import audit
from annotator.services.audit_tables import TABLES, said
from annotator.services.workspace import Workspace
from annotator.ui.judges import FIRST, SECTIONS


def tables(page: AppTest) -> list[str]:
    """Every cell of every table that is shown."""
    return [str(cell) for table in page.dataframe for cell in table.value.to_numpy().ravel()]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_shown(open_page: Open, section: str) -> None:
    page = open_page("judges", section=section)
    assert not page.error
    assert page.dataframe or section in FIRST


def test_the_figures_are_those_that_are_kept(open_page: Open, workspace: Workspace) -> None:
    page = open_page("judges")
    shown = tables(page)
    rows = TABLES["leaderboard"](audit.look(workspace, dataset_id=1))
    assert {row["under"] for row in rows} >= {"demo-judge-x", "demo-judge-y", "final scores"}
    assert all(said(row) in shown for row in rows)
    assert says(page, "as of") and not says(page, "changed since")


def test_undefined_is_said_in_words(open_page: Open) -> None:
    shown = tables(open_page("judges", section="Steadiness"))
    assert "undefined: no component was scored more than once by this judge" in shown
    assert not any(cell in ("nan", "NaN", "None") for cell in shown)


def test_a_sample_is_drawn_from_the_page(open_page: Open, ask: Ask) -> None:
    page = open_page("judges", section="Audit sample")
    field(page, "Size").set_value(30)
    field(page, "People for each").set_value(2)
    press(page, "Draw")
    assert ask("select size, raters from audit_sample order by id desc limit 1") == [(30, 2)]
    assert says(page, "30 of 378, stratified by model, 2 each")


def test_a_size_that_is_too_small_is_refused_in_words(open_page: Open, ask: Ask) -> None:
    page = open_page("judges", section="Audit sample")
    field(page, "Size").set_value(1)
    press(page, "Draw")
    assert says(page, "one of each stratum")
    assert ask("select count(*) from audit_sample") == [1]


def test_without_labels_nothing_is_corrected_and_the_page_says_so(
    open_page: Open, ask: Ask
) -> None:
    ask("delete from score where purpose = 'audit'")
    ask("update audit_draw set labels = 0")
    page = open_page("judges")
    assert says(page, "No audit sample was scored yet")


def test_a_large_dataset_is_left_to_the_worker(
    open_page: Open, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotator.ui.judges.AT_ONCE", 100)
    page = open_page("judges")
    assert says(page, "378 scored components changed since")
    assert "Bring up to date" in labels(page)
    press(page, "Bring up to date")
    assert ask("select kind, state from job order by id desc limit 1") == [("audit", "queued")]


def test_raters_are_chosen(open_page: Open) -> None:
    page = open_page("judges", section="Agreement")
    field(page, "Raters").set_value("demo-judge-x ↔ demo-judge-y")
    field(page, "Figure").set_value("kappa")
    run(page)
    assert any(cell == "length_limit" for cell in tables(page))

"""Release: what would go in, and the job that writes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from looking import Ask, Open, field, labels, press, run, says
from streamlit.testing.v1 import AppTest

from annotator.domain.records import Person
from annotator.services import deciding
from annotator.services.importing import import_file
from annotator.services.jobs import run_next
from annotator.services.workspace import Workspace, sign_in
from annotator.ui import release as release_page
from tests.examples import benchmark, record


@pytest.fixture
def curated(open_page: Open) -> None:
    """Item 10 is fixed, item 1 kept."""
    press(press(press(open_page("annotate", item="10"), "Mend"), "Fix"), "Submit and next")
    press(press(open_page("annotate", item="1"), "Keep"), "Submit and next")


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def write(page: AppTest, name: str) -> AppTest:
    field(page, "Name").set_value(name)
    return press(page, "Write the release")


def test_the_preview_counts(curated: None, open_page: Open) -> None:
    page = open_page("release")
    assert metrics(page)["Items"] == "39"
    assert metrics(page)["Changed"] == "1"
    field(page, "What goes in").set_value(["keep", "fix"])
    run(page)
    assert metrics(page)["Items"] == "2"
    assert says(page, "37 (not curated yet)")
    assert says(page, "changed the text of component 2 from “five-sentence” to “four-sentence”")
    field(page, "What goes in").set_value([])
    run(page)
    assert says(page, "Choose what goes in.")
    assert "Write the release" not in labels(page)


def test_a_release_is_a_job(
    curated: None, open_page: Open, workspace: Workspace, ask: Ask, tmp_path: Path
) -> None:
    page = write(write(open_page("release"), "v1.0"), "v1.0")
    assert ask("select kind, state from job") == [("release", "queued")]
    assert not (tmp_path / "exports").exists()
    assert run_next(workspace, worker="test")
    assert ask("select kind, state from job") == [("release", "done")]
    folder = tmp_path / "exports" / "Demo" / "v1.0"
    assert ask("select name, folder from release") == [("v1.0", str(folder))]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["counts"]["changed"] == 1
    assert "four-sentence" in (folder / "CHANGES.md").read_text(encoding="utf-8")
    page = run(page)
    assert says(page, "v1.0")
    assert says(page, "39 items, 1 changed")


@pytest.mark.parametrize("name", ["", "  ", "../up", "a/b", ".hidden", "x" * 81, "<b>"])
def test_a_name_that_is_no_folder_is_refused(open_page: Open, ask: Ask, name: str) -> None:
    page = write(open_page("release"), name)
    assert says(page, "must be letters, digits")
    assert ask("select count(*) from job") == [0]


def test_a_release_is_never_overwritten(
    open_page: Open, workspace: Workspace, ask: Ask, tmp_path: Path
) -> None:
    page = write(open_page("release"), "v1")
    assert run_next(workspace, worker="test")
    before = (tmp_path / "exports" / "Demo" / "v1" / "manifest.json").read_bytes()
    page = write(run(page), "v1")
    assert says(page, "a release is never overwritten")
    assert ask("select count(*) from job") == [1]
    assert (tmp_path / "exports" / "Demo" / "v1" / "manifest.json").read_bytes() == before


def test_a_release_whose_folder_is_gone_says_so(
    open_page: Open, workspace: Workspace, tmp_path: Path
) -> None:
    page = write(open_page("release"), "v1")
    assert run_next(workspace, worker="test")
    (tmp_path / "exports" / "Demo" / "v1").rename(tmp_path / "elsewhere")
    assert says(run(page), "Its folder is gone")


def test_a_queued_release_can_be_stopped(open_page: Open, workspace: Workspace, ask: Ask) -> None:
    page = press(write(open_page("release"), "v1"), "Stop")
    assert ask("select state from job") == ["stopped"]
    assert not run_next(workspace, worker="test")
    assert page.main.children


def test_rules_and_splits_are_previewed(curated: None, open_page: Open) -> None:
    page = open_page("release")
    field(page, "Findings").set_value("error")
    field(page, "Splits").set_value("train=80,validation=10,test=10")
    run(page)
    assert int(metrics(page)["Items"]) < 39
    assert metrics(page)["With an open error"] == "0"
    tables = [frame.value for frame in page.dataframe]
    [rules] = [table for table in tables if "rule" in table]
    told = rules.set_index("rule").loc["nothing with an open error"]
    assert told["left out"] > 0 and says(page, "Out by “nothing with an open error”: ")
    [splits] = [table for table in tables if "split" in table]
    assert splits["items"].sum() == int(metrics(page)["Items"])


def test_shares_that_are_none_are_told_beside_the_choice(open_page: Open) -> None:
    page = open_page("release")
    field(page, "Splits").set_value("own")
    run(page)
    field(page, "Names and shares").set_value("train=no")
    run(page)
    assert [warning.value for warning in page.warning if "share of train" in warning.value]


def test_a_release_is_verified_and_compared(
    open_page: Open, workspace: Workspace, tmp_path: Path
) -> None:
    write(open_page("release"), "v1")
    assert run_next(workspace, worker="test")
    press(press(press(open_page("annotate", item="10"), "Mend"), "Fix"), "Submit and next")
    press(press(open_page("annotate", item="2"), "Keep"), "Submit and next")
    write(open_page("release"), "v2")
    assert run_next(workspace, worker="test")
    page = press(open_page("release"), "Verify")
    assert says(page, "each as it was written")
    page = press(page, "Compare")
    assert (metrics(page)["Changed"], metrics(page)["Added"]) == ("1", "0")
    assert says(page, "from “five-sentence” to “four-sentence”")
    field(page, "Compare").set_value("source")
    run(page)
    assert (metrics(page)["Changed"], metrics(page)["Kept"]) == ("1", "1")
    (tmp_path / "exports" / "Demo" / "v2" / "CHANGES.md").write_text("mine")
    page = press(open_page("release"), "Verify")
    assert says(page, "1 problem. CHANGES.md")


def asked_texts(page: AppTest, workspace: Workspace) -> AppTest:
    """The page once the worker has made the texts."""
    press(page, "README.md and CHANGES.md")
    assert run_next(workspace, worker="test")
    return run(page)


def test_a_large_dataset_is_previewed_by_the_worker(
    open_page: Open, workspace: Workspace, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_page, "LIVE", 38)
    page = open_page("release")
    assert not page.metric
    page = press(page, "Preview")
    assert ask("select kind, state from job") == [("release preview", "queued")]
    assert run_next(workspace, worker="test")
    page = run(page)
    assert metrics(page)["Items"] == "39"
    assert ["pretty_name" in block.value for block in asked_texts(page, workspace).code] == [
        True,
        False,
    ]
    field(page, "Findings").set_value("error")
    run(page)
    assert not page.metric, "a preview of other options must not be shown"
    press(page, "Preview")
    assert run_next(workspace, worker="test")
    assert int(metrics(run(page))["Items"]) < 39


def test_the_texts_are_shown_as_they_are_then_written(
    curated: None, open_page: Open, workspace: Workspace, tmp_path: Path
) -> None:
    page = press(open_page("release"), "README.md and CHANGES.md")
    shown = [block.value for block in page.code]
    assert "four-sentence" in shown[1]
    write(page, "preview")
    assert run_next(workspace, worker="test")
    folder = tmp_path / "exports" / "Demo" / "preview"
    for name, text in zip(("README.md", "CHANGES.md"), shown, strict=True):
        assert (folder / name).read_text("utf-8").strip() == text.strip()
    field(page, "What goes in").set_value(["keep"])
    assert not run(page).code, "texts of other options must not be shown"


# Pairs of answers


@pytest.fixture
def decided(workspace: Workspace, ask: Ask) -> None:
    """All components of two models' answers to the first item are settled: all, and all but one."""
    who = sign_in(workspace, name="Rita")
    rows = ask(
        "select c.id, r.model, c.component_key, s.possible from scored_case c "
        "join response r on r.id = c.response_id join score s on s.case_id = c.id "
        "where c.item_id = 1 and r.model in ('demo-model-a', 'demo-model-c') "
        "group by c.id, r.model, s.possible order by c.id"
    )
    for case_id, model, key, possible in rows:
        awarded = 0.0 if (model, key) == ("demo-model-c", "c3") else possible
        deciding.score_own(workspace, actor=who, case_id=case_id, awarded=awarded)
        deciding.decide(
            workspace, actor=who, case_id=case_id, version=None, outcome="score",
            awarded=awarded, accepted="own", reason="looked at the image",
        )  # fmt: skip


def test_without_final_scores_there_are_no_pairs(
    open_page: Open, workspace: Workspace, ana: Person
) -> None:
    import_file(workspace, actor=ana, file="b.json", data=benchmark(record()), dataset="Bare")
    assert says(open_page("release", view="pairs", dataset="Bare"), "No pairs yet.")


def test_pairs_are_looked_at_side_by_side_and_accepted(
    decided: None, open_page: Open, workspace: Workspace, ask: Ask, tmp_path: Path
) -> None:
    page = open_page("release", view="pairs")
    assert says(page, "Chosen: demo-model-a") and says(page, "Rejected: demo-model-c")
    assert says(page, "Chosen follows, rejected breaks: 3. without ever writing the word")
    assert says(page, "The cat in the picture is a tabby")
    page = press(page, "Refuse")
    assert ask("select state from preference order by id") == ["accepted", "refused"]
    assert says(page, "Write a haiku")
    field(page, "Pairs").set_value("refused")
    page = press(run(page), "Accept")
    write(open_page("release"), "v1")
    assert run_next(workspace, worker="test")
    line, _ = (
        (tmp_path / "exports" / "Demo" / "v1" / "preferences" / "pairs.jsonl")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    pair = json.loads(line)
    assert (pair["chosen_model"], pair["rejected_model"]) == ("demo-model-a", "demo-model-c")
    assert pair["follows"][0].startswith("3. without ever writing")
    assert pair["images"]

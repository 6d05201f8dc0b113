"""``annotator check``: its JSON, its exit codes, and what people dismissed."""

from __future__ import annotations

import json
import sys

import pytest

from annotator.cli import main
from annotator.config import load
from annotator.services import conflicts
from annotator.services.workspace import open_workspace, sign_in
from db import findings
from tests.examples import Tab, benchmark, imported, record

FOUND = {"check", "severity", "source_id", "components", "message", "evidence", "mend", "related"}
ADDRESS = "https://example.org/cat.png"


@pytest.fixture
def home(environment, monkeypatch):
    """An installation with three items: two numbers for one, the same item again, one without."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    opened = open_workspace(load(environment))
    parts = ["Tell a story about the cat", "five-line", "mention its eyes"]
    data = benchmark(
        record(image=ADDRESS, components=parts),
        record(image=ADDRESS, instruction=record()["instruction"].upper()),
        record(image="https://example.org/b.png", instruction="Draw a map of the harbour."),
    )
    imported(opened, sign_in(opened, name="Ana"), data)
    yield opened
    opened.database.close()


@pytest.fixture
def check(home, monkeypatch, capsys):
    """Runs ``annotator check`` and returns its exit code and what it printed."""

    def run(*arguments):
        words = ["annotator", "check", "--dataset", "Bench", *arguments]
        monkeypatch.setattr(sys, "argv", words)
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, capsys.readouterr().out

    return run


def test_the_json_is_a_list_of_findings_the_gravest_first(check):
    code, out = check("--json")
    found = json.loads(out)
    assert code == 0 and all(set(one) == FOUND for one in found)
    ranks = [["error", "warning", "note"].index(one["severity"]) for one in found]
    assert ranks == sorted(ranks)
    (number,) = (one for one in found if one["check"] == "number")
    assert (number["source_id"], number["components"], number["related"]) == ("0", [1], [])
    assert number["mend"]["edits"][0]["value"] == "four-line"
    twins = {o["source_id"]: o["related"] for o in found if o["check"] == "duplicate"}
    assert twins == {"0": ["1"], "1": ["0"]}


def test_exit_codes_tell_how_grave_the_worst_is(check):
    assert check("--fail-on", "error")[0] == 1
    assert check("--fail-on", "error", "--only", "image-unfetched")[0] == 0
    assert check("--fail-on", "note", "--only", "image-unfetched")[0] == 1
    assert check("--only", "no-such-check")[0] == 1


def numbers(check):
    return [o["message"] for o in json.loads(check("--json")[1]) if o["check"] == "number"]


def test_what_was_dismissed_stays_away_until_what_it_is_about_changes(check, home):
    ana = sign_in(home, name="Ana")
    assert len(numbers(check)) == 1
    with home.database.reading() as session:
        stored = next(f for f in findings.of_item(session, item_id=1) if f.kind == "number")
    conflicts.dismiss(
        home, actor=ana, finding_id=stored.id, version=stored.version, reason="as meant"
    )
    assert numbers(check) == []
    tab = Tab(home, ana, 1)
    tab.edit({"op": "move_component", "key": "c2", "position": 0})
    tab.submit("fix")
    assert numbers(check) == []
    tab.edit({"op": "set_component", "key": "c2", "field": "text", "value": "a six-line story"})
    tab.submit("fix")
    assert len(numbers(check)) == 1

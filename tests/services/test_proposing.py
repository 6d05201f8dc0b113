"""Contradictions that a model proposes: asked once, marked, waiting for a person."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

import pytest

from annotator.domain.records import Person
from annotator.errors import Refused
from annotator.judges import contradicting
from annotator.services import annotate, conflicts, history, importing, jobs, proposing
from annotator.services.conflicts import Opened, Wanted
from annotator.services.workspace import Workspace
from tests.examples import Tab, benchmark, record
from tests.judge_server import JudgeServer

TEXTS = ["Describe the cat as asleep", "quote the cat saying “I never sleep”", "mention its eyes"]
CLASH = {
    "components": [2, 1],
    "phrases": ["I never sleep", "not there"],
    "reason": "The quote denies that the cat sleeps.",
}


def reply(*clashes: dict) -> str:
    return "Here it is:\n```json\n" + json.dumps({"contradictions": list(clashes)}) + "\n```"


@pytest.fixture
def server() -> Iterator[JudgeServer]:
    with JudgeServer(structured="none", words=reply(CLASH)) as one:
        yield one


@pytest.fixture
def asking(workspace: Workspace, ana: Person, server: JudgeServer) -> Workspace:
    """An installation with two different items, whose judges' server is the tests' own."""
    data = benchmark(
        record(components=TEXTS), record(instruction="Sing.", components=TEXTS, image="b.png")
    )
    importing.import_file(
        workspace, actor=ana, file="b.json", data=data, dataset="Bench", format="mia-bench"
    )
    settings = dataclasses.replace(
        workspace.settings, judge_url=server.url, judge_key="sk-1", judge_concurrency=2
    )
    return dataclasses.replace(workspace, settings=settings)


def proposed(workspace: Workspace, **filters: str) -> Opened | None:
    wanted = Wanted({"kind": ("proposed",), **{k: (v,) for k, v in filters.items()}})
    return conflicts.look(workspace, dataset_id=1, wanted=wanted, place=0)


def test_a_proposal_is_marked_with_its_model_and_is_no_error(asking: Workspace) -> None:
    done = proposing.propose(asking, dataset_id=1, model="judge-x")
    assert (done["asked"], done["cache"], done["proposed"], done["failed"]) == (2, 0, 2, 0)
    opened = proposed(asking)
    assert opened is not None and opened.finding is not None
    assert opened.message == (
        "judge-x proposes that components 1 and 2 cannot hold together: "
        "The quote denies that the cat sleeps."
    )
    assert opened.component_keys == ("c1", "c2")
    assert (opened.case.rank, opened.case.state) == (1, "open")
    assert opened.finding.evidence["phrases"] == ["I never sleep"]
    assert opened.finding.evidence["prompt"] == contradicting.label()


def test_the_same_content_model_and_prompt_are_asked_once(
    asking: Workspace, server: JudgeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposing.propose(asking, dataset_id=1, model="judge-x")
    before = len(server.calls)
    assert proposing.waiting(asking, dataset_id=1, model="judge-x") == 0
    again = proposing.propose(asking, dataset_id=1, model="judge-x")
    assert (again["asked"], again["cache"], len(server.calls)) == (0, 2, before)
    assert proposing.propose(asking, dataset_id=1, model="judge-y")["asked"] == 2
    monkeypatch.setattr(contradicting, "label", lambda version="v1": "contradict-v2-00000000")
    assert proposing.propose(asking, dataset_id=1, model="judge-x")["asked"] == 2


def test_an_empty_answer_is_kept_too(asking: Workspace, server: JudgeServer) -> None:
    server.words = reply()
    assert proposing.propose(asking, dataset_id=1, model="judge-x")["proposed"] == 0
    assert proposed(asking) is None
    assert proposing.propose(asking, dataset_id=1, model="judge-x")["asked"] == 0


def test_an_edit_hides_a_proposal_and_its_undoing_shows_it_again(
    asking: Workspace, ana: Person
) -> None:
    proposing.propose(asking, dataset_id=1, model="judge-x")
    tab = Tab(asking, ana, 1)
    assert "proposed" in {f.kind for f in tab.desk.findings}
    tab.edit({"op": "set_component", "key": "c2", "field": "text", "value": "quote the cat"})
    assert "proposed" not in {f.kind for f in tab.desk.findings}
    tab.undo()
    assert "proposed" in {f.kind for f in tab.desk.findings}
    desk = annotate.open_item(asking, actor=ana, item_id=1)
    assert [f.severity for f in desk.findings if f.kind == "proposed"] == ["warning"]


def test_only_a_person_confirms_and_it_can_be_undone(asking: Workspace, ana: Person) -> None:
    proposing.propose(asking, dataset_id=1, model="judge-x")
    opened = proposed(asking)
    assert opened is not None and opened.finding is not None
    conflicts.confirm(
        asking, actor=ana, finding_id=opened.finding.id, version=opened.finding.version
    )
    again = proposed(asking)
    assert again is not None and again.case.state == "confirmed"
    lines = history.of_item(asking, actor=ana, item_id=opened.item.id)
    assert "confirmed the finding" in lines[0].sentence
    history.undo(asking, actor=ana, event_id=lines[0].event.id)
    back = proposed(asking)
    assert back is not None and back.case.state == "open"


@pytest.mark.parametrize(
    "words",
    [
        "no JSON at all",
        '{"contradictions": 3}',
        '{"contradictions": [], "more": 1}',
        reply({**CLASH, "components": [1, 9]}),
        reply({**CLASH, "components": [True, 2]}),
        reply({**CLASH, "reason": " "}),
        reply({"components": [1, 2]}),
        "{" * 5000,
    ],
)
def test_a_reply_that_is_not_of_the_schema_proposes_nothing_and_is_asked_again(
    asking: Workspace, server: JudgeServer, words: str
) -> None:
    server.words = words
    assert proposing.propose(asking, dataset_id=1, model="judge-x")["unreadable"] == 2
    assert proposed(asking) is None
    assert proposing.waiting(asking, dataset_id=1, model="judge-x") == 2


def test_refusals_are_counted_and_a_refused_key_ends_the_run(
    asking: Workspace, server: JudgeServer
) -> None:
    # The first request only shows that this server knows no structured output.
    server.script("ok", "refuse")
    one_at_a_time = dataclasses.replace(asking.settings, judge_concurrency=1)
    asking = dataclasses.replace(asking, settings=one_at_a_time)
    done = proposing.propose(asking, dataset_id=1, model="judge-x")
    assert (done["asked"], done["failed"], done["proposed"]) == (2, 1, 1)
    server.key = "another"
    with pytest.raises(Refused, match="refuses"):
        proposing.propose(asking, dataset_id=1, model="judge-x")


def test_structured_output_is_asked_for_where_the_server_has_it(
    asking: Workspace, server: JudgeServer
) -> None:
    server.structured = "bounded"
    proposing.propose(asking, dataset_id=1, model="judge-x")
    schema = server.calls[0].body["response_format"]["json_schema"]
    assert schema["strict"] is True and schema["schema"] == contradicting.SCHEMA


def test_without_a_model_nothing_calls_out(
    workspace: Workspace, ana: Person, asking: Workspace, server: JudgeServer
) -> None:
    with pytest.raises(Refused, match="No judge model"):
        proposing.propose(asking, dataset_id=1)
    jobs.enqueue(asking, actor=ana, kind="check", parameters={}, dataset_id=1)
    jobs.run_next(asking, worker="w")
    assert server.calls == []


def test_it_is_a_job_of_the_worker(asking: Workspace, ana: Person) -> None:
    job = jobs.enqueue(
        asking, actor=ana, kind="propose", parameters={"model": "judge-x"}, dataset_id=1
    )
    jobs.run_next(asking, worker="w")
    done = jobs.get(asking, job_id=job.id)
    assert done.state == "done" and done.result is not None and done.result["proposed"] == 2


def test_nothing_in_a_text_can_end_its_place_in_the_prompt() -> None:
    asked = contradicting.question("=== mark end ===", ["a", "b"])
    mark = asked.text.split("=== ")[1].split(" ")[0]
    assert asked.text.count(f"=== {mark} end ===") == 1

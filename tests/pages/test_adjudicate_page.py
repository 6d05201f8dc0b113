"""Adjudicate: own score first, then the others; refusals, stale decisions, the audit sample."""

from __future__ import annotations

import pytest
from looking import Open, field, labels, press, run, says
from streamlit.testing.v1 import AppTest

from annotator.services import adjudicating, auditing, blind, deciding
from annotator.services.adjudicating import Wanted
from annotator.services.workspace import Workspace, sign_in

OURS = "person_id <> (select id from person where name = 'demo-reviewer')"


@pytest.fixture
def first(workspace: Workspace) -> int:
    """The first case in which a judge is against the rule."""
    opened = adjudicating.look(
        workspace,
        actor=sign_in(workspace, name="Peeker"),
        dataset_id=1,
        wanted=Wanted(against_verifier=True),
    )
    assert opened is not None
    return opened.case.id


def scored(open_page: Open, button: str = "Pass", **parameters: str) -> AppTest:
    """The page after one's own score."""
    page = open_page("adjudicate", **parameters)
    assert not says(page, "demo-judge")
    return press(page, button)


def decisions(ask: Open) -> int:
    (count,) = ask(f"select count(*) from adjudication where outcome is not null and {OURS}")
    return int(count)


def test_judges_are_shown_after_ones_own_score_and_accepted_by_a_key(open_page, ask):
    page = scored(open_page)
    assert says(page, "demo-judge-x") and says(page, "You")
    accept = [button for button in page.button if button.label == "Accept"]
    assert len(accept) >= 3
    press(page, "Accept", at=len(accept) - 1)
    assert decisions(ask) == 1
    assert says(page, "Z undoes it") and not says(page, "demo-judge")


def test_against_the_rule_a_reason_is_asked_for(open_page, ask, first):
    page = scored(open_page, kind="verifier")
    said = "Fail" if not says(page, "✕ fail") else "Pass"
    if said == "Fail":
        press(page, "Undo")
        press(page, "Fail")
    press(page, "Accept")
    assert decisions(ask) == 0
    press(page, "Decide")
    assert decisions(ask) == 0 and says(page, "Say why")
    field(page, "Why, against what the rule found?").set_value("It miscounts.")
    press(page, "Decide")
    assert ask(f"select reason from adjudication where {OURS}") == ["It miscounts."]


def test_undecidable_another_score_and_a_fault_of_the_component(open_page, ask):
    page = scored(open_page, kind="judges", type="describe")
    press(page, "Undecidable")
    press(page, "Pass")
    press(page, "Another…")
    press(page, "1")
    press(page, "Pass")
    press(page, "Flag…")
    field(page, "Note").set_value("Describe what?")
    press(page, "Flag it")
    assert ask(f"select outcome, awarded, accepted from adjudication where {OURS} order by id") == [
        ("undecidable", None, None),
        ("score", 1.0, "other"),
        ("flagged", None, None),
    ]
    assert ask("select note, state from flag") == [("Describe what?", "open")]


def test_undo_leads_back_and_the_history_tells(open_page, ask):
    page = scored(open_page, kind="judges", type="describe")
    press(page, "Accept")
    press(page, "Undo")
    assert decisions(ask) == 0 and says(page, "demo-judge-x")
    press(page, "History")
    assert says(page, "took the decision back")
    press(page, "Redo")
    assert decisions(ask) == 1


def test_a_stale_decision_shows_both_sides_and_lets_one_choose(open_page, ask, workspace):
    page = scored(open_page, kind="judges", type="describe")
    (case_id,) = ask("select case_id from case_lease")
    bo = sign_in(workspace, name="Bo")
    with workspace.database.writing() as session:
        adjudicating.adjudications.give_back(session, person_id=1)
        session.connection().exec_driver_sql("delete from case_lease")
    deciding.score_own(workspace, actor=bo, case_id=case_id, awarded=0)
    deciding.decide(
        workspace, actor=bo, case_id=case_id, version=None, outcome="score", awarded=0,
        accepted="own", reason="Nothing is there.",
    )  # fmt: skip
    press(page, "Accept")
    assert says(page, "Not saved") and says(page, "Bo: 0 of") and says(page, "Nothing is there.")
    press(page, "Save mine on top")
    assert ask(f"select version, awarded > 0 from adjudication where {OURS}") == [(2, 1)]


def test_a_reply_that_code_could_not_read_is_read_by_a_person(open_page, ask):
    unread = (
        "select s.case_id from score s join judge_reply r on r.id = s.reply_id"
        " where s.awarded is null and trim(r.text) {} '' limit 1"
    )
    assert "Read it…" not in labels(scored(open_page, case=str(ask(unread.format("="))[0])))
    page = scored(open_page, case=str(ask(unread.format("<>"))[0]))
    press(page, "Read it…")
    label = next(n.label for n in page.number_input)
    field(page, label).set_value(1.0)
    press(page, "Save the reading")
    assert ask("select awarded from score where read_by is not null") == [1.0]


def test_filters_narrow_the_queue(open_page, ask):
    query = "select count(*) from scored_case where state = 'open'"
    (every,), (some,) = ask(query), ask(f"{query} and model = 'demo-model-a'")
    page = open_page("adjudicate")
    assert says(page, f"{every} open")
    page.session_state["adjudicate-filters"] = True
    run(page)
    field(page, "Model").set_value(["demo-model-a"])
    run(page)
    assert 0 < some < every and says(page, f"{some} open") and says(page, "demo-model-a")


def test_the_audit_sample_is_blind_and_goes_on_by_itself(open_page, ask, workspace):
    lead = sign_in(workspace, name="Lead")
    sample = auditing.draw(workspace, actor=lead, dataset="Demo", size=4, seed=1).sample
    mine = (
        "select count(*), count(awarded) from score join rater on rater.id = rater_id"
        " where purpose = 'audit' and name = 'Ana'"
    )
    before = ask(mine)[0]
    page = open_page("adjudicate", sample=str(sample.id))
    done, drawn = blind.progress(workspace, sample=sample)
    for at in range(drawn - done):
        assert not says(page, "demo-judge") and not says(page, "demo-model")
        assert says(page, f"{done + at} of 4 scored")
        press(page, "Cannot tell" if at == 0 else "Pass")
    assert "Nothing of this sample is left for you" in page.success[0].value
    after = ask(mine)[0]
    given = drawn - done
    assert (after[0] - before[0], after[1] - before[1]) == (given, given - 1)
    assert given and blind.progress(workspace, sample=sample) == (4, 4)


@pytest.mark.parametrize(
    "parameters",
    [{"case": "999999"}, {"case": "x"}, {"kind": "beauty"}, {"judge": "x"}, {"model": "none"}],
    ids=str,
)
def test_addresses_that_make_no_sense_are_told(open_page, parameters):
    page = open_page("adjudicate", **parameters)
    assert labels(page)


def test_a_sample_that_is_none_says_so(open_page):
    page = open_page("adjudicate", sample="77")
    assert [error.value for error in page.error] == ["There is no such audit sample."]


def test_a_sample_is_drawn_on_the_page(open_page, ask):
    page = open_page("adjudicate", sample="0")
    field(page, "How many to draw").set_value(5)
    press(page, "Draw the sample")
    assert ask("select size, raters from audit_sample order by id desc limit 1") == [(5, 1)]
    assert says(page, "of 5 scored")

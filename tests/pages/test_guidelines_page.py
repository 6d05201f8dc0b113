"""Guidelines, known answers and the qualification by AppTest."""

from __future__ import annotations

import pytest
from looking import Ask, Open, field, labels, press, says

from annotator.domain.assignment import Plan
from annotator.domain.records import Person
from annotator.services import assigning, datasets, gold, guidelines
from annotator.services.workspace import Workspace
from annotator.ui.guidelines import markdown
from tests.examples import Tab

PICTURE = (
    "![eyes](https://elsewhere.example/spy.png) and \\![more](https://elsewhere.example/2.png)"
)


@pytest.fixture
def written(workspace: Workspace, ana: Person) -> None:
    """Guidelines of the demo."""
    text = f"# Judge the **image**\n\n<img src=x onerror=alert(1)>\n\n{PICTURE}"
    guidelines.write(workspace, actor=ana, dataset_id=1, after=0, text=text)


@pytest.fixture
def asked(workspace: Workspace, ana: Person) -> None:
    """The third item is the qualification set, which is demanded."""
    found = datasets.everything(workspace)[0]
    assigning.set_plan(
        workspace,
        actor=ana,
        dataset_id=found.id,
        version=found.version,
        plan=Plan(overlap=2, must_qualify=True),
    )
    gold.set_many(
        workspace, actor=ana, item_ids=[3], verdict="keep", note="fine", purpose="qualifying"
    )


@pytest.mark.parametrize(
    "text", [PICTURE, "!![a](b)", "\\\\![a](b)", "![a]\n\n[a]: http://x/y.png"]
)
def test_markdown_loads_no_picture(text: str) -> None:
    assert "![" not in markdown(text)


def test_maintainers_write_on_admin(open_page: Open, ask: Ask) -> None:
    page = open_page("admin")
    page.text_area(key="guidelines-text-1-0").set_value("Judge the image.")
    page = press(page, "Save as version 1")
    assert ask("select number, text from guidelines") == [(1, "Judge the image.")]
    assert "Save as version 2" in labels(page)


def test_they_open_by_themselves_until_they_are_read(
    open_page: Open, written: None, ask: Ask
) -> None:
    page = open_page("annotate", item="1")
    assert says(page, "Read this before you begin") and says(page, "Judge the **image**")
    assert not any("![" in one.value for one in page.markdown)
    page = press(page, "Close")
    assert ask("select number from guidelines_read") == [1]
    assert not says(page, "Judge the **image**")
    page = press(open_page("annotate", item="1"), "Guidelines")
    assert says(page, "Judge the **image**")
    page = press(page, "Guidelines")
    assert not says(page, "Judge the **image**")


def test_a_qualification_item_teaches_at_once(
    open_page: Open, asked: None, ask: Ask, bo: Person
) -> None:
    page = press(open_page("annotate", who=bo), "Drop")
    assert page.query_params["item"] == "3" and not says(page, "Why: fine")
    assert next(b for b in page.button if b.key == "skip").disabled
    ask("update annotation set note = 'no good'")
    page = press(open_page("annotate", who=bo), "Submit and next")
    assert page.query_params["item"] == "3"
    assert says(page, "50% as expected") and says(page, "Expected: keep")
    assert says(page, "Why: fine") and says(page, "Not passed: 50% as expected, 80% needed")


def test_curate_says_which_guidelines_people_went_by(
    open_page: Open, asked: None, workspace: Workspace, ana: Person, bo: Person
) -> None:
    for number, person in enumerate((ana, bo)):
        guidelines.write(workspace, actor=ana, dataset_id=1, after=number, text=f"Rule {number}")
        Tab(workspace, person, 3).submit("keep")
    page = open_page("curate", item="3")
    assert says(page, "Guidelines they went by: Ana version 1, Bo version 2")


def test_a_reviewer_makes_a_known_answer(
    open_page: Open, asked: None, ask: Ask, bo: Person
) -> None:
    page = press(open_page("curate", stage="gold"), "Keep")
    page = press(page, "Answer…")
    page.selectbox(key="gold-3-purpose").set_value("example")
    page = press(page, "Keep this answer")
    assert ask("select purpose, verdict from gold where item_id = 3") == [("example", "keep")]
    page = press(press(page, "Answer…"), "Forget the answer")
    assert ask("select count(*) from gold") == [0]
    assert ask("select purpose, wanted from queue_item where item_id = 3") == [("usual", 2)]
    page = press(open_page("annotate", who=bo, item="3"), "Answer…")
    next(g for g in page.button_group if g.key == "gold-3-None").set_value("drop")
    field(page, "Why is this the answer? Annotators read it afterwards.").set_value("No image")
    press(page, "Keep this answer")
    assert ask("select purpose, verdict from gold where item_id = 3") == [("gold", "drop")]
    ask("update person set role = 'annotator' where id = ?", bo.id)
    assert "Answer…" not in labels(open_page("annotate", who=bo, item="3"))


def test_quotas_and_groups_are_set_on_admin(
    open_page: Open, workspace: Workspace, ana: Person, bo: Person, ask: Ask
) -> None:
    found = datasets.everything(workspace)[0]
    made = assigning.set_plan(
        workspace,
        actor=ana,
        dataset_id=1,
        version=found.version,
        plan=Plan("level"),
        annotators={ana.id: None, bo.id: None},
    )
    page = open_page("admin")
    page.number_input(key=f"quota-{bo.id}-1-{made.version}").set_value(5)
    page = press(page, "Save the quotas")
    assert dict(ask("select person_id, quota from member")) == {ana.id: None, bo.id: 5}
    page.multiselect(key=f"group-basic-1-{made.version + 1}").set_value([bo.id])
    page = press(page, "Save and deal anew")
    dealt = "select distinct person_id from place join item on item.id = item_id where level = ?"
    assert ask(dealt, "basic") == [bo.id] and len(ask(dealt, "advanced")) == 2


def test_a_reviewer_lets_somebody_in_on_admin(
    open_page: Open, asked: None, ask: Ask, ana: Person
) -> None:
    page = open_page("admin")
    assert says(page, "Ana: 0 of 1 qualification items answered")
    page = press(page, "Let in")
    assert ask("select person_id, given_by from waiver") == [(ana.id, ana.id)]
    assert says(page, "Ana: let in by a reviewer")
    page = press(page, "Withdraw")
    assert ask("select count(*) from waiver") == [0]
    assert says(page, "Ana: 0 of 1 qualification items answered")


def test_known_answers_of_a_view_are_taken_back(open_page: Open, asked: None, ask: Ask) -> None:
    page = open_page("browse")
    page.session_state["gold-view"] = True
    page.run()
    page.segmented_control(key="many-verdict").set_value("keep")
    page = press(page, "Keep it for 39 items of this view")
    assert ask("select count(*) from gold where verdict = 'keep' and purpose = 'gold'") == [39]
    press(page, "Take the last answers back")
    assert ask("select item_id, purpose from gold") == [(3, "qualifying")]

"""Comments and the bell by AppTest."""

from __future__ import annotations

from looking import Ask, Open, labels, press, says

from annotator.domain.records import Person
from annotator.services import comments
from annotator.services.workspace import Workspace


def test_the_bell_leads_to_the_comment_and_falls_silent(
    open_page: Open, workspace: Workspace, ana: Person, bo: Person, ask: Ask
) -> None:
    comments.write(workspace, actor=bo, item_id=2, text="@Ana is **this** right?")
    page = open_page("browse")
    [call] = [label for label in labels(page) if "Bo on" in label]
    assert r"\*\*this\*\*" in call
    page = press(page, call)
    assert page.query_params["item"] == "2" and says(page, "Bo: @Ana is **this** right?")
    assert ask("select seen from mention") == [1]
    assert not [label for label in labels(open_page("home")) if "Bo on" in label]


def test_one_takes_back_only_what_one_said(
    open_page: Open, workspace: Workspace, ana: Person, bo: Person, ask: Ask
) -> None:
    for person in (ana, bo):
        comments.write(workspace, actor=person, item_id=1, text=f"{person.name} was here")
    page = press(open_page("annotate", item="1"), "Comments")
    assert says(page, "Bo was here") and labels(page).count("Take back") == 1
    page = press(page, "Take back")
    assert ask("select withdrawn from comment order by id") == [1, 0]
    assert not says(page, "Ana was here")

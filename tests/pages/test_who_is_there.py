"""Who acts: asked anew for each press, so that what an admin decided holds at once."""

from __future__ import annotations

import pytest
from looking import Ask, Open, press, says

from annotator.domain.records import Person
from annotator.services import accounts
from annotator.services.workspace import Workspace


@pytest.fixture
def admin(workspace: Workspace, bo: Person) -> Person:
    return bo


def test_a_press_of_somebody_who_was_deactivated_meanwhile_changes_nothing(
    workspace: Workspace, admin: Person, ana: Person, open_page: Open, ask: Ask
) -> None:
    page = open_page("annotate", item="10")
    accounts.set_active(workspace, actor=admin, person_id=ana.id, active=False)
    page = press(page, "Keep")
    assert ask("select count(*) from annotation where item_id = 10") == [0]
    assert [title.value for title in page.title] == ["Who are you?"]


def test_a_press_has_the_role_that_one_has_now(
    workspace: Workspace, admin: Person, ana: Person, open_page: Open, ask: Ask
) -> None:
    page = open_page("admin")
    accounts.set_role(workspace, actor=admin, person_id=ana.id, role="annotator")
    page = press(page, "Deactivate")
    assert ask("select count(*) from person where not active") == [0]
    assert says(page, "no right to keep people")

"""What a change would do to the models is said before it is saved, and told in the history."""

from __future__ import annotations

from looking import Open, press, says

from annotator.domain.records import Person
from annotator.services.workspace import Workspace
from tests.examples import Tab

ITEM = "2"


def test_dropping_an_item_on_annotate_says_what_it_would_change(open_page: Open) -> None:
    page = open_page("annotate", item=ITEM)
    assert not says(page, "Would change")
    press(page, "Drop")
    assert says(page, "Would change: demo-model-")


def test_a_weight_in_work_says_what_it_would_change(
    open_page: Open, workspace: Workspace, ana: Person
) -> None:
    Tab(workspace, ana, int(ITEM)).weigh(c1=9)
    assert says(open_page("annotate", item=ITEM), "Would change: demo-model-")


def test_dropping_on_conflicts_says_what_it_would_change(open_page: Open) -> None:
    page = open_page("conflicts")
    press(page, "Drop item…")
    assert says(page, "Would change: demo-model-")


def test_the_history_says_what_a_change_did(
    open_page: Open, workspace: Workspace, ana: Person
) -> None:
    tab = Tab(workspace, ana, int(ITEM))
    tab.weigh(c1=9)
    tab.submit("fix")
    page = open_page("annotate", item=ITEM)
    press(page, "History")
    assert says(page, "Models: demo-model-")

"""Three people on one dataset in three browsers: queues, agreement, curation, release."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from installation import Dataset, Installation, note, settled, until
from playwright.sync_api import Page, expect

from annotator.config import load
from annotator.domain.assignment import Plan
from annotator.services import assigning, datasets
from annotator.services.importing import import_file
from annotator.services.workspace import open_workspace, sign_in
from tests.examples import benchmark, record

pytestmark = pytest.mark.browser

NAMES = ("Tess", "Umar", "Vera")
SECRET = "only the one who wrote this may read it"


@pytest.fixture
def dataset(installed: Installation) -> Dataset:
    """Three items, each dealt to two of three people."""
    workspace = open_workspace(load(installed.environment))
    lead = sign_in(workspace, name="Lead")
    people = [sign_in(workspace, name=name) for name in NAMES]
    records = [record(image=f"{n}.png", instruction=f"Tell story {n}.") for n in range(3)]
    report = import_file(
        workspace, actor=lead, file="team.json", data=benchmark(*records), dataset="team"
    )
    found = datasets.get(workspace, dataset_id=report.dataset_id)
    assigning.set_plan(
        workspace,
        actor=lead,
        dataset_id=found.id,
        version=found.version,
        plan=Plan("round-robin", overlap=2),
        annotators={person.id: None for person in people},
    )
    workspace.database.close()
    ids = installed.ask("select id from item where dataset_id = ? order by position", found.id)
    return Dataset(installed, "team", found.id, ids)


def theirs(dataset: Dataset, name: str) -> set[int]:
    """The items that were dealt to somebody."""
    return set(
        dataset.installed.ask(
            "select item_id from place join person on person.id = person_id"
            " where person.name = ? and dataset_id = ?",
            name,
            dataset.id,
        )
    )


def place(dataset: Dataset, name: str, item_id: int) -> str:
    """The state of somebody's place."""
    [state] = dataset.installed.ask(
        "select state from place join person on person.id = person_id"
        " where person.name = ? and item_id = ?",
        name,
        item_id,
    )
    return str(state)


def work(page: Page, dataset: Dataset, name: str) -> list[int]:
    """Annotate whatever comes until nothing does; returns the items in order."""
    done: list[int] = []
    page.goto(dataset.address("annotate"))
    while len(done) < len(theirs(dataset, name)):
        page.locator(".bd-row").first.wait_for()
        shown = int(str(page.locator(".an-field[data-item]").first.get_attribute("data-item")))
        assert shown not in done and SECRET not in page.content()
        if name == "Umar" and not done:
            note(page).fill(SECRET)
            page.keyboard.press("Escape")
            settled(page)
        verdict = {"Tess": "1", "Umar": "2", "Vera": "1"}[name]
        page.keyboard.press(verdict)
        until(
            lambda item_id=shown: (
                dataset.installed.ask(
                    "select verdict from annotation join person on person.id = person_id"
                    " where person.name = ? and item_id = ?",
                    name,
                    item_id,
                )
                not in ([], [None])
            )
        )
        settled(page)
        page.keyboard.press("Control+Enter")
        until(lambda item_id=shown: place(dataset, name, item_id) == "submitted")
        done.append(shown)
        if len(done) < len(theirs(dataset, name)):
            until(lambda: shown_item(page) not in (0, done[-1]))
    expect(page.get_by_text("Nothing waits for you any more")).to_be_visible()
    return done


def shown_item(page: Page) -> int:
    """The item that the page shows, 0 while it is being drawn."""
    field = page.locator(".an-field[data-item]").first
    return int(str(field.get_attribute("data-item"))) if field.count() else 0


def test_three_people_agree_where_they_can_and_a_reviewer_settles_the_rest(
    dataset: Dataset, someone: Callable[[str], Page]
) -> None:
    pages = {name: someone(name) for name in NAMES}
    for name, page in pages.items():
        assert set(work(page, dataset, name)) == theirs(dataset, name)
    ask = dataset.installed.ask
    counted = ask("select count(*) from place where dataset_id = ? group by item_id", dataset.id)
    assert counted == [2, 2, 2]
    assert ask("select verdict from item where dataset_id = ?", dataset.id) == [None] * 3

    reviewer = someone("Lead")
    reviewer.goto(dataset.address("agreement"))
    expect(reviewer.get_by_text("Where people differ")).to_be_visible()
    expect(reviewer.get_by_text("Umar fix").first).to_be_visible()
    reviewer.goto(dataset.address("curate"))
    expect(reviewer.get_by_text("differ 2")).to_be_visible()
    for left in (1, 0):
        reviewer.get_by_role("button", name="All of Umar").click()
        until(lambda: ask("select verdict from settlement") == ["fix"])
        settled(reviewer)
        reason = reviewer.locator("[data-field=note] textarea")
        reason.fill("Umar is right")
        until(lambda: ask("select reason from settlement") == ["Umar is right"])
        reviewer.keyboard.press("Escape")
        settled(reviewer)
        reviewer.keyboard.press("Control+Enter")
        until(lambda: ask("select count(*) from settlement") == [0])
        if left:
            expect(reviewer.get_by_text(f"differ {left}")).to_be_visible()
    reviewer.get_by_text("Settle what agrees").click()
    reviewer.get_by_role("button", name="Settle 1 of 1").click()
    until(
        lambda: (
            sorted(ask("select verdict from item where dataset_id = ?", dataset.id), key=str)
            == ["fix", "fix", "keep"]
        )
    )

    reviewer.goto(dataset.address("release"))
    reviewer.get_by_label("Name").first.fill("team-v1")
    reviewer.get_by_role("button", name="Write the release").click()
    [stored] = until(lambda: ask("select manifest from release where dataset_id = ?", dataset.id))
    assert json.loads(stored)["counts"]["items"] == 3


def test_a_comment_calls_somebody_and_their_bell_leads_to_it(
    dataset: Dataset, someone: Callable[[str], Page]
) -> None:
    ask = dataset.installed.ask
    page = someone("Lead")
    page.goto(dataset.address("annotate", item=dataset.items[0]))
    page.locator(".bd-row").first.wait_for()
    settled(page)
    page.keyboard.press("l")
    field = page.get_by_label("Comment", exact=True)
    field.press_sequentially("@um")
    expect(page.get_by_role("option", name="Umar")).to_be_visible()
    field.press("Enter")
    field.press_sequentially("is 1 2 3 right?")
    field.press("Control+Enter")
    said = "select text from comment where item_id = ?"
    until(lambda: ask(said, dataset.items[0]) == ["@Umar is 1 2 3 right?"])
    # The page's own keys heard none of it.
    hers = "select count(*) from annotation join person on person.id = person_id"
    assert ask(f"{hers} where name = 'Lead' and item_id = ?", dataset.items[0]) == [0]
    called = someone("Umar")
    called.goto(dataset.address("progress"))
    called.locator(".st-key-bell button").first.click()
    called.get_by_role("button", name="Lead on team").click()
    expect(called.get_by_text("@Umar is 1 2 3 right?")).to_be_visible()
    seen = "select seen from mention join comment on comment.id = comment_id where item_id = ?"
    until(lambda: ask(seen, dataset.items[0]) == [1])


def test_a_comment_stays_in_its_field_until_it_is_stored_and_is_stored_once(
    dataset: Dataset, someone: Callable[[str], Page]
) -> None:
    page = someone("Lead")
    field = page.get_by_label("Comment", exact=True)
    said = "select text from comment where item_id = ? order by id"

    def stored() -> list[str]:
        return dataset.installed.ask(said, dataset.items[1])

    def load() -> None:
        page.goto(dataset.address("annotate", item=dataset.items[1]))
        page.locator(".bd-row").first.wait_for()
        settled(page)
        page.keyboard.press("l")
        field.wait_for()

    load()
    # Refused, and the page loaded anew: it is still there.
    expect(field).to_have_attribute("maxlength", "4000")
    field.evaluate("field => field.removeAttribute('maxlength')")
    field.fill("x" * 4_001)
    field.press("Control+Enter")
    expect(page.get_by_text("longer than 4,000 characters")).to_be_visible()
    assert field.input_value() == "x" * 4_001
    load()
    assert field.input_value() == "x" * 4_001
    # Stored, but the answer is lost: what is sent again is known by its handle.
    field.fill("Once")
    page.evaluate("Storage.prototype.removeItem = () => {}")
    field.press("Control+Enter")
    until(lambda: stored() == ["Once"])
    load()
    assert field.input_value() == "Once"
    field.press("Control+Enter")
    expect(field).to_have_value("")
    assert stored() == ["Once"]
    # The same words may be said again.
    field.fill("Once")
    field.press("Control+Enter")
    expect(field).to_have_value("")
    until(lambda: stored() == ["Once", "Once"])

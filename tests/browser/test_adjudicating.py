"""A reviewer who sees the page for the first time decides ten disagreements by keys alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from installation import Installation, settled, until
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

OURS = "person_id <> (select id from person where name = 'demo-reviewer')"
DECIDED = f"select count(*) from adjudication where outcome is not null and {OURS}"
AGAINST_RULE = (
    "select count(*), count(nullif(a.reason, '')) from adjudication a"
    " join scored_case c on c.id = a.case_id"
    " where c.verifier_share is not null and abs(c.verifier_share * a.possible - a.awarded) > 0.001"
)


def case_shown(page: Page) -> str:
    """The case whose instruction is shown, once it is."""
    box = page.locator(".st-key-case-instruction .mk-box")
    return str(box.get_attribute("data-of"))


def test_ten_disagreements_by_keyboard_alone(
    someone: Callable[[str], Page], installed: Installation
) -> None:
    page = someone("Rev")
    page.goto(f"{installed.address}/adjudicate?dataset=Demo&kind=verifier&kind=judges")
    seen = set()
    for done in range(10):
        case = case_shown(page)
        seen.add(case)
        settled(page)
        expect(page.get_by_text("demo-judge-")).to_have_count(0)
        page.keyboard.press("o" if done % 2 else "p")
        accept = page.locator('[class*="st-key-accept-"] button')
        expect(accept.first).to_be_visible()
        expect(page.get_by_text("demo-judge-x").first).to_be_visible()
        settled(page)
        page.keyboard.press("y")
        reason = page.get_by_label("Why, against what the rule found?")
        until(
            lambda at=done, asked=reason: installed.ask(DECIDED) == [at + 1] or asked.count(),
            "neither decided nor asked why",
        )
        if installed.ask(DECIDED) == [done]:
            expect(reason).to_be_focused()
            page.keyboard.type("The rule counts something else.")
            page.keyboard.press("Enter")
        until(lambda at=done: installed.ask(DECIDED) == [at + 1], "it was not decided")
        until(lambda before=case: case_shown(page) != before, "the next case did not come")
    assert len(seen) == 10
    ((against, reasons),) = installed.ask(AGAINST_RULE)
    assert against == reasons and against >= 1
    settled(page)
    page.keyboard.press("z")
    until(lambda: installed.ask(DECIDED) == [9], "nothing was taken back")
    until(lambda: case_shown(page) == case, "the case did not come back")
    events = f"select count(*) from event where kind = 'adjudication.decided' and {OURS}"
    assert installed.ask(events) == [11]

"""Full-text search: words, beginnings, quoted words; nothing that is typed breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from annotator.services import browsing
from annotator.services.browsing import View
from db.search import clause
from db.tables import ItemRow
from tests.examples import Tab, benchmark, imported, record

pytestmark = pytest.mark.every_database

TEXTS = {
    0: "Describe the harbour at night, using a four-sentence narrative.",
    1: "Why don't the harbours sleep? Crème brûlée!",
    2: "写一首关于猫的诗",
    3: "Напиши стихи о коте. שלום",
    4: "C++ and e-mail: NEAR the OR gate, 100% AND more",
}


@pytest.fixture
def found(workspace, ana):
    imported(
        workspace,
        ana,
        benchmark(
            *(record(instruction=text, components=[f"part {n}"]) for n, text in TEXTS.items())
        ),
    )

    def positions(words):
        page = browsing.page(workspace, dataset_id=1, view=View(search=words), number=0)
        return [row.position for row in page.rows]

    return positions


@pytest.mark.parametrize(
    ("words", "positions"),
    [
        ("harbour", [0, 1]),
        ("HARBOURS", [1]),
        ("harb night", [0]),
        ("night harb", [0]),
        ("four-sentence", [0]),
        ("four sentence", [0]),
        ('"four-sentence narrative"', [0]),
        ('"sentence four"', []),
        ('"harbour at"', [0]),
        ("creme brulee", [1]),
        ("don't", [1]),
        ("写一首关于猫的诗", [2]),
        ("写一首", [2]),
        ("коте", [3]),
        ("שלום", [3]),
        ("e-mail", [4]),
        ("OR", [4]),
        ("NEAR(the OR gate)", [4]),
        ("part 4", [4]),
        ("nothing", []),
        ("", [0, 1, 2, 3, 4]),
        ("  ?! - ", [0, 1, 2, 3, 4]),
    ],
)
def test_items_are_found_by_their_words(found, words, positions):
    assert found(words) == positions


@pytest.mark.parametrize(
    "words",
    ['"', '""', '"""', "*", "a*b*", "NEAR(", "AND", "NOT x", "body:x", "^x", "(", "x OR", "'; DROP",
     "{a b}: c", "-x", "+", "\\", "\x00", "%_", "🦊", "a" * 5_000, ":search"],
)  # fmt: skip
def test_operators_are_words_like_any_other(found, words):
    found(words)


@given(words=st.text(max_size=30))
def test_no_text_breaks_the_search(workspace, words):
    made = clause(words)
    if made is not None:
        with workspace.database.reading() as session:
            assert session.exec(select(ItemRow.id).where(made)).all() == []


def test_what_is_curated_is_found_by_its_new_words(found, workspace, ana):
    tab = Tab(workspace, ana, 1)
    tab.edit({"op": "set_instruction", "value": "A lighthouse."})
    assert found("lighthouse") == []
    tab.submit("fix")
    assert (found("lighthouse"), found("night")) == ([0], [])

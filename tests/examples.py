"""Values and strategies that tests share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from annotator.domain.items import Component, ItemContent
from annotator.domain.records import Annotation, Person
from annotator.domain.vocabulary import COMPONENT_TYPES, JUDGE_METHODS, LEVELS
from annotator.services import annotate, history
from annotator.services.annotate import Desk, Submitted
from annotator.services.history import Line
from annotator.services.importing import import_file
from annotator.services.saving import Shown
from annotator.services.workspace import Workspace
from db import items

ITEM = ItemContent(
    instruction="Tell a four-line story about the cat, mention its eyes, and end with a question.",
    level="basic",
    components=(
        Component("c1", "Tell a story about the cat", "describe", 4),
        Component("c2", "four-line", "length_limit", 3),
        Component("c3", "mention its eyes", "mention", 3),
    ),
)


def record(**changed: Any) -> dict[str, Any]:
    """One record of MIA-Bench's form."""
    return {
        "image": "images/cat.png",
        "instruction": ITEM.instruction,
        "type": "basic",
        "num_of_component": 3,
        "components": [c.text for c in ITEM.components],
        "component_weight": [4, 3, 3],
        "component_type": [c.type for c in ITEM.components],
        **changed,
    }


def benchmark(*records: dict[str, Any], indent: int | None = 1) -> bytes:
    """A file of MIA-Bench's form."""
    return json.dumps(list(records), indent=indent, ensure_ascii=False).encode()


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=60)
WORDS = TEXT.filter(lambda text: text.strip() != "")
WEIGHTS = st.one_of(
    st.integers(0, 100), st.decimals(0, 100, places=2).map(float), st.sampled_from([0, 0.1, 1e-3])
)
CALLS = st.lists(
    st.fixed_dictionaries(
        {"func": st.sampled_from(["count", "match"])},
        optional={"params": st.lists(st.one_of(st.integers(), st.text(max_size=5)), max_size=2)},
    ),
    max_size=2,
).map(tuple)


@st.composite
def contents(
    draw: st.DrawFn, keys: tuple[str, ...] = ("c1", "c2", "c3", "n1", "n2")
) -> ItemContent:
    """Any content that may be stored, with components among these keys in any order."""
    chosen = draw(st.lists(st.sampled_from(keys), unique=True, max_size=len(keys)))
    parts = tuple(
        Component(
            key=key,
            text=draw(WORDS),
            type=draw(st.sampled_from(COMPONENT_TYPES)),
            weight=draw(st.none() | WEIGHTS),
            judge_method=draw(st.sampled_from(JUDGE_METHODS)),
            verifier_calls=draw(CALLS),
        )
        for key in chosen
    )
    return ItemContent(
        instruction=draw(WORDS),
        components=parts,
        level=draw(st.none() | st.sampled_from(LEVELS)),
        answers=tuple(draw(st.lists(WORDS, max_size=2))),
    )


def imported(workspace: Workspace, actor: Person, data: bytes, name: str = "Bench") -> list[int]:
    """The ids of the items of a file, imported or imported again."""
    report = import_file(workspace, actor=actor, file="bench.json", data=data, dataset=name)
    with workspace.database.reading() as session:
        return items.ids(session, dataset_id=report.dataset_id)


class Tab:
    """One browser tab of a person with one item open."""

    def __init__(self, workspace: Workspace, person: Person, item_id: int, name: str = "tab-1"):
        self.workspace, self.person, self.item_id, self.name = workspace, person, item_id, name
        self.look()

    def look(self) -> Desk:
        """Load the page: what is shown from now on."""
        self.desk = annotate.open_item(self.workspace, actor=self.person, item_id=self.item_id)
        return self.desk

    def shown(self, save_id: str | None = None) -> Shown:
        """What a save of this tab names."""
        return Shown(self.desk.version, self.desk.item.revision, self.name, save_id)

    def do(self, action: Callable[..., Any], save_id: str | None = None, **arguments: Any) -> Any:
        """Save something from what is shown, then look again."""
        result = action(
            self.workspace,
            actor=self.person,
            item_id=self.item_id,
            shown=self.shown(save_id),
            **arguments,
        )
        self.look()
        return result

    def edit(self, *edits: dict[str, Any], save_id: str | None = None) -> Annotation:
        """Edit the draft."""
        return self.do(annotate.edit, save_id, edits=edits)

    def weigh(self, save_id: str | None = None, **weights: float) -> Annotation:
        """Set weights by component key."""
        return self.edit({"op": "set_weights", "weights": weights}, save_id=save_id)

    def judge(self, verdict: str | None) -> Annotation:
        """Set the verdict."""
        return self.do(annotate.set_verdict, verdict=verdict)

    def type(self, text: str, base: str = "", field: str = "note") -> Annotation:
        """Save a text as it is typed."""
        return self.do(annotate.save_text, field=field, base=base, text=text)

    def submit(self, verdict: str | None = None, save_id: str | None = None) -> Submitted:
        """Hand in."""
        return self.do(annotate.submit, save_id, verdict=verdict)

    def log(self) -> list[Line]:
        """What this person sees of the item's log, newest first."""
        return history.of_item(self.workspace, actor=self.person, item_id=self.item_id)

    def undo(self, event_id: int | None = None, **how: Any) -> list[int]:
        """Undo an event, or the newest line."""
        chosen = event_id if event_id is not None else self.log()[0].event.id
        undone = history.undo(
            self.workspace, actor=self.person, event_id=chosen, tab=self.name, **how
        )
        self.look()
        return undone

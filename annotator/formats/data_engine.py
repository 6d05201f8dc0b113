"""MLLM-DataEngine's JSON (arXiv 2308.13566; opendatalab/MLLM-DataEngine).

Fields: ``instruction``, ``answer``, ``short_answer``, ``options``, ``choide_answer`` (so published;
``choice_answer`` elsewhere: the option's letter), ``image``, ``qtype``, a class of question from 1
to 9. Our answers are the answer and the short answer; the class is the level.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any, Final

from annotator.domain.items import ContentRules, ItemContent
from annotator.formats.base import Holds, Outgoing
from annotator.formats.containers import Fields
from annotator.formats.fields import ORIGIN_FIELDS, Row, shown
from annotator.formats.form import Form
from annotator.formats.json_lines import JsonLines
from annotator.formats.json_list import JsonList

QTYPES: Final = tuple(str(number) for number in range(1, 10))
CHOICES: Final = ("choide_answer", "choice_answer")
ANSWERS: Final = ("answer", "short_answer")


class DataEngine(Form):
    """The format's reader and writer."""

    name = "data-engine"
    title = "MLLM-DataEngine JSON"
    example = (
        '[{"instruction": "Where is …?", "answer": "…", "short_answer": "…", "options": ["…", '
        '"…"], "choide_answer": "B", "image": "7.jpg", "qtype": 4}]'
    )
    containers = (JsonList(), JsonLines())
    rules = ContentRules(types=(), levels=QTYPES, target=None)
    holds = Holds(components=False, weights=False, answers=True, images="names")
    own = frozenset({"instruction", "image", "qtype", *ANSWERS, *ORIGIN_FIELDS})

    def fits(self, fields: Fields) -> bool:
        """An instruction and one of the form's own fields."""
        own = ("short_answer", "qtype", *CHOICES)
        return "instruction" in fields and any(name in fields for name in own)

    def content(self, row: Row) -> ItemContent:
        """The question and its answers."""
        qtype = row.values.get("qtype")
        if qtype is not None and str(qtype) not in QTYPES:
            raise row.fault("qtype", f"is {shown(qtype)}; it must be a whole number from 1 to 9.")
        for name in CHOICES:
            row.maybe(name)
        row.texts("options")
        row.maybe("image")
        found = [row.maybe(name) for name in ANSWERS]
        return ItemContent(
            instruction=row.text("instruction"),
            level=None if qtype is None else str(qtype),
            components=(),
            answers=tuple(answer for answer in found if answer),
        )

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """Instruction, answers, class."""
        found: dict[str, Any] = {"instruction": content.instruction}
        names = [name for name in ANSWERS if before.get(name)] if before else []
        names += [name for name in ANSWERS if name not in names]
        for place, name in enumerate(names):
            if place < len(content.answers):
                found[name] = content.answers[place]
            elif name in before:
                found[name] = ""
        if content.level is not None or "qtype" in before:
            found["qtype"] = qtype_of(content.level, before.get("qtype"))
        return found

    def lost(self, content: ItemContent) -> Iterator[str]:
        """It has two fields for answers."""
        yield from super().lost(content)
        if len(content.answers) > len(ANSWERS):
            yield f"{self.title} has fields for two answers; the others were left out."
        if content.level is not None and content.level not in QTYPES:
            yield f"{self.title} has classes 1 to 9 alone; other levels were left out."

    def problems(self, item: Outgoing) -> Iterator[str]:
        """A letter that names no option."""
        letter = next((str(item.extra[n]) for n in CHOICES if item.extra.get(n)), "")
        options = item.extra.get("options")
        if letter and isinstance(options, list):
            known = string.ascii_uppercase[: len(options)]
            if letter not in known:
                yield f"The choice {letter!r} is none of the {len(options)} options."


def qtype_of(level: str | None, before: object) -> int | str | None:
    """The class as the record wrote it: a number, or text where it was text."""
    if level is None or level not in QTYPES:
        return None
    return level if isinstance(before, str) else int(level)

"""Preference pairs: a prompt about images, a chosen answer and a rejected one.

``preference`` is what TRL reads: ``prompt``, ``chosen`` and ``rejected`` as messages whose content
is a list of parts, and ``images``. ``preference-sharegpt`` is what LLaMA-Factory reads with
``ranking``: ``conversations``, ``chosen`` and ``rejected`` as single turns, and ``images``. Both
are read with plain texts too. Our instruction is the prompt, our answer the chosen one; the
rejected one stays a field of its own, which a writer takes from ``Outgoing.extra``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from annotator.domain.items import JSON, ContentRules, ItemContent
from annotator.formats.base import Holds, Outgoing, Target, Written
from annotator.formats.containers import Container, Fields
from annotator.formats.conversations import (
    first_image,
    listed_images,
    set_first_image,
    with_info,
)
from annotator.formats.fields import NO_TEXT, ORIGIN_FIELDS, Row, shown, storable
from annotator.formats.form import Form, image_name
from annotator.formats.json_lines import JsonLines
from annotator.formats.json_list import JsonList
from annotator.formats.turns import (
    PLACEHOLDER,
    saying,
    with_placeholder,
    without_placeholder,
    words,
)

SIDES: Final = ("chosen", "rejected")


class Preference(Form):
    """Pairs as TRL reads them."""

    name = "preference"
    title = "Preference pairs (TRL)"
    example = (
        '{"images": ["7.jpg"], "prompt": [{"role": "user", "content": [{"type": "image"}, '
        '{"type": "text", "text": "…"}]}], "chosen": [{"role": "assistant", "content": '
        '[{"type": "text", "text": "…"}]}], "rejected": [{"role": "assistant", "content": '
        '[{"type": "text", "text": "…"}]}]}'
    )
    containers: ClassVar[tuple[Container, ...]] = (JsonLines(), JsonList())
    rules = ContentRules(types=(), levels=(), target=None)
    holds = Holds(components=False, weights=False, levels=False, answers=True, images="files")
    own = frozenset({"id", "image", "images", "prompt", "chosen", *ORIGIN_FIELDS})
    prompt: ClassVar[str] = "prompt"

    def fits(self, fields: Fields) -> bool:
        """A prompt and both sides."""
        return self.prompt in fields and all(side in fields for side in SIDES)

    def content(self, row: Row) -> ItemContent:
        """The prompt and the chosen answer."""
        prompt = self.said(row, self.prompt)
        chosen, _ = [self.said(row, side) for side in SIDES]
        return ItemContent(
            instruction=without_placeholder(prompt),
            components=(),
            answers=(chosen,) if chosen else (),
        )

    def said(self, row: Row, field: str) -> str:
        """The words of a field; raises InputError where it has none."""
        found = words(row.values.get(field))
        if found is not None and not storable(found):
            raise row.fault(field, NO_TEXT)
        if found is None:
            problem = "is missing" if field not in row.values else f"is {shown(row.values[field])}"
            raise row.fault(field, f"{problem}; it must be a text or messages.")
        return found

    def about(self, row: Row) -> dict[str, Any]:
        """The id, where there is one."""
        return {"source_id": row.label("id"), "origin": row.origin()}

    def identity(self, item: Outgoing) -> dict[str, Any]:
        """The id."""
        return {"id": item.key}

    def image(self, fields: Fields) -> str | None:
        """The first of the images."""
        found = first_image(fields)
        return found if found is not None else super().image(fields)

    def images(self, fields: Fields) -> Sequence[object]:
        """All of them."""
        return (fields.get("image"), *listed_images(fields))

    def with_image(self, fields: dict[str, Any], item: Outgoing, target: Target) -> None:
        """The first of the images."""
        set_first_image(fields, image_name(item.picture, target, self.image_folder))

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """Prompt and chosen answer in the shape that the record has."""
        shape = before or self.shape()
        asked = shape[self.prompt]
        text = with_placeholder(words(asked) or "", content.instruction)
        found = {self.prompt: saying(asked, text)}
        if content.answers:
            found["chosen"] = saying(shape["chosen"], content.answers[0])
        return found

    def shape(self) -> dict[str, Any]:
        """A new record's messages, still without words."""
        reply = [{"role": "assistant", "content": [{"type": "text", "text": ""}]}]
        asked = [{"type": "image"}, {"type": "text", "text": ""}]
        return {
            "prompt": [{"role": "user", "content": asked}],
            "chosen": reply,
            "rejected": reply,
        }

    def made(self, item: Outgoing, target: Target) -> dict[str, Any]:
        """Both sides take their words from the item's further fields, where those have them."""
        extra = {name: value for name, value in item.extra.items() if name not in SIDES}
        bare = Outgoing(None, item.content, item.curated, item.key, item.picture, extra)
        fields = super().made(bare, target)
        for side in SIDES:
            if isinstance(item.extra.get(side), str):
                fields[side] = saying(self.shape()[side], item.extra[side])
            elif item.extra.get(side) is not None:
                fields[side] = item.extra[side]
            fields.setdefault(side, self.shape()[side])
        return fields

    def problems(self, item: Outgoing) -> Iterator[str]:
        """A pair needs two sides that differ."""
        if item.content is None:
            return
        sides = [words(item.extra.get(side)) for side in SIDES]
        chosen = sides[0] or next(iter(item.content.answers), None)
        if not chosen or not sides[1]:
            yield "A pair needs a chosen and a rejected answer."
        elif chosen == sides[1]:
            yield "The chosen and the rejected answer are the same."
        if PLACEHOLDER in item.content.instruction:
            yield f"The prompt holds {PLACEHOLDER}, which trainers take for an image."


class PreferenceShareGpt(Preference):
    """Pairs as LLaMA-Factory reads them."""

    name = "preference-sharegpt"
    title = "Preference pairs (LLaMA-Factory)"
    example = (
        '[{"conversations": [{"from": "human", "value": "<image>…"}], "chosen": {"from": "gpt", '
        '"value": "…"}, "rejected": {"from": "gpt", "value": "…"}, "images": ["7.jpg"]}]'
    )
    containers = (JsonList(), JsonLines())
    own = frozenset({"id", "image", "images", "conversations", "chosen", *ORIGIN_FIELDS})
    prompt = "conversations"

    def shape(self) -> dict[str, Any]:
        """A new record's turns, still without words."""
        reply = {"from": "gpt", "value": ""}
        asked = [{"from": "human", "value": PLACEHOLDER}]
        return {"conversations": asked, "chosen": reply, "rejected": reply}

    def write(
        self, items: Iterable[Outgoing], layout: Mapping[str, JSON], target: Target
    ) -> Written:
        """The data, and the columns in LLaMA-Factory's words."""
        written = super().write(items, layout, target)
        columns = {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"}
        described = {"formatting": "sharegpt", "ranking": True, "columns": columns}
        return with_info(written, target, described)

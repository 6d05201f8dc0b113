"""Fine-tuning data: LLaVA's conversation JSON and ShareGPT, as LLaMA-Factory reads it.

LLaVA (haotian-liu/LLaVA): ``id``, ``image`` and ``conversations`` of turns ``{"from": "human" |
"gpt", "value"}``; ``<image>`` stands in the first turn. ShareGPT: ``conversations`` or ``messages``
and a list ``images``; LLaMA-Factory also wants a description of the columns in
``dataset_info.json``, which is written beside the data. The first question is our instruction, the
first reply our answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from annotator.domain.items import JSON, ContentRules, ItemContent
from annotator.formats.base import Holds, Outgoing, Target, Written
from annotator.formats.containers import Fields
from annotator.formats.fields import ORIGIN_FIELDS, Row
from annotator.formats.form import Form, image_name
from annotator.formats.json_lines import JsonLines
from annotator.formats.json_list import JsonList
from annotator.formats.turns import (
    ANSWERING,
    ASKING,
    PLACEHOLDER,
    place_of,
    saying,
    turns_of,
    with_placeholder,
    without_placeholder,
    words,
)

HELD = Holds(components=False, weights=False, levels=False, answers=True, images="files")
RULES = ContentRules(types=(), levels=(), target=None)


class Conversation(Form):
    """What the two forms share."""

    containers = (JsonList(), JsonLines())
    rules = RULES
    holds = HELD
    own = frozenset({"id", "image", "images", "conversations", "messages", *ORIGIN_FIELDS})
    names: ClassVar[tuple[str, ...]] = ("conversations", "messages")

    def field(self, fields: Fields) -> str:
        """The field that holds the turns."""
        return next((name for name in self.names if name in fields), self.names[0])

    def content(self, row: Row) -> ItemContent:
        """The first question and the first reply."""
        field = self.field(row.values)
        turns = turns_of(row, field)
        asked, replied = place_of(turns, ASKING), place_of(turns, ANSWERING)
        if asked is None:
            raise row.fault(field, "has no turn of a person.")
        answer = words(turns[replied]) if replied is not None else None
        return ItemContent(
            instruction=without_placeholder(words(turns[asked]) or ""),
            components=(),
            answers=(answer,) if answer else (),
        )

    def about(self, row: Row) -> dict[str, Any]:
        """The id, where there is one."""
        return {"source_id": row.label("id"), "origin": row.origin()}

    def identity(self, item: Outgoing) -> dict[str, Any]:
        """The id."""
        return {"id": item.key}

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """The conversation with its first question and reply."""
        field = self.field(before)
        turns = list(before.get(field) or new_turns())
        asked, replied = place_of(turns, ASKING), place_of(turns, ANSWERING)
        assert asked is not None
        text = with_placeholder(words(turns[asked]) or "", content.instruction)
        turns[asked] = saying(turns[asked], text)
        if replied is not None and content.answers:
            turns[replied] = saying(turns[replied], content.answers[0])
        elif replied is None and content.answers:
            turns.append({"from": "gpt", "value": content.answers[0]})
        elif replied is not None and not before:
            del turns[replied]
        return {field: turns}

    def lost(self, content: ItemContent) -> Iterator[str]:
        """One answer."""
        yield from super().lost(content)
        if len(content.answers) > 1:
            yield f"{self.title} holds one reply; the other answers were left out."

    def problems(self, item: Outgoing) -> Iterator[str]:
        """Trainers count the signs for images and want a reply."""
        if item.content is None:
            return
        if PLACEHOLDER in item.content.instruction:
            yield f"The instruction holds {PLACEHOLDER}, which trainers take for an image."
        if not item.content.answers:
            yield "There is no reply to train on."


class Llava(Conversation):
    """LLaVA's conversation JSON."""

    name = "llava"
    title = "LLaVA conversation JSON"
    example = (
        '[{"id": "7", "image": "7.jpg", "conversations": [{"from": "human", "value": '
        '"<image>\\n…"}, {"from": "gpt", "value": "…"}]}]'
    )
    names = ("conversations",)

    def fits(self, fields: Fields) -> bool:
        """Conversations about one image, or about none."""
        return "conversations" in fields and "images" not in fields and "chosen" not in fields


class ShareGpt(Conversation):
    """ShareGPT with images."""

    name = "sharegpt"
    title = "ShareGPT conversations (LLaMA-Factory)"
    example = (
        '[{"conversations": [{"from": "human", "value": "<image>…"}, {"from": "gpt", "value": '
        '"…"}], "images": ["7.jpg"]}]'
    )

    def fits(self, fields: Fields) -> bool:
        """Turns and a list of images."""
        held = any(name in fields for name in self.names)
        return held and "chosen" not in fields and ("images" in fields or "messages" in fields)

    def image(self, fields: Fields) -> str | None:
        """The first of the images."""
        return first_image(fields)

    def images(self, fields: Fields) -> Sequence[object]:
        """All of them."""
        return listed_images(fields)

    def with_image(self, fields: dict[str, Any], item: Outgoing, target: Target) -> None:
        """The first of the images."""
        set_first_image(fields, image_name(item.picture, target, self.image_folder))

    def write(
        self, items: Iterable[Outgoing], layout: Mapping[str, JSON], target: Target
    ) -> Written:
        """The data, and the columns in LLaMA-Factory's words."""
        written = super().write(items, layout, target)
        described = {"formatting": "sharegpt", "columns": {"messages": "conversations"}}
        return with_info(written, target, described)


def new_turns() -> list[dict[str, str]]:
    """A question about an image, and its reply."""
    return [{"from": "human", "value": f"{PLACEHOLDER}\n"}, {"from": "gpt", "value": ""}]


def listed_images(fields: Fields) -> Sequence[object]:
    """The values of the list of images."""
    found = fields.get("images")
    return found if isinstance(found, list) else (found,)


def first_image(fields: Fields) -> str | None:
    """The first of a record's images."""
    first = next(iter(listed_images(fields)), None)
    return first if isinstance(first, str) else None


def set_first_image(fields: dict[str, Any], name: str | None) -> None:
    """Name the first of a record's images, the others stay."""
    others = list(listed_images(fields))[1:] if isinstance(fields.get("images"), list) else []
    fields["images"] = [name, *others] if name is not None else others


def with_info(written: Written, target: Target, described: dict[str, Any]) -> Written:
    """Write the description of the columns beside the data, as LLaMA-Factory looks for it."""
    described["columns"]["images"] = "images"
    info = {target.name: {"file_name": written.files[0], **described}}
    text = json.dumps(info, indent=2, ensure_ascii=False) + "\n"
    (target.folder / "dataset_info.json").write_text(text, encoding="utf-8")
    return Written((*written.files, "dataset_info.json"), written.losses)

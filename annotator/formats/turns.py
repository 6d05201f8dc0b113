"""Conversations as training files hold them: turns, and texts that may be made of parts.

LLaVA and ShareGPT write ``{"from": "human", "value": "<image>\\n…"}``, the chat form writes
``{"role": "user", "content": …}``, where the content is a text or a list of parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from annotator.formats.fields import NO_TEXT, Row, shown, storable

PLACEHOLDER: Final = "<image>"
ASKING: Final = ("human", "user")
ANSWERING: Final = ("gpt", "assistant", "model", "chatgpt")


def role_of(turn: Mapping[str, Any]) -> str:
    """Who speaks."""
    return str(turn.get("from", turn.get("role", "")))


def body_name(turn: Mapping[str, Any]) -> str:
    """The field in which the turn's words stand."""
    return "value" if "value" in turn else "content"


def words(value: Any) -> str | None:
    """The words of a text, a list of parts, a turn or a list of turns (its last)."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return words(value.get(body_name(value), value.get("text")))
    if isinstance(value, list) and value:
        if any(role_of(one) for one in value if isinstance(one, Mapping)):
            return words(value[-1])
        texts = [one["text"] for one in value if isinstance(one, Mapping) and has_text(one)]
        return "\n".join(texts) if texts else None
    return None


def has_text(part: Mapping[str, Any]) -> bool:
    """Whether a part of a message is text."""
    return isinstance(part.get("text"), str)


def saying(value: Any, text: str) -> Any:
    """The same shape with other words; of several text parts the first says it all."""
    if isinstance(value, Mapping):
        name = body_name(value) if body_name(value) in value else "text"
        return {**value, name: saying(value.get(name, ""), text)}
    if isinstance(value, list) and value:
        if any(role_of(one) for one in value if isinstance(one, Mapping)):
            return [*value[:-1], saying(value[-1], text)]
        return parts_saying(value, text)
    return text


def parts_saying(parts: Sequence[Any], text: str) -> list[Any]:
    """Parts of a message with other words; images stay where they are."""
    found: list[Any] = []
    said = False
    for part in parts:
        if isinstance(part, Mapping) and has_text(part):
            if not said:
                found.append({**part, "text": text})
            said = True
        else:
            found.append(part)
    return found if said else [*found, {"type": "text", "text": text}]


def without_placeholder(text: str) -> str:
    """A prompt without the sign for its image at its beginning or end."""
    bare = text.removeprefix(PLACEHOLDER)
    bare = bare.removeprefix("\n") if bare != text else text
    if bare == text and text.endswith(PLACEHOLDER):
        bare = text.removesuffix(PLACEHOLDER).removesuffix("\n")
    return bare


def with_placeholder(before: str, text: str) -> str:
    """A prompt with the sign for its image where the former one had it."""
    bare = without_placeholder(before)
    if bare == before:
        return text
    at = before.index(bare) if bare else len(before)
    return before[:at] + text + before[at + len(bare) :]


def turns_of(row: Row, field: str) -> list[Mapping[str, Any]]:
    """A conversation; raises InputError for what is none."""
    found = row.get(field, list, required=True)
    for number, turn in enumerate(found):
        text = words(turn) if isinstance(turn, Mapping) else None
        if text is not None and not storable(text):
            raise row.fault(field, f"turn {number} {NO_TEXT}")
        if text is None:
            raise row.fault(
                field,
                f"turn {number} is {shown(turn)}; it must be an object with who speaks and a text.",
            )
    return list(found)


def place_of(turns: Sequence[Mapping[str, Any]], roles: Sequence[str]) -> int | None:
    """The first turn of somebody."""
    return next((n for n, turn in enumerate(turns) if role_of(turn) in roles), None)

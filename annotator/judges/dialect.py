"""How one server wants to be asked: learned from what it rejects.

Compatible servers differ in small things: structured output with or without bounds, or none; the
name of the largest number of tokens; whether a temperature or a seed may be set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from annotator.judges.asking import Question

_BOUNDS: Final = frozenset(("minimum", "maximum", "multipleOf"))
_ABOUT_SCHEMA: Final = ("response_format", "json_schema", "structured", "schema", "guided", "gramm")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server accepts.

    ``schema``: "bounded", "plain" (without bounds on numbers) or "none".
    """

    schema: str = "bounded"
    tokens_name: str = "max_tokens"
    temperature: bool = True
    seed: bool = True

    def request(self, model: str, question: Question, max_tokens: int) -> dict[str, Any]:
        """The body of a chat completion."""
        body: dict[str, Any] = {
            "model": model,
            "messages": messages(question),
            self.tokens_name: max_tokens,
        }
        if question.temperature is not None and self.temperature:
            body["temperature"] = question.temperature
        if question.seed is not None and self.seed:
            body["seed"] = question.seed
        if question.schema is not None and self.schema != "none":
            schema = question.schema if self.schema == "bounded" else unbounded(question.schema)
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "reply", "strict": True, "schema": schema},
            }
        return body

    def after(self, said: str, question: Question) -> Dialect | None:
        """What to try after a rejection that says ``said``; None where nothing in it is ours."""
        said = said.casefold()
        if self.tokens_name == "max_tokens" and "max_completion_tokens" in said:
            return replace(self, tokens_name="max_completion_tokens")
        if self.temperature and question.temperature is not None and "temperature" in said:
            return replace(self, temperature=False)
        if self.seed and question.seed is not None and "seed" in said:
            return replace(self, seed=False)
        if question.schema is None or self.schema == "none":
            return None
        if self.schema == "bounded" and any(bound.casefold() in said for bound in _BOUNDS):
            return replace(self, schema="plain")
        return replace(self, schema="none") if any(s in said for s in _ABOUT_SCHEMA) else None


def messages(question: Question) -> list[dict[str, Any]]:
    """The messages of a chat completion; the image stands before the text."""
    content: Any = question.text
    if question.image is not None:
        content = [
            {"type": "image_url", "image_url": {"url": question.image}},
            {"type": "text", "text": question.text},
        ]
    found: list[dict[str, Any]] = [{"role": "user", "content": content}]
    if question.system:
        found.insert(0, {"role": "system", "content": question.system})
    return found


def unbounded(schema: Any) -> Any:
    """A schema without bounds on numbers, which older strict servers do not know."""
    if isinstance(schema, Mapping):
        return {key: unbounded(value) for key, value in schema.items() if key not in _BOUNDS}
    if isinstance(schema, list):
        return [unbounded(value) for value in schema]
    return schema

"""What a judge run asks: one task per reply that is wanted, and what cannot be asked and why.

A task's key is the hash of what is sent: prompt, image, model, settings and repeat. The same key is
the same call, in whatever run or dataset it comes up, and is paid for once.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from annotator.domain.judging import Asked, Response
from annotator.domain.records import Image, Item
from annotator.judges import Question, Tokens, prompts
from annotator.judges.prompts import Prompt, PromptSet
from annotator.services.scoring import asked, components_asked
from annotator.services.workspace import Workspace
from db import items, responses

CHUNK: Final = 100
RULE: Final = "rule"
METHODS: Final = ("direct", RULE, "compare", "perception")

PIXELS_PER_TOKEN: Final = 750
CHARACTERS_PER_TOKEN: Final = 4
TOKENS_PER_SCORE: Final = 60

NO_ANSWER: Final = "the model gave no answer"
NO_IMAGE: Final = "the item has no image"
NO_OTHER: Final = "there is no answer without the component to compare with"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSettings:
    """What makes a judge the one it is, beside its model and prompts; part of each call's key.

    ``image_side`` is the longest side of images sent, in pixels; ``max_tokens`` the longest reply.
    """

    temperature: float | None = 0.0
    max_tokens: int = 1024
    image_side: int = 1024

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which replies are wanted: of whom, about what, how often."""

    dataset_id: int
    model: str
    prompts: PromptSet
    settings: JudgeSettings
    methods: tuple[str, ...] = METHODS
    models: tuple[str, ...] = ()
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class Task:
    """One reply that is wanted. ``parts`` are the components asked about, in order."""

    key: str
    response_id: int
    method: str
    component_key: str
    repeat: int
    prompt: Prompt
    image: Image | None
    parts: tuple[Asked, ...]

    def question(self, settings: JudgeSettings) -> Question:
        """What is sent, but for the image."""
        return Question(
            text=self.prompt.text,
            schema=self.prompt.schema,
            max_tokens=settings.max_tokens,
            temperature=settings.temperature,
            name=self.key,
        )

    def note(self) -> dict[str, Any]:
        """What is needed to settle the call without the plan, as JSON."""
        return {
            "response_id": self.response_id,
            "method": self.method,
            "component_key": self.component_key,
            "repeat": self.repeat,
            "asked": [[part.key, part.weight] for part in self.parts],
        }

    def expected(self, settings: JudgeSettings) -> Tokens:
        """About how many tokens it will take."""
        text = math.ceil(len(self.prompt.text) / CHARACTERS_PER_TOKEN)
        received = min(settings.max_tokens, TOKENS_PER_SCORE * max(1, len(self.parts)))
        return Tokens(text + image_tokens(self.image, settings.image_side), received)

    def most(self, settings: JudgeSettings, image_factor: float = 1.0) -> Tokens:
        """More tokens than one attempt can take: a token is at least one byte.

        Args:
            image_factor: how much more an image takes than `image_tokens` says.
        """
        schema = len(json.dumps(self.prompt.schema))
        text = len(self.prompt.text.encode("utf-8", "surrogatepass")) + schema
        image = image_tokens(self.image, settings.image_side) * image_factor
        return Tokens(text + math.ceil(image), settings.max_tokens)


@dataclass(slots=True)
class Plan:
    """Goes through all that is wanted; ``skipped`` counts what cannot be asked, by reason."""

    workspace: Workspace
    scope: Scope
    skipped: Counter[str] = field(default_factory=Counter)

    def tasks(self) -> Iterator[list[Task]]:
        """The tasks, a list per hundred responses."""
        with self.workspace.database.reading() as session:
            ids = responses.ids(session, dataset_id=self.scope.dataset_id, models=self.scope.models)
        for start in range(0, len(ids), CHUNK):
            yield self.chunk(ids[start : start + CHUNK])

    def chunk(self, response_ids: Sequence[int]) -> list[Task]:
        """The tasks of some responses."""
        with self.workspace.database.reading() as session:
            answers = responses.get_many(session, response_ids=response_ids)
            item_ids = sorted({answer.item_id for answer in answers})
            found = {item.id: item for item in items.get_many(session, item_ids=item_ids)}
            others = {
                (one.item_id, one.model, one.variant): one.text
                for one in responses.of_items(session, item_ids=item_ids)
                if one.variant and one.text is not None
            }
        wanted = [answer for answer in answers if counts(found[answer.item_id])]
        return [
            task for one in wanted for task in self.of_response(one, found[one.item_id], others)
        ]

    def of_response(
        self, answer: Response, item: Item, others: Mapping[tuple[int, str, str], str | None]
    ) -> Iterator[Task]:
        """The tasks of one response, each as often as is wanted."""
        if not asks_a_model(item, self.scope.methods):
            return
        problem = problem_of(answer, item)
        if problem:
            self.skipped[problem] += 1
            return
        for method, key, prompt, parts in self.prompts_of(answer, item, others):
            image = None if method == "perception" else item.image
            for repeat in range(self.scope.repeats):
                name = key_of(self.scope, prompt, image, repeat)
                yield Task(name, answer.id, method, key, repeat, prompt, image, parts)

    def prompts_of(
        self, answer: Response, item: Item, others: Mapping[tuple[int, str, str], str | None]
    ) -> Iterator[tuple[str, str, Prompt, tuple[Asked, ...]]]:
        """Method, component key, prompt and components of each question about a response."""
        said = {"instruction": item.content.instruction, "response": answer.text or ""}
        made = self.scope.prompts
        content, methods = item.content, self.scope.methods
        if not content.components:
            yield "perception", "", prompts.perception(made, answers=content.answers, **said), ()
            return
        direct = components_asked(content, "direct") if "direct" in methods else ()
        if direct:
            yield "direct", "", prompts.direct(made, components=direct, **said), asked(direct)
        for part in content.components:
            if part.judge_method != "compare" or "compare" not in methods:
                continue
            other = others.get((item.id, answer.model, part.key))
            if other is None:
                self.skipped[NO_OTHER] += 1
                continue
            prompt = prompts.compare(made, component=part, other=other, **said)
            yield "compare", part.key, prompt, asked([part])


def counts(item: Item) -> bool:
    """Whether an item is in the benchmark."""
    return item.verdict != "drop" and not item.withdrawn_from_source


def asks_a_model(item: Item, methods: Sequence[str]) -> bool:
    """Whether any of the methods has a question about an item."""
    content = item.content
    if not content.components:
        return bool(content.answers) and "perception" in methods
    return any(c.judge_method in methods and c.judge_method != RULE for c in content.components)


def problem_of(answer: Response, item: Item) -> str | None:
    """Why nothing can be asked about a response."""
    if answer.text is None:
        return NO_ANSWER
    shown = item.image is not None and item.image.taken_down_at is None
    return NO_IMAGE if item.content.components and not shown else None


def key_of(scope: Scope, prompt: Prompt, image: Image | None, repeat: int) -> str:
    """The hash of what is sent: 64 hex digits."""
    said = [
        prompt.text,
        prompt.schema,
        image.sha256 if image else None,
        scope.model,
        scope.settings.as_dict(),
        repeat,
    ]
    written = json.dumps(said, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(written.encode()).hexdigest()


def image_tokens(image: Image | None, side: int) -> int:
    """About how many tokens an image takes when its longest side is at most ``side`` pixels."""
    if image is None:
        return 0
    scale = min(1.0, side / max(image.width, image.height))
    return 85 + math.ceil(image.width * scale * image.height * scale / PIXELS_PER_TOKEN)

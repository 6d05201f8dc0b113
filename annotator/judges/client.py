"""Ask a judge model over the chat-completions protocol: OpenAI's, or any compatible server's.

    async with JudgeClient(Server(url=…, model=…, key=…)) as client:
        answer = await client.ask(Question(text="…", schema={…}))

``ask`` raises nothing for what servers and networks do: every call ends in an `Answer` with its
outcome. Attempts are made here, not by the library, so that each is counted.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Final

from annotator.judges.asking import PASSING, Answer, Outcome, Question, Server, Tokens
from annotator.judges.dialect import Dialect

FIRST_WAIT: Final = 0.5
LONGEST_BACKOFF: Final = 20.0
LONGEST_DETAIL: Final = 500
EMPTY_ATTEMPTS: Final = 3

_SPENT: Final = ("insufficient_quota", "billing_hard_limit", "exceeded your current quota")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one request came to. ``wait`` is what the server asks for, in seconds."""

    outcome: Outcome
    text: str = ""
    tokens: Tokens | None = None
    detail: str = ""
    wait: float | None = None
    model: str = ""


@dataclass(slots=True)
class Course:
    """One call on its way: what its attempts met so far."""

    question: Question
    max_tokens: int
    began: float = field(default_factory=time.monotonic)
    faults: list[Outcome] = field(default_factory=list)
    tokens: Tokens | None = None
    last: Attempt = field(default_factory=lambda: Attempt("not asked"))

    def note(self, attempt: Attempt) -> None:
        """Add an attempt; the one before it becomes a fault."""
        if self.last.outcome != "not asked":
            self.faults.append(self.last.outcome)
        self.last = attempt
        if attempt.tokens is not None:
            self.tokens = (self.tokens or Tokens()) + attempt.tokens

    def may_go_on(self, server: Server) -> bool:
        """Whether another attempt is worth it."""
        met = [*self.faults, self.last.outcome]
        match self.last.outcome:
            case "rate limited":
                return met.count("rate limited") <= server.patience
            case "empty":
                return met.count("empty") < EMPTY_ATTEMPTS
            case "cut off":
                return met.count("cut off") < 2
        hard = [fault for fault in met if fault not in ("rate limited", "empty", "cut off")]
        return self.last.outcome in PASSING and len(hard) < server.attempts

    def answer(self, structured: bool) -> Answer:
        """What came of it all."""
        return Answer(
            outcome=self.last.outcome,
            text=self.last.text,
            faults=tuple(self.faults),
            tokens=self.tokens,
            structured=structured,
            seconds=time.monotonic() - self.began,
            detail=self.last.detail,
            model=self.last.model,
        )


class JudgeClient:
    """Calls to one server.

    A rate limit holds back all its calls, not only the one that met it. What the server rejects of
    our way of asking is learned once (`Dialect`).

    Args:
        server: who is asked.
        dialect: how, where that is known already.
    """

    def __init__(self, server: Server, dialect: Dialect | None = None) -> None:
        self.server = server
        self.dialect = dialect or Dialect()
        self._client: Any = None
        self._stopped = asyncio.Event()
        self._not_before = 0.0

    async def __aenter__(self) -> JudgeClient:
        from openai import AsyncOpenAI

        self._client = AsyncOpenAI(
            api_key=self.server.key or "none",
            base_url=self.server.url,
            timeout=self.server.seconds,
            max_retries=0,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.close()

    def stop(self) -> None:
        """Start no further attempt; those under way come to their end."""
        self._stopped.set()

    async def ask(self, question: Question) -> Answer:
        """Ask until there is an answer, or no hope of one."""
        course = Course(question, question.max_tokens)
        while True:
            await self._hold(self._not_before - time.monotonic())
            if self._stopped.is_set():
                return course.answer(structured=False)
            dialect = self.dialect
            body = dialect.request(self.server.model, question, course.max_tokens)
            attempt = await self._attempt(body, question.name)
            if attempt.outcome == "rejected" and self._learned(dialect, attempt.detail, question):
                continue
            course.note(attempt)
            if not course.may_go_on(self.server):
                return course.answer("response_format" in body)
            if attempt.outcome == "cut off":
                course.max_tokens *= 2
                continue
            await self._wait(attempt, len(course.faults))

    def _learned(self, used: Dialect, detail: str, question: Question) -> bool:
        """Whether there is another way to ask than the one that was rejected."""
        if used != self.dialect:
            return True
        other = used.after(detail, question)
        if other is None:
            return False
        self.dialect = other
        return True

    async def _wait(self, attempt: Attempt, tried: int) -> None:
        backoff = min(LONGEST_BACKOFF, FIRST_WAIT * 2 ** min(tried, 10))
        if attempt.wait is None:
            wait = backoff * random.uniform(0.75, 1.0)
        else:
            wait = min(attempt.wait, self.server.longest_wait)
        if attempt.outcome == "rate limited":
            self._not_before = max(self._not_before, time.monotonic() + wait)
        else:
            await self._hold(wait)

    async def _hold(self, seconds: float) -> None:
        """Sleep, unless stopped meanwhile."""
        if seconds > 0:
            try:
                async with asyncio.timeout(seconds):
                    await self._stopped.wait()
            except TimeoutError:
                return

    async def _attempt(self, body: Mapping[str, Any], name: str | None) -> Attempt:
        import openai

        headers = {"Idempotency-Key": name} if name else None
        try:
            async with asyncio.timeout(self.server.seconds):
                completion = await self._client.chat.completions.create(
                    **body, extra_headers=headers
                )
            return reading(completion)
        except (openai.APITimeoutError, TimeoutError):
            return Attempt("timed out", detail=f"no answer in {self.server.seconds:g} s")
        except openai.APIStatusError as fault:
            return self._without_key(refusal_of(fault.status_code, fault.message, fault.response))
        except openai.APIConnectionError as fault:
            return self._without_key(Attempt("connection lost", detail=cause(fault)))
        except (openai.OpenAIError, ValueError) as fault:
            return self._without_key(Attempt("garbled", detail=cause(fault)))

    def _without_key(self, attempt: Attempt) -> Attempt:
        """Servers like to quote the key they were sent."""
        detail = attempt.detail
        if self.server.key:
            detail = detail.replace(self.server.key, "[key]")
        return replace(attempt, detail=detail[:LONGEST_DETAIL])


def reading(completion: Any) -> Attempt:
    """What a completion comes to."""
    try:
        choice = completion.choices[0]
        message, finish = choice.message, choice.finish_reason
        text, refusal = message.content or "", getattr(message, "refusal", None) or ""
    except (AttributeError, IndexError, TypeError):
        said = completion if isinstance(completion, str) else type(completion).__name__
        return Attempt("garbled", detail=f"no chat completion: {said[:200]}")
    if not isinstance(text, str):
        return Attempt("garbled", detail="the reply is no text")
    tokens, model = tokens_of(completion), str(getattr(completion, "model", None) or "")
    if refusal or finish == "content_filter":
        return Attempt("refused", str(refusal or text), tokens, model=model)
    if finish == "length":
        return Attempt("cut off", text, tokens, "the reply was cut off", model=model)
    if not text.strip():
        return Attempt("empty", "", tokens, "the reply is empty", model=model)
    return Attempt("answered", text, tokens, model=model)


def tokens_of(completion: Any) -> Tokens | None:
    """The tokens that a completion says it took."""
    usage = getattr(completion, "usage", None)
    sent, received = (getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens"))
    if not isinstance(sent, int) or not isinstance(received, int):
        return None
    return Tokens(max(0, sent), max(0, received))


def refusal_of(status: int, message: str, response: Any) -> Attempt:
    """What a status other than 200 comes to."""
    said = f"{status}: {message}"
    if status == 429:
        spent = any(word in message.casefold() for word in _SPENT)
        wait = retry_after(response.headers)
        return Attempt("denied" if spent else "rate limited", detail=said, wait=wait)
    if status in (401, 402, 403) or (status == 404 and "model" in message.casefold()):
        return Attempt("denied", detail=said)
    if status >= 500 or status in (408, 409, 425):
        return Attempt("server error", detail=said, wait=retry_after(response.headers))
    return Attempt("rejected", detail=said)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as Retry-After says (RFC 9110 §10.2.3, and its form in milliseconds)."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = (headers.get(name) or "").strip()
        try:
            seconds = float(text) * unit
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    date = email.utils.parsedate_tz(headers.get("retry-after") or "")
    return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else None


def cause(fault: BaseException) -> str:
    """What went wrong, from the bottom of a chain of errors."""
    while fault.__cause__ is not None:
        fault = fault.__cause__
    if isinstance(fault, json.JSONDecodeError):
        return "the reply is no JSON"
    return f"{type(fault).__name__}: {fault}" if str(fault) else type(fault).__name__

"""A judge server of the tests' own: speaks chat completions, with images and structured output,
takes a fixed time, and misbehaves on demand.

    with JudgeServer(latency=0.05) as server:        # in a thread of the test
        server.script("429 after 0.2", "ok")         # the next requests, in order
        server.chance("500", 0.1)                    # then a share of them, the same in every run
        server.calls                                 # what arrived

    python -m tests.judge_server --latency 0.05      # a process of its own; prints its address

Replies depend on the request alone, so that two runs can be compared.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import sys
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

MISBEHAVIOURS = (
    "ok",
    "429",  # with Retry-After, in seconds: "429 after 0.2"; as a date: "429 date"
    "500",
    "503",
    "hang",  # never answers
    "drop",  # closes the connection after reading the request
    "half",  # closes it in the middle of the answer
    "html",  # a proxy's page with status 200
    "json",  # JSON that is no completion
    "refuse",  # OpenAI's refusal field
    "filter",  # finish_reason content_filter
    "empty",
    "cut",  # finish_reason length; whole where twice the tokens are allowed
    "400",
    "401",  # quotes the key
    "404 model",
    "quota",
    "no usage",
)
CUT_BELOW = 4096
"""A scripted "cut" happens only to requests that allow fewer tokens."""


@dataclass(frozen=True)
class Call:
    """One request that arrived, and how it was treated."""

    body: dict[str, Any]
    headers: dict[str, str]
    treated: str

    @property
    def prompt(self) -> str:
        """The text that the model would read."""
        return text_of(self.body)

    @property
    def images(self) -> list[str]:
        """The data URIs that came along."""
        parts = [part for message in self.body["messages"] for part in as_parts(message)]
        return [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]


@dataclass
class JudgeServer:
    """The server; its loop runs in a thread.

    ``structured``: "bounded", "plain" (refuses bounds on numbers) or "none".
    ``refused_fields``: fields of the request that it does not know ("temperature", "max_tokens").
    ``words``: what it replies where no schema binds it; otherwise a form that the prompt asks for.
    """

    latency: float = 0.0
    structured: str = "bounded"
    refused_fields: tuple[str, ...] = ()
    words: str | None = None
    key: str | None = None
    calls: list[Call] = field(default_factory=list)
    delivered: Counter[str] = field(default_factory=Counter)
    port: int = 0

    def __post_init__(self) -> None:
        self._script: deque[str] = deque()
        self._chances: list[tuple[str, float]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The base address for the client."""
        return f"http://127.0.0.1:{self.port}/v1"

    def script(self, *treatments: str) -> None:
        """How the next requests are treated, in the order they arrive."""
        for one in treatments:
            assert one.split(" after")[0] in MISBEHAVIOURS or one == "429 date", one
        self._script.extend(treatments)

    def chance(self, treatment: str, share: float) -> None:
        """Treat a share of first attempts so; which ones depends on their prompt alone."""
        self._chances.append((treatment, share))

    def forget(self) -> None:
        """As if nothing had arrived yet."""
        with self._lock:
            self.calls.clear()
            self.delivered.clear()
            self._seen.clear()

    @property
    def answered(self) -> Counter[str]:
        """How often each request was answered in full, by its name or its content."""
        return self.delivered

    # Running

    def __enter__(self) -> JudgeServer:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.run(self.serve(ready.set))

    async def serve(self, ready: Any) -> None:
        """Serve until ended."""
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        ready()
        await self._ended.wait()
        server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self._open.discard(writer)
            writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection stays."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.strip().casefold(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))))
        if not head[0].startswith("POST /v1/chat/completions "):
            return await send(writer, 404, {"error": {"message": "no such address"}})
        with self._lock:
            treatment = self._treatment(body)
            self.calls.append(Call(body, headers, treatment))
        await asyncio.sleep(self.latency)
        return await self._treat(treatment, body, headers, writer)

    def _treatment(self, body: Mapping[str, Any]) -> str:
        if self._script:
            return self._script.popleft()
        name = identity(body)
        self._seen[name] += 1
        if self._seen[name] > 1:
            return "ok"
        drawn = share_of(name)
        for treatment, share in self._chances:
            if drawn < share:
                return treatment
            drawn -= share
        return "ok"

    async def _treat(
        self,
        treatment: str,
        body: dict[str, Any],
        headers: Mapping[str, str],
        writer: asyncio.StreamWriter,
    ) -> bool:
        if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
            return await send(writer, 401, error("no such key"))
        refused = self._refusal(body)
        if refused:
            return await send(writer, 400, error(refused))
        match treatment.split():
            case ["429", "after", seconds]:
                return await send(writer, 429, error("slow down"), {"Retry-After": seconds})
            case ["429", "date"]:
                past = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
                return await send(writer, 429, error("slow down"), past)
            case ["429" | "500" | "503" | "400" as status]:
                return await send(writer, int(status), error(f"scripted {status}"))
            case ["401"]:
                said = f"Incorrect key: {headers.get('authorization')}"
                return await send(writer, 401, error(said))
            case ["404", "model"]:
                return await send(writer, 404, error("The model does not exist."))
            case ["quota"]:
                return await send(writer, 429, error("insufficient_quota: You exceeded it."))
            case ["hang"]:
                await self._ended.wait()
                return False
            case ["drop"]:
                writer.transport.abort()
                return False
            case ["html"]:
                return await send(writer, 200, "<html>Bad gateway</html>", {}, "text/html")
            case ["json"]:
                return await send(writer, 200, {"hello": "world"})
        return await self._complete(treatment, body, writer)

    def _refusal(self, body: Mapping[str, Any]) -> str | None:
        """Why this server does not take a request."""
        for name in self.refused_fields:
            if name in body:
                mend = " Use max_completion_tokens." if name == "max_tokens" else ""
                return f"Unsupported parameter: '{name}'.{mend}"
        bounds = '"maximum"' in json.dumps(body.get("response_format", {}))
        if self.structured == "none" and "response_format" in body:
            return "response_format is not supported"
        if self.structured == "plain" and bounds:
            return "Invalid schema: 'maximum' is not permitted."
        return None

    async def _complete(
        self, treatment: str, body: dict[str, Any], writer: asyncio.StreamWriter
    ) -> bool:
        text, finish, refusal = self.reply(body), "stop", None
        allowed = body.get("max_tokens") or body.get("max_completion_tokens") or CUT_BELOW
        if treatment == "refuse":
            text, refusal = None, "I cannot judge this."
        elif treatment == "filter":
            text, finish = "", "content_filter"
        elif treatment == "empty":
            text = "  "
        elif treatment == "cut" and allowed < CUT_BELOW:
            text, finish = text[: len(text) // 2], "length"
        made = completion(body, text, finish, refusal)
        if treatment == "no usage":
            del made["usage"]
        if treatment == "half":
            await send(writer, 200, made, cut=True)
            return False
        sent = await send(writer, 200, made)
        with self._lock:
            self.delivered[identity(body)] += 1
        return sent

    def reply(self, body: dict[str, Any]) -> str:
        """What the model says: bound by the schema where there is one."""
        draw = draws(identity(body))
        wanted = body.get("response_format")
        if wanted:
            return json.dumps(instance(wanted["json_schema"]["schema"], draw))
        return self.words if self.words is not None else free_text(text_of(body), draw)


# Replies


def draws(seed: str) -> Iterator[int]:
    """Numbers that depend on the seed alone."""
    number = 0
    while True:
        yield from hashlib.sha256(f"{seed}/{number}".encode()).digest()
        number += 1


def instance(schema: Mapping[str, Any], draw: Iterator[int]) -> Any:
    """A value that the schema allows."""
    if "enum" in schema:
        return schema["enum"][next(draw) % len(schema["enum"])]
    match schema["type"]:
        case "object":
            return {name: instance(part, draw) for name, part in schema["properties"].items()}
        case "array":
            return [instance(schema["items"], draw) for _ in range(next(draw) % 3)]
        case "number" | "integer":
            steps = int(schema.get("maximum", 1) * 2)
            value = (next(draw) % (steps + 1)) / 2
            return int(value) if schema["type"] == "integer" else value
        case "boolean":
            return bool(next(draw) % 2)
    return f"Because of {next(draw)}."


_COMPONENT = re.compile(r"^Component (\d+) \([^\n]*?(\d+(?:\.\d+)?) points?\)", re.MULTILINE)


def free_text(prompt: str, draw: Iterator[int]) -> str:
    """A reply in words, in the form the prompt asks for."""
    parts = _COMPONENT.findall(prompt)
    if parts:
        lines = []
        for number, weight in parts:
            steps = int(float(weight) * 2)
            lines.append(f"Component {number}: {(next(draw) % (steps + 1)) / 2:g}/{weight}")
        return "\n".join(lines)
    words = ("right", "wrong") if "right or wrong" in prompt else ("True", "False")
    return f"Because of {next(draw)}.\nVerdict: {words[next(draw) % 2]}"


def completion(
    body: Mapping[str, Any], text: str | None, finish: str, refusal: str | None
) -> dict[str, Any]:
    """A chat completion as it goes over the wire."""
    sent = len(text_of(body)) // 4 + 500 * sum(
        part["type"] == "image_url" for message in body["messages"] for part in as_parts(message)
    )
    received = len(text or refusal or "") // 4 + 1
    return {
        "id": "chatcmpl-test",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": refusal},
                "finish_reason": finish,
                "logprobs": None,
            }
        ],
        "usage": {
            "prompt_tokens": sent,
            "completion_tokens": received,
            "total_tokens": sent + received,
        },
    }


def error(said: str) -> dict[str, Any]:
    """An error as it goes over the wire."""
    return {"error": {"message": said, "type": "test", "param": None, "code": None}}


def as_parts(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A message's content as parts."""
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def text_of(body: Mapping[str, Any]) -> str:
    """The words of a request."""
    parts = [part for message in body["messages"] for part in as_parts(message)]
    return "\n".join(part["text"] for part in parts if part["type"] == "text")


def identity(body: Mapping[str, Any]) -> str:
    """What makes two requests the same: all but how long and how bound the reply may be."""
    kept = {k: v for k, v in body.items() if k in ("model", "messages", "seed")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def share_of(name: str) -> float:
    """A number from 0 to 1 that depends on the name alone."""
    return int(hashlib.sha256(f"share {name}".encode()).hexdigest()[:12], 16) / 16**12


async def send(
    writer: asyncio.StreamWriter,
    status: int,
    body: Any,
    headers: Mapping[str, str] | None = None,
    mime: str = "application/json",
    *,
    cut: bool = False,
) -> bool:
    """Write an answer; with ``cut``, half of it. Whether the connection stays."""
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    head = [f"HTTP/1.1 {status} X", f"Content-Type: {mime}", f"Content-Length: {len(data)}"]
    head += [f"{name}: {value}" for name, value in (headers or {}).items()]
    writer.write("\r\n".join([*head, "", ""]).encode() + (data[: len(data) // 2] if cut else data))
    await writer.drain()
    return not cut


def main() -> None:
    """Serve until the process ends."""
    made = argparse.ArgumentParser(description="A judge server for tests.")
    made.add_argument("--latency", type=float, default=0.05)
    made.add_argument("--port", type=int, default=0)
    made.add_argument("--faults", type=float, default=0.0, help="share of 500s")
    wanted = made.parse_args()
    server = JudgeServer(latency=wanted.latency, port=wanted.port)
    if wanted.faults:
        server.chance("500", wanted.faults)

    def say() -> None:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()

    asyncio.run(server.serve(say))


if __name__ == "__main__":
    main()

"""Annotators without a browser: each speaks Streamlit's own protocol over a websocket.

A session keeps what a browser would: the cookie, the address, the buttons of the last run. A press
sends the button's id, and the answer is read to its end, as the browser reads it, without drawing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

from tests.bench.places import DATASET, Server

SECONDS = 60
LARGEST = 64 * 1024 * 1024


class NotOffered(Exception):
    """The page has no such button: it says that something is wrong, or that all is done."""


@dataclass
class Session:
    """One browser tab's connection."""

    socket: ClientConnection
    page: str
    query: str
    buttons: dict[str, str] = field(default_factory=dict)
    toasts: list[str] = field(default_factory=list)
    bytes: int = 0

    @property
    def item(self) -> str:
        """The item in the address."""
        return parse_qs(self.query).get("item", [""])[0]

    async def run(self, *presses: str) -> float:
        """Run the script once, with buttons pressed; returns the ms until its answer was whole.

        Raises:
            NotOffered: the page as it stands has no such button.
        """
        if missing := [name for name in presses if name not in self.buttons]:
            raise NotOffered(f"no {missing[0]} among {sorted(self.buttons)}")
        states = [WidgetState(id=self.buttons[name], trigger_value=True) for name in presses]
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        message.rerun_script.widget_states.widgets.extend(states)
        began = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        await asyncio.wait_for(self.read(), SECONDS)
        return (time.perf_counter() - began) * 1000

    async def read(self) -> None:
        """Read one run's answer to its end; raises RuntimeError where the page failed."""
        while True:
            data = await self.socket.recv()
            assert isinstance(data, bytes)
            self.bytes += len(data)
            message = ForwardMsg()
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.buttons.clear()
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta":
                self.note(message)
            elif kind == "script_finished":
                ended = message.script_finished
                if ended == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                if ended != ForwardMsg.FINISHED_SUCCESSFULLY:
                    raise RuntimeError(f"the run ended with {ended}")
                return

    def note(self, message: ForwardMsg) -> None:
        """Remember buttons by the name in their key, and what is told."""
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "button":
            self.buttons[name_of(element.button.id)] = element.button.id
        elif kind == "toast":
            self.toasts.append(element.toast.body)
        elif kind == "exception":
            raise RuntimeError(f"the page failed: {element.exception.message}")


def name_of(widget_id: str) -> str:
    """The first word of a widget's key: ``keep`` of ``$$ID-…-keep-17-0``."""
    key = widget_id.split("-", 2)[2] if widget_id.startswith("$$ID-") else widget_id
    return key.split("-")[0]


async def open_session(
    server: Server, who: str, *, page: str = "annotate", query: str = ""
) -> Session:
    """Open a page and run it once."""
    cookie = await asyncio.to_thread(server.sign_in, who)
    socket = await connect(
        server.url.replace("http", "ws") + "/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers={"Cookie": cookie, "Origin": server.url},
        max_size=LARGEST,
        compression=None,
    )
    session = Session(socket, page, f"dataset={DATASET}{query}")
    await session.run()
    return session


@dataclass
class Work:
    """What annotators did: how long each rerun took, and which items they handed in."""

    reruns: list[float] = field(default_factory=list)
    submitted: list[tuple[str, int]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


async def annotate(
    server: Server, who: str, *, items: int, think: float, query: str, work: Work
) -> None:
    """Keep and submit items, thinking before each press."""
    session = await open_session(server, who, query=query)
    for _ in range(items):
        item = session.item
        await asyncio.sleep(think)
        work.reruns.append(await session.run("keep"))
        await asyncio.sleep(think)
        work.reruns.append(await session.run("submit"))
        if session.item != item:
            work.submitted.append((who, int(item)))
    work.told += session.toasts
    await session.socket.close()


async def together(tasks: list[Callable[[], Awaitable[Any]]], *, over: float) -> None:
    """Start tasks spread over some seconds, and wait for all; the first fault ends it."""

    async def late(index: int, task: Callable[[], Awaitable[Any]]) -> None:
        await asyncio.sleep(over * index / len(tasks))
        await task()

    async with asyncio.TaskGroup() as group:
        for index, task in enumerate(tasks):
            group.create_task(late(index, task))


async def page_through(server: Server, moves: int, watch: Callable[[int], None]) -> None:
    """Move from item to item by the key of Next, telling after each move."""
    session = await open_session(server, "Paging", query="&item=1")
    for move in range(moves):
        await session.run("next")
        watch(move)
    await session.socket.close()

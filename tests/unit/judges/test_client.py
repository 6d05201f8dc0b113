"""The client against a server that misbehaves in every way we know of."""

from __future__ import annotations

import asyncio
import logging
import socket
import time

import pytest

from annotator.judges.asking import Answer, Price, Question, Server, Tokens, data_uri
from annotator.judges.client import JudgeClient, retry_after
from annotator.judges.dialect import Dialect, unbounded
from tests.judge_server import JudgeServer

KEY = "sk-very-secret-0123456789"
SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "number", "minimum": 0, "maximum": 3}},
    "required": ["score"],
    "additionalProperties": False,
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr("annotator.judges.client.FIRST_WAIT", 0.001)


@pytest.fixture
def server():
    with JudgeServer() as one:
        yield one


def asked(server: JudgeServer, *questions: Question, **settings) -> list[Answer]:
    async def all_of_them():
        made = Server(
            **({"url": server.url, "model": "judge-x", "key": KEY, "seconds": 5} | settings)
        )
        async with JudgeClient(made) as client:
            return await asyncio.gather(*(client.ask(question) for question in questions))

    return asyncio.run(all_of_them())


def ask(server: JudgeServer, **settings) -> Answer:
    [answer] = asked(server, Question(text="How many cats?"), **settings)
    return answer


def test_an_answer_comes_with_tokens_and_model(server):
    server.words = "Three."
    answer = ask(server)
    assert (answer.outcome, answer.text, answer.model) == ("answered", "Three.", "judge-x")
    assert answer.tokens == Tokens(3, 2) and answer.faults == () and answer.of_unknown_cost == 0
    [call] = server.calls
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert call.body["temperature"] == 0 and call.body["max_tokens"] == 2048


def test_an_image_is_sent_before_the_text(server):
    image = data_uri(b"\xff\xd8 not really", "image/jpeg")
    asked(server, Question(text="Look.", system="You judge.", image=image))
    [call] = server.calls
    assert [message["role"] for message in call.body["messages"]] == ["system", "user"]
    assert [part["type"] for part in call.body["messages"][1]["content"]] == ["image_url", "text"]
    assert call.images == [image] and image.startswith("data:image/jpeg;base64,/9")


def test_the_schema_binds_the_reply(server):
    [answer] = asked(server, Question(text="Score.", schema=SCHEMA))
    assert answer.structured and answer.text.startswith('{"score": ')
    sent = server.calls[0].body["response_format"]
    assert sent["type"] == "json_schema" and sent["json_schema"]["schema"] == SCHEMA


@pytest.mark.parametrize(("structured", "calls"), [("plain", 2), ("none", 2)])
def test_a_server_without_our_schema_is_asked_otherwise_and_that_is_remembered(
    server, structured, calls
):
    server.structured = structured
    server.words = "score: 2"
    first = asked(server, Question(text="Score.", schema=SCHEMA), Question(text="Other."))
    assert [answer.outcome for answer in first] == ["answered", "answered"]
    assert first[0].structured is (structured == "plain") and first[0].faults == ()
    assert len(server.calls) == calls + 1

    async def twice():
        made = Server(url=server.url, model="judge-x")
        async with JudgeClient(made) as client:
            await client.ask(Question(text="Score.", schema=SCHEMA))
            before = len(server.calls)
            await client.ask(Question(text="Score again.", schema=SCHEMA))
            return len(server.calls) - before

    assert asyncio.run(twice()) == 1


@pytest.mark.parametrize("field", ["max_tokens", "temperature", "seed"])
def test_a_field_that_the_server_does_not_know_is_left_out_or_renamed(server, field):
    server.refused_fields = (field,)
    [answer] = asked(server, Question(text="Hello.", seed=7))
    assert answer.outcome == "answered" and field not in server.calls[-1].body
    if field == "max_tokens":
        assert server.calls[-1].body["max_completion_tokens"] == 2048


@pytest.mark.parametrize(
    ("treatment", "fault"),
    [
        ("429", "rate limited"),
        ("429 after 0.01", "rate limited"),
        ("429 date", "rate limited"),
        ("500", "server error"),
        ("503", "server error"),
        ("drop", "connection lost"),
        ("half", "connection lost"),
        ("html", "garbled"),
        ("json", "garbled"),
        ("empty", "empty"),
        ("cut", "cut off"),
    ],
)
def test_a_passing_fault_is_counted_and_overcome(server, treatment, fault):
    server.script(treatment, treatment if fault != "cut off" else "ok")
    answer = ask(server)
    assert answer.outcome == "answered"
    assert set(answer.faults) == {fault}
    assert len(answer.faults) == len(server.calls) - 1


def test_a_time_out_is_counted_and_overcome(server):
    server.script("hang")
    answer = ask(server, seconds=0.3)
    assert (answer.outcome, answer.faults) == ("answered", ("timed out",))
    assert answer.of_unknown_cost == 1


@pytest.mark.parametrize(
    ("treatment", "outcome", "calls"),
    [
        ("500", "server error", 3),
        ("drop", "connection lost", 3),
        ("html", "garbled", 3),
        ("empty", "empty", 3),
        ("refuse", "refused", 1),
        ("filter", "refused", 1),
        ("400", "rejected", 1),
        ("401", "denied", 1),
        ("404 model", "denied", 1),
        ("quota", "denied", 1),
    ],
)
def test_a_lasting_fault_ends_the_call_with_its_own_outcome(server, treatment, outcome, calls):
    server.script(*[treatment] * 9)
    answer = ask(server, attempts=3)
    assert (answer.outcome, len(server.calls)) == (outcome, calls)
    assert answer.faults == (outcome,) * (calls - 1)


def test_a_reply_that_is_cut_off_is_asked_once_more_with_twice_the_room(server):
    server.script("cut", "cut")
    [answer] = asked(server, Question(text="Tell.", max_tokens=100))
    assert answer.outcome == "cut off" and answer.text
    assert [call.body["max_tokens"] for call in server.calls] == [100, 200]
    assert answer.tokens is not None and answer.tokens.sent == 2 * (len("Tell.") // 4)


def test_a_refusal_keeps_its_words(server):
    server.script("refuse")
    assert ask(server).text == "I cannot judge this."


def test_retry_after_is_obeyed_and_holds_all_calls_back(server):
    server.script("429 after 0.4")
    began = time.monotonic()

    async def late():
        made = Server(url=server.url, model="judge-x")
        async with JudgeClient(made) as client:
            first = asyncio.create_task(client.ask(Question(text="One.")))
            await asyncio.sleep(0.15)
            second = await client.ask(Question(text="Two."))
            return await first, second, time.monotonic() - began

    one, two, took = asyncio.run(late())
    assert (one.faults, two.faults) == (("rate limited",), ())
    assert took >= 0.4 and len(server.calls) == 3


def test_patience_with_a_rate_limit_ends(server):
    server.script(*["429 after 0"] * 9)
    answer = ask(server, patience=4)
    assert (answer.outcome, len(answer.faults), len(server.calls)) == ("rate limited", 4, 5)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_all_its_forms(headers, seconds):
    assert retry_after(headers) == seconds


def test_nobody_there_is_a_lost_connection():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    absent = JudgeServer(port=port)
    answer = ask(absent, attempts=2)
    assert (answer.outcome, answer.faults) == ("connection lost", ("connection lost",))


def test_a_stop_starts_nothing_and_ends_what_waits(server):
    server.script("429 after 60")

    async def stopped():
        async with JudgeClient(Server(url=server.url, model="judge-x")) as client:
            waiting = asyncio.create_task(client.ask(Question(text="One.")))
            while not server.calls:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            client.stop()
            return await waiting, await client.ask(Question(text="Two."))

    began = time.monotonic()
    one, two = asyncio.run(stopped())
    assert (one.outcome, two.outcome) == ("rate limited", "not asked")
    assert len(server.calls) == 1 and time.monotonic() - began < 30


def test_the_key_shows_nowhere(server, caplog):
    caplog.set_level(logging.DEBUG)
    server.script("401")
    answer = ask(server)
    assert answer.outcome == "denied" and "[key]" in answer.detail
    assert KEY not in repr(answer) and KEY not in caplog.text
    assert KEY not in repr(Server(url=server.url, model="judge-x", key=KEY))


def test_a_call_without_counts_is_of_unknown_cost(server):
    server.script("no usage")
    answer = ask(server)
    assert (answer.outcome, answer.tokens, answer.of_unknown_cost) == ("answered", None, 1)


def test_the_price_of_tokens():
    assert Price(2.5, 10).of(Tokens(1_000_000, 100_000)) == pytest.approx(3.5)


def test_bounds_are_taken_out_of_a_schema_at_every_depth():
    assert unbounded({"items": [{"maximum": 3, "type": "number"}]}) == {
        "items": [{"type": "number"}]
    }


def test_a_rejection_that_is_not_about_our_form_teaches_nothing():
    question = Question(text="x", schema=SCHEMA)
    assert Dialect().after("the image is too large", question) is None
    assert Dialect(schema="none").after("schema", question) is None

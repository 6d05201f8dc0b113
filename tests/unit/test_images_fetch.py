"""Downloads from a server that misbehaves, through a network that does."""

from __future__ import annotations

import gzip
import importlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator import __version__
from annotator.images import FetchFailed, FetchPolicy, fetch, fetch_to
from annotator.images.network import checked_addresses, is_public

BODY = bytes(range(256)) * 40
HERE = ip_network("127.0.0.1/32")
POLICY = FetchPolicy(allow=(HERE,), total_seconds=5, connect_seconds=1)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        self.close_connection = True
        try:
            self.server.routes[self.path.split("?")[0]](self)
        except (BrokenPipeError, ConnectionResetError):
            return

    def answer(self, status: int = 200, body: bytes = BODY, **headers: object) -> None:
        self.start(status, **({"Content_Length": len(body)} | headers))
        self.wfile.write(body)

    def start(self, status: int = 200, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def drip(self, piece: bytes) -> None:
        while not self.server.stopping.wait(0.02):
            self.wfile.write(piece)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.routes: dict[str, Callable[[Handler], None]] = {"/ok": Handler.answer}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.stopping = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def handle_error(self, *_: object) -> None:
        pass  # clients of these tests hang up all the time


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.stopping.set()
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Names:
    """A resolver that answers for the names given to it, each time with the next answer."""

    answers: dict[str, list[list[str]]]
    asked: list[str] = field(default_factory=list)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> Names:
        genuine = socket.getaddrinfo

        def getaddrinfo(host: str, port: int, *rest: Any, **options: Any) -> Any:
            if host not in self.answers:
                return genuine(host, port, *rest, **options)
            self.asked.append(host)
            answers = self.answers[host]
            now = answers.pop(0) if len(answers) > 1 else answers[0]
            return [
                (socket.AF_INET6 if ":" in ip else socket.AF_INET, 1, 6, "", (ip, port))
                for ip in now
            ]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return self


def failure(url: str, policy: FetchPolicy = POLICY) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        fetch(url, policy=policy)
    assert caught.value.sentence
    return caught.value


def failure_of_redirect(location: str) -> FetchFailed:
    """What a redirect to `location` fails with, before any connection."""
    module = importlib.import_module("annotator.images.fetch")
    with pytest.raises(FetchFailed) as caught:
        fetch(module._joined(httpx.URL("http://a.test/b/c"), location), policy=POLICY)
    return caught.value


def no_name(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "no such name")


# What is sent and what comes back


def test_a_plain_download(server: Server) -> None:
    server.routes["/ok"] = lambda to: to.answer(Content_Type="image/png")
    fetched = fetch(server.url("/ok?x=1#part"), policy=POLICY)
    assert fetched.data == BODY
    assert fetched.content_type == "image/png"
    [(path, headers)] = server.seen
    assert path == "/ok?x=1"
    assert headers["Host"] == f"127.0.0.1:{server.port}"
    assert headers["User-Agent"] == f"mm-annotator/{__version__}"
    assert headers["Accept-Encoding"] == "identity"


def test_proxies_of_the_environment_are_not_used(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(server.url("/ok"), policy=POLICY).data == BODY


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "scheme"),
        ("ftp://example.org/x.jpg", "scheme"),
        ("gopher://127.0.0.1/", "scheme"),
        ("live.staticflickr.com/74/x.jpg", "scheme"),
        ("", "scheme"),
        ("http://me:secret@127.0.0.1/x.jpg", "credentials"),
        ("http://me@127.0.0.1/x.jpg", "credentials"),
        ("ftp://me:secret@example.org/x.jpg", "credentials"),
        ("http:///x.jpg", "bad_url"),
        ("http://a\nb/x.jpg", "bad_url"),
        ("http://127.0.0.1:99999/", "bad_url"),
        ("http://[::1/", "bad_url"),
        ("http://" + "a" * 70_000, "bad_url"),
        ("http://" + "a" * 64 + ".example/x.jpg", "dns"),
    ],
)
def test_addresses_that_are_not_fetched(url: str, reason: str) -> None:
    error = failure(url)
    assert error.reason == reason
    assert "secret" not in error.sentence


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(404, False), (403, False), (410, False), (206, False), (429, True), (500, True), (503, True)],
)
def test_status(server: Server, status: int, retryable: bool) -> None:
    server.routes["/x"] = lambda to: to.answer(status)
    error = failure(server.url("/x"))
    assert (error.reason, error.status, error.retryable) == ("status", status, retryable)


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = failure(f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert (error.reason, error.retryable) == ("connect", True)


@settings(deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=60),
        st.text(max_size=60).map("http://{}".format),
        st.text(alphabet="a1:@/[]%?#.\\xn-", max_size=30).map("http://{}".format),
    )
)
def test_any_text_fails_in_words(text: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", no_name)
        error = failure(text)
        moved = failure_of_redirect(text)
    assert error.reason in ("bad_url", "scheme", "credentials", "dns")
    assert moved.reason in ("bad_url", "scheme", "credentials", "dns", "redirects")


@pytest.mark.parametrize(
    ("code", "retryable"), [(socket.EAI_NONAME, False), (socket.EAI_AGAIN, True)]
)
def test_a_name_without_an_address(
    monkeypatch: pytest.MonkeyPatch, code: int, retryable: bool
) -> None:
    def getaddrinfo(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = failure("http://gone.test/x.jpg")
    assert (error.reason, error.retryable) == ("dns", retryable)


# Which addresses


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:0:7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:0:5ef5:79fd:0:0:80ff:fffe",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:c0a8:101::",
        "3fff::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "8.8.8.8",
        "93.184.216.34",
        "2606:4700:4700::1111",
        "2a00:1450:4001::8a",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "１２７.0.0.1",
    ],
)
def test_the_address_is_judged_whatever_its_spelling(server: Server, host: str) -> None:
    error = failure(server.url("/ok", host=host), FetchPolicy())
    # A resolver may refuse to read an odd spelling, which is as good.
    assert error.reason in ("address", "dns", "bad_url")
    assert server.seen == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1"])
def test_odd_spellings_are_the_same_address_where_it_is_allowed(server: Server, host: str) -> None:
    assert fetch(server.url("/ok", host=host), policy=POLICY).data == BODY


def test_only_the_networks_that_are_named_are_allowed(server: Server) -> None:
    others = FetchPolicy(allow=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
    assert failure(server.url("/ok"), others).reason == "address"
    assert failure("http://[::1]/", POLICY).reason == "address"


def test_all_addresses_of_a_name_must_be_permitted(monkeypatch: pytest.MonkeyPatch) -> None:
    Names({"mixed.test": [["93.184.216.34", "10.0.0.1"]]}).install(monkeypatch)
    with pytest.raises(FetchFailed) as caught:
        checked_addresses("mixed.test", 80, allow=(HERE,))
    assert caught.value.reason == "address"
    assert "10.0.0.1" in caught.value.sentence


def test_the_connection_goes_to_the_address_that_was_checked(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names({"images.test": [["127.0.0.1"], ["10.0.0.1"]]}).install(monkeypatch)
    connected = []
    genuine = socket.create_connection

    def create_connection(address: tuple[str, int], *rest: Any, **options: Any) -> socket.socket:
        connected.append(address)
        return genuine(address, *rest, **options)

    monkeypatch.setattr(socket, "create_connection", create_connection)
    assert fetch(server.url("/ok", host="images.test"), policy=POLICY).data == BODY
    assert connected == [("127.0.0.1", server.port)]
    assert names.asked == ["images.test"]
    assert server.seen[0][1]["Host"] == f"images.test:{server.port}"
    # The next fetch resolves anew, and is refused.
    assert failure(server.url("/ok", host="images.test")).reason == "address"
    assert len(connected) == 1


def test_the_next_address_is_tried(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    Names({"two.test": [["127.0.0.2", "127.0.0.1"]]}).install(monkeypatch)
    policy = FetchPolicy(allow=(ip_network("127.0.0.0/8"),), connect_seconds=0.5)
    assert fetch(server.url("/ok", host="two.test"), policy=policy).data == BODY


# Redirects


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data/", "address"),
        ("http://[::1]:{port}/ok", "address"),
        ("//127.0.0.2:{port}/ok", "address"),
        ("file:///etc/passwd", "scheme"),
        ("http://me:secret@127.0.0.1:{port}/ok", "credentials"),
        ("http://[::1/", "bad_url"),
        ("", "redirects"),
    ],
)
def test_each_hop_is_checked(server: Server, location: str, reason: str) -> None:
    to_there = location.format(port=server.port)
    server.routes["/x"] = lambda to: to.answer(302, b"", Location=to_there)
    assert failure(server.url("/x")).reason == reason
    assert len(server.seen) == 1


def test_a_name_is_resolved_anew_for_another_port(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names({"images.test": [["127.0.0.1"], ["10.0.0.1"]]}).install(monkeypatch)
    server.routes["/x"] = lambda to: to.answer(302, b"", Location="http://images.test:1/")
    assert failure(server.url("/x", host="images.test")).reason == "address"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: Server, status: int) -> None:
    server.routes["/a/x"] = lambda to: to.answer(status, b"moved", Location="../ok?y#z")
    fetched = fetch(server.url("/a/x"), policy=POLICY)
    assert fetched.data == BODY
    assert fetched.final_url.startswith(server.url("/ok?y"))


def test_redirects_have_an_end(server: Server) -> None:
    server.routes["/x"] = lambda to: to.answer(302, b"", Location="/x")
    assert failure(server.url("/x")).reason == "redirects"
    assert len(server.seen) == 1 + POLICY.redirects


def test_as_many_redirects_as_allowed(server: Server) -> None:
    for hop in range(5):
        after = f"/{hop + 1}" if hop < 4 else "/ok"
        server.routes[f"/{hop}"] = lambda to, after=after: to.answer(302, b"", Location=after)
    assert fetch(server.url("/0"), policy=POLICY).data == BODY


# Bodies


def limited(max_bytes: int) -> FetchPolicy:
    return FetchPolicy(allow=(HERE,), max_bytes=max_bytes, total_seconds=5)


def test_a_body_of_just_the_limit(server: Server) -> None:
    assert fetch(server.url("/ok"), policy=limited(len(BODY))).data == BODY
    assert failure(server.url("/ok"), limited(len(BODY) - 1)).reason == "too_large"


def test_an_endless_body(server: Server) -> None:
    def endless(to: Handler) -> None:
        to.start()
        while not server.stopping.is_set():
            to.wfile.write(bytes(65536))

    server.routes["/x"] = endless
    error = failure(server.url("/x"), limited(1_000_000))
    assert (error.reason, error.retryable) == ("too_large", False)


def test_a_content_length_that_promises_too_much(server: Server) -> None:
    server.routes["/x"] = lambda to: to.answer(Content_Length=10**12)
    assert failure(server.url("/x")).reason == "too_large"


def test_a_content_length_that_promises_too_little(server: Server) -> None:
    server.routes["/x"] = lambda to: to.answer(Content_Length=100)
    assert fetch(server.url("/x"), policy=POLICY).data == BODY[:100]


def test_a_body_that_breaks_off(server: Server) -> None:
    server.routes["/x"] = lambda to: to.answer(Content_Length=len(BODY) + 1)
    error = failure(server.url("/x"))
    assert (error.reason, error.retryable) == ("interrupted", True)


def test_an_answer_that_is_no_http(server: Server) -> None:
    server.routes["/x"] = lambda to: (to.wfile.write(b"hello?\r\n\r\n"), None)[1]
    assert failure(server.url("/x")).reason == "interrupted"


def test_compressed_transfer_is_refused(server: Server) -> None:
    bomb = gzip.compress(bytes(10**6))
    server.routes["/x"] = lambda to: to.answer(body=bomb, Content_Encoding="gzip")
    error = failure(server.url("/x"))
    assert (error.reason, error.retryable) == ("encoded", False)


def drip_body(to: Handler) -> None:
    to.start()
    to.drip(b"x")


def fall_silent(to: Handler) -> None:
    to.start()
    to.server.stopping.wait(30)


def drip_headers(to: Handler) -> None:
    to.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    to.drip(b"x")


def drip_interim_answers(to: Handler) -> None:
    to.drip(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def drip_redirects(to: Handler) -> None:
    to.server.stopping.wait(0.15)
    to.answer(302, b"", Location=to.path)


@pytest.mark.parametrize(
    "route", [drip_body, fall_silent, drip_headers, drip_interim_answers, drip_redirects]
)
def test_a_server_that_drips_is_left_in_time(
    server: Server, route: Callable[[Handler], None]
) -> None:
    server.routes["/x"] = route
    policy = FetchPolicy(allow=(HERE,), total_seconds=0.3)
    began = time.monotonic()
    error = failure(server.url("/x"), policy)
    assert (error.reason, error.retryable) == ("timeout", True)
    assert 0.25 < time.monotonic() - began < 10


def test_a_server_that_does_not_answer_the_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        policy = FetchPolicy(allow=(HERE,), total_seconds=30, connect_seconds=0.2)
        began = time.monotonic()
        assert failure(url, policy).reason == "timeout"
        assert time.monotonic() - began < 15


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An authority's certificate, and the key and certificate it issued to images.test."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "cert.pem")
    authority.issue_cert("images.test").private_key_and_cert_chain_pem.write_to_path(
        folder / "key.pem"
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def tls_server(
    server: Server, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> Server:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1])
    context.sni_callback = lambda _, name, __: server.seen.append(("SNI", {"name": str(name)}))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Names({"images.test": [["127.0.0.1"]], "other.test": [["127.0.0.1"]]}).install(monkeypatch)
    return server


def trust(monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path]) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    module = importlib.import_module("annotator.images.fetch")
    monkeypatch.setattr(module, "_tls", lambda: trusting)


def test_the_certificate_is_checked_against_the_name(
    tls_server: Server, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(monkeypatch, certificate)
    fetched = fetch(f"https://images.test:{tls_server.port}/ok", policy=POLICY)
    assert fetched.data == BODY
    assert tls_server.seen[0] == ("SNI", {"name": "images.test"})
    assert tls_server.seen[1][1]["Host"] == f"images.test:{tls_server.port}"
    for host in ("other.test", "127.0.0.1"):
        error = failure(f"https://{host}:{tls_server.port}/ok")
        assert (error.reason, error.retryable) == ("tls", False)


def test_an_unknown_issuer_is_refused(tls_server: Server) -> None:
    assert failure(f"https://images.test:{tls_server.port}/ok").reason == "tls"


# Downloads that go on


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    return tmp_path / "download.part"


def resuming(
    *, breaks_at: int, etag: str | None = '"v1"', modified: str | None = None, body: bytes = BODY
) -> Callable[[Handler], None]:
    """A file that breaks off once and is sent from where the client asks."""
    validators = {"ETag": etag, "Last_Modified": modified}
    told = {name: value for name, value in validators.items() if value}
    calls = []

    def route(to: Handler) -> None:
        calls.append(1)
        asked = to.headers.get("Range")
        if len(calls) == 1:
            to.answer(body=body[:breaks_at], Content_Length=len(body), **told)
        elif asked and to.headers.get("If-Range") in (etag, modified):
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            to.answer(206, body[start:], Content_Range=span, **told)
        else:
            to.answer(body=body, **told)

    return route


def interrupted(url: str, partial: Path) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        fetch_to(url, partial=partial, policy=POLICY)
    return caught.value


def left_over(partial: Path) -> list[Path]:
    return list(partial.parent.iterdir())


def test_fetch_to_in_one_go(server: Server, partial: Path) -> None:
    assert fetch_to(server.url("/ok"), partial=partial, policy=POLICY).data == BODY
    assert left_over(partial) == []


@pytest.mark.parametrize(
    "validator", [{"etag": '"v1"'}, {"etag": None, "modified": "Sat, 01 Jan 2022 00:00:00 GMT"}]
)
def test_a_broken_download_goes_on(
    server: Server, partial: Path, validator: dict[str, str | None]
) -> None:
    server.routes["/x"] = resuming(breaks_at=4000, **validator)  # type: ignore[arg-type]
    assert interrupted(server.url("/x"), partial).retryable
    assert partial.read_bytes() == BODY[:4000]
    assert fetch_to(server.url("/x"), partial=partial, policy=POLICY).data == BODY
    assert server.seen[1][1]["Range"] == "bytes=4000-"
    assert server.seen[1][1]["If-Range"] in validator.values()
    assert left_over(partial) == []


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_validator_it_starts_anew(
    server: Server, partial: Path, etag: str | None
) -> None:
    server.routes["/x"] = resuming(breaks_at=4000, etag=etag)
    interrupted(server.url("/x"), partial)
    assert fetch_to(server.url("/x"), partial=partial, policy=POLICY).data == BODY
    assert "Range" not in server.seen[1][1]


def test_a_file_that_changed_starts_anew(server: Server, partial: Path) -> None:
    server.routes["/x"] = resuming(breaks_at=4000)
    interrupted(server.url("/x"), partial)
    server.routes["/x"] = lambda to: to.answer(body=b"another file", ETag='"v2"')
    assert fetch_to(server.url("/x"), partial=partial, policy=POLICY).data == b"another file"
    assert "Range" in server.seen[1][1]


def test_a_partial_of_another_address_is_not_used(server: Server, partial: Path) -> None:
    server.routes["/x"] = resuming(breaks_at=4000)
    interrupted(server.url("/x"), partial)
    assert fetch_to(server.url("/ok"), partial=partial, policy=POLICY).data == BODY
    assert "Range" not in server.seen[1][1]


@pytest.mark.parametrize("note", ["", "{", "[]", '{"url": 1}', '{"etag": "x"}'])
def test_a_damaged_note_starts_anew(server: Server, partial: Path, note: str) -> None:
    partial.write_bytes(b"old bytes")
    partial.with_name(partial.name + ".json").write_text(note)
    assert fetch_to(server.url("/ok"), partial=partial, policy=POLICY).data == BODY
    assert left_over(partial) == []


@pytest.mark.parametrize(
    ("status", "span"),
    [
        (416, "bytes */10"),
        (206, "bytes 0-99/10240"),
        (206, "nonsense"),
        (206, None),
        (206, f"bytes {'9' * 5000}-9/*"),
    ],
)
def test_another_rest_than_ours_is_not_joined(
    server: Server, partial: Path, status: int, span: str | None
) -> None:
    server.routes["/x"] = resuming(breaks_at=4000)
    interrupted(server.url("/x"), partial)
    told = {"Content_Range": span} if span else {}
    server.routes["/x"] = lambda to: to.answer(status, b"wrong", **told)
    assert interrupted(server.url("/x"), partial).retryable
    assert left_over(partial) == []


def test_a_rest_that_is_a_part_is_kept_but_not_returned(server: Server, partial: Path) -> None:
    server.routes["/x"] = resuming(breaks_at=4000)
    interrupted(server.url("/x"), partial)
    span = f"bytes 4000-4999/{len(BODY)}"
    server.routes["/x"] = lambda to: to.answer(206, BODY[4000:5000], Content_Range=span)
    assert interrupted(server.url("/x"), partial).reason == "interrupted"
    assert partial.read_bytes() == BODY[:5000]


def test_an_unasked_part_is_refused(server: Server, partial: Path) -> None:
    server.routes["/x"] = lambda to: to.answer(206, Content_Range="bytes 5-9/10")
    assert interrupted(server.url("/x"), partial).reason == "status"


def test_the_limit_counts_both_parts(server: Server, partial: Path) -> None:
    server.routes["/x"] = resuming(breaks_at=4000)
    interrupted(server.url("/x"), partial)
    with pytest.raises(FetchFailed) as caught:
        fetch_to(server.url("/x"), partial=partial, policy=limited(len(BODY) - 1))
    assert caught.value.reason == "too_large"
    assert left_over(partial) == []


def test_a_final_failure_clears_up_and_a_passing_one_does_not(
    server: Server, partial: Path
) -> None:
    server.routes["/x"] = resuming(breaks_at=4000)
    interrupted(server.url("/x"), partial)
    server.routes["/x"] = lambda to: to.answer(503)
    assert interrupted(server.url("/x"), partial).status == 503
    assert partial.read_bytes() == BODY[:4000]
    note = json.loads(partial.with_name(partial.name + ".json").read_text())
    assert note["etag"] == '"v1"'
    server.routes["/x"] = lambda to: to.answer(404)
    assert interrupted(server.url("/x"), partial).status == 404
    assert left_over(partial) == []

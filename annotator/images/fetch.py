"""Fetch images from addresses that strangers wrote into a file."""

from __future__ import annotations

import functools
import json
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpcore
import httpx

from annotator import __version__
from annotator.images.errors import FetchFailed
from annotator.images.network import CheckedNetwork, Network

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RETRYABLE_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")
_HEADERS = {
    "User-Agent": f"mm-annotator/{__version__}",
    "Accept": "image/*,*/*;q=0.1",
    # Compressed transfer would let a few bytes become many.
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True, kw_only=True)
class FetchPolicy:
    """How far a fetch may go.

    Args:
        max_bytes: size of the answer.
        total_seconds: for everything together, redirects too.
        connect_seconds: for each connection.
        redirects: how many are followed; each is checked like the first address.
        allow: networks that are permitted although they are not public, such as that of an
            image server in the house.
    """

    max_bytes: int = 30 * 2**20
    total_seconds: float = 30
    connect_seconds: float = 10
    redirects: int = 5
    allow: tuple[Network, ...] = ()


@dataclass(frozen=True)
class Fetched:
    """What came back. `final_url` is where the redirects ended; `content_type` as claimed."""

    data: bytes
    final_url: str
    content_type: str | None


_DEFAULT_POLICY = FetchPolicy()


def fetch(url: str, *, policy: FetchPolicy = _DEFAULT_POLICY) -> Fetched:
    """Download over http or https from a public address.

    The bytes are only bytes: `inspect` them.

    Raises:
        FetchFailed: with `reason` one of `FetchReason`, and `retryable`.
    """
    with _answer(url, policy=policy, headers={}) as answer:
        answer.require_ok()
        return answer.fetched(b"".join(answer.chunks(limit=policy.max_bytes)))


def fetch_to(url: str, *, partial: Path, policy: FetchPolicy = _DEFAULT_POLICY) -> Fetched:
    """As `fetch`, but what arrives is kept in `partial`, so that the next call goes on from there.

    The rest is asked for only if the server says that the file is still the same one (a strong
    ETag, or Last-Modified, kept in `partial` + ".json"). Both files are removed when the download
    is complete or will never be. One process at a time may use one `partial`.

    Raises:
        FetchFailed: as `fetch`; where it is `retryable`, call again with the same `partial`.
    """
    resume = _resumable(partial, url=url)
    try:
        fetched = _fetch_into(partial, url=url, resume=resume, policy=policy)
    except FetchFailed as failure:
        if not failure.retryable:
            _discard(partial)
        raise
    _discard(partial)
    return fetched


@dataclass(frozen=True)
class _Answer:
    """An answer that is no redirect, before its body is read."""

    url: str
    response: httpcore.Response

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        wanted = name.lower().encode()
        values = (value for key, value in self.response.headers if key.lower() == wanted)
        return next((value.decode("utf-8", "replace").strip() for value in values), None)

    def require_ok(self) -> None:
        """Refuse every status but 200."""
        status = self.response.status
        if status == 200:
            return
        raise FetchFailed(
            "status",
            f"{self.url} answered with HTTP status {status}.",
            retryable=status in _RETRYABLE_STATUS,
            status=status,
        )

    def chunks(self, *, limit: int) -> Iterator[bytes]:
        """The body, piece by piece, at most `limit` bytes of it."""
        encoding = self.header("Content-Encoding") or "identity"
        if encoding.lower() != "identity":
            raise FetchFailed("encoded", f"{self.url} sends only {encoding}-encoded data.")
        length = self.header("Content-Length") or ""
        if length.isdecimal() and int(length) > limit:
            raise _too_large(self.url)
        received = 0
        for chunk in self.response.iter_stream():
            received += len(chunk)
            if received > limit:
                raise _too_large(self.url)
            yield chunk

    def fetched(self, data: bytes) -> Fetched:
        return Fetched(data, self.url, self.header("Content-Type"))


@contextmanager
def _answer(url: str, *, policy: FetchPolicy, headers: dict[str, str]) -> Iterator[_Answer]:
    """Follow redirects by hand, each through the same checks, to the first other answer."""
    network = CheckedNetwork(allow=policy.allow, seconds=policy.total_seconds)
    with (
        _failures_named(url),
        httpcore.ConnectionPool(ssl_context=_tls(), network_backend=network) as pool,
    ):
        for _ in range(policy.redirects + 1):
            target = _checked_url(url)
            with _get(pool, target, policy=policy, headers=headers) as response:
                answer = _Answer(str(target), response)
                if response.status not in _REDIRECTS:
                    yield answer
                    return
                url = _joined(target, answer.header("Location"))
        raise FetchFailed("redirects", f"More than {policy.redirects} redirects, now to {url}.")


@contextmanager
def _get(
    pool: httpcore.ConnectionPool,
    url: httpx.URL,
    *,
    policy: FetchPolicy,
    headers: dict[str, str],
) -> Iterator[httpcore.Response]:
    # Built from parts: a second parser could read another host out of the same text.
    target = httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )
    with pool.stream(
        "GET",
        target,
        headers=tuple(({"Host": url.netloc.decode("ascii")} | _HEADERS | headers).items()),
        extensions={"timeout": {"connect": policy.connect_seconds}},
    ) as response:
        yield response


@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _checked_url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchFailed("bad_url", f"{text[:200]!r} is no address: {error}.") from error
    if url.userinfo:
        raise FetchFailed("credentials", "An address with a user name in it is not fetched.")
    if url.scheme not in ("http", "https"):
        raise FetchFailed("scheme", f"Only http and https are fetched, not {text[:200]!r}.")
    if not url.raw_host:
        raise FetchFailed("bad_url", f"{text[:200]!r} names no host.")
    if url.port is not None and not 0 < url.port < 2**16:
        raise FetchFailed("bad_url", f"{text[:200]!r} names no possible port.")
    return url


def _joined(base: httpx.URL, location: str | None) -> str:
    if not location:
        raise FetchFailed("redirects", f"{base} redirects without saying where.")
    try:
        return str(base.join(location))
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchFailed("bad_url", f"{base} redirects to no address: {error}.") from error


@contextmanager
def _failures_named(url: str) -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise FetchFailed("timeout", f"{url} took too long: {error}.", retryable=True) from error
    except httpcore.ConnectError as error:
        raise FetchFailed("connect", f"{url} is unreachable: {error}.", retryable=True) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise FetchFailed("interrupted", f"{url} broke off: {error}.", retryable=True) from error


def _too_large(url: str) -> FetchFailed:
    return FetchFailed("too_large", f"{url} sends more bytes than are accepted.")


@dataclass(frozen=True)
class _Resume:
    """What a broken download left: so many bytes of the file with this validator."""

    n_bytes: int
    validator: str


def _resumable(partial: Path, *, url: str) -> _Resume | None:
    try:
        note = json.loads(_note_path(partial).read_text(encoding="utf-8"))
        n_bytes = partial.stat().st_size
    except (OSError, ValueError):
        return None
    if not (isinstance(note, dict) and note.get("url") == url and n_bytes):
        return None
    etag, modified = note.get("etag"), note.get("last_modified")
    # A weak ETag promises the same meaning, not the same bytes.
    if isinstance(etag, str) and not etag.startswith("W/"):
        return _Resume(n_bytes, etag)
    return _Resume(n_bytes, modified) if isinstance(modified, str) else None


def _fetch_into(partial: Path, *, url: str, resume: _Resume | None, policy: FetchPolicy) -> Fetched:
    asked = {"Range": f"bytes={resume.n_bytes}-", "If-Range": resume.validator} if resume else {}
    with _answer(url, policy=policy, headers=asked) as answer:
        total = None
        if resume and answer.response.status in (206, 416):
            total = _check_rest(answer, partial, resume)
        else:
            answer.require_ok()
            _start_anew(answer, partial, url=url)
        _append(answer, partial, max_bytes=policy.max_bytes)
        data = partial.read_bytes()
        if total not in (None, len(data)):
            raise FetchFailed("interrupted", f"{url} sent a part only.", retryable=True)
        return answer.fetched(data)


def _check_rest(answer: _Answer, partial: Path, resume: _Resume) -> int | None:
    """The size of the whole file, if said, where this answer begins at the byte we lack."""
    match = _CONTENT_RANGE.fullmatch(answer.header("Content-Range") or "")
    if answer.response.status == 206 and match and int(match[1]) == resume.n_bytes:
        return int(match[2]) if match[2] != "*" else None
    _discard(partial)
    raise FetchFailed(
        "interrupted", f"{answer.url} does not send the rest; it has to start anew.", retryable=True
    )


def _start_anew(answer: _Answer, partial: Path, *, url: str) -> None:
    note = {
        "url": url,
        "etag": answer.header("ETag"),
        "last_modified": answer.header("Last-Modified"),
    }
    # In this order: old bytes must never stand beside a new validator.
    partial.write_bytes(b"")
    _note_path(partial).write_text(json.dumps(note), encoding="utf-8")


def _append(answer: _Answer, partial: Path, *, max_bytes: int) -> None:
    with partial.open("ab") as file:
        for chunk in answer.chunks(limit=max_bytes - partial.stat().st_size):
            file.write(chunk)


def _note_path(partial: Path) -> Path:
    return partial.with_name(partial.name + ".json")


def _discard(partial: Path) -> None:
    partial.unlink(missing_ok=True)
    _note_path(partial).unlink(missing_ok=True)

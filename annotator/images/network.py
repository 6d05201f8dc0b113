"""Connections to public addresses only, and none beyond a point in time.

The check happens where the connection is made. httpcore hands the name of the host to
`CheckedNetwork.connect_tcp`; that resolves it once, judges every address and connects to one of
those. So neither an odd spelling of the host nor a DNS answer that changes can get around it, and
since httpcore itself still knows the host by its name, the Host header, SNI and the check of the
certificate are what they always are.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpcore

from annotator.images.errors import FetchFailed

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_PUBLIC_IPV6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
# Special ranges that some versions of `ipaddress` count as global.
_NOT_PUBLIC = tuple(
    ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")
)


def is_public(address: Address) -> bool:
    """Whether everybody on the internet reaches the same machine at `address`.

    IPv6 forms that stand for an IPv4 address (mapped, 6to4, NAT64) are judged as that one; Teredo
    is refused.
    """
    address = _meant(address)
    if isinstance(address, IPv6Address) and address not in _PUBLIC_IPV6:
        return False
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def checked_addresses(host: str, port: int, *, allow: tuple[Network, ...]) -> tuple[Address, ...]:
    """The addresses of `host`, all of them public or within `allow`.

    The system's resolver decides how long a lookup takes.

    Raises:
        FetchFailed: "dns", there is none; "address", at least one is not permitted.
    """
    addresses = _resolve(host, port)
    for address in addresses:
        if not (is_public(address) or any(_meant(address) in network for network in allow)):
            raise FetchFailed(
                "address", f"{host} is at {address}, which is not a public address; not fetched."
            )
    return addresses


class CheckedNetwork(httpcore.NetworkBackend):
    """httpcore's way to the network, through `checked_addresses`, with one deadline for all of it.

    Args:
        allow: networks that are permitted although they are not public.
        seconds: from now on, how long connections live.
    """

    def __init__(self, *, allow: tuple[Network, ...], seconds: float) -> None:
        self._allow = allow
        self._deadline = _Deadline(seconds)
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"no address for {host}")
        for address in checked_addresses(host, port, allow=self._allow):
            left = self._deadline.limit(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._inner.connect_tcp(
                    str(address), port, left, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failure

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def limit(self, timeout: float | None, late: type[Exception]) -> float:
        """The shorter of `timeout` and what is left; raises `late` when nothing is."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise late("the total time is used up")
        return left if timeout is None else min(timeout, left)


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every step ends at the deadline.

    A time limit per read is not enough: a server that sends a byte now and then never meets it.
    """

    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline.limit(timeout, httpcore.ReadTimeout)
        return self._inner.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._deadline.limit(timeout, httpcore.WriteTimeout)
        self._inner.write(buffer, left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.limit(timeout, httpcore.ConnectTimeout)
        try:
            stream = self._inner.start_tls(ssl_context, server_hostname, left)
        except httpcore.ConnectError as error:
            cause = error.__cause__
            # Told apart here, because httpcore's pool drops the cause.
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise FetchFailed(
                    "tls",
                    f"The certificate of {server_hostname} is refused: {cause.verify_message}.",
                ) from error
            raise
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


def _resolve(host: str, port: int) -> tuple[Address, ...]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        temporary = getattr(error, "errno", None) == socket.EAI_AGAIN
        raise FetchFailed(
            "dns", f"The host {host} has no address: {error}.", retryable=temporary
        ) from error
    return tuple(dict.fromkeys(ip_address(str(answer[4][0])) for answer in answers))


def _meant(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that only wraps it, else `address`."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address

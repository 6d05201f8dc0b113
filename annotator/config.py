"""Settings: one home and one documented name each.

=========================== ===========================  ===========================================
environment                 default                      meaning
=========================== ===========================  ===========================================
ANNOTATOR_HOME              ./annotator-data             folder of database, images, logs
DATABASE_URL                HOME/annotator.db            database address, or a SQLite file's path
ANNOTATOR_IMAGES            HOME/images                  address of the images, of fsspec; shared by
                                                         several servers
ANNOTATOR_EXPORTS           ./exports                    folder that releases are written to
ANNOTATOR_HOST              127.0.0.1                    address the server listens on
ANNOTATOR_PORT              8501                         port the server listens on
ANNOTATOR_HOSTS             (none)                       further names it answers to while it
                                                         listens on this machine alone
ANNOTATOR_ACCESS            local                        who gets in: local, accounts, proxy, oidc
ANNOTATOR_SESSION_HOURS     336                          with accounts, how long one stays signed in
ANNOTATOR_PROXIES           (none)                       networks of proxies, whose header is
                                                         believed, comma-separated
ANNOTATOR_PROXY_HEADER      X-Forwarded-User             with proxy, the header with the name
ANNOTATOR_OIDC_ALLOW        (none)                       with oidc, who is let in: addresses,
                                                         @domains, or * for everybody
ANNOTATOR_OIDC_CLAIM        email                        with oidc, the claim that is the name
ANNOTATOR_OIDC_TRUST_ADDRESSES
                            0                            1: with oidc, an address is taken though
                                                         the provider does not say it is verified
ANNOTATOR_SECRET            made once in HOME/secret     key that signs cookies
ANNOTATOR_UPLOAD_MB         200                          largest upload, MiB
ANNOTATOR_IMAGE_MB          30                           largest image, MiB
ANNOTATOR_IMAGE_MEGAPIXELS  64                           largest image, millions of pixels
ANNOTATOR_FETCH_SECONDS     30                           longest time for fetching one image
ANNOTATOR_FETCH_ALLOW       (none)                       private networks images may be fetched
                                                         from, such as 10.1.0.0/16, comma-separated
ANNOTATOR_LOG               INFO                         log level
ANNOTATOR_JUDGE_URL         OPENAI_BASE_URL, or OpenAI   address of the judges' server
ANNOTATOR_JUDGE_KEY         OPENAI_API_KEY               key that is sent to that address alone
ANNOTATOR_JUDGE_MODEL       (none)                       model that is asked where none is named
ANNOTATOR_JUDGE_PRICE       (none)                       USD per million tokens in / out: 2.5/10
ANNOTATOR_JUDGE_CONCURRENCY 8                            calls at the same time
ANNOTATOR_JUDGE_SECONDS     120                          longest time for one attempt of a call
ANNOTATOR_JUDGE_IMAGE_SIDE  1024                         longest side of images sent, in pixels
=========================== ===========================  ===========================================

Flags of the command line win over the environment. This is the only module that reads either.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from annotator.errors import Misconfigured
from annotator.images import FetchPolicy, ImageLimits

MIB = 1024 * 1024
ACCESS = ("local", "accounts", "proxy", "oidc")
PREFIXES = ("ANNOTATOR_", "DATABASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL")
OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; see the module's table for units."""

    home: Path
    database: str
    exports: Path
    images: str = ""
    host: str = "127.0.0.1"
    port: int = 8501
    secret: str | None = None
    upload_mb: int = 200
    image_mb: int = 30
    image_megapixels: int = 64
    fetch_seconds: int = 30
    fetch_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    log: str = "INFO"
    judge_url: str = OPENAI
    judge_key: str | None = field(default=None, repr=False)
    judge_model: str | None = None
    judge_price: tuple[float, float] | None = None
    judge_concurrency: int = 8
    judge_seconds: int = 120
    judge_image_side: int = 1024
    access: str = "local"
    session_hours: int = 336
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    proxy_header: str = "X-Forwarded-User"
    oidc_claim: str = "email"
    oidc_allow: tuple[str, ...] = ()
    oidc_trust_addresses: bool = False
    hosts: tuple[str, ...] = ()

    def key_for(self, url: str) -> str | None:
        """The key to send to a judges' server: ours goes to the address it was set for alone."""
        return self.judge_key if url.rstrip("/") == self.judge_url else None

    @property
    def image_limits(self) -> ImageLimits:
        """What an image may be."""
        return ImageLimits(
            max_bytes=self.image_mb * MIB, max_pixels=self.image_megapixels * 1_000_000
        )

    @property
    def fetch_policy(self) -> FetchPolicy:
        """How images may be fetched."""
        return FetchPolicy(
            max_bytes=self.image_mb * MIB,
            total_seconds=self.fetch_seconds,
            allow=self.fetch_allow,
        )

    def signing_key(self) -> str:
        """The key that signs cookies: as set, or made once and kept in the home folder."""
        if self.secret:
            return self.secret
        file = self.home / "secret"
        if not file.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(f"secret.{secrets.token_hex(8)}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(32))
            with contextlib.suppress(FileExistsError):
                file.hardlink_to(draft)
            draft.unlink()
        return file.read_text()

    def environment(self) -> dict[str, str]:
        """The settings as environment variables, for the processes that serve starts."""
        found = {
            "ANNOTATOR_HOME": str(self.home),
            "DATABASE_URL": self.database,
            "ANNOTATOR_EXPORTS": str(self.exports),
            "ANNOTATOR_IMAGES": self.images,
            "ANNOTATOR_HOST": self.host,
            "ANNOTATOR_PORT": str(self.port),
            "ANNOTATOR_HOSTS": ",".join(self.hosts),
            "ANNOTATOR_UPLOAD_MB": str(self.upload_mb),
            "ANNOTATOR_IMAGE_MB": str(self.image_mb),
            "ANNOTATOR_IMAGE_MEGAPIXELS": str(self.image_megapixels),
            "ANNOTATOR_FETCH_SECONDS": str(self.fetch_seconds),
            "ANNOTATOR_FETCH_ALLOW": ",".join(str(network) for network in self.fetch_allow),
            "ANNOTATOR_LOG": self.log,
            "ANNOTATOR_ACCESS": self.access,
            "ANNOTATOR_SESSION_HOURS": str(self.session_hours),
            "ANNOTATOR_PROXIES": ",".join(str(network) for network in self.proxies),
            "ANNOTATOR_PROXY_HEADER": self.proxy_header,
            "ANNOTATOR_OIDC_CLAIM": self.oidc_claim,
            "ANNOTATOR_OIDC_ALLOW": ",".join(self.oidc_allow),
            "ANNOTATOR_OIDC_TRUST_ADDRESSES": str(int(self.oidc_trust_addresses)),
            "ANNOTATOR_JUDGE_URL": self.judge_url,
            "ANNOTATOR_JUDGE_CONCURRENCY": str(self.judge_concurrency),
            "ANNOTATOR_JUDGE_SECONDS": str(self.judge_seconds),
            "ANNOTATOR_JUDGE_IMAGE_SIDE": str(self.judge_image_side),
            # The web server's own: our gate must see who is connected, whomever they name.
            "FORWARDED_ALLOW_IPS": "",
        }
        price = "/".join(str(usd) for usd in self.judge_price) if self.judge_price else None
        some = {
            "ANNOTATOR_SECRET": self.secret,
            "ANNOTATOR_JUDGE_KEY": self.judge_key,
            "ANNOTATOR_JUDGE_MODEL": self.judge_model,
            "ANNOTATOR_JUDGE_PRICE": price,
        }
        return found | {name: value for name, value in some.items() if value}


def load(
    environment: Mapping[str, str] | None = None,
    *,
    database: str | None = None,
    judge_url: str | None = None,
) -> Settings:
    """Read the settings.

    Args:
        environment: instead of the process's own.
        database: the flag ``--db``, which wins over DATABASE_URL.
        judge_url: the flag ``--base-url``, which wins over ANNOTATOR_JUDGE_URL.

    Raises:
        Misconfigured: a value that cannot be read, with its name.
    """
    env = os.environ if environment is None else environment
    home = Path(env.get("ANNOTATOR_HOME") or "annotator-data").expanduser().resolve()
    return Settings(
        home=home,
        database=database or env.get("DATABASE_URL") or str(home / "annotator.db"),
        exports=Path(env.get("ANNOTATOR_EXPORTS") or "exports").expanduser().resolve(),
        images=env.get("ANNOTATOR_IMAGES") or "",
        host=env.get("ANNOTATOR_HOST") or "127.0.0.1",
        port=whole(env, "ANNOTATOR_PORT", 8501, least=0, most=65_535),
        hosts=words(env, "ANNOTATOR_HOSTS"),
        secret=env.get("ANNOTATOR_SECRET") or None,
        upload_mb=whole(env, "ANNOTATOR_UPLOAD_MB", 200),
        image_mb=whole(env, "ANNOTATOR_IMAGE_MB", 30),
        image_megapixels=whole(env, "ANNOTATOR_IMAGE_MEGAPIXELS", 64),
        fetch_seconds=whole(env, "ANNOTATOR_FETCH_SECONDS", 30),
        fetch_allow=networks(env, "ANNOTATOR_FETCH_ALLOW"),
        log=level(env.get("ANNOTATOR_LOG") or "INFO"),
        access=access(env),
        session_hours=whole(env, "ANNOTATOR_SESSION_HOURS", 336, most=24 * 365),
        proxies=networks(env, "ANNOTATOR_PROXIES"),
        proxy_header=env.get("ANNOTATOR_PROXY_HEADER") or "X-Forwarded-User",
        oidc_claim=env.get("ANNOTATOR_OIDC_CLAIM") or "email",
        oidc_allow=words(env, "ANNOTATOR_OIDC_ALLOW"),
        oidc_trust_addresses=whole(env, "ANNOTATOR_OIDC_TRUST_ADDRESSES", 0, least=0, most=1) == 1,
        judge_url=address(
            judge_url or env.get("ANNOTATOR_JUDGE_URL") or env.get("OPENAI_BASE_URL") or OPENAI
        ),
        judge_key=env.get("ANNOTATOR_JUDGE_KEY") or env.get("OPENAI_API_KEY") or None,
        judge_model=env.get("ANNOTATOR_JUDGE_MODEL") or None,
        judge_price=price(env.get("ANNOTATOR_JUDGE_PRICE") or ""),
        judge_concurrency=whole(env, "ANNOTATOR_JUDGE_CONCURRENCY", 8, most=256),
        judge_seconds=whole(env, "ANNOTATOR_JUDGE_SECONDS", 120, most=3_600),
        judge_image_side=whole(env, "ANNOTATOR_JUDGE_IMAGE_SIDE", 1024, least=64, most=8_192),
    )


def current_settings() -> Settings:
    """load, remembered as long as the environment stays as it is.

    A server does not leave the folder it was started in, and asking for it takes longer than all
    else that a page does here.
    """
    ours = tuple((n, v) for n, v in os.environ.items() if n.startswith(PREFIXES))
    return remembered(ours)


@lru_cache(maxsize=4)
def remembered(environment: tuple[tuple[str, str], ...]) -> Settings:
    """load for one environment."""
    return load(dict(environment))


def whole(
    env: Mapping[str, str], name: str, default: int, *, least: int = 1, most: int = 1_000_000
) -> int:
    """A whole number from the environment."""
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise Misconfigured(f"{name} is {text!r}; it must be a whole number, {least} to {most}.")
    return int(text)


def words(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Words in lower case from a comma-separated list in the environment."""
    return tuple(word.strip().casefold() for word in env.get(name, "").split(",") if word.strip())


def networks(env: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks from a comma-separated list in the environment."""
    try:
        parts = env.get(name, "").split(",")
        return tuple(ip_network(part.strip()) for part in parts if part.strip())
    except ValueError as fault:
        raise Misconfigured(f"{name}: {fault}.") from fault


def access(env: Mapping[str, str]) -> str:
    """Who gets in; a proxy must be named before its header is believed."""
    found = env.get("ANNOTATOR_ACCESS") or "local"
    if found not in ACCESS:
        raise Misconfigured(f"ANNOTATOR_ACCESS is {found!r}; use {', '.join(ACCESS)}.")
    if found == "proxy" and not networks(env, "ANNOTATOR_PROXIES"):
        raise Misconfigured("ANNOTATOR_ACCESS is proxy: name its address in ANNOTATOR_PROXIES.")
    if found == "oidc" and not words(env, "ANNOTATOR_OIDC_ALLOW"):
        raise Misconfigured(
            "ANNOTATOR_ACCESS is oidc: say in ANNOTATOR_OIDC_ALLOW who is let in, such as"
            " @example.org, or * for everybody the provider knows."
        )
    return found


def level(text: str) -> str:
    """A log level's name."""
    if text.upper() not in logging.getLevelNamesMapping():
        raise Misconfigured(f"ANNOTATOR_LOG is {text!r}; use DEBUG, INFO, WARNING or ERROR.")
    return text.upper()


def address(text: str) -> str:
    """A judges' server's address, without a slash at its end; a key has no place in it."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured("The judges' address must begin with http:// or https://.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise Misconfigured(
            "The judges' address must hold no name, key or query; a key belongs into"
            " ANNOTATOR_JUDGE_KEY."
        )
    return text.rstrip("/")


def price(text: str) -> tuple[float, float] | None:
    """USD per million tokens, in and out, from "2.5/10"; None where nothing is said."""
    if not text:
        return None
    try:
        into, out = (float(part) for part in text.split("/"))
    except ValueError:
        into = out = math.nan
    if not (0 <= into < math.inf and 0 <= out < math.inf):
        raise Misconfigured(
            f"A price is {text!r}; write USD per million tokens in and out, such as 2.5/10."
        )
    return into, out

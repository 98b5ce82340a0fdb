"""The one factory of HTTP clients: the httpx API on the aiohttp transport."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import httpx
from aiohttp import ClientSession
from httpx_aiohttp import AiohttpTransport


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds that one HTTP exchange may take, phase by phase; `read` is between two reads."""

    connect: float = 2.0
    read: float = 2.0
    write: float = 5.0
    pool: float = 2.0

    def as_timeout(self) -> httpx.Timeout:
        """The same, as httpx takes it."""
        return httpx.Timeout(connect=self.connect, read=self.read, write=self.write, pool=self.pool)


@cache
def tls() -> ssl.SSLContext:
    """One TLS context for all clients: building it costs 29 ms."""
    return ssl.create_default_context()


def open_client(
    base_url: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    deadlines: Deadlines | None = None,
    connections: int = 64,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Return a client to keep for the life of the process; tests hand in a MockTransport.

    Proxies and .netrc of the environment are not read: addresses come from the settings alone.
    """
    return httpx.AsyncClient(
        base_url=base_url,
        headers=dict(headers or {}),
        timeout=(deadlines or Deadlines()).as_timeout(),
        transport=transport or open_transport(connections),
        trust_env=False,
    )


def open_transport(connections: int) -> httpx.AsyncBaseTransport:
    """Return what a client sends through; most callers want `open_client`."""
    limits = httpx.Limits(
        max_connections=connections,
        max_keepalive_connections=connections // 2,
        keepalive_expiry=120,
    )
    return _OneTry(verify=tls(), limits=limits, trust_env=False)


class _OneTry(AiohttpTransport):
    """Sends once: whether a broken connection is worth a second try is for our callers to say."""

    def get_client(self) -> ClientSession:
        """Return a session without aiohttp's own repetition of what broke on a kept connection."""
        session = super().get_client()
        session._retry_connection = False  # noqa: SLF001 - there is no public switch
        return session

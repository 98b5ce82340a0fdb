"""Connections to Redis, each of which passes the fence before its first command (scripts.py)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    ConnectionPool,
    SSLConnection,
    UnixDomainSocketConnection,
    parse_url,
)
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from hawk_backend.cache.scripts import FENCE
from hawk_backend.errors import ConfigurationError

_CONNECT_S = 1.0
"""The library's own timeout where it connects and closes; the link's comes first."""
_CONNECTIONS = 32


class NotTheOne(RedisConnectionError):
    """Something answers that the stamps must not be read from."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The keys that the fence guards, and who hears what it said, with when it was asked."""

    keys: tuple[str, ...]
    passed: Callable[[list[bytes], float], None]


class _Fenced(AbstractConnection):
    """A connection that passes the fence before anything else is sent on it."""

    def __init__(self, *, gate: "Gate", **options: Any) -> None:  # noqa: ANN401 - the base class's own
        self._gate = gate
        super().__init__(**options)

    async def on_connect_check_health(self, check_health: bool = True) -> None:  # noqa: FBT001, FBT002 - overrides
        await super().on_connect_check_health(check_health=check_health)
        keys, asked = self._gate.keys, time.monotonic()
        try:
            await self.send_command("EVAL", FENCE, len(keys), *keys, check_health=False)
            reply = await self.read_response()
        except ResponseError as exc:
            raise NotTheOne("does not allow the scripts that the cache needs") from exc
        self._gate.passed(reply, asked)


class _Plain(_Fenced, Connection):
    pass


class _Encrypted(_Fenced, SSLConnection):
    pass


class _Local(_Fenced, UnixDomainSocketConnection):
    pass


_FENCED: Mapping[type[AbstractConnection], type[Connection] | type[UnixDomainSocketConnection]] = {
    Connection: _Plain,
    SSLConnection: _Encrypted,
    UnixDomainSocketConnection: _Local,
}


def open_pool(url: str, gate: Gate) -> ConnectionPool:
    """Return a pool whose connections pass `gate`; raises ConfigurationError."""
    try:
        options: dict[str, Any] = dict(parse_url(url))
    except ValueError:  # which may quote a part of the password
        raise ConfigurationError(
            "REDIS_URL cannot be read.",
            remedy="write redis://[:password@]host:port/0, or rediss://, and percent-encode the "
            "password",
        ) from None
    kind = _FENCED[options.pop("connection_class", Connection)]
    settings = {
        "socket_timeout": None,  # ours counts; the library's would swallow a cancellation
        "socket_connect_timeout": _CONNECT_S,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        "driver_info": None,  # saves a round trip on every new connection
        "max_connections": _CONNECTIONS,
        "decode_responses": False,
    }
    return ConnectionPool(connection_class=kind, gate=gate, **(options | settings))

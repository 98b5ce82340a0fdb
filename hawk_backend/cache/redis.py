"""The link to Redis: there within one socket timeout, or not at all.

    up ──(a command times out, or its connection fails twice)──▶ down
     ▲                                                            │ probed in the background
     └──────────────────── a probe got through ───────────────────┘

While it is down every command fails at once.  A reply that is an error (WRONGTYPE, OOM) says
that Redis lives and changes nothing.  Every new connection passes the fence before its first
command (scripts.py).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from redis.asyncio import Redis
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    MaxConnectionsError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from hawk_backend.cache.connections import Gate, NotTheOne, open_pool
from hawk_backend.cache.tasks import Tasks
from hawk_backend.observability import logger

__all__ = ["Away", "Keys", "Link", "Redis", "ResponseError"]

_LOG = logger("cache.redis")
T = TypeVar("T")

TIMEOUT_S = 0.05
"""What a prompt pays for a Redis that hangs, connecting included; on a slow network, more."""
_STEPS = 6
_PAUSES_S = (0.0, 0.1, 0.2, 0.4)
_LONGEST_PAUSE_S = 0.5
_MICRO = 1_000_000


class Away(Exception):
    """Redis is out of reach, which is told in plain words; a command may have been done."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The names of our keys; `namespace` keeps the rows of one database from another's."""

    namespace: str

    @property
    def fence(self) -> str:
        """Which Redis process the stamps belong to."""
        return f"hawk:{self.namespace}:fence"

    @property
    def stamps(self) -> str:
        """Hash: a nonce for each table."""
        return f"hawk:{self.namespace}:stamps"

    @property
    def versions(self) -> str:
        """Hash: each table's version, as it was when its nonce was last deleted for it."""
        return f"hawk:{self.namespace}:versions"

    @property
    def lease(self) -> str:
        """Which replica polls."""
        return f"hawk:{self.namespace}:lease"

    def rows(self, digest: str) -> str:
        """Name an entry of tier 2."""
        return f"hawk:{self.namespace}:rows:{digest}"


class Link:
    """One Redis.  `on_wiped` is told the fields that a fence wiped."""

    def __init__(
        self,
        url: str,
        keys: Keys,
        tasks: Tasks,
        *,
        timeout_s: float = TIMEOUT_S,
        on_wiped: Callable[[list[bytes]], None] = lambda _: None,
    ) -> None:
        self.keys = keys
        self.up = True
        self.fenced = True
        self.connected = False
        self.why = "not used yet"
        self._tasks = tasks
        self._timeout_s = timeout_s
        self._on_wiped = on_wiped
        self._ahead_s = 0.0
        self._found = asyncio.Event()
        self._found.set()
        gate = Gate((keys.fence, keys.stamps, keys.versions), self._passed)
        self._redis = Redis(connection_pool=open_pool(url, gate))

    def __repr__(self) -> str:
        return f"<Link {'up' if self.up else 'down'}: {self.why}>"

    async def run(self, command: Callable[[Redis], Awaitable[T]], *, patience_s: float = 0.0) -> T:
        """Return the reply; raises Away, or ResponseError for a reply that is an error.

        `patience_s` is how long to wait for a Redis that is away just now, to try once more.
        """
        try:
            return await self._run(command)
        except Away:
            if not patience_s:
                raise
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._found.wait()
            return await self._run(command)

    def start(self) -> None:
        """Connect in the background, so that the first prompt need not."""
        self._tasks.start(self._probe())

    def clock_us(self) -> int:
        """Return the time by Redis's clock, as far as it is known here."""
        return int((time.monotonic() + self._ahead_s) * _MICRO)

    def heard(self, seconds: bytes, micros: bytes, asked: float) -> int:
        """Set our idea of Redis's clock by a TIME that was asked for at `asked`; return it."""
        told = int(seconds) * _MICRO + int(micros)
        self._ahead_s = told / _MICRO - (asked + time.monotonic()) / 2
        return told

    async def aclose(self) -> None:
        """Close every connection."""
        await self._redis.aclose(close_connection_pool=True)

    async def _run(self, command: Callable[[Redis], Awaitable[T]]) -> T:
        if not self.up:
            raise Away(self.why)
        try:
            return await self._in_time(command)
        except RedisError as exc:
            if isinstance(exc, ResponseError) and not isinstance(exc, ReadOnlyError):
                raise
            if not isinstance(exc, MaxConnectionsError):
                self._lost(exc)
            raise Away(_plainly(exc)) from exc

    async def _in_time(self, command: Callable[[Redis], Awaitable[T]]) -> T:
        try:
            with _Patience(self._timeout_s):
                return await self._tried(command)
        except TimeoutError as exc:
            raise RedisTimeoutError from exc

    async def _tried(self, command: Callable[[Redis], Awaitable[T]]) -> T:
        """Send, and once more where the connection had been closed."""
        try:
            return await command(self._redis)
        except MaxConnectionsError:
            raise
        except RedisConnectionError:
            return await command(self._redis)

    def _passed(self, reply: list[bytes], asked: float) -> None:
        """Take what the fence said to a new connection; raises for one that must not be used."""
        verdict, seconds, micros, *wiped = reply
        self.heard(seconds, micros, asked)
        if verdict == b"replica":
            raise NotTheOne("is a read replica, not a primary")
        self.fenced = verdict != b"unfenced"
        self.connected, self.why = True, "answers"
        if wiped:
            self._on_wiped(wiped)

    def _lost(self, exc: RedisError) -> None:
        self.why = _plainly(exc)
        if self.up:
            self.up = False
            self._found.clear()
            _LOG.warning("redis lost", reason=type(exc).__name__)
            self._tasks.start(self._probe())

    async def _probe(self) -> None:
        """Try until Redis answers; the first time at once, for it may have been our own delay."""
        turn = 0
        while True:
            try:
                # Only connections that pass the fence now may speak for what comes.
                await self._redis.connection_pool.disconnect(inuse_connections=False)
                await self._in_time(lambda redis: redis.ping())
            except RedisError as exc:
                self.up, self.why = False, _plainly(exc)
                self._found.clear()
            else:
                break
            await asyncio.sleep(_PAUSES_S[turn] if turn < len(_PAUSES_S) else _LONGEST_PAUSE_S)
            turn += 1
        if not self.up:
            self.up = True
            self._found.set()
            _LOG.info("redis found")


def _plainly(exc: RedisError) -> str:
    """Say what is wrong without the words of the library, which name hosts and keys."""
    if isinstance(exc, NotTheOne):
        return str(exc)
    if isinstance(exc, RedisTimeoutError):
        return "does not answer in time"
    if isinstance(exc, AuthenticationError):
        return "refuses our password"
    if isinstance(exc, BusyLoadingError):
        return "is still loading its data"
    return "cannot be reached"


class _Patience:
    """Gives a command the timeout, not counting how long our own loop was held up meanwhile.

    After such a delay the clock has run out and the reply is there, both at once; asyncio.timeout
    would throw the reply away and call Redis dead.  So the time is counted in steps, and between
    any two of them the loop takes what has arrived.
    """

    def __init__(self, timeout_s: float) -> None:
        self._step_s = timeout_s / _STEPS
        self._left = _STEPS

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._wait()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._timer.cancel()
        ours = not self._left and self._task is not None and self._task.uncancel() == 0
        if ours and kind is asyncio.CancelledError:
            raise TimeoutError

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._step_s, self._step)

    def _step(self) -> None:
        self._left -= 1
        if self._left:
            self._wait()
        elif self._task is not None:
            self._task.cancel()

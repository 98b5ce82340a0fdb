"""Stamps: one random nonce a table; to retire a table is to delete its nonce.

Rows are valid as long as the nonce under which they were read is the table's present one.
`RedisStamps` keeps them for all replicas, `LocalStamps` for one process without Redis.
"""

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, cast

from hawk_backend.cache.redis import Away, Link, Redis, ResponseError
from hawk_backend.cache.scripts import LEASE, POLLED, RELEASE, SETTLE
from hawk_backend.cache.tasks import Tasks
from hawk_backend.cache.turns import Turns
from hawk_backend.errors import CacheUnavailable

LEASE_MS = 2_000
_PATIENCE_S = 0.5
"""How long a retirement waits for a Redis that is away just now."""
_NONCE_CHARS = 22
_MICROS_CHARS = 18
_MICRO = 1_000_000
_REMEDY = "nothing was confirmed as retired: send it again once Redis can be reached"


@dataclass(frozen=True, slots=True)
class Seen:
    """The stamps at one moment; a table whose nonce could not be had is not in `nonces`.

    `polled_s_ago` says when the feed's last successful poll began; None: no poll is on record.
    """

    nonces: Mapping[str, bytes]
    polled_s_ago: float | None = None


UNKNOWN = Seen({})
"""No stamp is known: nothing that is kept may be used."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Whether this replica is the one that polls.

    `at_us` is the moment and `polled_us` that of the last poll, both by the stamps' clock.
    """

    held: bool
    at_us: int
    polled_us: int | None


class Stamps(Protocol):
    """Where the nonces are."""

    @property
    def shared(self) -> bool:
        """Whether other replicas see the same stamps."""

    async def read(self, tables: Iterable[str]) -> Seen:
        """Return the stamps as they are after this call began, minted where absent."""

    async def retire(self, tables: Sequence[str]) -> None:
        """Delete the nonces; raises CacheUnavailable where that is not confirmed."""

    async def lease(self, replica: str) -> Lease | None:
        """Ask to be the one that polls, for two seconds; None where that cannot be known."""

    async def release(self, replica: str) -> None:
        """Let another replica poll at once."""

    async def settle(self, versions: Mapping[str, str], at_us: int) -> tuple[str, ...] | None:
        """Delete the nonces of tables whose version is another than the last one; return those.

        `at_us` is a moment before the versions were read. None: it is not known what was done.
        """


def nonce() -> bytes:
    """Return what no other nonce has ever been."""
    return secrets.token_urlsafe(16).encode()


class LocalStamps:
    """The stamps of a single replica."""

    shared = False

    def __init__(self) -> None:
        self._nonces: dict[str, bytes] = {}
        self._versions: dict[str, str] = {}
        self._polled_us: int | None = None

    async def read(self, tables: Iterable[str]) -> Seen:
        """Return the stamps, minted where absent."""
        nonces = {table: self._nonces.setdefault(table, nonce()) for table in tables}
        ago = None if self._polled_us is None else (_now_us() - self._polled_us) / _MICRO
        return Seen(nonces, ago)

    async def retire(self, tables: Sequence[str]) -> None:
        """Delete the nonces."""
        for table in tables:
            self._nonces.pop(table, None)

    async def lease(self, replica: str) -> Lease | None:
        """Poll always: there is nobody else."""
        del replica
        return Lease(held=True, at_us=_now_us(), polled_us=self._polled_us)

    async def release(self, replica: str) -> None:
        """Do nothing: there is nobody else."""

    async def settle(self, versions: Mapping[str, str], at_us: int) -> tuple[str, ...] | None:
        """Delete the nonces of tables whose version has changed, appeared or gone."""
        changed = [
            table
            for table in self._versions.keys() | versions.keys()
            if self._versions.get(table) != versions.get(table)
        ]
        self._versions, self._polled_us = dict(versions), at_us
        return tuple(sorted(t for t in changed if self._nonces.pop(t, None) is not None))


class RedisStamps:
    """The stamps of all replicas that share a Redis; whatever fails there reads as unknown."""

    shared = True

    def __init__(self, link: Link, tasks: Tasks) -> None:
        self._link = link
        self._reads: Turns[None, frozenset[str], Seen] = Turns(self._read, tasks)
        self._retirements: Turns[None, Sequence[str], None] = Turns(self._retire, tasks)

    async def read(self, tables: Iterable[str]) -> Seen:
        """Return the stamps in one HMGET for all who ask at once; minted where absent."""
        return await self._reads.ask_at_once(None, frozenset(tables))

    async def retire(self, tables: Sequence[str]) -> None:
        """Delete the nonces in one command for all who ask at once.

        Raises CacheUnavailable where Redis did not confirm.
        """
        await self._retirements.ask(None, tables)

    async def lease(self, replica: str) -> Lease | None:
        """Ask for the lease, or make the one that is held longer."""
        keys, asked = self._link.keys, time.monotonic()
        try:
            held, seconds, micros, polled = await self._link.run(
                lambda redis: redis.eval(LEASE, 2, keys.lease, keys.stamps, replica, LEASE_MS)
            )
        except (Away, ResponseError):
            return None
        at_us = self._link.heard(seconds, micros, asked)
        return Lease(held=bool(held), at_us=at_us, polled_us=_moment(polled))

    async def release(self, replica: str) -> None:
        """Give the lease back, if it is held; it ends by itself where that fails."""
        with suppress(Away, ResponseError):
            await self._link.run(
                lambda redis: redis.eval(RELEASE, 1, self._link.keys.lease, replica)
            )

    async def settle(self, versions: Mapping[str, str], at_us: int) -> tuple[str, ...] | None:
        """Compare and delete in one script."""
        keys = self._link.keys
        pairs = [text for pair in versions.items() for text in pair]
        try:
            try:
                retired = await self._link.run(
                    lambda redis: redis.eval(
                        SETTLE, 3, keys.fence, keys.stamps, keys.versions, at_us, *pairs
                    )
                )
            except ResponseError as exc:
                await self._clean(exc)
                return None
        except (Away, ResponseError):
            return None
        return tuple(sorted(name.decode(errors="replace") for name in retired))

    async def _retire(self, _: None, asked: Sequence[Sequence[str]]) -> None:
        key, names = self._link.keys.stamps, {name for tables in asked for name in tables}
        try:
            try:
                await self._link.run(lambda redis: redis.hdel(key, *names), patience_s=_PATIENCE_S)
            except ResponseError as exc:
                await self._clean(exc)
        except Away as exc:
            raise CacheUnavailable(f"Redis {exc}.", remedy=_REMEDY) from exc
        except ResponseError as exc:
            raise CacheUnavailable("Redis refused to retire.", remedy=_REMEDY) from exc

    async def _read(self, _: None, asked: Sequence[frozenset[str]]) -> Seen:
        names = sorted(frozenset().union(*asked))
        try:
            return await self._seen(names)
        except (Away, ResponseError):
            return UNKNOWN

    async def _seen(self, names: Sequence[str]) -> Seen:
        key = self._link.keys.stamps
        try:
            reply = await self._link.run(lambda redis: redis.hmget(key, [*names, POLLED]))
        except ResponseError as exc:
            await self._clean(exc)
            return UNKNOWN
        *found, polled = cast("list[bytes | None]", reply)
        nonces = dict(zip(names, found, strict=True))
        if bad := [name for name, value in nonces.items() if not _possible(value)]:
            nonces |= await self._minted(bad, [name for name in bad if nonces[name] is not None])
            nonces = {name: value for name, value in nonces.items() if _possible(value)}
        return Seen(cast("Mapping[str, bytes]", nonces), self._seconds_since(polled))

    async def _minted(
        self, names: Sequence[str], strange: Sequence[str]
    ) -> Mapping[str, bytes | None]:
        """Give nonces to tables that have none, or take those that somebody else just gave."""
        key = self._link.keys.stamps

        async def mint(redis: Redis) -> list[bytes | None]:
            async with redis.pipeline(transaction=True) as pipe:
                if strange:
                    pipe.hdel(key, *strange)
                for name in names:
                    pipe.hsetnx(key, name, nonce())
                pipe.hmget(key, list(names))
                return list((await pipe.execute())[-1])

        try:
            minted = await self._link.run(mint)
        except ResponseError:  # a Redis that is full takes no new nonce
            return {}
        return dict(zip(names, minted, strict=True))

    async def _clean(self, error: ResponseError) -> None:
        """Remove what stands in the place of our hashes and is none: so everything is retired."""
        if not str(error).startswith("WRONGTYPE"):
            raise error
        keys = self._link.keys
        await self._link.run(lambda redis: redis.delete(keys.stamps, keys.versions))

    def _seconds_since(self, polled: bytes | None) -> float | None:
        at_us = _moment(polled)
        if at_us is None:
            return None
        seconds = (self._link.clock_us() - at_us) / _MICRO
        return seconds if seconds > -1 else None


def _possible(value: bytes | None) -> bool:
    return value is not None and len(value) == _NONCE_CHARS


def _moment(polled: bytes | None) -> int | None:
    return int(polled) if polled and polled.isdigit() and len(polled) <= _MICROS_CHARS else None


def _now_us() -> int:
    return int(time.monotonic() * _MICRO)

"""The two tiers: rows ready for use in this process, and the source's bytes in Redis."""

import hmac
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

import orjson

from hawk_backend.cache.keys import SliceKey, digest
from hawk_backend.cache.redis import Away, Link, ResponseError
from hawk_backend.cache.tasks import Tasks
from hawk_backend.cache.turns import Turns
from hawk_backend.models import Tier
from hawk_backend.observability import logger
from hawk_backend.rows import Answer, Read, Slice

_LOG = logger("cache.tiers")
_OVERHEAD = 2_000
"""Memory of an entry besides its rows, in bytes, about."""
_KEPT_S = 900
"""How long Redis keeps an entry at most: for a replica that starts, or lost its own."""
_LARGEST = 2_000_000
"""Bytes that still pass within the link's timeout beside a prompt's other tables."""
_BEHIND = 16
"""Entries that may wait to be written: fewer than there are connections, for prompts need some."""
_MAGIC = b"HAWK1"
_SUM = 16


def size_of(kept: Read) -> int:
    """Return the memory that an entry takes, in bytes, about."""
    return kept.slice.size + _OVERHEAD


class Memory:
    """Tier 1: reads ready to be handed out, each with the stamp under which its rows were read.

    At most `bound` bytes; what was not used for longest goes first.
    """

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.size = 0
        self.dropped = 0
        self._kept: OrderedDict[SliceKey, Read] = OrderedDict()

    def __repr__(self) -> str:
        return f"<Memory {len(self)} slices, {self.size / 1e6:.1f} of {self.bound / 1e6:.0f} MB>"

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: SliceKey) -> Read | None:
        """Return what is kept, valid or not, and count it as used."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def peek(self, key: SliceKey) -> Read | None:
        """Return what is kept without counting it as used."""
        return self._kept.get(key)

    def items(self) -> Iterator[tuple[SliceKey, Read]]:
        """Iterate over everything that is kept."""
        return iter(self._kept.items())

    def of(self, table: str) -> list[Read]:
        """Return everything that is kept of one table."""
        return [kept for key, kept in self._kept.items() if key.table == table]

    def put(self, key: SliceKey, stamp: bytes, rows: Slice) -> None:
        """Keep a slice instead of another; one that is larger than the bound is not kept."""
        self._remove(key)
        kept = Read(rows, Tier.MEMORY, 0.0, stamp=stamp)
        if size_of(kept) > self.bound:
            return
        self._kept[key] = kept
        self.size += size_of(kept)
        while self.size > self.bound:
            self._remove(next(iter(self._kept)))
            self.dropped += 1

    def drop(self, tables: frozenset[str]) -> None:
        """Free the memory of retired tables."""
        for key in [key for key in self._kept if key.table in tables]:
            self._remove(key)

    def _remove(self, key: SliceKey) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self.size -= size_of(kept)


class Rejected(Exception):
    """Bytes that are not the entry that was looked for, whole and as we wrote it."""


class Shared:
    """Tier 2: the source's bytes, each with its full name and a checksum that only we can make.

    Whatever is wrong there, it reads as a miss.  `secret` is the same in all replicas.
    """

    def __init__(
        self,
        link: Link,
        tasks: Tasks,
        secret: bytes,
        *,
        rejected: Callable[[], None] = lambda: None,
    ) -> None:
        self._link = link
        self._tasks = tasks
        self._secret = blake2b(secret).digest()
        self._rejected = rejected
        self._reads: Turns[None, str, Mapping[str, bytes]] = Turns(self._read, tasks)
        self._behind = 0

    @property
    def usable(self) -> bool:
        """Whether entries are looked for and written: not without a fence around the stamps."""
        return self._link.up and self._link.fenced

    async def get(self, name: str) -> Answer | None:
        """Return what was put under `name`; many who ask at once share a round trip."""
        if not self.usable:
            return None
        key = self._key(name)
        value = (await self._reads.ask(None, key)).get(key)
        if value is None:
            return None
        try:
            return unpack(value, name, self._secret)
        except Rejected:
            self._rejected()
            return None

    def put(self, name: str, answer: Answer, *, keep_s: float = _KEPT_S) -> None:
        """Write behind the caller's back; dropped where too much waits to be written.

        It goes after `keep_s`, for nobody removes what was retired.
        """
        if self.usable and self._behind < _BEHIND and len(answer.body) < _LARGEST:
            self._behind += 1
            self._tasks.start(self._write(name, answer, int(min(keep_s, _KEPT_S))))

    async def _read(self, _: None, keys: Sequence[str]) -> Mapping[str, bytes]:
        names = list(dict.fromkeys(keys))
        try:
            values = await self._link.run(lambda redis: redis.mget(names))
        except (Away, ResponseError):
            return {}
        return {
            name: value
            for name, value in zip(names, values, strict=True)
            if isinstance(value, bytes)
        }

    async def _write(self, name: str, answer: Answer, keep_s: int) -> None:
        try:
            value, key = pack(answer, name, self._secret), self._key(name)
            await self._link.run(lambda redis: redis.set(key, value, ex=keep_s))
        except (Away, ResponseError) as exc:
            _LOG.debug("tier 2 not written", reason=str(exc))
        finally:
            self._behind -= 1

    def _key(self, name: str) -> str:
        return self._link.keys.rows(digest(name))


def pack(answer: Answer, name: str, secret: bytes) -> bytes:
    """Write an envelope: mark, checksum, length of the head, head, the source's bytes."""
    head = orjson.dumps(
        {
            "name": name,
            "columns": answer.columns,
            "cap": answer.cap,
            "fetched_at": answer.fetched_at.isoformat(),
        }
    )
    content = len(head).to_bytes(4, "big") + head + answer.body
    return _MAGIC + _sum(content, secret) + content


def unpack(value: bytes, name: str, secret: bytes) -> Answer:
    """Read an envelope; raises Rejected for one that is not ours, not whole or not `name`'s."""
    start = len(_MAGIC) + _SUM
    content = value[start:]
    if not value.startswith(_MAGIC) or not hmac.compare_digest(
        value[len(_MAGIC) : start], _sum(content, secret)
    ):
        raise Rejected
    length = 4 + int.from_bytes(content[:4], "big")
    head = orjson.loads(content[4:length])
    if head["name"] != name:
        raise Rejected
    columns = head["columns"]
    return Answer(
        body=content[length:],
        columns=None if columns is None else tuple(columns),
        cap=head["cap"],
        fetched_at=datetime.fromisoformat(head["fetched_at"]),
    )


def _sum(content: bytes, secret: bytes) -> bytes:
    return blake2b(content, digest_size=_SUM, key=secret).digest()

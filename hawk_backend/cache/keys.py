"""What names a slice: everything that decides which rows it holds."""

from hashlib import blake2b
from typing import NamedTuple

from hawk_backend.catalogue import Table
from hawk_backend.models import Principal
from hawk_backend.rows import Where


class SliceKey(NamedTuple):
    """Two reads may share rows only where all of these are equal.

    `scope` is whose rows they are, `part` what narrows them ("" for the whole table), `shape`
    what is asked of the source, `day` the dates of a view that reads the clock.
    """

    scope: str
    table: str
    part: str
    shape: str
    day: str


def slice_key(
    table: Table, principal: Principal, where: Where, *, shape: str, day: str
) -> SliceKey:
    """Name the rows of `table` that `principal` sees and `where` allows."""
    part = repr(tuple(tuple(terms) for terms in where)) if where else ""
    return SliceKey(principal.scope, table.name, part, shape, day)


def full_name(key: SliceKey, stamp: bytes) -> str:
    """Write out key and stamp so that no two of them read the same."""
    return repr((*key, stamp))


def digest(*texts: str) -> str:
    """Digest texts, each kept apart from the next."""
    return blake2b(repr(texts).encode(), digest_size=16).hexdigest()

"""What follows from slices, kept for the next prompt as long as none of them is read anew.

A second path beside working it out, for design.md's target of a warm prepare: one HMGET and 0.5 ms.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from operator import call
from typing import Generic, TypeAlias, TypeVar
from weakref import ref

from hawk_backend.rows import Slice

V = TypeVar("V")

Slices: TypeAlias = Mapping[str, Slice | None]
"""The slices by table; None where there is none."""


@dataclass(frozen=True, slots=True)
class _Entry(Generic[V]):
    """What is kept, and the slices that it was made of: as long as they live, so do their ids."""

    value: V
    slices: tuple[ref[Slice], ...]

    def lives(self) -> bool:
        """Whether somebody still has every slice: the cache, as long as it is current."""
        return None not in map(call, self.slices)


class Kept(Generic[V]):
    """The last `most` values over slices that are still in use.

    Slices are compared by identity: one that was read anew is another one.  None is kept from
    being freed.
    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._entries: OrderedDict[Hashable, _Entry[V]] = OrderedDict()

    def __repr__(self) -> str:
        return f"<Kept {len(self._entries)} of {self._most}>"

    def get(self, key: Hashable, slices: Slices) -> V | None:
        """Return what was put for this key and these very slices."""
        whole = _whole(key, slices)
        entry = self._entries.get(whole)
        if entry is None or not entry.lives():
            return None
        self._entries.move_to_end(whole)
        return entry.value

    def put(self, key: Hashable, slices: Slices, value: V) -> V:
        """Keep a value and return it; those whose slices are gone go, too."""
        for dead in [key for key, entry in self._entries.items() if not entry.lives()]:
            del self._entries[dead]
        refs = tuple(ref(found) for found in slices.values() if found is not None)
        self._entries[_whole(key, slices)] = _Entry(value, refs)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)
        return value


def _whole(key: Hashable, slices: Slices) -> Hashable:
    return (key, tuple(map(id, slices.values())))

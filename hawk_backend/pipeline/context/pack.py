"""Choose the records that fit: whole ones only, the most relevant first."""

from collections.abc import Generator, Iterator, Sequence
from itertools import zip_longest
from typing import TypeAlias, TypeVar

from hawk_backend.pipeline.context.blocks import Block, Tiers

T = TypeVar("T")
Steps: TypeAlias = Generator[None, None, T]
"""Work in small steps: it yields where another may have the loop, and returns its result."""

_CRUMBS = 24
"""Room that is not worth looking for a record for."""

_STRIDE = 256
"""Records tried between two steps: well under a millisecond."""


Chosen: TypeAlias = Sequence[int] | None
"""The numbers of a block's records that are in; None where not even its title is."""


def fits(blocks: Sequence[Block], limit: int) -> Steps[bool]:
    """Say whether everything goes into `limit` characters."""
    left = limit
    for block in blocks:
        left -= block.frame() + sum(map(len, block.records))
        left -= len(block.records) * (len(block.mark) + 1)
        if left < 0:
            return False
        yield
    return True


def pack(blocks: Sequence[Block], limit: int) -> Steps[list[Chosen]]:
    """Return what of each block fits into `limit` characters.

    Blocks with a turn fill first, each in its order; then the others take turns record by
    record: the most relevant of each before the next of any.
    """
    room = _Room(limit)
    first = [block for block in blocks if block.turn is not None]
    for block in sorted(first, key=lambda block: block.turn or 0):
        if room.open(block):
            for number, record in enumerate(block.records):
                room.take(block, number, record)
        yield
    yield from _in_turns([block for block in blocks if block.turn is None], room)
    return [room.chosen(block) for block in blocks]


class _Room:
    """The characters that are left, and what is in."""

    def __init__(self, left: int) -> None:
        self.left = left
        self._in: dict[int, list[int]] = {}

    def open(self, block: Block) -> bool:
        """Put the title in; False where it does not fit."""
        if block.frame() > self.left:
            return False
        self.left -= block.frame()
        self._in[id(block)] = []
        return True

    def take(self, block: Block, number: int, record: str) -> None:
        """Put a record in where it fits, with its block's title if that is not in yet."""
        cost = len(record) + len(block.mark) + 1
        opened = id(block) in self._in
        if cost + (0 if opened else block.frame()) <= self.left and (opened or self.open(block)):
            self.left -= cost
            self._in[id(block)].append(number)

    def chosen(self, block: Block) -> Chosen:
        """Return the records that are in, in their own order."""
        numbers = self._in.get(id(block))
        return None if numbers is None else sorted(numbers)


def _in_turns(blocks: Sequence[Block], room: _Room) -> Steps[None]:
    ranked = []
    for block in blocks:
        ranked.append(block.by_relevance())
        yield
    for tried, (place, number) in enumerate(_turns(ranked)):
        if room.left < _CRUMBS:
            return
        room.take(blocks[place], number, blocks[place].records[number])
        if tried % _STRIDE == 0:
            yield


def _turns(ranked: Sequence[Tiers]) -> Iterator[tuple[int, int]]:
    """Yield (block, record): tier by tier, one record of each block after the other."""
    for tier in zip_longest(*ranked, fillvalue=()):
        for turn in zip_longest(*tier):
            for place, number in enumerate(turn):
                if number is not None:
                    yield place, number

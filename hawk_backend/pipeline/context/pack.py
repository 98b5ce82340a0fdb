"""Choose the records that fit: whole ones only, the most relevant first."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import TypeAlias

from hawk_backend.desk.turns import Steps
from hawk_backend.pipeline.context.blocks import Block

_MISSES = 8
"""Records in a row that may find no room before their block is left alone."""

Chosen: TypeAlias = Sequence[int] | None
"""The numbers of a block's records that are in; None where not even its title is."""


def fits(blocks: Sequence[Block], limit: int) -> Steps[bool]:
    """Say whether everything goes into `limit` characters."""
    left = limit
    for block in blocks:
        left -= block.size()
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
            for number in block.everything:
                room.take(block, number)
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

    def take(self, block: Block, number: int) -> bool:
        """Put a record in, with its block's title if that is not in yet; False if too long."""
        cost = len(block.records[number]) + len(block.mark) + 1
        opened = id(block) in self._in
        if cost + (0 if opened else block.frame()) > self.left:
            return False
        if not opened:
            self.open(block)
        self.left -= cost
        self._in[id(block)].append(number)
        return True

    def chosen(self, block: Block) -> Chosen:
        """Return the records that are in, in their own order."""
        numbers = self._in.get(id(block))
        return None if numbers is None else sorted(numbers)


def _in_turns(blocks: Sequence[Block], room: _Room) -> Steps[None]:
    """Take one record of each block after the other, tier by tier.

    A block leaves when several of its records in a row find no room: what is tried stays
    proportional to what fits.
    """
    tiers = []
    for block in blocks:
        tiers.append(block.by_relevance())
        yield
    misses = dict.fromkeys(range(len(blocks)), 0)
    for tier in zip_longest(*tiers, fillvalue=iter(())):
        waiting = {place: tier[place] for place in misses}
        while waiting:
            for place, numbers in list(waiting.items()):
                number = next(numbers, None)
                if number is None:
                    del waiting[place]
                    yield
                elif room.take(blocks[place], number):
                    misses[place] = 0
                elif misses[place] == _MISSES:
                    del waiting[place], misses[place]
                else:
                    misses[place] += 1
            yield

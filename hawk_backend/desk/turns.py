"""Work in small steps, so that whoever drives it can let others have the loop in between."""

import asyncio
import time
from collections.abc import Callable, Generator, Iterable
from typing import TypeAlias, TypeVar

T = TypeVar("T")
X = TypeVar("X")

Steps: TypeAlias = Generator[None, None, T]
"""Yields where another may have the loop, and returns the result."""

TURN_S = 0.0005
"""How long work holds the loop before it lets others have it."""

_STRIDE = 16
"""Items between two steps: far less than a millisecond of work."""


def each(make: Callable[[X], T], items: Iterable[X]) -> Steps[list[T]]:
    """Return what `make` makes of every item."""
    made: list[T] = []
    for number, item in enumerate(items, start=1):
        made.append(make(item))
        if number % _STRIDE == 0:
            yield
    return made


def finish(steps: Steps[T]) -> T:
    """Take all steps at once."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result


async def finish_in_turns(steps: Steps[T], turn_s: float = TURN_S) -> T:
    """Take the steps, letting other tasks have the loop after every `turn_s` seconds.

    Work that took more than one turn gives the loop away at its end too: what comes next may be
    as long.
    """
    began = since = time.perf_counter()
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            break
        if time.perf_counter() - since > turn_s:
            await asyncio.sleep(0)
            since = time.perf_counter()
    if since != began:
        await asyncio.sleep(0)
    return result

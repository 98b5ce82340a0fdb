"""Passes: between two looks at its sockets the loop computes for a few prompts only."""

import asyncio
from collections import deque

SHARE = 16
"""Prompts a pass, of a millisecond each or two: /health waits for them in a burst."""


class Passes:
    """Lets prompts compute, first come first served, at most `share` in one pass of the loop.

    Prompts of one pass share their queries to the source, so a pass is not one prompt: 200 that
    come at once would each ask for every table.
    """

    def __init__(self, share: int = SHARE) -> None:
        self._share = share
        self._left = share
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()
        self._ending = False

    def __repr__(self) -> str:
        return f"<Passes [{self._left} of {self._share} left, {len(self._waiting)} waiting]>"

    async def enter(self, weight: int = 1) -> None:
        """Return in a pass that has room left; long work weighs as much as several prompts."""
        if self._waiting or self._left <= 0:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append((turn, weight))
            await turn
        else:
            self._take(weight)

    def _take(self, weight: int) -> None:
        self._left -= weight
        if not self._ending:
            self._ending = True
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        """Begin a pass: let those in who have waited longest."""
        self._ending = False
        self._left = self._share
        while self._waiting and self._left > 0:
            turn, weight = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._take(weight)

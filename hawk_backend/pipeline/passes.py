"""Passes: between two looks at its sockets the loop computes for prompts only so long."""

import asyncio
import time
from collections.abc import Callable

PASS_S = 0.01
"""That prompts compute between two looks at the sockets: /health waits for it in a burst."""


class Passes:
    """Bounds what a burst of prompts takes of one pass of the loop, to `budget_s` and one prompt.

    Prompts of one pass share their queries to the source, so a pass is not one prompt: 200 that
    come at once would each ask for every table.
    """

    def __init__(
        self, budget_s: float = PASS_S, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._budget_s = budget_s
        self._clock = clock
        self._began = 0.0
        self._over: asyncio.Event | None = None

    async def enter(self) -> None:
        """Return in a pass that has time left."""
        while self._over is not None and self._clock() - self._began >= self._budget_s:
            await self._over.wait()
        if self._over is None:
            self._began, self._over = self._clock(), asyncio.Event()
            asyncio.get_running_loop().call_soon(self._end)

    def _end(self) -> None:
        if self._over is not None:
            self._over.set()
            self._over = None

"""Waiting for what another process or task does."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 20.0
"""Seconds after which a wait gives up: a safety net, never an expectation."""


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again until `holds` says yes; TimeoutError after PATIENCE."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110 - what others do sets no event of ours
            await asyncio.sleep(0.01)

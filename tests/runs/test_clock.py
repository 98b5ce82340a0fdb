"""The deadlines of one generation."""

import asyncio
from dataclasses import replace
from typing import Any

from hawk_backend.runs.clock import Clock
from hawk_backend.runs.ticker import Ticker
from tests.runs.rig import FAST, PATIENCE


async def test_the_last_deadline_passes_once() -> None:
    """A stop that comes while the block is ending moves it no more, and hurts nobody."""
    hurt: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: hurt.append(told))
    clocks, ticker = replace(FAST, last_words=0.0), Ticker(0.001)
    async with asyncio.timeout(PATIENCE), Clock(ticker, clocks, lambda _: None) as clock:
        clock.wind_up()
        try:
            await asyncio.Event().wait()
        finally:
            clock.wait_for_first_event(0)
            await asyncio.sleep(0.01)

    assert hurt == []
    assert repr(ticker) == "<Ticker [0 watches]>"

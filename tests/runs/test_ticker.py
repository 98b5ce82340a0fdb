"""One timer for all deadlines."""

import asyncio

from hawk_backend.runs.ticker import Ticker


async def test_a_watch_expires_once_unless_it_is_moved_or_rests() -> None:
    """Each arming expires once; a moved deadline counts from the move, a resting one never."""
    ticker, expired = Ticker(0.001), list[str]()
    ended = asyncio.Event()

    def end() -> None:
        expired.append("due")
        ended.set()

    with (
        ticker.watch(end) as due,
        ticker.watch(lambda: expired.append("moved")) as moved,
        ticker.watch(lambda: expired.append("resting")) as resting,
        ticker.watch(lambda: expired.append("never armed")),
    ):
        due.within(0.01)
        moved.within(0)
        moved.within(10)
        resting.within(0)
        resting.rest()
        await ended.wait()
        await asyncio.sleep(0.01)

    assert expired == ["due"]


async def test_a_ticker_without_watches_has_no_timer() -> None:
    """An idle service wakes up for nothing."""
    ticker = Ticker(0.001)
    with ticker.watch(lambda: None):
        assert ticker._timer is not None
        assert repr(ticker) == "<Ticker [1 watches]>"

    assert ticker._timer is None

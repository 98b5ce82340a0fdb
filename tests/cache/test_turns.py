"""Turns: one question under way, one to come, whoever leaves."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from hawk_backend.cache.tasks import Tasks
from hawk_backend.cache.turns import Turns
from tests.cache.rig import until


class Clerk:
    """Answers with the number of the question; fails where it is told."""

    def __init__(self) -> None:
        self.sent: list[Sequence[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.fails = False
        self.running: dict[str, int] = {}
        self.most = 0

    async def ask(self, key: str, questions: Sequence[int]) -> int:
        """Answer a turn."""
        self.sent.append(questions)
        self.running[key] = self.running.get(key, 0) + 1
        self.most = max(self.most, self.running[key])
        number = len(self.sent)
        try:
            await asyncio.sleep(0)
            await self.open.wait()
        finally:
            self.running[key] -= 1
        if self.fails:
            raise ValueError(number)
        return number


async def test_many_askers_make_two_questions() -> None:
    """The first is sent for those of its turn, the second for all who came meanwhile."""
    clerk, tasks = Clerk(), Tasks()
    turns = Turns(clerk.ask, tasks)
    clerk.open.clear()
    first = [asyncio.ensure_future(turns.ask("k", i)) for i in range(100)]
    await asyncio.sleep(0.01)
    second = [asyncio.ensure_future(turns.ask("k", i)) for i in range(100, 200)]
    await asyncio.sleep(0.01)
    clerk.open.set()
    assert set(await asyncio.gather(*first)) == {1}
    assert set(await asyncio.gather(*second)) == {2}
    assert [len(questions) for questions in clerk.sent] == [100, 100]
    assert (len(turns), len(tasks)) == (0, 0)


async def test_a_question_that_hangs_holds_up_nobody_for_long() -> None:
    """Who came later is asked for after the patience, and need not wait for the first answer."""
    clerk, tasks = Clerk(), Tasks()
    turns = Turns(clerk.ask, tasks, patience_s=0.02)
    clerk.open.clear()
    first = asyncio.ensure_future(turns.ask("k", 0))
    await asyncio.sleep(0.01)
    later = [asyncio.ensure_future(turns.ask("k", i)) for i in range(9)]
    await until(lambda: len(clerk.sent) == 2)
    assert not first.done()
    clerk.open.set()
    assert set(await asyncio.gather(*later)) == {2}
    assert await first == 1


async def test_keys_do_not_wait_for_each_other() -> None:
    """Another key's question is another question."""
    clerk, tasks = Clerk(), Tasks()
    turns = Turns(clerk.ask, tasks)
    clerk.open.clear()
    asking = [asyncio.ensure_future(turns.ask(key, 0)) for key in "ab"]
    await asyncio.sleep(0.01)
    assert len(clerk.sent) == 2
    clerk.open.set()
    await asyncio.gather(*asking)


async def test_a_failure_is_everybodys_and_not_the_next_ones() -> None:
    """Who shares a turn shares its end."""
    clerk, tasks = Clerk(), Tasks()
    turns = Turns(clerk.ask, tasks)
    clerk.fails = True
    ended = await asyncio.gather(*(turns.ask("k", i) for i in range(3)), return_exceptions=True)
    assert all(isinstance(error, ValueError) for error in ended)
    clerk.fails = False
    assert await turns.ask("k", 0) == 2


async def test_the_end_of_the_tasks_ends_who_waits() -> None:
    """At shutdown nobody is left waiting for an answer that will not come."""
    clerk, tasks = Clerk(), Tasks()
    turns = Turns(clerk.ask, tasks)
    clerk.open.clear()
    waiting = [asyncio.ensure_future(turns.ask("k", 0))]
    await asyncio.sleep(0.01)
    waiting.append(asyncio.ensure_future(turns.ask("k", 1)))
    await asyncio.sleep(0.01)
    await tasks.aclose()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(error, asyncio.CancelledError) for error in ended)


@pytest.mark.parametrize("patience_s", [None, 10.0])
@pytest.mark.parametrize("moment", range(4))
async def test_the_end_may_come_before_the_first_step(
    moment: int, patience_s: float | None
) -> None:
    """Whoever asked just before the tasks ended, or asks after that, is left waiting no more."""
    clerk, tasks = Clerk(), Tasks()
    turns = Turns(clerk.ask, tasks, patience_s=patience_s)
    clerk.open.clear()
    waiting = [turns.join("k", 0)]
    for _ in range(moment):
        await asyncio.sleep(0)
    waiting.append(turns.join("k", 1))
    await tasks.aclose()
    waiting.append(turns.join("k", 2))
    await asyncio.wait(waiting, timeout=1)
    assert all(future.cancelled() for future in waiting)
    assert (len(turns), len(tasks)) == (0, 0)


async def test_who_asks_at_once_needs_no_task_and_joins_what_is_under_way() -> None:
    """Alone: one question of its own. Those who come meanwhile share the next one."""
    clerk, tasks = Clerk(), Tasks()
    turns = Turns(clerk.ask, tasks)
    clerk.open.clear()
    asking = asyncio.ensure_future(turns.ask_at_once("k", 0))
    await asyncio.sleep(0.01)
    assert (clerk.sent, len(turns), len(tasks)) == ([[0]], 1, 0)
    later = [asyncio.ensure_future(turns.ask_at_once("k", i)) for i in range(1, 100)]
    await asyncio.sleep(0.01)
    clerk.open.set()
    assert (await asking, set(await asyncio.gather(*later))) == (1, {2})
    assert [len(questions) for questions in clerk.sent] == [1, 99]
    assert (len(turns), len(tasks)) == (0, 0)


@pytest.mark.parametrize("end", ["cancelled", "failed"])
async def test_who_asks_at_once_and_ends_badly_leaves_the_next_turn_to_the_others(end: str) -> None:
    """Its end is its own: nobody who came later waits for ever, or fails with it."""
    clerk, tasks = Clerk(), Tasks()
    turns = Turns(clerk.ask, tasks)
    clerk.open.clear()
    clerk.fails = end == "failed"
    asking = asyncio.ensure_future(turns.ask_at_once("k", 0))
    await asyncio.sleep(0.01)
    later = [asyncio.ensure_future(ask("k", 1)) for ask in (turns.ask, turns.ask_at_once)]
    await asyncio.sleep(0.01)
    if end == "cancelled":
        asking.cancel()
    clerk.open.set()
    with pytest.raises((asyncio.CancelledError, ValueError)):
        await asking
    clerk.fails = False
    async with asyncio.timeout(1):
        assert await asyncio.gather(*later) == [2, 2]
    assert (len(turns), len(tasks)) == (0, 0)


@pytest.mark.parametrize("way", ["ask", "ask_at_once"])
@pytest.mark.parametrize("seed", range(20))
async def test_who_leaves_takes_nothing_from_who_stays(seed: int, way: str) -> None:
    """Askers are cancelled at any moment; all others get an answer younger than their question."""
    dice = random.Random(seed)
    clerk, tasks = Clerk(), Tasks()
    turns = Turns(clerk.ask, tasks)

    async def ask(patience: int) -> None:
        before = len(clerk.sent)
        asking = asyncio.ensure_future(getattr(turns, way)(dice.choice("ab"), before))
        for _ in range(patience):
            await asyncio.sleep(0)
        if dice.random() < 0.4:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            return
        assert await asking > before

    async with asyncio.timeout(10):
        for _ in range(60):
            await asyncio.gather(*(ask(dice.randrange(4)) for _ in range(dice.randrange(1, 8))))
    assert clerk.most == 1
    assert (len(turns), len(tasks)) == (0, 0)

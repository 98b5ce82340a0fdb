"""Work in small steps."""

import asyncio

from hawk_backend.desk import compute, compute_in_turns
from hawk_backend.desk.turns import Steps, each, finish, finish_in_turns
from tests.desk.tables import ask, full, given, position


def counted(steps: Steps[object]) -> int:
    """Count the steps of some work."""
    return sum(1 for _ in steps)


def test_the_result_comes_after_the_last_step() -> None:
    """All items are made, in their order."""
    assert finish(each(str, range(100))) == [str(number) for number in range(100)]


def test_many_items_are_many_steps() -> None:
    """The loop can be had between them; a few items are one step."""
    assert counted(each(str, range(3))) == 0
    assert counted(each(str, range(1_000))) > 50


async def test_others_have_the_loop_between_turns() -> None:
    """With no time for a turn, every step gives the loop away, and so does the end."""
    turns = 0

    async def neighbour() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(neighbour())
    try:
        await finish_in_turns(each(str, range(160)), turn_s=0)
    finally:
        other.cancel()
    assert turns >= 10


async def test_computing_in_turns_gives_the_same_figures() -> None:
    """The driver changes nothing."""
    rows = [position(f"ENTITY{n:04}", "COI", "100000", "5000") for n in range(300)]
    tables = {**full(), "position_nav_master": given(*rows)}
    about = ask(instruction_type="U")
    assert await compute_in_turns(about, tables) == compute(about, tables)

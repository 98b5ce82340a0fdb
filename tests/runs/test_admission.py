"""One bulkhead per Dify: first come, first served, and a full queue refuses at once."""

import asyncio

import pytest

from hawk_backend.errors import Overloaded
from hawk_backend.runs.admission import Bulkhead


async def test_slots_go_to_tickets_in_the_order_of_admission() -> None:
    """A slot that is given back goes to the first in the line, and the others move up."""
    bulkhead, places = Bulkhead(1, 3), dict[str, list[int]]()
    tickets = {name: bulkhead.ticket() for name in "abcd"}
    for name, ticket in tickets.items():
        places[name] = [ticket.position]
        ticket.on_move(places[name].append)
    assert repr(bulkhead) == "<Bulkhead [1 of 1 slots, 3 waiting]>"

    tickets["a"].release()
    await tickets["b"].granted()
    tickets["c"].release()

    assert places == {"a": [0], "b": [1], "c": [2, 1], "d": [3, 2, 1]}
    assert (bulkhead.held, bulkhead.waiting) == (1, 1)


async def test_a_full_queue_refuses_with_a_time_to_come_back() -> None:
    """Nobody is let into a line that has no place, and a refusal costs no place."""
    bulkhead = Bulkhead(2, 1)
    tickets = [bulkhead.ticket() for _ in range(3)]
    with pytest.raises(Overloaded) as refused:
        bulkhead.ticket()

    assert 1 <= refused.value.retry_after_s <= 60
    tickets[2].release()
    assert bulkhead.ticket().position == 1


async def test_a_slot_is_given_back_once() -> None:
    """Releasing again, or releasing a place in the line, frees nobody else's slot."""
    bulkhead = Bulkhead(1, 2)
    holder, waiting, last = (bulkhead.ticket() for _ in range(3))
    waiting.release()
    waiting.release()
    assert (bulkhead.held, bulkhead.waiting) == (1, 1)
    holder.release()
    holder.release()
    async with asyncio.timeout(1):
        await last.granted()

    assert (bulkhead.held, bulkhead.waiting) == (1, 0)

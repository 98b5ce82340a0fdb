"""One bulkhead per Dify: first come, first served, and a full queue refuses at once."""

import asyncio

import pytest

from hawk_backend.errors import Overloaded
from hawk_backend.runs import admission
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


async def test_a_long_line_is_not_told_of_every_step() -> None:
    """Near its head every place is told; who is far behind hears now and then."""
    bulkhead, told = Bulkhead(1, 200), list[list[int]]()
    tickets = [bulkhead.ticket() for _ in range(200)]
    for ticket in tickets:
        told.append(list[int]())
        ticket.on_move(told[-1].append)
    for ticket in tickets[:-1]:
        ticket.release()

    assert told[-1][-8:] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert told[-1] == sorted(told[-1], reverse=True)
    assert max(len(places) for places in told) < 20
    assert tickets[-1].position == 0


async def test_a_full_queue_refuses_with_a_time_to_come_back() -> None:
    """Nobody is let into a line that has no place, and a refusal costs no place."""
    bulkhead = Bulkhead(2, 1)
    tickets = [bulkhead.ticket() for _ in range(3)]
    with pytest.raises(Overloaded) as refused:
        bulkhead.ticket()

    assert 1 <= refused.value.retry_after_s <= 60
    tickets[2].release()
    assert bulkhead.ticket().position == 1


async def test_the_time_to_come_back_follows_how_long_answers_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A share of each answer goes into the mean; the more slots, the sooner one comes free."""
    now = [0.0]
    monkeypatch.setattr(admission, "monotonic", lambda: now[0])
    bulkhead, told = Bulkhead(2, 0), list[int]()
    for held_s in (0, 100, 1, 1):
        tickets = [bulkhead.ticket() for _ in range(2)]
        with pytest.raises(Overloaded) as refused:
            bulkhead.ticket()
        told.append(refused.value.retry_after_s)
        now[0] += held_s
        for ticket in tickets:
            ticket.release()

    assert told == [5, 4, 21, 14]


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

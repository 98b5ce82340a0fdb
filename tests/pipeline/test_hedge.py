"""A query that hangs costs nobody a table, and a slow source is not asked twice for everything."""

import asyncio

import pytest

from hawk_backend.catalogue import Table
from hawk_backend.errors import SourceError
from hawk_backend.models import SERVICE, Reason
from hawk_backend.pipeline.hedge import Hedged, HedgeLimits
from hawk_backend.rows import Answer, Where
from tests.pipeline.shelf import CATALOGUE, Shelf, error, turns

COA = CATALOGUE.tables["gl_coa"]
SOON = HedgeLimits(shortest_s=0.001, longest_s=0.01, most=2)


class Sticky(Shelf):
    """Never answers the first `hangs` queries."""

    hangs = 0

    async def _answer(self, table: Table, where: Where) -> Answer:
        if self.hangs:
            self.hangs -= 1
            await asyncio.Event().wait()
        return await super()._answer(table, where)


@pytest.fixture
def shelf() -> Sticky:
    """A source with one table."""
    return Sticky({"gl_coa": [{"account_code": "1"}]})


async def hanging(shelf: Shelf, hedged: Hedged) -> asyncio.Task[Answer]:
    """Start a read whose first query waits, and wait until its second has been sent."""
    shelf.close("gl_coa")
    reading = asyncio.create_task(hedged.read(COA, SERVICE))
    await asyncio.sleep(0.05)
    assert shelf.in_flight == 2
    return reading


async def test_an_answer_in_time_is_asked_for_once(shelf: Sticky) -> None:
    """Nothing is sent twice that comes as it usually does."""
    hedged = Hedged(shelf)
    for _ in range(20):
        await hedged.read(COA, SERVICE)

    assert len(shelf.asked) == 20
    assert hedged.asked_again == 0


async def test_the_second_question_answers_for_the_first(shelf: Sticky) -> None:
    """Who waits has the rows; the query that hangs is given up."""
    hedged = Hedged(shelf, SOON)
    shelf.hangs = 1
    answer = await hedged.read(COA, SERVICE)

    assert answer.body == b'[{"account_code": "1"}]'
    assert len(shelf.asked) == 2
    await turns()
    assert shelf.in_flight == 0


async def test_a_third_question_answers_for_two(shelf: Sticky) -> None:
    """Where the second hangs too, there is one more; then no more."""
    limits = HedgeLimits(shortest_s=0.001, longest_s=0.01)
    shelf.hangs = 2
    assert (await Hedged(shelf, limits).read(COA, SERVICE)).body

    shelf.hangs = 9
    reading = asyncio.create_task(Hedged(shelf, limits).read(COA, SERVICE))
    await asyncio.sleep(0.1)
    assert shelf.in_flight == 3
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_the_first_answer_counts_whichever_it_is(shelf: Sticky) -> None:
    """The query that was late may still come first."""
    reading = await hanging(shelf, Hedged(shelf, SOON))
    shelf.open()

    assert (await reading).body
    await turns()
    assert shelf.in_flight == 0


async def test_a_failure_is_not_asked_again(shelf: Sticky) -> None:
    """A quick failure is an answer."""
    shelf.errors["gl_coa"] = error(Reason.FORBIDDEN)
    with pytest.raises(SourceError):
        await Hedged(shelf, SOON).read(COA, SERVICE)

    assert len(shelf.asked) == 1


async def test_two_failures_are_one(shelf: Sticky) -> None:
    """Where neither question is answered, the last failure is told."""
    reading = await hanging(shelf, Hedged(shelf, SOON))
    shelf.errors["gl_coa"] = error(Reason.TIMEOUT)
    shelf.open()

    with pytest.raises(SourceError) as caught:
        await reading
    assert caught.value.reason is Reason.TIMEOUT


async def test_a_slow_source_is_not_asked_again_for_everything(shelf: Sticky) -> None:
    """Three in a row may be doubled, then one for every four."""
    hedged = Hedged(shelf, HedgeLimits(shortest_s=0, longest_s=0, most=2, share=0.25, burst=3))
    for number, twice in ((40, 3), (4, 4), (8, 6)):
        shelf.close("gl_coa")
        readings = [asyncio.create_task(hedged.read(COA, SERVICE)) for _ in range(number)]
        await asyncio.sleep(0.05)
        shelf.open()
        await asyncio.gather(*readings)

        assert hedged.asked_again == twice
    assert len(shelf.asked) == 52 + 6


async def test_what_is_usual_is_learned(shelf: Sticky) -> None:
    """A table that answers at once seems to hang sooner than one that nobody knows yet."""
    hedged = Hedged(shelf, HedgeLimits(shortest_s=0.1, longest_s=0.5))
    unknown = hedged._patience("gl_coa")
    await hedged.read(COA, SERVICE)

    assert (unknown, hedged._patience("gl_coa")) == (0.5, 0.1)


async def test_whoever_leaves_ends_both_questions(shelf: Sticky) -> None:
    """No query outlives its reader."""
    reading = await hanging(shelf, Hedged(shelf, SOON))
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await turns()

    assert shelf.in_flight == 0

"""Reads go out all at once, each query once for all who wait for it."""

import asyncio

import pytest

from hawk_backend.errors import SourceError
from hawk_backend.models import SERVICE, Principal, Reason, Tier
from hawk_backend.pipeline.reads import Reads
from hawk_backend.rows import Read, Term
from tests.pipeline.shelf import CATALOGUE, SINGAPORE, Shelf, error, turns

TABLES = ("gl_coa", "gl_rules", "gl_periods", "car_master")


@pytest.fixture
def shelf() -> Shelf:
    """A source with four tables of one row."""
    return Shelf({name: [dict.fromkeys(CATALOGUE.tables[name].key, "x")] for name in TABLES})


@pytest.fixture
def reads(shelf: Shelf) -> Reads:
    """Reads of at most two tables at a time."""
    return Reads(shelf, SINGAPORE, concurrency=2)


def start(reads: Reads, table: str) -> asyncio.Future[Read]:
    """Start to read a table for the service."""
    return reads.start(CATALOGUE.tables[table], SERVICE)


def names(shelf: Shelf) -> list[str]:
    """Return the tables in the order in which they were asked for."""
    return [table for table, _ in shelf.asked]


async def test_a_read_has_its_rows_and_its_time(reads: Reads) -> None:
    """What comes from the source says so, with the time of its query."""
    read = await start(reads, "gl_coa")

    assert (read.tier, len(read.slice.rows)) == (Tier.SOURCE, 1)
    assert read.ms > 0


async def test_no_more_queries_are_in_flight_than_allowed(shelf: Shelf, reads: Reads) -> None:
    """The others wait for their turn, and all are answered."""
    found = await asyncio.gather(*(start(reads, name) for name in TABLES))

    assert [read.slice.table.name for read in found] == list(TABLES)
    assert shelf.most_in_flight == 2


async def test_equal_queries_that_were_not_sent_are_one(shelf: Shelf, reads: Reads) -> None:
    """Two hundred prompts at once ask each table once."""
    waiting = [start(reads, name) for _ in range(200) for name in TABLES]
    await asyncio.gather(*waiting)

    assert sorted(names(shelf)) == sorted(TABLES)


async def test_a_query_that_was_sent_is_not_joined(shelf: Shelf, reads: Reads) -> None:
    """Who asks later must not be answered with what was true before."""
    shelf.close("gl_coa")
    first = start(reads, "gl_coa")
    await turns()
    second = start(reads, "gl_coa")
    await turns()
    assert repr(reads) == "<Reads 2 in flight, 0 unsent>"

    shelf.open()
    assert (await first).slice is not (await second).slice
    assert names(shelf) == ["gl_coa", "gl_coa"]


async def test_an_answer_serves_those_who_wait_for_an_older_query(
    shelf: Shelf, reads: Reads
) -> None:
    """A query that hangs is ended by a younger answer, as good for whoever asked before."""
    shelf.close("gl_coa")
    hanging = start(reads, "gl_coa")
    await turns()
    shelf.gates.clear()
    younger = start(reads, "gl_coa")

    assert (await younger).slice is (await hanging).slice
    await turns()
    assert repr(reads) == "<Reads 0 in flight, 0 unsent>"
    assert (shelf.in_flight, names(shelf)) == (0, ["gl_coa", "gl_coa"])


async def test_an_older_answer_is_nothing_to_those_who_asked_later(
    shelf: Shelf, reads: Reads
) -> None:
    """Whoever asked after a query had been sent waits for one of its own."""
    shelf.close("gl_coa")
    older = start(reads, "gl_coa")
    await turns()
    first_gate = shelf.gates.pop("gl_coa")
    shelf.close("gl_coa")
    younger = start(reads, "gl_coa")
    await turns()
    first_gate.set()

    assert (await older).tier is Tier.SOURCE
    assert not younger.done()
    shelf.open()
    assert (await younger).slice is not (await older).slice


async def test_other_rights_and_other_rows_are_other_queries(reads: Reads) -> None:
    """Neither a principal nor a filter is ever joined with another."""
    other = Principal(subject="u", role="authenticated")
    with pytest.raises(SourceError):  # the shelf serves the service alone
        await asyncio.gather(start(reads, "gl_coa"), reads.start(CATALOGUE.tables["gl_coa"], other))
    filtered = reads.start(
        CATALOGUE.tables["gl_coa"], SERVICE, [[Term("account_code", "in", ("none",))]]
    )
    everything = start(reads, "gl_coa")

    assert (len((await filtered).slice.rows), len((await everything).slice.rows)) == (0, 1)


async def test_the_slowest_table_is_sent_first(shelf: Shelf, reads: Reads) -> None:
    """A table's moving average decides; one that was never read may be the slowest."""
    reads._average.update(gl_coa=5.0, gl_rules=80.0, gl_periods=30.0)
    await asyncio.gather(*(start(reads, name) for name in TABLES))

    assert names(shelf) == ["car_master", "gl_rules", "gl_periods", "gl_coa"]


async def test_what_nobody_waits_for_is_not_sent(shelf: Shelf, reads: Reads) -> None:
    """A prompt that leaves before its turn costs the source nothing; others keep theirs."""
    shelf.close("gl_coa", "gl_rules")
    running = [start(reads, "gl_coa"), start(reads, "gl_rules")]
    await turns()
    left, mine, theirs = start(reads, "gl_periods"), start(reads, "car_master"), None
    theirs = start(reads, "car_master")
    reads.leave([left, mine])
    shelf.open()

    assert (await theirs).tier is Tier.SOURCE
    await asyncio.gather(*running)
    assert names(shelf) == ["gl_coa", "gl_rules", "car_master"]


async def test_a_failure_reaches_everybody_and_is_not_kept(shelf: Shelf, reads: Reads) -> None:
    """All who wait learn the reason; the next read asks again."""
    shelf.errors["gl_coa"] = error(Reason.FORBIDDEN)
    for waiting in [start(reads, "gl_coa") for _ in range(3)]:
        with pytest.raises(SourceError) as caught:
            await waiting
        assert caught.value.reason is Reason.FORBIDDEN
    del shelf.errors["gl_coa"]

    assert (await start(reads, "gl_coa")).tier is Tier.SOURCE


async def test_an_unforeseen_failure_is_a_failure_too(shelf: Shelf, reads: Reads) -> None:
    """Nobody waits for ever because of a fault of ours."""
    shelf.errors["gl_coa"] = ZeroDivisionError()
    with pytest.raises(SourceError, match="gl_coa: ZeroDivisionError"):
        await start(reads, "gl_coa")


async def test_garbage_is_a_failure(shelf: Shelf, reads: Reads) -> None:
    """Rows without the columns of the first are not rows of a table."""
    shelf.tables["gl_coa"] = [{"account_code": "1"}, {"description": "2"}]
    with pytest.raises(SourceError, match="gl_coa came without its column"):
        await start(reads, "gl_coa")


async def test_closing_ends_every_query(shelf: Shelf, reads: Reads) -> None:
    """No query outlives the process's end, and who waits is told."""
    shelf.close("gl_coa")
    waiting = start(reads, "gl_coa")
    await turns()
    await reads.aclose()

    assert waiting.cancelled()
    assert shelf.in_flight == 0

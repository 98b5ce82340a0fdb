"""Reads go out all at once, each query once for all who wait for it."""

import asyncio
import gc
import random
from collections.abc import AsyncIterator

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


@pytest.fixture
async def complaints() -> AsyncIterator[None]:
    """Nothing that the loop complains of, tasks whose failure nobody looked at included."""
    found: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: found.append(f"{what}"))
    yield
    gc.collect()
    assert not found


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


async def test_closing_sends_nothing_more(shelf: Shelf, reads: Reads) -> None:
    """Who waits for his turn is told, too, and the source hears no more."""
    shelf.close(*TABLES)
    waiting = [start(reads, name) for name in TABLES]
    await turns()
    waiting.append(start(reads, TABLES[0]))
    await reads.aclose()
    await turns()

    assert all(future.cancelled() for future in waiting)
    assert (len(shelf.asked), repr(reads)) == (2, "<Reads 0 in flight, 0 unsent>")


@pytest.mark.usefixtures("complaints")
@pytest.mark.parametrize("fails", [False, True])
async def test_an_answer_that_nobody_waits_for_any_more_is_no_fault(
    shelf: Shelf, reads: Reads, capsys: pytest.CaptureFixture[str], *, fails: bool
) -> None:
    """Those who wait are ended before the queries, and the source may answer in between."""
    if fails:
        shelf.errors["gl_coa"] = error()
    shelf.close("gl_coa")
    waiting = start(reads, "gl_coa")
    await turns()
    waiting.cancel()
    shelf.open()
    await turns()

    assert repr(reads) == "<Reads 0 in flight, 0 unsent>"
    assert not capsys.readouterr().out  # nor is a fault logged


@pytest.mark.usefixtures("complaints")
@pytest.mark.parametrize("seed", range(30))
async def test_whatever_the_order_every_wait_ends_and_closing_ends_all(
    shelf: Shelf, reads: Reads, seed: int
) -> None:
    """Queries are joined, overtaken, answered, failed and cancelled; at any turn comes the end."""
    dice = random.Random(seed)
    waiting: list[asyncio.Future[Read]] = []
    for _ in range(dice.randrange(60)):
        table = dice.choice(TABLES)
        match dice.randrange(5):
            case 0 | 1:
                waiting.append(start(reads, table))
            case 2:
                shelf.close(table)
            case 3:
                shelf.errors[table] = error()
            case 4 if shelf.gates:
                shelf.open(dice.choice(list(shelf.gates)))
        if waiting and dice.random() < 0.1:
            dice.choice(waiting).cancel()
        await turns(dice.randrange(4))
    await reads.aclose()

    assert all(future.done() for future in waiting)
    assert (shelf.in_flight, repr(reads)) == (0, "<Reads 0 in flight, 0 unsent>")

"""Six kinds of writes through SQL, and prompts in several replicas that watch for them.

Round n puts every kind into state n.  A prompt that begins after round n was confirmed, by a
retirement or by the feed, must see n or whatever has been written since.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg

from hawk_backend.pipeline.fetch import TableResult
from tests.cache.desk import DeskReplica
from tests.cache.rig import until

Results = Mapping[str, TableResult]
SETUP = """
    create table kept_rates as select * from currency_rates;
    create table kept_framework as select * from hedging_framework;
    insert into allocation_engine (allocation_id, currency_code) values ('MOVING', 'CNY')
"""
TEARDOWN = """
    delete from allocation_engine where allocation_id = 'MOVING';
    truncate currency_rates, hedging_framework;
    insert into currency_rates select * from kept_rates;
    insert into hedging_framework select * from kept_framework;
    drop table kept_rates, kept_framework
"""


def _cells(
    table: str, column: str, only: Mapping[str, str] | None = None
) -> Callable[[Results], object]:
    """Return what tells the numbers in a column, of the rows that have these cells."""

    def seen(results: Results) -> object:
        rows = [row for row in results[table].rows if (only or {}).items() <= row.items()]
        return {int(str(row[column] or 0)) for row in rows}

    return seen


def _some(table: str, only: Mapping[str, str] | None = None) -> Callable[[Results], object]:
    """Return what tells whether there is a row with these cells."""
    return lambda results: any((only or {}).items() <= row.items() for row in results[table].rows)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of write: the table, the SQL of even and odd rounds, and what prompts then see."""

    name: str
    table: str
    even: str
    odd: str
    seen: Callable[[Results], object]
    counts: bool = True

    def write(self, n: int) -> str:
        """Return the SQL of round n."""
        return (self.even, self.odd)[n % 2].format(n=n)

    def state(self, n: int) -> object:
        """Return what is there after round n: the number itself, or whether there is a row."""
        return {n} if self.counts else n % 2 == 1


_PLAIN = "update position_nav_master set manual_overlay_amount = {n} where currency_code = 'CNY'"
_DEFAULT = "update buffer_configuration set rule_priority = {n} where currency_code = 'DEFAULT'"
_MOVED = "update allocation_engine set currency_code = '%s' where allocation_id = 'MOVING'"
_UNDER = "update usd_pb_deposit set total_usd_deposits = {n}"

KINDS = (
    Kind(
        "a plain row",
        "position_nav_master",
        *(_PLAIN, _PLAIN),
        _cells("position_nav_master", "manual_overlay_amount"),
    ),
    Kind(
        "a DEFAULT row",
        "buffer_configuration",
        *(_DEFAULT, _DEFAULT),
        _cells("buffer_configuration", "rule_priority", {"currency_code": "DEFAULT"}),
    ),
    Kind(
        "a row moved to another currency",
        "allocation_engine",
        *(_MOVED % "KRW", _MOVED % "CNY"),
        _some("allocation_engine", {"allocation_id": "MOVING"}),
        counts=False,
    ),
    Kind(
        "deleted rows",
        "hedging_framework",
        "delete from hedging_framework",
        "insert into hedging_framework select * from kept_framework",
        _some("hedging_framework"),
        counts=False,
    ),
    Kind(
        "a truncated table",
        "currency_rates",
        "truncate currency_rates",
        "insert into currency_rates select * from kept_rates",
        _some("currency_rates"),
        counts=False,
    ),
    Kind(
        "a row under a view",
        "usd_pb_deposit",
        *(_UNDER, _UNDER),
        _cells("v_usd_pb_capacity_check", "capacity_used"),
    ),
)


@dataclass(slots=True)
class Drill:
    """The rounds of one test: what was begun, what was confirmed, and what prompts saw wrong."""

    replicas: Sequence[DeskReplica]
    begun: int = 1
    confirmed: int = 1
    prompts: int = 0
    wrong: list[str] = field(default_factory=list)
    over: bool = False

    async def prompt(self, replica: DeskReplica) -> None:
        """Ask once, and note every table that is older than what was confirmed before."""
        oldest = self.confirmed
        results = await replica.ask()
        for kind in KINDS:
            allowed = [kind.state(n) for n in range(oldest, self.begun + 1)]
            if (seen := kind.seen(results)) not in allowed:
                self.wrong.append(f"{kind.name}: {seen} is none of {allowed}")
        self.prompts += 1

    async def keep_asking(self, replica: DeskReplica) -> None:
        """Ask until the drill is over."""
        while not self.over:
            await self.prompt(replica)
            await asyncio.sleep(random.random() * 0.005)


Confirm = Callable[[Drill, float], Awaitable[None]]
"""Returns when what was committed before that moment (monotonic) may no longer be missed."""


async def by_word(drill: Drill, _: float) -> None:
    """Have a replica, whichever, retire the tables."""
    replica = random.choice(drill.replicas)
    await replica.cache.retire([kind.table for kind in KINDS], "webhook")


async def by_feed(drill: Drill, committed: float) -> None:
    """Wait until some replica has read the feed and retired what it found."""
    await until(lambda: any(r.has_polled_since(committed) for r in drill.replicas))


async def drill(
    connection: asyncpg.Connection, replicas: Sequence[DeskReplica], confirm: Confirm, rounds: int
) -> Drill:
    """Write `rounds` rounds while all replicas are asked; return what was seen."""
    await connection.execute(SETUP)
    for kind in KINDS:
        await connection.execute(kind.write(0))
        await connection.execute(kind.write(1))
    drill = Drill(replicas)
    await confirm(drill, time.monotonic())
    asking = [asyncio.create_task(drill.keep_asking(r)) for r in replicas for _ in range(2)]
    try:
        for n in range(2, rounds + 2):
            drill.begun = n
            for kind in KINDS:
                await connection.execute(kind.write(n))
            await confirm(drill, time.monotonic())
            drill.confirmed = n
            await asyncio.gather(*(drill.prompt(replica) for replica in replicas))
    finally:
        drill.over = True
        await asyncio.gather(*asking)
        await connection.execute(TEARDOWN)
    return drill

"""What is counted means what it says."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from hawk_backend.cache.stats import Cause, End, Stats
from hawk_backend.cache.tiers import Memory
from hawk_backend.models import Reason, TableState, Tier
from hawk_backend.observability import exposition
from tests.cache.rig import PLAIN, VOLATILE, Database, House


@dataclass(frozen=True, slots=True)
class Table:
    """How one table of a prompt ended."""

    tier: Tier
    state: TableState = TableState.FRESH
    reason: Reason | None = None


MEMORY, REDIS, SOURCE = Table(Tier.MEMORY), Table(Tier.REDIS), Table(Tier.SOURCE)
ABSENT = Table(Tier.NONE, TableState.ABSENT)
LATE = Table(Tier.NONE, TableState.MISSING, Reason.TIMEOUT)


@pytest.mark.parametrize(
    ("tables", "warmth"),
    [
        ([MEMORY, REDIS], "warm"),
        ([MEMORY, ABSENT], "warm"),
        ([], "warm"),
        ([MEMORY, SOURCE], "partial"),
        ([SOURCE, SOURCE], "cold"),
        ([MEMORY, LATE], "late"),
    ],
)
def test_a_prompt_is_as_warm_as_its_tables(tables: list[Table], warmth: str) -> None:
    """Absent tables cost nothing and count for nothing; a deadline that was missed counts first."""
    stats = Stats()
    stats.prompt(tables, 12.0)
    counted = stats.to_dict()["prompts"]
    assert counted == {name: int(name == warmth) for name in ("warm", "partial", "cold", "late")}


def test_times_are_per_prompt() -> None:
    """Never divided by look-ups."""
    stats = Stats()
    for ms in (10.0, 30.0):
        stats.prompt([MEMORY] * 8, ms)
    for _ in range(16):
        stats.lookup("t", End.MEMORY)
    counted = stats.to_dict()
    assert (counted["total_requests"], counted["avg_extraction_time_ms"]) == (2, 20.0)
    assert (counted["cache_hits"], counted["cache_hit_rate"]) == (16, "100.0%")


def test_a_hit_is_what_did_not_wait_for_the_source() -> None:
    """Who joins another's query has waited for it, who gets nothing has missed."""
    stats = Stats()
    ends = [End.MEMORY, End.REDIS, End.SOURCE, End.JOINED, End.MISSING, End.ABSENT]
    for end in ends:
        stats.lookup("t", end)
    counted = stats.to_dict()
    assert (counted["cache_hits"], counted["cache_misses"]) == (2, 3)
    assert counted["cache_hit_rate"] == "40.0%"
    assert counted["redis_hit_rate"] == "25.0%"
    assert counted["lookups"] == {end.value: 1 for end in ends}


def test_nothing_counted_is_nothing_divided() -> None:
    """Before the first prompt every rate is zero."""
    counted = Stats().to_dict()
    assert (counted["cache_hit_rate"], counted["avg_extraction_time_ms"]) == ("0.0%", 0)


async def test_each_table_has_its_own_count(house: House, database: Database) -> None:
    """Rows, bytes, age, hits and retirements with their cause."""
    replica = await house.replica()
    for _ in range(3):
        await replica.read(PLAIN)
    await replica.read(VOLATILE)
    await replica.slices.retire([VOLATILE.name], Cause.WEBHOOK)
    replica.stats.retirement([VOLATILE.name], Cause.FEED)
    database.later(seconds=5)
    tables = replica.stats.tables(replica.memory, database.now)
    plain, volatile = tables[PLAIN.name], tables[VOLATILE.name]
    assert (plain["rows"], plain["slices"], plain["age_s"], plain["hits"]) == (1, 1, 5.0, 2)
    assert plain["bytes"] == replica.memory.size
    assert volatile["retired"] == {"feed": 1, "webhook": 1}
    assert (volatile["rows"], volatile["age_s"]) == (0, None)


def test_prometheus_counts_along() -> None:
    """What is counted here is summed over replicas there."""
    stats = Stats()
    stats.lookup("t", End.REDIS)
    stats.prompt([MEMORY], 1.0)
    stats.retirement(["gl_coa"], Cause.CLEAR)
    text = exposition().decode()
    assert 'hawk_cache_lookups_total{end="redis"}' in text
    assert 'hawk_cache_prompts_total{warmth="warm"}' in text
    assert 'hawk_cache_retirements_total{cause="clear",table="gl_coa"}' in text


def test_an_empty_memory_has_no_tables() -> None:
    """Nothing is listed that nothing is known of."""
    assert Stats().tables(Memory(1), datetime.now(UTC)) == {}

"""The read path: what is read when, from where, and who shares it."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from hawk_backend.cache import slices as slices_module
from hawk_backend.cache.stats import Cause, End
from hawk_backend.cache.watched import View
from hawk_backend.catalogue import Table
from hawk_backend.errors import SourceError, TableAbsent
from hawk_backend.models import SERVICE, Freshness, Principal, Tier
from hawk_backend.rows import Term, Where
from tests.cache.rig import (
    PLAIN,
    TABLES,
    VIEW,
    VOLATILE,
    Database,
    House,
    Replica,
    broken,
    seen,
    until,
)
from tests.cache.server import Server

USER = Principal("desk-01", "authenticated")
OTHER = Principal("desk-02", "authenticated")


@pytest.fixture(params=["in process", "in Redis"])
async def replica(request: pytest.FixtureRequest, house: House) -> Replica:
    """A replica under a live feed, with its stamps in process or in Redis."""
    in_redis = request.param == "in Redis"
    return await house.replica(request.getfixturevalue("server") if in_redis else None)


@pytest.fixture
async def pair(house: House, server: Server) -> list[Replica]:
    """Two replicas that share a Redis."""
    return [await house.replica(server) for _ in range(2)]


async def test_a_second_read_is_answered_from_memory(database: Database, replica: Replica) -> None:
    """Rows are read once; the next prompt has the very same slice."""
    first = await replica.read(PLAIN)
    second = await replica.read(PLAIN)

    assert (first.tier, second.tier) == (Tier.SOURCE, Tier.MEMORY)
    assert second.slice is first.slice
    assert (first.ms, second.ms) == (1.0, 0.0)
    assert database.asked == 1


async def test_a_retired_table_is_read_again(database: Database, replica: Replica) -> None:
    """A read that starts after the retirement returned never sees the old rows."""
    assert await replica.made_of(PLAIN) == 0
    database.write(PLAIN)
    assert await replica.made_of(PLAIN) == 0
    await replica.slices.retire([PLAIN.name], Cause.CLEAR)
    assert await replica.made_of(PLAIN) == 1


@pytest.mark.parametrize("base", sorted({VIEW.name, *VIEW.bases}))
async def test_a_view_is_retired_with_its_bases(
    database: Database, replica: Replica, base: str
) -> None:
    """What retires a base retires, and frees, what is made of it; so does the name of the view."""
    await replica.read(VIEW)
    database.write(base)
    await replica.slices.retire([base], Cause.CLEAR)
    assert len(replica.slices.memory) == 0
    assert await replica.made_of(VIEW) == 1


async def test_other_tables_stay(database: Database, replica: Replica) -> None:
    """A retirement touches the tables that it names, and no other."""
    await replica.read(PLAIN)
    await replica.slices.retire([VOLATILE.name], Cause.CLEAR)
    assert (await replica.read(PLAIN)).tier is Tier.MEMORY
    assert database.asked == 1


async def test_the_feed_retires_what_was_written(database: Database, replica: Replica) -> None:
    """A write is seen by the prompts after the next poll, and retires once."""
    await replica.read(PLAIN)
    await replica.read(VOLATILE)
    database.write(PLAIN)
    assert await replica.poll() == (PLAIN.name,)
    assert await replica.poll() == ()
    assert await replica.made_of(PLAIN) == 1
    assert (await replica.read(VOLATILE)).tier is Tier.MEMORY


async def test_a_table_that_the_feed_forgets_is_retired(
    database: Database, replica: Replica
) -> None:
    """A table whose trigger has gone is retired then, and again when the trigger is back."""
    await replica.read(PLAIN)
    versions = database.versions_of
    assert versions is not None
    version = versions.pop(PLAIN.name)
    assert await replica.poll() == (PLAIN.name,)
    await replica.read(PLAIN)
    versions[PLAIN.name] = version
    assert await replica.poll() == (PLAIN.name,)


async def test_the_source_is_asked_after_the_stamp_was_read(
    database: Database, replica: Replica
) -> None:
    """A retirement while the source answers leaves the slow answer where nobody looks."""
    gate = database.hold()
    slow = asyncio.ensure_future(replica.read(PLAIN))
    await until(lambda: database.asked == 1)
    database.write(PLAIN)
    await replica.slices.retire([PLAIN.name], Cause.CLEAR)
    young = asyncio.ensure_future(replica.read(PLAIN))
    await until(lambda: database.asked == 2)
    gate.set()

    assert (seen(await slow), seen(await young)) == (0, 1)
    assert await replica.made_of(PLAIN) == 1
    assert database.asked == 2


async def test_prompts_at_once_share_one_query(database: Database, replica: Replica) -> None:
    """Two hundred prompts on a cold cache ask each table once."""
    found = await asyncio.gather(*(replica.read(t) for _ in range(200) for t in (PLAIN, VOLATILE)))
    assert database.asked == 2
    assert {read.tier for read in found} == {Tier.SOURCE}
    assert replica.stats.ends == {End.SOURCE: 2, End.JOINED: 398}


async def test_a_failure_reaches_everybody_and_is_not_kept(
    database: Database, replica: Replica
) -> None:
    """All who joined learn the reason; the next read asks again."""
    database.errors[PLAIN.name] = broken()
    found = await asyncio.gather(*(replica.read(PLAIN) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(error, SourceError) for error in found)
    database.errors.clear()
    assert (await replica.read(PLAIN)).tier is Tier.SOURCE
    assert replica.stats.ends[End.MISSING] == 3


async def test_a_prompt_that_leaves_takes_the_rows_from_nobody(
    database: Database, replica: Replica
) -> None:
    """Who joined gets the answer, and so does the next prompt, whoever sent the query."""
    gate = database.hold()
    first = await replica.look(PLAIN)
    leaving = first.start(PLAIN)
    joined = (await replica.look(PLAIN)).start(PLAIN)
    await until(lambda: database.asked == 1)
    first.leave([leaving])
    gate.set()

    assert (await joined).tier is Tier.SOURCE
    assert leaving.cancelled()
    assert (await replica.read(PLAIN)).tier is Tier.MEMORY
    assert database.asked == 1


async def test_an_absent_table_costs_nothing(database: Database, replica: Replica) -> None:
    """What is known not to exist is neither asked for nor counted as a miss."""
    database.absent.add(PLAIN.name)
    with pytest.raises(TableAbsent):
        await replica.read(PLAIN)
    assert database.asked == 0
    assert replica.stats.ends == {End.ABSENT: 1}


async def test_x_hawk_fresh_goes_to_the_source(database: Database, replica: Replica) -> None:
    """A prompt that wants the source gets the source, and its rows serve the others."""
    await replica.read(PLAIN)
    database.write(PLAIN)
    fresh = await replica.read(PLAIN, freshness=Freshness.SOURCE)
    assert (fresh.tier, seen(fresh)) == (Tier.SOURCE, 1)
    assert await replica.made_of(PLAIN) == 1
    assert database.asked == 2


async def test_who_wants_the_source_joins_no_query_that_was_sent(
    database: Database, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many want a table fresh, one query is under way and one to come."""
    monkeypatch.setattr(replica.slices._straight, "_patience_s", None)
    gate = database.hold()
    asking = [asyncio.ensure_future(replica.read(PLAIN, freshness=Freshness.SOURCE))]
    await until(lambda: database.asked == 1)
    database.write(PLAIN)
    asking += [
        asyncio.ensure_future(replica.read(PLAIN, freshness=Freshness.SOURCE)) for _ in range(50)
    ]
    await asyncio.sleep(0.02)
    assert database.asked == 1
    gate.set()

    found = [seen(read) for read in await asyncio.gather(*asking)]
    assert found == [0] + 50 * [1]
    assert database.asked == 2


@pytest.mark.parametrize(
    ("table", "age_s"),
    [
        (TABLES["currency_configuration"], 24 * 3600),
        (TABLES["entity_master"], 3600),
        (TABLES["hedge_instructions"], 300),
        (TABLES["currency_rates"], 60),
    ],
    ids=lambda value: getattr(value, "name", None),
)
async def test_rows_have_a_ceiling(
    database: Database, replica: Replica, table: Table, age_s: float
) -> None:
    """Under a live feed a change that no trigger saw lasts until the ceiling of its table."""
    await replica.read(table)
    database.later(seconds=age_s)
    assert (await replica.read(table)).tier is Tier.MEMORY
    database.later(seconds=1)
    assert (await replica.read(table)).tier is Tier.SOURCE


async def test_rows_of_the_future_are_not_used(database: Database, pair: list[Replica]) -> None:
    """Another replica's clock that is ahead does not make rows live longer."""
    slow = TABLES["entity_master"]
    database.later(hours=2)
    await pair[0].read(slow)
    await pair[0].settled()
    database.later(hours=-2)
    assert (await pair[1].read(slow)).tier is Tier.SOURCE
    assert (await pair[0].read(slow)).tier is not Tier.MEMORY


async def test_an_older_answer_does_not_replace_a_younger_one(
    database: Database, replica: Replica
) -> None:
    """A slow query that ends last leaves what was read after it."""
    gate = database.hold()
    slow = asyncio.ensure_future(replica.read(PLAIN))
    await until(lambda: database.asked == 1)
    database.go_on()
    database.later(seconds=1)
    database.write(PLAIN)
    await replica.read(PLAIN, freshness=Freshness.SOURCE)
    gate.set()
    assert seen(await slow) == 0
    assert await replica.made_of(PLAIN) == 1


async def test_a_clock_that_is_set_back_does_not_keep_rows_out(
    database: Database, pair: list[Replica]
) -> None:
    """What was read by the clock of before gives way to what is read now."""
    await pair[0].read(PLAIN)
    database.later(hours=-2)
    database.write(PLAIN)
    await pair[1].slices.retire([PLAIN.name], Cause.CLEAR)
    assert seen(await pair[0].read(PLAIN)) == 1
    assert (await pair[0].read(PLAIN)).tier is Tier.MEMORY


async def test_a_materialized_view_is_never_kept(replica: Replica) -> None:
    """Nothing tells when it is refreshed: neither the catalogued nor one that is found to be so."""
    for table in (TABLES["mv_car_latest"], VIEW):
        replica.watched.learn_views({VIEW.name: View(frozenset(VIEW.bases), materialized=True)})
        await replica.read(table)
        assert (await replica.read(table)).tier is Tier.SOURCE
    assert len(replica.memory) == 0


async def test_a_view_that_reads_the_clock_is_read_again_the_next_day(
    database: Database, replica: Replica
) -> None:
    """The dates that it may take for today are part of its name, long before its ceiling."""
    view = TABLES["v_stage1a_overlay_lookup"]
    assert view.reads_clock
    database.now = datetime(2025, 9, 17, 23, 59, 30, tzinfo=UTC)
    await replica.read(view)
    assert (await replica.read(view)).tier is Tier.MEMORY
    database.later(minutes=1)
    assert (await replica.read(view)).tier is Tier.SOURCE


async def test_neither_rights_nor_filters_are_mixed(database: Database, replica: Replica) -> None:
    """Rows read for one principal or one filter are never another's."""
    where: Where = (Term("account_code", "in", ("x",)),), (Term("account_code", "null"),)
    other: Where = ((Term("account_code", "in", ("x",)), Term("account_code", "null")),)
    for _ in range(2):
        for principal in (SERVICE, USER, OTHER):
            for narrowed in ((), where, other):
                read = await replica.read(PLAIN, narrowed, principal=principal)
                assert read.slice.rows[0]["account_code"] == f"{principal.scope} 0"
    assert sorted(database.reads.values()) == 9 * [1]


async def test_another_question_is_another_slice(database: Database, replica: Replica) -> None:
    """What discovery changes in the question, columns or order, is part of the name."""
    await replica.read(PLAIN)
    database.shapes[PLAIN.name] = "one more column"
    assert (await replica.read(PLAIN)).tier is Tier.SOURCE


async def test_two_replicas_share_what_one_has_read(
    database: Database, pair: list[Replica]
) -> None:
    """The second replica takes the rows from Redis, typed and rendered anew."""
    first = await pair[0].read(VIEW)
    await pair[0].settled()
    second = await pair[1].read(VIEW)

    assert (first.tier, second.tier, database.asked) == (Tier.SOURCE, Tier.REDIS, 1)
    assert second.slice == first.slice
    assert (await pair[1].read(VIEW)).tier is Tier.MEMORY


async def test_a_retirement_reaches_the_other_replica(
    database: Database, pair: list[Replica]
) -> None:
    """Whoever retires, no replica uses its memory or Redis for the old rows."""
    for i, (retiring, reading) in enumerate(pairwise([*pair, *pair])):
        await reading.read(PLAIN)
        await reading.settled()
        database.write(PLAIN)
        await retiring.slices.retire([PLAIN.name], Cause.CLEAR)
        assert await reading.made_of(PLAIN) == i + 1


async def test_a_write_retires_once_however_many_replicas_poll(
    database: Database, pair: list[Replica]
) -> None:
    """Versions are compared with Redis, not with a replica's memory."""
    await pair[0].read(PLAIN)
    database.write(PLAIN)
    assert [await replica.poll() for replica in (*pair, *pair)] == [(PLAIN.name,), (), (), ()]


async def test_a_replica_that_starts_compares_with_redis(
    database: Database, pair: list[Replica], house: House, server: Server
) -> None:
    """What was written while no replica ran is noticed by the first poll of the next one."""
    await pair[0].read(PLAIN)
    await pair[0].settled()
    database.write(PLAIN)
    new = await house.replica(server)
    assert await new.made_of(PLAIN) == 1


async def test_users_do_without_a_cache_where_rights_may_change_unseen(
    database: Database, house: House
) -> None:
    """The tables that policies read are part of every user's stamp; unwatched, nothing is kept."""
    replica = await house.replica(policy=("grants",))
    for _ in range(2):
        assert (await replica.read(PLAIN, principal=USER)).tier is Tier.SOURCE
    database.watch(PLAIN.name, "grants")
    await replica.poll()
    await replica.read(PLAIN, principal=USER)
    assert (await replica.read(PLAIN, principal=USER)).tier is Tier.MEMORY
    database.write("grants")
    await replica.poll()
    assert (await replica.read(PLAIN, principal=USER)).tier is Tier.SOURCE


async def test_what_changed_meanwhile_can_be_told(replica: Replica) -> None:
    """Tables are named whose stamp is not the one under which the prompt read them."""
    stamps = {table.name: (await replica.read(table)).stamp or b"" for table in (PLAIN, VIEW)}
    assert await replica.slices.changed(stamps, TABLES, SERVICE) == ()
    await replica.slices.retire([VIEW.bases[0]], Cause.CLEAR)
    assert await replica.slices.changed(stamps, TABLES, SERVICE) == (VIEW.name,)


async def test_a_table_in_use_is_read_again_before_its_ceiling(
    database: Database, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a prompt has asked for lately is due once most of its life is over, and nothing else."""
    await replica.slices.renew(VOLATILE, oldest_s=240)
    database.later(seconds=250)
    assert replica.slices.aging(TABLES, 0.8) == []
    await replica.read(VOLATILE)
    assert replica.slices.aging(TABLES, 0.8) == [VOLATILE.name]
    await replica.slices.renew(VOLATILE, oldest_s=240)
    assert replica.slices.aging(TABLES, 0.8) == []
    database.later(seconds=250)
    assert replica.slices.aging(TABLES, 0.8) == [VOLATILE.name]
    monkeypatch.setattr(slices_module, "_IN_USE_S", 0.0)
    assert replica.slices.aging(TABLES, 0.8) == []
    assert database.asked == 2


async def test_the_warming_waits_for_prompts(database: Database, replica: Replica) -> None:
    """As long as a prompt waits for the source it is not idle."""
    gate = database.hold()
    prompt = asyncio.ensure_future(replica.read(PLAIN))
    await until(lambda: database.asked == 1)
    idle = asyncio.ensure_future(replica.slices.idle())
    await asyncio.sleep(0.01)
    assert not idle.done()
    gate.set()
    await prompt
    await asyncio.wait_for(idle, 1)

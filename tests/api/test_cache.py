"""The cache's operations: who may retire what, and what is said about it."""

import asyncio
from typing import Any

import httpx
import pytest

from hawk_backend.dev.dify.script import Delay, Script
from tests.dify import running
from tests.gateway import ask, open_gateway
from tests.stack import LocalStack

TABLES = 40
WEBHOOK = {
    "type": "UPDATE",
    "table": "position_nav_master",
    "schema": "public",
    "record": {"nav_id": "x", "current_position": 1.5},
    "old_record": None,
}
PROMPT = "Check if I can hedge 150K CNY today"


async def tiers(gateway: httpx.AsyncClient) -> dict[str, str]:
    """Return the tier of each table of a prompt."""
    events = await ask(gateway, PROMPT)
    return {str(e["table"]): str(e["tier"]) for e in events if e["event"] == "hawk_table"}


async def stats(gateway: httpx.AsyncClient) -> dict[str, Any]:
    """Return /cache/stats."""
    return dict((await gateway.get("/cache/stats")).json())


async def warmed(gateway: httpx.AsyncClient) -> None:
    """Wait until the feed was polled and every table of the database is in."""
    async with asyncio.timeout(20):
        while True:
            found = await stats(gateway)
            kept = found["feed"]["mode"] == "live" and found["memory_cache_size"] >= TABLES
            if kept and not found["warm"]["left"]:
                return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("body", "tables"),
    [
        ({"table": "position_nav_master"}, ["position_nav_master"]),
        ({"tables": ["entity_master", "currency_rates"]}, ["entity_master", "currency_rates"]),
        ({"tables": ["entity_master", "entity_master"], "x": 1}, ["entity_master"]),
        (WEBHOOK, ["position_nav_master"]),
    ],
)
async def test_a_writer_retires_tables(
    gateway: httpx.AsyncClient, body: dict[str, object], tables: list[str]
) -> None:
    """The plain form and the webhook's form name tables; everything else is ignored."""
    response = await gateway.post("/cache/invalidate", json=body)
    assert response.status_code == 200
    assert response.json()["tables"] == tables
    by_table = (await stats(gateway))["tables"]
    assert all(by_table[name]["retired"]["webhook"] == 1 for name in tables)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"table": "no_such_table"},
        {"table": "position_*"},
        {"table": None},
        {"table": 7},
        {"tables": []},
        {"tables": "entity_master"},
        {"tables": ["entity_master", "no_such_table"]},
    ],
)
async def test_an_unknown_table_is_refused(
    gateway: httpx.AsyncClient, body: dict[str, object]
) -> None:
    """Nothing is retired where one name is not catalogued."""
    response = await gateway.post("/cache/invalidate", json=body)
    assert response.status_code == 422
    assert not any(table["retired"] for table in (await stats(gateway))["tables"].values())


@pytest.mark.parametrize(
    ("sent", "status"),
    [("first", 200), ("second", 200), ("third", 403), ("", 403), (None, 403), ("First", 403)],
)
async def test_a_secret_guards_where_one_is_set(
    stack: LocalStack, sent: str | None, status: int
) -> None:
    """Either of two secrets opens; no other, and none, does not."""
    headers = {} if sent is None else {"X-Hawk-Secret": sent}
    async with open_gateway(stack, hawk_webhook_secrets="first, second") as gateway:
        response = await gateway.post("/cache/invalidate", json=WEBHOOK, headers=headers)
        assert response.status_code == status
        assert (await gateway.post("/cache/clear/CNY")).status_code == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [("schlüssel-鍵".encode(), 200), (b"schl\xfcssel", 403), (b"\xff\xfe", 403)],
)
async def test_a_secret_may_be_of_any_script(stack: LocalStack, sent: bytes, status: int) -> None:
    """It is sent in UTF-8; other bytes are a wrong one."""
    async with open_gateway(stack, hawk_webhook_secrets="schlüssel-鍵") as gateway:
        headers = [(b"x-hawk-secret", sent)]
        response = await gateway.post("/cache/invalidate", json=WEBHOOK, headers=headers)
    assert response.status_code == status


async def test_a_storm_of_webhooks_is_confirmed_whole(gateway: httpx.AsyncClient) -> None:
    """One a row, as the database sends them."""
    sent = (gateway.post("/cache/invalidate", json=WEBHOOK) for _ in range(90))
    assert {response.status_code for response in await asyncio.gather(*sent)} == {200}


@pytest.mark.parametrize("path", ["/cache/invalidate", "/cache/clear", "/cache/clear/CNY"])
async def test_nothing_is_confirmed_without_redis(stack: LocalStack, path: str) -> None:
    """What other replicas could go on using was not retired, and the writer learns it."""
    async with open_gateway(stack, redis_url="redis://127.0.0.1:9/0") as gateway:
        response = await gateway.post(path, json=WEBHOOK)
    assert response.status_code == 503
    assert response.json()["remedy"].startswith("nothing was confirmed")
    assert "127.0.0.1" not in response.text


async def test_a_gateway_without_a_redis_says_so(stack: LocalStack) -> None:
    """Its stamps are its own, which is right for one replica; it retires and keeps all the same."""
    async with open_gateway(stack, redis_url="") as gateway:
        await warmed(gateway)
        health = (await gateway.get("/health")).json()
        assert health["details"]["redis"]["stamps"] == "in this process, for one replica"
        assert (await gateway.post("/cache/invalidate", json=WEBHOOK)).status_code == 200
        await warmed(gateway)
        assert set((await tiers(gateway)).values()) <= {"memory", "none"}


async def test_what_is_retired_during_an_answer_is_named(stack: LocalStack) -> None:
    """The tables of this context, and its views of them, at the end of the answer."""
    async with running() as dify, open_gateway(stack, dify_api_url=dify.base_url) as gateway:
        await warmed(gateway)
        await dify.script(Script(answer="word " * 9, delays=(Delay(at="delta:3", seconds=1.0),)))
        asking = asyncio.create_task(ask(gateway, PROMPT))
        await dify.until(running=1)
        await gateway.post("/cache/invalidate", json={"tables": ["entity_master", "gl_periods"]})
        events = await asking
    [done] = [event for event in events if event["event"] == "hawk_done"]
    assert done["changed"] == ["entity_master", "v_usd_pb_capacity_check"]


async def test_a_gateway_warms_itself(gateway: httpx.AsyncClient) -> None:
    """After the start every table of the database is in memory, and a prompt finds all of its.

    What the database does not have is not asked for.
    """
    await warmed(gateway)
    assert (await stats(gateway))["warm"]["failed"] == 0
    found = await tiers(gateway)
    assert {tier for tier in found.values() if tier != "none"} == {"memory"}
    counted = await stats(gateway)
    assert counted["prompts"]["warm"] == 1
    assert counted["memory_bytes"] < 20_000_000
    entities = counted["tables"]["entity_master"]
    assert (entities["rows"], entities["retired"]) == (44, {})
    assert entities["bytes"] > 10_000


async def test_warming_can_be_asked_for(gateway: httpx.AsyncClient) -> None:
    """POST /cache/warm begins; /cache/stats tells how far it is."""
    await warmed(gateway)
    await gateway.post("/cache/clear")
    begun = await gateway.post("/cache/warm")
    assert begun.status_code == 202
    assert begun.json()["total"] >= TABLES
    await warmed(gateway)
    assert (await stats(gateway))["warm"]["failed"] == 0


async def test_clearing_retires_for_everybody(gateway: httpx.AsyncClient) -> None:
    """A cleared table is read from the source again; the others stay in memory."""
    await warmed(gateway)
    cleared = (await gateway.delete("/cache/clear/entity_master")).json()
    assert (cleared["tables"], cleared["keys_cleared"]) == (["entity_master"], 1)
    found = await tiers(gateway)
    assert found["entity_master"] == "source" or await reread(gateway, "entity_master")
    assert found["currency_configuration"] == "memory"


async def reread(gateway: httpx.AsyncClient, table: str) -> bool:
    """Say whether the warming had the table in again before the prompt came."""
    found = (await stats(gateway))["tables"][table]
    return bool(found["retired"]["clear"] == 1 and found["age_s"] < 5)


async def test_the_feed_is_said_aloud(gateway: httpx.AsyncClient) -> None:
    """/system/status says mode, lag, bound, and what nobody tells the changes of."""
    await warmed(gateway)
    feed = (await gateway.get("/system/status")).json()["feed"]
    assert (feed["mode"], feed["failure"], feed["polls"]) == ("live", None, True)
    assert 0 <= feed["lag_s"] < 3
    assert 1 <= feed["bound_s"] < 3
    assert feed["tables_without_trigger"] == []
    assert feed["views_that_differ"] == {
        "v_stage2_stuck": {"not_in_catalogue": [], "not_in_database": ["deal_bookings"]}
    }


async def test_explain_says_what_is_kept(gateway: httpx.AsyncClient) -> None:
    """Each table of the plan has its state and age in this replica."""
    await warmed(gateway)
    body = {"user_prompt": PROMPT}
    answer = (await gateway.post("/hawk-agent/explain", json=body)).json()
    kept = {entry["table"]: entry for entry in answer["cache"]}
    assert kept["entity_master"]["state"] == "kept"
    assert kept["entity_master"]["age_s"] >= 0


async def test_x_hawk_fresh_reads_the_source(gateway: httpx.AsyncClient) -> None:
    """However warm everything is."""
    await warmed(gateway)
    gateway.headers["X-Hawk-Fresh"] = "1"
    assert {tier for tier in (await tiers(gateway)).values() if tier != "none"} == {"source"}

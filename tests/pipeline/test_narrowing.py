"""A table over its cap is answered by the source, as exactly as if the whole of it were here."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawk_backend.catalogue import Catalogue, Table
from hawk_backend.models import Principal, Reason, TableState
from hawk_backend.pipeline.fetch import TableResult
from hawk_backend.pipeline.intent import DateRange, Intent
from hawk_backend.rows import Answer, Where
from tests.pipeline.shelf import CATALOGUE, SLICED, Desk, Rows, Shelf, asks, turns

CAP = 3
ORDERS = 8


def instructions() -> Iterator[Mapping[str, object]]:
    """Yield one instruction an order, alternately in CNY and KRW; each rolls the one before."""
    for i in range(ORDERS):
        yield {
            "instruction_id": f"INST{i}",
            "order_id": f"ORD-{i}",
            "previous_order_id": f"ORD-{i - 2}" if i > 1 else None,
            "exposure_currency": ("CNY", "KRW\r\n")[i % 2],
            "instruction_date": f"2025-09-0{i + 1}",
            "instruction_status": ("Executed", "Cancelled", None)[i % 3],
            "created_date": None,
            "msg_uid": None,
            "request_id": None,
            "sub_order_id": None,
            "trace_id": None,
        }


def events() -> Iterator[Mapping[str, object]]:
    """Yield one event an instruction."""
    for i in range(ORDERS):
        yield {
            "event_id": f"EVT{i}",
            "instruction_id": f"INST{i}",
            "entity_id": None,
            "nav_type": ("COI", "RE")[i % 2],
            "event_status": "Pending",
            "created_date": f"2025-09-0{i + 1}T00:00:00",
        }


def deals() -> Iterator[Mapping[str, object]]:
    """Yield three deals an event."""
    for i in range(ORDERS):
        for leg in range(3):
            yield {
                "deal_booking_id": f"D{i}-{leg}",
                "event_id": f"EVT{i}",
                "deal_sequence": leg,
                "created_date": None,
                "sell_currency": "SGD",
                "buy_currency": "USD",
            }


TABLES: Mapping[str, Rows] = {
    "hedge_instructions": list(instructions()),
    "hedge_business_events": list(events()),
    "deal_bookings": list(deals()),
    "entity_master": [{"entity_id": "E1", "currency_code": "CNY", "entity_type": "TMU"}],
    "currency_configuration": [{"currency_code": "CNY", "proxy_currency": None}],
}


def shelf(*capped: str) -> Shelf:
    """Return the source, these tables of it capped far below what they hold."""
    found = Shelf(TABLES)
    found.caps = dict.fromkeys(capped, CAP)
    return found


SLICES = ("hedge_instructions", "hedge_business_events", "deal_bookings")


def ids(result: TableResult) -> list[object]:
    """Return the first cell of every row."""
    return [next(iter(row.values())) for row in result.rows]


def questions(shelf: Shelf, table: str) -> int:
    """Return how often rows of a table were asked for beyond its slice."""
    return sum(name == table and bool(where) for name, where in shelf.asked)


async def test_an_old_order_is_found_beyond_the_cap() -> None:
    """The order, its past and what belongs to it come by questions of their own."""
    source = shelf()
    source.caps = {"hedge_instructions": 5, "hedge_business_events": 5, "deal_bookings": 11}
    results = await Desk(source).ask(asks("mx_bookings", order_id="ORD-2"))

    assert ids(results["hedge_instructions"]) == ["INST4", "INST2", "INST0"]
    assert ids(results["hedge_business_events"]) == ["EVT4", "EVT2", "EVT0"]
    assert len(ids(results["deal_bookings"])) == 9
    assert all(results[table].complete for table in source.caps)
    assert questions(source, "deal_bookings") == 1


async def test_the_time_of_a_table_is_that_of_all_its_questions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each query counts one here: the slice, what it leads through, and the rows themselves."""
    monkeypatch.setattr("hawk_backend.pipeline.reads._ms", lambda _started: 1.0)
    source = shelf()
    whole = await Desk(source).ask(asks("mx_bookings", order_id="ORD-2"))
    assert {whole[table].ms for table in SLICES} == {1.0}
    source.caps = {"hedge_instructions": 5, "hedge_business_events": 5, "deal_bookings": 11}
    results = await Desk(source).ask(asks("mx_bookings", order_id="ORD-2"))
    assert {table: results[table].ms for table in SLICES} == {
        "hedge_instructions": 3.0,
        "hedge_business_events": 4.0,
        "deal_bookings": 5.0,
    }


async def test_an_answer_at_its_cap_is_not_complete() -> None:
    """Where the source's own answer is cut too, the result says so."""
    source = shelf("deal_bookings")
    result = (await Desk(source).ask(asks("mx_bookings", currency=("CNY",))))["deal_bookings"]

    assert (result.state, result.reason) == (TableState.FRESH, Reason.INCOMPLETE)
    assert len(result.rows) == CAP


async def test_a_slice_that_answers_is_not_asked_again() -> None:
    """Where the limit is reached in the newest rows, the older ones are not needed."""
    source = shelf()
    source.tables["hawk_agent_sessions"] = [
        {"id": i, "created_at": f"2025-09-17T00:00:{i:02}"} for i in range(60)
    ]
    source.caps["hawk_agent_sessions"] = 55
    await Desk(source).ask(asks("system_status"))

    assert questions(source, "hawk_agent_sessions") == 0


@pytest.mark.parametrize(
    ("order", "state"), [("ORD-7", TableState.FRESH), ("ORD-0", TableState.MISSING)]
)
async def test_a_question_that_fails_leaves_a_gap(order: str, state: TableState) -> None:
    """What the slice has is shown as incomplete; nothing found is missing, never empty."""
    source = shelf("hedge_instructions")
    source.answers_questions = False
    results = await Desk(source).ask(asks("hedge_inquiry", order_id=order))

    result = results["hedge_instructions"]
    assert (result.state, result.reason) == (state, Reason.INCOMPLETE)
    assert not result.complete


async def test_a_prompt_that_ends_leaves_no_question_behind() -> None:
    """What leads through another table is asked by nobody once its prompt has gone."""
    source = shelf("hedge_instructions", "hedge_business_events")
    source.caps = {"hedge_instructions": 1, "hedge_business_events": 1}
    desk = Desk(source, deadline_s=0.1)
    answer = source.read

    async def slow(table: Table, principal: Principal, where: Where = ()) -> Answer:
        if where:
            await asyncio.Event().wait()
        return await answer(table, principal, where)

    source.read = slow  # type: ignore[method-assign]
    results = await desk.ask(asks("gl_entries_query", order_id="ORD-1"))
    assert results["hedge_instructions"].reason is Reason.INCOMPLETE
    await turns()
    left = [task for task in asyncio.all_tasks() if "Narrowing" in repr(task)]
    assert not left
    await desk.reads.aclose()


async def test_a_chain_is_followed_through_two_questions() -> None:
    """Further away the source is not asked: the rows are incomplete, and say so."""
    source = shelf("hedge_instructions", "hedge_business_events")
    source.caps = {"hedge_instructions": 1, "hedge_business_events": 1, "gl_entries": 1}
    source.tables["gl_entries"] = [
        {"entry_id": f"GL{i}", "event_id": f"EVT{i}", "gl_date": None, "package_id": None}
        for i in range(ORDERS)
    ]
    results = await Desk(source).ask(asks("gl_entries_query", order_id="ORD-1"))

    asked = [name for name, where in source.asked if where]
    assert asked[0] == "hedge_instructions"
    assert {*asked} == {"hedge_instructions", "hedge_business_events", "gl_entries"}
    assert results["gl_entries"].reason is Reason.INCOMPLETE


@pytest.mark.parametrize("day", [date.min, date.max])
@pytest.mark.parametrize(
    ("intent", "table", "column"),
    [
        ("audit_trail", "audit_trail", "created_at"),
        ("risk_analysis", "usd_pb_deposit", "as_of_date"),
    ],
)
async def test_the_first_and_the_last_day_can_be_asked_for(
    intent: str, table: str, column: str, day: date
) -> None:
    """No day beyond them is needed to widen a range."""
    source = shelf()
    key = CATALOGUE.tables[table].key
    source.tables[table] = [{**dict.fromkeys(key, i), column: "2025-09-01"} for i in range(2)]
    source.caps[table] = 1
    await Desk(source).ask(asks(intent, date=DateRange("period", day, day)))

    assert questions(source, table) == 1


SLOTS = st.fixed_dictionaries(
    {},
    optional={
        "currency": st.sampled_from([("CNY",), ("KRW",), ("CNY", "KRW"), ("JPY",)]),
        "exclude_currency": st.sampled_from([("CNY",), ("JPY",)]),
        "order_id": st.sampled_from(["ORD-1", "ORD_4", "ORD-99"]),
        "previous_order_id": st.sampled_from(["ORD-0", "ORD-6"]),
        "event_id": st.sampled_from(["EVT3", "EVT-3", "EVT99"]),
        "nav_type": st.sampled_from(["COI", "RE_Reserve"]),
        "status": st.sampled_from(["Executed", "Cancelled", "Active"]),
    },
)
INTENTS = st.sampled_from(
    ["hedge_inquiry", "mx_bookings", "hedge_rollover", "hedge_amendment", "hedge_utilization"]
)
CAPS = st.fixed_dictionaries(
    {},
    optional={
        name: st.integers(1, 12)
        for name in ("hedge_instructions", "hedge_business_events", "deal_bookings")
    },
)


@settings(max_examples=200, deadline=None)
@given(name=INTENTS, slots=SLOTS, caps=CAPS, catalogue=st.sampled_from([CATALOGUE, SLICED]))
def test_a_cap_never_changes_an_answer_that_says_it_is_complete(
    name: str, slots: dict[str, object], caps: dict[str, int], catalogue: Catalogue
) -> None:
    """Over capped tables the same rows come, or some of them with the word that it is not all.

    So they do where tables are in slices by currency.
    """
    intent = asks(name, **slots)
    whole, capped = shelf(), shelf()
    capped.caps = caps
    asyncio.run(_compare(intent, Desk(whole), Desk(capped, catalogue=catalogue)))


async def _compare(intent: Intent, whole: Desk, capped: Desk) -> None:
    truth = await whole.ask(intent)
    for table, result in (await capped.ask(intent)).items():
        if result.complete:
            assert (table, ids(result)) == (table, ids(truth[table]))
        else:
            assert {*ids(result)} <= {*ids(truth[table])}
            assert result.state is not TableState.EMPTY

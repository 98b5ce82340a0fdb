"""A table in slices by currency answers as if all of it were read, however little of it is."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawk_backend.models import Reason, TableState
from hawk_backend.pipeline.asking import MOST_VALUES, part
from hawk_backend.pipeline.fetch import TableResult
from hawk_backend.pipeline.intent import Intent
from hawk_backend.rows import Term
from tests.pipeline.shelf import CATALOGUE, SLICED, TODAY, Desk, Shelf, asks, planned

POSITIONS, BUFFERS, THRESHOLDS, RULES, INSTRUCTIONS = SLICES = (
    "position_nav_master",
    "buffer_configuration",
    "threshold_configuration",
    "proxy_configuration",
    "hedge_instructions",
)
CNY = asks("hedge_utilization", currency=("CNY",))
ENTITIES = [
    {"entity_id": f"E{i}", "currency_code": code, "entity_type": ("Branch", "TMU")[i % 2]}
    for i, code in enumerate(("CNY", "EUR", "KRW", "CNY"))
]


def position(i: int, currency: str | None, *, entity: str = "E0", day: int = 1) -> dict[str, Any]:
    """Return a position of a day of September."""
    return {
        "nav_id": f"N{i:02}",
        "entity_id": entity,
        "currency_code": currency,
        "nav_type": ("COI", "RE")[i % 2],
        "position_type": None,
        "as_of_date": f"2025-09-{day:02}",
    }


def buffer(i: int, currency: str | None, entity: str | None = None) -> dict[str, Any]:
    """Return a buffer's rule: of a currency, of every one by default, or of none in particular."""
    return {
        "buffer_rule_id": f"B{i:02}",
        "currency_code": currency,
        "entity_id": entity,
        "entity_type": None,
        "rule_priority": i,
        "active_flag": "Y" if i % 3 else "N",
    }


def shelf() -> Shelf:
    """Return a source with 40 positions in EUR that hide the few others behind a cap of 10."""
    hidden = [position(90, "CNY"), position(91, "KRW"), position(92, None)]
    found = Shelf(
        {
            "entity_master": ENTITIES,
            "currency_configuration": [{"currency_code": "CNY", "proxy_currency": None}],
            POSITIONS: [*(position(i, "EUR", entity="E1", day=16) for i in range(40)), *hidden],
            BUFFERS: [buffer(1, "EUR"), buffer(2, "DEFAULT"), buffer(4, "CNY"), buffer(5, None)],
        }
    )
    found.caps = {POSITIONS: 10}
    return found


def asked(source: Shelf, table: str) -> list[list[list[Term]]]:
    """Return what was asked of a table, question by question."""
    return [[list(group) for group in where] for name, where in source.asked if name == table]


def shown(result: TableResult) -> list[object]:
    """Return the first cell of every row."""
    return [next(iter(row.values())) for row in result.rows]


async def test_the_rows_of_a_currency_come_at_once() -> None:
    """Whole, the table would be read up to its cap and asked again for what that hides."""
    sliced, whole = shelf(), shelf()
    result = (await Desk(sliced, catalogue=SLICED).ask(CNY))[POSITIONS]
    narrowed = (await Desk(whole).ask(CNY))[POSITIONS]

    assert asked(sliced, POSITIONS) == [[[Term("currency_code", "in", ("CNY",))]]]
    assert len(asked(whole, POSITIONS)) == 2
    assert shown(result) == shown(narrowed) == ["N90"]
    assert result.complete


async def test_rules_for_all_come_with_every_currency() -> None:
    """DEFAULT, no currency at all, and USD among thresholds stand in every slice."""
    source = shelf()
    source.tables[THRESHOLDS] = []
    intent = asks("configuration_query", currency=("CNY", "EUR"))
    results = await Desk(source, catalogue=SLICED).ask(intent)

    assert asked(source, BUFFERS) == [
        [[Term("currency_code", "in", ("CNY", "DEFAULT", "EUR")), Term("currency_code", "null")]]
    ]
    assert asked(source, THRESHOLDS) == [
        [[Term("currency_code", "in", ("CNY", "EUR", "USD")), Term("currency_code", "null")]]
    ]
    assert shown(results[BUFFERS]) == ["B01", "B02", "B04", "B05"]


async def test_a_currency_may_stand_in_one_of_several_columns() -> None:
    """A rule of two columns is said of both."""
    source = shelf()
    source.tables[RULES] = [
        {"exposure_currency": a, "proxy_currency": b, "active_flag": "Y"}
        for a, b in (("CNY", "CNH"), ("TWD", "USD"), ("HKD", "CNY"))
    ]
    intent = asks("correlation_analysis", currency=("CNY",))
    result = (await Desk(source, catalogue=SLICED).ask(intent))[RULES]

    columns = ("exposure_currency", "proxy_currency")
    assert asked(source, RULES) == [[[Term(name, "in", ("CNY",)) for name in columns]]]
    assert len(shown(result)) == 2


@pytest.mark.parametrize(
    "slots",
    [
        {},
        {"exclude_currency": ("EUR",)},
        {"entity_ids": ("E0",)},
        {"currency": ("DGE",)},
        {"order_id": "ORD-1"},
    ],
    ids=str,
)
async def test_without_a_currency_a_table_is_read_whole(slots: Mapping[str, Any]) -> None:
    """Also where only some currencies are not wanted, or rows would have to tell which is."""
    intent = asks("hedge_inquiry", **slots)
    assert not planned(intent, catalogue=SLICED).by_currency


def test_a_table_is_read_whole_where_anything_else_is_looked_up_in_it() -> None:
    """A named order, a named entity, or the type of an entity is found whatever its currency."""

    def sliced(name: str, **slots: object) -> frozenset[str]:
        return planned(asks(name, currency=("CNY",), **slots), catalogue=SLICED).by_currency

    assert sliced("position_monitoring") >= {POSITIONS, "entity_master"}
    for slots in ({"entity_ids": ("E0",)}, {"entity_type": "Branch"}):
        found = sliced("position_monitoring", **slots)
        assert (POSITIONS in found, "entity_master" in found) == (True, False)
    named = {INSTRUCTIONS, "allocation_engine"}
    assert sliced("hedge_inquiry") >= named
    assert not sliced("hedge_inquiry", order_id="ORD-1") & named


def test_the_shipped_catalogue_reads_every_table_whole() -> None:
    """No shipped table outgrows its cap, so none is in slices by currency."""
    assert not CATALOGUE.sliced
    assert all(not planned(asks(name, currency=("CNY",))).by_currency for name in CATALOGUE.intents)


def test_more_currencies_than_fit_into_an_address_are_read_whole() -> None:
    """What cannot be said is left out, never some of it."""
    few = planned(CNY, catalogue=SLICED)
    codes = frozenset(f"{i:03}" for i in range(MOST_VALUES + 1))
    many = replace(few, wanted=replace(few.wanted, values={"currency": codes}))

    assert part(SLICED.tables[POSITIONS], few) != []
    assert part(SLICED.tables[POSITIONS], many) == []


async def test_a_currency_over_the_cap_is_asked_further() -> None:
    """The newest of its rows are read, and what they hide by questions of its own."""
    source = shelf()
    source.tables[POSITIONS] = [position(i, "CNY", entity=f"E{i % 4}", day=16) for i in range(40)]
    one = asks("position_monitoring", currency=("CNY",), nav_type="RE", entity_ids=("E3",))
    results = await Desk(source, catalogue=SLICED).ask(one)
    everything = (await Desk(source, catalogue=SLICED).ask(CNY))[POSITIONS]

    assert len(results[POSITIONS].rows) == 10
    assert asked(source, POSITIONS)[0] == [[Term("currency_code", "in", ("CNY",))]]
    assert len(asked(source, POSITIONS)[1]) > 1
    assert (everything.state, everything.reason) == (TableState.FRESH, Reason.INCOMPLETE)
    assert not everything.complete


CODES = st.sampled_from(["CNY", "CNY\r\n", "EUR", "KRW", "USD", "DEFAULT", None])
IDS = st.sampled_from(["E0", "E1", "E2", "E3"])
ROWS = st.fixed_dictionaries(
    {
        POSITIONS: st.lists(st.tuples(CODES, IDS, st.integers(1, 20)), max_size=12),
        BUFFERS: st.lists(st.tuples(CODES, IDS | st.just("DEFAULT") | st.none()), max_size=8),
        INSTRUCTIONS: st.lists(st.tuples(CODES, st.sampled_from(["Executed", None])), max_size=8),
    }
)
SLOTS = st.fixed_dictionaries(
    {"currency": st.lists(st.sampled_from(["CNY", "EUR", "USD", "JPY"]), max_size=2).map(tuple)},
    optional={
        "entity_ids": st.tuples(IDS),
        "entity_type": st.sampled_from(["Branch", "TMU"]),
        "nav_type": st.sampled_from(["COI", "RE"]),
        "status": st.just("Executed"),
        "order_id": st.sampled_from(["ORD-1", "ORD-99"]),
        "exclude_currency": st.just(("EUR",)),
    },
)
NAMES = ["hedge_utilization", "position_monitoring", "hedge_inquiry", "configuration_query"]


def stocked(rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> Shelf:
    """Return a source with these rows."""
    found = shelf()
    found.caps = {}
    found.tables[POSITIONS] = [
        position(i, code, entity=entity, day=day)
        for i, (code, entity, day) in enumerate(rows[POSITIONS])
    ]
    found.tables[BUFFERS] = [buffer(i, *cells) for i, cells in enumerate(rows[BUFFERS])]
    found.tables[INSTRUCTIONS] = [
        {
            "instruction_id": f"I{i}",
            "order_id": f"ORD-{i}",
            "previous_order_id": f"ORD-{i - 1}",
            "exposure_currency": code,
            "instruction_date": f"2025-09-1{i}",
            "instruction_status": status,
            "created_date": None,
            **dict.fromkeys(("msg_uid", "request_id", "sub_order_id", "trace_id")),
        }
        for i, (code, status) in enumerate(rows[INSTRUCTIONS])
    ]
    return found


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(NAMES), slots=SLOTS, rows=ROWS)
def test_slices_by_currency_never_change_an_answer(
    name: str, slots: dict[str, Any], rows: dict[str, Any]
) -> None:
    """For any rows and any currency the answer is that of tables that are read whole.

    With a cap at which the table as a whole is cut, but its currency is not, the answer stays the
    same where the currency is asked for.
    """
    asyncio.run(_compare(asks(name, **slots), rows))


async def _compare(intent: Intent, rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
    truth = await Desk(stocked(rows)).ask(intent)
    free, capped = stocked(rows), stocked(rows)
    sliced = planned(intent, TODAY, catalogue=SLICED).by_currency
    capped.caps = {name: 1 + len(part_of(free, name, intent)) for name in sliced & {*SLICES}}
    for source in (free, capped):
        found = await Desk(source, catalogue=SLICED).ask(intent)
        for table in SLICES:
            assert _told(found, table) == _told(truth, table)


def part_of(source: Shelf, table: str, intent: Intent) -> list[object]:
    """Return the rows of the currencies that are asked for, and those for all."""
    column = "exposure_currency" if table == INSTRUCTIONS else "currency_code"
    also = {"DEFAULT", None} if table == BUFFERS else set()
    cells = [row[column] for row in source.tables.get(table, ())]
    return [c for c in cells if c in also or str(c).strip() in intent.slots.currency]


def _told(results: Mapping[str, TableResult], table: str) -> tuple[object, ...]:
    if (result := results.get(table)) is None:
        return ()
    return (result.state, result.reason, result.complete, result.as_of, *shown(result))

"""The rows that pass are those that the desk means, by the rules of the shipped catalogue."""

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from hawk_backend.pipeline.binding import bind
from hawk_backend.pipeline.filters import Filters, Passing
from hawk_backend.pipeline.intent import DateRange, Intent
from hawk_backend.rows import Slice
from tests.pipeline.shelf import Rows, asks, planned, slice_of

ENTITIES: Rows = [
    {"entity_id": "ENTITY0001", "currency_code": "CNY", "entity_type": "Branch"},
    {"entity_id": "ENTITY0002", "currency_code": "KRW", "entity_type": "Branch"},
    {"entity_id": "ENTITY0003", "currency_code": "CNY\r\n", "entity_type": "TMU"},
]
CURRENCIES: Rows = [
    {"currency_code": "CNY", "proxy_currency": None},
    {"currency_code": "KRW", "proxy_currency": "USD"},
    {"currency_code": "TWD", "proxy_currency": "USD"},
    {"currency_code": "USD", "proxy_currency": None},
]


def passing(
    intent: Intent, table: str, rows: Rows, *others: Slice, absent: Sequence[str] = ()
) -> Passing:
    """Filter a table's rows as the plan for `intent` says; entities and currencies are there."""
    plan = planned(intent)
    query = next(query for query in plan.queries if query.table == table)
    own = slice_of(table, rows)
    known: Mapping[str, Slice] = {
        "entity_master": slice_of("entity_master", ENTITIES),
        "currency_configuration": slice_of("currency_configuration", CURRENCIES),
        **{other.table.name: other for other in others},
        table: own,
    }
    bound = bind(plan, lambda name, _slot: known.get(name), frozenset(absent))
    filters = Filters(bound, lambda name, _slot: known.get(name))
    return filters.answer(own, query)


def kept(intent: Intent, table: str, rows: Rows, *others: Slice) -> list[object]:
    """Return the first cell of every row that passes, all of them for certain."""
    found = passing(intent, table, rows, *others)
    assert found.certain
    return [next(iter(rows[i].values())) for i in sorted(found.positions)]


def thresholds(*codes: str | None, flag: str = "Y") -> Rows:
    """Return one threshold for each currency."""
    return [{"threshold_id": code, "currency_code": code, "active_flag": flag} for code in codes]


def test_thresholds_keep_usd_and_the_unbound_rows() -> None:
    """The USD PB row and the rows without currency belong to every threshold prompt."""
    rows = thresholds("CNY", "HKD", "USD", None)

    for intent in ("hedge_utilization", "threshold_monitoring"):
        assert kept(asks(intent, currency=("CNY",)), "threshold_configuration", rows) == [
            "CNY",
            "USD",
            None,
        ]
    assert kept(asks("hedge_utilization"), "threshold_configuration", rows) == [
        "CNY",
        "HKD",
        "USD",
        None,
    ]


def test_inactive_rules_do_not_count() -> None:
    """A rule whose active_flag is N applies to nobody."""
    rows = [*thresholds("CNY"), *thresholds("CNY", flag="N")]
    found = passing(asks("hedge_utilization", currency=("CNY",)), "threshold_configuration", rows)

    assert found.positions == {0}


def test_buffer_rules_keep_default_rows() -> None:
    """DEFAULT, in currency or entity, is a rule for all."""
    rows = [
        {"buffer_rule_id": rule, "currency_code": code, "entity_id": entity, "active_flag": "Y"}
        for rule, code, entity in (
            ("mine", "CNY", "ENTITY0001"),
            ("all", "DEFAULT", "DEFAULT"),
            ("unbound", None, None),
            ("other", "KRW", "ENTITY0002"),
            ("other entity", "CNY", "ENTITY0003"),
        )
    ]

    by_currency = kept(asks("hedge_utilization", currency=("CNY",)), "buffer_configuration", rows)
    assert by_currency == ["mine", "all", "unbound", "other entity"]
    by_entity = asks("hedge_utilization", entity_ids=("ENTITY0001",))
    assert kept(by_entity, "buffer_configuration", rows) == ["mine", "all", "unbound"]


def test_dirty_codes_pass() -> None:
    """A line break after the code does not hide its row."""
    intent = asks("hedge_utilization", currency=("CNY",))

    assert kept(intent, "entity_master", ENTITIES) == ["ENTITY0001", "ENTITY0003"]


def test_a_proxy_comes_with_its_currency() -> None:
    """KRW is hedged through USD: USD's own configuration and rates belong to it."""
    krw = asks("hedge_utilization", currency=("KRW",))
    rates: Rows = [
        {"currency_pair": pair, "rate_type": "SPOT", "effective_date": "2025-09-17"}
        for pair in ("KRWSGD", "USD/KRW", "USDSGD", "EURUSD", "TWDSGD", "TWDUSD")
    ]

    assert kept(krw, "currency_configuration", CURRENCIES) == ["KRW", "USD"]
    assert kept(
        asks("hedge_inception", currency=("USD",)), "currency_configuration", CURRENCIES
    ) == [
        "KRW",
        "TWD",
        "USD",
    ]
    assert kept(krw, "currency_rates", rates) == ["KRWSGD", "USD/KRW", "USDSGD", "EURUSD"]


def test_only_the_newest_rate_of_a_pair_counts() -> None:
    """A quote of tomorrow is not there yet, one of yesterday is superseded."""
    rates: Rows = [
        {"currency_pair": "CNYSGD", "rate_type": kind, "effective_date": day}
        for kind, day in (
            ("SPOT", "2025-09-18"),
            ("SPOT", "2025-09-17"),
            ("SPOT", "2025-09-16"),
            ("MONTH_END", "2025-08-31"),
        )
    ]

    found = passing(asks("hedge_utilization", currency=("CNY",)), "currency_rates", rates)
    assert found.positions == {1, 3}
    history = passing(asks("market_analysis", currency=("CNY",)), "currency_rates", rates)
    assert history.positions == {0, 1, 2, 3}


POSITIONS: Rows = [
    {"nav_id": f"{entity}-{nav}-{day}", "entity_id": entity, "currency_code": code}
    | {"nav_type": nav, "as_of_date": day, "position_type": "NET"}
    for entity, code, nav, day in (
        ("ENTITY0001", "CNY", "COI", "2025-09-18"),
        ("ENTITY0001", "CNY", "COI", "2025-09-16"),
        ("ENTITY0001", "CNY", "COI", "2025-09-10"),
        ("ENTITY0001", "CNY", "RE", "2025-09-10"),
        ("ENTITY0003", "CNY", "RE", "2025-12-31"),
        ("ENTITY0002", "KRW", "COI", "2025-09-17"),
    )
]


def test_positions_are_the_latest_snapshot_of_each_line() -> None:
    """The newest day up to today for every entity and NAV type; else its newest."""
    today = asks("hedge_utilization", currency=("CNY",))

    assert kept(today, "position_nav_master", POSITIONS) == [
        "ENTITY0001-COI-2025-09-16",
        "ENTITY0001-RE-2025-09-10",
        "ENTITY0003-RE-2025-12-31",
    ]


def test_the_asked_day_chooses_the_snapshot() -> None:
    """Capacity as of a day is that of the snapshot of that day, not of today's."""
    day = DateRange("day", date(2025, 9, 12), date(2025, 9, 12))
    asked = asks("hedge_utilization", currency=("CNY",), date=day)

    assert "ENTITY0001-COI-2025-09-10" in kept(asked, "position_nav_master", POSITIONS)
    closing = asks("hedge_rollover", currency=("CNY",), date=day)
    assert "ENTITY0001-COI-2025-09-16" in kept(closing, "position_nav_master", POSITIONS)


def test_a_range_of_days_shows_every_snapshot_in_it() -> None:
    """The trend of an exposure needs more than its newest day."""
    week = DateRange("period", date(2025, 9, 9), date(2025, 9, 16))
    asked = asks("exposure_analysis", currency=("CNY",), date=week)

    assert kept(asked, "position_nav_master", POSITIONS) == [
        "ENTITY0001-COI-2025-09-16",
        "ENTITY0001-COI-2025-09-10",
        "ENTITY0001-RE-2025-09-10",
    ]


@pytest.mark.parametrize(
    ("slots", "ids"),
    [
        ({"nav_type": "COI", "currency": ("KRW",)}, ["ENTITY0002-COI-2025-09-17"]),
        ({"entity_type": "TMU"}, ["ENTITY0003-RE-2025-12-31"]),
        ({"exclude_currency": ("CNY",)}, ["ENTITY0002-COI-2025-09-17"]),
        ({"entity_ids": ("entity 2",)}, ["ENTITY0002-COI-2025-09-17"]),
        ({"entity_ids": ("ENTITY0099",)}, []),
        ({"currency": ("ZZZ",)}, []),
    ],
)
def test_positions_are_narrowed_by_every_slot(slots: dict[str, object], ids: list[str]) -> None:
    """NAV type, entity type through its entity, exclusion, entities; nothing for the unknown."""
    assert kept(asks("position_monitoring", **slots), "position_nav_master", POSITIONS) == ids


INSTRUCTIONS: Rows = [
    {
        "instruction_id": id_,
        "order_id": order,
        "previous_order_id": previous,
        "exposure_currency": code,
        "instruction_status": status,
        "instruction_type": kind,
        "instruction_date": day,
        "msg_uid": f"MSG_{id_}",
        "request_id": None,
        "value_date": None,
        "portfolio_code": None,
        "hedge_method": "COH",
        "sub_order_id": None,
    }
    for id_, order, previous, code, status, kind, day in (
        ("INST1", "ORD-1", None, "CNY", "Completed", "I", "2025-09-01"),
        ("INST2", "ORD-2", "ORD-1", "CNY", "Executed", "R", "2025-09-17"),
        ("INST3", "ORD_3", "ORD-2", "CNY", "Cancelled", "A", "2025-09-17"),
        ("INST4", "ORD-4", None, "KRW", "Failed", "I", "2025-09-17"),
        ("INST5", "ORD-5", None, "KRW", "Pending", "U", "2025-09-16"),
        ("INST6", None, None, "KRW", None, "I", "2025-09-16"),
    )
]


def instructions(intent: str, **slots: object) -> list[object]:
    """Return the instructions that an intent sees."""
    return kept(asks(intent, **slots), "hedge_instructions", INSTRUCTIONS)


def unseen(intent: str, **slots: object) -> list[object]:
    """Return the instructions that an intent has read for the desk alone."""
    found = passing(asks(intent, **slots), "hedge_instructions", INSTRUCTIONS)
    return [INSTRUCTIONS[i]["instruction_id"] for i in sorted(found.unseen)]


def test_rollover_and_termination_see_open_instructions() -> None:
    """What was cancelled or failed cannot be rolled or closed; an unknown state may be open."""
    for intent in ("hedge_rollover", "hedge_termination"):
        assert instructions(intent, currency=("CNY",)) == ["INST1", "INST2"]
        assert instructions(intent, currency=("KRW",)) == ["INST5", "INST6"]
    assert instructions("hedge_inquiry", currency=("CNY",)) == ["INST1", "INST2", "INST3"]


def test_an_order_comes_with_its_past_and_its_future() -> None:
    """The order, the one before it and the one after it, in whatever state, however written."""
    assert instructions("hedge_rollover", order_id="ORD-2") == ["INST1", "INST2", "INST3"]
    assert instructions("hedge_amendment", order_id="ORD-3") == ["INST1", "INST2", "INST3"]
    assert instructions("hedge_amendment", order_id="ORD-4", previous_order_id="ORD-5") == [
        "INST4",
        "INST5",
    ]
    assert instructions("hedge_inquiry", instruction_id="INST_4") == ["INST4"]
    assert instructions("hedge_inquiry", instruction_id="MSG_INST5") == ["INST5"]
    assert instructions("hedge_amendment", order_id="ORD-99") == []


def test_a_named_record_is_not_narrowed_further() -> None:
    """The new currency of an amendment must not hide the order that is amended."""
    assert instructions("hedge_amendment", order_id="ORD-4", currency=("CNY",)) == ["INST4"]


def test_capacity_shows_what_was_executed_today() -> None:
    """A named order comes beside it, an entity takes no part of it away."""
    for intent in ("hedge_utilization", "hedge_inception"):
        assert instructions(intent, currency=("CNY",)) == ["INST2"]
        assert instructions(intent, currency=("KRW",)) == []
        assert instructions(intent, currency=("CNY",), entity_ids=("ENTITY0002",)) == ["INST2"]
        assert instructions(intent, currency=("KRW",), order_id="ORD-1") == ["INST1", "INST2"]
        assert instructions(intent, order_id="ORD-99") == ["INST2"]


def test_the_desk_sees_what_is_of_today_or_in_flight() -> None:
    """What capacity does not show, because it has no effect yet, the desk may still tell of."""
    for intent in ("hedge_utilization", "hedge_inception"):
        assert unseen(intent, currency=("CNY",)) == ["INST3"]
        assert unseen(intent, currency=("KRW",)) == ["INST4", "INST5", "INST6"]
        assert unseen(intent, currency=("KRW",), order_id="ORD-5") == ["INST4", "INST6"]
    assert unseen("hedge_inquiry", currency=("KRW",)) == []


def test_a_status_narrows_what_it_is_a_status_of() -> None:
    """A state in the data's words, or a desk word that stands for several; others do not narrow."""
    assert instructions("hedge_inquiry", status="Failed") == ["INST4"]
    assert instructions("hedge_inquiry", status="Active") == ["INST1", "INST2", "INST5"]
    assert len(instructions("hedge_inquiry", status="Posted")) == 6


def test_a_period_narrows_the_instructions() -> None:
    """Both ends count."""
    day = DateRange("day", date(2025, 9, 16), date(2025, 9, 16))
    tenor = DateRange("tenor", date(2025, 12, 17), date(2025, 12, 17))

    assert instructions("hedge_inquiry", date=day) == ["INST5", "INST6"]
    assert len(instructions("hedge_inquiry", date=tenor)) == 6


EVENTS: Rows = [
    {"event_id": event, "instruction_id": instruction, "entity_id": entity, "event_status": status}
    | {"stage_2_status": stage, "nav_type": "COI"}
    for event, instruction, entity, status, stage in (
        ("EVT1", "INST1", "ENTITY0002", "Completed", None),
        ("EVT2", None, "ENTITY0001", "Processing", "Error"),
        ("EVT3", "INST5", None, "Pending", None),
        ("EVT4", None, None, "Failed", None),
    )
]
DEALS: Rows = [
    {"deal_booking_id": deal, "event_id": event, "sell_currency": sell, "buy_currency": buy}
    for deal, event, sell, buy in (
        ("D1", "EVT1", "SGD", "USD"),
        ("D2", "EVT3", "SGD", "USD"),
        ("D3", None, "SGD", "CNY"),
        ("D4", None, None, None),
    )
]
CHAIN = (
    slice_of("hedge_instructions", INSTRUCTIONS),
    slice_of("hedge_business_events", EVENTS),
)


def test_events_belong_to_a_currency_through_entity_or_instruction() -> None:
    """Events have no currency of their own; either way leads to it."""
    cny = asks("hedge_inquiry", currency=("CNY",))

    assert kept(cny, "hedge_business_events", EVENTS, *CHAIN) == ["EVT1", "EVT2"]
    assert kept(cny, "deal_bookings", DEALS, *CHAIN) == ["D1", "D3"]


def test_events_and_deals_belong_to_an_order() -> None:
    """Order, instruction, event, deal: the whole chain, in process."""
    order = asks("mx_bookings", order_id="ORD-2")

    assert kept(order, "hedge_business_events", EVENTS, *CHAIN) == ["EVT1"]
    assert kept(order, "deal_bookings", DEALS, *CHAIN) == ["D1"]


def test_a_stuck_stage_is_found_by_its_status() -> None:
    """An event is failed where one of its stages is."""
    stuck = asks("hedge_monitoring", status="Failed")

    assert kept(stuck, "hedge_business_events", EVENTS, *CHAIN) == ["EVT2", "EVT4"]


def test_currency_is_told_by_the_named_record() -> None:
    """Asked about an order or an entity only, rules and rates are those of its currency."""
    order = asks("hedge_rollover", order_id="ORD-5")
    entity = asks("hedge_utilization", entity_ids=("ENTITY0001",))
    chain = slice_of("hedge_instructions", INSTRUCTIONS)

    assert kept(order, "currency_configuration", CURRENCIES, chain) == ["KRW", "USD"]
    assert kept(entity, "currency_configuration", CURRENCIES) == ["CNY"]
    unknown = asks("hedge_rollover", order_id="ORD-99")
    assert len(kept(unknown, "currency_configuration", CURRENCIES, chain)) == 4


def test_a_chain_that_cannot_be_followed_is_not_certain() -> None:
    """Without the table that a filter leads through there may be rows that nobody sees."""
    order = asks("mx_bookings", order_id="ORD-2")

    assert passing(order, "deal_bookings", DEALS) == Passing(frozenset(), certain=False)


def test_a_chain_through_an_absent_table_ends_there() -> None:
    """No row can belong to something by a table that the database does not have."""
    order = asks("hedge_inquiry", order_id="ORD-2")
    rows = [{"allocation_id": "A1", "instruction_id": "INST2", "event_id": "EVT1"}]
    found = passing(order, "allocation_engine", rows, CHAIN[0], absent=["hedge_business_events"])

    assert found == Passing(frozenset({0}), certain=True)


def test_a_filter_on_a_column_that_the_database_lacks_is_not_certain() -> None:
    """Rows without their currency cannot be told apart."""
    cny = asks("hedge_utilization", currency=("CNY",))

    assert not passing(cny, "entity_master", [{"entity_id": "ENTITY0001"}]).certain


def test_a_table_of_unknown_columns_is_narrowed_by_what_it_has() -> None:
    """It is shown whole where it has no such column."""
    cny = asks("risk_analysis", currency=("CNY",))
    with_code = [{"id": 1, "currency_code": "CNY "}, {"id": 2, "currency_code": "KRW"}]

    assert kept(cny, "risk_metrics", with_code) == [1]
    assert kept(cny, "risk_metrics", [{"id": 1}, {"id": 2}]) == [1, 2]

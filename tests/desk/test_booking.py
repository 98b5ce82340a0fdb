"""How a hedge would be booked: model and deals, instruments, deal size and cut-off."""

from datetime import UTC, datetime, time
from decimal import Decimal

import pytest

from hawk_backend.desk import compute
from hawk_backend.desk.booking import Booking, Checks, Instrument
from hawk_backend.rows import Cell, Row
from tests.desk.tables import Given, ask, currency, full, given, known, missing, missing_of, whole


def booked(code: str = "CNY", nav: str = "COI", kind: str = "I", **tables: Given) -> Booking:
    """Return the booking of one currency and NAV type."""
    about = ask(instruction_type=kind, currencies=(code,), nav_type=nav)
    (found,) = compute(about, {**full(), **tables}).bookings
    return found


def configured(**cells: Cell) -> Row:
    """Make a row of instruction_event_config for CNY's COI."""
    return {
        "instruction_event": "Initiation",
        "nav_type": "COI",
        "currency_type": "Matched",
        "hedge_method": "COH",
        "booking_model": "A-COI",
        "number_of_deals": 6,
        "instrument": "FX_Swap",
        **cells,
    }


@pytest.mark.parametrize(
    ("kind", "nav", "model", "deals"),
    [
        ("Matched", "COI", "A-COI", 6),
        ("Mismatched", "COI", "B-COI", 10),
        ("Mismatched_with_Proxy", "COI", "C-COI", 10),
        ("Matched", "RE", "A-RE", 3),
        ("Mismatched", "RE", "B-RE", 3),
        ("Mismatched_with_Proxy", "RE", "C-RE", 5),
    ],
)
def test_the_standard_models_and_their_deals(kind: str, nav: str, model: str, deals: int) -> None:
    """Currency type and NAV type give model and deal count."""
    found = booked(nav=nav, currency_configuration=given(currency("CNY", kind)))
    assert (found.model, whole(found.deals), found.source) == (model, deals, "standard")


def test_a_reserve_of_re_is_booked_as_re() -> None:
    """RE_Reserve is no NAV type of the booking models."""
    assert booked(nav="RE_Reserve").model == "A-RE"


def test_the_configured_event_stands_before_the_standard() -> None:
    """Another count in instruction_event_config is used, and told as an alert."""
    about = ask(instruction_type="I", nav_type="COI")
    tables = {**full(), "instruction_event_config": given(configured(number_of_deals=7))}
    result = compute(about, tables)
    assert (whole(result.bookings[0].deals), result.bookings[0].instrument) == (7, "FX_Swap")
    assert "DEAL_COUNT" in [alert.code for alert in result.alerts]


@pytest.mark.parametrize(
    "cells",
    [
        {"instruction_event": "Rollover"},
        {"nav_type": "RE"},
        {"currency_type": "Mismatched"},
    ],
)
def test_a_row_for_another_event_does_not_count(cells: dict[str, Cell]) -> None:
    """Event, NAV type and currency type must fit."""
    rows = given(configured(number_of_deals=7, **cells))
    assert booked(instruction_event_config=rows).source == "standard"


def test_the_hedge_method_chooses_among_events() -> None:
    """With a method asked about only its row counts."""
    rows = given(configured(number_of_deals=7, hedge_method="MTM"), configured(number_of_deals=8))
    about = ask(instruction_type="I", nav_type="COI", hedge_method="COH")
    tables = {**full(), "instruction_event_config": rows}
    assert known(compute(about, tables).bookings[0].deals) == 8


def test_an_unknown_currency_type_has_no_model() -> None:
    """Without configuration neither model nor count is guessed."""
    found = booked(currency_configuration=missing())
    assert found.model == ""
    assert missing_of(found.deals) == ("currency_configuration: missing (timeout)",)
    none = booked(currency_configuration=given(currency("CNY", "")))
    assert missing_of(none.deals) == ("currency_configuration[CNY].currency_type",)


def test_the_database_s_currency_type_is_used_and_the_handbook_s_told() -> None:
    """CNY is Matched in the database and Mismatched in the handbook."""
    alerts = compute(ask(instruction_type="I"), full()).alerts
    (alert,) = [alert for alert in alerts if alert.code == "CURRENCY_TYPE"]
    assert "Matched in currency_configuration" in alert.text


def test_a_currency_that_may_not_be_hedged_is_an_alert() -> None:
    """hedge_accounting_eligible false is told, once, whether it is booked or only checked."""
    row = currency("CNY", "Matched", hedge_accounting_eligible=False)
    for kind in "IU":
        tables = {**full(), "currency_configuration": given(row)}
        codes = [alert.code for alert in compute(ask(instruction_type=kind), tables).alerts]
        assert codes.count("NOT_ELIGIBLE") == 1


def instrument(key: str, **cells: Cell) -> Row:
    """Make a row of hedge_instruments."""
    return {
        "instrument_id": key,
        "instrument_type": "FX_Swap",
        "base_currency": "CNY",
        "quote_currency": "SGD",
        "nav_type_applicable": "Both",
        "accounting_method_supported": "Both",
        "minimum_notional": Decimal(1_000),
        "maximum_notional": Decimal(100_000),
        "active_flag": "Y",
        **cells,
    }


def eligible(amount: int | None, *rows: Row) -> list[Instrument]:
    """Return the eligible instruments of a COI hedge in COH."""
    about = ask(
        instruction_type="I",
        amount=None if amount is None else Decimal(amount),
        nav_type="COI",
        hedge_method="COH",
    )
    return list(compute(about, {**full(), "hedge_instruments": given(*rows)}).instruments)


def test_eligible_instruments_fit_currency_nav_and_method() -> None:
    """Other currencies, NAV types and methods, and what is not in force, stay out."""
    found = eligible(
        None,
        instrument("I1"),
        instrument("I2", base_currency="AUD", quote_currency="CNY"),
        instrument("I3", base_currency="AUD"),
        instrument("I4", nav_type_applicable="RE"),
        instrument("I5", accounting_method_supported="MTM"),
        instrument("I6", active_flag="N"),
    )
    assert [item.instrument_id for item in found] == ["I1", "I2"]


@pytest.mark.parametrize(
    ("amount", "fits"),
    [
        (999, "below minimum"),
        (1_000, "within"),
        (100_000, "within"),
        (100_001, "above maximum"),
        (None, "no amount"),
    ],
)
def test_an_instrument_says_whether_the_amount_fits(amount: int | None, fits: str) -> None:
    """Both limits are within."""
    assert eligible(amount, instrument("I1"))[0].fits == fits


def test_an_amount_is_not_compared_with_limits_in_another_currency() -> None:
    """Limits count in the base currency: which one it is, is said instead."""
    row = instrument("I1", base_currency="AUD", quote_currency="CNY")
    assert eligible(5, row)[0].fits == "limits in AUD"


def test_instruments_of_another_type_of_currency_are_not_eligible() -> None:
    """An NDF for proxies is none for a matched currency that it happens to be quoted in."""
    proxy = instrument("I1", currency_classification="Mismatched_with_Proxy")
    matched = instrument("I2", currency_classification="Matched")
    assert [item.instrument_id for item in eligible(None, proxy, matched)] == ["I2"]


def check(amount: int, clock: time = time(10), **cells: Cell) -> Checks:
    """Check an amount of CNY at a time of the day."""
    row = currency("CNY", "Matched", **({"cut_off_time": time(15, 30)} | cells))
    about = ask(
        instruction_type="U",
        amount=Decimal(amount),
        now=datetime.combine(ask().today, clock, tzinfo=UTC),
    )
    (found,) = compute(about, {**full(), "currency_configuration": given(row)}).checks
    return found


def test_deal_size_and_cut_off_are_checked() -> None:
    """1,000,000 is the most for one deal, 500 the least, 15:30 the last minute."""
    assert check(500).size == check(1_000_000).size == "within"
    assert (check(499).size, check(1_000_001).size) == ("below minimum", "above maximum")
    assert check(500, time(15, 30)).timing == "before cut-off"
    assert check(500, time(15, 30, 1)).timing.startswith("after cut-off")


def test_limits_that_are_not_on_record_are_not_passed() -> None:
    """A missing maximum makes the size not computable, a missing cut-off is said."""
    assert check(500, maximum_deal_size=None).size == "not computable"
    assert check(500, cut_off_time=None).timing == "cut-off not on record"

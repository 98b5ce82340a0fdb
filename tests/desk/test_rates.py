"""FX rates: direct, inverted, crossed; fresh, stale, too old, missing."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from hawk_backend.desk.ask import Tables
from hawk_backend.desk.rates import Freshness, Rate, Rates
from hawk_backend.rows import Row
from tests.desk.tables import NOW, TODAY, ask, given, known, missing, missing_of, rate


def usd(*rows: Row, base: str = "CNY") -> Rate:
    """Return the rate of `base` to USD from these quotes."""
    return Rates(Tables({"currency_rates": given(*rows)}), ask()).rate(base, "USD")


def test_a_direct_quote_stands_as_stored() -> None:
    """Every digit of a stored rate stays."""
    found = usd(rate("CNYUSD", "0.140512345678901"))
    assert known(found.value) == Decimal("0.140512345678901")
    assert (found.route, found.freshness.flag) == ("CNYUSD", "FRESH")


def test_an_inverse_is_rounded_to_ten_places() -> None:
    """1 / 7 is 0.1428571429 with ten places, half up."""
    found = usd(rate("USDCNY", "7"))
    assert (known(found.value), found.route) == (Decimal("0.1428571429"), "1/USDCNY")


def test_a_cross_goes_over_sgd() -> None:
    """CNY to SGD 0.18, USD to SGD 1.35: 0.18 / 1.35 is 0.1333333333."""
    found = usd(rate("CNYSGD", "0.18"), rate("USDSGD", "1.35"))
    assert (known(found.value), found.route) == (Decimal("0.1333333333"), "CNYSGD x 1/USDSGD")


def test_a_cross_goes_over_eur_where_sgd_has_no_legs() -> None:
    """EUR to CNY 8, EUR to USD 1.2: 1/8 x 1.2 is 0.15."""
    found = usd(rate("EURCNY", "8"), rate("EURUSD", "1.2"))
    assert (known(found.value), found.route) == (Decimal("0.15"), "1/EURCNY x EURUSD")


def test_sgd_is_reached_without_a_cross_over_itself() -> None:
    """The bridge's own currency is turned directly."""
    found = usd(rate("SGDUSD", "0.75"), base="SGD")
    assert (known(found.value), found.route) == (Decimal("0.75"), "SGDUSD")


def test_usd_is_one() -> None:
    """No quote is needed for the currency itself."""
    found = usd(base="USD")
    assert (known(found.value), found.freshness) == (Decimal(1), Freshness.FRESH)


@pytest.mark.parametrize(
    ("when", "flag"),
    [
        (TODAY, "FRESH"),
        (TODAY - timedelta(days=1), "RATE_STALE"),
        (TODAY - timedelta(days=2), "RATE_STALE"),
        (TODAY - timedelta(days=3), "UNKNOWN"),
        (NOW, "FRESH"),
        (NOW - timedelta(minutes=5), "FRESH"),
        (NOW - timedelta(minutes=5, seconds=1), "RATE_STALE"),
        (NOW - timedelta(days=2), "RATE_STALE"),
        (NOW - timedelta(days=2, seconds=1), "UNKNOWN"),
    ],
)
def test_a_date_is_fresh_that_day_and_an_instant_five_minutes(
    when: date | datetime, flag: str
) -> None:
    """Up to two days a rate is stale but usable, after that there is none."""
    shape = {"as_of_ts": when} if isinstance(when, datetime) else {"effective_date": when}
    found = usd({**rate("CNYUSD", "0.14"), **shape})
    assert found.freshness.flag == flag
    assert (flag == "UNKNOWN") == hasattr(found.value, "missing")


def test_a_fresh_inverse_comes_before_a_stale_direct_quote() -> None:
    """Freshness decides first, the shorter way second."""
    found = usd(rate("CNYUSD", "0.15", TODAY - timedelta(days=1)), rate("USDCNY", "7"))
    assert found.route == "1/USDCNY"


def test_a_cross_is_as_fresh_as_its_older_leg() -> None:
    """One leg of yesterday makes the whole way stale, and its date is named."""
    yesterday = TODAY - timedelta(days=1)
    found = usd(rate("CNYSGD", "0.18"), rate("SGDUSD", "0.75", yesterday))
    assert (found.freshness, found.when) == (Freshness.STALE, yesterday)


def test_the_newest_usable_quote_counts() -> None:
    """Older quotes, quotes of the future and quotes of zero are passed over."""
    rows = (
        rate("CNYUSD", "0.11", TODAY - timedelta(days=1)),
        rate("CNYUSD", "0.14"),
        rate("CNYUSD", "0.19", TODAY + timedelta(days=1)),
        rate("CNYUSD", "0", rate_type="BAD"),
    )
    assert known(usd(*rows).value) == known(usd(*rows[::-1]).value) == Decimal("0.14")


def test_month_end_rates_are_for_the_ledger() -> None:
    """A rate that values the books at month end is no rate to deal at, however new."""
    rows = (
        rate("CNYUSD", "0.19", rate_type="MONTH_END"),
        rate("CNYUSD", "0.14", TODAY - timedelta(days=1)),
    )
    assert known(usd(*rows).value) == Decimal("0.14")


def test_spot_comes_before_other_rates_of_the_same_day() -> None:
    """Whatever order they stand in; a newer quote of any type comes before both."""
    rows = (rate("CNYUSD", "0.19", rate_type="FORWARD_1M"), rate("CNYUSD", "0.14"))
    assert known(usd(*rows).value) == known(usd(*rows[::-1]).value) == Decimal("0.14")
    old = rate("CNYUSD", "0.14", TODAY - timedelta(days=1))
    assert known(usd(rows[0], old).value) == Decimal("0.19")


def test_the_other_shape_of_the_table_is_read_too() -> None:
    """from_ccy, to_ccy, rate and rate_date mean the same as the pair's columns."""
    row: Row = {
        "from_ccy": "CNY",
        "to_ccy": "USD",
        "rate": Decimal("0.14"),
        "rate_date": TODAY,
    }
    found = usd(row)
    assert known(found.value) == Decimal("0.14")
    assert [str(cell) for cell in found.value.inputs] == [  # type: ignore[union-attr]
        f"currency_rates[CNYUSD//{TODAY}].rate"
    ]


def test_no_quote_is_named_as_missing() -> None:
    """Neither a way nor a table: the two are told apart, and neither is a number."""
    assert missing_of(usd().value) == (
        f"currency_rates: no rate from CNY to USD up to {TODAY}, also not over SGD or EUR",
    )
    unread = Rates(Tables({"currency_rates": missing()}), ask()).rate("CNY", "USD")
    assert missing_of(unread.value) == ("currency_rates: missing (timeout)",)
    assert unread.freshness is Freshness.TOO_OLD


def past(days: int, *rows: Row) -> Rate:
    """Return the rate of CNY to USD of so many days ago."""
    about = ask(instruction_type="U", as_of=TODAY - timedelta(days=days))
    return Rates(Tables({"currency_rates": given(*rows)}), about).rate("CNY", "USD")


def test_a_past_day_has_the_rates_of_that_day() -> None:
    """What was quoted by then, as fresh as it was then; an instant counts by its date."""
    yesterday, before = TODAY - timedelta(days=1), TODAY - timedelta(days=2)
    rows = (rate("CNYUSD", "0.3"), rate("CNYUSD", "0.2", yesterday), rate("CNYUSD", "0.1", before))
    found = past(1, *rows)
    assert (known(found.value), found.freshness.flag) == (Decimal("0.2"), "FRESH")
    old = past(1, rate("CNYUSD", "0.1", before))
    assert (known(old.value), old.freshness.flag) == (Decimal("0.1"), "RATE_STALE")
    instant = rate("CNYUSD", "0.2", as_of_ts=NOW - timedelta(days=1))
    assert past(1, instant).freshness.flag == "FRESH"
    assert missing_of(past(1, rate("CNYUSD", "0.3")).value) == (
        f"currency_rates: no rate from CNY to USD up to {yesterday}, also not over SGD or EUR",
    )

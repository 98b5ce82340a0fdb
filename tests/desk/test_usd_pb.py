"""The USD prime-broker status: amounts, levels, both bases."""

from datetime import timedelta
from decimal import Decimal

import pytest

from hawk_backend.desk import Figure, Known, Unknown, compute
from hawk_backend.desk.usd_pb import Status, UsdPb, judge
from tests.desk.tables import (
    TODAY,
    Given,
    absent,
    allocation,
    ask,
    deposit,
    full,
    given,
    known,
    levels,
    missing,
    missing_of,
    rate,
)


def broker(amount: int | None = 150_000, **tables: Given) -> UsdPb:
    """Return CNY's status with some tables given otherwise."""
    about = ask(instruction_type="U", amount=None if amount is None else Decimal(amount))
    (found,) = compute(about, {**full(), **tables}).usd_pb
    return found


def usd(*values: int) -> list[Figure]:
    """Make levels in USD."""
    return [Known(Decimal(value), "USD", "given") for value in values]


def test_deposits_plus_the_request_stand_against_the_levels() -> None:
    """10,000 USD with the broker and 150,000 CNY at 0.14 are 31,000 USD: within."""
    found = broker()
    assert known(found.headline.current) == Decimal(10_000)
    assert known(found.new) == Decimal(21_000)
    assert known(found.headline.total) == Decimal(31_000)
    assert (found.headline.name, found.headline.status) == ("usd_pb_deposit", Status.WITHIN)


def test_both_bases_are_shown() -> None:
    """Beside the deposits stand the hedged amounts at the rate: 50,000 CNY are 7,000 USD."""
    hedged = given(allocation("ALLOC_1", "ENTITY0005", "COI", "50000"))
    found = broker(allocation_engine=hedged)
    assert known(found.other.current) == Decimal(7_000)
    assert known(found.other.total) == Decimal(28_000)
    assert found.other.name == "hedged x rate"


def test_without_deposits_the_hedged_amounts_decide() -> None:
    """No row of the currency's entities, or no such table: the other basis is the headline."""
    hedged = given(allocation("ALLOC_1", "ENTITY0005", "COI", "50000"))
    for deposits in (given(), absent(), given(deposit("DEP9", "ENTITY0099", "1"))):
        found = broker(allocation_engine=hedged, usd_pb_deposit=deposits)
        assert (found.headline.name, known(found.headline.current)) == (
            "hedged x rate",
            Decimal(7_000),
        )


def test_deposits_that_could_not_be_read_leave_the_status_unknown() -> None:
    """A missing table is not an empty one: the hedged basis does not step in."""
    found = broker(usd_pb_deposit=missing())
    assert found.headline.status is Status.UNKNOWN
    assert missing_of(found.headline.current) == ("usd_pb_deposit: missing (timeout)",)


def test_only_each_entity_s_latest_deposit_counts() -> None:
    """Older and future deposits are passed over; the other generation's column is read too."""
    other = {**deposit("DEP4", "ENTITY0006", "0"), "total_usd_deposits": None}
    found = broker(
        usd_pb_deposit=given(
            deposit("DEP1", "ENTITY0005", "10000"),
            deposit("DEP2", "ENTITY0005", "90000", as_of_date=TODAY - timedelta(days=1)),
            deposit("DEP3", "ENTITY0005", "80000", as_of_date=TODAY + timedelta(days=1)),
            {**other, "amount_usd": Decimal(2_000)},
        )
    )
    assert known(found.headline.current) == Decimal(12_000)


@pytest.mark.parametrize(
    ("amount", "status"),
    [
        (79_999, Status.WITHIN),
        (80_000, Status.WITHIN),
        (80_001, Status.WARN),
        (90_000, Status.WARN),
        (90_001, Status.CRITICAL),
        (100_000, Status.CRITICAL),
        (100_001, Status.BREACH),
    ],
)
def test_levels_are_judged_in_ascending_order(amount: int, status: Status) -> None:
    """Up to a level is still below it, in whichever order the levels are stored."""
    figure = Known(Decimal(amount), "USD", "given")
    assert judge(figure, usd(100_000, 90_000, 80_000)) is status
    assert judge(figure, usd(80_000, 90_000, 100_000)) is status


def test_a_level_that_is_not_known_leaves_the_status_unknown() -> None:
    """Two levels of three are no basis for a status."""
    figure = Known(Decimal(1), "USD", "given")
    assert judge(figure, [*usd(1, 2), Unknown(("maximum_limit",))]) is Status.UNKNOWN


def test_descending_levels_are_reported() -> None:
    """A maximum below the warning is an anomaly; ascending levels are none."""
    assert broker().descending
    right = given(levels("CNY", "80000", "90000", "100000"))
    assert not broker(threshold_configuration=right).descending


def test_no_rate_means_no_status() -> None:
    """Without a rate what is asked for has no amount in USD, and the pair is named."""
    found = broker(currency_rates=given())
    assert found.headline.status is Status.UNKNOWN
    assert "no rate from CNY to USD" in missing_of(found.headline.total)[0]


def test_a_stale_rate_is_used_and_flagged() -> None:
    """Two days old: the figure stands, the flag and an alert beside it."""
    old = given(rate("CNYUSD", "0.14", TODAY - timedelta(days=2)))
    result = compute(
        ask(instruction_type="U", amount=Decimal(1)), {**full(), "currency_rates": old}
    )
    assert result.usd_pb[0].rate.freshness.flag == "RATE_STALE"
    assert "RATE_STALE" in [alert.code for alert in result.alerts]


def test_a_currency_without_levels_is_named() -> None:
    """Other types of threshold, other units and other currencies are no levels of it."""
    for row in (
        levels("USD", "3", "2", "1"),
        levels("CNY", "3", "2", "1", threshold_type="CAR_RATIO"),
        levels("CNY", "3", "2", "1", active_flag="N"),
        levels("CNY", "3", "2", "1", unit_of_measure="Percentage"),
    ):
        found = broker(threshold_configuration=given(row))
        assert found.headline.status is Status.UNKNOWN
        assert "threshold_configuration" in missing_of(found.maximum)[0]


def test_hedged_amounts_that_are_not_all_known_are_no_basis() -> None:
    """A part of the entities or of their allocations is no sum; what is missing is named."""
    for name in ("allocation_engine", "entity_master"):
        found = broker(150_000, **{name: missing()})
        assert found.other.status is Status.UNKNOWN
        assert missing_of(found.other.current) == (f"{name}: missing (timeout)",)
    found = broker(entity_master=given())
    assert missing_of(found.headline.current) == ("entity_master: no entity of CNY",)


def test_hedged_amounts_count_whichever_positions_are_asked_about() -> None:
    """Allocations of an entity whose position was not asked for stand with the broker as well."""
    hedged = given(
        allocation("ALLOC_1", "ENTITY0005", "COI", "50000"),
        allocation("ALLOC_2", "ENTITY0006", "RE", "30000"),
        allocation("ALLOC_3", "ENTITY0006", "RE", "90000", allocation_status="Failed"),
    )
    found = broker(allocation_engine=hedged, position_nav_master=given())
    assert known(found.other.current) == Decimal(11_200)


def test_nothing_asked_for_adds_nothing() -> None:
    """Without an amount the status is that of what stands with the broker."""
    found = broker(None)
    assert known(found.new) == 0
    assert known(found.headline.total) == Decimal(10_000)


def test_usd_amounts_are_rounded_to_cents() -> None:
    """1 CNY at 0.1456 is 0.15 USD, half up."""
    found = broker(1, currency_rates=given(rate("CNYUSD", "0.1450")))
    assert known(found.new) == Decimal("0.15")

"""The amount asked for against what can be placed."""

from decimal import Decimal

from hawk_backend.desk import compute
from hawk_backend.desk.request import Request, Verdict
from hawk_backend.desk.usd_pb import Status
from tests.desk.tables import (
    Given,
    ask,
    currency,
    full,
    given,
    known,
    levels,
    missing,
    missing_of,
    position,
    rate,
    with_rows,
)

TWO = ("CNY", "AUD")
ROOMY = given(levels("CNY", "900000", "800000", "700000"))


def weigh(amount: int, **given_otherwise: object) -> Request:
    """Weigh an amount of CNY with some tables given otherwise."""
    tables = {k: v for k, v in given_otherwise.items() if isinstance(v, Given)}
    asked = {k: v for k, v in given_otherwise.items() if not isinstance(v, Given)}
    about = ask(instruction_type="U", amount=Decimal(amount), **asked)
    (found,) = compute(about, {**full(), "threshold_configuration": ROOMY, **tables}).requests
    return found


def test_what_can_be_placed_passes() -> None:
    """150,000 of 1,347,500: Pass, with capacity and placeable amount."""
    found = weigh(150_000)
    assert (found.verdict, found.pb) == (Verdict.PASS, Status.WITHIN)
    assert known(found.capacity) == known(found.placeable) == Decimal(1_347_500)
    assert known(found.shortfall) == 0


def test_exactly_what_can_be_placed_passes() -> None:
    """The limit itself is within."""
    assert weigh(1_347_500).verdict is Verdict.PASS


def test_more_than_can_be_placed_is_partial() -> None:
    """1,500,000 asked: 152,500 more must be found, or 1,347,500 asked for."""
    found = weigh(1_500_000)
    assert (found.verdict, known(found.shortfall)) == (Verdict.PARTIAL, Decimal(152_500))


def test_capacity_in_pieces_below_a_lot_cannot_be_placed() -> None:
    """Placeable, not capacity, decides: lots of 100,000 leave 900,000 of 1,347,500."""
    lots = given(currency("CNY", "Matched", minimum_deal_size=Decimal(100_000)))
    found = weigh(1_000_000, currency_configuration=lots)
    assert (found.verdict, known(found.shortfall)) == (Verdict.PARTIAL, Decimal(100_000))
    assert known(found.capacity) == Decimal(1_347_500)


def test_nothing_to_place_fails() -> None:
    """Zero and over-hedged positions place nothing."""
    empty = given(position("ENTITY0005", "COI", "0", "0"), position("ENTITY0005", "RE", "-9", "0"))
    assert weigh(1, position_nav_master=empty).verdict is Verdict.FAIL


def test_a_broker_breach_fails_whatever_the_capacity() -> None:
    """150,000 CNY are 21,000 USD on top of 10,000: above the highest level of 30,000."""
    tight = given(levels("CNY", "30000", "20000", "10000"))
    found = weigh(150_000, threshold_configuration=tight)
    assert (found.verdict, found.pb) == (Verdict.FAIL, Status.BREACH)


def test_an_unknown_broker_status_is_said_with_the_pass() -> None:
    """No rate, no deposits read, no levels: Pass, PB unknown."""
    for tables in (
        {"currency_rates": given()},
        {"usd_pb_deposit": missing()},
        {"threshold_configuration": given()},
    ):
        assert weigh(150_000, **tables).verdict is Verdict.PASS_PB_UNKNOWN


def test_an_unknown_capacity_makes_no_verdict() -> None:
    """What cannot be computed is neither passed nor failed."""
    found = weigh(1, allocation_engine=missing())
    assert found.verdict is Verdict.UNKNOWN
    assert missing_of(found.placeable) == ("allocation_engine: missing (timeout)",)


def test_an_amount_in_another_currency_is_turned() -> None:
    """21,000 USD at 0.14 USD a yuan are 150,000 CNY."""
    found = weigh(21_000, amount_currency="USD")
    assert (known(found.asked), known(found.requested)) == (Decimal(21_000), Decimal(150_000))
    assert found.verdict is Verdict.PASS


def test_a_rate_that_is_missing_leaves_the_amount_unknown() -> None:
    """USD asked for, no rate: the request cannot be weighed."""
    found = weigh(21_000, amount_currency="USD", currency_rates=given(rate("AUDUSD", "0.6")))
    assert found.verdict is Verdict.UNKNOWN


def test_an_amount_without_currency_is_of_the_one_asked_about() -> None:
    """With several currencies and none named the amount's currency is missing."""
    assert known(weigh(1).asked) == 1
    found = weigh(1, currencies=("CNY", "AUD"))
    assert missing_of(found.asked) == ("the currency of the amount asked for",)
    both = compute(ask(instruction_type="U", currencies=TWO, amount=Decimal(1)), full())
    assert str(both.gaps[1]).startswith(
        "The amount asked for in CNY cannot be computed; missing: the currency of the amount"
    )


def test_each_currency_is_weighed_by_its_own_amount() -> None:
    """Two amounts are two requests, two waterfalls, two checks."""
    rows = [
        position(f"ENTITY{n}", "COI", "100000", "0", currency_code=c) for n, c in enumerate(TWO)
    ]
    tables = with_rows(full(), "position_nav_master", *rows)
    tables["currency_configuration"] = given(*(currency(code, "Matched") for code in TWO))
    figures = compute(
        ask(
            instruction_type="U",
            currencies=TWO,
            amount=Decimal(1_000),
            amount_currency="CNY",
            amounts=(("CNY", Decimal(1_000)), ("AUD", Decimal(250_000))),
        ),
        tables,
    )
    asked = {item.currency: known(item.requested) for item in figures.requests}
    assert asked == {"AUD": Decimal(250_000), "CNY": Decimal(1_000)}
    assert [fall.currency for fall in figures.waterfalls] == ["AUD", "CNY"]
    assert {check.currency for check in figures.checks} == set(TWO)
    assert not any(alert.code == "AMOUNT_IN_EACH" for alert in figures.alerts)


def test_one_amount_beside_several_currencies_is_weighed_in_each() -> None:
    """100 USD "of the CNY exposure" are 100 USD or 714.29 CNY: both are weighed, and it is said."""
    rows = [
        position(f"ENTITY{n}", "COI", "100000", "0", currency_code=code)
        for n, code in enumerate(("CNY", "USD"))
    ]
    tables = with_rows(full(), "position_nav_master", *rows)
    asked = {"amount": Decimal(100), "amount_currency": "USD", "amounts": (("USD", Decimal(100)),)}
    figures = compute(ask(instruction_type="U", currencies=("USD", "CNY"), **asked), tables)
    assert {item.currency: known(item.requested) for item in figures.requests} == {
        "CNY": Decimal("714.29"),
        "USD": Decimal(100),
    }
    (alert,) = [alert for alert in figures.alerts if alert.code == "AMOUNT_IN_EACH"]
    assert alert.text.startswith("One amount, 100.0 USD, and several currencies are named: ")
    everywhere = compute(ask(instruction_type="U", currencies=(), **asked), tables)
    assert [item.currency for item in everywhere.requests] == ["USD"]


def test_an_amount_of_a_currency_without_positions_still_adds_to_the_broker() -> None:
    """1,000 CNY beside 100 EUR at 1.2: nothing to place in EUR, and 120 USD more for it."""
    both = (("CNY", Decimal(1_000)), ("EUR", Decimal(100)))
    tables = with_rows(full(), "currency_rates", rate("CNYUSD", "0.14"), rate("EURUSD", "1.2"))
    about = ask(
        instruction_type="U",
        currencies=("CNY", "EUR"),
        amount=Decimal(1_000),
        amount_currency="CNY",
        amounts=both,
    )
    broker = {item.currency: known(item.new) for item in compute(about, tables).usd_pb}
    assert broker == {"CNY": Decimal(140), "EUR": Decimal(120)}


def test_two_amounts_in_one_currency_do_not_choose() -> None:
    """The amount asked for stands; of another currency that has two none is taken."""
    twice = (("CNY", Decimal(5)), ("CNY", Decimal(7)), ("USD", Decimal(1)), ("USD", Decimal(2)))
    found = weigh(5, amount_currency="CNY", amounts=twice)
    assert known(found.requested) == 5
    assert ask(amounts=twice).amount_in("USD") is None


def test_no_amount_makes_no_request() -> None:
    """A question about capacity alone is not weighed."""
    assert compute(ask(instruction_type="U"), full()).requests == ()
    assert compute(ask(amount=Decimal(1)), full()).requests == ()

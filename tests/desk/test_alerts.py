"""Alerts about positions, brokers and requests."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from hawk_backend.desk import compute
from tests.desk.tables import (
    TODAY,
    Given,
    ask,
    currency,
    full,
    given,
    instruction,
    known,
    levels,
    missing_of,
    position,
    rule,
    with_rows,
)


def codes(amount: int | None = 150_000, **given_otherwise: object) -> list[str]:
    """Return the alerts' codes of an utilisation, but for the golden buffer conflict."""
    tables = {k: v for k, v in given_otherwise.items() if isinstance(v, Given)}
    asked = {k: v for k, v in given_otherwise.items() if not isinstance(v, Given)}
    about = ask(instruction_type="U", amount=None if amount is None else Decimal(amount), **asked)
    found = compute(about, {**full(), **tables}).alerts
    return [alert.code for alert in found if alert.code != "BUFFER_CONFLICT"]


QUIET = given(levels("CNY", "80000", "90000", "100000"))


def test_a_clean_book_raises_no_alert() -> None:
    """Levels in order, fresh data, an amount within all limits."""
    assert codes(threshold_configuration=QUIET) == []


def test_levels_the_wrong_way_round_are_one_alert() -> None:
    """All currencies with descending levels are named together."""
    about = ask(currencies=("CNY", "AUD"))
    both = given(levels("CNY", "3", "2", "1"), levels("AUD", "3", "2", "1"))
    found = compute(about, {**full(), "threshold_configuration": both}).alerts
    (alert,) = [alert for alert in found if alert.code == "PB_LEVELS_DESCENDING"]
    assert "CNY, AUD" in alert.text


def test_a_broker_status_above_within_is_an_alert() -> None:
    """31,000 USD against three sets of levels."""
    for limits, code in (
        (("30000", "40000", "50000"), "PB_WARN"),
        (("20000", "30000", "40000"), "PB_CRITICAL"),
        (("10000", "20000", "30000"), "PB_BREACH"),
    ):
        assert codes(threshold_configuration=given(levels("CNY", *limits))) == [code]


def test_an_old_snapshot_is_an_alert() -> None:
    """Positions of three days ago; two days are still good."""
    for days, expected in ((3, ["SNAPSHOT_STALE"]), (2, [])):
        when = TODAY - timedelta(days=days)
        rows = given(position("ENTITY0006", "COI", "1000000", "0", as_of_date=when))
        assert codes(position_nav_master=rows, threshold_configuration=QUIET) == expected


def test_a_snapshot_after_the_date_asked_about_is_an_alert() -> None:
    """A past day shows what is there and says that it is not of that day; I, R, T, A act today."""
    past = TODAY - timedelta(days=28)
    found = compute(ask(instruction_type="U", as_of=past), full())
    (alert,) = [alert for alert in found.alerts if alert.code == "NO_SNAPSHOT"]
    assert "CNY has no snapshot of every position up to 2025-08-20" in alert.text
    assert "positions as of 2025-09-17" in alert.text
    assert found.capacity[0].before == past
    for kind in "IRTA":
        assert compute(ask(instruction_type=kind, as_of=past), full()).capacity[0].before is None


def test_a_position_that_is_marked_is_an_alert() -> None:
    """Anything but OK in data_quality_status is told."""
    rows = given(position("ENTITY0006", "COI", "1000000", "0", data_quality_status="SUSPECT"))
    assert codes(position_nav_master=rows, threshold_configuration=QUIET) == ["DATA_QUALITY"]
    rows = given(position("ENTITY0006", "COI", "1000000", "0", data_quality_status="OK"))
    assert codes(position_nav_master=rows, threshold_configuration=QUIET) == []


def test_deal_size_and_cut_off_are_alerts() -> None:
    """Above the largest deal, after the last minute."""
    row = currency("CNY", "Matched", maximum_deal_size=Decimal(1_000), cut_off_time=time(9))
    found = codes(
        currency_configuration=given(row),
        threshold_configuration=QUIET,
        now=datetime.combine(TODAY, time(10), tzinfo=UTC),
    )
    assert found == ["DEAL_SIZE", "CUT_OFF"]


def test_today_has_nothing_to_say_of_a_past_day() -> None:
    """Cut-off, deal size and what is executed or in flight are today's; rules are of that day."""
    waiting = instruction(1, "I", "ORD-1", "80000", instruction_status="Received")
    later = {"effective_date": TODAY}
    tables = with_rows(full(), "hedge_instructions", waiting)
    tables["threshold_configuration"] = given(levels("CNY", "3", "2", "1", **later))
    tables["buffer_configuration"] = given(
        rule("BUF_1", "DEFAULT", "5"), rule("BUF_2", "ENTITY0005", "9", **later)
    )
    now = compute(ask(instruction_type="U"), tables)
    past = compute(ask(instruction_type="U", as_of=TODAY - timedelta(days=1)), tables)
    assert all((now.checks, now.in_flight, now.executed_today is not None))
    assert (past.checks, past.in_flight, past.executed_today) == ((), (), None)
    assert [known(f.capacity[0].lines[0].rule.percent) for f in (now, past)] == [
        9,
        5,
    ]
    assert missing_of(past.usd_pb[0].maximum) == (
        "threshold_configuration: no USD_PB_DEPOSIT levels of CNY",
    )

"""How long figures stay what they are while the day goes on."""

from datetime import datetime, time, timedelta

import pytest

from hawk_backend.desk import compute
from hawk_backend.desk.clock import same_until
from tests.desk.tables import NOW, ask, given, missing

EARLIEST = timedelta(microseconds=1)
CUT_OFFS = given(
    *(
        {"currency_code": code, "cut_off_time": end, "minimum_deal_size": None}
        for code, end in (("CNY", time(15, 30)), ("EUR", time(9)), ("AUD", None))
    )
)


LAST = datetime.combine(NOW.date(), time.max, NOW.tzinfo)


def at(hour: int, minute: int = 0) -> datetime:
    """Return a moment of the day."""
    return datetime.combine(NOW.date(), time(hour, minute), NOW.tzinfo)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (at(2), at(9)),
        (at(9), at(9)),
        (at(9) + EARLIEST, at(15, 30)),
        (at(15, 30) + EARLIEST, LAST),
    ],
)
def test_figures_stay_until_the_next_cut_off(now: datetime, until: datetime) -> None:
    """Any currency's: at the very moment it has not passed; after the last the day ends them."""
    tables = {"currency_configuration": CUT_OFFS}
    assert same_until(ask(now=now), tables) == until
    assert compute(ask(now=until), tables) == compute(ask(now=now), tables)


def test_without_cut_offs_figures_stay_for_the_day() -> None:
    """No configuration, or none that could be read."""
    for tables in ({}, {"currency_configuration": missing()}):
        assert same_until(ask(), tables) == LAST


def test_quotes_with_an_instant_are_judged_to_the_second() -> None:
    """Nothing is the same a moment later."""
    rates = given({"currency_pair": "CNYUSD", "as_of_ts": NOW - timedelta(minutes=4)})
    assert same_until(ask(), {"currency_configuration": CUT_OFFS, "currency_rates": rates}) == NOW

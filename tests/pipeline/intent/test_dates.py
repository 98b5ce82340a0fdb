"""Dates are read against the reference date, Wednesday 17 September 2025."""

import pytest

from hawk_backend.pipeline.intent import IntentParser
from hawk_backend.pipeline.intent.dates import read_absolute


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("today", "2025-09-17", "2025-09-17"),
        ("tmrw", "2025-09-18", "2025-09-18"),
        ("一季度的业绩", "2025-01-01", "2025-03-31"),
        ("yesterday", "2025-09-16", "2025-09-16"),
        ("on 30/09/2025", "2025-09-30", "2025-09-30"),
        ("on 31 Mar 2026", "2026-03-31", "2026-03-31"),
        ("on Oct 20", "2025-10-20", "2025-10-20"),
        ("by Friday", "2025-09-19", "2025-09-19"),
        ("next Friday", "2025-09-26", "2025-09-26"),
        ("last Thursday", "2025-09-11", "2025-09-11"),
        ("at EOM", "2025-09-30", "2025-09-30"),
        ("at month end", "2025-09-30", "2025-09-30"),
        ("at quarter end", "2025-09-30", "2025-09-30"),
        ("year end 2024", "2024-12-31", "2024-12-31"),
        ("at the end of August", "2025-08-31", "2025-08-31"),
        ("this week", "2025-09-15", "2025-09-21"),
        ("last month", "2025-08-01", "2025-08-31"),
        ("last quarter", "2025-04-01", "2025-06-30"),
        ("in H1", "2025-01-01", "2025-06-30"),
        ("in Q3 2024", "2024-07-01", "2024-09-30"),
        ("in FY2024", "2024-01-01", "2024-12-31"),
        ("in 2025", "2025-01-01", "2025-12-31"),
        ("in July", "2025-07-01", "2025-07-31"),
        ("week of 8 Sep", "2025-09-08", "2025-09-14"),
        ("over the last 6 months", "2025-03-17", "2025-09-17"),
        ("in the next 10 days", "2025-09-17", "2025-09-27"),
        ("since January", "2025-01-01", "2025-09-17"),
        ("since Monday", "2025-09-15", "2025-09-17"),
        ("MTD", "2025-09-01", "2025-09-17"),
        ("QTD", "2025-07-01", "2025-09-17"),
        ("YTD", "2025-01-01", "2025-09-17"),
        ("over the past year", "2024-09-17", "2025-09-17"),
        ("in H1 or H2 2024", "2024-01-01", "2024-06-30"),
        ("in Q1, Q2 and Q3 2024", "2024-01-01", "2024-03-31"),
        ("in 1Q26", "2026-01-01", "2026-03-31"),
        ("in Jan-26", "2026-01-01", "2026-01-31"),
        ("at Aug month-end", "2025-08-31", "2025-08-31"),
        ("for w/c 8 September", "2025-09-08", "2025-09-14"),
        ("over the last fortnight", "2025-09-03", "2025-09-17"),
        ("by 15/12", "2025-12-15", "2025-12-15"),
        ("on the 28th", "2025-09-28", "2025-09-28"),
        ("on the 5th", "2025-10-05", "2025-10-05"),
        ("between 1 and 15 August 2025", "2025-08-01", "2025-08-15"),
        ("上个月", "2025-08-01", "2025-08-31"),
        ("2025年9月15日", "2025-09-15", "2025-09-15"),
        ("过去三个月", "2025-06-17", "2025-09-17"),
    ],
)
def test_a_date_is_read(parser: IntentParser, said: str, start: str, end: str) -> None:
    """Days, calendar periods and rolling windows have their first and last day."""
    when = parser.parse(f"show EUR exposure {said}").slots.date
    assert when is not None
    assert (when.start.isoformat(), when.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    ("prompt", "day"),
    [
        ("roll EUR to T+2", "2025-09-19"),
        ("roll EUR for 3 months", "2025-12-17"),
        ("roll the EUR forward 6m", "2026-03-17"),
        ("extend EUR by 2W", "2025-10-01"),
        ("6m forward in NOK", "2026-03-17"),
        ("将欧元对冲展期三个月", "2025-12-17"),
        ("forward points EURUSD 3M", "2025-12-17"),
        ("1m USDJPY vol", "2025-10-17"),
        ("hedge 5m EUR for 3m", "2025-12-17"),
        ("roll ORD-5 one more month", "2025-10-17"),
        ("push ORD-5 out a quarter", "2025-12-17"),
        ("den CHF-Hedge um 3 Monate verlängern", "2025-12-17"),
    ],
)
def test_a_tenor_is_a_day_from_today(parser: IntentParser, prompt: str, day: str) -> None:
    """Tenors count from today, in business days behind T."""
    when = parser.parse(prompt).slots.date
    assert when is not None
    assert (when.kind, when.start.isoformat()) == ("tenor", day)


@pytest.mark.parametrize(
    "prompt",
    ["10-day VaR on JPY", "call me in 15 minutes about EUR", "at 10:30 show EUR", "you may hedge"],
)
def test_horizons_times_and_verbs_are_no_dates(parser: IntentParser, prompt: str) -> None:
    """A VaR's horizon, a time of day and a word that looks like a month are no dates."""
    assert parser.parse(prompt).slots.date is None


def test_a_weekday_lies_behind_the_past_tense(parser: IntentParser) -> None:
    """What happened on Monday happened on the last one."""
    when = parser.parse("bust the trade we did on Monday in EUR").slots.date
    assert when is not None
    assert when.start.isoformat() == "2025-09-15"


@pytest.mark.parametrize("text", ["last month", "friday", "q3", "nonsense", ""])
def test_a_relative_date_is_not_absolute(text: str) -> None:
    """Without a reference date only dates that need none are read."""
    assert read_absolute(text) is None


@pytest.mark.parametrize(
    "prompt", ["w/c 31/12/9999", "week of 9999-12-28", "9999年", "w/c 1.1.0001"]
)
def test_no_date_is_beyond_the_calendar(parser: IntentParser, prompt: str) -> None:
    """The first and the last week and year that can be written are read, and end as they begin."""
    when = parser.parse(prompt).slots.date
    assert when is not None
    assert when.start <= when.end

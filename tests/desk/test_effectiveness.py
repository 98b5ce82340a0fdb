"""Hedge effectiveness against the band of 80 to 125 percent."""

from decimal import Decimal

import pytest

from hawk_backend.desk import Known, Unknown, compute
from hawk_backend.desk.effectiveness import band
from hawk_backend.rows import Cell, Row
from tests.desk.tables import TODAY, ask, given, known, missing_of


def measured(percent: str | None, **cells: Cell) -> Row:
    """Make a row of hedge_effectiveness."""
    return {
        "effectiveness_id": "EFF1",
        "event_id": "EVT1",
        "measurement_date": TODAY,
        "effectiveness_percentage": None if percent is None else Decimal(percent),
        "test_result": "Pass",
        **cells,
    }


@pytest.mark.parametrize(
    ("percent", "place"),
    [
        ("79.99", "below 80"),
        ("80", "effective"),
        ("100", "effective"),
        ("125", "effective"),
        ("125.01", "above 125"),
        ("-5", "below 80"),
    ],
)
def test_both_ends_of_the_band_are_effective(percent: str, place: str) -> None:
    """80 and 125 belong to the band."""
    assert band(Known(Decimal(percent), "%", "given")) == place


def test_an_unknown_percentage_is_not_judged() -> None:
    """Neither effective nor ineffective."""
    assert band(Unknown(("x",))) == "not computable"


def test_a_measurement_outside_the_band_is_an_alert() -> None:
    """With the event and the percentage, and where the recorded result says otherwise."""
    result = compute(ask(), {"hedge_effectiveness": given(measured("70"))})
    assert [str(alert) for alert in result.alerts] == [
        "INEFFECTIVE: EVT1: 70 %.",
        "EFFECTIVENESS_CONFLICT: EFF1: recorded as Pass, the band says below 80.",
    ]


@pytest.mark.parametrize(
    ("recorded", "conflict"), [("Fail", True), ("Effective", False), ("", False)]
)
def test_a_recorded_result_is_compared_with_the_band(recorded: str, conflict: bool) -> None:  # noqa: FBT001 - a table's cell
    """An effective percentage recorded as failed is a conflict; no recorded result is none."""
    rows = given(measured("100", test_result=recorded))
    (found,) = compute(ask(), {"hedge_effectiveness": rows}).effectiveness
    assert found.contradicts is conflict


def test_the_other_generation_s_column_is_read_too() -> None:
    """`result` holds the percentage where effectiveness_percentage does not."""
    rows = given(measured(None, result=Decimal("99.5")), measured(None))
    first, second = compute(ask(), {"hedge_effectiveness": rows}).effectiveness
    assert known(first.percent) == Decimal("99.5")
    assert missing_of(second.percent) == ("hedge_effectiveness[EFF1].effectiveness_percentage",)

"""The ledger's period of today."""

from datetime import timedelta

import pytest

from hawk_backend.desk import compute
from hawk_backend.desk.ledger import Period
from hawk_backend.rows import Cell, Row
from tests.desk.tables import TODAY, ask, given

SPAN: Row = {
    "period_id": "2025-09",
    "start_date": TODAY.replace(day=1),
    "end_date": TODAY.replace(day=30),
}


def period(**cells: Cell) -> Period | None:
    """Return the period of a prompt about one row."""
    return compute(ask(), {"gl_periods": given({**SPAN, **cells})}).period


@pytest.mark.parametrize(
    ("cells", "is_open"),
    [
        ({"is_open": True}, True),
        ({"is_open": False}, False),
        ({"period_status": "Open"}, True),
        ({"period_status": "Closed"}, False),
    ],
)
def test_either_generation_says_whether_it_is_open(cells: dict[str, Cell], is_open: bool) -> None:  # noqa: FBT001 - a table's cell
    """is_open or period_status, whichever the database has."""
    found = period(**cells)
    assert found is not None
    assert (found.name, found.is_open) == ("2025-09", is_open)


def test_a_closed_period_is_an_alert() -> None:
    """Nothing can be posted to it."""
    result = compute(ask(), {"gl_periods": given({**SPAN, "is_open": False})})
    assert [alert.code for alert in result.alerts] == ["GL_PERIOD_CLOSED"]


def test_periods_of_other_days_do_not_count() -> None:
    """Both ends belong to a period; a period without dates is none."""
    assert period(start_date=TODAY + timedelta(days=1)) is None
    assert period(end_date=TODAY - timedelta(days=1)) is None
    assert period(end_date=TODAY) is not None
    assert period(start_date=None) is None

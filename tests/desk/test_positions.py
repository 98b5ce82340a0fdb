"""Which snapshot of a position counts, and when it is stale."""

from datetime import date, timedelta

import pytest

from hawk_backend.desk import compute
from hawk_backend.desk.positions import snapshot, stale
from hawk_backend.rows import Row
from tests.desk.tables import TODAY, ask, golden, position, with_rows


def on(when: date | None, **cells: object) -> Row:
    """Make a position of that date."""
    row = position("ENTITY0005", "COI", "1", "0", as_of_date=when, nav_id=f"PNM_{when}")
    return {**row, **cells}  # type: ignore[dict-item]


def days(*counts: int) -> list[Row]:
    """Make positions so many days from today."""
    return [on(TODAY + timedelta(days=count)) for count in counts]


@pytest.mark.parametrize(
    ("counts", "as_of", "chosen"),
    [
        ((-3, -1, 0), None, 0),
        ((-3, -1, 2), None, -1),
        ((-9, -5, -1), -4, -5),
        ((5, 20), None, 20),
        ((40, 50), None, 50),
        ((20, 50), None, 20),
    ],
)
def test_the_latest_date_up_to_the_asked_one_counts(
    counts: tuple[int, ...], as_of: int | None, chosen: int
) -> None:
    """Else the latest within 30 days after it, else the latest of all; order plays no part."""
    about = ask(as_of=None if as_of is None else TODAY + timedelta(days=as_of))
    for rows in (days(*counts), days(*counts)[::-1]):
        (found,) = snapshot(rows, about)
        assert found.row["as_of_date"] == TODAY + timedelta(days=chosen)


def test_a_future_question_is_answered_from_today() -> None:
    """A date asked about that lies ahead does not make future snapshots current."""
    (found,) = snapshot(days(0, 3), ask(as_of=TODAY + timedelta(days=9)))
    assert found.row["as_of_date"] == TODAY


def test_two_rows_of_one_date_rank_by_key() -> None:
    """The first by nav_id counts, whatever order the rows arrive in; the others are named."""
    rows = [on(TODAY, nav_id="B"), on(TODAY, nav_id="A"), on(TODAY - timedelta(days=1))]
    assert snapshot(rows, ask()) == snapshot(rows[::-1], ask())
    assert snapshot(rows, ask())[0] == (rows[1], ("B",))


def test_two_rows_of_one_date_are_an_alert() -> None:
    """Two systems may have booked the same position: only one of the rows counts."""
    rows = [on(TODAY, nav_id="B"), on(TODAY, nav_id="A")]
    found = compute(ask(), with_rows(golden(), "position_nav_master", *rows))
    assert "DUPLICATE_POSITION: ENTITY0005 COI: A counts, B of the same date does not." in map(
        str, found.alerts
    )


def test_hedged_positions_are_no_exposure() -> None:
    """A row of position_type HEDGED stands beside the net one and is not counted."""
    assert snapshot([on(TODAY, position_type="HEDGED")], ask()) == []


def test_a_row_without_date_is_the_last_choice() -> None:
    """Any dated snapshot comes before one whose date is not known."""
    (found,) = snapshot([on(None), on(TODAY - timedelta(days=99))], ask())
    assert found.row["as_of_date"] == TODAY - timedelta(days=99)


@pytest.mark.parametrize(("age", "old"), [(0, False), (2, False), (3, True), (-1, False)])
def test_more_than_two_days_are_stale(age: int, old: bool) -> None:  # noqa: FBT001 - a table's cell
    """Two days may pass; the third makes a snapshot stale."""
    assert stale(TODAY - timedelta(days=age), TODAY) is old


def test_a_snapshot_without_date_is_stale() -> None:
    """What is not dated is not fresh."""
    assert stale(None, TODAY)

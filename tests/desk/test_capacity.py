"""Capacity: unhedged and available amounts per entity and NAV type."""

from decimal import Decimal

from hawk_backend.desk import Figures, Known, Unknown, compute
from hawk_backend.desk.wording import amount
from tests.desk.tables import allocation, ask, golden, missing, position, with_rows


def test_cny_has_1_347_500_of_capacity_in_four_entities() -> None:
    """The four CNY entities add up to the golden figure, each with its own share."""
    (capacity,) = compute(ask(), golden()).capacity
    shares = {entity: amount(share, 2) for entity, share in capacity.by_entity.items()}
    assert amount(capacity.total, capacity.places) == "1,347,500.0"
    assert shares == {
        "ENTITY0005": "332,500.0",
        "ENTITY0006": "350,000.0",
        "ENTITY0007": "332,500.0",
        "ENTITY0008": "332,500.0",
    }


def test_the_subsidiary_s_buffer_conflict_is_an_alert() -> None:
    """Position and rule disagree for ENTITY0007: both figures stand, with entity and sources."""
    (alert,) = compute(ask(), golden()).alerts
    assert alert.code == "BUFFER_CONFLICT"
    for part in (
        "ENTITY0007",
        "Subsidiary",
        "1,347,500.0",
        "1,365,000.0",
        "BUF_CNY_003",
        "17,500.0",
    ):
        assert part in alert.text


def figures(*rows: dict[str, object], **more: object) -> Figures:
    """Compute with these positions alone."""
    return compute(ask(**more), with_rows(golden(), "position_nav_master", *rows))  # type: ignore[arg-type]


def test_a_negative_line_is_over_hedged_and_never_netted() -> None:
    """A line below zero has 0 available and takes nothing from the others."""
    result = figures(
        dict(position("ENTITY0005", "COI", "-100000", "0")),
        dict(position("ENTITY0005", "RE", "250000", "12500")),
    )
    (capacity,) = result.capacity
    coi, re = capacity.lines
    assert (value(coi.unhedged), value(coi.available)) == (Decimal(-100000), Decimal(0))
    assert value(capacity.total) == value(re.available) == Decimal(237500)
    assert [alert.code for alert in result.alerts] == ["OVER_HEDGED"]


def test_a_missing_allocation_table_makes_capacity_unknown() -> None:
    """Without the hedged amounts there is no figure, and the gap names the table and why."""
    result = compute(ask(), {**golden(), "allocation_engine": missing()})
    (capacity,) = result.capacity
    assert capacity.total == Unknown(("allocation_engine: missing (timeout)",))
    assert "allocation_engine: missing (timeout)" in str(result.gaps[0])


def test_the_newest_standing_allocation_counts_alone() -> None:
    """The newest allocation that is neither Rejected nor Failed is the hedged amount."""
    tables = with_rows(
        golden(),
        "allocation_engine",
        allocation("ALLOC_1", "ENTITY0005", "COI", "10000"),
        allocation("ALLOC_2", "ENTITY0005", "COI", "20000"),
        allocation("ALLOC_3", "ENTITY0005", "COI", "70000", allocation_status="Rejected"),
    )
    (capacity,) = compute(ask(), tables).capacity
    coi, re = capacity.lines[:2]
    assert (value(coi.hedged), value(re.hedged)) == (Decimal(20000), Decimal(0))


def test_a_null_car_is_named_as_the_missing_input() -> None:
    """NULL is never 0: the line and the total say which cell is missing."""
    result = figures(dict(position("ENTITY0005", "COI", "100000", "5000", optimal_car_amount=None)))
    (capacity,) = result.capacity
    cell = "position_nav_master[PNM_ENTITY0005_COI].optimal_car_amount"
    assert capacity.lines[0].available == capacity.total == Unknown((cell,))


def value(figure: object) -> Decimal:
    """Return a known figure's value."""
    assert isinstance(figure, Known)
    return figure.value

"""Capacity: unhedged and available amounts per entity and NAV type, and their totals."""

from datetime import timedelta
from decimal import Decimal

import pytest

from hawk_backend.desk import Figures, Unknown, compute
from hawk_backend.desk.wording import amount
from hawk_backend.models import Reason, TableState
from hawk_backend.rows import Row
from tests.desk.tables import (
    NOW,
    Given,
    absent,
    allocation,
    ask,
    currency,
    deposit,
    full,
    golden,
    known,
    levels,
    missing,
    missing_of,
    position,
    rate,
    with_rows,
)


def figures(*rows: Row, **more: object) -> Figures:
    """Compute with these positions alone."""
    return compute(ask(**more), with_rows(golden(), "position_nav_master", *rows))


def test_cny_has_1_347_500_of_capacity_in_four_entities() -> None:
    """The four CNY entities add up to the golden figure, each with its own share."""
    (capacity,) = compute(ask(), golden()).capacity
    shares = {entity: amount(share, 2) for entity, share in capacity.by_entity.items()}
    assert amount(capacity.total, capacity.places) == "1,347,500.0"
    assert amount(capacity.rule_total, capacity.places) == "1,365,000.0"
    assert shares == {
        "ENTITY0005": "332,500.0",
        "ENTITY0006": "350,000.0",
        "ENTITY0007": "332,500.0",
        "ENTITY0008": "332,500.0",
    }


def test_every_term_of_the_formula_counts() -> None:
    """100,000 - 10,000 CAR - 5,000 overlay - 5,000 buffer - 30,000 hedged is 50,000."""
    row = position(
        "ENTITY0005",
        "COI",
        "100000",
        "5000",
        optimal_car_amount=Decimal(10_000),
        manual_overlay_amount=Decimal(-5_000),
    )
    hedged = allocation("ALLOC_1", "ENTITY0005", "COI", "30000")
    tables = with_rows(golden(), "position_nav_master", row)
    tables = with_rows(tables, "allocation_engine", hedged)
    (capacity,) = compute(ask(), tables).capacity
    assert known(capacity.lines[0].unhedged) == known(capacity.total) == Decimal(50_000)


def test_a_figure_knows_the_cells_that_it_came_from() -> None:
    """The formula and the address of every stored input stand with the figure."""
    hedged = allocation("ALLOC_1", "ENTITY0005", "COI", "30000")
    tables = with_rows(golden(), "position_nav_master", position("ENTITY0005", "COI", "9", "1"))
    (capacity,) = compute(ask(), with_rows(tables, "allocation_engine", hedged)).capacity
    figure = capacity.lines[0].unhedged
    assert not isinstance(figure, Unknown)
    assert (figure.formula, figure.unit) == ("SFX - CAR + Overlay - Buffer - Hedged", "CNY")
    assert list(map(str, figure.inputs)) == [
        "position_nav_master[PNM_ENTITY0005_COI].current_position",
        "position_nav_master[PNM_ENTITY0005_COI].optimal_car_amount",
        "position_nav_master[PNM_ENTITY0005_COI].manual_overlay_amount",
        "position_nav_master[PNM_ENTITY0005_COI].buffer_amount",
        "allocation_engine[ALLOC_1].hedged_position",
    ]


def test_a_negative_line_is_over_hedged_and_never_netted() -> None:
    """A line below zero has 0 available and takes nothing from the others."""
    result = figures(
        position("ENTITY0005", "COI", "-100000", "0"),
        position("ENTITY0005", "RE", "250000", "12500"),
    )
    (capacity,) = result.capacity
    coi, re = capacity.lines
    assert (known(coi.unhedged), known(coi.available)) == (Decimal(-100_000), Decimal(0))
    assert known(capacity.total) == known(re.available) == Decimal(237_500)
    assert [alert.code for alert in result.alerts] == ["OVER_HEDGED"]


def test_a_position_of_zero_has_no_capacity() -> None:
    """Zero is a figure, not a gap, and not over-hedged."""
    (capacity,) = figures(position("ENTITY0005", "COI", "0", "0")).capacity
    assert known(capacity.total) == 0
    assert not capacity.lines[0].over_hedged


def test_no_overlay_counts_zero() -> None:
    """NULL in manual_overlay_amount means that there is none."""
    row = position("ENTITY0005", "COI", "100000", "5000", manual_overlay_amount=None)
    assert known(figures(row).capacity[0].total) == Decimal(95_000)


def test_a_null_car_is_named_as_the_missing_input() -> None:
    """NULL is never 0: the line and the total say which cell is missing."""
    row = position("ENTITY0005", "COI", "100000", "5000", optimal_car_amount=None)
    (capacity,) = figures(row).capacity
    cell = "position_nav_master[PNM_ENTITY0005_COI].optimal_car_amount"
    assert capacity.lines[0].available == capacity.total == Unknown((cell,))


def test_a_null_position_is_named_as_the_missing_input() -> None:
    """Without SFX there is neither a line nor a total, whatever else is known."""
    row = position("ENTITY0005", "COI", "0", "5000", current_position=None)
    total = figures(row, currencies=("CNY",)).capacity[0].total
    assert missing_of(total) == ("position_nav_master[PNM_ENTITY0005_COI].current_position",)


def test_the_computable_part_stands_beside_an_unknown_total() -> None:
    """One unknown line makes the total unknown; what is known is added up beside it."""
    (capacity,) = figures(
        position("ENTITY0005", "COI", "100000", "5000", optimal_car_amount=None),
        position("ENTITY0005", "RE", "250000", "12500"),
    ).capacity
    assert isinstance(capacity.total, Unknown)
    assert known(capacity.computable) == Decimal(237_500)


def test_no_allocation_row_means_0_by_record() -> None:
    """A completely read table without a row says that nothing is hedged."""
    line = figures(position("ENTITY0006", "RE", "250000", "0")).capacity[0].lines[0]
    assert known(line.hedged) == 0


def test_an_allocation_counts_for_its_own_nav_type_alone() -> None:
    """What is hedged of COI is not taken off RE of the same entity."""
    hedged = allocation("ALLOC_1", "ENTITY0005", "COI", "40000")
    (capacity,) = compute(ask(), with_rows(golden(), "allocation_engine", hedged)).capacity
    coi, re = capacity.lines[:2]
    assert (known(coi.hedged), known(re.hedged)) == (Decimal(40_000), Decimal(0))


def test_the_newest_standing_allocation_counts_alone() -> None:
    """The newest allocation that is neither Rejected nor Failed is the hedged amount, no sum."""
    later = NOW + timedelta(days=1)
    rows = [
        allocation("ALLOC_9", "ENTITY0005", "COI", "10000", created_date=NOW - timedelta(days=9)),
        allocation("ALLOC_1", "ENTITY0005", "COI", "20000"),
        allocation("ALLOC_2", "ENTITY0005", "COI", "25000"),
        allocation("ALLOC_3", "ENTITY0005", "COI", "70000", allocation_status="Rejected"),
        allocation(
            "ALLOC_4", "ENTITY0005", "COI", "80000", allocation_status="Failed", created_date=later
        ),
    ]
    for order in (rows, rows[::-1]):
        (capacity,) = compute(ask(), with_rows(golden(), "allocation_engine", *order)).capacity
        assert known(capacity.lines[0].hedged) == Decimal(25_000)


def test_an_allocation_table_that_was_not_read_makes_capacity_unknown() -> None:
    """Missing, absent, incomplete and not asked for: each is named, none counts as 0."""
    cases = {
        "allocation_engine: missing (timeout)": missing(),
        "allocation_engine: missing (forbidden)": missing(Reason.FORBIDDEN),
        "allocation_engine: absent from the database": absent(),
        "allocation_engine: incomplete": Given(complete=False, state=TableState.FRESH),
    }
    for why, table in cases.items():
        result = compute(ask(), {**golden(), "allocation_engine": table})
        assert result.capacity[0].total == Unknown((why,))
        assert why in str(result.gaps[0])


def test_positions_that_may_be_more_make_no_total() -> None:
    """Lines of an incomplete table are shown, but nothing says that they are all."""
    tables = golden()
    rows = tables["position_nav_master"].rows
    tables["position_nav_master"] = Given(rows, complete=False)
    (capacity,) = compute(ask(), tables).capacity
    assert missing_of(capacity.total) == ("position_nav_master: incomplete",)
    assert known(capacity.computable) == Decimal("1347500.0")


def test_other_currencies_stay_out() -> None:
    """Only positions of the currencies asked about count; none asked means all, by code."""
    row = position("ENTITY0001", "COI", "100000", "5000", currency_code="AUD")
    rows = (*golden()["position_nav_master"].rows, row)
    assert [item.currency for item in figures(*rows).capacity] == ["CNY"]
    everything = figures(*rows, currencies=()).capacity
    assert [item.currency for item in everything] == ["AUD", "CNY"]


def test_amounts_are_rounded_once_to_the_currency_s_precision() -> None:
    """Halves go away from zero, as PostgreSQL's round; a precision of 0 gives whole units."""
    tables = with_rows(
        golden(), "position_nav_master", position("ENTITY0005", "COI", "100.125", "0.12")
    )
    assert known(compute(ask(), tables).capacity[0].total) == Decimal("100.01")
    yen: Row = {"currency_code": "CNY", "rounding_precision": 0}
    tables = with_rows(tables, "currency_configuration", yen)
    assert known(compute(ask(), tables).capacity[0].total) == Decimal(100)


def test_large_amounts_keep_every_digit() -> None:
    """Sums of amounts beyond float's reach are exact."""
    huge = "90071992547409931.27"
    result = figures(
        position("ENTITY0005", "COI", huge, "0"), position("ENTITY0006", "COI", huge, "0")
    )
    assert known(result.capacity[0].total) == Decimal("180143985094819862.54")


def test_amounts_are_computed_where_they_can_be_hedged_only() -> None:
    """A prompt about neither a hedge nor allocations gets no capacity table."""
    tables = {"position_nav_master": golden()["position_nav_master"]}
    assert compute(ask(), tables).capacity == ()
    assert compute(ask(instruction_type="U"), tables).capacity != ()


@pytest.mark.parametrize(
    "size", ["90071992547409931.27", "9.99e30", "1e-30", "0e-999999999", "1e999999999", "1e31"]
)
def test_no_stored_amount_is_too_large_to_compute_with(size: str) -> None:
    """Position, rate, lot or level of any size: a figure, or what is missing; never a fault."""
    tables = full()
    given_rows = {
        "position_nav_master": position("ENTITY0005", "COI", size, "0.01"),
        "currency_rates": rate("USDCNY", size),
        "currency_configuration": currency("CNY", "Matched", minimum_deal_size=Decimal(size)),
        "threshold_configuration": levels("CNY", size, size, size),
        "usd_pb_deposit": deposit("DEP1", "ENTITY0005", size),
    }
    for name, row in given_rows.items():
        figures = compute(
            ask(instruction_type="U", amount=Decimal("1e30")), with_rows(tables, name, row)
        )
        assert sum(len(str(note)) for note in (*figures.alerts, *figures.gaps)) < 10_000

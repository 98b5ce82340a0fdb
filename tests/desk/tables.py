"""Hand-made tables for the desk's tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from hawk_backend.desk import Ask, Figure, Known, Unknown
from hawk_backend.models import Reason, TableState
from hawk_backend.rows import Cell, Row

TODAY = date(2025, 9, 17)
NOW = datetime(2025, 9, 17, 2, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Given:
    """A table as a test gives it."""

    rows: tuple[Row, ...] = ()
    state: TableState = TableState.FRESH
    reason: Reason | None = None
    complete: bool = True


def given(*rows: Row) -> Given:
    """Give a completely read table."""
    return Given(rows, TableState.FRESH if rows else TableState.EMPTY)


def missing(reason: Reason = Reason.TIMEOUT) -> Given:
    """Give a table that could not be read."""
    return Given(state=TableState.MISSING, reason=reason, complete=False)


def absent() -> Given:
    """Give a table that the database does not have."""
    return Given(state=TableState.ABSENT, complete=False)


def ask(**fields: object) -> Ask:
    """Ask about CNY on the reference date unless told otherwise."""
    return Ask(**({"today": TODAY, "now": NOW, "currencies": ("CNY",)} | fields))  # type: ignore[arg-type]


def entity(entity_id: str, entity_type: str, exempt: str = "N", **cells: Cell) -> Row:
    """Make a row of entity_master."""
    return {
        "entity_id": entity_id,
        "entity_type": entity_type,
        "currency_code": "CNY",
        "car_exemption_flag": exempt,
        "active_flag": "Y",
        **cells,
    }


def position(entity_id: str, nav_type: str, amount: str, buffer: str, **cells: Cell) -> Row:
    """Make a row of position_nav_master with CAR and overlay 0 and the buffer as 5 or 0 percent."""
    return {
        "nav_id": f"PNM_{entity_id}_{nav_type}",
        "entity_id": entity_id,
        "currency_code": "CNY",
        "nav_type": nav_type,
        "as_of_date": TODAY,
        "position_type": "NET",
        "current_position": Decimal(amount),
        "optimal_car_amount": Decimal("0.0"),
        "manual_overlay_amount": Decimal("0.0"),
        "buffer_pct": Decimal(0) if Decimal(buffer) == 0 else Decimal(5),
        "buffer_amount": Decimal(buffer),
        **cells,
    }


def allocation(
    allocation_id: str, entity_id: str, nav_type: str, hedged: str, **cells: Cell
) -> Row:
    """Make a row of allocation_engine."""
    return {
        "allocation_id": allocation_id,
        "entity_id": entity_id,
        "currency_code": "CNY",
        "nav_type": nav_type,
        "allocation_status": "Approved",
        "hedged_position": Decimal(hedged),
        "created_date": NOW,
        **cells,
    }


def rule(rule_id: str, entity_id: str, percent: str, **cells: Cell) -> Row:
    """Make a row of buffer_configuration."""
    return {
        "buffer_rule_id": rule_id,
        "entity_id": entity_id,
        "currency_code": "DEFAULT" if entity_id == "DEFAULT" else "CNY",
        "entity_type": None,
        "car_exemption_flag": None,
        "buffer_percentage": Decimal(percent),
        "rule_priority": 100 if entity_id == "DEFAULT" else 1,
        "active_flag": "Y",
        **cells,
    }


FOUR = (
    ("ENTITY0005", "Branch", "N", "5000.0", "12500.0"),
    ("ENTITY0006", "Associate", "Y", "0.0", "0.0"),
    ("ENTITY0007", "Subsidiary", "Y", "5000.0", "12500.0"),
    ("ENTITY0008", "TMU", "N", "5000.0", "12500.0"),
)


def golden() -> dict[str, Given]:
    """Give the four CNY entities of the desk's golden figure, 1,347,500.0."""
    navs = [
        position(entity_id, nav, amount, buffer)
        for entity_id, _, _, coi, re in FOUR
        for nav, amount, buffer in (("COI", "100000.0", coi), ("RE", "250000.0", re))
    ]
    return {
        "entity_master": given(*(entity(i, t, x) for i, t, x, _, _ in FOUR)),
        "position_nav_master": given(*navs),
        "allocation_engine": given(
            *(allocation(f"ALLOC_{n}", "ENTITY0005", "COI", "0.0") for n in range(3))
        ),
        "buffer_configuration": given(
            *(
                rule(f"BUF_CNY_00{n}", i, "0" if x == "Y" else "5")
                for n, (i, _, x, _, _) in enumerate(FOUR, 1)
            ),
        ),
        "currency_configuration": given({"currency_code": "CNY", "rounding_precision": 2}),
    }


def rate(pair: str, value: str, when: date | datetime = TODAY, **cells: Cell) -> Row:
    """Make a row of currency_rates."""
    return {
        "currency_pair": pair,
        "rate_type": "SPOT",
        "rate_value": Decimal(value),
        "effective_date": when,
        **cells,
    }


def levels(currency: str, warning: str, critical: str, maximum: str, **cells: Cell) -> Row:
    """Make a USD_PB_DEPOSIT row of threshold_configuration."""
    return {
        "threshold_id": f"THR_{currency}_PB",
        "threshold_type": "USD_PB_DEPOSIT",
        "currency_code": currency,
        "warning_level": Decimal(warning),
        "critical_level": Decimal(critical),
        "maximum_limit": Decimal(maximum),
        "unit_of_measure": "USD",
        "active_flag": "Y",
        **cells,
    }


def deposit(deposit_id: str, entity_id: str, amount: str, **cells: Cell) -> Row:
    """Make a row of usd_pb_deposit."""
    return {
        "deposit_id": deposit_id,
        "entity_id": entity_id,
        "total_usd_deposits": Decimal(amount),
        "as_of_date": TODAY,
        **cells,
    }


def instruction(number: int, kind: str, order_id: str, amount: str, **cells: Cell) -> Row:
    """Make a row of hedge_instructions."""
    return {
        "instruction_id": f"INST{number:03}",
        "instruction_type": kind,
        "instruction_date": TODAY,
        "exposure_currency": "CNY",
        "order_id": order_id,
        "previous_order_id": None,
        "instruction_status": "Completed",
        "hedge_amount_order": Decimal(amount),
        **cells,
    }


def currency(code: str, kind: str, **cells: Cell) -> Row:
    """Make a row of currency_configuration."""
    return {
        "currency_code": code,
        "currency_type": kind,
        "rounding_precision": 2,
        "minimum_deal_size": Decimal(500),
        "maximum_deal_size": Decimal(1_000_000),
        **cells,
    }


def full() -> dict[str, Given]:
    """Give all that an utilisation needs: the golden tables, rates, levels, deposits, waterfall."""
    return {
        **golden(),
        "currency_configuration": given(currency("CNY", "Matched")),
        "currency_rates": given(rate("CNYUSD", "0.14")),
        "threshold_configuration": given(levels("CNY", "100000", "90000", "80000")),
        "usd_pb_deposit": given(deposit("DEP1", "ENTITY0005", "10000")),
        "waterfall_logic_configuration": given(),
        "hedge_instructions": given(),
    }


def known(figure: Figure) -> Decimal:
    """Return a known figure's value."""
    assert isinstance(figure, Known)
    return figure.value


def whole(figure: Figure) -> int:
    """Return a known figure's value, which has no decimals."""
    value = known(figure)
    assert value == int(value)
    return int(value)


def missing_of(figure: Figure) -> tuple[str, ...]:
    """Return what an unknown figure lacks."""
    assert isinstance(figure, Unknown)
    return figure.missing


def with_rows(tables: Mapping[str, Given], name: str, *rows: Row) -> dict[str, Given]:
    """Replace one table's rows."""
    return {**tables, name: given(*rows)}

"""Hedge effectiveness against the band."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hawk_backend.desk.cells import day, text
from hawk_backend.desk.figure import Address, Figure, Known, stored
from hawk_backend.rows import Row

LOWER, UPPER = Decimal(80), Decimal(125)
"""Percent; both ends are effective (domain.md 3.3)."""

TABLE = "hedge_effectiveness"
_PASSED = frozenset({"pass", "passed", "effective", "highly effective"})


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """One measurement in percent, its place in the band, and what the test recorded."""

    effectiveness_id: str
    event_id: str
    currency: str
    measured: date | None
    percent: Figure
    ratio: Figure
    band: str
    recorded: str

    @property
    def contradicts(self) -> bool:
        """Whether the recorded result says otherwise than the band."""
        known = isinstance(self.percent, Known) and bool(self.recorded)
        return known and (self.recorded.lower() in _PASSED) != (self.band == "effective")


def effectiveness(row: Row) -> Effectiveness:
    """Return what a row of hedge_effectiveness has measured, as stored."""
    key = text(row, "effectiveness_id")
    other = row.get("effectiveness_percentage") is None and row.get("result") is not None
    column = "result" if other else "effectiveness_percentage"
    percent = stored(row, Address(TABLE, key, column), "%")
    return Effectiveness(
        effectiveness_id=key,
        event_id=text(row, "event_id"),
        currency=text(row, "currency_code"),
        measured=day(row, "measurement_date"),
        percent=percent,
        ratio=stored(row, Address(TABLE, key, "hedge_ratio"), ""),
        band=band(percent),
        recorded=text(row, "test_result"),
    )


def band(percent: Figure) -> str:
    """Place a percentage: effective from 80 to 125, both included."""
    if not isinstance(percent, Known):
        return "not computable"
    if percent.value < LOWER:
        return "below 80"
    return "above 125" if percent.value > UPPER else "effective"

"""The amount asked for against what can be placed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hawk_backend.desk.ask import Ask
from hawk_backend.desk.capacity import Capacity
from hawk_backend.desk.figure import ZERO, Figure, Known, Unknown, derive


class Verdict(StrEnum):
    """Whether the amount asked for can be hedged."""

    PASS = "Pass"  # noqa: S105 - a verdict, no password
    PARTIAL = "Partial"
    FAIL = "Fail"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Request:
    """The amount asked for, what stands against it, and what is short of it; all in `currency`."""

    currency: str
    requested: Figure
    capacity: Figure
    shortfall: Figure
    verdict: Verdict


def request(ask: Ask, capacity: Sequence[Capacity]) -> Request | None:
    """Weigh the amount asked for; None where no amount or no capacity is asked about."""
    currency = ask.amount_currency or (ask.currencies[0] if ask.currencies else None)
    if ask.amount is None or currency is None or not capacity:
        return None
    found = next((item for item in capacity if item.currency == currency), None)
    limit = Unknown((f"positions of {currency}",)) if found is None else found.total
    asked = Known(ask.amount, currency, "as asked")
    short = derive(currency, "max(requested - capacity, 0)", _short, asked, limit)
    return Request(currency, asked, limit, short, _verdict(limit, short))


def _short(asked: Decimal, limit: Decimal) -> Decimal:
    return max(asked - limit, ZERO)


def _verdict(limit: Figure, short: Figure) -> Verdict:
    if isinstance(limit, Unknown) or isinstance(short, Unknown):
        return Verdict.UNKNOWN
    if short.value == 0:
        return Verdict.PASS
    return Verdict.PARTIAL if limit.value > 0 else Verdict.FAIL

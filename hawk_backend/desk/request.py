"""The amount asked for against what can be placed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hawk_backend.desk.ask import Ask
from hawk_backend.desk.capacity import Capacity
from hawk_backend.desk.figure import ZERO, Figure, Known, Unknown, derive, rounded
from hawk_backend.desk.rates import Rates
from hawk_backend.desk.usd_pb import Status, UsdPb
from hawk_backend.desk.waterfall import Waterfall


class Verdict(StrEnum):
    """Whether the amount asked for can be hedged."""

    PASS = "Pass"  # noqa: S105 - a verdict, no password
    PASS_PB_UNKNOWN = "Pass, PB unknown"  # noqa: S105 - as above
    PARTIAL = "Partial"
    FAIL = "Fail"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Request:
    """The amount asked for and what stands against it, in `currency`.

    `shortfall` is what a Partial needs to become a Pass; `pb` is the broker status that it meets.
    """

    currency: str
    places: int | None
    asked: Figure
    requested: Figure
    capacity: Figure
    placeable: Figure
    shortfall: Figure
    pb: Status
    verdict: Verdict


def requested(ask: Ask, rates: Rates, currency: str, places: int | None) -> Figure | None:
    """Return the amount asked for in `currency`; None where none is asked for.

    An amount in another currency is turned at the rate and rounded to `places`.
    """
    if ask.amount is None:
        return None
    asked = _asked(ask, currency)
    if isinstance(asked, Unknown) or asked.unit == currency:
        return asked
    rate = rates.rate(asked.unit, currency)
    formula = f"{asked.unit} amount x {rate.route}"
    return derive(currency, formula, lambda a, r: rounded(a * r, places), asked, rate.value)


def _asked(ask: Ask, currency: str) -> Figure:
    """Return the amount as the prompt names it: in `currency`, else in its own."""
    if (own := ask.amount_in(currency)) is not None:
        return Known(own, currency, "as asked")
    unit = ask.amount_currency or (ask.currencies[0] if len(ask.currencies) == 1 else None)
    if ask.amount is None or unit is None:
        return Unknown(("the currency of the amount asked for",))
    return Known(ask.amount, unit, "as asked")


def request(
    ask: Ask, amount: Figure | None, capacity: Capacity, waterfall: Waterfall, pb: Sequence[UsdPb]
) -> Request | None:
    """Weigh the amount: Pass where placeable reaches it, Partial above 0, else Fail.

    A broker BREACH makes it Fail, an unknown broker status a Pass with a remark (domain.md 3.3).
    """
    if amount is None:
        return None
    currency = capacity.currency
    status = next(
        (item.headline.status for item in pb if item.currency == currency), Status.UNKNOWN
    )
    short = derive(currency, "max(requested - placeable, 0)", _short, amount, waterfall.placeable)
    return Request(
        currency=currency,
        places=capacity.places,
        asked=_asked(ask, currency),
        requested=amount,
        capacity=capacity.total,
        placeable=waterfall.placeable,
        shortfall=short,
        pb=status,
        verdict=_verdict(waterfall.placeable, short, status),
    )


def _short(amount: Decimal, placeable: Decimal) -> Decimal:
    return max(amount - placeable, ZERO)


def _verdict(placeable: Figure, short: Figure, pb: Status) -> Verdict:
    if pb is Status.BREACH:
        return Verdict.FAIL
    if isinstance(placeable, Unknown) or isinstance(short, Unknown):
        return Verdict.UNKNOWN
    if short.value == 0:
        return Verdict.PASS_PB_UNKNOWN if pb is Status.UNKNOWN else Verdict.PASS
    return Verdict.PARTIAL if placeable.value > 0 else Verdict.FAIL

"""How a hedge would be booked: model and deal count, instruments, deal size and cut-off."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.cells import in_force, text
from hawk_backend.desk.clock import passed
from hawk_backend.desk.figure import Address, Figure, Known, Unknown, stored
from hawk_backend.rows import Row

_CONFIG, _CURRENCIES, _INSTRUMENTS = (
    "instruction_event_config",
    "currency_configuration",
    "hedge_instruments",
)
_ANY = frozenset({"", "ALL", "BOTH"})
_EVENTS = {"I": "Initiation", "U": "Initiation", "R": "Rollover", "T": "Termination"}
_LETTERS = {"Matched": "A", "Mismatched": "B", "Mismatched_with_Proxy": "C"}
_DEALS = {"A-COI": 6, "B-COI": 10, "C-COI": 10, "A-RE": 3, "B-RE": 3, "C-RE": 5}

HANDBOOK: Mapping[str, str] = {"CNY": "Mismatched", "AUD": "Matched"}
"""Currency types that the desk's handbook states otherwise than the database (domain.md 2.1)."""


@dataclass(frozen=True, slots=True)
class Booking:
    """How one NAV type of a currency is booked.

    `deals` is what instruction_event_config says, else the standard of the model; `standard`
    is the standard.  `model` is empty where the currency's type is not known.
    """

    currency: str
    nav_type: str
    currency_type: str
    event: str
    model: str
    deals: Figure
    standard: Figure
    instrument: str
    source: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument in force; `fits` says whether the amount lies within its limits."""

    instrument_id: str
    kind: str
    pair: str
    nav_type: str
    settlement: str
    minimum: Figure
    maximum: Figure
    fits: str


@dataclass(frozen=True, slots=True)
class Checks:
    """Deal size and cut-off of one currency; amounts in it, times as the desk's clock shows."""

    currency: str
    places: int | None
    amount: Figure | None
    minimum: Figure
    maximum: Figure
    size: str
    cut_off: time | None
    timing: str


def bookings(tables: Tables, ask: Ask) -> tuple[Booking, ...]:
    """Return the booking of each currency and NAV type asked about.

    COI: Matched A-COI 6 deals, Mismatched B-COI 10, with proxy C-COI 10; RE: A-RE 3, B-RE 3,
    C-RE 5 (domain.md 3.3).  Where instruction_event_config has a row, its model and count stand.
    """
    navs = (ask.nav,) if ask.nav else ("COI", "RE")
    return tuple(
        _booking(tables, ask, currency, nav) for currency in ask.currencies for nav in navs
    )


def _booking(tables: Tables, ask: Ask, currency: str, nav: str) -> Booking:
    event = _EVENTS.get(ask.instruction_type or "", "Initiation")
    kind = _type(tables, currency)
    standard_model = f"{_LETTERS[kind]}-{nav}" if kind in _LETTERS else ""
    row = next(_event_rows(tables, ask, event, nav, kind), None) if kind else None
    standard = _standard(tables, currency, standard_model)
    return Booking(
        currency=currency,
        nav_type=nav,
        currency_type=kind,
        event=event,
        model=standard_model if row is None else text(row, "booking_model") or standard_model,
        deals=standard if row is None else _configured(row, standard),
        standard=standard,
        instrument="" if row is None else text(row, "instrument"),
        source="standard" if row is None else _CONFIG,
    )


def _standard(tables: Tables, currency: str, model: str) -> Figure:
    if model in _DEALS:
        return Known(Decimal(_DEALS[model]), "deals", f"standard of model {model}")
    why = tables.lack(_CURRENCIES)
    return Unknown((why or str(Address(_CURRENCIES, currency, "currency_type")),))


def _configured(row: Row, standard: Figure) -> Figure:
    parts = ("instruction_event", "nav_type", "currency_type", "hedge_method")
    key = "/".join(text(row, part) for part in parts)
    found = stored(row, Address(_CONFIG, key, "number_of_deals"), "deals")
    return standard if isinstance(found, Unknown) else found


def _event_rows(tables: Tables, ask: Ask, event: str, nav: str, kind: str) -> Iterator[Row]:
    wanted = (
        ("instruction_event", event),
        ("nav_type", nav),
        ("currency_type", kind),
        ("hedge_method", ask.hedge_method or ""),
    )
    for row in tables.rows(_CONFIG):
        if all(_fits(row, column, value) for column, value in wanted):
            yield row


def _fits(row: Row, column: str, value: str) -> bool:
    cell = text(row, column)
    return not value or cell.upper() in _ANY or cell == value


def instruments(
    tables: Tables, ask: Ask, amounts: Mapping[str, Figure | None]
) -> tuple[Instrument, ...]:
    """Return the instruments in force for the currencies, NAV type and method asked about."""
    return tuple(
        _instrument(row, amounts)
        for row in tables.rows(_INSTRUMENTS)
        if in_force(row, ask.today)
        and _about(tables, row, ask.currencies)
        and _fits(row, "nav_type_applicable", ask.nav)
        and _fits(row, "accounting_method_supported", ask.hedge_method or "")
    )


def _about(tables: Tables, row: Row, currencies: tuple[str, ...]) -> bool:
    """Whether the instrument trades one of the currencies and is made for its type."""
    mine = (text(row, "base_currency"), text(row, "quote_currency"))
    return any(
        currency in mine and _fits(row, "currency_classification", _type(tables, currency))
        for currency in currencies
    )


def _type(tables: Tables, currency: str) -> str:
    row = tables.currency(currency)
    return "" if row is None else text(row, "currency_type")


def _instrument(row: Row, amounts: Mapping[str, Figure | None]) -> Instrument:
    key, base = text(row, "instrument_id"), text(row, "base_currency")
    minimum = stored(row, Address(_INSTRUMENTS, key, "minimum_notional"), base)
    maximum = stored(row, Address(_INSTRUMENTS, key, "maximum_notional"), base)
    return Instrument(
        instrument_id=key,
        kind=text(row, "instrument_type"),
        pair=text(row, "currency_pair"),
        nav_type=text(row, "nav_type_applicable"),
        settlement=text(row, "settlement_type"),
        minimum=minimum,
        maximum=maximum,
        fits=within(amounts[base], minimum, maximum) if base in amounts else f"limits in {base}",
    )


def within(amount: Figure | None, minimum: Figure, maximum: Figure) -> str:
    """Say where an amount lies between two limits, both included."""
    if amount is None or isinstance(amount, Unknown):
        return "no amount"
    if isinstance(minimum, Known) and amount.value < minimum.value:
        return "below minimum"
    if isinstance(maximum, Known) and amount.value > maximum.value:
        return "above maximum"
    known = isinstance(minimum, Known) and isinstance(maximum, Known)
    return "within" if known else "not computable"


def checks(tables: Tables, ask: Ask, currency: str, amount: Figure | None) -> Checks | None:
    """Check deal size and cut-off against the currency's configuration; None where it has none."""
    row = tables.currency(currency)
    if row is None:
        return None
    minimum = stored(row, Address(_CURRENCIES, currency, "minimum_deal_size"), currency)
    maximum = stored(row, Address(_CURRENCIES, currency, "maximum_deal_size"), currency)
    end = row.get("cut_off_time")
    cut_off = end if isinstance(end, time) else None
    return Checks(
        currency=currency,
        places=tables.places(currency),
        amount=amount,
        minimum=minimum,
        maximum=maximum,
        size=within(amount, minimum, maximum),
        cut_off=cut_off,
        timing=_timing(ask, cut_off),
    )


def _timing(ask: Ask, cut_off: time | None) -> str:
    if cut_off is None:
        return "cut-off not on record"
    late = passed(ask, cut_off)
    return "after cut-off: dealt on the next business day" if late else "before cut-off"

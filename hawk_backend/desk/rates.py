"""FX rates: the newest usable quote of a pair, direct, inverted or crossed, and how fresh it is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.cells import day, first_text, number, text
from hawk_backend.desk.figure import Address, Figure, Known, Unknown, rounded
from hawk_backend.rows import Row

INSTANT_FRESH = timedelta(minutes=5)
STALE_LIMIT = timedelta(days=2)
PLACES = 10
"""Decimals of an inverted or crossed rate."""

_TABLE = "currency_rates"
_BRIDGES = ("SGD", "EUR")
_LEDGER = "MONTH_END"
_CODE = 3
_ONE = Decimal(1)


class Freshness(IntEnum):
    """How a quote's age is judged; a cross is as fresh as its older leg."""

    FRESH = 0
    STALE = 1
    TOO_OLD = 2

    @property
    def flag(self) -> str:
        """The word that the context shows."""
        return ("FRESH", "RATE_STALE", "UNKNOWN")[self]


@dataclass(frozen=True, slots=True)
class Quote:
    """Units of `quote` for one unit of `base`, as one row of currency_rates gives them."""

    base: str
    quote: str
    value: Decimal
    when: date | datetime
    address: Address
    spot: bool

    @property
    def rank(self) -> tuple[date, str, bool]:
        """The newest first; of one moment spot before others."""
        return (*_as_date(self.when), self.spot)


@dataclass(frozen=True, slots=True)
class Rate:
    """Units of `quote` for one unit of `base`, the quotes it goes over, and the oldest of them.

    `value` is Unknown where there is no quote at all, or none that is at most two days old.
    """

    base: str
    quote: str
    value: Figure
    freshness: Freshness
    route: str
    when: date | datetime | None = None


class Rates:
    """The rates of one prompt."""

    def __init__(self, tables: Tables, ask: Ask) -> None:
        self._ask = ask
        self._lack = tables.lack(_TABLE)
        self._quotes = _newest(_quotes(tables.rows(_TABLE)), ask)

    def rate(self, base: str, quote: str) -> Rate:
        """Return the freshest of direct, inverse, cross over SGD, cross over EUR, in this order.

        An instant is fresh for five minutes, a date on that date; up to two days old is
        RATE_STALE, older is not used (domain.md 3.3).  A past day has the quotes up to that day,
        instants too judged by their date.  A direct quote stands as stored, others are rounded
        to 10 places, half up.
        """
        if base == quote:
            return Rate(
                base,
                quote,
                Known(_ONE, f"{quote} per {base}", "1"),
                Freshness.FRESH,
                "same currency",
            )
        found = [self._rate(base, quote, legs) for legs in self._routes(base, quote)]
        if found:
            return min(found, key=lambda rate: rate.freshness)
        why = self._lack or (
            f"{_TABLE}: no rate from {base} to {quote} up to {self._ask.reference}, "
            "also not over SGD or EUR"
        )
        return Rate(base, quote, Unknown((why,)), Freshness.TOO_OLD, "none")

    def _routes(self, base: str, quote: str) -> Iterator[tuple[Quote, ...]]:
        if direct := self._quotes.get((base, quote)):
            yield (direct,)
        if inverse := self._quotes.get((quote, base)):
            yield (inverse,)
        for bridge in _BRIDGES:
            first, second = self._leg(base, bridge), self._leg(bridge, quote)
            if first and second and bridge not in (base, quote):
                yield (first, second)

    def _leg(self, base: str, quote: str) -> Quote | None:
        return self._quotes.get((base, quote)) or self._quotes.get((quote, base))

    def _rate(self, base: str, quote: str, legs: tuple[Quote, ...]) -> Rate:
        freshness = max(self._freshness(leg.when) for leg in legs)
        oldest = min((leg.when for leg in legs), key=_as_date)
        route = _route(base, legs)
        value: Figure = Known(
            _product(base, legs), f"{quote} per {base}", route, tuple(leg.address for leg in legs)
        )
        if freshness is Freshness.TOO_OLD:
            value = Unknown(
                (f"{legs[0].address}: a rate of {base} to {quote} not older than two days",)
            )
        return Rate(base, quote, value, freshness, route, oldest)

    def _freshness(self, when: date | datetime) -> Freshness:
        if isinstance(when, datetime) and self._ask.past_day is None:
            age, fresh = self._ask.now - when, INSTANT_FRESH
        else:
            age, fresh = self._ask.reference - _date(when), timedelta(0)
        if age <= fresh:
            return Freshness.FRESH
        return Freshness.STALE if age <= STALE_LIMIT else Freshness.TOO_OLD


def _product(base: str, legs: Iterable[Quote]) -> Decimal:
    """Multiply the legs, each turned the way it is walked."""
    legs = tuple(legs)
    if len(legs) == 1 and legs[0].base == base:
        return legs[0].value
    value, at = _ONE, base
    for leg in legs:
        forward = leg.base == at
        value = value * leg.value if forward else value / leg.value
        at = leg.quote if forward else leg.base
    return rounded(value, PLACES)


def _route(base: str, legs: Iterable[Quote]) -> str:
    steps, at = [], base
    for leg in legs:
        forward = leg.base == at
        steps.append(f"{leg.base}{leg.quote}" if forward else f"1/{leg.base}{leg.quote}")
        at = leg.quote if forward else leg.base
    return " x ".join(steps)


def _date(when: date | datetime) -> date:
    return when.date() if isinstance(when, datetime) else when


def _as_date(when: date | datetime) -> tuple[date, str]:
    return (_date(when), when.isoformat())


def _newest(quotes: Iterable[Quote], ask: Ask) -> dict[tuple[str, str], Quote]:
    """Keep each pair's newest quote that is not of the future; of one rank the first row."""
    found: dict[tuple[str, str], Quote] = {}
    for quote in quotes:
        if _of_the_future(quote.when, ask):
            continue
        pair = (quote.base, quote.quote)
        if pair not in found or found[pair].rank < quote.rank:
            found[pair] = quote
    return found


def _of_the_future(when: date | datetime, ask: Ask) -> bool:
    """Clocks may differ by as much as an instant stays fresh."""
    if isinstance(when, datetime) and ask.past_day is None:
        return when > ask.now + INSTANT_FRESH
    return _date(when) > ask.reference


def _quotes(rows: Iterable[Row]) -> Iterator[Quote]:
    """Read both known shapes: one column for the pair, or two for its currencies."""
    for row in rows:
        pair = _pair(row)
        value = number(row.get("rate_value")) or number(row.get("rate"))
        when = _when(row)
        valued = value is not None and value > 0 and text(row, "rate_type") != _LEDGER
        if pair is None or value is None or when is None or not valued:
            continue
        spot = text(row, "rate_type").upper() in ("", "SPOT")
        yield Quote(*pair, value, when, _address(row, when), spot)


def _pair(row: Row) -> tuple[str, str] | None:
    letters = "".join(filter(str.isalpha, text(row, "currency_pair")))
    if len(letters) == 2 * _CODE:
        return letters[:_CODE], letters[_CODE:]
    base, quote = text(row, "from_ccy"), text(row, "to_ccy")
    return (base, quote) if base and quote else None


def _when(row: Row) -> date | datetime | None:
    instant = row.get("as_of_ts")
    return instant if isinstance(instant, datetime) else day(row, "effective_date", "rate_date")


def _address(row: Row, when: date | datetime) -> Address:
    pair = first_text(row, "currency_pair") or f"{text(row, 'from_ccy')}{text(row, 'to_ccy')}"
    column = "rate_value" if row.get("rate_value") is not None else "rate"
    return Address(_TABLE, "/".join((pair, text(row, "rate_type"), when.isoformat())), column)

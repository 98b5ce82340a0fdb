"""What is in the books of an order, what has taken effect today, and what is in flight."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.cells import day, text
from hawk_backend.desk.figure import Address, Figure, Unknown, derive, stored, total
from hawk_backend.desk.turns import Steps, each
from hawk_backend.rows import Row

TABLE = "hedge_instructions"
OUTSTANDING = "notional - terminations - rollovers"

EFFECTIVE = frozenset({"Executed", "Completed", "Active"})
"""States in which an instruction has changed the books."""

VOID = frozenset({"Failed", "Cancelled", "Rejected"})
"""States in which it never will."""


@dataclass(frozen=True, slots=True)
class Order:
    """One hedge in the books; amounts in `currency`.

    `notional` is the original amount, or that of the newest amendment in effect.  `in_progress`
    are terminations and rollovers that have not taken effect; they are not taken off. `matures` is
    the latest maturity among the deals at hand of the order's own events.
    """

    order_id: str
    currency: str
    places: int | None
    original: Figure
    notional: Figure
    terminated: Figure
    rolled: Figure
    outstanding: Figure
    in_progress: Figure
    matures: date | None


def orders(tables: Tables) -> Steps[tuple[Order, ...]]:
    """Return what is outstanding of every hedge (I or R in effect) at hand.

    Outstanding = notional - terminations - (partial) rollovers, each in effect (Executed,
    Completed), as stored, not rounded (domain.md 3.3).  A termination or rollover belongs to the
    order that its previous_order_id names, and to the order that this one amended.
    """
    rows = [row for row in tables.rows(TABLE) if text(row, "instruction_status") not in VOID]
    followers, maturities = _followers(rows), _maturities(tables)
    yield

    def order(row: Row) -> Order:
        return _order(tables, row, followers.get(text(row, "order_id"), ()), maturities)

    hedges = [row for row in rows if text(row, "order_id") and _is(row, "IR", EFFECTIVE)]
    return tuple((yield from each(order, hedges)))


def _is(row: Row, kinds: str, states: Iterable[str]) -> bool:
    kind = text(row, "instruction_type")
    return bool(kind) and kind in kinds and text(row, "instruction_status") in states


def _followers(rows: Sequence[Row]) -> Mapping[str, Sequence[Row]]:
    """Give each order the instructions that change it, directly or through its amendments."""
    amends = {
        text(row, "order_id"): text(row, "previous_order_id")
        for row in rows
        if text(row, "instruction_type") == "A"
    }
    found: dict[str, list[Row]] = {}
    for row in rows:
        for order_id in _chain(text(row, "previous_order_id"), amends):
            found.setdefault(order_id, []).append(row)
    return found


def _chain(order_id: str, amends: Mapping[str, str]) -> Iterator[str]:
    seen = set[str]()
    while order_id and order_id not in seen:
        yield order_id
        seen.add(order_id)
        order_id = amends.get(order_id, "")


def _maturities(tables: Tables) -> Mapping[str, date]:
    """Give each instruction the latest maturity of its deals."""
    instructions = {
        text(row, "event_id"): text(row, "instruction_id")
        for row in tables.rows("hedge_business_events")
    }
    found: dict[str, date] = {}
    for row in tables.rows("deal_bookings"):
        when, key = day(row, "maturity_date"), instructions.get(text(row, "event_id"))
        if when is not None and key is not None:
            found[key] = max(when, found.get(key, when))
    return found


def _order(
    tables: Tables, row: Row, followers: Sequence[Row], maturities: Mapping[str, date]
) -> Order:
    currency, lack = text(row, "exposure_currency"), tables.lack(TABLE)
    done = [other for other in followers if text(other, "instruction_status") in EFFECTIVE]
    amendments = [other for other in done if text(other, "instruction_type") == "A"]
    original = amount(row)
    notional = amount(max(amendments, key=_when)) if amendments else original
    terminated, rolled = _sum(currency, done, "T", lack), _sum(currency, done, "R", lack)
    pending = [other for other in followers if text(other, "instruction_status") not in EFFECTIVE]
    return Order(
        order_id=text(row, "order_id"),
        currency=currency,
        places=tables.places(currency),
        original=original,
        notional=notional,
        terminated=terminated,
        rolled=rolled,
        outstanding=derive(
            currency, OUTSTANDING, lambda n, t, r: n - t - r, notional, terminated, rolled
        ),
        in_progress=_sum(currency, pending, "TR", lack),
        matures=maturities.get(text(row, "instruction_id")),
    )


def _when(row: Row) -> tuple[date, str]:
    return (day(row, "instruction_date") or date.min, text(row, "instruction_id"))


def amount(row: Row) -> Figure:
    """Return an instruction's amount in its exposure currency, as stored."""
    address = Address(TABLE, text(row, "instruction_id"), "hedge_amount_order")
    return stored(row, address, text(row, "exposure_currency"))


def _sum(currency: str, rows: Sequence[Row], kinds: str, lack: str | None) -> Figure:
    if lack:
        return Unknown((lack,))
    mine = [amount(row) for row in rows if text(row, "instruction_type") in kinds]
    return total(currency, f"sum of {' and '.join(kinds)} instructions", mine)


@dataclass(frozen=True, slots=True)
class Stated:
    """An instruction and how it stands; its amount in its exposure currency."""

    instruction_id: str
    order_id: str
    kind: str
    status: str
    amount: Figure


def executed_today(tables: Tables, ask: Ask) -> tuple[Stated, ...] | None:
    """Return the hedges opened, rolled, closed or changed today in the currencies asked about.

    None where the instructions were not read completely.
    """
    if tables.lack(TABLE):
        return None
    return tuple(
        _stated(row)
        for row in tables.rows(TABLE)
        if day(row, "instruction_date") == ask.today
        and _is(row, "IRTA", EFFECTIVE)
        and (not ask.currencies or text(row, "exposure_currency") in ask.currencies)
    )


@dataclass(frozen=True, slots=True)
class InFlight:
    """Instructions of one type and currency, of whatever day, and the sum of their amounts.

    They have neither taken effect nor failed; an amendment's amount is the order's whole new one.
    """

    currency: str
    places: int | None
    kind: str
    instructions: tuple[Stated, ...]
    total: Figure


def in_flight(tables: Tables, currencies: Iterable[str]) -> tuple[InFlight, ...]:
    """Return what may take effect in these currencies beside what is asked for, by type.

    None of it is taken off any figure.
    """
    found: dict[tuple[str, str], list[Stated]] = {}
    for row in tables.rows(TABLE):
        kind, status = text(row, "instruction_type"), text(row, "instruction_status")
        if kind in ("I", "R", "T", "A") and status not in EFFECTIVE | VOID:
            found.setdefault((text(row, "exposure_currency"), kind), []).append(_stated(row))
    return tuple(
        _in_flight(tables, code, kind, found[code, kind])
        for code in currencies
        for kind in "IRTA"
        if (code, kind) in found
    )


def _in_flight(tables: Tables, currency: str, kind: str, mine: Sequence[Stated]) -> InFlight:
    unread = (Unknown((lack,)),) if (lack := tables.lack(TABLE)) else ()
    amounts = (*(item.amount for item in mine), *unread)
    everything = total(currency, f"sum of {kind} in flight", amounts)
    return InFlight(currency, tables.places(currency), kind, tuple(mine), everything)


def _stated(row: Row) -> Stated:
    return Stated(
        instruction_id=text(row, "instruction_id"),
        order_id=text(row, "order_id"),
        kind=text(row, "instruction_type"),
        status=text(row, "instruction_status"),
        amount=amount(row),
    )

"""USD prime-broker status: what stands with the broker, what a request adds, against the levels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.capacity import Capacity
from hawk_backend.desk.cells import day, in_force, text
from hawk_backend.desk.figure import (
    ZERO,
    Address,
    Figure,
    Known,
    Unknown,
    derive,
    rounded,
    stored,
    total,
)
from hawk_backend.desk.lines import ALLOCATIONS, hedged_position, newest_allocations
from hawk_backend.desk.rates import Rate, Rates
from hawk_backend.models import TableState
from hawk_backend.rows import Row

CENTS = 2
"""Decimals of USD amounts."""

NOTHING_NEW: Figure = Known(ZERO, "USD", "no amount asked for")
"""What is added when no amount is asked for."""

_THRESHOLDS, _DEPOSITS = "threshold_configuration", "usd_pb_deposit"
_LEVELS = ("warning_level", "critical_level", "maximum_limit")


class Status(StrEnum):
    """Where a total stands among the levels."""

    WITHIN = "WITHIN"
    WARN = "WARN"
    CRITICAL = "CRITICAL"
    BREACH = "BREACH"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Basis:
    """One way to know the current amount: broker deposits, or hedged amounts at the rate; USD."""

    name: str
    current: Figure
    total: Figure
    status: Status


@dataclass(frozen=True, slots=True)
class UsdPb:
    """One currency's broker status; amounts and levels in USD.

    `headline` is the basis that decides, `other` stands beside it.  `descending` says that the
    levels are stored the wrong way round; the status is judged on them in ascending order.
    """

    currency: str
    warning: Figure
    critical: Figure
    maximum: Figure
    descending: bool
    rate: Rate
    new: Figure
    headline: Basis
    other: Basis


def usd_pb(
    tables: Tables,
    capacity: Sequence[Capacity],
    rates: Rates,
    ask: Ask,
    amounts: Mapping[str, Figure | None],
) -> tuple[UsdPb, ...]:
    """Return the status of each currency asked about, or of each that has positions.

    `amounts` are what is asked for, by currency and in it.

    Total = current + requested x rate in USD, to cents, half up.  Current is the sum of the
    entities' latest usd_pb_deposit; where none is on record, sum of Hedged x rate.  Levels are
    those of a currency: all its entities and NAV types count, whichever are asked about.  Up to the
    lowest level WITHIN, up to the second WARN, up to the third CRITICAL, above it BREACH
    (domain.md 3.3).
    """
    if _THRESHOLDS not in tables:
        return ()
    levels = _levels(tables, ask.reference)
    currencies = ask.currencies or tuple(item.currency for item in capacity)
    reader = _Reader(tables, ask, rates)
    return tuple(reader.status(code, levels.get(code), amounts.get(code)) for code in currencies)


def _levels(tables: Tables, when: date) -> dict[str, Row]:
    """Return the threshold row in force for each currency: the latest effective one."""
    rows = [
        row
        for row in tables.rows(_THRESHOLDS)
        if text(row, "threshold_type") == "USD_PB_DEPOSIT" and in_force(row, when)
    ]
    rows.sort(key=lambda row: (day(row, "effective_date") or date.min, text(row, "threshold_id")))
    return {text(row, "currency_code"): row for row in rows}


class _Reader:
    """What the statuses of all currencies share."""

    def __init__(self, tables: Tables, ask: Ask, rates: Rates) -> None:
        self._tables = tables
        self._rates = rates
        self._day = ask.reference
        self._deposits = _latest(tables.rows(_DEPOSITS), ask.reference)
        self._depositors = {text(row, "entity_id") for row in tables.rows(_DEPOSITS)}
        self._hedges: dict[str, list[Row]] = {}
        for row in newest_allocations(tables.rows(ALLOCATIONS), ask).values():
            self._hedges.setdefault(text(row, "currency_code"), []).append(row)
        self._entities: dict[str, list[str]] = {}
        for row in tables.rows("entity_master"):
            self._entities.setdefault(text(row, "currency_code"), []).append(text(row, "entity_id"))

    def status(self, currency: str, row: Row | None, requested: Figure | None) -> UsdPb:
        """Judge one currency on both bases."""
        warning, critical, maximum = levels = self._stored(currency, row)
        rate = self._rates.rate(currency, "USD")
        new = NOTHING_NEW if requested is None else in_usd(requested, rate)
        deposits = _basis("usd_pb_deposit", self._deposited(currency), new, levels)
        hedged = _basis("hedged x rate", self._hedged(currency, rate), new, levels)
        by_record = self._has_deposits(currency)
        return UsdPb(
            currency=currency,
            warning=warning,
            critical=critical,
            maximum=maximum,
            descending=_descending(levels),
            rate=rate,
            new=new,
            headline=deposits if by_record else hedged,
            other=hedged if by_record else deposits,
        )

    def _stored(self, currency: str, row: Row | None) -> tuple[Figure, Figure, Figure]:
        why = (
            self._tables.lack(_THRESHOLDS)
            or f"{_THRESHOLDS}: no USD_PB_DEPOSIT levels of {currency}"
        )
        if row is None:
            return Unknown((why,)), Unknown((why,)), Unknown((why,))
        if (unit := text(row, "unit_of_measure")) not in ("", "USD"):
            bad = Unknown(
                (f"{_THRESHOLDS}[{text(row, 'threshold_id')}]: levels in USD, not {unit}",)
            )
            return bad, bad, bad
        one, two, three = (
            stored(row, Address(_THRESHOLDS, text(row, "threshold_id"), level), "USD")
            for level in _LEVELS
        )
        return one, two, three

    def _has_deposits(self, currency: str) -> bool:
        """Whether deposits decide: they are there, or it is not known that there are none."""
        if self._tables.lack(_DEPOSITS) is None:
            return not self._depositors.isdisjoint(self._entities.get(currency, ()))
        return self._tables.state(_DEPOSITS) not in (None, TableState.ABSENT)

    def _deposited(self, currency: str) -> Figure:
        lack = self._tables.lack(_DEPOSITS) or self._tables.lack("entity_master")
        if lack:
            return Unknown((lack,))
        rows = [self._deposits[e] for e in self._entities.get(currency, ()) if e in self._deposits]
        if not rows:
            return Unknown((f"{_DEPOSITS}: no row of an entity of {currency} up to {self._day}",))
        return total("USD", "sum of the entities' latest deposits", map(_deposit, rows))

    def _hedged(self, currency: str, rate: Rate) -> Figure:
        lack = self._tables.lack(ALLOCATIONS) or self._tables.lack("entity_master")
        if lack:
            return Unknown((lack,))
        if currency not in self._entities:
            return Unknown((f"entity_master: no entity of {currency}",))
        rows = self._hedges.get(currency, ())
        figures = (hedged_position(row, currency) for row in rows)
        return in_usd(total(currency, "sum of all entities' Hedged", figures), rate)


def in_usd(figure: Figure, rate: Rate) -> Figure:
    """Amount x rate, to cents, half up."""
    return derive("USD", "amount x rate", lambda a, r: rounded(a * r, CENTS), figure, rate.value)


def _latest(rows: Iterable[Row], reference: date) -> dict[str, Row]:
    """Return each entity's latest deposit up to `reference`; the greater id wins a tie."""
    found: dict[str, Row] = {}
    for row in rows:
        when = day(row, "as_of_date")
        entity_id = text(row, "entity_id")
        if when is not None and when <= reference and _later(row, found.get(entity_id)):
            found[entity_id] = row
    return found


def _later(row: Row, other: Row | None) -> bool:
    return other is None or _age(other) < _age(row)


def _age(row: Row) -> tuple[date, str]:
    return (day(row, "as_of_date") or date.min, text(row, "deposit_id"))


def _deposit(row: Row) -> Figure:
    known = row.get("total_usd_deposits") is not None or row.get("amount_usd") is None
    column = "total_usd_deposits" if known else "amount_usd"
    return stored(row, Address(_DEPOSITS, text(row, "deposit_id"), column), "USD")


def _basis(name: str, current: Figure, new: Figure, levels: Sequence[Figure]) -> Basis:
    after = total("USD", "current + new", (current, new))
    return Basis(name, current, after, judge(after, levels))


def judge(amount: Figure, levels: Sequence[Figure]) -> Status:
    """Count the levels below an amount, in whichever order they stand; Unknown where one is."""
    known = [level.value for level in levels if isinstance(level, Known)]
    if isinstance(amount, Unknown) or len(known) < len(levels):
        return Status.UNKNOWN
    above = sum(amount.value > level for level in known)
    return (Status.WITHIN, Status.WARN, Status.CRITICAL, Status.BREACH)[above]


def _descending(levels: Sequence[Figure]) -> bool:
    values = [level.value for level in levels if isinstance(level, Known)]
    return values != sorted(values)

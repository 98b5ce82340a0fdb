"""How a hedge is booked and what became of it, as compact tables."""

from collections.abc import Iterator
from typing import TypeAlias

from hawk_backend.desk import Figures
from hawk_backend.desk.amendment import Change
from hawk_backend.desk.booking import Booking, Checks, Instrument
from hawk_backend.desk.cells import number
from hawk_backend.desk.effectiveness import Effectiveness
from hawk_backend.desk.ledger import Period
from hawk_backend.desk.orders import OUTSTANDING, Order, Stated
from hawk_backend.desk.timeline import Station
from hawk_backend.desk.wording import amount, exact, money, plain, with_unit
from hawk_backend.pipeline.context.blocks import HEADLINE, DeskTable
from hawk_backend.rows import Cell

TIMELINE = "timeline"


def after_a_hedge(figures: Figures) -> Iterator[DeskTable]:
    """Yield the tables of booking and books, each only where it has something to say."""
    if figures.orders:
        title, rows = f"Outstanding = {OUTSTANDING}", map(_order, figures.orders)
        yield DeskTable("orders", title, _ORDER, rows, HEADLINE)
    if figures.changes:
        yield DeskTable(
            "changes", "Original against amended", _CHANGE, map(_change, figures.changes)
        )
    if figures.bookings:
        rows = map(_booking, figures.bookings)
        yield DeskTable("booking", "Booking model and deal count", _BOOKING, rows)
    if figures.checks:
        yield DeskTable("checks", "Deal size and cut-off", _CHECK, map(_check, figures.checks))
    if figures.instruments:
        rows = map(_instrument, figures.instruments)
        yield DeskTable("instruments", "Eligible instruments", _INSTRUMENT, rows)
    if figures.executed_today is not None:
        rows = map(_executed, figures.executed_today)
        yield DeskTable("executed today", "Already executed today, all entities", _EXECUTED, rows)
    yield from _books(figures)


def _books(figures: Figures) -> Iterator[DeskTable]:
    if figures.effectiveness:
        rows = map(_effect, figures.effectiveness)
        yield DeskTable("effectiveness", "Hedge effectiveness, band 80 to 125 %", _EFFECT, rows)
    if figures.period:
        yield DeskTable("period", "GL period of today", _PERIOD, [_period(figures.period)])
    if figures.timeline:
        title = "Timeline: instruction, event, deal, GL"
        if figures.stages_unread:
            title += f" (not read: {', '.join(figures.stages_unread)})"
        yield DeskTable(TIMELINE, title, _STATION, map(_station, figures.timeline))


_ORDER = (
    *("Order", "Currency", "Original", "Notional", "Terminated", "Rolled", "Outstanding"),
    *("In progress", "Matures"),
)
_CHANGE = ("Order", "Amended by", "State", "Field", "Original", "Amended")
_BOOKING = ("Currency", "NAV", "Currency type", "Event", "Model", "Deals", "Instrument", "From")
_CHECK = ("Currency", "Amount", "Minimum", "Maximum", "Size", "Cut-off", "Timing")
_INSTRUMENT = ("Instrument", "Type", "Pair", "NAV", "Settlement", "Minimum", "Maximum", "Amount")
_EXECUTED = ("Instruction", "Order", "Type", "Status", "Amount")
_EFFECT = (
    *("Measurement", "Event", "Currency", "Measured", "Percent", "Hedge ratio", "Band"),
    "Recorded",
)
_PERIOD = ("Period", "From", "To", "State")
_STATION = (
    *("Stage", "Id", "Belongs to", "Type", "Status", "Date", "Age in days", "Amount"),
    "Detail",
)
Cells: TypeAlias = tuple[object, ...]


def _order(order: Order) -> Cells:
    figures = (
        *(order.original, order.notional, order.terminated, order.rolled),
        *(order.outstanding, order.in_progress),
    )
    amounts = (amount(figure, order.places) for figure in figures)
    return (order.order_id, order.currency, *amounts, order.matures or "unknown")


def _change(change: Change) -> Cells:
    values = (_cell(change.original), _cell(change.amended))
    return (change.order_id, change.by, change.state, change.column, *values)


def _cell(value: Cell) -> object:
    found = number(value)
    return value if found is None else money(found, None)


def _booking(item: Booking) -> Cells:
    how = (item.currency_type or "unknown", item.event, item.model or "unknown")
    return (item.currency, item.nav_type, *how, plain(item.deals), item.instrument, item.source)


def _check(check: Checks) -> Cells:
    places = check.places
    asked = "none asked" if check.amount is None else amount(check.amount, places)
    limits = (amount(check.minimum, places), amount(check.maximum, places))
    return (check.currency, asked, *limits, check.size, check.cut_off, check.timing)


def _instrument(item: Instrument) -> Cells:
    names = (item.instrument_id, item.kind, item.pair, item.nav_type, item.settlement)
    return (*names, exact(item.minimum), exact(item.maximum), item.fits)


def _executed(item: Stated) -> Cells:
    return (item.instruction_id, item.order_id, item.kind, item.status, with_unit(item.amount))


def _effect(item: Effectiveness) -> Cells:
    names = (item.effectiveness_id, item.event_id, item.currency, item.measured)
    return (*names, plain(item.percent), plain(item.ratio), item.band, item.recorded)


def _period(found: Period) -> Cells:
    return (found.name, found.start, found.end, "open" if found.is_open else "closed")


def _station(item: Station) -> Cells:
    names = (item.stage, item.key, item.parent, item.kind, item.status, item.when, item.age_days)
    return (*names, None if item.amount is None else with_unit(item.amount), item.detail)

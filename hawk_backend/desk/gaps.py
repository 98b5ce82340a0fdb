"""What is not there, and what to do about it."""

from collections.abc import Iterator, Sequence

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.cells import same_id, text
from hawk_backend.desk.figure import Figure, Unknown
from hawk_backend.desk.figures import Figures
from hawk_backend.desk.notes import Gap

_NAMED = 8
_LOAD = (
    "check the currency, or load entities and positions of {currency} before hedging; "
    "do not infer them from other currencies."
)
_OTHER_PERIOD = (
    "ask for a period that has snapshots of {currency}, or without one for the newest; "
    "do not infer them from other dates."
)
_SUPPLY = "supply what is missing and ask again; do not estimate it."


def gaps(ask: Ask, tables: Tables, figures: Figures) -> tuple[Gap, ...]:
    """Return what was asked about and is not on record, then every figure that lacks an input."""
    return (
        *_no_positions(ask, tables),
        *_no_orders(ask, tables),
        *_no_hedges(ask, tables),
        *(
            Gap(f"{name} cannot be computed; missing: {_listed(figure.missing)}.", _SUPPLY)
            for name, figure in _headlines(figures)
            if isinstance(figure, Unknown)
        ),
    )


def _listed(names: Sequence[str]) -> str:
    """List the first names and count the rest: every figure itself knows all that it lacks."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _no_positions(ask: Ask, tables: Tables) -> Iterator[Gap]:
    if "position_nav_master" not in tables:
        return
    lack = tables.lack("position_nav_master")
    with_rows = {text(row, "currency_code") for row in tables.rows("position_nav_master")}
    for currency in ask.currencies:
        if currency in with_rows:
            continue
        what = (
            f"Positions in {currency} could not be read ({lack})"
            if lack
            else _none(ask, tables, currency)
        )
        remedy = _OTHER_PERIOD if _known(tables, currency) and ask.past_day else _LOAD
        yield Gap(
            f"{what}: capacity of {currency} cannot be computed.", remedy.format(currency=currency)
        )


def _known(tables: Tables, currency: str) -> bool:
    return any(text(row, "currency_code") == currency for row in tables.rows("entity_master"))


def _none(ask: Ask, tables: Tables, currency: str) -> str:
    known = _known(tables, currency)
    if known and ask.past_day:
        asked = f"the period asked about, up to {ask.past_day}"
        return f"No position in {currency} is on record in {asked}"
    if known or tables.lack("entity_master"):
        return f"No position in {currency} that this question asks about is on record"
    return f"No entity and no position in {currency} is on record"


def _no_orders(ask: Ask, tables: Tables) -> Iterator[Gap]:
    if tables.lack("hedge_instructions"):
        return
    known = {text(row, "order_id") for row in tables.rows("hedge_instructions")}
    for order_id in _existing(ask):
        if order_id and not any(same_id(order_id, other) for other in known):
            yield Gap(
                f"No instruction of order {order_id} is on record.",
                "check the order's id; do not answer from another order.",
            )


def _existing(ask: Ask) -> tuple[str | None, ...]:
    """Return the orders that must be there: that of a new hedge or follower is yet to come."""
    follows = ask.instruction_type in ("R", "T", "A") and ask.previous_order_id is not None
    return (None if ask.is_new or follows else ask.order_id, ask.previous_order_id)


def _no_hedges(ask: Ask, tables: Tables) -> Iterator[Gap]:
    """Say where there is nothing to roll, close, change or ask about."""
    if ask.is_new or ask.instruction_type is None or tables.lack("hedge_instructions"):
        return
    known = {text(row, "exposure_currency") for row in tables.rows("hedge_instructions")}
    for currency in ask.currencies:
        if currency not in known:
            yield Gap(
                f"No instruction in {currency} that this question asks about is on record.",
                "check the currency and the state asked for; do not answer from another currency.",
            )


def _headlines(figures: Figures) -> Iterator[tuple[str, Figure]]:
    for capacity in figures.capacity:
        yield f"Capacity of {capacity.currency}", capacity.total
    for request in figures.requests:
        yield f"The amount asked for in {request.currency}", request.requested
        yield f"What can be placed in {request.currency}", request.placeable
    for broker in figures.usd_pb:
        yield f"USD PB status of {broker.currency}", broker.headline.total
        yield f"USD PB levels of {broker.currency}", broker.maximum
    for booking in figures.bookings:
        yield f"Booking of {booking.currency} {booking.nav_type}", booking.deals
    for order in figures.orders:
        yield f"Outstanding of {order.order_id}", order.outstanding

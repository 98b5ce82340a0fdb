"""All that the desk computes for one prompt."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import localcontext

from hawk_backend.desk.alerts import alerts
from hawk_backend.desk.amendment import changes
from hawk_backend.desk.ask import Ask, DeskTable, Tables
from hawk_backend.desk.booking import bookings, checks, instruments
from hawk_backend.desk.capacity import Capacity, capacities
from hawk_backend.desk.effectiveness import effectiveness
from hawk_backend.desk.figure import EXACT, Figure
from hawk_backend.desk.figures import Figures
from hawk_backend.desk.gaps import gaps
from hawk_backend.desk.ledger import period
from hawk_backend.desk.orders import executed_today, orders
from hawk_backend.desk.rates import Rates
from hawk_backend.desk.request import request, requested
from hawk_backend.desk.timeline import timeline
from hawk_backend.desk.usd_pb import usd_pb
from hawk_backend.desk.waterfall import closing, opening


def compute(ask: Ask, tables: Mapping[str, DeskTable]) -> Figures:
    """Compute every desk table that the question and the tables at hand call for."""
    with localcontext(EXACT):
        at_hand = Tables(tables)
        figures = _hedging(ask, at_hand) if _about_hedging(ask, at_hand) else Figures()
        figures = _following(ask, at_hand, figures)
        return replace(
            figures,
            alerts=alerts(ask, at_hand, figures),
            gaps=gaps(ask, at_hand, figures),
        )


def _about_hedging(ask: Ask, tables: Tables) -> bool:
    """Whether amounts that can be hedged are asked for, or all that they are made of is there."""
    made_of = ("position_nav_master", "allocation_engine")
    return ask.is_new or all(name in tables for name in made_of)


def _hedging(ask: Ask, tables: Tables) -> Figures:
    """Compute what stands before a hedge: capacity and broker status; for I and U the verdict."""
    rates = Rates(tables, ask)
    capacity = capacities(tables, ask)
    targets = _targets(ask, capacity)
    amounts = _amounts(ask, tables, rates, [item.currency for item in targets])
    broker = usd_pb(tables, capacity, rates, ask, amounts)
    figures = Figures(capacity=capacity, usd_pb=broker)
    if ask.instruction_type == "T" and "entity_master" in tables:
        falls = (closing(tables, item, amounts[item.currency]) for item in targets)
        return replace(figures, waterfalls=tuple(falls))
    return _new(ask, tables, figures, targets, amounts) if ask.is_new else figures


def _new(
    ask: Ask,
    tables: Tables,
    figures: Figures,
    targets: Sequence[Capacity],
    amounts: Mapping[str, Figure | None],
) -> Figures:
    falls = tuple(opening(tables, item, amounts[item.currency]) for item in targets)
    asked = [
        request(ask, amounts[item.currency], item, fall, figures.usd_pb)
        for item, fall in zip(targets, falls, strict=True)
    ]
    checked = [checks(tables, ask, code, amount) for code, amount in amounts.items()]
    return replace(
        figures,
        requests=tuple(item for item in asked if item),
        waterfalls=falls,
        checks=tuple(item for item in checked if item),
        instruments=instruments(tables, ask, amounts),
        executed_today=executed_today(tables, ask),
    )


def _targets(ask: Ask, capacity: Sequence[Capacity]) -> tuple[Capacity, ...]:
    """Return the currencies that the amount is meant for: its own where that has positions."""
    if ask.amount is None:
        return tuple(capacity) if len(capacity) == 1 else ()
    own = tuple(item for item in capacity if item.currency == ask.amount_currency)
    return own or tuple(capacity)


def _amounts(
    ask: Ask, tables: Tables, rates: Rates, targets: Sequence[str]
) -> Mapping[str, Figure | None]:
    """Return the amount to be hedged in each currency that it is meant for."""
    if not (ask.is_new or ask.instruction_type == "T"):
        return {}
    codes = targets or ask.currencies
    return {code: requested(ask, rates, code, tables.places(code)) for code in codes}


def _following(ask: Ask, tables: Tables, figures: Figures) -> Figures:
    """Add what stands after a hedge: booking, orders, their way through the books."""
    kind = ask.instruction_type or ""
    return replace(
        figures,
        bookings=bookings(tables, ask) if kind in ("I", "R", "T") else (),
        orders=orders(tables) if kind in ("R", "T", "A") else (),
        changes=changes(tables, ask) if kind == "A" else (),
        timeline=timeline(tables, ask) if _about_timeline(kind, tables) else (),
        effectiveness=effectiveness(tables),
        period=period(tables, ask),
    )


def _about_timeline(kind: str, tables: Tables) -> bool:
    after = ("deal_bookings", "gl_entries")
    return kind in ("R", "T", "A", "Q") or (
        not kind and "hedge_business_events" in tables and any(name in tables for name in after)
    )

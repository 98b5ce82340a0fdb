"""All that the desk computes for one prompt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import localcontext

from hawk_backend.desk.alerts import alerts
from hawk_backend.desk.amendment import amended_size, changes, increase
from hawk_backend.desk.ask import Ask, DeskTable, Tables
from hawk_backend.desk.booking import bookings, checks, instruments
from hawk_backend.desk.capacity import Capacity, capacities
from hawk_backend.desk.effectiveness import TABLE as EFFECTIVENESS
from hawk_backend.desk.effectiveness import effectiveness
from hawk_backend.desk.figure import EXACT, Figure
from hawk_backend.desk.figures import Figures
from hawk_backend.desk.gaps import gaps
from hawk_backend.desk.ledger import period
from hawk_backend.desk.orders import executed_today, in_flight, orders
from hawk_backend.desk.rates import Rates
from hawk_backend.desk.request import request, requested
from hawk_backend.desk.timeline import timeline, unread
from hawk_backend.desk.turns import Steps, each, finish, finish_in_turns
from hawk_backend.desk.unwind import excess
from hawk_backend.desk.usd_pb import usd_pb
from hawk_backend.desk.waterfall import Waterfall, closing, opening


def compute(ask: Ask, tables: Mapping[str, DeskTable]) -> Figures:
    """Compute every desk table that the question and the tables at hand call for."""
    with localcontext(EXACT):
        return finish(_figures(ask, Tables(tables)))


async def compute_in_turns(ask: Ask, tables: Mapping[str, DeskTable]) -> Figures:
    """Compute the same, letting other tasks have the loop after every half millisecond."""
    with localcontext(EXACT):
        return await finish_in_turns(_figures(ask, Tables(tables)))


def _figures(ask: Ask, tables: Tables) -> Steps[Figures]:
    figures = Figures()
    if _about_hedging(ask, tables):
        figures = yield from _hedging(ask, tables)
        yield
    figures = yield from _following(ask, tables, figures)
    yield
    told = alerts(tables, figures)
    yield
    return replace(figures, alerts=told, gaps=gaps(ask, tables, figures))


def _about_hedging(ask: Ask, tables: Tables) -> bool:
    """Whether amounts that can be hedged are asked for, or all that they are made of is there."""
    made_of = ("position_nav_master", "allocation_engine", "entity_master")
    return ask.is_new or all(name in tables for name in made_of)


def _hedging(ask: Ask, tables: Tables) -> Steps[Figures]:
    """Compute what stands before a hedge: capacity and broker status; for I and U the verdict."""
    rates = Rates(tables, ask)
    yield
    capacity = yield from capacities(tables, ask)
    targets = _targets(ask, capacity)
    amounts = _amounts(ask, tables, rates, [item.currency for item in targets])
    yield
    broker = usd_pb(tables, capacity, rates, ask, amounts)
    yield
    figures = Figures(capacity=capacity, usd_pb=broker)
    if ask.instruction_type == "T":
        falls = yield from _waterfalls(closing, tables, targets, amounts)
        return replace(figures, waterfalls=falls)
    if not ask.is_new:
        return figures
    falls = yield from _waterfalls(opening, tables, targets, amounts)
    yield
    return _new(ask, tables, replace(figures, waterfalls=falls), targets, amounts)


Turns = Callable[[Tables, Capacity, Figure | None], Steps[Waterfall]]


def _waterfalls(
    turns: Turns,
    tables: Tables,
    targets: Sequence[Capacity],
    amounts: Mapping[str, Figure | None],
) -> Steps[tuple[Waterfall, ...]]:
    found: tuple[Waterfall, ...] = ()
    for item in targets:
        fall = yield from turns(tables, item, amounts[item.currency])
        found = (*found, fall)
    return found


def _new(
    ask: Ask,
    tables: Tables,
    figures: Figures,
    targets: Sequence[Capacity],
    amounts: Mapping[str, Figure | None],
) -> Figures:
    """Add the verdict on a hedge that is not in the books yet, and what today has to say of it."""
    asked = [
        request(ask, amounts[item.currency], item, fall, figures.usd_pb)
        for item, fall in zip(targets, figures.waterfalls, strict=True)
    ]
    figures = replace(figures, requests=tuple(item for item in asked if item))
    if ask.past_day:
        return figures
    checked = [checks(tables, ask, code, amount) for code, amount in amounts.items()]
    return replace(
        figures,
        checks=tuple(item for item in checked if item),
        instruments=instruments(tables, ask, amounts),
        executed_today=executed_today(tables, ask),
        in_flight=in_flight(tables, ask.currencies or [item.currency for item in targets]),
    )


def _targets(ask: Ask, capacity: Sequence[Capacity]) -> tuple[Capacity, ...]:
    """Return the currencies that amounts are meant for: of several amounts each its own.

    One amount beside several currencies may be meant for any: "500K USD of the HKD exposure".
    """
    if ask.amount is None:
        return tuple(capacity) if len(capacity) == 1 else ()
    own = tuple(item for item in capacity if ask.amount_in(item.currency) is not None)
    is_settled = len(ask.amounts) > 1 or not ask.currencies
    return own if own and is_settled else tuple(capacity)


def _amounts(
    ask: Ask, tables: Tables, rates: Rates, targets: Sequence[str]
) -> Mapping[str, Figure | None]:
    """Return the amount to be hedged in each currency that one is named in or meant for."""
    if not (ask.is_new or ask.instruction_type == "T"):
        return {}
    named = (code for code in ask.currencies if ask.amount_in(code) is not None)
    codes = dict.fromkeys((*targets, *named)) or ask.currencies
    return {code: requested(ask, rates, code, tables.places(code)) for code in codes}


def _following(ask: Ask, tables: Tables, figures: Figures) -> Steps[Figures]:
    """Add what stands after a hedge: booking, orders, their way through the books."""
    kind = ask.instruction_type or ""
    books = (yield from orders(tables)) if kind in ("R", "T", "A") else ()
    if kind == "A":
        figures = replace(
            figures,
            changes=changes(tables, ask),
            increase=increase(tables, ask, books),
            checks=amended_size(tables, ask),
        )
    return replace(
        figures,
        bookings=bookings(tables, ask) if kind in ("I", "R", "T") else (),
        orders=books,
        excess=excess(ask, books),
        timeline=(yield from timeline(tables, ask)) if _about_timeline(kind, tables) else (),
        stages_unread=unread(tables),
        effectiveness=tuple((yield from each(effectiveness, tables.rows(EFFECTIVENESS)))),
        period=period(tables, ask),
    )


def _about_timeline(kind: str, tables: Tables) -> bool:
    after = ("deal_bookings", "gl_entries")
    return kind in ("R", "T", "A", "Q") or (
        not kind and "hedge_business_events" in tables and any(name in tables for name in after)
    )

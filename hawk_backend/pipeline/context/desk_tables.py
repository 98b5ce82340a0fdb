"""The desk's figures as compact tables."""

from collections.abc import Iterable, Iterator, Sequence

from hawk_backend.desk import Figures, Unknown
from hawk_backend.desk.capacity import Capacity
from hawk_backend.desk.lines import AVAILABLE, UNHEDGED, Line
from hawk_backend.desk.request import Request, Verdict
from hawk_backend.desk.usd_pb import CENTS, Basis, UsdPb
from hawk_backend.desk.waterfall import Step, Waterfall
from hawk_backend.desk.wording import amount, plain, with_unit
from hawk_backend.pipeline.context.blocks import HEADLINE, DeskTable

_LINE = (
    *("Entity ID", "Type", "NAV", "SFX", "CAR", "Overlay", "Buffer %", "Buffer amount"),
    *("Hedged", "Unhedged", "Available", "As of"),
)
_BROKER = (
    *("Currency", "Current USD", "New USD", "Total", "Warning", "Critical", "Maximum", "Status"),
    *("Current from", "Rate to USD", "Rate flag"),
)


def before_a_hedge(figures: Figures) -> Iterator[DeskTable]:
    """Yield the tables of what can be hedged, the most important first."""
    if figures.requests:
        yield _requests(figures.requests)
    if figures.capacity:
        yield _totals(figures.capacity)
        yield _entities(figures.capacity)
    if figures.usd_pb:
        rows = (_broker(item, basis) for item in figures.usd_pb for basis in _bases(item))
        yield DeskTable("usd_pb", "USD PB threshold", _BROKER, rows)
    yield from map(_lines, figures.capacity)
    yield from map(_waterfall, figures.waterfalls)


def _requests(requests: Iterable[Request]) -> DeskTable:
    columns = (
        *("Currency", "Requested", "Capacity", "Placeable", "Shortfall", "USD PB", "Result"),
        "To become a Pass",
    )
    rows = map(_request, requests)
    return DeskTable("request", "Requested amount against capacity", columns, rows, HEADLINE)


def _request(item: Request) -> Iterator[object]:
    yield item.currency
    yield _requested(item)
    for figure in (item.capacity, item.placeable, item.shortfall):
        yield amount(figure, item.places)
    yield item.pb
    yield item.verdict
    yield _remedy(item) if item.verdict is Verdict.PARTIAL else None


def _requested(item: Request) -> str:
    """Write the amount, and as what it was asked for where that is another currency."""
    text = amount(item.requested, item.places)
    own = isinstance(item.asked, Unknown) or item.asked.unit == item.currency
    return text if own else f"{text} ({with_unit(item.asked)})"


def _remedy(item: Request) -> str:
    short, most = (amount(figure, item.places) for figure in (item.shortfall, item.placeable))
    return f"{short} {item.currency} more to place, or ask for at most {most} {item.currency}"


def _totals(capacity: Sequence[Capacity]) -> DeskTable:
    by_rule = ["By the buffer rules"] if any(item.rules_read for item in capacity) else []
    columns = (
        *("Currency", "Total capacity", *by_rule, "Computable part", "As of", "Freshness"),
        *("Entities", "NAV"),
    )
    title = "Capacity by currency: sum of Available"
    return DeskTable("capacity", title, columns, map(_total, capacity), HEADLINE)


def _total(item: Capacity) -> Iterator[object]:
    yield item.currency
    by_rule = [item.rule_total] if item.rules_read else []
    for figure in (item.total, *by_rule, item.computable):
        yield amount(figure, item.places)
    yield ", ".join(map(str, item.as_of)) or "unknown"
    yield _freshness(item)
    yield len(item.by_entity)
    yield ", ".join(item.nav_types)


def _freshness(item: Capacity) -> str:
    if item.before:
        return f"NO_SNAPSHOT up to {item.before}"
    return "SNAPSHOT_STALE" if item.stale else "FRESH"


def _entities(capacity: Iterable[Capacity]) -> DeskTable:
    rows = (
        (item.currency, entity_id, amount(available, item.places))
        for item in capacity
        for entity_id, available in item.by_entity.items()
    )
    columns = ("Currency", "Entity ID", "Available")
    return DeskTable("entities", "Capacity by entity", columns, rows)


def _lines(item: Capacity) -> DeskTable:
    title = (
        f"Capacity of {item.currency} by entity, in {item.currency}: "
        f"Unhedged = {UNHEDGED}; Available = {AVAILABLE}"
    )
    rows = (_line(line, item.places) for line in item.lines)
    return DeskTable("capacity lines", title, _LINE, rows)


def _line(line: Line, places: int | None) -> Iterator[object]:
    yield from (line.entity_id, line.entity_type or "unknown", line.nav_type)
    yield from (amount(figure, places) for figure in (line.sfx, line.car, line.overlay))
    yield plain(line.buffer_percent)
    for figure in (line.buffer, line.hedged, line.unhedged, line.available):
        yield amount(figure, places)
    yield line.as_of


def _bases(item: UsdPb) -> tuple[Basis, Basis]:
    return (item.headline, item.other)


def _broker(item: UsdPb, basis: Basis) -> Iterator[object]:
    yield item.currency
    for figure in (basis.current, item.new, basis.total, item.warning, item.critical, item.maximum):
        yield amount(figure, CENTS)
    used = "decides" if basis is item.headline else "beside it"
    yield basis.status
    yield f"{basis.name} ({used})"
    yield f"{plain(item.rate.value)} ({item.rate.route}, {item.rate.when or 'no date'})"
    yield item.rate.freshness.flag


def _waterfall(fall: Waterfall) -> DeskTable:
    indicative = ", indicative" if fall.kind == "closing" else ""
    title = (
        f"Waterfall {fall.kind}{indicative}, in {fall.currency}: order from {fall.order}, "
        f"minimum lot {amount(fall.lot, fall.places)}, "
        f"placeable {amount(fall.placeable, fall.places)}"
    )
    columns = ("Turn", "Entity ID", "Type", "NAV", "Placeable", "Placed")
    rows = ((turn, *_step(step, fall.places)) for turn, step in enumerate(fall.steps, start=1))
    return DeskTable("waterfall", title, columns, rows)


def _step(step: Step, places: int | None) -> tuple[object, ...]:
    line = step.line
    names = (line.entity_id, line.entity_type or "unknown", line.nav_type)
    placed = "no amount asked" if step.placed is None else amount(step.placed, places)
    return (*names, amount(step.placeable, places), placed)

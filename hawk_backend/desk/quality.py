"""What is wrong with the data, and what is not there."""

from collections.abc import Iterator, Sequence

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.capacity import Capacity, Line
from hawk_backend.desk.figure import Known, Unknown, total
from hawk_backend.desk.notes import Alert, Gap
from hawk_backend.desk.positions import stale
from hawk_backend.desk.wording import amount, plain


def alerts(ask: Ask, capacity: Sequence[Capacity]) -> tuple[Alert, ...]:
    """Return the alerts of all capacity tables: buffers that disagree, over-hedged, stale."""
    return tuple(alert for item in capacity for alert in _alerts(ask, item))


def _alerts(ask: Ask, capacity: Capacity) -> Iterator[Alert]:
    yield from _buffer_conflicts(capacity)
    for line in capacity.lines:
        if line.over_hedged:
            yield Alert(
                "OVER_HEDGED",
                f"{line.entity_id} {line.nav_type} is over-hedged: unhedged is "
                f"{amount(line.unhedged, capacity.places)} {line.currency}; it is not netted.",
            )
    old = sorted({str(line.as_of) for line in capacity.lines if stale(line.as_of, ask.reference)})
    if old:
        yield Alert(
            "SNAPSHOT_STALE",
            f"{capacity.currency} positions as of {', '.join(old)} are more than two days older "
            f"than {ask.reference}.",
        )


def _buffer_conflicts(capacity: Capacity) -> Iterator[Alert]:
    for entity_id in capacity.by_entity:
        lines = [line for line in capacity.lines if line.entity_id == entity_id and _conflict(line)]
        if lines:
            yield _buffer_conflict(capacity, lines)


def _conflict(line: Line) -> bool:
    recorded, ruled = line.buffer, line.rule_buffer
    if isinstance(recorded, Unknown) or isinstance(ruled, Unknown):
        return False
    return recorded.value != ruled.value


def _buffer_conflict(capacity: Capacity, lines: Sequence[Line]) -> Alert:
    places, currency, rule = capacity.places, capacity.currency, lines[0].rule_percent
    source = rule.formula if isinstance(rule, Known) else "the rule"
    if isinstance(rule, Known) and rule.inputs:
        source = str(rule.inputs[0])
    recorded = total(currency, "sum of Buffer", (line.buffer for line in lines))
    ruled = total(currency, "sum of Buffer by rule", (line.rule_buffer for line in lines))
    return Alert(
        "BUFFER_CONFLICT",
        f"{lines[0].entity_id} ({lines[0].entity_type}, {currency}, "
        f"{' and '.join(line.nav_type for line in lines)}): position_nav_master records a buffer "
        f"of {amount(recorded, places)} ({plain(lines[0].buffer_percent)} %), {source} asks for "
        f"{amount(ruled, places)} ({plain(rule)} %). Capacity of {currency} is "
        f"{amount(capacity.total, places)} by the positions (used here) and "
        f"{amount(capacity.rule_total, places)} by the rules.",
    )


def gaps(ask: Ask, tables: Tables, capacity: Sequence[Capacity]) -> tuple[Gap, ...]:
    """Return the currencies without positions and the inputs that figures lack."""
    return (*_no_positions(ask, tables, capacity), *_not_computable(capacity))


def _no_positions(ask: Ask, tables: Tables, capacity: Sequence[Capacity]) -> Iterator[Gap]:
    if "position_nav_master" not in tables:
        return
    lack = tables.lack("position_nav_master")
    for currency in ask.currencies:
        if all(item.currency != currency for item in capacity):
            why = f"could be read ({lack})" if lack else "is on record"
            yield Gap(
                f"No position in {currency} {why}: its capacity cannot be computed.",
                f"check the currency, or load entities and positions of {currency} first; "
                "do not infer it from other currencies.",
            )


def _not_computable(capacity: Sequence[Capacity]) -> Iterator[Gap]:
    for item in capacity:
        if isinstance(item.total, Unknown):
            yield Gap(
                f"Capacity of {item.currency} cannot be computed; missing: "
                f"{', '.join(item.total.missing)}.",
                "supply the missing inputs and ask again; do not estimate them.",
            )

"""What in the data and the figures a decision must not overlook."""

from collections.abc import Iterator, Sequence

from hawk_backend.desk.ask import Tables
from hawk_backend.desk.booking import HANDBOOK, Checks
from hawk_backend.desk.capacity import Capacity
from hawk_backend.desk.cells import text, whole
from hawk_backend.desk.figure import Figure, Known, total
from hawk_backend.desk.figures import Figures
from hawk_backend.desk.lines import Line
from hawk_backend.desk.notes import Alert
from hawk_backend.desk.orders import InFlight
from hawk_backend.desk.rates import Freshness
from hawk_backend.desk.request import Request
from hawk_backend.desk.unwind import Excess
from hawk_backend.desk.usd_pb import CENTS, Status, UsdPb
from hawk_backend.desk.wording import amount, plain, with_unit

_WHOLE = " The amount of an amendment is the whole new one of its order."


def alerts(tables: Tables, figures: Figures) -> tuple[Alert, ...]:
    """Return every alert, the ones about amounts first."""
    return (
        *(alert for item in figures.capacity for alert in _of_capacity(item)),
        *_of_broker(figures.usd_pb),
        *_of_request(figures),
        *_of_increase(figures),
        *_of_excess(figures.excess),
        *_of_instructions(figures.in_flight),
        *_of_booking(tables, figures),
        *_of_orders(tables, figures),
    )


def _of_capacity(capacity: Capacity) -> Iterator[Alert]:
    disagreeing: dict[str, list[Line]] = {}
    for line in capacity.lines:
        if line.buffers_disagree:
            disagreeing.setdefault(line.entity_id, []).append(line)
    for lines in disagreeing.values():
        yield _buffer_conflict(capacity, lines)
    for line in capacity.lines:
        yield from _of_line(line, capacity.places)
    days = ", ".join(map(str, capacity.as_of)) or "an unknown date"
    if capacity.before:
        yield Alert(
            "NO_SNAPSHOT",
            f"{capacity.currency} has no snapshot of every position up to {capacity.before}, the "
            f"date asked about: positions as of {days}, less what was hedged up to "
            f"{capacity.before}, are shown instead. This is not the capacity of that date.",
        )
    if capacity.stale:
        yield Alert(
            "SNAPSHOT_STALE",
            f"{capacity.currency} positions as of {days} are more than two days old for the "
            "date asked about.",
        )


def _buffer_conflict(capacity: Capacity, lines: Sequence[Line]) -> Alert:
    places, currency, first = capacity.places, capacity.currency, lines[0]
    rule = first.rule.percent
    source = str(rule.inputs[0]) if isinstance(rule, Known) and rule.inputs else "the standard"
    recorded = total(currency, "sum of Buffer", (line.buffer for line in lines))
    ruled = total(currency, "sum of Buffer by rule", (line.rule.buffer for line in lines))
    navs = " and ".join(line.nav_type for line in lines)
    return Alert(
        "BUFFER_CONFLICT",
        f"{first.entity_id} ({first.entity_type}, {currency}, {navs}): position_nav_master records "
        f"a buffer of {amount(recorded, places)} ({plain(first.buffer_percent)} %), {source} asks "
        f"for {amount(ruled, places)} ({plain(rule)} %). Capacity of {currency} is "
        f"{amount(capacity.total, places)} by the positions (used here) and "
        f"{amount(capacity.rule_total, places)} by the rules.",
    )


def _of_line(line: Line, places: int | None) -> Iterator[Alert]:
    name = f"{line.entity_id} {line.nav_type}"
    if line.over_hedged:
        yield Alert(
            "OVER_HEDGED",
            f"{name}: unhedged is {amount(line.unhedged, places)} {line.currency}; "
            "it counts 0 and is not netted.",
        )
    if line.rivals:
        others = ", ".join(line.rivals)
        yield Alert(
            "DUPLICATE_POSITION",
            f"{name}: {line.position} counts, {others} of the same date does not.",
        )
    if line.quality not in ("", "OK"):
        yield Alert("DATA_QUALITY", f"{name}: the position is marked {line.quality}.")


def _of_broker(broker: Sequence[UsdPb]) -> Iterator[Alert]:
    descending = [item.currency for item in broker if item.descending]
    if descending:
        yield Alert(
            "PB_LEVELS_DESCENDING",
            f"The USD PB levels of {', '.join(descending)} are stored with maximum below warning; "
            "they are judged in ascending order.",
        )
    for item in broker:
        status = item.headline.status
        if status in (Status.WARN, Status.CRITICAL, Status.BREACH):
            yield Alert(
                f"PB_{status}",
                f"{item.currency}: {amount(item.headline.total, CENTS)} USD with the broker "
                f"({item.headline.name}) is {status}.",
            )
        if item.rate.freshness is Freshness.STALE:
            yield Alert("RATE_STALE", f"{item.rate.route} is of {item.rate.when}.")


def _of_request(figures: Figures) -> Iterator[Alert]:
    yield from _of_one_amount(figures.requests)
    for fall in figures.waterfalls:
        left, lot = fall.unplaced, fall.lot
        if isinstance(left, Known) and isinstance(lot, Known) and 0 < left.value < lot.value:
            yield Alert(
                "NOT_IN_LOTS",
                f"{amount(left, None)} {fall.currency} of the request is less than the minimum "
                f"lot of {amount(lot, None)} and cannot be placed.",
            )
    for check in figures.checks:
        if check.size in ("below minimum", "above maximum"):
            yield _deal_size(check)
        if check.timing.startswith("after"):
            yield Alert("CUT_OFF", f"{check.currency}: {check.timing} (cut-off {check.cut_off}).")


def _of_one_amount(requests: Sequence[Request]) -> Iterator[Alert]:
    asked = {with_unit(item.asked) for item in requests if isinstance(item.asked, Known)}
    if len(requests) > 1 and len(asked) == 1:
        yield Alert(
            "AMOUNT_IN_EACH",
            f"One amount, {asked.pop()}, and several currencies are named: it is weighed in "
            f"{', '.join(item.currency for item in requests)}, in each as if all of it were meant "
            "there. Answer for the exposure that the prompt means, and say so.",
        )


def _deal_size(check: Checks) -> Alert:
    asked = "" if check.amount is None else f" of {amount(check.amount, check.places)}"
    least, most = amount(check.minimum, check.places), amount(check.maximum, check.places)
    return Alert(
        "DEAL_SIZE",
        f"{check.currency}: the amount{asked} is {check.size} of one deal ({least} to {most}).",
    )


def _of_increase(figures: Figures) -> Iterator[Alert]:
    more = figures.increase
    if more and all(item.currency != more.currency for item in figures.capacity):
        yield Alert(
            "INCREASE_UNCHECKED",
            f"{more.order_id}: {amount(more.more, more.places)} {more.currency} more than the "
            "notional in effect; whether capacity allows it is not known, positions were not "
            "read: it needs a utilisation check.",
        )


def _of_excess(more: Excess | None) -> Iterator[Alert]:
    if more:
        order, places = more.order, more.order.places
        yield Alert(
            "EXCEEDS_OUTSTANDING",
            f"{order.order_id}: {amount(more.asked, places)} {order.currency} asked for, "
            f"{amount(order.outstanding, places)} outstanding, {amount(order.in_progress, places)} "
            f"of it in progress already: {amount(more.beyond, places)} too much.",
        )


def _of_instructions(found: Sequence[InFlight]) -> Iterator[Alert]:
    for item in found:
        named = ", ".join(
            f"{each.instruction_id} {each.status or 'without a state'} "
            f"{amount(each.amount, item.places)}"
            for each in item.instructions
        )
        yield Alert(
            "IN_FLIGHT",
            f"{item.currency}, all entities: instructions of type {item.kind} in flight, together "
            f"{amount(item.total, item.places)}: {named}. They have not taken effect, and capacity "
            f"is not reduced by them.{_WHOLE if item.kind == 'A' else ''}",
        )


def _of_booking(tables: Tables, figures: Figures) -> Iterator[Alert]:
    for item in figures.bookings:
        if _differ(item.deals, item.standard):
            yield Alert(
                "DEAL_COUNT",
                f"{item.currency} {item.nav_type}: {item.source} says {plain(item.deals)} deals, "
                f"the standard of the model is {plain(item.standard)}.",
            )
    booked = dict.fromkeys(item.currency for item in figures.bookings)
    for currency in booked:
        row = tables.currency(currency)
        stated, ours = HANDBOOK.get(currency), "" if row is None else text(row, "currency_type")
        if stated and ours and stated != ours:
            yield Alert(
                "CURRENCY_TYPE",
                f"{currency} is {ours} in currency_configuration (used here), {stated} in the "
                "desk's handbook.",
            )
    checked = dict.fromkeys(check.currency for check in figures.checks)
    for currency in booked | checked:
        row = tables.currency(currency)
        if row is not None and row.get("hedge_accounting_eligible") is False:
            yield Alert("NOT_ELIGIBLE", f"{currency} is not eligible for hedge accounting.")


def _differ(one: Figure, other: Figure) -> bool:
    return isinstance(one, Known) and isinstance(other, Known) and one.value != other.value


def _of_orders(tables: Tables, figures: Figures) -> Iterator[Alert]:
    for order in figures.orders:
        if isinstance(order.outstanding, Known) and order.outstanding.value < 0:
            yield Alert(
                "OVER_TERMINATED",
                f"{order.order_id}: outstanding is {amount(order.outstanding, None)} "
                f"{order.currency}.",
            )
    for item in figures.effectiveness:
        if item.band in ("below 80", "above 125"):
            yield Alert(
                "INEFFECTIVE", f"{item.event_id or item.effectiveness_id}: {plain(item.percent)} %."
            )
        if item.contradicts:
            yield Alert(
                "EFFECTIVENESS_CONFLICT",
                f"{item.effectiveness_id}: recorded as {item.recorded}, the band says {item.band}.",
            )
    if figures.timeline:
        yield from _of_events(tables)
    if figures.period and not figures.period.is_open:
        yield Alert("GL_PERIOD_CLOSED", f"GL period {figures.period.name} is closed.")


def _of_events(tables: Tables) -> Iterator[Alert]:
    for row in tables.rows("hedge_business_events"):
        key, status = text(row, "event_id"), text(row, "event_status")
        expected, actual = whole(row, "expected_deal_count"), whole(row, "actual_deal_count")
        if (
            status in ("Booked", "Completed")
            and None not in (expected, actual)
            and expected != actual
        ):
            yield Alert("DEALS_MISSING", f"{key} is {status} with {actual} of {expected} deals.")
        failed = [
            stage
            for stage in ("1a", "1b", "2", "3")
            if text(row, f"stage_{stage}_status") in ("Failed", "Error")
        ]
        if failed:
            yield Alert("STAGE_FAILED", f"{key}: stage {', '.join(failed).upper()} failed.")

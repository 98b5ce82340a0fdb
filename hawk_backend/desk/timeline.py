"""What became of an order: instruction → event → deal → GL, with ages."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from hawk_backend.desk.ask import Ask, Tables
from hawk_backend.desk.cells import day, first_text, text
from hawk_backend.desk.figure import Address, Figure, stored
from hawk_backend.desk.turns import Steps, each
from hawk_backend.models import TableState
from hawk_backend.rows import Row


@dataclass(frozen=True, slots=True)
class Station:
    """One record on the way of an order, under the record that it came from.

    `age_days` counts calendar days from `when` to today.  `amount` is None where the record has
    none; events carry the currency of their instruction, which they do not name themselves.
    """

    stage: str
    key: str
    parent: str
    kind: str
    status: str
    when: date | None
    age_days: int | None
    amount: Figure | None
    detail: str


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where a stage's table keeps what a station says; several columns are names of one."""

    name: str
    table: str
    key: tuple[str, ...]
    parent: str
    kind: str
    status: str
    when: tuple[str, ...]
    amount: tuple[str, ...]
    unit: str
    detail: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Record:
    """A row at its stage; `unit` is the currency that it takes from its parent."""

    stage: _Stage
    row: Row
    ask: Ask
    unit: str = ""


_INSTRUCTION = _Stage(
    "instruction",
    "hedge_instructions",
    key=("instruction_id",),
    parent="order_id",
    kind="instruction_type",
    status="instruction_status",
    when=("instruction_date", "created_date"),
    amount=("hedge_amount_order",),
    unit="exposure_currency",
    detail=(
        ("previous order", "previous_order_id"),
        ("check", "check_status"),
        ("PB", "usd_pb_check_status"),
        ("failure", "failure_reason"),
    ),
)
_EVENT = _Stage(
    "event",
    "hedge_business_events",
    key=("event_id",),
    parent="instruction_id",
    kind="business_event_type",
    status="event_status",
    when=("trade_date", "created_date"),
    amount=("notional_amount",),
    unit="",
    detail=(
        ("entity", "entity_id"),
        ("NAV", "nav_type"),
        ("1A", "stage_1a_status"),
        ("1B", "stage_1b_status"),
        ("2", "stage_2_status"),
        ("3", "stage_3_status"),
        ("model", "assigned_booking_model"),
        ("deals expected", "expected_deal_count"),
        ("deals booked", "actual_deal_count"),
    ),
)
_DEAL = _Stage(
    "deal",
    "deal_bookings",
    key=("deal_booking_id",),
    parent="event_id",
    kind="deal_type",
    status="deal_status",
    when=("trade_date", "created_date"),
    amount=("sell_amount",),
    unit="sell_currency",
    detail=(
        ("no.", "deal_sequence"),
        ("portfolio", "portfolio"),
        ("value", "value_date"),
        ("matures", "maturity_date"),
    ),
)
_ENTRY = _Stage(
    "gl",
    "gl_entries",
    key=("entry_id", "gl_entry_id"),
    parent="event_id",
    kind="be_code",
    status="",
    when=("gl_date", "posting_date"),
    amount=("dr_amount_sgd", "amount_sgd"),
    unit="SGD",
    detail=(("package", "package_id"),),
)


_STAGES = (_INSTRUCTION, _EVENT, _DEAL, _ENTRY)


def unread(tables: Tables) -> tuple[str, ...]:
    """Name the stages whose table is not at hand: no record of theirs means nothing."""
    known = (TableState.FRESH, TableState.EMPTY)
    return tuple(stage.name for stage in _STAGES if tables.state(stage.table) not in known)


def timeline(tables: Tables, ask: Ask) -> Steps[tuple[Station, ...]]:
    """Return every instruction at hand with its events, their deals and ledger entries below it.

    Records whose parent is not at hand follow at the end of their stage.
    """
    return tuple((yield from each(_station, _way(tables, ask))))


def _way(tables: Tables, ask: Ask) -> Iterator[_Record]:
    """Yield the records in the order in which they are shown."""
    events = _by_parent(tables, _EVENT)
    below = {stage.name: _by_parent(tables, stage) for stage in (_DEAL, _ENTRY)}
    for row in tables.rows(_INSTRUCTION.table):
        yield _Record(_INSTRUCTION, row, ask)
        mine = events.pop(text(row, "instruction_id"), ())
        yield from _under(mine, below, ask, text(row, "exposure_currency"))
    for rows in events.values():
        yield from _under(rows, below, ask)
    for stage in (_DEAL, _ENTRY):
        yield from (_Record(stage, row, ask) for rows in below[stage.name].values() for row in rows)


def _by_parent(tables: Tables, stage: _Stage) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in tables.rows(stage.table):
        found.setdefault(text(row, stage.parent), []).append(row)
    return found


def _under(
    events: Iterable[Row], below: dict[str, dict[str, list[Row]]], ask: Ask, unit: str = ""
) -> Iterator[_Record]:
    for event in events:
        yield _Record(_EVENT, event, ask, unit)
        for stage in (_DEAL, _ENTRY):
            rows = below[stage.name].pop(text(event, "event_id"), ())
            yield from (_Record(stage, row, ask) for row in rows)


def _station(record: _Record) -> Station:
    stage, row = record.stage, record.row
    key, when = first_text(row, *stage.key), day(row, *stage.when)
    return Station(
        stage=stage.name,
        key=key,
        parent=text(row, stage.parent),
        kind=text(row, stage.kind),
        status=text(row, stage.status),
        when=when,
        age_days=None if when is None else (record.ask.today - when).days,
        amount=_amount(record, key),
        detail=", ".join(
            f"{name} {row[column]}" for name, column in stage.detail if _has(row, column)
        ),
    )


def _has(row: Row, column: str) -> bool:
    return row.get(column) not in (None, "")


def _amount(record: _Record, key: str) -> Figure | None:
    stage, row = record.stage, record.row
    column = next((name for name in stage.amount if row.get(name) is not None), None)
    if column is None:
        return None
    constant = stage.unit if stage.unit.isupper() else record.unit
    return stored(row, Address(stage.table, key, column), text(row, stage.unit) or constant)

"""What a prompt asks for, slot by slot, in the words of the catalogue.  Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from hawk_backend.catalogue import NAMING, Catalogue
from hawk_backend.pipeline.intent import DateRange, Intent, Slots

_ID = re.compile(r"[A-Z0-9][A-Z0-9_./ -]{0,63}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refused:
    """A value that cannot be asked for: no known currency, or no possible id."""

    slot: str
    value: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Values by slot; a slot that is asked for with no usable value is there, and empty.

    `without` are the currencies that are not wanted. `day` is the asked day, `period` both ends
    of the asked range. Entities are as the prompt names them, not resolved yet.
    """

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    today: date = date.min
    day: date | None = None
    period: tuple[date, date] | None = None
    refused: tuple[Refused, ...] = ()

    def __contains__(self, slot: str) -> bool:
        return slot in self.values or (slot == "currency" and bool(self.without))

    @property
    def ranges(self) -> bool:
        """Whether more than a day is asked for."""
        return self.period is not None and self.period[0] < self.period[1]

    @property
    def named(self) -> tuple[str, ...]:
        """Slots that name a record."""
        return tuple(slot for slot in NAMING if slot in self.values)


def wanted(intent: Intent, catalogue: Catalogue, today: date) -> Wanted:
    """Read the slots; what is no currency of the catalogue and no possible id is refused."""
    asked = {slot: values for slot, values in _asked(intent.slots) if values}
    refused = tuple(
        Refused(slot, value)
        for slot, values in asked.items()
        for value in values
        if not _possible(slot, value, catalogue)
    )
    wrong = {(fault.slot, fault.value) for fault in refused}
    day, period = _dates(intent.slots.date)
    return Wanted(
        values={
            slot: frozenset(value for value in values if (slot, value) not in wrong)
            for slot, values in asked.items()
        },
        without=frozenset(intent.slots.exclude_currency),
        today=today,
        day=day,
        period=period,
        refused=refused,
    )


def _asked(slots: Slots) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "currency", slots.currency
    yield "entity", slots.entity_ids
    yield "order", _given(slots.order_id, slots.previous_order_id)
    yield "sub_order", _given(slots.sub_order_id)
    yield "instruction", _given(slots.instruction_id)
    yield "event", _given(slots.event_id)
    yield "deal", _given(slots.deal_id)
    yield "entity_type", _given(slots.entity_type)
    yield "nav_type", _given(slots.nav_type)
    yield "status", _given(slots.status)
    yield "hedge_method", _given(slots.hedge_method)
    yield "instrument", _given(slots.instrument)
    yield "portfolio", _given(slots.portfolio)


def _given(*values: str | None) -> tuple[str, ...]:
    return tuple(value for value in values if value)


def _possible(slot: str, value: str, catalogue: Catalogue) -> bool:
    if slot == "currency":
        return value in catalogue.currencies
    return slot == "entity" or _ID.fullmatch(value) is not None


def _dates(asked: DateRange | None) -> tuple[date | None, tuple[date, date] | None]:
    """Return the day that a snapshot is asked for, and the range; a tenor is neither."""
    if asked is None or asked.kind == "tenor":
        return None, None
    return asked.end, (asked.start, asked.end)

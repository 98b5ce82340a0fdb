"""The desk's figures as compact tables."""

from collections.abc import Iterator

from hawk_backend.desk import Figures
from hawk_backend.desk.capacity import AVAILABLE, UNHEDGED, Capacity, Line
from hawk_backend.desk.figure import Unknown
from hawk_backend.desk.request import Request
from hawk_backend.desk.wording import amount, plain
from hawk_backend.pipeline.context.fence import row

_COLUMNS = (
    "Entity ID",
    "Type",
    "NAV",
    "SFX",
    "CAR",
    "Overlay",
    "Buffer %",
    "Buffer amount",
    "Hedged",
    "Unhedged",
    "Available",
)


def tables(figures: Figures) -> list[str]:
    """Return the lines of every desk table that was computed."""
    lines = [line for capacity in figures.capacity for line in _capacity(capacity)]
    if figures.request:
        lines += _request(figures.request)
    return lines or ["none"]


def _capacity(capacity: Capacity) -> Iterator[str]:
    currency, places = capacity.currency, capacity.places
    yield f"--- Capacity {currency} (in {currency}; Unhedged = {UNHEDGED}; Available = {AVAILABLE})"
    yield row(_COLUMNS)
    for line in capacity.lines:
        yield row(_line(line, places))
    for entity_id, available in capacity.by_entity.items():
        yield row([f"Available of {entity_id}", amount(available, places)])
    yield row([f"Total capacity of {currency}", amount(capacity.total, places)])
    if isinstance(capacity.total, Unknown):
        yield row(
            [f"Sum of the computable lines of {currency}", amount(capacity.computable, places)]
        )


def _line(line: Line, places: int | None) -> list[str]:
    amounts = (line.buffer, line.hedged, line.unhedged, line.available)
    return [
        line.entity_id,
        line.entity_type or "unknown",
        line.nav_type,
        *(amount(figure, places) for figure in (line.sfx, line.car, line.overlay)),
        plain(line.buffer_percent),
        *(amount(figure, places) for figure in amounts),
    ]


def _request(request: Request) -> Iterator[str]:
    yield f"--- Requested amount against capacity (in {request.currency})"
    yield row(["Requested", "Capacity", "Shortfall", "Result"])
    yield row(
        [
            amount(request.requested, None),
            amount(request.capacity, None),
            amount(request.shortfall, None),
            request.verdict,
        ]
    )

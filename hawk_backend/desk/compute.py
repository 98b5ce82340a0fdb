"""All that the desk computes for one prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import localcontext

from hawk_backend.desk.ask import Ask, DeskTable, Tables
from hawk_backend.desk.capacity import Capacity, capacities
from hawk_backend.desk.figure import EXACT
from hawk_backend.desk.notes import Alert, Gap
from hawk_backend.desk.quality import alerts, gaps
from hawk_backend.desk.request import Request, request


@dataclass(frozen=True, slots=True)
class Figures:
    """The desk's tables, each empty or None where the prompt did not call for it."""

    capacity: tuple[Capacity, ...] = ()
    request: Request | None = None
    alerts: tuple[Alert, ...] = ()
    gaps: tuple[Gap, ...] = ()


def compute(ask: Ask, tables: Mapping[str, DeskTable]) -> Figures:
    """Compute every desk table that the tables at hand and the question call for."""
    with localcontext(EXACT):
        return _compute(ask, Tables(tables))


def _compute(ask: Ask, tables: Tables) -> Figures:
    capacity = capacities(tables, ask) if _asks_for_capacity(ask, tables) else ()
    return Figures(
        capacity=capacity,
        request=request(ask, capacity),
        alerts=alerts(ask, capacity),
        gaps=gaps(ask, tables, capacity),
    )


def _asks_for_capacity(ask: Ask, tables: Tables) -> bool:
    wanted = {"position_nav_master", "allocation_engine"}
    return all(name in tables for name in wanted) or ask.instruction_type in {"I", "U"}

"""The story that orders.toml tells: who asked for which hedge, when, and how far it came."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hawk_backend.dev.data.currencies import CURRENCIES
from hawk_backend.dev.data.entities import Entity, entity

DONE = frozenset({"Completed", "Executed", "Active"})
"""States in which an instruction has taken effect."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one entity carries of an order, from one NAV type."""

    entity: Entity
    nav: str
    amount: int


@dataclass(frozen=True, slots=True)
class Order:
    """One instruction: U asks, I opens, R rolls, T closes, A changes, Q looks.

    `where` names entity type, NAV type and, where it is split, the amount of each line.
    `ago` counts business days before the anchor. `booked` counts the deals that are booked
    where stage 2 has not ended. `allocation` is the state of its allocation where that does not
    follow from its status; "" leaves none.
    """

    number: int
    kind: str
    currency: str
    status: str
    ago: int
    order_id: str | None = None
    amount: int | None = None
    where: str = ""
    previous: str | None = None
    check: str = "Pass"
    pb: str = "WITHIN"
    allocated: int | None = None
    failure: str | None = None
    method: str = "COH"
    months: int = 3
    portfolio: str = "CO_FX"
    stage_2: str = "Processing"
    booked: int = 0
    allocation: str | None = None

    @property
    def id(self) -> str:
        """Its instruction id."""
        return f"INST{self.number:03}"

    @property
    def currency_type(self) -> str:
        """How its currency is hedged."""
        return CURRENCIES[self.currency].type

    @property
    def done(self) -> bool:
        """Whether it has taken effect."""
        return self.status in DONE

    @property
    def lines(self) -> tuple[Line, ...]:
        """Its parts, one for each entity and NAV type."""
        return tuple(self._lines())

    def _lines(self) -> Iterator[Line]:
        for part in filter(None, self.where.split(", ")):
            kind, nav, *amount = part.split()
            yield Line(
                entity(self.currency, kind), nav, int(amount[0]) if amount else self.amount or 0
            )


ORDERS = tuple(
    Order(**row)
    for row in tomllib.loads((Path(__file__).parent / "orders.toml").read_text())["order"]
)

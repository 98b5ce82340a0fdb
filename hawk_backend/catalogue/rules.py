"""How a slot of an intent narrows a table, as the filters of tables.toml declare it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import ConfigDict, with_config

NAMING = ("order", "sub_order", "instruction", "event", "deal")
"""Slots that name a record."""

HARD = ("active", "currency", "entity", "entity_type", "nav_type", "snapshot", *NAMING)
"""Slots that narrow every table that has a rule for them."""

SOFT = (
    *("status", "hedge_method", "instrument", "portfolio", "period"),
    *("as_of", "open", "current", "executed", "today"),
)
"""Slots that narrow only the tables that the intent names for them."""

SLOTS = frozenset(HARD + SOFT)


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Rule:
    """One way for a row to pass: by its own columns, or through the row of another table.

    columns     one of them holds a wanted value
    pair        a column that holds two currencies ("HKDSGD"); one of them is wanted, or both are
                wanted, proxies or bridges
    via, match  `columns[0]` is among the `match` values of those rows of table `via` that pass
                the same slot there
    values      the wanted values themselves, where the rule asks for no slot; for a slot with a
                vocabulary: the values it knows, any other does not narrow
    words       what a slot's word means in this column
    but         values that never pass
    also, null  values, or NULL, that pass whatever is wanted: rule rows for all
    always      wanted values that are added whenever the slot narrows
    back        rows whose `columns[0]` this column of a passing row names pass too, and so on
    proxy       the proxies of the wanted currencies pass in `columns[0]`
    latest_by   of each group of these columns only the newest day on or before today, or before
                the asked day where the intent names the table for as_of
    on          "today": the column holds the present day; "range": a day of the asked period
    """

    columns: tuple[str, ...] = ()
    pair: str | None = None
    bridges: tuple[str, ...] = ()
    via: str | None = None
    match: str | None = None
    values: tuple[str | bool, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    but: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    null: bool = False
    always: tuple[str, ...] = ()
    back: str | None = None
    proxy: bool = False
    latest_by: tuple[str, ...] = ()
    on: Literal["today", "range"] | None = None

    @property
    def own_columns(self) -> tuple[str, ...]:
        """Columns of the rule's own table."""
        return (*self.columns, *(name for name in (self.pair, self.back) if name))

    @property
    def direct(self) -> bool:
        """Whether a row's own cells and the slot's values decide, and nothing else."""
        more = (self.pair, self.via, self.values, self.but, self.back, self.latest_by, self.on)
        return bool(self.columns) and not self.proxy and not any(more)

    @property
    def matched(self) -> str:
        """Column of the table `via`."""
        return self.match or self.columns[0]

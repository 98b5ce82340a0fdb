"""What the desk is asked, and the tables that it computes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from hawk_backend.desk.cells import DIGITS, whole
from hawk_backend.models import Reason, TableState
from hawk_backend.rows import Row

_DONE_TODAY = ("I", "R", "T", "A")


@dataclass(frozen=True, slots=True)
class Ask:
    """What a prompt asks of the desk.

    `now` has a zone and `today` is its date there; to ask again later is to ask the same.
    `as_of` is the date that the prompt names, or None. `amount` counts units of
    `amount_currency`, or of the one currency asked about; `amounts` are all that the prompt
    names with a currency.
    """

    today: date
    now: datetime = field(compare=False)
    instruction_type: str | None = None
    currencies: tuple[str, ...] = ()
    amount: Decimal | None = None
    amount_currency: str | None = None
    amounts: tuple[tuple[str, Decimal], ...] = ()
    nav_type: str | None = None
    order_id: str | None = None
    previous_order_id: str | None = None
    hedge_method: str | None = None
    as_of: date | None = None

    @property
    def is_new(self) -> bool:
        """Whether a hedge is asked about that is not in the books yet."""
        return self.instruction_type in ("I", "U")

    def amount_in(self, currency: str) -> Decimal | None:
        """Return the amount named in this very currency; None where none or more than one is."""
        if currency == self.amount_currency:
            return self.amount
        named = [value for code, value in self.amounts if code == currency]
        return named[0] if len(named) == 1 else None

    @property
    def nav(self) -> str:
        """The NAV type as positions name it, empty for any: a reserve of RE is RE."""
        return "RE" if (self.nav_type or "").startswith("RE") else self.nav_type or ""

    @property
    def past_day(self) -> date | None:
        """The day before today whose figures are asked for; what is to be done is done today."""
        past = self.as_of is not None and self.as_of < self.today
        return self.as_of if past and self.instruction_type not in _DONE_TODAY else None

    @property
    def reference(self) -> date:
        """The date that snapshots are chosen for: never later than today."""
        return self.past_day or self.today


class DeskTable(Protocol):
    """A table's rows after the prompt's filter, and whether they are all of them."""

    @property
    def state(self) -> TableState:
        """How the table's read ended."""

    @property
    def reason(self) -> Reason | None:
        """Why it is missing."""

    @property
    def complete(self) -> bool:
        """Whether every row that the filter allows is there."""

    @property
    def rows(self) -> Sequence[Row]:
        """The rows in the table's order."""


class Tables:
    """The tables of one prompt, each read once."""

    def __init__(self, tables: Mapping[str, DeskTable]) -> None:
        self._tables = tables
        self._rows = {name: table.rows for name, table in tables.items()}
        self._currencies = {
            row.get("currency_code"): row for row in self.rows("currency_configuration")
        }

    def __contains__(self, name: str) -> bool:
        return name in self._tables

    def rows(self, name: str) -> Sequence[Row]:
        """Return the rows at hand, in the table's order; none where the table was not read."""
        return self._rows.get(name, ())

    def currency(self, code: str) -> Row | None:
        """Return the currency's configuration, if it is at hand."""
        return self._currencies.get(code)

    def places(self, code: str) -> int | None:
        """Return the currency's rounding_precision; None where none is on record."""
        row = self.currency(code)
        found = None if row is None else whole(row, "rounding_precision")
        return found if found is not None and 0 <= found <= DIGITS else None

    def state(self, name: str) -> TableState | None:
        """Return how the table's read ended; None where it was not read for this prompt."""
        table = self._tables.get(name)
        return None if table is None else table.state

    def lack(self, name: str) -> str | None:
        """Say why the table's rows may not be all of them, or None if they are."""
        table = self._tables.get(name)
        if table is None:
            return f"{name}: not read for this prompt"
        if table.state is TableState.ABSENT:
            return f"{name}: absent from the database"
        if table.state is TableState.MISSING:
            return f"{name}: missing ({table.reason or Reason.ERROR})"
        return None if table.complete else f"{name}: incomplete"

"""What the database has of the catalogue, as the last good discovery found it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from hawk_backend.catalogue import Flag, Order, Table
from hawk_backend.models import Reason
from hawk_backend.rows import Term, Where


@dataclass(frozen=True, slots=True)
class Findings:
    """One discovery: the columns of each table that answered, and who did not."""

    at: datetime
    by: str
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    unread: Mapping[str, Reason] = field(default_factory=dict)
    unlisted: frozenset[str] = frozenset()

    @property
    def forbidden(self) -> frozenset[str]:
        """Tables that exist, perhaps, but may not be read with this key."""
        return frozenset(name for name, why in self.unread.items() if why is Reason.FORBIDDEN)


class Schema:
    """Answers what to select of a table, before any discovery by the catalogue alone."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self.findings: Findings | None = None
        self.last_failure = ""
        self.absent: frozenset[str] = frozenset()
        """Tables that are not asked again until the next discovery."""
        self._learned: dict[str, frozenset[str]] = {}
        self._shapes: dict[str, str] = {}

    def __repr__(self) -> str:
        state = f"by {self.findings.by}" if self.findings else "not discovered"
        return f"<Schema {state}, {len(self.absent)} absent>"

    def take(self, findings: Findings) -> bool:
        """Replace everything that was known; return whether tables or columns are others now."""
        known, self.findings = self.findings, findings
        self.last_failure = ""
        self.absent = findings.absent
        self._learned.clear()
        self._shapes.clear()
        return known is None or (known.columns, known.absent) != (findings.columns, findings.absent)

    def learn(self, table: str, columns: frozenset[str]) -> None:
        """Take what one table was found to have, ahead of the next discovery."""
        self._learned[table] = columns
        self._shapes.clear()

    def lost(self, table: str) -> None:
        """Remember that a table answered that it does not exist."""
        self.absent |= {table}

    def shape(self, table: Table) -> str | None:
        """Return everything that a question about `table` says besides its name; None: absent."""
        if table.name in self.absent:
            return None
        if table.name not in self._shapes:
            asked = (self.columns(table), self.order(table), table.row_cap)
            self._shapes[table.name] = repr(asked)
        return self._shapes[table.name]

    def columns(self, table: Table) -> tuple[str, ...] | None:
        """Return the keys to select, in the catalogue's order; None for whatever there is."""
        if not table.columns:
            return None
        had = self._had(table)
        return tuple(c.name for c in table.columns if c.name in had)

    def order(self, table: Table) -> tuple[Order, ...]:
        """Return the total order in the words of the database."""
        had = self._had(table)
        return tuple(
            Order(name, term.descending)
            for term in table.total_order
            for name in self.names(table, term.column)
            if name in had
        )

    def names(self, table: Table, column: str) -> tuple[str, ...]:
        """Return the columns of the database that hold what the catalogue calls `column`."""
        had = self._had(table)
        return (column,) if column in had else table.stands_in.get(column, (column,))

    def translated(self, table: Table, where: Where) -> list[list[Term]]:
        """Say `where` in the words of the database; what it has no one column for is left out.

        So more rows may come than were asked for, never fewer: the filter runs again in process.
        """
        groups = [[(self.names(table, term.column), term) for term in group] for group in where]
        return [
            [replace(term, column=names[0]) for names, term in group]
            for group in groups
            if all(len(names) == 1 and self._may_have(table, names[0]) for names, _ in group)
        ]

    def _may_have(self, table: Table, column: str) -> bool:
        return not table.columns or column in self._had(table)

    def _had(self, table: Table) -> frozenset[str]:
        if table.name in self._learned:
            return self._learned[table.name]
        if self.findings and table.name in self.findings.columns:
            return self.findings.columns[table.name]
        return frozenset(c.name for c in table.columns if Flag.ALT not in c.flags)

    def differences(self) -> dict[str, object]:
        """Return, as data for operators, where database and catalogue differ."""
        if self.findings is None:
            return {"discovered": False, "failure": self.last_failure or None}
        return {
            "discovered": True,
            "failure": self.last_failure or None,
            "at": self.findings.at.isoformat(timespec="seconds"),
            "by": self.findings.by,
            "absent_tables": sorted(self.absent),
            "unread_tables": {name: str(why) for name, why in self.findings.unread.items()},
            "absent_columns": self._absent_columns(),
            "unknown_columns": self._unknown_columns(),
            "unknown_tables": sorted(self.findings.unlisted),
        }

    def _absent_columns(self) -> dict[str, list[str]]:
        """List declared columns that no column of the database stands for."""
        lists = {
            table.name: [
                c.name
                for c in table.columns
                if Flag.ALT not in c.flags and not self._had(table) & {*self.names(table, c.name)}
            ]
            for table in self._discovered()
        }
        return {name: columns for name, columns in lists.items() if columns}

    def _unknown_columns(self) -> dict[str, list[str]]:
        lists = {
            table.name: sorted(self._had(table) - table.by_name.keys())
            for table in self._discovered()
            if table.columns
        }
        return {name: columns for name, columns in lists.items() if columns}

    def _discovered(self) -> Iterable[Table]:
        known = self.findings.columns if self.findings else {}
        return (table for name, table in self._tables.items() if name in known)

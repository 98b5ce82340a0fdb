"""Find out what the database has, at start and whenever a table turns out to be absent."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeAlias

import httpx

from hawk_backend.catalogue import Flag, Table
from hawk_backend.clients.rest import Rest
from hawk_backend.clients.schema import Findings, Schema
from hawk_backend.clients.verdict import require_rows, spoken_plainly
from hawk_backend.errors import ColumnAbsent, SourceError, TableAbsent
from hawk_backend.models import Reason
from hawk_backend.observability import logger

Had: TypeAlias = frozenset[str] | Reason | None
"""The columns that a table has; why it did not answer; or None: there is no such table."""

_LOG = logger("clients.discovery")
_AT_ONCE = 8
_DEADLINE_S = 10.0
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
REPEAT_S = 900.0
"""How often the database is looked at again, so that a new table is found without a restart."""


class Discovery:
    """Keeps a Schema true.  A discovery that fails changes nothing and is repeated."""

    def __init__(self, rest: Rest, tables: Mapping[str, Table], schema: Schema) -> None:
        self._rest = rest
        self._tables = tables
        self._schema = schema
        self._wanted = asyncio.Event()
        self._hear: Callable[[], None] = _nobody

    def tell(self, hear: Callable[[], None]) -> None:
        """Have `hear` called when the database turns out to have something else than was known."""
        self._hear = hear

    def ask(self) -> None:
        """Call for a discovery soon, because a table or a column was not there."""
        self._wanted.set()

    async def look_at(self, table: Table) -> None:
        """Learn now which columns one table has, because it has not all that were asked for."""
        self._schema.learn(table.name, await self._columns(table))
        self.ask()

    async def run(self) -> None:
        """Discover for ever; the app owns the task and cancels it."""
        pause = _FIRST_PAUSE_S
        while True:
            if await self.once():
                self._wanted.clear()  # what was missed meanwhile is found, or missed again
                pause = _FIRST_PAUSE_S
                # not wait_for: before Python 3.12 it may swallow the order to end
                with suppress(TimeoutError):
                    async with asyncio.timeout(REPEAT_S):
                        await self._wanted.wait()
                await asyncio.sleep(_FIRST_PAUSE_S)
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def once(self) -> bool:
        """Discover now; return whether it succeeded."""
        try:
            with spoken_plainly("the schema"):
                async with asyncio.timeout(_DEADLINE_S):
                    findings = await self._look()
        except SourceError as exc:
            self._schema.last_failure = f"{exc.detail} ({exc.reason})"
            _LOG.warning("discovery failed", reason=exc.reason)
            return False
        if self._schema.take(findings):
            self._hear()
        _LOG.info("discovered", by=findings.by, absent=len(findings.absent))
        return not findings.unread.keys() - findings.forbidden

    async def _look(self) -> Findings:
        """Take the tables that are listed, and ask for every other by itself."""
        listed = _listed(await self._rest.schema())
        asked = [table for name, table in self._tables.items() if name not in (listed or {})]
        gate = asyncio.Semaphore(_AT_ONCE)
        had = await asyncio.gather(*(self._ask(table, gate) for table in asked))
        answers = dict(zip((table.name for table in asked), had, strict=True))
        if listed is None and all(isinstance(answer, Reason) for answer in had):
            raise SourceError("no table answered", reason=Reason(str(had[0])))
        return _findings(self._tables, listed, answers)

    async def _ask(self, table: Table, gate: asyncio.Semaphore) -> Had:
        async with gate:
            try:
                with spoken_plainly(table.name):
                    return await self._columns(table)
            except TableAbsent:
                return None
            except SourceError as exc:
                return exc.reason

    async def _columns(self, table: Table) -> frozenset[str]:
        """Return which of the declared columns the table has."""
        plain = [c.name for c in table.columns if Flag.ALT not in c.flags]
        others = [[c.name] for c in table.columns if Flag.ALT in c.flags]
        found = [await self._had(table.name, group) for group in [plain or ["*"], *others]]
        return frozenset().union(*found)

    async def _had(self, table: str, columns: list[str]) -> frozenset[str]:
        """Return those columns that exist; where one does not, by asking for each half."""
        response = await self._rest.rows(table, columns, limit=0)
        try:
            require_rows(table, response)
        except ColumnAbsent:
            half = len(columns) // 2
            if half == 0:
                return frozenset()
            first, second = columns[:half], columns[half:]
            return await self._had(table, first) | await self._had(table, second)
        return frozenset(columns) - {"*"}


def _nobody() -> None:
    """Hear nothing."""


def _findings(
    tables: Mapping[str, Table],
    listed: Mapping[str, frozenset[str]] | None,
    answers: Mapping[str, Had],
) -> Findings:
    had = {name: columns for name, columns in answers.items() if isinstance(columns, frozenset)}
    had |= {name: columns for name, columns in (listed or {}).items() if name in tables}
    return Findings(
        at=datetime.now(UTC),
        by="probing" if listed is None else "OpenAPI",
        columns=had,
        absent=frozenset(name for name, columns in answers.items() if columns is None),
        unread={name: why for name, why in answers.items() if isinstance(why, Reason)},
        unlisted=frozenset((listed or {}).keys() - tables.keys()),
    )


def _listed(response: httpx.Response) -> Mapping[str, frozenset[str]] | None:
    """Read tables and columns out of the OpenAPI description; None where there is none."""
    if response.status_code != httpx.codes.OK:
        return None
    try:
        definitions = json.loads(response.content)["definitions"]
        return {name: frozenset(body["properties"]) for name, body in definitions.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None

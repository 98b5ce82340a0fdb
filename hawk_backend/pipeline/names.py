"""Names: what the parser takes for an entity is what entity_master has, also after a change."""

import asyncio
from collections.abc import Callable, Mapping

from hawk_backend.catalogue import Table
from hawk_backend.errors import SourceError
from hawk_backend.models import SERVICE, Freshness
from hawk_backend.observability import logger
from hawk_backend.pipeline.entities import gazetteer
from hawk_backend.pipeline.fetch import Slices
from hawk_backend.rows import Slice

_LOG = logger("pipeline.names")
_EVERY_S = 10.0


class Names:
    """Looks at the slice of entity_master and hands a changed one on as name → id, in a thread.

    Until the first look has succeeded the parser knows ids only; a failed look is repeated.
    """

    def __init__(
        self, slices: Slices, table: Table, take: Callable[[Mapping[str, str]], None]
    ) -> None:
        self._slices = slices
        self._table = table
        self._take = take
        self._seen: Slice | None = None

    async def run(self) -> None:
        """Look for ever; the app owns the task and cancels it."""
        while True:
            try:
                await self.look()
            except Exception as exc:  # noqa: BLE001 - a look that breaks is followed by the next
                _LOG.warning("names not read", reason=type(exc).__name__)
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> None:
        """Look once."""
        reading = await self._slices.look((self._table,), SERVICE, Freshness.USUAL, counted=False)
        future = reading.start(self._table)
        try:
            found = (await future).slice
        except SourceError as exc:
            _LOG.warning("names not read", reason=exc.reason)
            return
        finally:
            reading.leave([future])
        if self._seen is None or found.rows != self._seen.rows:
            await asyncio.to_thread(self._hand_on, found)
            self._seen = found

    def _hand_on(self, entities: Slice) -> None:
        self._take(gazetteer(entities))

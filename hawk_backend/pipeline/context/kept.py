"""The desk's side of the context for questions asked before over the very same rows.

A second path beside computing and rendering, for design.md's target of a warm prepare (one HMGET
and 0.5 ms): figures and tables of one currency take longer than that, those of all currencies ten
times as long, and half of a desk's questions repeat another's.  The text made of them last is kept
with them, for a prompt that comes again word for word.  Rows are compared by identity: a slice that
was read anew is another slice.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hawk_backend.desk import Ask, Figures, compute_in_turns
from hawk_backend.desk.clock import clock_facts
from hawk_backend.desk.turns import finish_in_turns
from hawk_backend.pipeline.context.blocks import Block
from hawk_backend.pipeline.context.layout import desk_blocks
from hawk_backend.pipeline.context.shape import Draft
from hawk_backend.pipeline.fetch import TableResult
from hawk_backend.rows import Slice

_ANY_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DeskSide:
    """Figures, their rendered tables, and the last text that was made of them."""

    figures: Figures
    blocks: Sequence[Block]
    drafts: MutableMapping[Hashable, Draft] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is kept, and the slices that it was made of: as long as they live, so do their ids."""

    side: DeskSide
    slices: Mapping[str, Slice | None]

    def outlived(self, slices: Mapping[str, Slice | None]) -> bool:
        """Whether a table of this entry has another slice by now."""
        return any(self.slices.get(name, found) is not found for name, found in slices.items())


class KeptDesk:
    """The last `most` desk sides over rows that are still current."""

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    def __repr__(self) -> str:
        return f"<KeptDesk {len(self._entries)} of {self._most}>"

    async def side(self, ask: Ask, results: Sequence[TableResult]) -> DeskSide:
        """Return figures and tables, computed in turns where they are not kept."""
        tables = {result.table: result for result in results}
        key = (replace(ask, now=_ANY_TIME), clock_facts(ask, tables), _rows(results))
        if (entry := self._entries.get(key)) is not None:
            self._entries.move_to_end(key)
            return entry.side
        figures = await compute_in_turns(ask, tables)
        side = DeskSide(figures, await finish_in_turns(desk_blocks(figures)))
        self._keep(key, _Entry(side, {result.table: result.slice for result in results}))
        return side

    def _keep(self, key: Hashable, entry: _Entry) -> None:
        """Add an entry; those whose rows are no longer current go, and so do their slices."""
        outlived = [key for key, old in self._entries.items() if old.outlived(entry.slices)]
        for old in outlived:
            del self._entries[old]
        self._entries[key] = entry
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)


def _rows(results: Sequence[TableResult]) -> Hashable:
    return tuple(
        (
            *(result.table, id(result.slice), result.positions, result.unseen),
            *(result.state, result.reason, result.complete),
        )
        for result in results
    )

"""The desk's side of the context for questions asked before over the very same rows.

Figures and tables of one currency take longer than a warm prepare may, those of all currencies ten
times as long, and half of a desk's questions repeat another's.  The text made of them last is kept
with them, whatever the words of the prompt.
"""

from collections.abc import Hashable, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hawk_backend.desk import Ask, Figures, compute_in_turns
from hawk_backend.desk.clock import same_until
from hawk_backend.desk.turns import finish_in_turns
from hawk_backend.pipeline.context.blocks import Block
from hawk_backend.pipeline.context.layout import desk_blocks
from hawk_backend.pipeline.context.shape import Body
from hawk_backend.pipeline.fetch import TableResult
from hawk_backend.pipeline.kept import Kept


@dataclass(frozen=True, slots=True)
class DeskSide:
    """Figures, their rendered tables, and the last text that was made of them.

    The figures are those of every moment from `since` to `until`.
    """

    figures: Figures
    blocks: Sequence[Block]
    since: datetime
    until: datetime
    bodies: MutableMapping[Hashable, Body] = field(default_factory=dict, compare=False)


class KeptDesk:
    """The desk's sides over rows that are still current."""

    def __init__(self, most: int = 64) -> None:
        self._kept: Kept[DeskSide] = Kept(most)

    def __repr__(self) -> str:
        return f"<KeptDesk {self._kept!r}>"

    async def side(self, ask: Ask, results: Sequence[TableResult]) -> DeskSide:
        """Return figures and tables, computed in turns where they are not kept."""
        slices = {result.table: result.slice for result in results}
        key = (ask, _rows(results))
        side = self._kept.get(key, slices)
        if side is not None and side.since <= ask.now <= side.until:
            return side
        tables = {result.table: result for result in results}
        figures = await compute_in_turns(ask, tables)
        blocks = await finish_in_turns(desk_blocks(figures))
        side = DeskSide(figures, blocks, ask.now, same_until(ask, tables))
        return self._kept.put(key, slices, side)


def _rows(results: Sequence[TableResult]) -> Hashable:
    return tuple(
        (
            *(result.table, result.positions, result.unseen),
            *(result.state, result.reason, result.complete),
        )
        for result in results
    )

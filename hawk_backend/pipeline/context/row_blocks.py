"""The rows as the source had them, one block a table."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from hawk_backend.catalogue import Rule, Table
from hawk_backend.desk.turns import Steps
from hawk_backend.pipeline.context.blocks import CELLS, Block, Tiers
from hawk_backend.pipeline.fetch import TableResult
from hawk_backend.pipeline.intent import Slots
from hawk_backend.rows import Slice

Wanted = Mapping[str, Sequence[str]]
"""Values that the prompt names, by the catalogue's slot."""

_NAMED = ("order", "sub_order", "instruction", "event", "deal")


def row_blocks(results: Sequence[TableResult], slots: Slots) -> Steps[list[Block]]:
    """Make a block of every table that has rows, by the tables' priority, then name."""
    wanted = _wanted(slots)
    with_rows = [(r.slice, r) for r in results if r.slice is not None and r.positions]
    with_rows.sort(key=lambda pair: (-pair[0].table.priority, pair[1].table))
    blocks = []
    for found, result in with_rows:
        blocks.append(_block(found, result, wanted))
        yield
    return blocks


def _block(found: Slice, result: TableResult, wanted: Wanted) -> Block:
    whole = len(result.positions) == len(found.lines)
    return Block(
        result.table,
        f"--- {result.table}, {found.table.title}",
        found.lines if whole else [found.lines[i] for i in result.positions],
        header=f"{CELLS}{found.header}\n",
        mark=CELLS,
        turn=None,
        counted=True,
        tiers=partial(_tiers, found, result.positions, wanted),
    )


def _wanted(slots: Slots) -> Wanted:
    named = {
        "order": (slots.order_id, slots.previous_order_id),
        "sub_order": (slots.sub_order_id,),
        "instruction": (slots.instruction_id,),
        "event": (slots.event_id,),
        "deal": (slots.deal_id,),
        "entity": slots.entity_ids,
        "currency": slots.currency,
        "nav_type": (slots.nav_type,),
        "entity_type": (slots.entity_type,),
        "portfolio": (slots.portfolio,),
        "status": (slots.status,),
    }
    return {slot: found for slot, values in named.items() if (found := [v for v in values if v])}


def _tiers(found: Slice, positions: Sequence[int], wanted: Wanted) -> Tiers:
    """Part the rows: those that a named record points at, those that any slot matches, the rest.

    In each tier the table's own order stays, which is newest first where it makes sense.
    """
    named = {place for slot in _NAMED for place in _matches(found, slot, wanted.get(slot, ()))}
    asked = {place for slot, values in wanted.items() for place in _matches(found, slot, values)}
    return iter(
        (
            (number for number, place in enumerate(positions) if place in named),
            (n for n, place in enumerate(positions) if place in asked and place not in named),
            (number for number, place in enumerate(positions) if place not in asked),
        )
    )


def _matches(found: Slice, slot: str, values: Sequence[str]) -> Iterator[int]:
    for rule in _rules(found.table, slot):
        for column in rule.columns:
            places = found.index.get(column, {})
            for value in values:
                for word in rule.words.get(value, (value,)):
                    yield from places.get(word, ())
        if rule.pair:
            for pair, places_of in found.index.get(rule.pair, {}).items():
                if any(value in str(pair) for value in values):
                    yield from places_of


def _rules(table: Table, slot: str) -> Iterator[Rule]:
    """Yield the rules that compare the slot with the table's own columns."""
    return (rule for rule in table.filters.get(slot, ()) if rule.via is None)

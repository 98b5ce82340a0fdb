"""The context's blocks in the order in which they are shown."""

from collections.abc import Sequence
from dataclasses import replace

from hawk_backend.desk import Figures
from hawk_backend.desk.turns import Steps
from hawk_backend.pipeline.context.blocks import (
    ASKED,
    DESK,
    FRAME,
    MEASURED,
    NOTES,
    SUMMARY,
    Block,
    section,
)
from hawk_backend.pipeline.context.book_tables import TIMELINE, after_a_hedge
from hawk_backend.pipeline.context.desk_tables import before_a_hedge
from hawk_backend.pipeline.context.row_blocks import row_blocks
from hawk_backend.pipeline.context.sections import (
    analysis,
    bullets,
    manifest,
    measured,
    opening,
    parameters,
)
from hawk_backend.pipeline.context.shape import ContextInputs

VOLATILE = "MEASURED"
"""Name of the one block that may differ though question, data and day are the same."""

ROWS = "ROWS"
"""Name of the heading that the rows stand under."""


def opening_block(inputs: ContextInputs) -> Block:
    """Return how old the data is and how to read the rest, which stands first."""
    return Block("opening", "\n".join(opening(inputs)), turn=FRAME)


def asked_blocks(inputs: ContextInputs) -> list[Block]:
    """Return what is said of the question, which stands next."""
    return [
        section("PROMPT ANALYSIS", analysis(inputs), turn=ASKED),
        section("EXTRACTED PARAMETERS", parameters(inputs.intent), turn=ASKED),
    ]


def summary_block(inputs: ContextInputs) -> Block:
    """Return what is said of the tables that were read, which stands above what was measured."""
    return section("DATA EXTRACTION SUMMARY", manifest(inputs), turn=SUMMARY)


def data_blocks(
    inputs: ContextInputs, alerts: Sequence[str], gaps: Sequence[str]
) -> Steps[list[Block]]:
    """Return figures and rows, which stand last."""
    desk = inputs.desk_blocks
    if desk is None:
        desk = yield from desk_blocks(inputs.figures)
    rows = yield from row_blocks(inputs.results, inputs.intent.slots)
    return [
        section("RELEVANT DATA SUMMARIES", turn=FRAME),
        *desk,
        section("ALERTS", bullets(alerts), turn=NOTES),
        section("DATA GAPS", bullets(gaps), turn=NOTES),
        replace(section("DATA ROWS", turn=FRAME), name=ROWS),
        *rows,
        Block("end", "=== END OF DATA ===", turn=FRAME),
    ]


def measured_block(inputs: ContextInputs) -> Block:
    """Give the volatile lines room for their longest, so that it never decides what fits."""
    lines = measured(inputs)
    longest = 300 + sum(len(result.table) + 20 for result in inputs.results)
    return Block(VOLATILE, "\n".join(lines), turn=MEASURED, room=longest)


def desk_blocks(figures: Figures) -> Steps[Sequence[Block]]:
    """Render the desk's tables; the timeline takes turns with the rows, it can be as long."""
    blocks: list[Block] = []
    for found in (*before_a_hedge(figures), *after_a_hedge(figures)):
        block = yield from found.block()
        blocks.append(replace(block, turn=None) if block.name == TIMELINE else block)
    return blocks or [Block("none", "No desk figure was called for.", turn=DESK)]

"""Put the context together: sections, desk tables, rows, within the limit.  Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hawk_backend.desk.turns import TURN_S, Steps, finish, finish_in_turns
from hawk_backend.pipeline.context.blocks import Block
from hawk_backend.pipeline.context.fence import row
from hawk_backend.pipeline.context.layout import (
    ROWS,
    VOLATILE,
    asked_blocks,
    data_blocks,
    measured_block,
    opening_block,
    summary_block,
)
from hawk_backend.pipeline.context.pack import Chosen, fits, pack
from hawk_backend.pipeline.context.sections import missing
from hawk_backend.pipeline.context.shape import Body, Context, ContextInputs, Omission

BUDGET = "budget"
"""Why records are omitted."""

_NAMED_PART = 2
"""Omissions are named in the text unless that took more than this part of it."""

_PIECE = 100_000
"""Characters hashed between two steps: well under a millisecond."""


def build(inputs: ContextInputs, *, limit: int) -> Context:
    """Return the context, at most `limit` code points long; what has no room is in `dropped`."""
    return finish(_build(inputs, limit))


async def build_in_turns(inputs: ContextInputs, *, limit: int, turn_s: float = TURN_S) -> Context:
    """Build the same context, letting other tasks have the loop after every `turn_s` seconds."""
    return await finish_in_turns(_build(inputs, limit), turn_s)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A context but for what was measured, which stands between `before` and `after`.

    `measured` says whether there is room for it.
    """

    before: str
    after: str
    data_sha256: str
    shown: Mapping[str, Sequence[int]]
    dropped: tuple[Omission, ...] = ()
    measured: bool = True


def _build(inputs: ContextInputs, limit: int) -> Steps[Context]:
    alerts = tuple(map(str, inputs.figures.alerts))
    gaps = (*map(str, inputs.figures.gaps), *missing(inputs))
    measured = measured_block(inputs)
    draft = yield from _draft(inputs, alerts, gaps, measured, limit)
    text = f"{draft.before}{measured.text(()) if draft.measured else ''}{draft.after}"
    return Context(
        text=text,
        chars=len(text),
        sha256=(yield from _sha256(text)),
        data_sha256=draft.data_sha256,
        dropped=draft.dropped,
        data_gaps=gaps,
        alerts=alerts,
        shown=draft.shown,
        figures=inputs.figures,
    )


def _draft(
    inputs: ContextInputs,
    alerts: Sequence[str],
    gaps: tuple[str, ...],
    measured: Block,
    limit: int,
) -> Steps[_Draft]:
    """Write everything where it fits, else choose."""
    asked = asked_blocks(inputs)
    room = limit - measured.size() - sum(block.size() for block in asked)
    kept = {} if inputs.bodies is None else inputs.bodies
    key = (gaps, inputs.intent.behaviour)
    body = kept.get(key)
    if body is None or len(body) > room:
        opening, summary = opening_block(inputs), summary_block(inputs)
        data = yield from data_blocks(inputs, alerts, gaps)
        yield
        if not (yield from fits([opening, summary, *data], room)):
            blocks = [opening, *asked, summary, measured, *data]
            return (yield from _chosen(inputs, blocks, limit))
        kept.clear()
        body = kept[key] = Body(_text(opening), _text(summary), _text(*data), _positions(inputs))
        yield
    return (yield from _whole(body, _text(*asked)))


def _whole(body: Body, question: str) -> Steps[_Draft]:
    """Put the question between; the digest of a question that comes again is known."""
    before = f"{body.opening}{question}{body.summary}"
    if question not in body.digests:
        body.digests.clear()
        body.digests[question] = yield from _sha256(before, body.rest)
    return _Draft(before, body.rest, body.digests[question], body.shown)


def _text(*blocks: Block) -> str:
    return "".join(block.text(block.everything) for block in blocks)


def _positions(inputs: ContextInputs) -> dict[str, Sequence[int]]:
    return {result.table: result.positions for result in inputs.results if result.positions}


def _chosen(inputs: ContextInputs, blocks: Sequence[Block], limit: int) -> Steps[_Draft]:
    """Write what has room, and name what has not."""
    chosen, named = yield from _choose(blocks, limit)
    dropped = tuple(_dropped(blocks, chosen))
    before, measured, after = _parts(blocks, chosen, _omitted(dropped) if named else "")
    yield
    data_sha256 = yield from _sha256(before, after)
    shown = _shown(inputs, blocks, chosen)
    return _Draft(before, after, data_sha256, shown, dropped, measured=measured)


def _choose(blocks: Sequence[Block], limit: int) -> Steps[tuple[Sequence[Chosen], bool]]:
    """Choose what fits beside the names of what does not."""
    naming = len(_omitted([Omission(b.name, len(b.records), BUDGET) for b in blocks]))
    named = naming * _NAMED_PART <= limit
    chosen = yield from pack(blocks, limit - naming if named else limit)
    return chosen, named


def _parts(
    blocks: Sequence[Block], chosen: Sequence[Chosen], omitted: str
) -> tuple[str, bool, str]:
    """Write what comes before and what comes after the measured block, and whether that is in."""
    before: list[str] = []
    after: list[str] = []
    parts, measured = before, False
    for block, numbers in zip(blocks, chosen, strict=True):
        if block.name == VOLATILE:
            parts, measured = after, numbers is not None
            continue
        if block.name == ROWS:
            parts.append(omitted)
        if numbers is not None:
            parts.append(block.text(numbers))
    return "".join(before), measured, "".join(after)


def _dropped(blocks: Sequence[Block], chosen: Sequence[Chosen]) -> Iterator[Omission]:
    for block, numbers in zip(blocks, chosen, strict=True):
        if left_out := len(block.records) - len(numbers or ()):
            yield Omission(block.name, left_out, BUDGET)


def _omitted(dropped: Sequence[Omission]) -> str:
    """Name what was left out, each with its count."""
    if not dropped:
        return ""
    named = row(["Records omitted", *(f"{item.table} {item.rows}" for item in dropped)])
    return f"\n=== OMITTED FOR LACK OF SPACE ===\n{named}\n"


def _shown(
    inputs: ContextInputs, blocks: Sequence[Block], chosen: Sequence[Chosen]
) -> dict[str, Sequence[int]]:
    """Return the slice positions of the rows that are in."""
    positions = {result.table: result.positions for result in inputs.results}
    return {
        block.name: _picked(positions[block.name], numbers)
        for block, numbers in zip(blocks, chosen, strict=True)
        if block.name in positions and numbers
    }


def _picked(positions: Sequence[int], numbers: Sequence[int]) -> Sequence[int]:
    if len(numbers) == len(positions):
        return positions
    return tuple(positions[i] for i in numbers)


def _sha256(*parts: str) -> Steps[str]:
    digest = hashlib.sha256()
    for part in parts:
        for start in range(0, len(part), _PIECE):
            digest.update(part[start : start + _PIECE].encode())
            yield
    return digest.hexdigest()

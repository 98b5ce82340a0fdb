"""Put the context together: sections, desk tables, rows, within the limit.  Pure."""

import hashlib
from collections.abc import Iterator, Sequence

from hawk_backend.desk.turns import TURN_S, Steps, finish, finish_in_turns
from hawk_backend.pipeline.context.blocks import Block
from hawk_backend.pipeline.context.fence import row
from hawk_backend.pipeline.context.layout import ROWS, VOLATILE, layout, measured_block
from hawk_backend.pipeline.context.pack import Chosen, fits, pack
from hawk_backend.pipeline.context.sections import missing
from hawk_backend.pipeline.context.shape import Context, ContextInputs, Draft, Omission

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


def _build(inputs: ContextInputs, limit: int) -> Steps[Context]:
    draft = yield from _drafted(inputs, limit)
    between = measured_block(inputs).text(()) if draft.measured else ""
    text = f"{draft.before}{between}{draft.after}"
    return Context(
        text=text,
        chars=len(text),
        sha256=(yield from _sha256(text)),
        data_sha256=draft.data_sha256,
        dropped=draft.dropped,
        data_gaps=draft.data_gaps,
        alerts=draft.alerts,
        shown=draft.shown,
        figures=inputs.figures,
    )


def _drafted(inputs: ContextInputs, limit: int) -> Steps[Draft]:
    """Return what was written before for the same prompt, else write it and keep it, it alone."""
    if inputs.drafts is None:
        return (yield from _draft(inputs, limit))
    key = (inputs.prompt.user_prompt, inputs.intent, limit)
    if (kept := inputs.drafts.get(key)) is not None:
        return kept
    draft = yield from _draft(inputs, limit)
    inputs.drafts.clear()
    inputs.drafts[key] = draft
    return draft


def _draft(inputs: ContextInputs, limit: int) -> Steps[Draft]:
    alerts = tuple(map(str, inputs.figures.alerts))
    gaps = (*map(str, inputs.figures.gaps), *missing(inputs))
    blocks = yield from layout(inputs, alerts, gaps)
    yield
    chosen, named = yield from _choose(blocks, limit)
    dropped = tuple(_dropped(blocks, chosen))
    before, measured, after = _parts(blocks, chosen, _omitted(dropped) if named else "")
    yield
    return Draft(
        before=before,
        after=after,
        measured=measured,
        data_sha256=(yield from _sha256(before, after)),
        dropped=dropped,
        data_gaps=gaps,
        alerts=alerts,
        shown=_shown(inputs, blocks, chosen),
    )


def _choose(blocks: Sequence[Block], limit: int) -> Steps[tuple[Sequence[Chosen], bool]]:
    """Choose everything, or what fits beside the names of what does not."""
    if (yield from fits(blocks, limit)):
        return [block.everything for block in blocks], False
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

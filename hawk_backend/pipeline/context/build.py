"""Put the context together: sections, then rows, within the limit.  Pure."""

import hashlib
from collections.abc import Mapping, Sequence

from hawk_backend.pipeline.context.pack import Rows, pack
from hawk_backend.pipeline.context.sections import (
    analysis,
    bullets,
    manifest,
    measured,
    missing,
    opening,
    parameters,
)
from hawk_backend.pipeline.context.shape import Context, ContextInputs, Omission
from hawk_backend.pipeline.context.tables import tables
from hawk_backend.pipeline.intent import Intent

_END = "=== END OF DATA ==="


def build(inputs: ContextInputs, *, limit: int) -> Context:
    """Return the context, at most `limit` code points long; what has no room is in `dropped`."""
    alerts = tuple(map(str, inputs.figures.alerts))
    gaps = (*map(str, inputs.figures.gaps), *missing(inputs.results))
    before = _lines(
        opening(inputs),
        _section("PROMPT ANALYSIS", analysis(inputs)),
        _section("EXTRACTED PARAMETERS", parameters(inputs.intent)),
        _section("DATA EXTRACTION SUMMARY", manifest(inputs)),
    )
    volatile = _lines(_section("MEASURED", measured(inputs)))
    after = _lines(
        _section("RELEVANT DATA SUMMARIES", tables(inputs.figures)),
        _section("ALERTS", bullets(alerts)),
        _section("DATA GAPS", bullets(gaps)),
    )
    room = limit - len(before) - len(volatile) - len(after) - len(_END) - 200
    packed = pack(inputs.results, _wanted(inputs.intent), room)
    dropped = tuple(
        Omission(rows.result.table, rows.omitted, "budget") for rows in packed if rows.omitted
    )
    rest = after + _lines(_omitted(dropped), *_rows(packed), [_END])
    text = before + volatile + rest
    return Context(
        text=text,
        chars=len(text),
        sha256=_sha256(text),
        data_sha256=_sha256(before + rest),
        dropped=dropped,
        data_gaps=gaps,
        alerts=alerts,
        shown={rows.result.table: rows.positions for rows in packed},
        figures=inputs.figures,
    )


def _section(label: str, lines: Sequence[str]) -> list[str]:
    return ["", f"=== {label} ===", *lines]


def _lines(*parts: Sequence[str]) -> str:
    return "".join(f"{line}\n" for part in parts for line in part)


def _rows(packed: Sequence[Rows]) -> list[list[str]]:
    return [_section("ROWS", []), *([rows.text] for rows in packed if rows.positions)]


def _omitted(dropped: Sequence[Omission]) -> list[str]:
    if not dropped:
        return []
    return [f"Omitted for space: {', '.join(f'{item.table} {item.rows}' for item in dropped)}"]


def _wanted(intent: Intent) -> Mapping[str, Sequence[str]]:
    slots = intent.slots
    return {
        "order": [value for value in (slots.order_id, slots.previous_order_id) if value],
        "entity": list(slots.entity_ids),
        "currency": list(slots.currency),
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

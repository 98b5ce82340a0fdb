"""Results, slices and inputs for the context's tests: through the real catalogue and row reader."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from hawk_backend import desk
from hawk_backend.catalogue import Catalogue
from hawk_backend.models import Prompt, Reason, TableState, Tier
from hawk_backend.pipeline.context import ContextInputs, Extraction
from hawk_backend.pipeline.fetch import TableResult
from hawk_backend.pipeline.intent import Intent, Slots
from hawk_backend.pipeline.plan import plan
from hawk_backend.rows import read_slice

NOW = datetime(2025, 9, 17, 10, 0, tzinfo=ZoneInfo("Asia/Singapore"))
TODAY = NOW.date()


@cache
def catalogue() -> Catalogue:
    """Return the catalogue, read once."""
    return Catalogue.load()


def result(
    table: str,
    rows: Sequence[Mapping[str, object]],
    *,
    complete: bool = True,
    reason: Reason | None = None,
    as_of: date | None = None,
) -> TableResult:
    """Return a table as a fetch would: its rows read from JSON, all of them passing."""
    body = json.dumps(rows, default=str).encode()
    found = read_slice(
        catalogue().tables[table],
        body,
        columns=None,
        cap=10_000,
        zone=ZoneInfo("Asia/Singapore"),
        fetched_at=datetime(2025, 9, 17, tzinfo=UTC),
    )
    return TableResult(
        table,
        TableState.FRESH if rows else TableState.EMPTY,
        reason=reason,
        tier=Tier.SOURCE,
        slice=found,
        positions=tuple(range(len(found.rows))),
        complete=complete,
        ms=1.0,
        as_of=as_of,
        age_s=2.0,
    )


def instructions(count: int, *, width: int = 40, currency: str = "CNY") -> list[dict[str, object]]:
    """Make rows of hedge_instructions whose notes are `width` characters wide, newest first."""
    return [
        {
            "instruction_id": f"INST{number:05}",
            "exposure_currency": currency,
            "order_id": f"ORD-{number}",
            "failure_reason": "x" * width,
        }
        for number in range(count)
    ]


def inputs(
    *results: TableResult,
    intent: Intent | None = None,
    prompt: str = "Check if I can hedge 150K CNY today",
    figures: desk.Figures | None = None,
    now: datetime = NOW,
    extraction: Extraction | None = None,
) -> ContextInputs:
    """Put a context's inputs together; figures are computed unless given."""
    asked = intent or Intent(
        "hedge_utilization",
        ("hedge_utilization",),
        slots=Slots(currency=("CNY",), amount=Decimal(150_000), amount_currency="CNY"),
    )
    return ContextInputs(
        prompt=Prompt(user_prompt=prompt),
        intent=asked,
        plan=plan(asked, catalogue(), TODAY),
        results=results,
        figures=desk.Figures() if figures is None else figures,
        now=now,
        extraction=extraction or Extraction(hits=3, misses=1, ms=12.5),
    )


def sections(text: str) -> list[str]:
    """Name the sections of a context in their order."""
    lines = [line for line in text.split("\n") if line.startswith("=== ")]
    return [line.strip("= ") for line in lines]

"""Where an instruction goes, and what of its required fields the prompt does not give."""

from collections.abc import Mapping, Sequence

from hawk_backend.desk.cells import same_id, text
from hawk_backend.pipeline.fetch import TableResult
from hawk_backend.pipeline.intent import Intent

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "U": ("currency",),
    "I": ("order_id", "sub_order_id", "amount", "hedge_method", "nav_type"),
    "R": ("order_id", "previous_order_id", "amount"),
    "T": ("order_id", "previous_order_id", "amount"),
    "A": ("order_id", "previous_order_id"),
}
"""Slots that an instruction cannot be processed without (domain.md 3.3)."""


def stage(intent: Intent, results: Sequence[TableResult]) -> str | None:
    """Return the stage that the instruction enters: 1A for a new hedge, 1B for an existing one."""
    kind = intent.instruction_type
    if kind in ("R", "T") or (kind == "I" and _exists(intent.slots.order_id, results)):
        return "1B"
    return "1A" if kind in ("U", "I") else None


def not_given(intent: Intent) -> list[str]:
    """Name the required slots that have no value."""
    required = REQUIRED.get(intent.instruction_type or "", ())
    return [name for name in required if getattr(intent.slots, name) in (None, ())]


def _exists(order_id: str | None, results: Sequence[TableResult]) -> bool:
    return order_id is not None and any(
        same_id(text(row, "order_id"), order_id)
        for result in results
        if result.table == "hedge_instructions"
        for row in result.rows
    )

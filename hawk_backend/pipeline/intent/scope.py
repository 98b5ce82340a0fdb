"""How wide the answer must look: the scope, derived from intent, behaviour and slots."""

from hawk_backend.pipeline.intent.frame import Behaviour, Scope, Slots
from hawk_backend.pipeline.intent.wordset import wordset

_SMALL = frozenset({"system_status", "general_query", "out_of_scope"})
_WIDE = wordset(
    "portfolio_analysis performance_metrics performance_comparison pnl_attribution "
    "hedge_effectiveness compliance_report regulatory_report risk_analysis stress_test "
    "correlation_analysis"
)
_RECORD = frozenset({"hedge_inquiry", "mx_bookings", "gl_entries_query", "audit_trail"})
RECORD_IDS = ("order_id", "sub_order_id", "instruction_id", "event_id", "deal_id")
_NARROWING = (
    "currency",
    "entity_ids",
    "entity_type",
    "nav_type",
    "portfolio",
    "hedge_method",
    "instrument",
    "status",
)


def scope_of(intents: tuple[str, ...], behaviour: Behaviour, slots: Slots) -> Scope:
    """Return the scope by the rules of the label scheme, in their order."""
    if intents[0] in _SMALL and behaviour != "clarify":
        return "minimal"
    if behaviour == "clarify" or not _WIDE.isdisjoint(intents):
        return "comprehensive"
    if has_record_id(slots) and len(intents) == 1 and intents[0] in _RECORD:
        return "minimal"
    return "targeted" if is_narrow(slots) else "comprehensive"


def has_record_id(slots: Slots) -> bool:
    """Whether a record is named by its id."""
    return any(getattr(slots, name) for name in RECORD_IDS)


def is_narrow(slots: Slots) -> bool:
    """Whether any slot narrows the rows; excluded currencies, dates and amounts do not."""
    return (
        has_record_id(slots)
        or slots.previous_order_id is not None
        or any(getattr(slots, name) for name in _NARROWING)
    )

"""Intent: what a prompt asks for, in microseconds and with the reason for every decision.  Pure."""

from hawk_backend.pipeline.intent.analyze import analyze
from hawk_backend.pipeline.intent.frame import (
    Alternative,
    Behaviour,
    DateRange,
    Evidence,
    Intent,
    Money,
    Scope,
    Slots,
    Source,
)
from hawk_backend.pipeline.intent.parser import IntentParser
from hawk_backend.pipeline.intent.resolve import resolve

__all__ = [
    "Alternative",
    "Behaviour",
    "DateRange",
    "Evidence",
    "Intent",
    "IntentParser",
    "Money",
    "Scope",
    "Slots",
    "Source",
    "analyze",
    "resolve",
]

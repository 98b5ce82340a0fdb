"""Context: results and desk figures → at most so many characters, with a ledger of what is in."""

from hawk_backend.pipeline.context.build import build, build_in_turns
from hawk_backend.pipeline.context.kept import DeskSide, KeptDesk
from hawk_backend.pipeline.context.shape import Context, ContextInputs, Extraction, Omission

__all__ = [
    "Context",
    "ContextInputs",
    "DeskSide",
    "Extraction",
    "KeptDesk",
    "Omission",
    "build",
    "build_in_turns",
]

"""What a treasury desk computes: pure functions in Decimal over typed rows."""

from hawk_backend.desk.ask import Ask, DeskTable
from hawk_backend.desk.compute import compute, compute_in_turns
from hawk_backend.desk.figure import Address, Figure, Known, Unknown
from hawk_backend.desk.figures import Figures
from hawk_backend.desk.notes import Alert, Gap

__all__ = [
    "Address",
    "Alert",
    "Ask",
    "DeskTable",
    "Figure",
    "Figures",
    "Gap",
    "Known",
    "Unknown",
    "compute",
    "compute_in_turns",
]

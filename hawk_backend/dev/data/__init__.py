"""Synthetic data for an anchor date: the same date makes the same rows, byte for byte.

The figures come out as the domain's golden ones, the rows tell one story (orders.toml), and the
traps of production's tables are in it.  All names are invented.
"""

from hawk_backend.dev.data.fill import load
from hawk_backend.dev.data.story import rows

__all__ = ["load", "rows"]

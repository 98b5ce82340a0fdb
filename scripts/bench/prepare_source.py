"""The source of scripts/bench/prepare: eight tables that take 30 to 80 ms, in a process of its own.

Prints its address, serves until its input ends. `--stalls` is the share of requests that are
never answered, drawn from a fixed seed.
"""

import argparse
import asyncio
import random
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from hawk_backend.dev.data import rows  # noqa: E402 - the script's folder is not the package's
from tests.faults import Behaviour, FaultySource  # noqa: E402

TABLES = (
    "entity_master",
    "position_nav_master",
    "allocation_engine",
    "currency_configuration",
    "threshold_configuration",
    "buffer_configuration",
    "currency_rates",
    "usd_pb_deposit",
)
FASTEST_S, SLOWEST_S = 0.030, 0.080


class SlowSource(FaultySource):
    """Answers after the table's own time, or never."""

    def __init__(self, anchor: date, stalls: float) -> None:
        data = rows(anchor)
        super().__init__({name: _complete(data[name]) for name in TABLES})
        self.listed = True
        self._stalls = stalls
        self._random = random.Random(4)
        step = (SLOWEST_S - FASTEST_S) / (len(TABLES) - 1)
        self._delays = {name: FASTEST_S + i * step for i, name in enumerate(TABLES)}

    def _behaviour(self, table: str) -> Behaviour:
        if table not in self._delays:
            return Behaviour()
        stalls = self._random.random() < self._stalls
        return Behaviour(delay_s=self._delays[table], stall=stalls)


def _complete(table: list[dict[str, object]]) -> list[dict[str, object]]:
    """Give every row every column, as a database does, and values that JSON knows."""
    names = dict.fromkeys(name for row in table for name in row)
    return [{name: _plain(row.get(name)) for name in names} for row in table]


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int) else str(value)


async def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--anchor", type=date.fromisoformat, default=date(2025, 9, 17))
    parser.add_argument("--stalls", type=float, default=0.0)
    options = parser.parse_args()
    async with SlowSource(options.anchor, options.stalls).serving() as source:
        print(source.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())

"""`python -m tests.cache.soak`: the proofs of the cache in full size.

The protocol searched within larger bounds; 1,000 rounds of writes through SQL, announced and by
the feed alone; chaos with many seeds.  Exits with 1 where anything is wrong.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg

from hawk_backend.observability import configure_logging
from tests.cache.chaos import Chaos
from tests.cache.desk import open_replica
from tests.cache.model import Budget, Rules, Violation, search
from tests.cache.rig import Database, House
from tests.cache.server import Server
from tests.cache.writes import Confirm, Drill, by_feed, by_word, drill
from tests.stack import LocalStack, running

BOUNDS = (
    Budget(writes=2, retirements=2, prompts=3),
    Budget(writes=2, retirements=1, polls=1, prompts=2, flushes=1),
    Budget(writes=2, retirements=1, prompts=2, snapshots=1, crashes=1),
    Budget(writes=1, retirements=1, polls=1, prompts=2, snapshots=1, crashes=1),
    Budget(writes=2, polls=2, prompts=2, restarts=1),
    Budget(writes=1, polls=2, prompts=1, snapshots=1, crashes=1, restarts=1),
    Budget(writes=2, retirements=1, prompts=2, flushes=1, snapshots=1, crashes=1),
)


def main() -> None:
    """Run all of it, or one part, and print what was done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", choices=["model", "writes", "chaos"])
    parser.add_argument("--rounds", type=int, default=1_000, help="of writes")
    parser.add_argument("--seeds", type=int, default=100, help="of chaos")
    options = parser.parse_args()
    configure_logging("ERROR", "json")
    parts: Mapping[str, Callable[[], Iterator[str]]] = {
        "model": _model,
        "writes": lambda: _writes(options.rounds),
        "chaos": lambda: _chaos(options.seeds),
    }
    wrong = [
        line for name, part in parts.items() if options.part in (None, name) for line in part()
    ]
    for line in wrong:
        _say(f"WRONG: {line}")
    raise SystemExit(bool(wrong))


def _model() -> Iterator[str]:
    for bounds in BOUNDS:
        began = time.monotonic()
        try:
            states = search(Rules(), bounds)
        except Violation as found:
            yield str(found)
        else:
            _say(f"model: {states:,} states in {time.monotonic() - began:.0f} s within {bounds}")


def _writes(rounds: int) -> Iterator[str]:
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "stack") as stack,
    ):
        for name, confirm in (("announced", by_word), ("by the feed alone", by_feed)):
            found = asyncio.run(_drill(stack, confirm, rounds))
            _say(f"writes {name}: {rounds} rounds, {found.prompts:,} prompts")
            yield from found.wrong


async def _drill(stack: LocalStack, confirm: Confirm, rounds: int) -> Drill:
    connection = await asyncpg.connect(stack.dsn)
    async with AsyncExitStack() as open_ones:
        open_ones.push_async_callback(connection.close)
        replicas = [await open_ones.enter_async_context(open_replica(stack.env)) for _ in range(2)]
        return await drill(connection, replicas, confirm, rounds)


def _chaos(seeds: int) -> Iterator[str]:
    asked = 0
    for seed in range(seeds):
        chaos = asyncio.run(_reign(seed))
        asked += chaos.did["asked"]
        yield from (f"seed {seed}: {line}" for line in chaos.wrong)
    _say(f"chaos: {seeds} seeds, {asked:,} prompts")


async def _reign(seed: int) -> Chaos:
    database = Database()
    database.watch()
    house = House(database)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        try:
            replicas = [await house.replica(server, timeout_s=0.05) for _ in range(2)]
            chaos = Chaos(database, replicas, server, random.Random(seed))
            await chaos.run(500)
        finally:
            await house.aclose()
            server.kill()
    return chaos


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

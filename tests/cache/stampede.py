"""`python -m tests.cache.stampede`: one replica of a stampede; the environment names the parts.

Says when it is ready, waits for a line, is asked by many prompts at once, twice, and prints what
it sent to the source and from where the second time's tables came.
"""

import asyncio
import json
import os
import sys
from collections import Counter

from tests.cache.desk import DeskReplica, open_replica

PROMPTS = 50


async def main() -> None:
    """Be one process of several."""
    async with open_replica(os.environ, interval_s=0.2) as replica:
        _say("ready")
        await asyncio.to_thread(sys.stdin.readline)
        first = await _all_at_once(replica)
        await asyncio.sleep(1)
        sent = Counter(replica.source.sent)
        second = await _all_at_once(replica)
        more = Counter(replica.source.sent) - sent
        _say(json.dumps({"sent": sent, "more": more, "first": first, "second": second}))


async def _all_at_once(replica: DeskReplica) -> dict[str, int]:
    """Return how many tables of all prompts ended in which state and tier."""
    answers = await asyncio.gather(*(replica.ask() for _ in range(PROMPTS)))
    ends = Counter(
        f"{result.state.value} {result.tier.value}"
        for results in answers
        for result in results.values()
    )
    return dict(ends)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())

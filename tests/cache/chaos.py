"""Anything in any order, by the dice: prompts, writes, retirements, polls, and Redis failing."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from hawk_backend.cache.stats import Cause
from hawk_backend.catalogue import Table
from hawk_backend.errors import CacheUnavailable
from hawk_backend.models import Freshness
from tests.cache.rig import PLAIN, VIEW, Database, Replica, seen
from tests.cache.server import Server

BASE = VIEW.bases[0]


@dataclass(slots=True)
class Chaos:
    """Two replicas and a Redis at the mercy of the dice; `wrong` says what prompts saw.

    `crashes` is how often Redis dies, in about a hundred actions; `floor` the write that a prompt
    which starts now must see at least, table by table.
    """

    database: Database
    replicas: list[Replica]
    server: Server
    dice: random.Random
    crashes: int = 4
    floor: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)
    saved: bool = False
    hung: bool = False
    over: bool = False

    async def run(self, actions: int) -> None:
        """Do so many things while prompts go on in both replicas."""
        self.database.after = self._slowly
        asking = [asyncio.create_task(self._keep_asking(r)) for r in self.replicas * 3]
        try:
            for _ in range(actions):
                await self._act()
                await asyncio.sleep(self.dice.random() * 0.004)
        finally:
            self.over = True
            if self.hung:
                self.server.resume()
            await asyncio.gather(*asking)

    async def _slowly(self, _: Table) -> None:
        await asyncio.sleep(self.dice.random() * 0.01)

    async def _keep_asking(self, replica: Replica) -> None:
        while not self.over:
            table, marks = (PLAIN, [PLAIN.name]) if self.dice.random() < 0.5 else (VIEW, [BASE])
            oldest = sum(self.floor[name] for name in marks)
            wish = self.dice.choice(list(Freshness))
            reading = await replica.look(table, freshness=wish)
            if self.dice.random() < 0.1:
                future = reading.start(table)
                await asyncio.sleep(self.dice.random() * 0.005)
                reading.leave([future])
                self.did["left"] += 1
                continue
            if (found := seen(await reading.start(table))) < oldest:
                self.wrong.append(f"{table.name}: {found} is older than {oldest}")
            self.did["asked"] += 1
            await asyncio.sleep(self.dice.random() * 0.002)

    async def _act(self) -> None:
        acts = {
            self._write: 30,
            self._retire: 25,
            self._poll: 20,
            self._flush: 3,
            self._snapshot: 4,
            self._crash: self.crashes,
            self._hang: 2,
        }
        act = self.dice.choices(list(acts), weights=list(acts.values()))[0]
        self.did[act.__name__] += 1
        await act()

    async def _write(self) -> None:
        self.database.write(self.dice.choice([PLAIN.name, BASE]))

    async def _retire(self) -> None:
        name = self.dice.choice([PLAIN.name, BASE])
        written = self.database.written[name]
        try:
            await self.dice.choice(self.replicas).slices.retire([name], Cause.CLEAR)
        except CacheUnavailable:
            self.did["not confirmed"] += 1
            return
        self.floor[name] = max(self.floor[name], written)

    async def _poll(self) -> None:
        written = dict(self.database.written)
        if await self.dice.choice(self.replicas).poll() is None:
            return
        for name in (PLAIN.name, BASE):
            self.floor[name] = max(self.floor[name], written.get(name, 0))

    async def _flush(self) -> None:
        if not self.hung:
            self.server.say("FLUSHALL")

    async def _snapshot(self) -> None:
        if not self.hung:
            self.server.save()
            self.saved = True

    async def _crash(self) -> None:
        if self.saved and self.dice.random() < 0.6:
            self.server.restore()
        else:
            self.server.kill()
            await asyncio.sleep(self.dice.random() * 0.05)
            self.server.start()
        self.hung = False

    async def _hang(self) -> None:
        if self.hung:
            self.server.resume()
        else:
            self.server.hang()
        self.hung = not self.hung

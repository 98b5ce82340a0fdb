"""What each part was like when it was last looked at: looking is done here, asking never waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from hawk_backend.errors import HawkError

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Probe:
    """How one part is looked at: `look` returns facts or raises; every `every_s` seconds."""

    look: Callable[[], Awaitable[Facts]]
    every_s: float = 2.0
    deadline_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Health:
    """A part's last known state; `up` is None until the first look has ended."""

    up: bool | None = None
    detail: str = "not looked at yet"
    facts: Facts = field(default_factory=dict)
    checked_at: float = 0.0

    @property
    def amiss(self) -> tuple[str, ...]:
        """What an operator should mend: the part is down, or it says what is wrong with it."""
        return (self.detail,) if self.up is not True else _sentences(self.facts, "problems")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What an operator may want to know."""
        return _sentences(self.facts, "warnings")

    @property
    def age_s(self) -> float:
        """Seconds since the last look."""
        return round(time.monotonic() - self.checked_at, 1) if self.checked_at else 0.0


class Watch:
    """One task a part looks at it again and again, so that a slow part delays nobody."""

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        self._probes = dict(probes)
        self._health = dict.fromkeys(probes, Health())
        self._first = {name: asyncio.Event() for name in probes}
        self._tasks: list[asyncio.Task[None]] = []

    def __getitem__(self, part: str) -> Health:
        """Return the last known state of a part."""
        return self._health[part]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the parts."""
        return iter(self._health)

    async def start(self, patience_s: float) -> None:
        """Begin to look; return when all parts were seen once, at the latest after `patience_s`."""
        self._tasks = [
            asyncio.create_task(self._keep_looking(name, probe), name=f"health:{name}")
            for name, probe in self._probes.items()
        ]
        await self.settled(patience_s)

    async def settled(self, patience_s: float) -> Mapping[str, Health]:
        """Return the state of all parts once each was seen, at the latest after `patience_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                for event in self._first.values():
                    await event.wait()
        return dict(self._health)

    async def aclose(self) -> None:
        """Stop looking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_looking(self, name: str, probe: Probe) -> None:
        while True:
            self._health[name] = await _look(probe)
            self._first[name].set()
            await asyncio.sleep(probe.every_s)


async def _look(probe: Probe) -> Health:
    try:
        async with asyncio.timeout(probe.deadline_s):
            facts = await probe.look()
    except TimeoutError:
        return _down(f"no answer within {probe.deadline_s} s")
    except HawkError as exc:
        return _down(exc.detail)
    except Exception as exc:  # noqa: BLE001 - whatever a part does wrong is its state, not ours
        return _down(type(exc).__name__)
    return Health(up=True, detail="ok", facts=facts, checked_at=time.monotonic())


def _down(detail: str) -> Health:
    return Health(up=False, detail=detail, checked_at=time.monotonic())


def _sentences(facts: Facts, name: str) -> tuple[str, ...]:
    found = facts.get(name)
    return tuple(map(str, found)) if isinstance(found, list) else ()

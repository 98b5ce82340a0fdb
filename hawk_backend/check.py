"""Check: what the settings reach, and what the database lacks, as a person reads it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from hawk_backend.api.health import Health
from hawk_backend.api.services import Services

_PATIENCE_S = 15.0
"""How long a part is waited for that does not answer."""
_SEE_TO = {
    "supabase": "SUPABASE_URL (or SUPABASE_REST_URL) and SUPABASE_SERVICE_ROLE_KEY",
    "redis": "REDIS_URL",
    "feed": "supabase/migrations, see docs/cache.md",
    "dify": "DIFY_API_URL and the DIFY_API_KEY of each app",
}
"""Where the remedy lies for a part that is amiss."""

Say: TypeAlias = Callable[[str], object]
Report: TypeAlias = Callable[[], Mapping[str, Any]]


async def check(services: Services, say: Say) -> bool:
    """Say line by line how the parts are, and what was found; return whether all is well."""
    report: Report = services.report
    parts = await services.watch.settled(_PATIENCE_S)
    source = await _discovered(report)
    for name, part in parts.items():
        _tell_part(name, part, say)
    _tell_topics("database and catalogue", source, say)
    _tell_topics("version feed", report()["feed"], say)
    return not any(part.amiss for part in parts.values())


async def _discovered(report: Report) -> Mapping[str, object]:
    """Return how database and catalogue differ, once that is known or has failed."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        source: Mapping[str, object] = report()["source"]
        if source["discovered"] or source["failure"]:
            break
        await asyncio.sleep(0.05)
    return source


def _tell_part(name: str, part: Health, say: Say) -> None:
    say(f"{'✗' if part.amiss else '✓'} {name}")
    for line in (*part.amiss, *part.warnings):
        say(f"    {line}")
    if part.amiss:
        say(f"    → {_SEE_TO[name]}")


def _tell_topics(title: str, topics: Mapping[str, object], say: Say) -> None:
    say(title)
    for topic, found in topics.items():
        say(f"    {topic.replace('_', ' ')}: {_listed(found)}")


def _listed(found: object) -> str:
    """Return what was found as a person reads it."""
    if isinstance(found, Mapping):
        parts = [f"{name} ({_listed(what)})" for name, what in found.items() if what]
        return ", ".join(parts) or "none"
    if isinstance(found, list | tuple):
        return ", ".join(map(str, found)) or "none"
    if isinstance(found, bool):
        return "yes" if found else "no"
    return "none" if found is None else str(found)

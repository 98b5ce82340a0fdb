"""Reading what a gateway answered: its events by kind, its contexts by part."""

from collections.abc import Iterable, Mapping
from typing import Any

import httpx

Event = Mapping[str, Any]
END = "=== END OF DATA ==="
FRESH = {"X-Hawk-Fresh": "1"}
"""Header with which every table is read from the source, whatever is cached."""


def only(events: Iterable[Event], kind: str) -> Event:
    """Return the one event of a kind."""
    [found] = [event for event in events if event["event"] == kind]
    return found


def tables(events: Iterable[Event]) -> dict[str, Event]:
    """Return what was told of each table."""
    return {event["table"]: event for event in events if event["event"] == "hawk_table"}


def answer(events: Iterable[Event]) -> str:
    """Return the whole text of the answer."""
    return "".join(event["answer"] for event in events if event["event"] == "agent_message")


async def explained(client: httpx.AsyncClient, prompt: str, **fields: object) -> dict[str, Any]:
    """Return how a prompt is read, and the very context that Dify would get."""
    body = {"user_prompt": prompt, **fields}
    response = await client.post("/hawk-agent/explain?context=true", json=body)
    response.raise_for_status()
    found: dict[str, Any] = response.json()
    return found


async def context_of(client: httpx.AsyncClient, prompt: str, **fields: object) -> str:
    """Return the very context that Dify would get."""
    return str((await explained(client, prompt, **fields))["context"])


def block(context: str, title: str) -> list[dict[str, str]]:
    """Return the records of the table or desk table whose heading begins with `title`."""
    lines = context.splitlines()
    [start] = [at for at, line in enumerate(lines) if line.startswith(f"--- {title}")]
    rows = []
    for line in lines[start + 1 :]:
        if not line.startswith("| "):
            break
        rows.append([cell.strip() for cell in line.removeprefix("| ").split(" | ")])
    header, *records = rows
    return [dict(zip(header, record, strict=False)) for record in records]


def manifest(context: str) -> dict[str, dict[str, str]]:
    """Return the manifest's line of each table."""
    part = context.partition("=== DATA EXTRACTION SUMMARY ===")[2].partition("=== RELEVANT")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    header, *records = [[cell.strip() for cell in line[2:].split(" | ")] for line in lines]
    named = [dict(zip(header, record, strict=False)) for record in records]
    return {record["Table"]: record for record in named}

"""The command line: dev, serve, ask, explain, analyze, warm, status, check, openapi.

Imports stand inside the commands: `--help` answers at once, and `serve` loads nothing that only
`dev` needs.
"""

import asyncio
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from hawk_backend import __version__
from hawk_backend.errors import ConfigurationError, HawkError

_LOOK_S = 0.2
"""How often `warm` looks how far it is."""

app = typer.Typer(
    name="hawk-backend",
    help="HAWK: a prompt becomes an intent, a plan, rows, a context, and an answer relayed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Url = Annotated[
    str,
    typer.Option(
        help="Address of a running gateway.", envvar="HAWK_URL", show_default="from HAWK_PORT"
    ),
]
PromptText = Annotated[str, typer.Argument(help='What to ask, such as "Status of ORD-123".')]


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Options of every command."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Port of the gateway.", min=0, max=65535)] = 8004,
    data: Annotated[
        Path | None, typer.Option(help="Data folder.", show_default="in the user's cache folder")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Start from fresh data.")] = False,
    gateway: Annotated[
        bool, typer.Option("--gateway/--no-gateway", help="Run the gateway beside its parts.")
    ] = True,
) -> None:
    """Run it all on this machine: PostgreSQL, PostgREST, Valkey, a Dify stand-in, the gateway."""
    from hawk_backend.dev.launch import DevOptions, run
    from hawk_backend.settings import read_clock

    zone = read_clock().hawk_tz
    options = DevOptions(port=port, data=data, reset=reset, gateway=gateway, zone=zone)
    raise typer.Exit(run(options))


@app.command()
def serve() -> None:
    """Run the gateway, set up by the environment and .env (see .env.example)."""
    from hawk_backend.app import create_app
    from hawk_backend.observability import configure_logging
    from hawk_backend.serve import serve as run
    from hawk_backend.settings import read_settings

    settings = read_settings()
    configure_logging(settings.hawk_log_level, settings.hawk_log_format)
    run(create_app(settings), settings.hawk_host, settings.hawk_port)


@app.command()
def ask(
    prompt: PromptText,
    url: Url = "",
    events: Annotated[bool, typer.Option("--events", help="Print every event as JSON.")] = False,
) -> None:
    """Ask a running gateway; stages go to standard error, the answer to standard output."""
    asyncio.run(_ask(prompt, _address(url), events=events))


async def _ask(prompt: str, url: str, *, events: bool) -> None:
    from hawk_backend.clients.gateway import open_gateway

    event: dict[str, Any] = {"event": ""}
    async with open_gateway(url) as gateway:
        async for event in gateway.ask(prompt):
            if events:
                _print_json(event, pretty=False)
            elif event["event"] == "agent_message":
                typer.echo(event["answer"], nl=False)
            elif line := _progress(event):
                typer.echo(line, err=True)
    typer.echo()
    _require_end(event)


def _require_end(last: dict[str, Any]) -> None:
    """Raise where the last event tells of a failure, or is not the end of an answer."""
    if last["event"] == "error":
        where = f"the gateway's log under {last['request_id']}, or hawk-backend check"
        raise HawkError(last["message"], remedy=f"see {where}; then ask again")
    if last["event"] != "message_end":
        where = "whether a gateway is there, with hawk-backend status"
        raise HawkError("The answer broke off before its end.", remedy=f"see {where}")


def _progress(event: dict[str, Any]) -> str:
    """Return one line about a stage, or nothing for an event that is no news on a terminal."""
    kind = event["event"].removeprefix("hawk_")
    if kind == "intent":
        return f"intent   {event['intent']} ({event['confidence']:.0%}, {event['scope']})"
    if kind == "table":
        rows = event["rows"]
        return (
            f"table    {event['table']}: {event['state']}, {rows} {'row' if rows == 1 else 'rows'}"
        )
    if kind == "context":
        return f"context  {event['chars']:,} characters, sha256 {event['sha256'][:12]}"
    if kind == "queue":
        return f"queue    place {event['position']}"
    if kind == "done":
        return f"\ndone     {event['outcome']}"
    return ""


@app.command()
def explain(
    prompt: PromptText,
    url: Url = "",
    context: Annotated[
        bool, typer.Option("--context", help="Print the very context that Dify would get.")
    ] = False,
) -> None:
    """Say how a prompt is read, which tables answer it, and why; Dify is not asked."""
    answer = _call(url, "POST", f"/hawk-agent/explain?context={context}", {"user_prompt": prompt})
    if context:
        typer.echo(answer["context"], nl=False)
    else:
        _print_json(answer)


@app.command()
def warm(url: Url = "") -> None:
    """Have a running gateway read every table into memory; shows how far it is."""
    asyncio.run(_warm(_address(url)))


async def _warm(url: str) -> None:
    from hawk_backend.clients.gateway import open_gateway

    async with open_gateway(url) as gateway:
        progress = await gateway.post("/cache/warm", {})
        while progress["left"]:
            typer.echo(f"{progress['done']} of {progress['total']} tables", err=True)
            await asyncio.sleep(_LOOK_S)
            progress = (await gateway.get("/cache/stats"))["warm"]
        stats = await gateway.get("/cache/stats")
    failed = f", {progress['failed']} could not be read" if progress["failed"] else ""
    size = stats["memory_bytes"] / 1e6
    typer.echo(f"{stats['memory_cache_size']} tables in memory, {size:.1f} MB{failed}")


@app.command()
def status(url: Url = "") -> None:
    """Print /system/status of a running gateway."""
    _print_json(_call(url, "GET", "/system/status"))


@app.command()
def check() -> None:
    """Say what the settings reach, and what the database lacks; exit 1 where a part is amiss."""
    raise typer.Exit(0 if asyncio.run(_check()) else 1)


async def _check() -> bool:
    from contextlib import AsyncExitStack

    from hawk_backend.check import check as tell
    from hawk_backend.observability import configure_logging
    from hawk_backend.opening import open_services
    from hawk_backend.settings import read_settings

    configure_logging("ERROR", "console")
    async with AsyncExitStack() as stack:
        return await tell(await open_services(read_settings(), stack), typer.echo)


@app.command()
def analyze(
    prompt: Annotated[str | None, typer.Argument(help="One prompt to read.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="Prompts, one a line: plain text, or JSON with user_prompt.",
            show_default="standard input",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    gazetteer: Annotated[
        Path | None,
        typer.Option(
            help="JSON that maps names of entities to their ids.", exists=True, dir_okay=False
        ),
    ] = None,
) -> None:
    """Read prompts and print what each asks for, one JSON object a line; nothing is fetched."""
    import orjson

    from hawk_backend.pipeline.intent import IntentParser
    from hawk_backend.pipeline.intent.analyze import analyze as frames_of
    from hawk_backend.pipeline.intent.analyze import read_records
    from hawk_backend.settings import read_clock

    names = _names(gazetteer) if gazetteer else None
    lines = [prompt] if prompt is not None else _lines(file)
    records = read_records(lines) if prompt is None else lines
    frames = frames_of(IntentParser(read_clock().today, names), records)
    with _progress_of(frames, len(lines)) as shown:
        for frame in shown:
            sys.stdout.buffer.write(orjson.dumps(frame, option=orjson.OPT_APPEND_NEWLINE))


def _names(gazetteer: Path) -> dict[str, str]:
    import orjson

    try:
        names = orjson.loads(gazetteer.read_bytes())
    except ValueError:
        names = None
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise ConfigurationError(
            f"{gazetteer} is no gazetteer.", remedy='write {"<name>": "<entity id>", …} into it'
        )
    return names


def _lines(file: Path | None) -> list[str]:
    if file is None and sys.stdin.isatty():
        raise ConfigurationError(
            "No prompt was given.", remedy="give one as argument, a --file, or pipe lines in"
        )
    data = file.read_bytes() if file else sys.stdin.buffer.read()
    lines = data.decode("utf-8", "replace").split("\n")
    return [line for line in lines if line.strip()]


def _progress_of(
    frames: Iterator[dict[str, object]], count: int
) -> AbstractContextManager[Iterable[dict[str, object]]]:
    """Show a bar on a terminal where there is more than one prompt to wait for."""
    if count < 2 or not sys.stderr.isatty():  # noqa: PLR2004 - a bar for one is noise
        return nullcontext(frames)
    return typer.progressbar(frames, length=count, label="reading", file=sys.stderr)


@app.command()
def openapi() -> None:
    """Print the OpenAPI description."""
    import orjson

    from hawk_backend.app import create_app
    from hawk_backend.settings import Settings

    description = create_app(Settings.model_construct()).openapi()
    sys.stdout.buffer.write(orjson.dumps(description, option=orjson.OPT_INDENT_2) + b"\n")


def _address(url: str) -> str:
    from hawk_backend.settings import read_settings

    return url or f"http://127.0.0.1:{read_settings().hawk_port}"


def _call(url: str, method: str, path: str, body: dict[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
    from hawk_backend.clients.gateway import open_gateway

    async def call() -> object:
        async with open_gateway(_address(url)) as gateway:
            return await (gateway.post(path, body or {}) if method == "POST" else gateway.get(path))

    return asyncio.run(call())


def _print_json(value: object, *, pretty: bool = True) -> None:
    import orjson

    option = orjson.OPT_INDENT_2 if pretty else 0
    typer.echo(orjson.dumps(value, option=option).decode())


def main() -> None:
    """Run the command line; an error of ours is one line and its remedy, not a traceback."""
    try:
        app()
    except HawkError as exc:
        typer.echo(f"hawk-backend: {exc.detail}", err=True)
        if exc.remedy:
            typer.echo(f"  → {exc.remedy}", err=True)
        raise SystemExit(1) from None

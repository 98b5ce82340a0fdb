"""The command line as a person uses it: what it prints, where, and the exit code."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from hawk_backend import __version__
from hawk_backend.dev.process import free_ports
from tests.dev.launcher import COMMAND, bare_environment
from tests.gateway import open_gateway
from tests.stack import LocalStack

GOLDEN = "Check if I can hedge 150K CNY today"


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where commands run: a folder without a .env."""
    return tmp_path


async def hawk(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
    """Run `hawk-backend` with these arguments to its end."""
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        *arguments,
        cwd=folder,
        env=bare_environment() | dict(env or {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Ended(process.returncode or 0, out.decode(), err.decode())


def url(gateway: httpx.AsyncClient) -> str:
    """Return the address of a live gateway."""
    return str(gateway.base_url)


@pytest.mark.parametrize(
    "command",
    ["", "dev", "serve", "ask", "explain", "analyze", "warm", "status", "check", "openapi"],
)
async def test_every_command_explains_itself(folder: Path, command: str) -> None:
    """--help says what a command is for."""
    ended = await hawk(folder, *command.split(), "--help")
    assert (ended.code, ended.err) == (0, "")
    assert "Usage: hawk-backend" in ended.out


async def test_the_version_is_the_packages(folder: Path) -> None:
    """--version prints nothing else."""
    assert await hawk(folder, "--version") == Ended(0, f"{__version__}\n", "")


async def test_ask_prints_the_answer_and_tells_the_stages(
    folder: Path, gateway: httpx.AsyncClient
) -> None:
    """The answer goes to standard output, what happens meanwhile to standard error."""
    ended = await hawk(folder, "ask", GOLDEN, "--url", url(gateway))
    assert ended.code == 0
    assert "1,347,500" in ended.out
    assert "hedge_utilization" in ended.err
    assert "position_nav_master: fresh, 8 rows\n" in ended.err
    assert "currency_configuration: fresh, 1 row\n" in ended.err
    assert "completed" in ended.err


async def test_ask_can_print_every_event(folder: Path, gateway: httpx.AsyncClient) -> None:
    """--events prints one JSON object a line, the terminal event last."""
    ended = await hawk(folder, "ask", GOLDEN, "--events", "--url", url(gateway))
    events = [json.loads(line) for line in ended.out.splitlines() if line]
    assert (events[0]["event"], events[-1]["event"]) == ("hawk_started", "message_end")


async def test_explain_shows_the_reading_or_the_context(
    folder: Path, gateway: httpx.AsyncClient
) -> None:
    """Explain prints how a prompt is read, and with --context what Dify would get."""
    read = await hawk(folder, "explain", GOLDEN, "--url", url(gateway))
    assert json.loads(read.out)["intent"] == "hedge_utilization"
    context = await hawk(folder, "explain", GOLDEN, "--context", "--url", url(gateway))
    assert "1,347,500.0" in context.out
    assert context.out.startswith("Positions as of: ")
    assert context.out.endswith("\n=== END OF DATA ===\n")  # not a byte more


async def test_status_prints_what_the_gateway_says(
    folder: Path, gateway: httpx.AsyncClient
) -> None:
    """Status is /system/status, for people."""
    status = json.loads((await hawk(folder, "status", "--url", url(gateway))).out)
    assert status["components"]["supabase"]["total_entities"] == 44


async def test_warm_shows_how_far_it_is(folder: Path, gateway: httpx.AsyncClient) -> None:
    """It waits until every table of the database is in memory, and says what they take."""
    ended = await hawk(folder, "warm", "--url", url(gateway))
    assert ended.code == 0
    said = re.fullmatch(r"(\d+) tables in memory, ([\d.]+) MB\n", ended.out)
    assert said is not None
    assert int(said[1]) >= 40
    assert 0 < float(said[2]) < 20


async def test_a_refusal_is_one_line_and_its_remedy(
    folder: Path, gateway: httpx.AsyncClient
) -> None:
    """What the gateway refuses is told as it tells it, with exit code 1."""
    ended = await hawk(folder, "ask", " ", "--url", url(gateway))
    assert ended.code == 1
    assert "user_prompt" in ended.err
    assert "→" in ended.err
    assert "Traceback" not in ended.err


async def test_ask_says_how_an_answer_failed_and_where_to_look(
    folder: Path, stack: LocalStack
) -> None:
    """The answer's last words say what happened, the exit code is 1, the remedy is a remedy."""
    away = f"http://127.0.0.1:{free_ports(1)[0]}/v1"
    async with open_gateway(stack, dify_api_url=away) as gateway:
        ended = await hawk(folder, "ask", GOLDEN, "--url", url(gateway))
    assert ended.code == 1
    assert "could not be reached" in ended.out
    assert re.search(
        r"→ see the gateway's log under [0-9a-f]{32}, or hawk-backend check", ended.err
    )


@pytest.mark.parametrize("body", [b"", b'data: {"event":"agent_message","answer":"It is "}\n\n'])
async def test_ask_says_that_an_answer_has_no_end(folder: Path, body: bytes) -> None:
    """A stream without its terminal event, or without any, is no answer: the exit code is 1."""

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + body)
        writer.close()

    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        ended = await hawk(folder, "ask", GOLDEN, "--url", f"http://127.0.0.1:{port}")
    assert ended.code == 1
    assert ended.out == ("It is \n" if body else "\n")
    assert "broke off" in ended.err
    assert "hawk-backend status" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("command", [("ask", "x"), ("explain", "x"), ("status",)])
async def test_without_a_gateway_the_way_to_one_is_named(
    folder: Path, command: tuple[str, ...]
) -> None:
    """Nobody at the address is one line with the address and what to do."""
    (port,) = free_ports(1)
    ended = await hawk(folder, *command, env={"HAWK_PORT": str(port)})
    assert ended.code == 1
    assert f"No gateway answers at http://127.0.0.1:{port}" in ended.err
    assert "./scripts/dev" in ended.err
    assert "Traceback" not in ended.err


async def test_check_says_that_all_is_well(folder: Path, stack: LocalStack) -> None:
    """With everything within reach check names the parts and exits with 0."""
    ended = await hawk(folder, "check", env=stack.env)
    assert ended.code == 0
    assert all(f"✓ {part}\n" in ended.out for part in ("supabase", "redis", "dify", "feed"))
    assert "mode: live" in ended.out
    assert "tables without trigger: none" in ended.out
    assert "views that differ: v_stage2_stuck (not_in_database (deal_bookings))" in ended.out
    assert "absent columns: none" in ended.out
    assert "discovered: yes" in ended.out
    assert "{" not in ended.out


async def test_check_says_what_is_amiss(folder: Path, stack: LocalStack) -> None:
    """A wrong key is named at its part, the others are still looked at, the exit code is 1."""
    ended = await hawk(folder, "check", env={**stack.env, "DIFY_API_KEY": "app-wrong"})
    assert ended.code == 1
    assert "✗ dify\n    Dify answered 401" in ended.out
    assert "✓ supabase\n" in ended.out


async def test_check_says_where_the_remedy_lies(folder: Path, stack: LocalStack) -> None:
    """Each part that cannot be reached is told with the settings that lead to it."""
    nobody = f"127.0.0.1:{free_ports(1)[0]}"
    away = {
        "SUPABASE_REST_URL": f"http://{nobody}",
        "REDIS_URL": f"redis://{nobody}",
        "DIFY_API_URL": f"http://{nobody}/v1",
    }
    ended = await hawk(folder, "check", env={**stack.env, **away})
    assert ended.code == 1
    parts = dict(re.findall(r"✗ (\w+)\n(?:    .*\n)*?    → (.*)\n", ended.out))
    assert parts.keys() == {"supabase", "redis", "feed", "dify"}
    assert "SUPABASE_URL" in parts["supabase"]
    assert "migrations" in parts["feed"]


async def test_check_without_settings_says_where_they_stand(folder: Path) -> None:
    """Nothing set up is one line and its remedy."""
    ended = await hawk(folder, "check", env={"SUPABASE_URL": ""})
    assert ended.code == 1
    assert "copy .env.example to .env" in ended.err


async def test_openapi_needs_no_settings(folder: Path) -> None:
    """The description is printed without anything to connect to."""
    description = json.loads((await hawk(folder, "openapi")).out)
    assert "/hawk-agent/process-prompt" in description["paths"]


async def test_analyze_reads_one_prompt(folder: Path) -> None:
    """A prompt as argument becomes one frame on one line."""
    ended = await hawk(folder, "analyze", GOLDEN)
    frame = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert (frame["intent"], frame["slots"]["amount"]) == ("hedge_utilization", 150_000)


async def test_analyze_reads_a_file_of_texts_and_records(folder: Path) -> None:
    """Plain lines, JSON texts and records may stand in one file; each becomes a line."""
    prompts = folder / "prompts.jsonl"
    record = {"id": 7, "user_prompt": "SEK 2M", "template_category": "rollover"}
    prompts.write_text(f"unwind ORD-1\n\n{json.dumps(record)}\n" + '"show positions"\n', "utf-8")
    ended = await hawk(folder, "analyze", "--file", str(prompts))
    frames = [json.loads(line) for line in ended.out.splitlines()]
    assert [frame["intent"] for frame in frames] == [
        "hedge_termination",
        "hedge_rollover",
        "position_monitoring",
    ]
    assert frames[1]["id"] == 7


async def test_analyze_names_a_broken_line(folder: Path) -> None:
    """A line that begins like JSON and is none is named, with the remedy."""
    prompts = folder / "prompts.jsonl"
    prompts.write_text('show positions\n{"user_prompt": \n', "utf-8")
    ended = await hawk(folder, "analyze", "--file", str(prompts))
    assert ended.code == 1
    assert "Line 2" in ended.err


@pytest.mark.parametrize("text", ["", "Citibank: 1", "[]", '{"Citibank": 1}'])
async def test_analyze_says_what_a_gazetteer_is(folder: Path, text: str) -> None:
    """A file that maps no names to ids is named, with the form that it should have."""
    gazetteer = folder / "names.json"
    gazetteer.write_text(text, "utf-8")
    ended = await hawk(folder, "analyze", GOLDEN, "--gazetteer", str(gazetteer))
    assert (ended.code, ended.out) == (1, "")
    assert "names.json is no gazetteer" in ended.err
    assert "Traceback" not in ended.err

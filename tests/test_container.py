"""The image and the compose file: valid, closed to the outside, and complete."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hawk_backend.settings import Settings
from hawk_backend.web import STATIC, VENDOR

ROOT = Path(__file__).parent.parent
DOCKERFILE = ROOT / "Dockerfile"
COMPOSE = ROOT / "docker-compose.yml"
SCRIPTS = Path(sys.executable).parent


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions in order, each on one line."""
    joined = DOCKERFILE.read_text().replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.strip().partition(" ") for line in lines)]


def final_stage() -> dict[str, str]:
    """Return the last stage's instructions, the last of each name."""
    stage: dict[str, str] = {}
    for name, rest in instructions():
        stage = {} if name == "FROM" else stage | {name: rest}
    return stage


@pytest.fixture
def services() -> dict[str, Any]:
    """Return the services of the compose file."""
    services: dict[str, Any] = YAML(typ="safe").load(COMPOSE)["services"]
    return services


def said(tool: str, *arguments: str | Path) -> str:
    """Return what a tool of this environment prints; it must be content."""
    command = [SCRIPTS / tool, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_dockerfile_passes_its_linter() -> None:
    """Hadolint has nothing to say, not even at its mildest level."""
    assert said("hadolint", "--failure-threshold", "style", DOCKERFILE) == ""


def test_the_compose_file_has_the_right_form() -> None:
    """It is valid under the schema of the compose specification."""
    assert "ok" in said("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)


def test_every_package_is_held_to_its_hash() -> None:
    """Whatever pip installs is either hash-locked or the wheel that was just built."""
    installs = re.findall(r"pip install ([^&]*)", DOCKERFILE.read_text().replace("\\\n", " "))
    assert len(installs) == 3
    for options in installs:
        assert "--require-hashes" in options or "--no-index" in options


def test_the_image_runs_as_nobody_in_particular() -> None:
    """The user is a number other than root's, so that an orchestrator can check it."""
    user, _, group = final_stage()["USER"].partition(":")
    assert int(user) >= 1000
    assert int(group) >= 1000


def test_the_image_says_whether_it_is_well() -> None:
    """The health check asks the operation and the port that the gateway serves."""
    stage = final_stage()
    port = str(Settings.model_fields["hawk_port"].default)
    assert stage["EXPOSE"] == port
    assert "/health" in stage["HEALTHCHECK"]
    assert port in stage["HEALTHCHECK"]
    assert stage["CMD"] == '["hawk-backend", "serve"]'


def test_the_image_alone_trusts_nobody() -> None:
    """Only the compose file, which publishes on loopback, opens the bind."""
    assert "HAWK_TRUSTED_NETWORK" not in DOCKERFILE.read_text()
    assert "HAWK_HOST" not in DOCKERFILE.read_text()


def test_nothing_is_published_beyond_this_machine(services: dict[str, Any]) -> None:
    """Every published port is on loopback, and the cache's is not published at all."""
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:8004:8004"]
    assert "ports" not in services["valkey"]


@pytest.mark.parametrize("name", ["gateway", "valkey"])
def test_a_service_can_do_no_more_than_it_must(services: dict[str, Any], name: str) -> None:
    """Read-only, without capabilities, without new privileges, and started again when it ends."""
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"


def test_the_cache_is_pinned_and_forgets(services: dict[str, Any]) -> None:
    """Valkey's image is a version, and nothing that it holds survives its restart."""
    assert re.fullmatch(r"valkey/valkey:\d+\.\d+\.\d+-alpine", services["valkey"]["image"])
    command = services["valkey"]["command"]
    assert command[command.index("--save") + 1] == ""
    assert command[command.index("--appendonly") + 1] == "no"
    assert services["gateway"]["depends_on"] == {"valkey": {"condition": "service_healthy"}}


def test_the_gateway_ends_before_it_is_killed(services: dict[str, Any]) -> None:
    """Docker waits longer than open streams may run on."""
    drain = Settings.model_fields["hawk_drain_s"].default
    assert int(services["gateway"]["stop_grace_period"].removesuffix("s")) > drain


def test_every_setting_of_the_compose_file_exists(services: dict[str, Any]) -> None:
    """Each name is a setting, documented in .env.example, and its values start a gateway."""
    environment: dict[str, str] = services["gateway"]["environment"]
    documented = set(
        re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    assert environment.keys() <= documented
    values = {name.lower(): value for name, value in environment.items()}
    assert values.keys() <= Settings.model_fields.keys()
    settings = Settings.model_validate(values)
    assert (settings.hawk_host, settings.hawk_trusted_network) == ("0.0.0.0", True)  # noqa: S104 - inside the container


def test_no_secret_reaches_the_builder() -> None:
    """What the image is built from is listed name by name; .env is not among it."""
    *rules, _ = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    assert "*" in rules
    copied = {
        source
        for name, rest in instructions()
        if name == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in allowed)


def test_the_wheel_carries_the_page(tmp_path: Path) -> None:
    """The page and its third-party code are in the wheel, though git ignores the latter."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*command, "--directory", tmp_path], cwd=ROOT, capture_output=True, check=True)
    [wheel] = tmp_path.glob("*.whl")
    carried = set(zipfile.ZipFile(wheel).namelist())
    files = [*STATIC.iterdir(), *VENDOR.iterdir()]
    assert {str(path.relative_to(ROOT)) for path in files} <= carried

"""Settings: safe when left alone, complete in .env.example."""

import re
from datetime import date
from pathlib import Path

import pytest

from hawk_backend.errors import ConfigurationError
from hawk_backend.settings import Settings, read_clock, read_settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HAWK_HOST", "0.0.0.0", "HAWK_TRUSTED_NETWORK=1"),  # noqa: S104
        ("HAWK_AUTH", "api_key", "not available yet"),
        ("HAWK_SUPABASE_MODE", "user", "authentication"),
        ("ALLOWED_ORIGINS", "*", "* is refused"),
        ("ALLOWED_ORIGINS", "https://*.desk.example", "list exact ones"),
        ("ALLOWED_ORIGINS", "http://localhost:4200,localhost:4300", "localhost:4300 is no origin"),
        ("ALLOWED_ORIGINS", "https://desk.example/hawk", "without a path"),
        ("HAWK_WEBHOOK_SECRETS", " , ", "HAWK_WEBHOOK_SECRETS: lists nothing"),
        ("HAWK_PORT", "http", "HAWK_PORT"),
        ("HAWK_TODAY", "yesterday", "HAWK_TODAY"),
        ("SUPABASE_URL", "project.supabase.co", "write it as https://host"),
        ("DIFY_API_URL", "ftp://dify", "write it as https://host"),
    ],
)
def test_an_unsafe_or_wrong_setting_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """A setting that cannot be honoured stops the start and says why."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        read_settings()


def test_a_trusted_network_opens_the_bind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another bind is possible once the operator says that something guards the port."""
    monkeypatch.setenv("HAWK_HOST", "0.0.0.0")  # noqa: S104
    monkeypatch.setenv("HAWK_TRUSTED_NETWORK", "1")
    assert read_settings().hawk_host == "0.0.0.0"  # noqa: S104


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_any_loopback_address_is_safe(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """What cannot be reached from outside needs nobody's word."""
    monkeypatch.setenv("HAWK_HOST", host)
    assert read_settings().hawk_host == host


def test_the_clock_is_read_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The zone can be had where another setting is wrong."""
    monkeypatch.setenv("HAWK_HOST", "0.0.0.0")  # noqa: S104
    monkeypatch.setenv("HAWK_TZ", "Europe/Berlin")
    assert str(read_clock().hawk_tz) == "Europe/Berlin"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://dify.local", "http://dify.local/v1"),
        ("http://dify.local/", "http://dify.local/v1"),
        ("http://dify.local/v1/", "http://dify.local/v1"),
        ("http://dify.local/gate/v1", "http://dify.local/gate/v1"),
    ],
)
def test_the_version_is_appended_to_a_bare_dify_address(given: str, used: str) -> None:
    """DIFY_API_URL is used as given; /v1 is appended where its path is empty."""
    assert Settings(dify_api_url=given).dify_api_url == used


def test_a_fixed_date_is_the_desks_today() -> None:
    """HAWK_TODAY fixes the date and leaves the time of day and the zone."""
    settings = Settings(hawk_today=date(2025, 9, 17))
    assert settings.today() == settings.now().date() == date(2025, 9, 17)
    assert str(settings.now().tzinfo) == "Asia/Singapore"


def test_secrets_do_not_show() -> None:
    """A key is never part of the settings' repr."""
    settings = Settings.model_validate({"dify_api_key": "app-secret", "redis_url": "redis://:pw@h"})
    assert "app-secret" not in repr(settings)
    assert "pw" not in repr(settings)


def test_the_example_lists_every_setting_with_its_default() -> None:
    """.env.example has one described line for every setting, and no other."""
    text = EXAMPLE.read_text("utf-8")
    listed = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE)
    assert sorted(listed) == sorted(name.upper() for name in Settings.model_fields)

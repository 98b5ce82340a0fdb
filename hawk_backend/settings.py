"""Settings: the environment and `.env`, typed and frozen; read by app and cli only."""

import re
from datetime import date, datetime
from ipaddress import ip_address
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from hawk_backend.errors import ConfigurationError

Read = TypeVar("Read", bound=BaseSettings)
Seconds = Annotated[float, Field(gt=0)]
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/*\s]+")


class DeskClock(BaseSettings):
    """What decides the desk's date; the local stack reads this part alone."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    hawk_tz: ZoneInfo = ZoneInfo("Asia/Singapore")
    hawk_today: date | None = None

    def now(self) -> datetime:
        """Return the present instant in HAWK_TZ; on HAWK_TODAY where that fixes the date."""
        now = datetime.now(self.hawk_tz)
        if self.hawk_today is None:
            return now
        return datetime.combine(self.hawk_today, now.timetz())

    def today(self) -> date:
        """Return the desk's date: HAWK_TODAY, else the date in HAWK_TZ."""
        return self.hawk_today or self.now().date()


class Settings(DeskClock):
    """Everything that an operator can set; `.env.example` lists all with one line each."""

    supabase_url: str = ""
    supabase_rest_url: str = ""
    supabase_anon_key: SecretStr = SecretStr("")
    supabase_service_role_key: SecretStr = SecretStr("")
    supabase_jwt_secret: SecretStr = SecretStr("")
    redis_url: SecretStr = SecretStr("")
    dify_api_url: str = "https://api.dify.ai/v1"
    dify_api_key: SecretStr = SecretStr("")
    dify_api_key_allocation: SecretStr = SecretStr("")
    dify_api_key_booking: SecretStr = SecretStr("")
    dify_api_key_analytics: SecretStr = SecretStr("")
    dify_api_key_config: SecretStr = SecretStr("")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ("http://localhost:4200",)

    hawk_host: str = "127.0.0.1"
    hawk_port: int = Field(default=8004, ge=0, le=65535)
    hawk_auth: Literal["none", "api_key", "supabase_jwt"] = "none"
    hawk_trusted_network: bool = False
    hawk_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    hawk_log_format: Literal["json", "console"] = "json"
    hawk_replica: str = ""

    hawk_supabase_mode: Literal["service", "user"] = "service"
    hawk_supabase_concurrency: int = Field(default=32, ge=1)
    hawk_prepare_deadline_s: Seconds = 1.8

    hawk_redis_timeout_s: Seconds = 0.05
    hawk_cache_mb: int = Field(default=256, ge=1)
    hawk_feed_interval_s: Seconds = 1
    hawk_feed_max_age_s: Seconds = 3
    hawk_webhook_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    hawk_policy_tables: Annotated[tuple[str, ...], NoDecode] = ()

    hawk_context_limit: int = Field(default=100_000, ge=2_000, le=100_000)

    hawk_dify_context_delivery: Literal["inputs", "query"] = "inputs"
    hawk_dify_context_variable: str = "optimized_context"
    hawk_dify_concurrency: int = Field(default=8, ge=1)
    hawk_dify_queue: int = Field(default=256, ge=0)
    hawk_dify_connect_s: Seconds = 2
    hawk_dify_first_byte_s: Seconds = 60
    hawk_dify_idle_s: Seconds = 30
    hawk_dify_total_s: Seconds = 1200
    hawk_heartbeat_s: Seconds = 10
    hawk_write_timeout_s: Seconds = 20
    hawk_resume_s: float = Field(default=15, ge=0)
    hawk_replay_s: float = Field(default=600, ge=0)
    hawk_replay_bytes: int = Field(default=64 * 1024 * 1024, ge=0)
    hawk_run_bytes: int = Field(default=32 * 1024 * 1024, ge=64 * 1024)
    hawk_drain_s: float = Field(default=30, ge=0)

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip().rstrip("/").lower() for part in value.split(",") if part.strip())

    @field_validator("allowed_origins")
    @classmethod
    def _as_browsers_write_them(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin} is no origin: list exact ones such as https://host or "
                    "http://host:port, without a path; * is refused"
                )
        return value

    @field_validator("hawk_webhook_secrets", "hawk_policy_tables", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = tuple(part.strip() for part in value.split(",") if part.strip())
        if value and not parts:
            raise ValueError("lists nothing: leave it unset, or write values with commas between")
        return parts

    @field_validator("supabase_url", "supabase_rest_url", "dify_api_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("write it as https://host or http://host:port")
        return value

    @field_validator("dify_api_url")
    @classmethod
    def _with_version(cls, value: str) -> str:
        """`/v1` is appended where the path is empty."""
        parts = urlsplit(value.rstrip("/"))
        return urlunsplit(parts._replace(path=parts.path or "/v1"))

    @model_validator(mode="after")
    def _safe_when_left_alone(self) -> Self:
        if self.hawk_auth != "none":
            raise ValueError(
                f"HAWK_AUTH={self.hawk_auth} is not available yet: leave it at none and keep "
                "the port on loopback or behind something that guards it"
            )
        if self.hawk_supabase_mode != "service":
            raise ValueError("HAWK_SUPABASE_MODE=user needs authentication, which is not built yet")
        if not _is_loopback(self.hawk_host) and not self.hawk_trusted_network:
            raise ValueError(
                f"HAWK_HOST={self.hawk_host} is reachable from outside this machine: set "
                "HAWK_TRUSTED_NETWORK=1 to say that something else guards the port"
            )
        return self

    @property
    def rest_url(self) -> str:
        """Address of PostgREST: `SUPABASE_REST_URL`, else `{SUPABASE_URL}/rest/v1`."""
        if self.supabase_rest_url:
            return self.supabase_rest_url.rstrip("/")
        return f"{self.supabase_url.rstrip('/')}/rest/v1" if self.supabase_url else ""


def read_settings() -> Settings:
    """Read the environment and `.env`; raise ConfigurationError with one line a fault."""
    return _read(Settings)


def read_clock() -> DeskClock:
    """Read what decides the date, whatever the other settings say; raise as read_settings does."""
    return _read(DeskClock)


def _read(kind: type[Read]) -> Read:
    try:
        return kind()
    except ValidationError as exc:
        faults = [_fault(error["loc"], error["msg"]) for error in exc.errors()]
        raise ConfigurationError(
            "; ".join(faults), remedy="see .env.example for every setting and its default"
        ) from None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return host == "localhost"


def _fault(location: tuple[int | str, ...], message: str) -> str:
    name = ".".join(str(part) for part in location).upper()
    text = message.removeprefix("Value error, ")
    return f"{name}: {text}" if name else text

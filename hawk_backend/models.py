"""What everyone speaks of: Prompt, Principal, TableState; a stage's own types live with it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

PROMPT_LIMIT = 100_000
"""Characters that a prompt may have."""


class TableState(StrEnum):
    """How a table's read ended; each prompt's table ends in exactly one."""

    FRESH = "fresh"
    EMPTY = "empty"
    ABSENT = "absent"
    MISSING = "missing"


class Reason(StrEnum):
    """Why a table is missing."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    BREAKER = "breaker"
    FORBIDDEN = "forbidden"
    ERROR = "error"
    INCOMPLETE = "incomplete"


class Tier(StrEnum):
    """Where a table's rows came from."""

    MEMORY = "memory"
    REDIS = "redis"
    SOURCE = "source"
    NONE = "none"


class Freshness(StrEnum):
    """How new a prompt wants its rows.

    As the cache's limits allow; no older than the time within which changes are noticed; or
    straight from the source.
    """

    USUAL = "usual"
    BOUND = "bound"
    SOURCE = "source"


class Stage(StrEnum):
    """The stages of the data path, as metrics, logs and events name them."""

    INTENT = "intent"
    PLAN = "plan"
    FETCH = "fetch"
    CONTEXT = "context"
    RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, with which rights; caches and coalesced fetches take their scope from it."""

    subject: str
    role: str

    @property
    def scope(self) -> str:
        """The part of a cache key that keeps one principal's rows from another's."""
        if self.role == SERVICE.role:
            return self.role
        return f"{self.role}:{sha256(self.subject.encode()).hexdigest()[:32]}"


SERVICE = Principal(subject="anonymous", role="service_role")
"""Anonymous on loopback with the service's own key, until authentication is built."""


class Outcome(StrEnum):
    """How an answer ended; the first four end in `message_end`, the others in `error`."""

    COMPLETED = "completed"
    REPLACED = "replaced"
    STOPPED = "stopped"
    PAUSED = "paused"
    FAILED = "failed"
    TRUNCATED = "truncated"


INSTRUCTION_TYPES = {
    "inception": "I",
    "utilization": "U",
    "utilisation": "U",
    "rollover": "R",
    "termination": "T",
    "amendment": "A",
    "query": "Q",
    "inquiry": "Q",
}

_AMOUNT_REMEDY = "send a number from 0 to 1e15, or a text such as 150000 or 150K"
_AMOUNT_LIMIT = Decimal("1e15")
_MOST_DECIMALS = 30
_MOST_LEVELS = 32
_UNITS = {"": 0, "k": 3, "m": 6, "mm": 6, "mio": 6, "million": 6, "b": 9, "bn": 9, "billion": 9}
_AMOUNT = re.compile(r"(\d[\d,' ]*(?:\.\d+)?|\.\d+)\s?([a-z]*)", re.IGNORECASE)


def read_amount(value: object) -> object:
    """Turn "150K", "1,250.75" or a JSON number into Decimal units of currency.

    Raises ValueError with the remedy for a text that is no amount.
    """
    if value is None:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(_AMOUNT_REMEDY)  # noqa: TRY004 - pydantic reports ValueError only
    return _bounded(_decimal(str(value).strip()))


def _decimal(text: str) -> Decimal:
    match = _AMOUNT.fullmatch(text)
    if match is not None and match[2].lower() in _UNITS:
        text = re.sub(r"[,' ]", "", match[1]) + f"e{_UNITS[match[2].lower()]}"
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(_AMOUNT_REMEDY) from None


def _bounded(number: Decimal) -> Decimal:
    if not number.is_finite() or not 0 <= number <= _AMOUNT_LIMIT:
        raise ValueError(_AMOUNT_REMEDY)
    if -int(number.as_tuple().exponent) > _MOST_DECIMALS:
        raise ValueError(_AMOUNT_REMEDY)
    return number


def read_instruction_type(value: object) -> object:
    """Accept the letter or the word, in any case: "u", "U" and "Utilisation" are "U"."""
    if not isinstance(value, str):
        return value
    word = value.strip()
    return INSTRUCTION_TYPES.get(word.lower(), word.upper())


def read_text(value: str) -> str:
    """Refuse a prompt that looks blank, whatever it is made of."""
    if not any(character.isprintable() for character in value):
        raise ValueError("input should have at least 1 character that can be seen")
    return value


def read_fields(value: dict[str, Any]) -> dict[str, Any]:
    """Refuse fields within fields within fields: what walks them would have to stop somewhere."""
    level: list[object] = [value]
    for _ in range(_MOST_LEVELS):
        level = [part for whole in level for part in _parts(whole)]
    if level:
        raise ValueError(f"send at most {_MOST_LEVELS} levels of objects and lists")
    return value


def _parts(whole: object) -> Iterable[object]:
    if isinstance(whole, dict):
        return whole.values()
    return whole if isinstance(whole, list) else ()


Amount = Annotated[Decimal | None, BeforeValidator(read_amount)]
InstructionType = Annotated[
    Literal["I", "U", "R", "T", "A", "Q"] | None, BeforeValidator(read_instruction_type)
]
Fields = Annotated[dict[str, Any], AfterValidator(read_fields)]
PromptText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=PROMPT_LIMIT),
    AfterValidator(read_text),
]
Text = Annotated[str | None, Field(max_length=1_000)]


class Prompt(BaseModel):
    """What a client sends: the union of all generations' fields; unknown ones are ignored.

    `""` means absent everywhere but in `user_prompt`. `agent_api_key` is not a field:
    a key that a browser sends is never used.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    user_prompt: PromptText
    instruction_type: InstructionType = Field(
        default=None, description="a letter, or a word such as utilisation"
    )
    template_category: Text = Field(
        default=None, description="hints at the intent where the text does not tell it"
    )
    stage: Text = None
    agent_id: Text = Field(
        default=None,
        description="which of Dify's apps answers: allocation, booking, analytics, config",
    )
    msg_uid: Text = Field(default=None, description="sent again, it joins or replays the same run")
    instruction_id: Text = None
    user_id: Text = None
    session_id: Text = None
    conversation_id: UUID | None = Field(
        default=None, description="goes on with a conversation of Dify's"
    )
    currency: Text = Field(default=None, description="used where the text names none")
    exposure_currency: Text = None
    entity_id: Text = None
    entity_scope: Text = None
    nav_type: Text = None
    amount: Amount = Field(default=None, description="a number, or a text such as 150K")
    hedge_amount_order: Amount = None
    order_id: Text = None
    sub_order_id: Text = None
    previous_order_id: Text = None
    reference_hedge_id: Text = None
    hedge_method: Text = None
    hedging_instrument_hint: Text = None
    currency_type: Text = None
    portfolio: Text = None
    time_period: Text = None
    transaction_date: Text = None
    new_maturity_date: Text = None
    termination_date: Text = None
    template_id: Text = None
    context: Fields | None = None
    extracted_fields: Fields | None = None
    stream: bool = Field(default=True, description="false: one JSON object at the end")
    stream_response: bool = Field(default=True, description="as stream")
    use_cache: bool = Field(default=True, description="false: as force_fresh")
    force_fresh: bool = Field(
        default=False,
        description="rows no older than changes take to be noticed; X-Hawk-Fresh reads the source",
    )
    include_metadata: bool = True
    data_freshness_minutes: Decimal | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_absent(cls, value: object, info: ValidationInfo) -> object:
        name = info.field_name or ""
        blank = isinstance(value, str) and not value.strip()
        if (blank or value is None) and name != "user_prompt":
            return cls.model_fields[name].get_default()
        return value

    @property
    def streams(self) -> bool:
        """Whether the client wants events rather than one JSON answer."""
        return self.stream and self.stream_response

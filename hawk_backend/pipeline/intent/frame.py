"""The frame that a prompt becomes: Intent, Slots and the evidence behind them.  Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Literal

Behaviour = Literal["proceed", "clarify", "abstain"]
Scope = Literal["minimal", "targeted", "comprehensive"]
Source = Literal["text", "client", "template", "default"]

INSTRUCTION_TYPE: Mapping[str, str] = {
    "hedge_inception": "I",
    "hedge_utilization": "U",
    "hedge_rollover": "R",
    "hedge_termination": "T",
    "hedge_amendment": "A",
    "hedge_inquiry": "Q",
}
"""The desk's letter for each of the six hedge intents."""


@dataclass(frozen=True, slots=True)
class DateRange:
    """Both ends included; `kind` is day, period, rolling or tenor."""

    kind: Literal["day", "period", "rolling", "tenor"]
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Money:
    """A positive number of units of `currency`, or of no named one."""

    value: Decimal
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Slots:
    """What a prompt names; None or () where it names nothing."""

    currency: tuple[str, ...] = ()
    exclude_currency: tuple[str, ...] = ()
    amount: Decimal | None = None
    amount_currency: str | None = None
    amounts: tuple[Money, ...] = ()
    entity_ids: tuple[str, ...] = ()
    entity_type: str | None = None
    nav_type: str | None = None
    order_id: str | None = None
    previous_order_id: str | None = None
    sub_order_id: str | None = None
    instruction_id: str | None = None
    event_id: str | None = None
    deal_id: str | None = None
    portfolio: str | None = None
    hedge_method: str | None = None
    instrument: str | None = None
    status: str | None = None
    percentage: Decimal | None = None
    confidence_level: Decimal | None = None
    date: DateRange | None = None
    dates: tuple[DateRange, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Give every slot in JSON's own types: ISO dates, numbers, lists."""
        return {name: _plain(getattr(self, name)) for name in _SLOT_NAMES}


_SLOT_NAMES = tuple(field.name for field in fields(Slots))


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why `name` has `value`: the rule, where it comes from and, in the text, which characters."""

    name: str
    value: object
    source: Source
    span: tuple[int, int] | None
    rule: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another reading and its share of the evidence, 0 to 1."""

    intent: str
    score: float


@dataclass(frozen=True, slots=True)
class Intent:
    """What the user asks for: `intent` is the first action, `intents` all of them in order.

    `negated` are the intents that the user refuses; none of them is ever in `intents`.
    """

    intent: str
    intents: tuple[str, ...]
    confidence: float = 1.0
    behaviour: Behaviour = "proceed"
    scope: Scope = "targeted"
    slots: Slots = Slots()
    negated: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    assumptions: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def instruction_type(self) -> str | None:
        """I, U, R, T, A or Q for the six hedge intents, else None."""
        return INSTRUCTION_TYPE.get(self.intent)

    def to_dict(self) -> dict[str, object]:
        """Give the frame in JSON's own types, as the corpus scorer reads it."""
        return {
            "intent": self.intent,
            "intents": list(self.intents),
            "negated_intents": list(self.negated),
            "instruction_type": self.instruction_type,
            "confidence": self.confidence,
            "behaviour": self.behaviour,
            "scope": self.scope,
            "slots": self.slots.to_dict(),
            "alternatives": [{"intent": a.intent, "score": a.score} for a in self.alternatives],
            "assumptions": list(self.assumptions),
            "evidence": [_evidence(item) for item in self.evidence],
        }


def _evidence(item: Evidence) -> dict[str, object]:
    return {
        "name": item.name,
        "value": _plain(item.value),
        "source": item.source,
        "span": list(item.span) if item.span else None,
        "rule": item.rule,
    }


def _plain(value: object) -> object:
    """Turn a slot's value into JSON's own types; a Decimal stays exact."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, DateRange):
        return {
            "kind": value.kind,
            "start": value.start.isoformat(),
            "end": value.end.isoformat(),
        }
    if isinstance(value, Money):
        return {"value": _plain(value.value), "currency": value.currency}
    return value


def _number(value: Decimal) -> int | float | str:
    """Give the number that any reader reads back as `value`; its digits as text where none is."""
    if value == value.to_integral_value() and abs(value) <= _SAFE:
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else f"{value:f}"


_SAFE = 2**53
"""Up to here JSON's readers know every integer; writers refuse those of more than 64 bits."""

"""What an answer cost, exact: tokens as integers, prices as Decimal from the wire on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

_TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")
_MOST = 10**12
_LONGEST = 40
"""Bounds of a count, a price and its text: what is beyond them would spoil the sums for good."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens by kind, and the total price in `currency`; empty where Dify told nothing."""

    tokens: Mapping[str, int] = field(default_factory=dict)
    price: Decimal | None = None
    currency: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return the same under Dify's names, prices as text."""
        if self.price is None:
            return dict(self.tokens)
        return {**self.tokens, "total_price": str(self.price), "currency": self.currency}


def read_usage(usage: object) -> Usage:
    """Return what `metadata.usage` says; a value that is no count or no price is left out."""
    if not isinstance(usage, Mapping):
        return Usage()
    tokens = {name: usage[name] for name in _TOKENS if _is_count(usage.get(name))}
    currency = usage.get("currency")
    return Usage(
        tokens, _price(usage.get("total_price")), currency[:8] if isinstance(currency, str) else ""
    )


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= _MOST


def _price(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        price = Decimal(value)
    except InvalidOperation:
        return None
    sane = price.is_finite() and 0 <= price <= _MOST and len(str(price)) <= _LONGEST
    return price if sane else None

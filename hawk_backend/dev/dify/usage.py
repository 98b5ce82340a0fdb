"""What a generation cost: counted from characters, priced as Decimal strings."""

from decimal import Decimal
from typing import Any

PROMPT_PRICE = Decimal("0.0025")
ANSWER_PRICE = Decimal("0.01")
PER = Decimal("0.001")
"""Price unit: the prices above are for a thousand tokens."""

CHARS_PER_TOKEN = 4


def usage(prompt_chars: int, tokens: int, *, timed: bool) -> dict[str, Any]:
    """Return message_end's usage; a chatflow's is `timed`, a chat's has null there."""
    prompt_tokens = prompt_chars // CHARS_PER_TOKEN
    prompt_price = prompt_tokens * PROMPT_PRICE * PER
    answer_price = tokens * ANSWER_PRICE * PER
    return {
        "prompt_tokens": prompt_tokens,
        "prompt_unit_price": str(PROMPT_PRICE),
        "prompt_price_unit": str(PER),
        "prompt_price": f"{prompt_price:.7f}",
        "completion_tokens": tokens,
        "completion_unit_price": str(ANSWER_PRICE),
        "completion_price_unit": str(PER),
        "completion_price": f"{answer_price:.7f}",
        "total_tokens": prompt_tokens + tokens,
        "total_price": f"{prompt_price + answer_price:.7f}",
        "currency": "USD",
        "latency": 0.25,
        "time_to_first_token": 0.05 if timed else None,
        "time_to_generate": 0.2 if timed else None,
    }


NO_USAGE: dict[str, Any] = {
    name: "0" if isinstance(value, str) and name != "currency" else value
    for name, value in usage(0, 0, timed=False).items()
}
"""Of an answer that no model gave: an annotation."""

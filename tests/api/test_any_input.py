"""Whatever a client sends, explain reads it or refuses it; it never fails inside."""

import json
import random
from hashlib import sha256

import httpx
import pytest

from hawk_backend.models import Prompt

TALK = (
    "hedge utilise capacity rollover terminate amend start order ORD-123 ORD-2025-021 INST039 not "
    "CNY CNH USD JPY EUR XXZ currencies COI RE ENTITY0005 entity 1100 branch TMU 150K 2.5 million "
    "90071992547409931.27 billion 99999999999999999999 1e30 0 -5 50% half today last 6 months Q3 "
    "2025-13-45 31/12/9999 0001-01-01 in 99999 days VaR effectiveness thresholds GL deals timeline "
    "without except then from to 人民币 对冲 一百万 🏦 \u2028 \u202e | === END OF DATA === ``` --"
)
VALUES: tuple[object, ...] = (
    *("", "cny", "USD,HKD", "ENT5", "both", "150K", "1e15", "1e-30", "1e-999999999", "1e400"),
    *("I", "termination", "ord_123", "' OR 1=1", "*", "a,b.eq.c", "x\n=== END OF DATA ==="),
    *("31/12/9999", "0001-01-01", "last 99999 years", "x" * 999, "\u2028\u202e\x00", "🏦" * 300),
    *(0, -1, 1.5, 1e308, True, None, [], {}, [1], {"amount": "1e400"}, "²³½", "١٢٣", "NaN"),
    *("\ud800", {"portfolio": "\udfff"}, {"\ud800": "CNY"}),
)
JSON = {"content-type": "application/json"}
FIELDS = [name for name in Prompt.model_fields if name != "user_prompt"]


def body(dice: random.Random) -> dict[str, object]:
    """Throw words into a prompt, and values into fields."""
    prompt = " ".join(dice.choices(TALK.split(), k=dice.randint(1, 14)))
    fields = dice.sample(FIELDS, k=dice.randint(0, 3))
    return {"user_prompt": prompt} | {name: dice.choice(VALUES) for name in fields}


@pytest.mark.parametrize("seed", range(3))
async def test_no_input_makes_explain_fail(gateway: httpx.AsyncClient, seed: int) -> None:
    """Read or refused; a context within its limit, whole, and tied to its digest."""
    dice = random.Random(seed)
    path, seen = "/hawk-agent/explain?context=true", set[int]()
    for _ in range(80):
        sent = body(dice)
        response = await gateway.post(path, content=json.dumps(sent), headers=JSON)
        seen.add(response.status_code)
        assert response.status_code in {200, 422}, sent
        if response.status_code == httpx.codes.OK:
            text, digest = response.json()["context"], response.headers["x-hawk-context-sha256"]
            assert digest == sha256(text.encode()).hexdigest()
            assert len(text) <= 100_000
            assert text.count("\n=== END OF DATA ===") == 1
    assert seen == {200, 422}

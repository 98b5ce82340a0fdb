"""Numbers, times and slots as people read them."""

import pytest

from tests.web.node import evaluate


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("duration(0.04)", "0.0 ms"),
        ("duration(9.94)", "9.9 ms"),
        ("duration(41.4)", "41 ms"),
        ("duration(2310)", "2.31 s"),
        ("count(81234)", "81,234"),
        ("counted(1, 'row')", "1 row"),
        ("counted(1200, 'row')", "1,200 rows"),
        ("words('hedge_utilization')", "hedge utilization"),
    ],
)
def test_a_number_reads_well(call: str, text: str) -> None:
    """Durations, counts and names have one form on the whole page."""
    assert evaluate("format.js", f"names.{call}", None) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1347500.00", "1,347,500.00"),
        ("90071992547409931.27", "90,071,992,547,409,931.27"),
        ("-1500", "-1,500"),
        ("999", "999"),
        (150000, "150,000"),
        ("0.123456", "0.123456"),
    ],
)
def test_an_amount_keeps_every_digit(value: object, text: str) -> None:
    """Amounts are grouped as text: no digit goes through a float."""
    assert evaluate("format.js", "names.amount(given)", value) == text


def test_only_filled_slots_are_told() -> None:
    """Blank slots are left out, lists are joined, ranges have both ends."""
    day = {"kind": "day", "start": "2025-09-17", "end": "2025-09-17"}
    quarter = {"kind": "range", "start": "2025-07-01", "end": "2025-09-30"}
    slots = {
        "currency": ["CNY", "USD"],
        "exclude_currency": [],
        "amount": "150000",
        "amounts": [{"value": "150000", "currency": "CNY"}],
        "nav_type": None,
        "order_id": "",
        "date": day,
        "dates": [day, quarter],
    }
    assert evaluate("format.js", "names.filledSlots(given)", slots) == [
        ["currency", "CNY, USD"],
        ["amount", "150,000"],
        ["date", "2025-09-17"],
        ["dates", "2025-09-17, 2025-07-01 to 2025-09-30"],
    ]

"""The ledger: accounts, periods, and what stage 3 posts for an event that is through."""

from collections.abc import Iterator
from decimal import Decimal

from hawk_backend.dev.data.currencies import rate
from hawk_backend.dev.data.days import ONE, Days
from hawk_backend.dev.data.events import Event, events
from hawk_backend.dev.data.row import Row, Rows

PERIODS = 8
"""Months with a GL period; only the newest, the anchor's own, is open."""

ACCOUNTS = {
    "1810100": "Hedge receivable",
    "1810900": "Hedge receivable, proxy",
    "2810100": "Hedge payable",
    "2810900": "Hedge payable, proxy",
    "3510100": "Translation reserve",
    "5410100": "Swap points paid",
    "5410200": "Hedge ineffectiveness",
    "9990000": "Suspense",
}
CODES = {"I": "BE_INIT", "R": "BE_ROLL", "T": "BE_TERM", "A": "BE_AMND"}
POSTINGS = (("1810100", "2810100", Decimal(1)), ("5410100", "3510100", Decimal("0.0012")))
"""Debit and credit account of an event's two entries, and their share of the notional."""


def gl_coa(_: Days) -> Rows:
    """Return the accounts that the postings use, and two that they do not."""
    return [
        {
            "account_code": code,
            "description": description,
            "segments": {"company": "100", "natural": code[:4]},
            "active_flag": True,
        }
        for code, description in ACCOUNTS.items()
    ]


def gl_periods(days: Days) -> Rows:
    """Return the anchor's month, open, and those before it, closed."""
    return [
        {
            "period_id": f"{days.month_start(months):%Y-%m}",
            "start_date": days.month_start(months),
            "end_date": days.month_start(months - 1) - ONE,
            "is_open": months == 0,
        }
        for months in range(PERIODS)
    ]


def gl_rules(days: Days) -> Rows:
    """Return which accounts an event posts to, by its code and NAV type."""
    codes = [f"{code}_{nav}" for code in CODES.values() for nav in ("COI", "RE")]
    lines = [{"dr": dr, "cr": cr, "share": str(share)} for dr, cr, share in POSTINGS]
    return [
        {
            "rule_id": f"GLR_{number:03}",
            "enabled": True,
            "priority": number,
            "scope": {"be_code": code},
            "lines": lines,
            "effective_from": days.before(260),
        }
        for number, code in enumerate(codes, start=1)
    ]


def gl_entries(days: Days) -> Rows:
    """Return two entries a package: the principal and the swap points."""
    return [entry for event in _posted(days) for entry in _entries(event)]


def gl_entries_detail(days: Days) -> Rows:
    """Return the two sides of every entry; they sum to zero."""
    return [
        {
            "detail_id": f"{entry['entry_id']}-{side}",
            "entry_id": entry["entry_id"],
            "account_code": entry[f"{side.lower()}_account"],
            "amount_sgd": _amount(event, share) * sign,
            "entity_id": event.line.entity.id,
        }
        for event in _posted(days)
        for entry, (_, _, share) in zip(_entries(event), POSTINGS, strict=True)
        for side, sign in (("DR", 1), ("CR", -1))
    ]


def gl_journal_lines(days: Days) -> Rows:
    """Return a balanced journal for each package."""
    open_period = f"{days.anchor:%Y-%m}"
    return [
        line | {"export_status": "Pending" if line["period_id"] == open_period else "Exported"}
        for event in _posted(days)
        for line in _journal(event)
    ]


def _posted(days: Days) -> list[Event]:
    return [event for event in events(days) if event.package]


def _entries(event: Event) -> list[Row]:
    return [
        {
            "entry_id": f"GLE-{event.number:04}-{number}",
            "package_id": event.package,
            "event_id": event.id,
            "be_code": f"{CODES[event.order.kind]}_{event.line.nav}",
            "dr_account": dr,
            "cr_account": cr,
            "dr_amount_sgd": _amount(event, share),
            "cr_amount_sgd": _amount(event, share),
            "currency_code": event.order.currency,
            "gl_date": event.received.date(),
        }
        for number, (dr, cr, share) in enumerate(POSTINGS, start=1)
    ]


def _amount(event: Event, share: Decimal) -> Decimal:
    """Return the share of the notional in SGD, to the cent."""
    return round(event.line.amount * rate(event.order.currency, "SGD") * share, 2)


def _journal(event: Event) -> Iterator[Row]:
    sides = [
        (account, amount * is_debit, amount * (not is_debit))
        for dr, cr, share in POSTINGS
        for amount in [_amount(event, share)]
        for account, is_debit in ((dr, True), (cr, False))
    ]
    for number, (account, debit, credit) in enumerate(sides, start=1):
        yield {
            "journal_id": f"JRN-{event.number:04}",
            "line_no": number,
            "ledger": "IFRS",
            "accounting_date": event.received.date(),
            "period_id": f"{event.received:%Y-%m}",
            "account_code": account,
            "dr_amt": debit,
            "cr_amt": credit,
            "base_ccy": "SGD",
            "txn_ccy": event.order.currency,
            "fx_rate": rate(event.order.currency, "SGD"),
            "segments": {"company": "100", "entity": event.line.entity.id},
            "source_refs": {
                "event_id": event.id,
                "instruction_id": event.order.id,
                "gl_package_id": event.package,
                "be_code": f"{CODES[event.order.kind]}_{event.line.nav}",
            },
            "post_status": "Posted",
        }

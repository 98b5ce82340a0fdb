"""Deals: what stage 2 books for an event, by its model."""

from decimal import Decimal

from hawk_backend.dev.data.booking_models import DEALS, LETTERS
from hawk_backend.dev.data.currencies import PROXY, rate
from hawk_backend.dev.data.days import Days, settled
from hawk_backend.dev.data.events import Event, events
from hawk_backend.dev.data.row import Row, Rows

COUNTERPARTIES = {"LNBR": "GROUP_TREASURY", "NDF": "Blue Anchor Bank"}
FAR = "FX_Swap_Far"


def deal_bookings(days: Days) -> Rows:
    """Return every deal of every event whose booking has begun."""
    return [
        _deal(event, sequence, *kind.split())
        for event in events(days)
        if event.model and event.booking
        for sequence, kind in enumerate(DEALS[event.model], start=1)
    ]


def _deal(event: Event, sequence: int, deal_type: str, portfolio: str) -> Row:
    trade = event.received.date()
    identity = f"DEAL-{event.number:04}-{sequence:02}"
    booked = sequence <= event.booked
    is_ndf = deal_type == "NDF"
    return {
        "deal_booking_id": identity,
        "event_id": event.id,
        "deal_sequence": sequence,
        "deal_type": deal_type,
        "product_type": "LOAN" if deal_type == "LNBR" else "FX",
        "system": "Murex",
        "portfolio": portfolio,
        "counterparty": COUNTERPARTIES.get(deal_type, "Lighthouse Bank"),
        **_amounts(event, deal_type),
        "trade_date": trade,
        "value_date": settled(trade),
        "maturity_date": None if deal_type == "FX_SPOT" else event.maturity,
        "deal_status": _status(event, sequence),
        "booking_reference": f"MXB{event.number:04}{sequence:02}" if booked else None,
        "internal_reference": f"{event.id}/{sequence}",
        "external_reference": f"CP{event.number:04}{sequence:02}" if booked else None,
        "linked_deal_sequence": sequence - 1 if deal_type == FAR else None,
        "parent_deal_sequence": None if sequence == 1 else 1,
        "near_leg_structure": {"leg": "near"} if deal_type == "FX_Swap_Near" else None,
        "far_leg_structure": {"leg": "far"} if deal_type == FAR else None,
        "ndf_structure": {"fixing": "T-2", "settlement": "USD"} if is_ndf else None,
        "ndf_reference": f"NDF{event.number:04}{sequence:02}" if is_ndf else None,
        "swap_points": Decimal("0.0012") if deal_type == FAR else None,
        "currency_pair": {"base": event.order.currency, "quote": "USD" if is_ndf else "SGD"},
        "currency_proxy": _proxy(event),
        "triggers_proxy_automation": is_ndf,
        "automated_creation": True,
        "final_hedge_position": sequence == event.expected,
        "position_tracking": True,
        "rate_type": "SPOT",
        "transfer_type": "Internal" if deal_type == "LNBR" else "External",
        "funding_purpose": "Hedge funding" if portfolio == "FUNDING_DESK" else None,
        "purpose": f"{event.model} deal {sequence} of {event.expected}",
        "created_date": event.received,
        "modified_date": event.received,
    }


def _amounts(event: Event, deal_type: str) -> Row:
    """Return both sides: a hedge sells the currency, a termination and a far leg buy it back."""
    quote = "USD" if deal_type == "NDF" else "SGD"
    price = rate(event.order.currency, quote)
    hedged = (event.order.currency, Decimal(event.line.amount))
    paid = (quote, round(event.line.amount * price, 2))
    if (event.order.kind == "T") != (deal_type == FAR):
        hedged, paid = paid, hedged
    return {
        "sell_currency": hedged[0],
        "sell_amount": hedged[1],
        "buy_currency": paid[0],
        "buy_amount": paid[1],
        "fx_rate": price,
    }


def _status(event: Event, sequence: int) -> str:
    if sequence <= event.booked:
        return "Booked"
    failed = event.stages[2] == "Error" and sequence == event.booked + 1
    return "Failed" if failed else "Pending"


def _proxy(event: Event) -> Row | None:
    if event.order.currency_type != PROXY:
        return None
    return {"proxy": "USD", "model": LETTERS[PROXY]}

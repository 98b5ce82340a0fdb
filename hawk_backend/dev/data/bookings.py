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
        _terms(event, sequence, deal_type, portfolio)
        | _amounts(event, deal_type)
        | _references(event, sequence, deal_type)
        | _structure(event, deal_type)
        for event in events(days)
        if event.model and event.booking
        for sequence, deal in enumerate(DEALS[event.model], start=1)
        for deal_type, portfolio in [deal.split()]
    ]


def _terms(event: Event, sequence: int, deal_type: str, portfolio: str) -> Row:
    trade = event.received.date()
    return {
        "deal_booking_id": f"DEAL-{event.number:04}-{sequence:02}",
        "event_id": event.id,
        "deal_sequence": sequence,
        "deal_type": deal_type,
        "product_type": "LOAN" if deal_type == "LNBR" else "FX",
        "system": "Murex",
        "portfolio": portfolio,
        "counterparty": COUNTERPARTIES.get(deal_type, "Lighthouse Bank"),
        "trade_date": trade,
        "value_date": settled(trade),
        "maturity_date": None if deal_type == "FX_SPOT" else event.maturity,
        "deal_status": _status(event, sequence),
        "final_hedge_position": sequence == event.expected,
        "position_tracking": True,
        "transfer_type": "Internal" if deal_type == "LNBR" else "External",
        "funding_purpose": "Hedge funding" if portfolio == "FUNDING_DESK" else None,
        "purpose": f"{event.model} deal {sequence} of {event.expected}",
        "created_date": event.received,
        "modified_date": event.received,
    }


def _references(event: Event, sequence: int, deal_type: str) -> Row:
    serial = f"{event.number:04}{sequence:02}"
    booked = sequence <= event.booked
    return {
        "booking_reference": f"MXB{serial}" if booked else None,
        "internal_reference": f"{event.id}/{sequence}",
        "external_reference": f"CP{serial}" if booked else None,
        "ndf_reference": f"NDF{serial}" if deal_type == "NDF" else None,
        "linked_deal_sequence": sequence - 1 if deal_type == FAR else None,
        "parent_deal_sequence": None if sequence == 1 else 1,
    }


def _structure(event: Event, deal_type: str) -> Row:
    is_ndf = deal_type == "NDF"
    return {
        "near_leg_structure": {"leg": "near"} if deal_type == "FX_Swap_Near" else None,
        "far_leg_structure": {"leg": "far"} if deal_type == FAR else None,
        "ndf_structure": {"fixing": "T-2", "settlement": "USD"} if is_ndf else None,
        "swap_points": Decimal("0.0012") if deal_type == FAR else None,
        "currency_pair": {"base": event.order.currency, "quote": "USD" if is_ndf else "SGD"},
        "currency_proxy": _proxy(event),
        "triggers_proxy_automation": is_ndf,
        "automated_creation": True,
        "rate_type": "SPOT",
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

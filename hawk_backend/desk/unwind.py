"""What a termination or rollover asks for beyond what is outstanding."""

from collections.abc import Sequence
from dataclasses import dataclass

from hawk_backend.desk.ask import Ask
from hawk_backend.desk.cells import same_id
from hawk_backend.desk.figure import Known, derive
from hawk_backend.desk.orders import Order


@dataclass(frozen=True, slots=True)
class Excess:
    """What is asked for of an order beyond its outstanding amount; positive, in its currency."""

    order: Order
    asked: Known
    beyond: Known


def excess(ask: Ask, orders: Sequence[Order]) -> Excess | None:
    """Return asked amount - outstanding, as stored; None where that is not positive.

    Amounts of two currencies are not compared.
    """
    named = ask.previous_order_id or ask.order_id or ""
    order = next((item for item in orders if same_id(item.order_id, named)), None)
    if order is None or ask.amount is None:
        return None
    if ask.instruction_type not in ("R", "T") or ask.amount_currency not in (None, order.currency):
        return None
    asked = Known(ask.amount, order.currency, "as asked")
    beyond = derive(
        order.currency,
        "asked - outstanding",
        lambda wish, left: wish - left,
        asked,
        order.outstanding,
    )
    return Excess(order, asked, beyond) if isinstance(beyond, Known) and beyond.value > 0 else None

"""How an event is booked: models by NAV and currency type, their deals, books and instruments."""

from decimal import Decimal

from hawk_backend.dev.data.currencies import CURRENCIES, MATCHED, MISMATCHED, PROXY, Currency
from hawk_backend.dev.data.days import Days
from hawk_backend.dev.data.entities import PLACES
from hawk_backend.dev.data.row import Row, Rows

LETTERS = {MATCHED: "A", MISMATCHED: "B", PROXY: "C"}
INSTRUMENTS = {MATCHED: "FX_Swap", MISMATCHED: "Cross_Currency_Swap", PROXY: "NDF"}

_SWAP = ("FX_Swap_Near CO_FX", "FX_Swap_Far CO_FX")
_A_COI = (*_SWAP, "FX_SPOT UHDIC", "FX_SPOT INSTC", "FX_SPOT HDGIC", "LNBR TREASURY_BU")
DEALS = {
    "A-COI": _A_COI,
    "B-COI": (
        *_A_COI,
        "FX_Swap_Near FUNDING_DESK",
        "FX_Swap_Far FUNDING_DESK",
        "FX_SPOT MBS_BU",
        "LNBR FUNDING_DESK",
    ),
    "C-COI": (
        "NDF CO_FX",
        "NDF INSTC",
        "FX_SPOT UHDIC",
        "FX_SPOT INSTC",
        "FX_SPOT HDGIC",
        "FX_Swap_Near FUNDING_DESK",
        "FX_Swap_Far FUNDING_DESK",
        "FX_SPOT MBS_BU",
        "LNBR TREASURY_BU",
        "LNBR FUNDING_DESK",
    ),
    "A-RE": (*_SWAP, "FX_SPOT UHDRE"),
    "B-RE": (*_SWAP, "FX_SPOT HDGRE"),
    "C-RE": ("NDF CO_FX", "FX_SPOT UHDRE", "FX_SPOT HDGRE", "NDF TREASURY_BU", "LNBR FUNDING_DESK"),
}
"""Deal type and portfolio of every deal that a model books, in sequence."""


def model(currency_type: str, nav: str) -> str:
    """Return the booking model, such as A-COI."""
    return f"{LETTERS[currency_type]}-{nav}"


def instruction_event_config(_: Days) -> Rows:
    """Which model an event is booked with, and into how many deals."""
    return [
        {
            "instruction_event": event,
            "nav_type": nav,
            "currency_type": currency_type,
            "hedge_method": method,
            "booking_model": model(currency_type, nav),
            "number_of_deals": len(DEALS[model(currency_type, nav)]),
            "instrument": INSTRUMENTS[currency_type],
        }
        for event in ("Initiation", "Rollover", "Termination")
        for nav in ("COI", "RE")
        for currency_type in LETTERS
        for method in ("COH", "MTM")
    ]


def hedge_instruments(days: Days) -> Rows:
    """Two instruments for a currency that is delivered, three for one that is not."""
    return [
        _instrument(CURRENCIES[code], kind, days)
        for code in PLACES
        for kind in _kinds(CURRENCIES[code])
    ]


def murex_book_config(_: Days) -> Rows:
    """One book for each model and portfolio."""
    books = sorted({(name, *deal.split()[::-1]) for name, deals in DEALS.items() for deal in deals})
    return [
        {
            "murex_book_code": f"{name}_{portfolio}_{deal_type}".upper(),
            "portfolio": portfolio,
            "tps_outbound": {"queue": f"TPS.{portfolio}", "format": "MXML"},
            "transformations": {"sign": "flip" if deal_type == "FX_Swap_Far" else "keep"},
            "model_type": name,
            "product_code": deal_type.upper(),
            "active_flag": True,
        }
        for name, portfolio, deal_type in books
    ]


def _kinds(currency: Currency) -> tuple[str, ...]:
    if currency.proxy:
        return ("NDF", "Forward", "Option")
    return (INSTRUMENTS[currency.type], "Forward")


def _instrument(currency: Currency, kind: str, days: Days) -> Row:
    quote = "USD" if kind == "NDF" else "SGD"
    return {
        "instrument_id": f"INS_{currency.code}_{kind.upper()}",
        "instrument_type": kind,
        "currency_pair": f"{currency.code}{quote}",
        "base_currency": currency.code,
        "quote_currency": quote,
        "currency_classification": currency.type,
        "nav_type_applicable": "COI" if kind == "Option" else "Both",
        "accounting_method_supported": "MTM" if kind == "Option" else "Both",
        "settlement_type": "Cash_Settled" if kind == "NDF" else "Physical",
        "minimum_notional": Decimal(currency.lot),
        "maximum_notional": Decimal(currency.lot * 100_000),
        "active_flag": "Y",
        "effective_date": days.before(260),
    }

"""How a figure reads: thousands separators, no exponent, never a blank for what is missing."""

from decimal import Decimal

from hawk_backend.desk.figure import Figure, Unknown, rounded

NOT_COMPUTABLE = "not computable"


def amount(figure: Figure, places: int | None) -> str:
    """Write an amount rounded to the currency's `places`, as 1,347,500.0.

    Trailing zeros go, but one decimal stays unless the currency has none.
    """
    return NOT_COMPUTABLE if isinstance(figure, Unknown) else money(figure.value, places)


def exact(figure: Figure) -> str:
    """Write an amount with all the decimals that it has."""
    return amount(figure, None)


def with_unit(figure: Figure) -> str:
    """Write an amount with all its decimals and its currency."""
    if isinstance(figure, Unknown):
        return NOT_COMPUTABLE
    return f"{money(figure.value, None)} {figure.unit}".strip()


def money(value: Decimal, places: int | None) -> str:
    """Write one amount; see `amount`."""
    whole, _, fraction = f"{value:,f}".partition(".")
    if places is not None and len(fraction) > places:
        whole, _, fraction = f"{rounded(value, places):,f}".partition(".")
    fraction = fraction.rstrip("0") or ("" if places == 0 else "0")
    return f"{whole}.{fraction}" if fraction else whole


def plain(figure: Figure) -> str:
    """Write a percent, rate or count without padding."""
    if isinstance(figure, Unknown):
        return NOT_COMPUTABLE
    text = f"{figure.value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

"""Currencies as they are configured, and their rates."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from hawk_backend.dev.data.days import Days
from hawk_backend.dev.data.row import Row, Rows, audit

MATCHED, MISMATCHED, PROXY = "Matched", "Mismatched", "Mismatched_with_Proxy"
CLEAN = frozenset({"CNY", "JPY", "SGD", "USD"})
"""Codes whose exposure_currency has no line break stuck to it."""


@dataclass(frozen=True, slots=True)
class Currency:
    """A configured currency; `sgd` is what one unit costs in SGD on the anchor date."""

    code: str
    name: str
    type: str
    precision: int
    lot: int
    sgd: Decimal
    cut_off: int

    @property
    def proxy(self) -> str | None:
        """The currency that stands in where this one cannot be delivered."""
        return "USD" if self.type == PROXY else None


def _currency(line: str) -> Currency:
    code, kind, precision, lot, sgd, cut_off, name = line.split(maxsplit=6)
    return Currency(code, name, kind, int(precision), int(lot), Decimal(sgd), int(cut_off))


CURRENCIES = {
    currency.code: currency
    for currency in map(
        _currency,
        (
            "AUD Mismatched            2   500 0.8540    16 Australian Dollar",
            "CNH Mismatched            2   500 0.1805    17 Offshore Yuan",
            "CNY Matched               2   500 0.1806    15 Chinese Yuan",
            "HKD Matched               2  1000 0.1652    16 Hong Kong Dollar",
            "IDR Mismatched_with_Proxy 0 10000 0.0000783 14 Indonesian Rupiah",
            "INR Mismatched_with_Proxy 2  1000 0.01457   14 Indian Rupee",
            "JPY Matched               0 10000 0.008730  15 Japanese Yen",
            "KRW Mismatched_with_Proxy 0 10000 0.000928  14 Korean Won",
            "PHP Mismatched_with_Proxy 2  1000 0.02252   14 Philippine Peso",
            "SGD Matched               2   500 1         17 Singapore Dollar",
            "TWD Mismatched_with_Proxy 2  1000 0.04260   14 Taiwan Dollar",
            "USD Matched               2   500 1.2850    17 US Dollar",
            "VND Mismatched_with_Proxy 0 10000 0.0000488 14 Vietnamese Dong",
        ),
    )
}
QUOTED = {code: currency.sgd for code, currency in CURRENCIES.items() if code != "SGD"} | {
    "EUR": Decimal("1.5190"),
    "GBP": Decimal("1.7480"),
}
"""SGD per unit of every currency that has rates; EUR and GBP have rates and nothing else."""


def rate(source: str, target: str) -> Decimal:
    """Units of `target` for one unit of `source` on the anchor date, to 10 places."""
    sgd = QUOTED | {"SGD": Decimal(1)}
    return _rounded(sgd[source] / sgd[target])


def currency_configuration(days: Days) -> Rows:
    """13 currencies: 11 of the entities, the base currency and the offshore yuan."""
    return [_configuration(currency, days) for currency in CURRENCIES.values()]


def proxy_configuration(days: Days) -> Rows:
    """Six currencies that are hedged through the US dollar."""
    return [
        {
            "exposure_currency": currency.code,
            "proxy_currency": currency.proxy,
            "active_flag": "Y",
            "effective_date": days.before(400),
        }
        for currency in CURRENCIES.values()
        if currency.proxy
    ]


def currency_rates(days: Days) -> Rows:
    """Spot rates of the anchor date and of the day before, month-end rates against SGD."""
    pairs = list(_pairs())
    yesterday, month_end = days.before(1), days.month_end(1)
    return [
        *(_rate(pair, "SPOT", days.anchor, rate(*pair)) for pair in pairs),
        *(_rate(pair, "SPOT", yesterday, _moved(rate(*pair), 998)) for pair in pairs),
        *(
            _rate(pair, "MONTH_END", month_end, _moved(rate(*pair), 1004))
            for pair in pairs
            if pair[1] == "SGD"
        ),
    ]


def _configuration(currency: Currency, days: Days) -> Row:
    code = currency.code
    return {
        "currency_code": code,
        "currency_name": currency.name,
        "currency_type": currency.type,
        "base_currency": "SGD",
        "is_deliverable": currency.proxy is None,
        "proxy_currency": currency.proxy,
        "settlement_days": 2,
        "dealing_currency": currency.proxy is None,
        "hedge_accounting_eligible": code != "VND",
        "minimum_deal_size": Decimal(currency.lot),
        "maximum_deal_size": Decimal(currency.lot * 100_000),
        "rounding_precision": currency.precision,
        "market_hours_start": time(9),
        "market_hours_end": time(currency.cut_off + 1),
        "cut_off_time": time(currency.cut_off, 30),
        "active_flag": True,
        "effective_date": days.before(400),
        "exposure_currency": code if code in CLEAN else f"{code}\r\n",
        **audit(days.before(400)),
    }


def _pairs() -> Iterator[tuple[str, str]]:
    """Yield every pair against SGD and against USD, in both directions, each once."""
    for code in QUOTED:
        yield from ((code, "SGD"), ("SGD", code))
        if code != "USD":
            yield from ((code, "USD"), ("USD", code))


def _rate(pair: tuple[str, str], kind: str, day: date, value: Decimal) -> Row:
    return {
        "currency_pair": "".join(pair),
        "rate_type": kind,
        "rate_value": value,
        "effective_date": day,
    }


def _moved(value: Decimal, thousandths: int) -> Decimal:
    return _rounded(value * thousandths / 1000)


def _rounded(value: Decimal) -> Decimal:
    return round(value, 10).normalize() + 0

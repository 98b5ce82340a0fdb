"""The rules that a hedge is checked against: thresholds, buffers, frameworks, waterfalls."""

from collections.abc import Iterator
from decimal import Decimal

from hawk_backend.dev.data.days import Days
from hawk_backend.dev.data.entities import ENTITIES, PLACES, TYPES, Entity
from hawk_backend.dev.data.row import Row, Rows, audit

FULL, EXCESS = "Fully Hedge", "Hedge in Excess of Optimal CAR"

USD_PB_LEVELS = {
    "USD": (150, 140, 135),
    "HKD": (150, 140, 130),
    "CNY": (100, 90, 80),
    "AUD": (120, 110, 100),
    "CNH": (120, 110, 100),
    "SGD": (150, 140, 135),
    "JPY": (90, 80, 70),
    "INR": (80, 70, 60),
    "KRW": (70, 60, 50),
    "PHP": (70, 60, 50),
    "TWD": (70, 60, 50),
    "IDR": (60, 50, 40),
    "VND": (50, 40, 30),
}
"""Warning, critical and maximum in thousands of US dollars: descending, as production has them."""

OPENING = ("Branch", "Subsidiary", "Associate", "TMU")


def threshold_configuration(days: Days) -> Rows:
    """27 thresholds; the last two are bound to no currency."""
    return [_threshold(row, days) for row in _thresholds(f"{days.before(28):%Y%m%d}")]


def buffer_configuration(days: Days) -> Rows:
    """A rule for each entity and two that hold where none is found."""
    general = [_default(number, exempt, days) for number, exempt in enumerate("NY", start=1)]
    return [*(_buffer(entity, days) for entity in ENTITIES), *general]


def hedging_framework(days: Days) -> Rows:
    """Two frameworks a currency, and two for all currencies."""
    return [
        _framework(currency, kind, days)
        for currency in (*PLACES, None)
        for kind in ("FULL", "EXCESS")
    ]


def waterfall_logic_configuration(_: Days) -> Rows:
    """In which order entities are hedged (opening) and unwound (closing)."""
    orders = {"Opening": OPENING, "Closing": OPENING[::-1]}
    return [
        {
            "waterfall_type": kind,
            "priority_level": level,
            "entity_type": entity_type,
            "sort_criteria": f"available_amount {'DESC' if kind == 'Opening' else 'ASC'}",
            "car_exemption_required": "N",
            "rank_weight": Decimal(100 - 10 * level),
            "active_flag": "Y",
        }
        for kind, order in orders.items()
        for level, entity_type in enumerate(order, start=1)
    ]


def _thresholds(day: str) -> Iterator[Row]:
    for currency, levels in USD_PB_LEVELS.items():
        yield _levels(f"THR_{currency}_PB_{day}", "USD_PB_DEPOSIT", levels, "USD", 1000) | {
            "currency_code": currency
        }
    for currency in ("HKD", "CNY", "USD"):
        for kind in TYPES:
            yield _levels(
                f"THR_{currency}_CAR_{kind.upper()}_{day}", "CAR_RATIO", (12, 10, 8), "Percentage"
            ) | {"currency_code": currency, "entity_type": kind}
    yield _levels(f"THR_DEV_{day}", "HEDGE_DEVIATION", (25, 50, 100), "Basis_Points")
    yield _levels(f"THR_CONC_{day}", "CONCENTRATION_LIMIT", (20, 25, 30), "Percentage")


def _levels(
    identity: str, kind: str, levels: tuple[int, int, int], unit: str, factor: int = 1
) -> Row:
    names = ("warning_level", "critical_level", "maximum_limit")
    return {
        "threshold_id": identity,
        "threshold_type": kind,
        "entity_type": "ALL",
        "unit_of_measure": unit,
        **{name: Decimal(level * factor) for name, level in zip(names, levels, strict=True)},
    }


def _threshold(row: Row, days: Days) -> Row:
    return row | {
        "escalation_level_1": "Desk head",
        "escalation_level_2": "Treasury control",
        "escalation_level_3": "Group treasurer",
        "automated_action_flag": "N",
        "notification_emails": "treasury-control@example.com",
        "breach_tolerance_minutes": 30,
        "active_flag": "Y",
        "effective_date": days.before(28),
        **audit(days.before(28)),
    }


def _buffer(entity: Entity, days: Days) -> Row:
    within = TYPES.index(entity.type) + 1
    return _buffer_rule(f"BUF_{entity.currency}_{within:03}", entity.exemption, 1, days) | {
        "entity_id": entity.id,
        "currency_code": entity.currency,
        "entity_type": entity.type,
    }


def _default(number: int, exempt: str, days: Days) -> Row:
    return _buffer_rule(f"BUF_DEFAULT_{number:03}", exempt, 100, days) | {
        "entity_id": "DEFAULT",
        "currency_code": "DEFAULT",
        "entity_type": "ALL",
    }


def _buffer_rule(identity: str, exempt: str, priority: int, days: Days) -> Row:
    percentage = 0 if exempt == "Y" else 5
    return {
        "buffer_rule_id": identity,
        "hedging_framework": EXCESS if exempt == "Y" else FULL,
        "car_exemption_flag": exempt,
        "buffer_percentage": Decimal(percentage),
        "rule_priority": priority,
        "minimum_buffer_amount": Decimal(0),
        "maximum_buffer_amount": Decimal(1_000_000),
        "buffer_allocation_method": "Waterfall",
        "nav_type_priority": "RE_COI",
        "active_flag": "Y",
        "effective_date": days.before(260),
        "business_rule_description": f"CAR exempt {exempt}: buffer of {percentage} %",
        **audit(days.before(260)),
    }


def _framework(currency: str | None, kind: str, days: Days) -> Row:
    full = kind == "FULL"
    return {
        "framework_id": f"FWK_{currency or 'ALL'}_{kind}",
        "framework_type": "FX Fully Hedge" if full else "Hedge in excess of optimal CAR",
        "hedging_state": "Fully_Hedged" if full else "Excess_CAR",
        "currency_code": currency,
        "hedge_ratio": Decimal(100 if full else 90),
        "effectiveness_threshold_lower": Decimal(80),
        "effectiveness_threshold_upper": Decimal(125),
        "minimum_hedge_amount": Decimal(1_000),
        "maximum_hedge_amount": Decimal(50_000_000),
        "buffer_percentage": Decimal(5 if full else 0),
        "effective_date": days.before(260),
        "period": "Annual",
        "accounting_method": "COH",
        "rebalancing_frequency": "Monthly" if full else "Quarterly",
        "car_exemption_override": "N",
        "active_flag": "Y",
        **audit(days.before(260)),
    }

"""Positions, and what is taken off them before anything may be hedged: CAR, overlay, buffer."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hawk_backend.dev.data.days import Days, at
from hawk_backend.dev.data.entities import ASSOCIATE, ENTITIES, SUBSIDIARY, Entity
from hawk_backend.dev.data.row import Row, Rows

NAVS = {"COI": 100_000, "RE": 250_000}
"""What every entity holds, by NAV type, in its own currency."""

CAR_PERCENT = {"AUD": 5, "HKD": 10, "IDR": 5, "JPY": 5, "KRW": 10, "USD": 10}
"""Share of a position that its capital ratio ties up, where the entity is not exempt."""

OVERLAYS = {("ENTITY0009", "RE"): 10_000, ("ENTITY0003", "COI"): -5_000}
"""Manual corrections of a position; negative ones take away."""

BUFFER_PERCENT = 5


@dataclass(frozen=True, slots=True)
class Position:
    """One entity's holding of one NAV type, all amounts whole."""

    entity: Entity
    nav: str

    @property
    def sfx(self) -> int:
        """The structural FX position."""
        return NAVS[self.nav]

    @property
    def car(self) -> int:
        """Optimal CAR amount."""
        percent = 0 if self.entity.exempt else CAR_PERCENT.get(self.entity.currency, 0)
        return self.sfx * percent // 100

    @property
    def overlay(self) -> int:
        """Manual overlay."""
        return OVERLAYS.get((self.entity.id, self.nav), 0)

    @property
    def buffer_pct(self) -> int:
        """The buffer that the books hold.

        The Chinese subsidiary is the one whose books and rule disagree: it is exempt by rule
        and holds a buffer all the same.
        """
        at_odds = (self.entity.currency, self.entity.type) == ("CNY", SUBSIDIARY)
        return 0 if self.entity.exempt and not at_odds else BUFFER_PERCENT

    @property
    def buffer(self) -> int:
        """The same as an amount."""
        return self.sfx * self.buffer_pct // 100

    def unhedged(self, hedged: int) -> int:
        """Return what is left beside `hedged`; negative where more is hedged than may be."""
        return self.sfx - self.car + self.overlay - self.buffer - hedged


POSITIONS = tuple(Position(entity, nav) for entity in ENTITIES for nav in NAVS)


def position_nav_master(days: Days) -> Rows:
    """88 positions as of the anchor date."""
    return [_position(position, days) for position in POSITIONS]


def overlay_configuration(_: Days) -> Rows:
    """Overlays by entity: two in force, one withdrawn."""
    rows = [
        ("ENTITY0009", "HKD", 10_000, "RETAINED_EARNINGS", "Y"),
        ("ENTITY0003", "AUD", -5_000, "PENDING_DIVIDEND", "Y"),
        ("ENTITY0040", "USD", 2_000, "OPERATIONAL", "N"),
    ]
    names = ("entity_id", "currency_code", "overlay_amount", "reason_code", "active_flag")
    return [
        {"overlay_id": f"OVL_{number:03}", **dict(zip(names, row, strict=True))}
        for number, row in enumerate(rows, start=1)
    ]


def car_master(days: Days) -> Rows:
    """Capital ratios of the last two month ends."""
    return [
        _capital(entity, days.month_end(months), months) for entity in ENTITIES for months in (1, 2)
    ]


def _position(position: Position, days: Days) -> Row:
    entity, today = position.entity, days.anchor
    made = at(today, 6, 0, entity.number)
    return {
        "nav_id": f"PNM_{entity.id}_{position.nav}_{today}",
        "entity_id": entity.id,
        "currency_code": entity.currency,
        "as_of_date": today,
        "source_system": "HFM" if entity.type == ASSOCIATE else "Murex",
        "source_batch_id": f"BATCH_{today:%Y%m%d}_01",
        "nav_type": position.nav,
        "position_type": "NET",
        "current_position": Decimal(position.sfx),
        "coi_amount": Decimal(position.sfx if position.nav == "COI" else 0),
        "re_amount": Decimal(position.sfx if position.nav == "RE" else 0),
        "computed_total_nav": Decimal(position.sfx),
        "buffer_pct": Decimal(position.buffer_pct),
        "buffer_amount": Decimal(position.buffer),
        "manual_overlay_amount": Decimal(position.overlay),
        "manual_overlay_notes": "agreed with Finance" if position.overlay else None,
        "optimal_car_amount": Decimal(position.car),
        "optimal_car_source": "RCDW",
        "optimal_car_as_of": days.month_end(1),
        "data_quality_status": "OK",
        "created_by": "nav_feed",
        "created_at": made,
        "modified_by": "nav_feed",
        "modified_at": made,
    }


def _capital(entity: Entity, day: date, months: int) -> Row:
    tied_up = sum(position.car for position in POSITIONS if position.entity is entity)
    return {
        "entity_id": entity.id,
        "currency_code": entity.currency,
        "reporting_date": day,
        "car_ratio": Decimal(1180 + entity.number * 7 % 90 + months * 5) / 100,
        "optimal_car_amount": Decimal(tied_up),
        "status": "Final",
    }

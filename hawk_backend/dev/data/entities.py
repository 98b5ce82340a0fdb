"""The 44 entities: eleven currencies, four types each; all names are invented."""

from dataclasses import dataclass

from hawk_backend.dev.data.days import Days
from hawk_backend.dev.data.row import Row, Rows, audit

BRANCH, ASSOCIATE, SUBSIDIARY, TMU = TYPES = ("Branch", "Associate", "Subsidiary", "TMU")
EXEMPT = frozenset({ASSOCIATE, SUBSIDIARY})
"""Types that are exempt from the capital ratio."""

UNITS = dict(
    zip(
        TYPES,
        ("Corporate Banking", "Retail Banking", "Investment Banking", "Treasury"),
        strict=True,
    )
)
PLACES = {
    "AUD": ("AUS", "Sydney", "Wattle Ridge Pty"),
    "CNY": ("CHN", "Shanghai", "Shenzhen Trading Co"),
    "HKD": ("HKG", "Hong Kong", "Harbour Nine Ltd"),
    "IDR": ("IDN", "Jakarta", "Nusa Biru PT"),
    "INR": ("IND", "Mumbai", "Deccan Lane Pvt"),
    "JPY": ("JPN", "Tokyo", "Aoba Kaido KK"),
    "KRW": ("KOR", "Seoul", "Hanbit Yard Co"),
    "PHP": ("PHL", "Manila", "Luzon Quay Inc"),
    "TWD": ("TWN", "Taipei", "Taihe Leasing Co"),
    "USD": ("USA", "New York", "Hudson Row LLC"),
    "VND": ("VNM", "Hanoi", "Song Xanh JSC"),
}


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity of the group, `number` counted from 1."""

    number: int
    currency: str
    type: str

    @property
    def id(self) -> str:
        """Its business id."""
        return f"ENTITY{self.number:04}"

    @property
    def exempt(self) -> bool:
        """Whether it is exempt from the capital ratio."""
        return self.type in EXEMPT

    @property
    def exemption(self) -> str:
        """The same as the tables write it."""
        return "Y" if self.exempt else "N"

    @property
    def name(self) -> str:
        """What people call it."""
        _, city, subsidiary = PLACES[self.currency]
        return {
            BRANCH: f"Halcyon {city} Branch",
            ASSOCIATE: f"{city} Lantern Partners",
            SUBSIDIARY: subsidiary,
            TMU: f"Halcyon {city} Treasury Unit",
        }[self.type]


ENTITIES = tuple(
    Entity(number, currency, kind)
    for number, (currency, kind) in enumerate(
        ((currency, kind) for currency in PLACES for kind in TYPES), start=1
    )
)
_BY_PLACE = {(entity.currency, entity.type): entity for entity in ENTITIES}


def entity(currency: str, kind: str) -> Entity:
    """Return the one entity of that currency and type."""
    return _BY_PLACE[currency, kind]


def entity_master(days: Days) -> Rows:
    """44 entities; the associates hang below their branches."""
    return [_entity(each, days) for each in ENTITIES]


def hawk_entity_grants(_: Days) -> Rows:
    """Three users: one sees Hong Kong and China, one Japan, one everything."""
    granted = {
        "desk-01": ("CNY", "HKD"),
        "desk-02": ("JPY",),
        "desk-03": tuple(PLACES),
    }
    return [
        {"user_id": user, "entity_id": each.id}
        for user, currencies in granted.items()
        for each in ENTITIES
        if each.currency in currencies
    ]


def _entity(each: Entity, days: Days) -> Row:
    country, _, _ = PLACES[each.currency]
    within = TYPES.index(each.type) + 1
    is_associate = each.type == ASSOCIATE
    return {
        "entity_id": each.id,
        "entity_name": each.name,
        "entity_type": each.type,
        "parent_entity_id": entity(each.currency, BRANCH).id if is_associate else None,
        "currency_code": each.currency,
        "car_exemption_flag": each.exemption,
        "legal_entity_code": f"ET{each.currency}{within:03}",
        "business_unit": UNITS[each.type],
        "country_code": country,
        "region": "Americas" if country == "USA" else "Asia Pacific",
        "active_flag": "Y",
        "inception_date": days.before(2000 + 37 * each.number),
        "parent_child_nav_link": is_associate,
        "murex_issuer": f"MUREX_{each.currency}_{each.type[:2].upper()}1",
        "murex_comment": f"{each.type} book of {each.currency}",
        **audit(days.before(400)),
    }

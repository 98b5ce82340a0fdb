"""Entities are found by whatever people call them."""

import pytest

from hawk_backend.pipeline.entities import gazetteer, resolve
from tests.pipeline.shelf import slice_of

NAMES = {1: "Meridian Asia Ltd", 15: "Harbour Bank HK", 44: "Twin", 45: "Twin"}
ENTITIES = slice_of(
    "entity_master",
    [
        {
            "entity_id": f"ENTITY{number:04}",
            "entity_name": name,
            "legal_entity_code": f"ET{number}",
            "murex_issuer": f"MUREX_CNY_{number}",
        }
        for number, name in (
            (1, "Meridian Asia Ltd"),
            (15, "Harbour Bank HK"),
            (44, "Twin"),
            (45, "Twin"),
        )
    ],
)


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("ENTITY0015", {"ENTITY0015"}),
        ("ENTITY015", {"ENTITY0015"}),
        ("ENT15", {"ENTITY0015"}),
        ("ent 15", {"ENTITY0015"}),
        ("entity 0015", {"ENTITY0015"}),
        ("Entity-1", {"ENTITY0001"}),
        ("harbour bank  hk", {"ENTITY0015"}),
        ("et15", {"ENTITY0015"}),
        ("murex_cny_1", {"ENTITY0001"}),
        ("twin", {"ENTITY0044", "ENTITY0045"}),
        ("ENTITY0099", set()),
        ("Harbour", set()),
        ("", set()),
    ],
)
def test_a_name_stands_for_ids(name: str, ids: set[str]) -> None:
    """Id, number, legal code, name or Murex issuer, in any case; anything else is unknown."""
    found = resolve([name], ENTITIES)

    assert found.ids == ids
    assert found.unknown == (() if ids else (name,))


def test_the_gazetteer_names_what_is_unambiguous() -> None:
    """The parser learns names and codes of one entity, not those of several."""
    assert gazetteer(ENTITIES) == {
        "Meridian Asia Ltd": "ENTITY0001",
        "Harbour Bank HK": "ENTITY0015",
        **{f"ET{number}": f"ENTITY{number:04}" for number in (1, 15, 44, 45)},
        **{f"MUREX_CNY_{number}": f"ENTITY{number:04}" for number in (1, 15, 44, 45)},
    }

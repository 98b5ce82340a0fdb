"""The parser knows the entities of entity_master, also after they change."""

from collections.abc import Mapping

from hawk_backend.pipeline.intent import IntentParser
from hawk_backend.pipeline.names import Names
from tests.pipeline.shelf import CATALOGUE, TODAY, Desk, Shelf, Straight, error

PARSER = IntentParser(TODAY)


class Learner:
    """Takes names as the app does: a parser that knows them."""

    def __init__(self) -> None:
        self.taken = 0
        self.parser = PARSER

    def take(self, names: Mapping[str, str]) -> None:
        """Know these names from now on."""
        self.taken += 1
        self.parser = IntentParser(TODAY, names)

    def entities(self, prompt: str) -> tuple[str, ...]:
        """Which entities a prompt names."""
        return self.parser.parse(prompt).slots.entity_ids


def entity(name: str, number: int) -> dict[str, object]:
    """Return a row of entity_master."""
    return {
        "entity_id": f"ENTITY{number:04}",
        "entity_name": name,
        "legal_entity_code": f"LEC{number}",
    }


def watching(shelf: Shelf, learner: Learner) -> Names:
    """Return what looks at the shelf for the learner."""
    slices = Straight(Desk(shelf).reads)
    return Names(slices, CATALOGUE.tables["entity_master"], learner.take)


async def test_names_and_codes_are_known_after_a_look() -> None:
    """An entity is found by its name and its legal code."""
    learner = Learner()
    await watching(Shelf({"entity_master": [entity("Harbour Bank HK", 15)]}), learner).look()
    assert learner.entities("positions of Harbour Bank HK") == ("ENTITY0015",)
    assert learner.entities("positions of LEC15") == ("ENTITY0015",)


async def test_a_renamed_entity_is_known_by_its_new_name() -> None:
    """A change of the table reaches the parser; an unchanged table costs it nothing."""
    shelf, learner = Shelf({"entity_master": [entity("Harbour Bank HK", 15)]}), Learner()
    names = watching(shelf, learner)
    await names.look()
    await names.look()
    assert learner.taken == 1
    shelf.tables["entity_master"] = [entity("Lantau Bank", 15)]
    await names.look()
    assert learner.entities("positions of Lantau Bank") == ("ENTITY0015",)
    assert learner.entities("positions of Harbour Bank HK") == ()


async def test_a_failed_look_keeps_what_is_known() -> None:
    """Names that cannot be read do not take the known ones away."""
    shelf, learner = Shelf({"entity_master": [entity("Harbour Bank HK", 15)]}), Learner()
    names = watching(shelf, learner)
    await names.look()
    shelf.errors["entity_master"] = error()
    await names.look()
    assert learner.entities("positions of Harbour Bank HK") == ("ENTITY0015",)

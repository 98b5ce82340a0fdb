"""The parser knows the entities of entity_master, also after they change."""

import asyncio
from collections.abc import Mapping

import pytest

from hawk_backend.pipeline import names as names_module
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


async def test_a_look_that_breaks_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a row does to who reads it, names are known again once it is mended."""
    monkeypatch.setattr(names_module, "_EVERY_S", 0.001)
    entities: list[dict[str, object]] = [entity("Harbour Bank HK", 15)]
    shelf, known = Shelf({"entity_master": entities}), asyncio.Event()
    loop, tries = asyncio.get_running_loop(), list[Mapping[str, str]]()

    def take(names: Mapping[str, str]) -> None:
        tries.append(names)
        if len(tries) == 1:
            raise KeyError
        loop.call_soon_threadsafe(known.set)

    running = asyncio.create_task(
        Names(Straight(Desk(shelf).reads), CATALOGUE.tables["entity_master"], take).run()
    )
    async with asyncio.timeout(5):
        await known.wait()
    running.cancel()
    assert tries[1]["Harbour Bank HK"] == "ENTITY0015"

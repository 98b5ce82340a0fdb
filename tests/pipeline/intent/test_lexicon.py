"""The lexicon says nothing twice and speaks of nothing that does not exist."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline import intent as package
from hawk_backend.pipeline.intent.wordset import wordset

LEXICON = Lexicon.load()
PHRASES = [(intent, text) for intent, _, text in LEXICON.phrases()]
FOUND = wordset("currency money number percent date tenor entity id deal portfolio odds band zero")
"""What the scanners put in the place of what they find."""


def named(text: str) -> set[str]:
    """Return the classes and findings that a phrase speaks of."""
    return set(re.findall(r"<(\w+)>", text))


def test_every_class_has_its_phrases() -> None:
    """A class of no phrase is gone; a phrase of no class is a slip of the pen."""
    spoken_of = set().union(*(named(text) for _, text in PHRASES))
    assert spoken_of <= LEXICON.classes.keys() | FOUND
    assert LEXICON.classes.keys() - {"fall"} <= spoken_of


@pytest.mark.parametrize("intent", LEXICON.intents)
def test_an_intent_says_nothing_twice(intent: str) -> None:
    """A phrase stands once, at one strength."""
    own = (text for phrases in LEXICON.intents[intent].values() for text in phrases)
    assert [text for text, count in Counter(own).items() if count > 1] == []


@pytest.mark.parametrize("intent", LEXICON.intents)
def test_phrases_stand_in_alphabetical_order(intent: str) -> None:
    """So that a reader finds them, and a new one has its place."""
    for phrases in LEXICON.intents[intent].values():
        assert phrases == sorted(phrases, key=place)


MODULES = sorted(Path(package.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=[module.stem for module in MODULES])
def test_a_module_binds_a_name_once(module: Path) -> None:
    """The later of two bindings would win in silence."""
    names = Counter(bound(ast.parse(module.read_text())))
    assert [name for name, count in names.items() if count > 1] == []


def bound(module: ast.Module) -> Iterator[str]:
    """Yield what the assignments of a module bind."""
    for statement in module.body:
        if isinstance(statement, ast.AnnAssign):
            yield ast.unparse(statement.target)
        elif isinstance(statement, ast.Assign):
            yield from map(ast.unparse, statement.targets)


def place(text: str) -> str:
    """Return what a phrase is sorted by: its words, not its signs."""
    return text.replace("^ ", "").replace("<", "").lower()

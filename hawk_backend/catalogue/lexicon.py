"""What the desk says, as lexicon.toml lists it: words, phrases and what they mean.  Data only."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from hawk_backend.errors import ConfigurationError

HERE = Path(__file__).parent
_PLACES = re.compile(r"{(\w+)}")
_REMEDY = "correct the file; its comments describe every section"


@dataclass(frozen=True)
class CurrencyWords:
    """How currencies are named beside their codes, and which names are also plain words."""

    homographs: str
    names: Mapping[str, list[str]]
    pairs: Mapping[str, list[str]]
    word_homographs: str
    money_nouns: str
    not_money_after: str
    before: str
    symbols: Mapping[str, str]


@dataclass(frozen=True)
class MoneyWords:
    """Units of money, and the words that make a number a count."""

    trillion: str
    billion: str
    million: str
    thousand: str
    crore: str
    lakh: str
    cjk: Mapping[str, int]
    counted: str
    counting: str
    numbers: str
    tens: str

    @cached_property
    def units(self) -> Mapping[str, int]:
        """Unit word → power of ten."""
        powers = {
            self.trillion: 12,
            self.billion: 9,
            self.million: 6,
            self.thousand: 3,
            self.crore: 7,
            self.lakh: 5,
        }
        return {word: power for words, power in powers.items() for word in words.split()}


@dataclass(frozen=True)
class RequestWords:
    """Words around a request that decide whose it is and whether it is one."""

    articles: str
    pronouns: str
    quantifiers: str
    conditions: str
    fine: str
    coordinators: str
    sequence: str
    questions: str
    fillers: str
    heads: str


@dataclass(frozen=True)
class NegationWords:
    """What refuses the action behind it, what ends a refusal, what only asks; refused verbs."""

    verbs: Mapping[str, str]
    before: list[str]
    ends: str
    questions: str


@dataclass(frozen=True)
class ExclusionWords:
    """What takes the currencies beside it out, and under which conditions."""

    before: list[str]
    after: list[str]
    needs_all: list[str]
    needs_rest: Mapping[str, list[str]]


@dataclass(frozen=True)
class DefinitionWords:
    """What asks for the meaning of a word, and what shows that it asks for data."""

    asks: list[str]
    data: str
    blocks: str


@dataclass(frozen=True)
class Lexicon:
    """The whole of lexicon.toml, each section under its own name."""

    strength: Mapping[str, int]
    classes: Mapping[str, str]
    intents: Mapping[str, Mapping[str, list[str]]]
    shapes: Mapping[str, list[str]]
    forms: Mapping[str, Mapping[str, str]]
    request: RequestWords
    negation: NegationWords
    exclusion: ExclusionWords
    correction: Mapping[str, list[str]]
    spelling: Mapping[str, str]
    contractions: Mapping[str, str]
    words: Mapping[str, str]
    definition: DefinitionWords
    categories: Mapping[str, str]
    currencies: CurrencyWords
    money: MoneyWords
    terms: Mapping[str, Mapping[str, list[str] | str]]
    instrument_context: Mapping[str, str]
    translations: Mapping[str, str]
    latin: Mapping[str, str]
    codes: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def load(cls, folder: Path = HERE) -> Self:
        """Read lexicon.toml and the codes of currencies.toml; raise ConfigurationError."""
        document = _document(folder / "lexicon.toml")
        document["codes"] = set(_codes(_document(folder / "currencies.toml")))
        try:
            return TypeAdapter(cls).validate_python(document)
        except ValidationError as exc:
            raise ConfigurationError(f"lexicon.toml: {exc}", remedy=_REMEDY) from exc

    def phrases(self) -> Iterator[tuple[str, str, str]]:
        """Yield every phrase with its intent and the name of its strength."""
        for intent, strengths in self.intents.items():
            for strength, phrases in strengths.items():
                for phrase in phrases:
                    yield intent, strength, phrase
        for intent, forms in self.forms.items():
            choices = {name: words.replace(" ", "|") for name, words in forms.items()}
            for strength, shapes in self.shapes.items():
                for shape in shapes:
                    if choices.keys() >= set(_PLACES.findall(shape)):
                        yield intent, strength, shape.format(**choices)

    def term_phrases(self, slot: str) -> Iterator[tuple[str, str]]:
        """Yield the phrases of a slot's terms with the value that each stands for."""
        for value, phrases in self.terms[slot].items():
            for phrase in phrases:
                yield phrase, value


def _codes(document: Mapping[str, Any]) -> Iterator[str]:
    for groups in document.values():
        for codes in groups.values():
            yield from codes


def _document(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigurationError(f"{file.name}: {exc}", remedy=_REMEDY) from exc


@cache
def lexicon() -> Lexicon:
    """Return the lexicon of the package, read once a process."""
    return Lexicon.load()

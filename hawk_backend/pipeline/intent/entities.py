"""Find entities by name or code: whole names of a gazetteer, in any case."""

import re
from collections.abc import Mapping

from hawk_backend.pipeline.intent.spans import Finding
from hawk_backend.pipeline.intent.tokens import Tokens

_WORD = re.compile(r"[^\W\d_]+|\d+")
"""Cut as prompts are: a legal code is its letters and its number."""


class Gazetteer:
    """Names of entities → ids, indexed by their first word."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._whole = {name.lower(): entity for name, entity in names.items()}
        self._names: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name, entity in names.items():
            first, *rest = _WORD.findall(name.lower()) or [""]
            self._names.setdefault(first, []).append((tuple(rest), entity))
        for candidates in self._names.values():
            candidates.sort(key=lambda item: -len(item[0]))
        self._names.pop("", None)

    @property
    def words(self) -> frozenset[str]:
        """First words of all names."""
        return frozenset(self._names)

    def read(self, finding: Finding) -> Finding:
        """Take a code that is an entity's for the entity."""
        entity = self._whole.get(str(finding.value).lower()) if finding.name == "code" else None
        if entity is None:
            return finding
        return finding._replace(name="entity_ids", value=entity, rule="entity name")

    def scan(self, tokens: Tokens) -> None:
        """Claim every whole name."""
        if self._names.keys().isdisjoint(tokens.words):
            return
        for at, word in enumerate(tokens.words):
            for rest, entity in self._names.get(word, ()):
                end = _follow(tokens, at + 1, rest)
                if end and tokens.claimed[at] is None:
                    tokens.claim(at, end, "entity_ids", entity, "entity name")
                    break


def _follow(tokens: Tokens, at: int, rest: tuple[str, ...]) -> int:
    """Return the word behind `rest` at `at`, stops in a name skipped; 0 if it is not there."""
    for part in rest:
        if tokens.word(at) in {".", ",", "&"}:
            at += 1
        if tokens.word(at).removesuffix("'s") != part.removesuffix("'s"):
            return 0
        at += 1
    return at

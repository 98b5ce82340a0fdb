"""Read exclusions and corrections: what is taken out, and what replaces what was said before."""

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Words
from dataclasses import dataclass, field

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.currency import Named
from hawk_backend.pipeline.intent.markers import marker_at, markers
from hawk_backend.pipeline.intent.tokens import Tokens
from hawk_backend.pipeline.intent.wordset import wordset

_LINKS = wordset("and or , & nor the for any all our ( plus")
_ALL = wordset(
    "all every everything any each everyone none nothing currencies pairs books hedges "
    "positions orders entities exposure exposures"
)
_CLOSE = wordset("not rather instead skip without keep leave ignore never drop but less minus")
_TERMS = wordset(
    "coi re retained mtm coh ndf ndfs swap swaps forward forwards branches subsidiaries associates"
)
_TAKEN = wordset("entity_ids money")
_REPLACED = wordset("money currency date day entity_ids")
_REACH = 2
_BACK, _AHEAD = 3, 3


@dataclass(slots=True)
class Taken:
    """Tokens of currencies and other words taken out, and of the last correction's marker."""

    currencies: set[int] = field(default_factory=set)
    words: set[int] = field(default_factory=set)
    marker: tuple[int, int] = (-1, -1)

    @property
    def corrected(self) -> int:
        """The marker's last word; what follows it replaces what is before."""
        return self.marker[1]


class ExclusionReader:
    """Finds exclusions and corrections; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._before = markers([*lexicon.exclusion.before, "but"])
        self._after = markers(lexicon.exclusion.after)
        self._needs_all = frozenset(lexicon.exclusion.needs_all)
        self._needs_rest = {
            word: frozenset(rest) for word, rest in lexicon.exclusion.needs_rest.items()
        }
        self._markers = markers(lexicon.correction["markers"])

    def read(self, tokens: Tokens, words: Words[str], currencies: Words[Named]) -> Taken:
        """Return what is taken out and where the prompt was last corrected."""
        taken = Taken(marker=self._correction(tokens, words))
        by_first = {named.first: named for named in currencies}
        by_last = {named.last: named for named in currencies}
        for at, word in enumerate(words):
            if word in self._before and tokens.claimed[at] is None:
                marker = marker_at(self._before, words, at)
                if marker:
                    self._take(tokens, words, by_first, marker, at, taken)
            if word in self._after and marker_at(self._after, words, at):
                taken.currencies.update(_listed_before(words, by_last, at))
        return taken

    def _take(
        self,
        tokens: Tokens,
        words: Words[str],
        by_first: dict[int, Named],
        marker: tuple[str, ...],
        start: int,
        taken: Taken,
    ) -> None:
        """Take out the list of currencies, entities or amounts behind a marker."""
        at = start + len(marker)
        currencies: list[int] = []
        others: list[int] = []
        left = 0 if marker[0] in _CLOSE else _REACH
        while at < len(words) and left >= 0:
            finding = tokens.claimed[at]
            if words[at] == "but":
                break
            if at in by_first:
                currencies.append(at)
                at, left = by_first[at].last, 0
                continue
            if (finding is not None and finding.name in _TAKEN) or (
                words[at] in _TERMS and not currencies
            ):
                others.append(at)
            elif words[at] not in _LINKS:
                left -= 1
            at += 1
        if self._allowed(marker, words, start, at):
            taken.currencies.update(currencies)
            taken.words.update(others)

    def _allowed(self, marker: tuple[str, ...], words: Words[str], start: int, end: int) -> bool:
        """Whether a marker that has other senses excludes here: "all but SEK", "keep DKK out"."""
        word = marker[0]
        if len(marker) > 1:
            return True
        if word in self._needs_all or word == "but":
            return any(other in _ALL for other in words[max(0, start - _BACK) : start])
        rest = self._needs_rest.get(word)
        return rest is None or any(other in rest for other in words[end - 1 : end + _AHEAD])

    def _correction(self, tokens: Tokens, words: Words[str]) -> tuple[int, int]:
        """Return first and last word of the last correction's marker, -1 where there is none."""
        last = (-1, -1)
        for at, word in enumerate(words):
            if at and word == "no" and _takes_back(tokens, words, at):
                last = at, at + 1
            elif at > last[1] and word in self._markers and tokens.claimed[at] is None:
                marker = marker_at(self._markers, words, at)
                if marker:
                    last = at, at + len(marker) - 1
        return last


def _listed_before(words: Words[str], by_last: Mapping[int, Named], at: int) -> Iterator[int]:
    """Yield the currencies that end at `at`: "all but one book, DKK and SEK excluded"."""
    while named := by_last.get(at):
        yield named.first
        at = named.first - (words[named.first - 1] in _LINKS)


def _takes_back(tokens: Tokens, words: Words[str], at: int) -> bool:
    """Whether "no," stands before another value: "3m … no, 3.5m"."""
    behind = tokens.claimed[at + 2] if at + 2 < len(words) else None
    return words[at + 1 : at + 2] == [","] and behind is not None and behind.name in _REPLACED

"""Read exclusions and corrections: what is taken out, and what replaces what was said before."""

from collections.abc import Sequence as Words

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.currency import Named
from hawk_backend.pipeline.intent.tokens import Tokens

_LINKS = frozenset(
    {"and", "or", ",", "&", "nor", "the", "for", "any", "all", "our", "-", "(", "plus"}
)
_ALL = frozenset(
    {
        "all",
        "every",
        "everything",
        "any",
        "each",
        "everyone",
        "none",
        "nothing",
        "currencies",
        "pairs",
        "books",
        "hedges",
        "positions",
        "orders",
        "entities",
        "exposure",
        "exposures",
    }
)
_REACH = 2
_CLOSE = frozenset(
    {
        "not",
        "rather",
        "instead",
        "skip",
        "without",
        "keep",
        "leave",
        "ignore",
        "never",
        "drop",
        "but",
        "less",
        "minus",
    }
)
_TERMS = frozenset(
    {
        "coi",
        "re",
        "retained",
        "mtm",
        "coh",
        "ndf",
        "ndfs",
        "swap",
        "swaps",
        "forward",
        "forwards",
        "branches",
        "subsidiaries",
        "associates",
    }
)


class ExclusionReader:
    """Finds exclusions and corrections; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._before = sorted(
            (tuple(text.split()) for text in lexicon.exclusion.before), key=len, reverse=True
        )
        self._firsts = frozenset(marker[0] for marker in self._before) | {"but"}
        self._needs_all = frozenset(lexicon.exclusion.needs_all)
        self._needs_rest = {
            word: frozenset(rest) for word, rest in lexicon.exclusion.needs_rest.items()
        }
        self._markers = sorted(
            (tuple(text.split()) for text in lexicon.correction["markers"]), key=len, reverse=True
        )
        self._marker_firsts = frozenset(marker[0] for marker in self._markers)

    def read(
        self, tokens: Tokens, words: Words[str], currencies: Words[Named]
    ) -> tuple[frozenset[int], frozenset[int]]:
        """Return first words of the excluded currencies, and words of other things taken out."""
        by_first = {named.first: named for named in currencies}
        excluded: set[int] = set()
        dropped: set[int] = set()
        at = 0
        while at < len(words):
            marker = (
                self._marker(words, at)
                if words[at] in self._firsts and tokens.claimed[at] is None
                else ()
            )
            if not marker:
                at += 1
                continue
            end = at + len(marker)
            self._take(tokens, words, by_first, marker, at, end, excluded, dropped)
            at = end
        return frozenset(excluded), frozenset(dropped)

    def _take(
        self,
        tokens: Tokens,
        words: Words[str],
        by_first: dict[int, Named],
        marker: tuple[str, ...],
        start: int,
        at: int,
        excluded: set[int],
        dropped: set[int],
    ) -> None:
        taken: list[int] = []
        left = 0 if marker[0] in _CLOSE else _REACH
        while at < len(words) and left >= 0:
            finding = tokens.claimed[at]
            if at in by_first:
                taken.append(at)
                at, left = by_first[at].last, 0
                continue
            if finding is not None and finding.name in {"entity_ids", "money"}:
                dropped.add(at)
            elif words[at] in _TERMS and not taken:
                dropped.add(at)
            elif words[at] not in _LINKS:
                left -= 1
            at += 1
        if taken and self._allowed(marker, words, start, at):
            excluded.update(taken)

    def _allowed(self, marker: tuple[str, ...], words: Words[str], start: int, end: int) -> bool:
        """Whether a marker that has other senses excludes here: "all but SEK", "keep DKK out"."""
        word = marker[0]
        if len(marker) > 1:
            return True
        if word in self._needs_all:
            return any(w in _ALL for w in words[max(0, start - 3) : start])
        rest = self._needs_rest.get(word)
        return rest is None or any(w in rest for w in words[end - 1 : end + 3])

    def _marker(self, words: Words[str], at: int) -> tuple[str, ...]:
        markers = [m for m in self._before if tuple(words[at : at + len(m)]) == m]
        if markers:
            return markers[0]
        return ("but",) if words[at] == "but" else ()

    def correction(self, tokens: Tokens, words: Words[str]) -> tuple[int, int]:
        """Return first and last word of the last correction's marker, -1 and -1 where nothing is corrected."""
        last = (-1, -1)
        at = 1
        while at < len(words):
            if words[at] in self._marker_firsts and tokens.claimed[at] is None:
                marker = next((m for m in self._markers if tuple(words[at : at + len(m)]) == m), ())
                if marker:
                    last = at, at + len(marker) - 1
                    at += len(marker)
                    continue
            at += 1
        return last

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
_REACH = 3


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
        taken = []
        steps = 0
        while at < len(words) and steps < _REACH:
            finding = tokens.claimed[at]
            if at in by_first:
                taken.append(at)
                at = by_first[at].last
                steps = 0
                continue
            if (
                finding is not None
                and finding.name in {"entity_ids", "money"}
                and marker[0] != "keep"
            ):
                dropped.add(at)
                at += 1
                continue
            if taken and words[at] not in _LINKS:
                break
            if not taken and marker == ("not",) and words[at] not in _LINKS | {"in", "on"}:
                if words[at] in {"coi", "re", "mtm", "coh", "forward", "swap"}:
                    dropped.add(at)
                break
            if (
                words[at] in {"coi", "re", "retained", "mtm", "coh"}
                and not taken
                and marker[0] in {"not", "rather", "instead", "except", "excluding"}
            ):
                dropped.add(at)
            steps += words[at] not in _LINKS
            at += 1
        if not taken or not self._allowed(marker, words, start, at, taken, tokens):
            return
        if marker == ("but", "not") or marker == ("not",):
            pass
        excluded.update(taken)

    def _allowed(
        self,
        marker: tuple[str, ...],
        words: Words[str],
        start: int,
        end: int,
        taken: list[int],
        tokens: Tokens,
    ) -> bool:
        word = marker[-1] if len(marker) == 1 else ""
        if word in self._needs_all:
            return any(w in _ALL for w in words[max(0, start - 3) : start])
        if marker[0] in self._needs_rest and len(marker) == 1:
            return any(w in self._needs_rest[marker[0]] for w in words[end : end + 4])
        if marker == ("ex",):
            return True
        if marker[0] in {"skip", "ignore", "omit"} or word in {"without"}:
            return True
        return True

    def _marker(self, words: Words[str], at: int) -> tuple[str, ...]:
        markers = [m for m in self._before if tuple(words[at : at + len(m)]) == m]
        if markers:
            return markers[0]
        return ("but",) if words[at] == "but" else ()

    def correction(self, tokens: Tokens, words: Words[str]) -> int:
        """Return the word at which the last correction begins, -1 where nothing is corrected."""
        last = -1
        at = 1
        while at < len(words):
            if words[at] in self._marker_firsts and tokens.claimed[at] is None:
                marker = next((m for m in self._markers if tuple(words[at : at + len(m)]) == m), ())
                if marker:
                    last = at + len(marker) - 1
                    at += len(marker)
                    continue
            at += 1
        return last

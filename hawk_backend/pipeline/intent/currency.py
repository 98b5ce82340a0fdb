"""Read currencies: codes, pairs, words and signs, but not the plain words they look like."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.homographs import Homographs
from hawk_backend.pipeline.intent.money import Sum
from hawk_backend.pipeline.intent.tokens import Tokens
from hawk_backend.pipeline.intent.wordset import wordset

_CODE = 3
_CHINESE = wordset(
    "china chinese cny rmb cnh yuan renminbi 人民币 人民幣 中国 shenzhen shanghai beijing"
)
_SIGNS_BEHIND_LETTERS = frozenset("$¥")


@dataclass(frozen=True, slots=True)
class Named:
    """Currencies that tokens `first` to `last` (excluded) name; two where they name a pair."""

    first: int
    last: int
    codes: tuple[str, ...]

    @property
    def pair(self) -> bool:
        """Whether these are a base and a quote currency."""
        return len(self.codes) > 1


class CurrencyScanner:
    """Finds currencies in tokens; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        words = lexicon.currencies
        self._codes = {code.lower(): code for code in lexicon.codes}
        self._symbols = words.symbols
        self._pairs = {word: tuple(codes) for word, codes in words.pairs.items()}
        self._names = _by_first(words.names)
        known = frozenset((*self._codes, *self._names, *self._pairs))
        self._homographs = Homographs(words, known, wordset(lexicon.classes["fall"]))

    def scan(self, tokens: Tokens) -> list[Named]:
        """Claim every currency, left to right; amounts are claimed before."""
        shouting = tokens.written.isupper()
        chinese = not _CHINESE.isdisjoint(tokens.words)
        found: list[Named] = []
        for at in range(len(tokens)):
            if tokens.claimed[at] is not None:
                found += _glued(tokens, at)
                continue
            last = found[-1].last if found else -1
            named = self._sign(tokens, at, chinese=chinese)
            named = named or self._name(tokens, at, after_currency=at - 1 <= last)
            named = named or self._code(tokens, at, shouting=shouting)
            if named is not None:
                rule = "currency pair" if named.pair else "currency"
                tokens.claim(named.first, named.last, "currency", named.codes, rule)
                found.append(named)
        return found

    def _sign(self, tokens: Tokens, at: int, *, chinese: bool) -> Named | None:
        """Read "€", "HK$", "CN¥"; a bare ¥ is Chinese where the prompt speaks of China."""
        word, behind = tokens.words[at], tokens.word(at + 1)
        if behind in _SIGNS_BEHIND_LETTERS and tokens.touches(at):
            code = self._symbols.get(word + behind)
            if code:
                return Named(at, at + 2, (code,))
        code = self._symbols.get(word)
        if code is None:
            return None
        return Named(at, at + 1, ("CNY" if word == "¥" and chinese else code,))

    def _name(self, tokens: Tokens, at: int, *, after_currency: bool) -> Named | None:
        """Read "yen", "Swiss franc", "cable"; not "dollar offset"."""
        word = tokens.words[at]
        pair = self._pairs.get(word)
        candidates = [((), pair)] if pair else self._names.get(word, ())
        for rest, codes in candidates:
            end = at + 1 + len(rest)
            if any(tokens.word(at + k) != part for k, part in enumerate(rest, 1)):
                continue
            if tokens.word(end) == "offset":
                return None
            if self._homographs.is_noun(tokens, at, end, after_currency=after_currency):
                return Named(at, end, codes)
        return None

    def _code(self, tokens: Tokens, at: int, *, shouting: bool) -> Named | None:
        """Read "EUR", "EURUSD" and "EUR/USD"."""
        word = tokens.words[at]
        if len(word) == 2 * _CODE:
            base, quote = self._codes.get(word[:_CODE]), self._codes.get(word[_CODE:])
            return Named(at, at + 1, (base, quote)) if base and quote and base != quote else None
        code = self._codes.get(word)
        if code is None or not self._homographs.is_code(tokens, at, shouting=shouting):
            return None
        other = self._codes.get(tokens.word(at + 1))
        if other and other != code and tokens.between(at).strip(" ") in {"/", "-"}:
            return Named(at, at + 2, (code, other))
        return Named(at, at + 1, (code,))


def _glued(tokens: Tokens, at: int) -> Iterator[Named]:
    """Yield the currency that is part of an amount's last word: "5mEUR"."""
    finding = tokens.claimed[at]
    if finding is None or tokens.ends[at] != finding.end or not isinstance(finding.value, Sum):
        return
    if finding.value.currency:
        yield Named(at, at + 1, (finding.value.currency,))


def _by_first(
    names: Mapping[str, list[str]],
) -> dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """Return names by their first word, longest first."""
    table: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for code, phrases in names.items():
        for phrase in phrases:
            first, *rest = phrase.split()
            table.setdefault(first, []).append((tuple(rest), (code,)))
    for candidates in table.values():
        candidates.sort(key=lambda item: -len(item[0]))
    return table

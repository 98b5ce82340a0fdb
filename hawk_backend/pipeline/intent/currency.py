"""Read currencies: codes, pairs, words and signs; and tell them from the plain words they look like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.tokens import Tokens

_SIGNS = frozenset("$€£¥₩₹฿₺₱₫₽₪")
_CODE = 3
_CHINESE = frozenset(
    {
        "china",
        "chinese",
        "cny",
        "rmb",
        "cnh",
        "yuan",
        "renminbi",
        "人民币",
        "人民幣",
        "shenzhen",
        "shanghai",
        "beijing",
        "中国",
    }
)
_VERB_BEFORE = frozenset(
    {
        "i",
        "we",
        "you",
        "they",
        "he",
        "she",
        "who",
        "has",
        "have",
        "had",
        "to",
        "not",
        "just",
        "also",
        "never",
        "can",
        "could",
        "should",
        "must",
        "please",
        "let",
        "us",
        "team",
        "and",
        "it",
    }
)
_DETERMINED = frozenset(
    {
        "of",
        "in",
        "the",
        "our",
        "my",
        "on",
        "for",
        "to",
        "into",
        "vs",
        "versus",
        "against",
        "or",
        "and",
        "from",
    }
)


@dataclass(frozen=True, slots=True)
class Named:
    """Currencies that words `first` to `last` (excluded) name; two where they name a pair."""

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
        self._homographs = frozenset(words.homographs.lower().split())
        self._word_homographs = frozenset(words.word_homographs.split())
        self._nouns = frozenset(words.money_nouns.split())
        self._not_after = frozenset(words.not_money_after.split())
        self._before = frozenset(words.before.split())
        self._symbols = words.symbols
        self._pairs = {word: tuple(codes) for word, codes in words.pairs.items()}
        self._names = _by_first(words.names)
        for first, rests in self._names.items():
            rests.sort(key=lambda item: -len(item[0]))
            self._names[first] = rests

    def scan(self, tokens: Tokens) -> list[Named]:
        """Claim every currency, left to right; amounts are claimed before."""
        shouting = _shouting(tokens.written)
        chinese = not _CHINESE.isdisjoint(tokens.words)
        found: list[Named] = []
        at, last = 0, len(tokens)
        while at < last:
            named = (
                None
                if tokens.claimed[at] is not None
                else self._read(tokens, at, shouting=shouting, chinese=chinese, found=found)
            )
            if named is None:
                at += 1
                continue
            tokens.claim(
                named.first,
                named.last,
                "currency",
                named.codes,
                "currency pair" if named.pair else "currency",
            )
            found.append(named)
            at = named.last
        return found

    def _read(
        self, tokens: Tokens, at: int, *, shouting: bool, chinese: bool, found: Sequence[Named]
    ) -> Named | None:
        word = tokens.words[at]
        if word in _SIGNS:
            return Named(at, at + 1, (self._sign(word, chinese=chinese),))
        if (
            tokens.word(at + 1) in ("$", "¥")
            and tokens.touches(at)
            and word + tokens.words[at + 1] in self._symbols
        ):
            return Named(at, at + 2, (self._symbols[word + tokens.words[at + 1]],))
        if word in self._pairs and self._noun(tokens, at, at + 1, word, found):
            return Named(at, at + 1, self._pairs[word])
        for rest, code in self._names.get(word, ()):
            end = at + 1 + len(rest)
            if all(tokens.word(at + 1 + k) == part for k, part in enumerate(rest)):
                if word in ("dollar", "dollars") and tokens.word(end) == "offset":
                    return None
                if (
                    rest
                    or word not in self._word_homographs | {"lek"}
                    or self._noun(tokens, at, end, word, found)
                ):
                    return Named(at, end, (code,))
        return self._code(tokens, at, word, shouting=shouting)

    def _sign(self, sign: str, *, chinese: bool) -> str:
        return "CNY" if sign == "¥" and chinese else self._symbols[sign]

    def _code(self, tokens: Tokens, at: int, word: str, *, shouting: bool) -> Named | None:
        if len(word) == 2 * _CODE:
            base, quote = self._codes.get(word[:_CODE]), self._codes.get(word[_CODE:])
            if (
                base
                and quote
                and base != quote
                and not {word[:_CODE], word[_CODE:]} <= self._homographs
            ):
                return Named(at, at + 1, (base, quote))
        code = self._codes.get(word)
        if code is None or (
            word in self._homographs and not self._capital(tokens, at, word, shouting=shouting)
        ):
            return None
        quote = self._codes.get(tokens.word(at + 1))
        if quote and quote != code and tokens.between(at).strip(" ") in {"/", "-"}:
            return Named(at, at + 2, (code, quote))
        return Named(at, at + 1, (code,))

    def _capital(self, tokens: Tokens, at: int, word: str, *, shouting: bool) -> bool:
        """Whether a code that is also a word is meant as the code (README, homographs (a))."""
        if _money(tokens, at - 1):
            return True
        capital = tokens.written[tokens.starts[at] : tokens.ends[at]].isupper()
        if not capital or shouting:
            return False
        behind = tokens.word(at + 1)
        if _money(tokens, at + 1) and word != "all":
            return True
        if tokens.between(at) == "/" or (at and tokens.between(at - 1) == "/"):
            return True
        if word in {"all", "top"}:
            return (
                behind in self._nouns
                and not behind.endswith("s")
                and tokens.word(at - 1) in _DETERMINED - {"for", "on"}
            )
        return (
            behind not in {"again", "to", "it", "this", "that", "the", "a", "once", "another"}
            and not behind.isdigit()
        )

    def _noun(self, tokens: Tokens, at: int, end: int, word: str, found: Sequence[Named]) -> bool:
        """Whether a word of money is meant as money (README, homographs (b))."""
        behind, before = tokens.word(end), tokens.word(at - 1)
        if (
            _money(tokens, at - 1)
            or _money(tokens, end)
            or behind in self._nouns
            or behind == "/"
            or (before.isdigit())
        ):
            return True
        if word == "sing":
            return False
        if behind in self._not_after:
            return False
        beside = (
            bool(found)
            and found[-1].last >= at - 1
            and before in {"and", "or", "vs", "versus", "to", "against", "with", "/", ""}
        )
        if beside or (
            behind in {"and", "or", "vs", "versus"}
            and (tokens.word(end + 1) in self._codes or tokens.word(end + 1) in self._names)
        ):
            return True
        strict = word in {"won", "real", "buck", "bucks", "pound", "pounds", "lek", "rand"}
        if before in self._before:
            return not (
                word == "real"
                and behind
                and behind not in self._nouns
                and behind not in _AFTER_MONEY
            )
        if word == "won" or strict:
            return before in _ORDERS and word != "won"
        return before not in _VERB_BEFORE or behind in _AFTER_MONEY


_AFTER_MONEY = frozenset(
    {
        "",
        "?",
        ".",
        ",",
        "!",
        ";",
        ":",
        "by",
        "to",
        "from",
        "for",
        "until",
        "please",
        "pls",
        "now",
        "and",
        "or",
        "today",
        "is",
        "are",
        "at",
        "in",
        "on",
        "against",
        "vs",
        "versus",
        "out",
        "with",
        "off",
        "up",
        "down",
        "trading",
        "this",
        "over",
        "we",
        "fell",
        "falls",
        "drops",
        "rallies",
        "only",
        ")",
        "still",
        "moved",
        "move",
        "weakens",
        "strengthens",
    }
)
_ORDERS = frozenset(
    {
        "flatten",
        "unwind",
        "roll",
        "close",
        "hedge",
        "sell",
        "buy",
        "terminate",
        "extend",
        "cover",
        "kill",
        "exit",
        "show",
        "check",
        "stress",
        "shock",
    }
)


def _money(tokens: Tokens, at: int) -> bool:
    """Whether the word at `at` belongs to an amount."""
    if not 0 <= at < len(tokens):
        return False
    finding = tokens.claimed[at]
    return finding is not None and finding.name == "money"


def _shouting(written: str) -> bool:
    """Whether a prompt is written in capitals throughout."""
    return written.isupper()


def _by_first(names: Mapping[str, list[str]]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    table: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for code, phrases in names.items():
        for phrase in phrases:
            first, *rest = phrase.split()
            table.setdefault(first, []).append((tuple(rest), code))
    return table

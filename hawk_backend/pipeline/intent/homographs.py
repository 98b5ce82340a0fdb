"""Tell codes and words of currencies from the plain words that are spelled the same."""

from hawk_backend.catalogue.lexicon import CurrencyWords
from hawk_backend.pipeline.intent.tokens import Tokens
from hawk_backend.pipeline.intent.wordset import wordset

_VERB_BEFORE = wordset(
    "i we you they he she who has have had to not just also never can could should must please "
    "let us team and it"
)
_VERB_BEHIND = wordset("again to it this that the a once another")
_DETERMINED = wordset("of in the our my to into vs versus against or and from")
_LINKS = wordset("and or vs versus to against with")
_DETERMINERS = wordset("the our")
_STRICT = wordset("rm rp rs won real buck bucks pound pounds lek rand")
_ORDERS = wordset(
    "flatten unwind roll close hedge sell buy terminate extend cover kill exit show check "
    "stress shock"
)
_AFTER_MONEY = wordset(
    "? . , ! ; : ) by to from for until please pls now and or today is are at in on against vs "
    "versus out with off up down trading this over we only still"
) | {""}


class Homographs:
    """Decides by the words around; built once from the lexicon."""

    def __init__(self, words: CurrencyWords, known: frozenset[str], falls: frozenset[str]) -> None:
        self._known = known
        self._after_money = _AFTER_MONEY | falls
        self._codes = wordset(words.homographs.lower())
        self._words = wordset(words.word_homographs) | {"lek"}
        self._nouns = wordset(words.money_nouns)
        self._not_after = wordset(words.not_money_after)
        self._before = wordset(words.before)

    def is_code(self, tokens: Tokens, at: int, *, shouting: bool) -> bool:
        """Whether the code at `at` is one: beside money, or in capitals and no verb."""
        word = tokens.words[at]
        if word not in self._codes or is_money(tokens, at - 1):
            return True
        if shouting or not tokens.written[tokens.starts[at] : tokens.ends[at]].isupper():
            return False
        if is_money(tokens, at + 1) and word != "all":
            return True
        if "/" in {tokens.between(at), tokens.between(at - 1)}:
            return True
        behind = tokens.word(at + 1)
        if word in {"all", "top"}:
            one = behind in self._nouns and not behind.endswith("s")
            return one and tokens.word(at - 1) in _DETERMINED
        return behind not in _VERB_BEHIND and not behind.isdecimal()

    def is_noun(self, tokens: Tokens, at: int, end: int, *, after_currency: bool) -> bool:
        """Whether a currency's name is meant as money; `after_currency`: one stands before."""
        word, before, behind = tokens.words[at], tokens.word(at - 1), tokens.word(end)
        plain = word not in self._words or end > at + 1
        if plain or is_money(tokens, at - 1) or is_money(tokens, end) or before.isdecimal():
            return True
        if behind in self._nouns or word == "sing" or behind in self._not_after:
            return behind in self._nouns
        linked = behind in _LINKS and tokens.word(end + 1) in self._known
        linked = linked or (after_currency and before in _LINKS | {""})
        if linked or _is_listed(tokens, at - 1):
            return True
        if before in self._before:
            return word != "real" or behind in self._after_money
        if word in _STRICT:
            return word != "won" and before in _ORDERS
        return before not in _VERB_BEFORE or behind in self._after_money


def _is_listed(tokens: Tokens, at: int) -> bool:
    """Whether the determiner at `at` goes on a list of currencies: "the rand and the real"."""
    finding = tokens.claimed[at - 2] if at > 1 else None
    listed = finding is not None and finding.name == "currency"
    return listed and tokens.word(at) in _DETERMINERS and tokens.word(at - 1) in _LINKS


def is_money(tokens: Tokens, at: int) -> bool:
    """Whether the word at `at` belongs to an amount."""
    finding = tokens.claimed[at] if 0 <= at < len(tokens) else None
    return finding is not None and finding.name == "money"

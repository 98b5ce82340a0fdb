"""Read amounts of money: digits in every notation, words, units from k to yard, 万 and crore."""

from decimal import Context, Decimal
from typing import NamedTuple

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.numerals import NumberWords, read_number, read_ratio
from hawk_backend.pipeline.intent.tokens import Tokens
from hawk_backend.pipeline.intent.wordset import wordset

VAR_WORDS = wordset("var cvar es shortfall confidence")
LEVELS = frozenset(map(Decimal, ("90", "95", "97.5", "99", "99.5", "99.9")))
"""Confidence levels, which beside a word of VaR are no amounts."""
_SIGNS = frozenset("$€£¥₩₹฿₺₱₫₽₪")
_CODE = 3
_GROUP = 3
_MOST_GROUPS = 5
_LONGEST = 24
_EXACT = Context(prec=100)
"""Wide enough for the longest digits before any unit."""

_FEW = 100
_HALF = Decimal("0.5")
_PLAIN_FROM = 1000
_YEARS = range(1900, 2100)
_YEAR_DIGITS = 4
_LENGTHS = wordset("metres meters away")
_DOTTED = wordset("mio mil mill bln")
_SPOKEN = wordset("quid bucks dollars euros pounds")
_SHORT_UNITS = wordset("k mm bn")
_SHORT = 2


class Sum(NamedTuple):
    """An amount as read, and the currency that is glued to it ("5mUSD")."""

    value: Decimal
    currency: str | None = None


class Unit(NamedTuple):
    """A unit's power of ten, the token behind it, and the currency that is glued to it."""

    power: int | None
    end: int
    currency: str | None = None


class MoneyScanner:
    """Finds amounts in tokens; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        words = lexicon.money
        self._units = {**words.units, **words.cjk}
        self._counted = wordset(words.counted)
        self._counting = wordset(words.counting)
        self._words = NumberWords(lexicon)
        self._codes = {code.lower(): code for code in lexicon.codes}
        names = (name for names in lexicon.currencies.names.values() for name in names)
        self._names = frozenset((*names, *self._codes, *_SIGNS))

    def scan(self, tokens: Tokens) -> None:
        """Claim every amount, left to right."""
        at = 0
        while at < len(tokens):
            if tokens.claimed[at] is not None:
                at += 1
            elif tokens.words[at][0] in "0123456789.":
                at = self._digits(tokens, at)
            else:
                at = self._spelled(tokens, at)

    def _digits(self, tokens: Tokens, at: int) -> int:
        """Claim the amount in digits at `at`, if it is one; return the token behind it."""
        text = tokens.words[at]
        if not text[-1].isdecimal() or len(text) > _LONGEST or tokens.word(at - 1) == "stage":
            return at + 1
        ratio = read_ratio(tokens, at)
        if ratio is not None and self._unit(tokens, ratio[1]).power is not None:
            return self._claim(tokens, at, ratio[0], self._unit(tokens, ratio[1]), "amount")
        text, end = _joined(tokens, at)
        unit = self._unit(tokens, end)
        if unit.power is None:
            unit = Unit(self._lent(tokens, end), end)
        value = read_number(text, with_unit=unit.power is not None)
        if value is None or (unit.power is None and not self._is_money(tokens, at, end, value)):
            return end
        return self._claim(tokens, at, value, unit, "amount")

    def _claim(self, tokens: Tokens, at: int, value: Decimal, unit: Unit, rule: str) -> int:
        """Claim `value` units, "and a half" behind them included; return the token behind it."""
        end = unit.end
        if [tokens.word(end + k) for k in range(3)] == ["and", "a", "half"]:
            value, end = value + _HALF, end + 3
        amount = _units_of(value, unit.power or 0)
        tokens.claim(at, end, "money", Sum(amount, unit.currency), rule)
        return end

    def _lent(self, tokens: Tokens, at: int) -> int | None:
        """Return the unit that a range tells once: "5-6m", "3 to 4 million"."""
        before, word = tokens.word(at - 2), tokens.word(at)
        if tokens.between(at - 1) != "-":
            if word not in {"to", "or"} and (word, before) != ("and", "between"):
                return None
            at += 1
        return self._unit(tokens, at + 1).power if tokens.word(at)[:1].isdecimal() else None

    def _unit(self, tokens: Tokens, at: int) -> Unit:
        """Return the unit at `at`, right behind its number."""
        word = tokens.word(at)
        if not word or tokens.between(at - 1) not in {"", " ", "-"}:
            return Unit(None, at)
        power = self._units.get(word)
        if word == "hundred":
            more = self._unit(tokens, at + 1)
            return more._replace(power=more.power + 2) if more.power else Unit(None, at)
        if power is not None:
            behind = tokens.word(at + 1)
            glued = tokens.touches(at) and behind[:1].isdecimal()
            is_length = word == "m" and (behind in _LENGTHS or glued)
            dotted = word in _DOTTED and behind == "." and tokens.word(at + 2) in self._names
            return Unit(None, at) if is_length else Unit(power, at + 1 + dotted)
        code = self._codes.get(word[-_CODE:])
        if tokens.touches(at - 1) and code and word[:-_CODE] in self._units:
            return Unit(self._units[word[:-_CODE]], at + 1, code)
        return Unit(None, at)

    def _is_money(self, tokens: Tokens, at: int, end: int, value: Decimal) -> bool:
        """Whether a number without a unit is an amount rather than a count, a year or a rank."""
        before, behind = tokens.word(at - 1), tokens.word(end)
        level = value in LEVELS and not tokens.said.isdisjoint(VAR_WORDS)
        counted = behind in self._counted and value < _PLAIN_FROM
        if level or counted or before in self._counting:
            return False
        glued = (
            before if tokens.touches(at - 1) else "",
            behind if tokens.touches(end - 1) else "",
        )
        if any(word.isalpha() and word not in self._names for word in glued):
            return False
        if behind in self._names:
            counts = value < _FEW and value % 1 == 0
            return not (counts and tokens.word(end + 1) in self._counted)
        if before in self._names:
            return True
        if value < _PLAIN_FROM:
            return value == 0 and before == "to"
        return len(tokens.words[at]) > _YEAR_DIGITS or int(value) not in _YEARS

    def _spelled(self, tokens: Tokens, at: int) -> int:
        """Claim the amount in words at `at`, if it is one; return the token behind it."""
        if tokens.words[at] in {"zero", "nil"} and tokens.word(at - 1) == "to":
            tokens.claim(at, at + 1, "money", Sum(Decimal(0)), "to zero")
            return at + 1
        number = self._words.read(tokens, at)
        if number is None:
            return at + 1
        value, end = number
        unit, word = self._unit(tokens, end), tokens.word(end)
        written = len(word) > _SHORT or word in _SHORT_UNITS or not word.isascii()
        if unit.power is not None and written:
            return self._claim(tokens, at, value, unit, "amount in words")
        if word in _SPOKEN and tokens.words[at] not in {"a", "an", "half", "quarter"}:
            tokens.claim(at, end, "money", Sum(value), "amount in words")
        return end


def _joined(tokens: Tokens, at: int) -> tuple[str, int]:
    """Return the digits at `at`, with "12 500 000", whose groups single spaces part, as one."""
    text, end = tokens.words[at], at + 1
    if len(text) > _GROUP or not text.isdecimal():
        return text, end
    while end <= at + _MOST_GROUPS and tokens.between(end - 1) == " ":
        group = tokens.word(end)
        whole, stop, cents = group[:_GROUP], group[_GROUP : _GROUP + 1], group[_GROUP + 1 :]
        if len(whole) != _GROUP or not whole.isdecimal():
            break
        if stop and not (stop in ",." and cents.isdecimal()):
            break
        text += group
        end += 1
        if stop:
            break
    return text, end


def _units_of(value: Decimal, power: int) -> Decimal:
    """Return an amount in units of currency, written without an exponent."""
    amount = value.scaleb(power, _EXACT)
    if amount == amount.to_integral_value():
        return amount.quantize(Decimal(1), context=_EXACT)
    return amount.normalize(_EXACT)

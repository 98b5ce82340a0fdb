"""Read numbers: digits with any separators, numbers in words."""

from decimal import Decimal

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.tokens import Tokens

_GROUP = 3
_LARGEST_EXPONENT = 15
SUMS = frozenset(("million", "mio", "mil", "mn", "mln", "billion", "bn", "yard"))
"""Units that a share in front of them makes a sum: "half million"."""
_CJK_POWERS = {"十": 10, "百": 100, "千": 1000}
_CJK_DIGITS = {char: number for number, char in enumerate("一二三四五六七八九", 1)} | {
    "两": 2,
    "兩": 2,
    "十": 10,
}
_CJK_NUMERALS = frozenset((*_CJK_DIGITS, *_CJK_POWERS))
_FRACTIONS = {"half": Decimal("0.5"), "quarter": Decimal("0.25")}
_PARTS = frozenset("2345678")
_FROM_TENS = 20
_TEN = 10


def read_number(text: str, *, with_unit: bool) -> Decimal | None:
    """Read digits with any separators; `with_unit` makes "1.250" one and a quarter, else 1250."""
    mantissa, _, exponent = text.partition("e")
    if exponent:
        value = read_number(mantissa, with_unit=True)
        return (
            None
            if value is None or int(exponent) > _LARGEST_EXPONENT
            else value.scaleb(int(exponent))
        )
    plain = _plain(text.replace("'", ""), with_unit=with_unit)
    return Decimal(plain) if plain.replace(".", "", 1).isdecimal() else None


def read_ratio(tokens: Tokens, at: int) -> tuple[Decimal, int] | None:
    """Read "3/4 of a" and "1 1/2" in front of a unit; None for no ratio."""
    whole = tokens.word(at)
    if tokens.between(at) == " " and len(whole) < _GROUP and whole.isdecimal():
        part = _fraction(tokens, at + 1)
        return (int(whole) + part[0], part[1]) if part else None
    return _fraction(tokens, at)


def _fraction(tokens: Tokens, at: int) -> tuple[Decimal, int] | None:
    """Read "3/4 of a"; None for no fraction."""
    over, under = tokens.word(at), tokens.word(at + 1)
    if tokens.between(at) != "/" or under not in _PARTS or over not in _PARTS | {"1"}:
        return None
    end = at + 2 + (tokens.word(at + 2) == "of")
    return Decimal(over) / Decimal(under), end + (tokens.word(end) == "a")


def _plain(text: str, *, with_unit: bool) -> str:
    """Return digits with at most a decimal point, whichever of comma and dot was which."""
    commas, dots = text.count(","), text.count(".")
    if commas and dots:
        decimal = max(text.rfind(","), text.rfind("."))
        return text[:decimal].replace(",", "").replace(".", "") + "." + text[decimal + 1 :]
    if commas + dots > 1:
        return text.replace(",", "").replace(".", "")
    grouped = _is_grouped(text, "," if commas else ".")
    if commas:
        return text.replace(",", "" if grouped else ".")
    return text.replace(".", "") if grouped and not with_unit else text


def _is_grouped(text: str, separator: str) -> bool:
    """Whether the only separator stands before exactly three digits, and not behind a lone zero."""
    whole, found, rest = text.partition(separator)
    return bool(found) and len(rest) == _GROUP and whole not in {"", "0"}


class NumberWords:
    """Numbers in words, up to the hundreds; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        words = lexicon.money
        numbers = {word: number for number, word in enumerate(words.numbers.split())}
        numbers |= {word: _TEN * number for number, word in enumerate(words.tens.split(), 2)}
        self._numbers = numbers

    def read(self, tokens: Tokens, at: int) -> tuple[Decimal, int] | None:
        """Read "half a", "a quarter of a", "two and a half", "twenty five"; None for no number."""
        word, behind = tokens.word(at), tokens.word(at + 1)
        if word[:1] in _CJK_DIGITS:
            return _cjk(tokens, at)
        if word in _FRACTIONS and behind in SUMS:
            return _FRACTIONS[word], at + 1
        if word in _FRACTIONS and behind in {"a", "of"}:
            return _FRACTIONS[word], at + 2 + (behind == "of" and tokens.word(at + 2) == "a")
        if word in {"a", "an"}:
            return self._article(tokens, at, behind)
        if word == "three" and behind == "quarters" and tokens.word(at + 2) == "of":
            return Decimal("0.75"), at + 3 + (tokens.word(at + 3) == "a")
        return self._counted(tokens, at) if word in self._numbers else None

    def _article(self, tokens: Tokens, at: int, behind: str) -> tuple[Decimal, int] | None:
        if behind in _FRACTIONS:
            return self.read(tokens, at + 1)
        if behind == "couple" and tokens.word(at + 2) == "of":
            return Decimal(2), at + 3
        return (Decimal(100), at + 2) if behind == "hundred" else (Decimal(1), at + 1)

    def _counted(self, tokens: Tokens, at: int) -> tuple[Decimal, int]:
        total, end = self._below_hundred(tokens, at)
        if tokens.word(end) == "hundred":
            total, end = total * 100, end + 1
            rest = end + (tokens.word(end) == "and")
            if tokens.word(rest) in self._numbers:
                more, end = self._below_hundred(tokens, rest)
                total += more
        if tokens.word(end) == "point" and tokens.word(end + 1) in self._numbers:
            total, end = total + Decimal(self._numbers[tokens.word(end + 1)]) / _TEN, end + 2
        if [tokens.word(end + k) for k in range(3)] == ["and", "a", "half"]:
            total, end = total + _FRACTIONS["half"], end + 3
        return total, end

    def _below_hundred(self, tokens: Tokens, at: int) -> tuple[Decimal, int]:
        total = self._numbers[tokens.word(at)]
        ones = self._numbers.get(tokens.word(at + 1), _TEN)
        if total >= _FROM_TENS and ones < _TEN:
            return Decimal(total + ones), at + 2
        return Decimal(total), at + 1


def _cjk(tokens: Tokens, at: int) -> tuple[Decimal, int] | None:
    """Read "五", "十二" and "三百五十" in front of a unit."""
    total = digit = 0
    while tokens.word(at) and _CJK_NUMERALS.issuperset(tokens.word(at)):
        for char in tokens.word(at):
            power = _CJK_POWERS.get(char)
            total, digit = (
                (total + (digit or 1) * power, 0) if power else (total, _CJK_DIGITS[char])
            )
        at += 1
    return (Decimal(total + digit), at) if total + digit else None

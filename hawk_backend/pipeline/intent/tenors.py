"""Tell a tenor ("3m forward") from money ("3m EUR forward")."""

from hawk_backend.pipeline.intent import datewords as words
from hawk_backend.pipeline.intent.datewalk import DateWalk

_CODE = 3
_TENOR_BACK = 5


def is_tenor(walk: DateWalk, at: int, end: int, number: int) -> bool:
    """Whether "3m" is a tenor rather than money."""
    if number not in words.TENOR_SIZES:
        return False
    quoted = _is_quoted(walk) or _is_outright(walk, end)
    return quoted or _is_second(walk, at) or _is_forward(walk, at, end)


def _is_outright(walk: DateWalk, end: int) -> bool:
    """Whether a pair's forward is asked for, and none dealt: "3m EURUSD forward"."""
    pair = walk.tokens.word(end)
    asked = len(pair) == 2 * _CODE and walk.tokens.word(end + 1) in words.TENOR_BESIDE
    return asked and walk.tokens.said.isdisjoint(words.DEALING)


def _is_forward(walk: DateWalk, at: int, end: int) -> bool:
    """Whether a forward, a roll or points stand beside "3m", and its currency not behind."""
    tokens = walk.tokens
    behind = tokens.word(end)
    if behind in words.TENOR_BESIDE:
        return behind not in words.ROLLING or not is_code(tokens.word(at - 1))
    if is_code(behind) or behind in words.HELD:
        return False
    for back in range(at - 1, max(-1, at - 1 - _TENOR_BACK), -1):
        word = tokens.word(back)
        if word in words.TENOR_BESIDE:
            return word not in words.AGAIN or not walk.tokens.said.isdisjoint(words.ROLLING)
        if word not in words.TENOR_LINK and not is_code(word):
            return False
    return False


def _is_quoted(walk: DateWalk) -> bool:
    """Whether the prompt speaks of a market in tenors: "1m USDJPY vol", "points EURUSD 3m"."""
    return not walk.tokens.said.isdisjoint(words.QUOTED) and walk.tokens.said.isdisjoint(
        words.ROLLING
    )


def _is_second(walk: DateWalk, at: int) -> bool:
    """Whether a tenor follows an amount or a roll: "hedge 5m EUR for 3m", "roll SEK by 3m"."""
    before, behind = walk.tokens.word(at - 1), walk.tokens.word(at + 2)
    if is_code(behind) or behind in words.HELD:
        return False
    rolls = "up" not in walk.tokens.said and not walk.tokens.said.isdisjoint(words.ROLLING)
    sums = walk.first_sum < at
    if before == "for":
        return rolls or sums or walk.first_large < at
    return rolls and (sums or before == "by")


def is_code(word: str) -> bool:
    """Whether a word of three letters can be a currency's code."""
    link = word in words.TENOR_LINK or word in words.TENOR_BESIDE
    return len(word) == _CODE and word.isalpha() and not link and word not in words.NO_CODE

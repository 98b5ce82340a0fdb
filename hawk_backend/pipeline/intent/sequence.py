"""The prompt as the phrases see it: known words in their plain form, findings as symbols, stops."""

from dataclasses import dataclass, field

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.tokens import STOPS, Tokens
from hawk_backend.pipeline.intent.vocabulary import Vocabulary

_SYMBOL = {
    **dict.fromkeys(("order_id", "previous_order_id", "sub_order_id"), "<id>"),
    **dict.fromkeys(("instruction_id", "event_id"), "<id>"),
    **dict.fromkeys(("date", "day"), "<date>"),
    **{name: f"<{name}>" for name in ("money", "currency", "odds", "band", "portfolio")},
    "deal_id": "<deal>",
    "entity_ids": "<entity>",
    "percentage": "<percent>",
}
_RULE_SYMBOL = {"to zero": "<zero>", "halve": "halve", "date: tenor": "<tenor>"}
_POLITE = (
    ("can", "you"),
    ("could", "you"),
    ("would", "you"),
    ("will", "you"),
    ("let", "us"),
    ("i", "want", "you", "to"),
)
SYMBOL_STOPS = frozenset({".", ",", ";", ":", "?", "!", "\n", "(", "-"})


@dataclass(slots=True)
class Sequence:
    """Words for the phrases, the token of each, where clauses begin, and the unknown words."""

    words: list[str] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    starts: list[bool] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


class Sequencer:
    """Turns tokens into the sequence that phrases are looked up in."""

    def __init__(self, lexicon: Lexicon, vocabulary: Vocabulary, numbers: frozenset[str]) -> None:
        self._vocabulary = vocabulary
        self._numbers = numbers
        self._fillers = frozenset(lexicon.request.fillers.split())
        self._openers = (
            frozenset(lexicon.request.coordinators.split()) | SYMBOL_STOPS | {"but", "so"}
        )

    def spell(self, tokens: Tokens) -> tuple[list[str], list[tuple[str, ...]], list[str]]:
        """Return each token's plain form, the words it stands for, and the unknown words."""
        plain: list[str] = []
        meant: list[tuple[str, ...]] = []
        unknown: list[str] = []
        for at, word in enumerate(tokens.words):
            if tokens.claimed[at] is not None or not word[0].isalpha():
                plain.append(word)
                meant.append((word,))
                continue
            words, known = self._vocabulary.read(word)
            if not known:
                unknown.append(word)
            plain.append(words[0] if len(words) == 1 else word)
            meant.append(words)
        return plain, meant, unknown

    def sequence(
        self, tokens: Tokens, meant: list[tuple[str, ...]], unknown: list[str]
    ) -> Sequence:
        """Return the sequence; a currency beside its amount is part of the amount."""
        out = Sequence(unknown=unknown)
        words, places = out.words, out.tokens
        previous = None
        for at, finding in enumerate(tokens.claimed):
            if finding is not None:
                if finding is previous:
                    continue
                previous = finding
                symbol = _RULE_SYMBOL.get(finding.rule) or _SYMBOL.get(finding.name, "<other>")
                self._symbol(out, at, symbol)
                continue
            previous = None
            if _encloses(tokens, at):
                continue
            for word in self._plain(tokens, at, meant[at]):
                words.append(word)
                places.append(at)
        self._starts(out)
        return out

    def _symbol(self, out: Sequence, at: int, symbol: str) -> None:
        last = out.words[-1] if out.words else ""
        if symbol == "<currency>" and last == "<money>":
            return
        if symbol == "<money>" and last == "<currency>" and out.tokens[-1] >= at - 2:
            out.words[-1] = symbol
            return
        out.words.append(symbol)
        out.tokens.append(at)

    def _plain(self, tokens: Tokens, at: int, meant: tuple[str, ...]) -> tuple[str, ...]:
        word = tokens.words[at]
        if word[0].isdigit():
            behind = tokens.word(at + 1)
            if behind in {"a", "b"} and tokens.touches(at):
                return (word + behind,)
            return (word,) if word in self._numbers else ("<number>",)
        if word[0] in STOPS:
            return (_stop(word),) if word[0] not in "()" or word != ")" else (",",)
        if (
            word in {"a", "b"}
            and at
            and tokens.touches(at - 1)
            and tokens.words[at - 1][0].isdigit()
        ):
            return ()
        if word in "%$" or word == "\ue000":
            return ()
        return tuple(part for part in meant if part)

    def _starts(self, out: Sequence) -> None:
        words = out.words
        starts = out.starts
        fresh = True
        skip = 0
        for at, word in enumerate(words):
            starts.append(fresh or skip == 1)
            if skip:
                skip -= 1
            if fresh and not skip:
                for polite in _POLITE:
                    if tuple(words[at : at + len(polite)]) == polite:
                        skip = len(polite)
            opens = word in self._openers or (word in self._fillers and starts[at])
            fresh = opens and not skip


def _encloses(tokens: Tokens, at: int) -> bool:
    """Whether a bracket only encloses what a scanner found: "the peso (MXN) hedge"."""
    step = {"(": 1, ")": -1}.get(tokens.words[at])
    if step is None:
        return False
    place = at + step
    while 0 <= place < len(tokens) and tokens.claimed[place] is not None:
        place += step
    return place != at + step and 0 <= place < len(tokens) and tokens.words[place] in {"(", ")"}


def _stop(word: str) -> str:
    for char in word:
        if char in "\n?.!;:":
            return char
    return "," if word[0] in "(," else word[0]

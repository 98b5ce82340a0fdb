"""Read refusals: what a user does not want is taken out of the evidence, and told."""

from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Words
from itertools import accumulate
from typing import NamedTuple

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.clauses import Clause
from hawk_backend.pipeline.intent.evidence import Hit
from hawk_backend.pipeline.intent.markers import marker_at, markers
from hawk_backend.pipeline.intent.sequence import SYMBOL_STOPS
from hawk_backend.pipeline.intent.wordset import wordset

_REACH = 7
_ASKED_BACK = 6
_NOUN = 48
_ABSENT = wordset("no nothing")
_NAUGHT = wordset("nothing none neither")
"""What refuses the command before it: "roll nothing", "close none of them"."""
_MISSING = wordset("from yet back since received seen heard ack acks news response reply so")
_WAIVED = {("?", "no")} | {
    ("not", word) for word in ("needed", "required", "wanted", "necessary", "desired", "allowed")
}
"""What takes back the clause before: "rollover? no", "a capacity check is not needed"."""
_WILLS = wordset(
    "going to ask asking planning plan want wanting wanted intend intending supposed about allowed "
    "meant wish tell request authorise authorize need"
)
_NO_LONGER = ("no", "longer")
"""Refuses orders only: "no longer want it rolled", but "no longer effective"."""
_PLAIN_NOT = wordset("not can")


class Refusal(NamedTuple):
    """Words `start` to `end` (excluded) are under a negator that ends at `negator`.

    `nouns`: it refuses nouns too ("no rollover", "not VaR"), not only commands.
    """

    start: int
    negator: int
    end: int
    nouns: bool


class Reach:
    """For each word how far the refusals before it reach: no phrase looks at all of them."""

    def __init__(self, refusals: Words[Refusal], length: int) -> None:
        self._negators = _furthest(((r.start, r.negator) for r in refusals), length)
        self._ends = _furthest(((r.start + 1, r.end) for r in refusals), length)
        self._nouns = _furthest(((r.start + 1, r.end) for r in refusals if r.nouns), length)
        self._behind = _furthest(((r.negator, r.end) for r in refusals), length)

    def holds(self, hit: Hit) -> bool:
        """Whether a phrase is nothing but a negator's own words."""
        return hit.last <= self._negators[hit.first]

    def refuses(self, hit: Hit) -> bool:
        """Whether a phrase begins behind a negator and is of a kind that it refuses."""
        action = hit.intent.startswith("hedge_") and hit.strength <= _NOUN
        ends = self._ends if hit.command or action else self._nouns
        return hit.first < ends[hit.first]

    def words(self) -> Iterator[int]:
        """Yield the words behind the negators that they refuse."""
        return (at for at, end in enumerate(self._behind) if at < end)


class RefusalReader:
    """Finds refusals; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._negators = markers(lexicon.negation.before)
        self._firsts = self._negators.keys() | {"than"}
        self._ends = wordset(lexicon.negation.ends + " and then so") | SYMBOL_STOPS
        self._asking = wordset(lexicon.negation.questions)
        self._verbs = {verb: intents.split() for verb, intents in lexicon.negation.verbs.items()}
        request = lexicon.request
        self._openers = wordset(f"{request.coordinators} {request.fillers} but") | SYMBOL_STOPS

    def refuse(self, clauses: Words[Clause], words: Words[str]) -> list[Hit]:
        """Take the refused phrases out of the clauses and return them."""
        refusals = self._refusals(words)
        if not refusals:
            return []
        reach = Reach(refusals, len(words))
        refused: list[Hit] = []
        for clause in clauses:
            hits = [hit for hit in clause.hits if not reach.holds(hit)]
            clause.hits = [hit for hit in hits if not reach.refuses(hit)]
            said = _said(clause.hits)
            refused += (
                hit
                for hit in hits
                if reach.refuses(hit) and said.get((hit.intent, hit.first), 0) < hit.last
            )
        refused = [hit for hit in refused if hit.phrase not in self._verbs]
        return [*refused, *self._done(reach, words)]

    def _done(self, reach: Reach, words: Words[str]) -> Iterator[Hit]:
        """Yield what the verbs under a refusal would have done: "do not book"."""
        for at in reach.words():
            for intent in self._verbs.get(words[at], ()):
                yield Hit(at, at + 1, intent, _NOUN, command=True, phrase=words[at])

    def _refusals(self, words: Words[str]) -> list[Refusal]:
        refusals: list[Refusal] = []
        stop = -1
        for at, word in enumerate(words):
            before, stop = stop, at if word in SYMBOL_STOPS else stop
            if tuple(words[at : at + 2]) in _WAIVED:
                refusals.append(Refusal(before, before, at, nouns=True))
                continue
            if word in _NAUGHT and at:
                refusals.append(Refusal(at - 2, at - 2, at, nouns=False))
            inside = refusals and at < refusals[-1].negator
            negator = self._negator(words, at) if word in self._firsts and not inside else ()
            if negator and not self._is_question(words, at):
                opens = at == 0 or words[at - 1] in self._openers
                end = self._end(words, at + len(negator))
                nouns = (opens or word not in _PLAIN_NOT) and negator != _NO_LONGER
                nouns = nouns and not _excludes(words, at, at + len(negator))
                refusals.append(Refusal(at, at + len(negator), end, nouns))
        return refusals

    def _negator(self, words: Words[str], at: int) -> tuple[str, ...]:
        if tuple(words[at : at + 2]) == _NO_LONGER:
            return _NO_LONGER
        if _tells_absence(words, at):
            return ()
        if words[at] == "than" and "rather" in words[max(0, at - _ASKED_BACK) : at]:
            return ("than",)
        return marker_at(self._negators, words, at)

    def _is_question(self, words: Words[str], at: int) -> bool:
        """Whether "not" only asks: "why was it not executed"."""
        for back in range(at - 1, max(-1, at - 1 - _ASKED_BACK), -1):
            if words[at] != "not" or words[back] in SYMBOL_STOPS or _wills(words, at):
                return False
            if words[back] in self._asking:
                return True
        return False

    def _end(self, words: Words[str], start: int) -> int:
        end = start
        while end < min(len(words), start + _REACH) and words[end] not in self._ends:
            end += 1
        return end


def _furthest(spans: Iterable[tuple[int, int]], length: int) -> Words[int]:
    """Return for each word the furthest end of the spans that begin at it or before it."""
    ends = [0] * (length + 1)
    for start, end in spans:
        ends[max(0, start)] = max(ends[max(0, start)], end)
    return [*accumulate(ends, max)]


def _said(kept: Words[Hit]) -> dict[tuple[str, int], int]:
    """Return how far phrases say an intent from each of their words on.

    One that holds the negator says it already: "without paperwork".
    """
    ends: dict[tuple[str, int], int] = {}
    for hit in kept:
        for at in range(hit.first, hit.last):
            ends[hit.intent, at] = max(ends.get((hit.intent, at), 0), hit.last)
    return ends


def _wills(words: Words[str], at: int) -> bool:
    """Whether "not" stands before a will: "we are not going to", "I did not ask to"."""
    return at + 1 < len(words) and words[at + 1] in _WILLS


def _excludes(words: Words[str], at: int, end: int) -> bool:
    """Whether "not" only takes a currency out: "SGD but not THB positions"."""
    return words[at] == "not" and tuple(words[end : end + 1]) == ("<currency>",)


def _tells_absence(words: Words[str], at: int) -> bool:
    """Whether "no" tells that something is missing: "no ack from Murex", "nothing received yet"."""
    if words[at] not in _ABSENT or tuple(words[at + 1 : at + 2]) == ("need",):
        return False
    for word in words[at + 1 : at + 1 + _REACH]:
        if word in SYMBOL_STOPS:
            return False
        if word in _MISSING:
            return True
    return False

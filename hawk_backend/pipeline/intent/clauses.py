"""Divide a prompt into clauses: requests, conditions and remarks."""

from collections.abc import Sequence as Words
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.evidence import Hit, strongest
from hawk_backend.pipeline.intent.sequence import SYMBOL_STOPS
from hawk_backend.pipeline.intent.wordset import wordset

_INSIDE = wordset("before because once unless until while although after when if")
"""Words that open a condition in the middle of a sentence."""
_NO_CONDITION = {
    "when": wordset("who and"),
    "if": wordset(
        "check see know tell what confirm me wondering determine verify appreciate grateful"
    ),
}
"""Words before which "when" and "if" open a question."""
_ASKED_WHEN = wordset("was were did is are do does will has <date>")
_ACTIONS = wordset("hedge_inception hedge_rollover hedge_termination hedge_amendment")
_OPENING_ONE = "hedge_inception"
_OBJECTS = wordset(
    "position_monitoring exposure_analysis hedge_monitoring hedge_inquiry portfolio_analysis"
)
_LOOSE = frozenset({",", ".", "-", ";", ":", "so", "and", "\n"})
_FRESH = SYMBOL_STOPS | {""}
_VERIFYING = wordset("check verify confirm see tell show make")
_STATING = wordset(
    "approved are come comes coming drops expire expires expiring falls fell has have is longer "
    "looks mature matures maturing needs rolls rose run runs said was went"
)
_TELLING = wordset("the our my we i he she they client clients customer underlying")
"""What opens a statement rather than an order."""
_WANTING = wordset("need needs want wants like show give please tell list get check report")
_BEING = wordset("is are been look looks was were all")
_PASSING = wordset(
    "if it they that this so ok okay yes possible fine all everything passes pass fits fit "
    "works work is are good clear goes through allowed approved do does please then"
)
_NAMED_ANEW = wordset("new <currency> another")
_HEDGES = wordset("hedge hedging cover")
_NAMELESS = 10
_NOUN = 48
_NAMED = 85
_GOVERNED = 64
_CERTAIN = 110
_OPENING = 3


@dataclass(slots=True)
class Clause:
    """Words `first` to `last` (excluded) behind a divider, and the phrases that begin in them."""

    first: int
    last: int
    divider: str
    hits: list[Hit] = field(default_factory=list)
    condition: bool = False
    remark: bool = False

    def scores(self) -> dict[str, float]:
        """Each intent's score in this clause."""
        return dict(strongest(self.hits))

    @property
    def orders(self) -> bool:
        """Whether the clause opens with a command to act."""
        opens = self.first + _OPENING
        return any(
            hit.command and hit.intent in _ACTIONS and hit.first <= opens for hit in self.hits
        )


class Ahead(NamedTuple):
    """The clause that follows, and whether it or a later one says, asks or orders anything."""

    clause: Clause
    speaks: bool
    asks: bool
    orders: bool


_NOTHING = Ahead(Clause(0, 0, ""), speaks=False, asks=False, orders=False)


class ClauseReader:
    """Divides and reads clauses; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        request = lexicon.request
        self._coordinators = wordset(request.coordinators + " but so")
        self._conditions = wordset(request.conditions)
        self._fine = wordset(request.fine)
        self._fillers = wordset(request.fillers) - {"now"}
        self._questions = wordset(request.questions)
        self._articles = wordset(request.articles)
        self._heads = wordset(request.heads)

    def divide(self, words: Words[str], hits: Words[Hit], corrected: int) -> list[Clause]:
        """Return the clauses in order, each with its phrases; no divider lies inside a phrase.

        A clause begins where a correction does, at word `corrected`.
        """
        inside = {at for hit in hits for at in range(hit.first + 1, hit.last - 1)}
        clauses: list[Clause] = []
        first, divider = 0, ""
        for at, word in enumerate(words):
            parts = word in SYMBOL_STOPS or word in self._coordinators
            parts = parts or (word == "please" and words[first] in self._conditions)
            if 0 < at == corrected:
                clauses.append(Clause(first, at, divider))
                first, divider = at, ","
            if at in inside or not (parts or (at > first and _opens_condition(words, at))):
                continue
            clauses.append(Clause(first, at, divider))
            first, divider = (at + 1 if parts else at), word
        clauses.append(Clause(first, len(words), divider))
        clauses = [clause for clause in clauses if clause.last > clause.first]
        self._attribute(clauses, words, hits)
        return clauses

    def _attribute(self, clauses: list[Clause], words: Words[str], hits: Words[Hit]) -> None:
        """Give each phrase to the clause it begins in, then tell what each clause is."""
        at = 0
        for hit in hits:
            while at + 1 < len(clauses) and hit.first >= clauses[at + 1].first:
                at += 1
            clauses[at].hits.append(self._weighed(hit, words))
        alone = sum(map(_asks, clauses)) <= 1
        for clause in clauses:
            clause.hits = _governed(clause.hits, clause.first)
            clause.condition = self._is_condition(clause, words, alone=alone)
        ahead = _NOTHING
        for following, clause in pairwise(reversed(clauses)):
            ahead = self._ahead(following, words, ahead)
            clause.remark = bool(clause.hits) and (
                self._is_fine(clause, words, ahead)
                or self._is_background(clause, words, ahead)
                or self._is_heading(clause, words, ahead)
            )

    def _ahead(self, following: Clause, words: Words[str], beyond: Ahead) -> Ahead:
        """Return what lies ahead of the clause before `following`."""
        return Ahead(
            following,
            speaks=beyond.speaks or bool(following.hits),
            asks=beyond.asks or self._is_question(following, words),
            orders=beyond.orders or following.orders,
        )

    def _weighed(self, hit: Hit, words: Words[str]) -> Hit:
        """Let a command behind an article ("the roll", "the EUR roll") say no more than a noun.

        A hedge that only names another business ("a hedge performance") says nothing.
        """
        behind = words[hit.last] if hit.last < len(words) else ""
        if hit.intent == _OPENING_ONE and behind in self._heads and words[hit.last - 1] in _HEDGES:
            return hit._replace(strength=_NAMELESS, command=False)
        if not hit.command:
            return hit
        at = hit.first - 1
        while at > 0 and words[at].startswith("<"):
            at -= 1
        named = at >= 0 and words[at] in self._articles and words[hit.first] not in _NAMED_ANEW
        return hit._replace(strength=_NOUN, command=False) if named else hit

    def _is_condition(self, clause: Clause, words: Words[str], *, alone: bool) -> bool:
        """Whether a clause tells only when, if or why: "now that it is done", "as discussed"."""
        at = clause.first
        while at < clause.last and words[at] in self._fillers:
            at += 1
        word, behind, *_ = (*words[at : min(at + 2, clause.last)], "", "")
        shocks = any(hit.intent == "stress_test" and hit.strength > _NOUN for hit in clause.hits)
        if word not in self._conditions or shocks:
            return False
        asks = {
            "when": clause.first == at and clause.divider in _FRESH and behind in _ASKED_WHEN,
            "now": behind != "that",
            "if": (alone and behind in {"i", "we"}) or _only_passes(clause, words, at),
            "as": behind in {"of", "a"},
        }
        return not asks.get(word, False)

    def _is_fine(self, clause: Clause, words: Words[str], ahead: Ahead) -> bool:
        """Whether a clause only says that something is fine: "limits are fine, so …"."""
        said = words[clause.first : clause.last]
        opens = said[0] in self._questions or said[0] in _VERIFYING
        stated = said[-1] in self._fine and not _BEING.isdisjoint(said) and not opens
        return stated and words[clause.last] != "?" and ahead.speaks

    def _is_background(self, clause: Clause, words: Words[str], ahead: Ahead) -> bool:
        """Whether a clause only tells of the object that a later one orders or asks about."""
        said = words[clause.first : clause.last]
        opens = said[0] in self._questions or said[0] in _VERIFYING
        if opens or ahead.clause.divider not in _LOOSE or any(hit.command for hit in clause.hits):
            return False
        tells = said[0] in _TELLING and _WANTING.isdisjoint(said)
        states = tells or not _STATING.isdisjoint(said)
        return (tells and ahead.asks) or (states and ahead.orders)

    def _is_heading(self, clause: Clause, words: Words[str], ahead: Ahead) -> bool:
        """Whether a clause only names what is asked about behind its colon."""
        opens = words[clause.first] in self._questions or words[clause.first] in _VERIFYING
        speaks = any(hit.command or hit.strength > _NAMED for hit in clause.hits)
        headed = ahead.clause.divider == ":" and words[ahead.clause.first] in self._questions
        return headed and not opens and not speaks and bool(ahead.clause.hits)

    def _is_question(self, clause: Clause, words: Words[str]) -> bool:
        """Whether a clause asks something of its own."""
        asks = words[clause.first] in self._questions
        return asks and any(hit.strength >= _CERTAIN for hit in clause.hits)


def _only_passes(clause: Clause, words: Words[str], at: int) -> bool:
    """Whether a condition holds no more than "if they pass", and an order follows in its clause."""
    first = next((hit.first for hit in clause.hits if hit.command), 0)
    return first > at and _PASSING.issuperset(words[at:first])


def _opens_condition(words: Words[str], at: int) -> bool:
    return words[at] in _INSIDE and words[at - 1] not in _NO_CONDITION.get(words[at], ())


def _governed(hits: list[Hit], first: int) -> list[Hit]:
    """Let a command govern the nouns behind it: "close the position" asks for no positions.

    One that opens its clause governs all that it names in passing: "unwind it at the best price".
    """
    order = next((hit for hit in hits if hit.command and hit.intent in _ACTIONS), None)
    if order is None:
        return hits
    opens = order.first <= first + 1
    return [_as_object(hit, order, opens=opens) if hit.first > order.first else hit for hit in hits]


def _as_object(hit: Hit, order: Hit, *, opens: bool) -> Hit:
    opening = hit.intent == _OPENING_ONE and order.intent != _OPENING_ONE
    held = (hit.intent in _OBJECTS or opening) and hit.strength < _CERTAIN
    passing = opens and hit.intent not in _ACTIONS and hit.strength <= _NAMED
    return hit._replace(strength=min(hit.strength, _GOVERNED)) if held or passing else hit


def _asks(clause: Clause) -> bool:
    """Whether a clause says more than a greeting."""
    return any(hit.intent != "general_query" for hit in clause.hits)

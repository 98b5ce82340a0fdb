"""Decide what is asked for: the first requested action, the others in order, how strongly."""

from collections.abc import Mapping
from collections.abc import Sequence as Words
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent.clauses import Clause
from hawk_backend.pipeline.intent.evidence import Hit
from hawk_backend.pipeline.intent.wordset import wordset

ACTIONS = wordset("hedge_inception hedge_rollover hedge_termination hedge_amendment")
_REPLACING = ACTIONS | {"hedge_utilization", "hedge_inquiry"}
_WITHIN = {"performance_comparison": wordset("performance_metrics pnl_attribution")}
"""What a request goes on about without asking for it: "compare A and B performance"."""
_JOINED = frozenset({",", ":", "-", "(", ""})
_REQUEST = 60
_OWN = 65
_ORDERS = 75
_DECISIVE = 95
_CLEARLY = 8
_OPENING = 2


@dataclass(frozen=True, slots=True)
class Decision:
    """The intents in order, every reading's score, the rule behind the first and its words."""

    intents: tuple[str, ...]
    scores: Mapping[str, float]
    rule: str
    strength: float
    span: tuple[int, int]
    either: bool = False


class Top(NamedTuple):
    """A clause and what it most likely asks for."""

    intent: str
    score: float
    clause: Clause


class Decider:
    """Weighs clauses against each other; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._dividers = wordset(lexicon.request.sequence) | {
            "and",
            "&",
            ";",
            ".",
            "?",
            "\n",
            "!",
            "so",
            "but",
        }

    def decide(
        self, clauses: Words[Clause], refused: Words[Hit], corrected: int
    ) -> Decision | None:
        """Return the decision, or None where no clause says anything."""
        negated = {hit.intent for hit in refused if hit.refusable}
        tops = _tops(clauses, negated, corrected)
        if not tops:
            return None
        strong = [top for top in tops if top.score >= _REQUEST]
        merged = self._merge(strong or [max(tops, key=lambda top: top.score)])
        first = merged[0]
        either = _either(merged)
        intents = tuple(dict.fromkeys(top.intent for top in merged))
        hit = max((h for h in first.clause.hits if h.intent == first.intent), key=_strength)
        return Decision(
            intents=intents[:2] if either else intents,
            scores=_scores(tops),
            rule=hit.phrase,
            strength=first.score,
            span=(hit.first, hit.last),
            either=either,
        )

    def _merge(self, tops: Words[Top]) -> list[Top]:
        """Fold clauses that only go on about the same request into the one before."""
        merged = [tops[0]]
        for top in tops[1:]:
            last = merged[-1]
            if top.intent == last.intent or top.intent in _WITHIN.get(last.intent, ()):
                continue
            if _asks_after(last, top):
                merged[-1] = top
            elif self._is_independent(top):
                merged.append(top)
            elif top.score >= last.score + _CLEARLY and not _commands(last):
                merged[-1] = top
        return merged

    def _is_independent(self, top: Top) -> bool:
        """Whether a later clause asks for something of its own."""
        clause = top.clause
        opens = clause.first + _OPENING
        command = any(
            h.command and h.intent == top.intent and h.strength >= _ORDERS and h.first <= opens
            for h in clause.hits
        )
        if clause.divider in _JOINED or clause.divider == "or":
            return command and clause.divider != "("
        return clause.divider in self._dividers and (command or top.score >= _OWN)


def _tops(clauses: Words[Clause], negated: set[str], corrected: int) -> list[Top]:
    """Return each speaking clause's best reading; conditions and remarks count only when alone."""
    readings = [top for clause in clauses if (top := _top(clause, negated))]
    real = [top for top in readings if not top.clause.condition and not top.clause.remark]
    chosen = real or readings
    later = [top for top in chosen if top.clause.first >= corrected]
    replaced = corrected and later and later[0].score >= _ORDERS and later[0].intent in _REPLACING
    return later if replaced else chosen


def _scores(tops: Words[Top]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for top in tops:
        for intent, value in top.clause.scores().items():
            scores[intent] = max(scores.get(intent, 0), value)
    return scores


def _either(merged: Words[Top]) -> bool:
    """Whether the prompt asks which of two actions to take."""
    return any(
        two.clause.divider == "or" and {one.intent, two.intent} <= ACTIONS
        for one, two in pairwise(merged)
    )


def _asks_after(last: Top, top: Top) -> bool:
    """Whether a hedge is only asked about: "3m CHF hedged - feasible or not?"."""
    pair = (last.intent, top.intent) == ("hedge_inception", "hedge_utilization")
    return pair and top.score >= _DECISIVE and top.clause.divider in _JOINED | {"."}


def _strength(hit: Hit) -> int:
    return hit.strength


def _commands(top: Top) -> bool:
    return any(
        hit.command and hit.intent == top.intent and hit.strength >= _ORDERS
        for hit in top.clause.hits
    )


def _top(clause: Clause, negated: set[str]) -> Top | None:
    """Return the clause's best intent: the highest score, of two the longer phrase, the earlier."""
    scores = {intent: score for intent, score in clause.scores().items() if intent not in negated}
    if not scores:
        return None
    first: dict[str, int] = {}
    longest: dict[str, int] = {}
    for hit in clause.hits:
        first.setdefault(hit.intent, hit.first)
        longest[hit.intent] = max(longest.get(hit.intent, 0), hit.last - hit.first)
    best = max(scores, key=lambda intent: (scores[intent], longest[intent], -first[intent]))
    return Top(best, scores[best], clause)

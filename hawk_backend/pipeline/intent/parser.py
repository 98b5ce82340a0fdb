"""Parse a prompt: normalise once, scan slots by type, weigh evidence per clause, decide."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hawk_backend.catalogue.lexicon import lexicon
from hawk_backend.pipeline.intent.clauses import Clause, ClauseReader
from hawk_backend.pipeline.intent.decide import ACTIONS, Decider, Decision
from hawk_backend.pipeline.intent.entities import Gazetteer
from hawk_backend.pipeline.intent.evidence import CERTAIN, Hit, PhraseBook
from hawk_backend.pipeline.intent.fill import Filling
from hawk_backend.pipeline.intent.frame import Alternative, Evidence, Intent, Slots
from hawk_backend.pipeline.intent.reading import Reader, Reading
from hawk_backend.pipeline.intent.refusal import RefusalReader
from hawk_backend.pipeline.intent.resolve import EXTENT
from hawk_backend.pipeline.intent.scan import Scanned, Scanner
from hawk_backend.pipeline.intent.scope import scope_of
from hawk_backend.pipeline.intent.spans import Finding
from hawk_backend.pipeline.intent.wordset import wordset

_ZONE = ZoneInfo("Asia/Singapore")
_EXTENT = wordset("all every each overall everything entire whole")
_ALTERNATIVES = 3


class Readers(NamedTuple):
    """What reads prompts by the lexicon alone, whatever entities are known."""

    book: PhraseBook
    scanner: Scanner
    clauses: ClauseReader
    refusals: RefusalReader
    decider: Decider
    reader: Reader


@cache
def _readers() -> Readers:
    """Build the readers once a process: a change of names costs no more than the names."""
    words = lexicon()
    book = PhraseBook(words)
    scanner = Scanner(words, frozenset(book.literals))
    return Readers(
        book,
        scanner,
        ClauseReader(words),
        RefusalReader(words),
        Decider(words),
        Reader(words, scanner.subjects),
    )


class IntentParser:
    """Reads prompts.  Holds nothing of a prompt between two calls.

    `reference_date` is "today", or is asked for it at each call; None is today in Singapore.
    `gazetteer` maps names of entities to their ids.
    """

    def __init__(
        self,
        reference_date: date | Callable[[], date] | None = None,
        gazetteer: Mapping[str, str] | None = None,
    ) -> None:
        self._reference = reference_date
        self._names = Gazetteer(gazetteer or {})
        readers = _readers()
        self._book = readers.book
        self._scanner = readers.scanner
        self._clauses = readers.clauses
        self._refusals = readers.refusals
        self._decider = readers.decider
        self._reader = readers.reader

    def today(self) -> date:
        """Return the reference date of this call."""
        if self._reference is None:
            return datetime.now(_ZONE).date()
        return self._reference() if callable(self._reference) else self._reference

    def parse(self, prompt: str, template_category: str | None = None) -> Intent:
        """Return what `prompt` asks for; `template_category` decides where the words do not."""
        today = self.today()
        scanned = self._scanner.scan(prompt, today, self._names)
        decision, negated = self._decide(scanned)
        probe = decision.intents if decision else ("general_query",)
        slots, used = Filling(scanned, probe, today).run()
        reading = self._reader.read(
            decision,
            slots,
            scanned.sequence,
            template_category,
            refuses=bool(negated),
            injected=bool(scanned.injected),
        )
        if reading.intents != probe:
            slots, used = Filling(scanned, reading.intents, today).run()
        if reading.intents[0] == "out_of_scope":
            slots, used = Slots(currency=slots.currency), []
        return _frame(scanned, decision, reading, slots, used, negated)

    def _decide(self, scanned: Scanned) -> tuple[Decision | None, frozenset[str]]:
        """Weigh the evidence of every clause; return the decision and the refused intents."""
        sequence = scanned.sequence
        first, last = scanned.taken.marker
        hits = [
            hit
            for hit in self._book.find(sequence.words, sequence.starts)
            if not _within(sequence.tokens, hit, first, last)
        ]
        corrected = 0
        if last >= 0:
            corrected = next((k for k, at in enumerate(sequence.tokens) if at > last), 0)
        clauses = self._clauses.divide(sequence.words, hits, corrected)
        refused = self._refusals.refuse(clauses, sequence.words)
        scanned.terms = _without_conditions(scanned, clauses)
        decision = self._decider.decide(clauses, refused, corrected)
        negated = {*self._injected(scanned), *(hit.intent for hit in refused if hit.refusable)}
        return decision, frozenset(negated - set(decision.intents if decision else ()))

    def _injected(self, scanned: Scanned) -> Iterator[str]:
        """Yield the actions that injected text orders."""
        for sequence in scanned.injected:
            for hit in self._book.find(sequence.words, sequence.starts):
                if hit.command and hit.intent in ACTIONS:
                    yield hit.intent


def _within(places: list[int], hit: Hit, first: int, last: int) -> bool:
    """Whether a phrase lies within tokens `first` to `last`."""
    return first <= places[hit.first] and places[hit.last - 1] <= last


def _without_conditions(scanned: Scanned, clauses: list[Clause]) -> list[Finding]:
    """Return the terms without the states that only a condition or a remark names."""
    spans = [
        (scanned.tokens.starts[places[c.first]], scanned.tokens.ends[places[c.last - 1]])
        for c in clauses
        if (places := scanned.sequence.tokens) and (c.condition or c.remark)
    ]
    return [
        term
        for term in scanned.terms
        if term.name != "status" or not _lies_within(term.start, spans)
    ]


def _lies_within(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a place lies in one of the spans, which stand in order."""
    at = bisect_right(spans, place, key=itemgetter(0)) - 1
    return at >= 0 and place < spans[at][1]


def _frame(
    scanned: Scanned,
    decision: Decision | None,
    reading: Reading,
    slots: Slots,
    used: list[Finding],
    negated: frozenset[str],
) -> Intent:
    span = None
    if decision is not None and reading.rule == decision.rule:
        span = scanned.words_origin(*decision.span)
    told = Evidence("intent", reading.intents[0], reading.source, span, reading.rule)
    return Intent(
        intent=reading.intents[0],
        intents=reading.intents,
        confidence=reading.confidence,
        behaviour=reading.behaviour,
        scope=scope_of(reading.intents, reading.behaviour, slots),
        slots=slots,
        negated=tuple(sorted(negated - set(reading.intents))),
        alternatives=tuple(_alternatives(decision, reading.intents[0])),
        assumptions=(reading.assumption,) if reading.assumption else (),
        evidence=(told, *_extent(scanned), *(_evidence(scanned, finding) for finding in used)),
    )


def _evidence(scanned: Scanned, finding: Finding) -> Evidence:
    span = scanned.origin(finding.start, finding.end)
    return Evidence(finding.name, finding.value, "text", span, finding.rule)


def _extent(scanned: Scanned) -> Iterator[Evidence]:
    """Yield the word by which a prompt speaks of all, every, each or overall."""
    for at, word in enumerate(scanned.sequence.words):
        if word in _EXTENT:
            yield Evidence(EXTENT, word, "text", scanned.words_origin(at, at + 1), "extent")
            return


def _alternatives(decision: Decision | None, intent: str) -> Iterator[Alternative]:
    """Yield the next readings, each with its score as a share of a certain one's."""
    scores = decision.scores if decision else {}
    others = sorted((name for name in scores if name != intent), key=lambda name: -scores[name])
    for name in others[:_ALTERNATIVES]:
        yield Alternative(name, round(min(1.0, scores[name] / CERTAIN), 3))

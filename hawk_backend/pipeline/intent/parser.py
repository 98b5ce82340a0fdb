"""Parse a prompt: normalise once, scan slots by type, weigh evidence per clause, decide."""

from collections.abc import Callable, Mapping, Sequence as Words
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent import calendar, scope
from hawk_backend.pipeline.intent.clauses import Clause, ClauseReader
from hawk_backend.pipeline.intent.confidence import confidence
from hawk_backend.pipeline.intent.currency import CurrencyScanner
from hawk_backend.pipeline.intent.dates import DateScan
from hawk_backend.pipeline.intent.dates_cjk import scan_cjk_dates
from hawk_backend.pipeline.intent.decide import ACTIONS, Decider, Decision
from hawk_backend.pipeline.intent.entities import Gazetteer
from hawk_backend.pipeline.intent.evidence import PhraseBook
from hawk_backend.pipeline.intent.exclusion import ExclusionReader
from hawk_backend.pipeline.intent.fill import Found, SlotFiller
from hawk_backend.pipeline.intent.frame import Alternative, Behaviour, Evidence, Intent, Slots
from hawk_backend.pipeline.intent.ids import scan_ids
from hawk_backend.pipeline.intent.money import MoneyScanner
from hawk_backend.pipeline.intent.noise import Condenser
from hawk_backend.pipeline.intent.normalise import Text, normalise
from hawk_backend.pipeline.intent.request import own_words
from hawk_backend.pipeline.intent.resolve import EXTENT
from hawk_backend.pipeline.intent.sequence import SYMBOL_STOPS, Sequence, Sequencer
from hawk_backend.pipeline.intent.shares import scan_shares
from hawk_backend.pipeline.intent.spans import Finding, blank
from hawk_backend.pipeline.intent.terms import TermScanner
from hawk_backend.pipeline.intent.tokens import Tokeniser, Tokens
from hawk_backend.pipeline.intent.vocabulary import Vocabulary

_EXTENT = frozenset({"all", "every", "each", "overall", "everything", "entire", "whole"})
_ZONE = ZoneInfo("Asia/Singapore")
_DATE_WORDS = "today tomorrow yesterday january february march april june july august september october november december monday tuesday wednesday thursday friday saturday sunday week month quarter year"


class IntentParser:
    """Reads prompts.  Holds nothing of a prompt between two calls.

    `reference_date` is "today", or asked for it at each call; None is today in Singapore.
    `gazetteer` maps names of entities to their ids.
    """

    def __init__(
        self,
        reference_date: date | Callable[[], date] | None = None,
        gazetteer: Mapping[str, str] | None = None,
    ) -> None:
        lexicon = Lexicon.load()
        self._reference = reference_date
        self._codes = lexicon.codes
        self._book = PhraseBook(lexicon)
        names = [
            word
            for phrases in lexicon.currencies.names.values()
            for phrase in phrases
            for word in phrase.split()
        ]
        terms = [
            word
            for slot in ("entity_type", "nav_type", "hedge_method", "instrument", "status")
            for phrase, _ in lexicon.term_phrases(slot)
            for word in phrase.split()
        ]
        literals = {word for word in self._book.literals if word[0].isalpha()}
        self._vocabulary = Vocabulary(
            lexicon,
            literals,
            [*names, *terms, *_DATE_WORDS.split(), *(code.lower() for code in lexicon.codes)],
        )
        self._condenser = Condenser(
            (literals | {code.lower() for code in lexicon.codes})
            - set(lexicon.words["plain"].split()),
            self._vocabulary.words,
        )
        numbers = frozenset(word for word in self._book.literals if word[0].isdigit())
        self._tokenise = Tokeniser(
            (*lexicon.translations, *lexicon.money.cjk, *(n for n in names if n[0] > "\u2e80"))
        )
        self._gazetteer = Gazetteer(gazetteer or {})
        self._money = MoneyScanner(lexicon)
        self._currency = CurrencyScanner(lexicon)
        self._terms = TermScanner(lexicon, self._vocabulary)
        self._sequencer = Sequencer(lexicon, self._vocabulary, numbers)
        self._clauses = ClauseReader(lexicon)
        self._exclusion = ExclusionReader(lexicon)
        self._decider = Decider(lexicon)
        self._filler = SlotFiller(lexicon)
        self._lexicon = lexicon
        self._plain = frozenset(lexicon.words["plain"].split())
        self._domain = frozenset(lexicon.words["domain"].split())
        self._subjects = (literals | self._domain | set(terms)) - self._plain
        self._pronouns = frozenset(lexicon.request.pronouns.split())
        self._quantifiers = frozenset(lexicon.request.quantifiers.split())
        self._asks = sorted(
            (
                tuple(a.replace("'", " '").split()) if False else tuple(a.split())
                for a in lexicon.definition.asks
            ),
            key=len,
            reverse=True,
        )
        self._blocks = frozenset(lexicon.definition.blocks.split())

    def today(self) -> date:
        """Return the reference date of this call."""
        if self._reference is None:
            return datetime.now(_ZONE).date()
        return self._reference() if callable(self._reference) else self._reference

    def parse(self, prompt: str, template_category: str | None = None) -> Intent:
        """Return what `prompt` asks for; `template_category` decides only where the words do not."""
        today = self.today()
        text = normalise(prompt, self._condenser.spans(prompt))
        request = own_words(text.low)
        tokens = self._scan(request.low, text.written, today)
        plain, meant, unknown = self._sequencer.spell(tokens)
        currencies = self._currency_scan(tokens, plain)
        sequence = self._sequencer.sequence(tokens, meant, unknown)
        marker, corrected = self._exclusion.correction(tokens, plain)
        excluded, dropped = self._exclusion.read(tokens, plain, currencies)
        terms = [*self._terms.scan(tokens, plain)]
        found = Found(tokens, plain, currencies, excluded, terms, corrected, dropped)
        hits = self._book.find(sequence.words, sequence.starts, SYMBOL_STOPS)
        hits = [
            h for h in hits if not marker <= sequence.tokens[h.first] <= corrected or marker < 0
        ]
        clauses = self._clauses.divide(sequence, hits)
        refused = self._clauses.refuse(clauses, sequence)
        injected = self._injected(request.injected)
        place = (
            next((k for k, t in enumerate(sequence.tokens) if t > corrected), 0)
            if corrected >= 0
            else 0
        )
        found.terms = _without_conditions(found, clauses, sequence)
        decision = self._decider.decide(clauses, refused, sequence, place)
        negated = tuple(
            sorted(
                {*injected, *(hit.intent for hit in refused if hit.command or hit.strength > 28)}
            )
        )
        return self._frame(
            prompt,
            text,
            found,
            sequence,
            decision,
            negated,
            template_category,
            today,
            bool(request.injected),
        )

    def _scan(self, low: str, written: str, today: date) -> Tokens:
        fixed = [*scan_ids(low, self._codes)] if any(char.isdigit() for char in low) else []
        cjk = [] if low.isascii() else [*scan_cjk_dates(blank(low, fixed), today)]
        portfolio = [*self._terms.portfolio(None, low)]
        fixed = [_settled(f, today) for f in fixed]
        fixed = sorted((*fixed, *cjk, *portfolio), key=lambda f: f.start)
        masked = blank(low, fixed) if fixed else low
        tokens = self._tokenise(masked, written, {f.start: f for f in fixed})
        self._gazetteer.scan(tokens)
        DateScan(tokens, today).run()
        scan_shares(tokens)
        self._money.scan(tokens)
        return tokens

    def _currency_scan(self, tokens: Tokens, plain: list[str]) -> list:
        return self._currency.scan(tokens)

    def _injected(self, texts: tuple[str, ...]) -> set[str]:
        """Return the actions that injected text orders."""
        intents: set[str] = set()
        for text in texts:
            tokens = self._tokenise(text, text, {})
            _, meant, unknown = self._sequencer.spell(tokens)
            sequence = self._sequencer.sequence(tokens, meant, unknown)
            hits = self._book.find(sequence.words, sequence.starts, SYMBOL_STOPS)
            intents |= {hit.intent for hit in hits if hit.command and hit.intent in ACTIONS}
        return intents

    def _frame(
        self,
        prompt: str,
        text: Text,
        found: Found,
        sequence: Sequence,
        decision: Decision | None,
        negated: tuple[str, ...],
        category: str | None,
        today: date,
        injected: bool,
    ) -> Intent:
        probe = decision.intents if decision else ("general_query",)
        slots, used = self._filler.fill(found, probe, today)
        reading = self._reading(decision, slots, sequence, found, category, negated, injected)
        intents, strength, lead, rule, source, behaviour, assumptions = reading
        if intents != probe:
            slots, used = self._filler.fill(found, intents, today)
        if intents[0] == "out_of_scope":
            slots = Slots(currency=slots.currency)
        if intents[0] in {"general_query"} and behaviour == "proceed":
            pass
        sure = confidence(strength, lead)
        evidence = [
            Evidence("intent", intents[0], source, _where(text, found, sequence, decision), rule)
        ]
        extent = next((k for k, w in enumerate(sequence.words) if w in _EXTENT), None)
        if extent is not None:
            at = sequence.tokens[extent]
            span = text.origin(found.tokens.starts[at], found.tokens.ends[at])
            evidence.append(
                Evidence(EXTENT, sequence.words[extent], "text", span, "all, every, each")
            )
        evidence += [
            Evidence(f.name, f.value, "text", text.origin(f.start, f.end), f.rule) for f in used
        ]
        return Intent(
            intent=intents[0],
            intents=intents,
            confidence=sure,
            behaviour=behaviour,
            scope=scope.scope_of(intents, behaviour, slots),
            slots=slots,
            negated=tuple(n for n in negated if n not in intents),
            alternatives=_alternatives(decision, intents[0]),
            assumptions=assumptions,
            evidence=tuple(evidence),
        )

    def _reading(
        self,
        decision: Decision | None,
        slots: Slots,
        sequence: Sequence,
        found: Found,
        category: str | None,
        negated: tuple[str, ...],
        injected: bool,
    ) -> tuple:
        words = sequence.words
        if self._is_definition(words, slots, decision):
            return ("general_query",), 90, 20, "definition", "text", "proceed", ()
        prior = self._lexicon.categories.get((category or "").strip().lower())
        best = decision.strength if decision else 0
        if decision and best < 60 and prior and prior != decision.intents[0]:
            return (prior,), 70, 10, "template category", "template", "proceed", ()
        if decision is None:
            return self._wordless(slots, sequence, prior, negated, injected)
        if self._is_foreign(decision, slots, sequence):
            return ("out_of_scope",), 80, 20, "no word of the domain", "default", "abstain", ()
        ranked = sorted(
            (v for k, v in decision.scores.items() if k != decision.intents[0]), reverse=True
        )
        lead = best - (ranked[0] if ranked else 0)
        behaviour: Behaviour = "proceed"
        assumptions: tuple[str, ...] = ()
        if decision.intents[0] == "out_of_scope":
            other = max(
                ((v, k) for k, v in decision.scores.items() if k != "out_of_scope"),
                default=(0.0, ""),
            )
            if scope.is_narrow(slots) and other[0] >= 65:
                return (
                    (other[1],),
                    other[0],
                    0,
                    "a word of another world, beside slots of ours",
                    "text",
                    "proceed",
                    (),
                )
            behaviour = "abstain"
        elif decision.either:
            behaviour, assumptions = (
                "clarify",
                ("the prompt asks which of two actions to take; both are looked at",),
            )
        elif self._lacks_object(decision.intents[0], slots, sequence, found):
            behaviour, assumptions = (
                "clarify",
                ("no record is named; all that could be meant are looked at",),
            )
        return decision.intents, best, max(lead, 0), decision.rule, "text", behaviour, assumptions

    def _wordless(
        self,
        slots: Slots,
        sequence: Sequence,
        prior: str | None,
        negated: tuple[str, ...],
        injected: bool,
    ) -> tuple:
        """Read a prompt that carries no intent: ids, a template, slots, or nothing of ours."""
        if prior and (
            scope.is_narrow(slots)
            or slots.amount is not None
            or slots.date
            or not self._strange(sequence)
        ):
            return (prior,), 70, 10, "template category", "template", "proceed", ()
        if slots.deal_id:
            return ("mx_bookings",), 88, 20, "a bare deal id", "text", "proceed", ()
        if scope.has_record_id(slots):
            return ("hedge_inquiry",), 88, 20, "a bare record id", "text", "proceed", ()
        if scope.is_narrow(slots) or slots.amount is not None or negated or slots.exclude_currency:
            return (
                ("general_query",),
                65,
                10,
                "slots without an intent",
                "default",
                "clarify",
                ("nothing is asked for; the overview is shown",),
            )
        if injected or self._strange(sequence) or not any(w[0].isalpha() for w in sequence.words):
            return ("out_of_scope",), 80, 20, "no word of the domain", "default", "abstain", ()
        return (
            ("general_query",),
            65,
            10,
            "too vague",
            "default",
            "clarify",
            ("nothing is asked for; the overview is shown",),
        )

    def _strange(self, sequence: Sequence) -> bool:
        """Whether words of no domain of ours stand in the prompt, and none of ours."""
        return bool(sequence.unknown) and not any(w in self._domain for w in sequence.words)

    def _is_foreign(self, decision: Decision, slots: Slots, sequence: Sequence) -> bool:
        """Whether a verb of ours has an object of another world: "cancel my gym membership"."""
        ours = scope.is_narrow(slots) or slots.amount is not None or slots.exclude_currency
        domain = any(w in self._domain for w in sequence.words)
        return (
            decision.strength < 80
            and not ours
            and not domain
            and len(sequence.unknown) >= 1
            and decision.intents[0]
            in ACTIONS
            | {"hedge_inquiry", "general_query", "mx_bookings", "market_analysis", "audit_trail"}
        )

    def _is_definition(self, words: Words[str], slots: Slots, decision: Decision | None) -> bool:
        if (
            slots.currency
            or scope.has_record_id(slots)
            or slots.amount is not None
            or slots.entity_ids
            or slots.date
            or len(words) > 12
        ):
            return False
        at = 0
        while at < len(words) and (
            words[at] in SYMBOL_STOPS
            or words[at]
            in {"hi", "hello", "please", "so", "ok", "and", "can", "you", "could", "hey"}
        ):
            at += 1
        for ask in self._asks:
            if tuple(words[at : at + len(ask)]) == ask:
                rest = [w for w in words[at + len(ask) :] if w not in SYMBOL_STOPS]
                if not rest or self._blocks & set(rest) or self._subjects.isdisjoint(rest):
                    return False
                if ask[-1] in {"a", "an"} or ask[0] in {"define", "meaning"} or "mean" in ask:
                    return True
                return (
                    "mean" in rest
                    or "stand" in rest
                    or "work" in rest
                    or (
                        len(rest) <= 3
                        and not {
                            "positions",
                            "limits",
                            "exposures",
                            "orders",
                            "hedges",
                            "thresholds",
                            "trades",
                            "rates",
                            "deals",
                            "instructions",
                        }
                        & set(rest)
                    )
                )
        return False

    def _lacks_object(self, intent: str, slots: Slots, sequence: Sequence, found: Found) -> bool:
        """Whether an action, or a question about one record, names no object but a pronoun."""
        if scope.is_narrow(slots) or slots.exclude_currency:
            return False
        words = set(sequence.words)
        pronoun = bool(words & (self._pronouns - {"ones"}))
        if intent in ACTIONS:
            if words & self._quantifiers or slots.amount is not None:
                return False
            return pronoun or not (
                slots.date
                and words & {"hedges", "trades", "forwards", "deals", "positions", "swaps"}
            )
        if intent == "hedge_inquiry":
            return bool(words & {"it", "that", "this", "them"}) and not words & {
                "orders",
                "instructions",
                "hedges",
                "all",
            }
        return (
            intent == "hedge_utilization"
            and bool(words & {"it", "that"})
            and slots.amount is None
            and len(words) < 8
        )


def _where(
    text: Text, found: Found, sequence: Sequence, decision: Decision | None
) -> tuple[int, int] | None:
    if decision is None or decision.span is None:
        return None
    first, last = decision.span
    tokens = found.tokens
    return text.origin(
        tokens.starts[sequence.tokens[first]], tokens.ends[sequence.tokens[last - 1]]
    )


def _alternatives(decision: Decision | None, intent: str) -> tuple[Alternative, ...]:
    if decision is None:
        return ()
    others = sorted(
        ((score, name) for name, score in decision.scores.items() if name != intent), reverse=True
    )[:3]
    return tuple(Alternative(name, round(score / 104, 3)) for score, name in others)


def _settled(finding: Finding, today: date) -> Finding:
    """Turn "T+2" into the date that it is today."""
    if finding.name != "settle" or not isinstance(finding.value, int):
        return finding
    when = calendar.tenor(calendar.add_business_days(today, finding.value))
    return finding._replace(name="date", value=when)


def _without_conditions(found: Found, clauses: list[Clause], sequence: Sequence) -> list[Finding]:
    """Return the terms without the states that only a condition or a remark names."""
    tokens = found.tokens
    spans = [
        (tokens.starts[sequence.tokens[c.first]], tokens.ends[sequence.tokens[c.last - 1]])
        for c in clauses
        if c.condition or c.remark
    ]
    return [
        f for f in found.terms if f.name != "status" or not any(a <= f.start < b for a, b in spans)
    ]

"""Scan a prompt by slot type over one span mask: each scanner sees what others have left."""

from dataclasses import dataclass
from datetime import date

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent import calendar
from hawk_backend.pipeline.intent.currency import CurrencyScanner, Named
from hawk_backend.pipeline.intent.dates import scan_dates
from hawk_backend.pipeline.intent.dates_cjk import scan_cjk_dates
from hawk_backend.pipeline.intent.entities import Gazetteer
from hawk_backend.pipeline.intent.exclusion import ExclusionReader, Taken
from hawk_backend.pipeline.intent.ids import scan_ids
from hawk_backend.pipeline.intent.money import MoneyScanner
from hawk_backend.pipeline.intent.noise import Condenser
from hawk_backend.pipeline.intent.normalise import Text, normalise
from hawk_backend.pipeline.intent.request import own_words
from hawk_backend.pipeline.intent.sequence import Sequence, Sequencer
from hawk_backend.pipeline.intent.shares import scan_shares
from hawk_backend.pipeline.intent.spans import Finding, blank
from hawk_backend.pipeline.intent.terms import SLOTS, TermScanner
from hawk_backend.pipeline.intent.tokens import Tokeniser, Tokens
from hawk_backend.pipeline.intent.vocabulary import Vocabulary
from hawk_backend.pipeline.intent.wordset import wordset

_DATE_WORDS = wordset(
    "today tomorrow yesterday january february march april june july august september october "
    "november december monday tuesday wednesday thursday friday saturday sunday week month "
    "quarter year"
)
_FIRST_CJK = "\u2e80"


@dataclass(slots=True)
class Scanned:
    """All that was found in one prompt, before it is known what is asked for."""

    text: Text
    tokens: Tokens
    plain: list[str]
    sequence: Sequence
    currencies: list[Named]
    taken: Taken
    terms: list[Finding]
    injected: tuple[Sequence, ...]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the prompt behind a span of plain text."""
        return self.text.origin(start, end)

    def words_origin(self, first: int, last: int) -> tuple[int, int]:
        """Return the span of the prompt behind words `first` to `last` (excluded)."""
        places = self.sequence.tokens
        tokens = self.tokens
        return self.origin(tokens.starts[places[first]], tokens.ends[places[last - 1]])


class Scanner:
    """Runs all scanners in order; built once from the lexicon and the phrases' words."""

    def __init__(self, lexicon: Lexicon, literals: frozenset[str]) -> None:
        names = [
            word
            for phrases in lexicon.currencies.names.values()
            for phrase in phrases
            for word in phrase.split()
        ]
        terms = [
            w for slot in SLOTS for phrase, _ in lexicon.term_phrases(slot) for w in phrase.split()
        ]
        words = frozenset(word for word in literals if word[0].isalpha())
        codes = frozenset(code.lower() for code in lexicon.codes)
        vocabulary = Vocabulary(lexicon, words, (*names, *terms, *_DATE_WORDS, *codes))
        desk = (words | codes) - wordset(lexicon.words["plain"])
        self.subjects = (words | frozenset(terms) | wordset(lexicon.words["domain"])) - wordset(
            lexicon.words["plain"]
        )
        self._codes = lexicon.codes
        self._condenser = Condenser(desk, vocabulary.words)
        cjk = (name for name in names if name[0] >= _FIRST_CJK)
        self._tokenise = Tokeniser((*lexicon.translations, *lexicon.money.cjk, *cjk))
        self._money = MoneyScanner(lexicon)
        self._currency = CurrencyScanner(lexicon)
        self._terms = TermScanner(lexicon)
        numbers = frozenset(word for word in literals if word[0].isdigit())
        self._sequencer = Sequencer(lexicon, vocabulary, numbers)
        self._exclusion = ExclusionReader(lexicon)

    def scan(self, prompt: str, today: date, names: Gazetteer) -> Scanned:
        """Return everything that `prompt` holds; `names` are the entities that are known."""
        text = normalise(prompt, self._condenser.spans(prompt))
        request = own_words(text.low)
        tokens = self._tokens(request.low, text.written, today, names)
        plain, meant, unknown = self._sequencer.spell(tokens)
        currencies = self._currency.scan(tokens)
        return Scanned(
            text=text,
            tokens=tokens,
            plain=plain,
            sequence=self._sequencer.sequence(tokens, meant, unknown),
            currencies=currencies,
            taken=self._exclusion.read(tokens, plain, currencies),
            terms=[*self._terms.scan(tokens, plain)],
            injected=tuple(self._words(low) for low in request.injected),
        )

    def _tokens(self, low: str, written: str, today: date, names: Gazetteer) -> Tokens:
        """Cut the text into tokens, of which numbers, names and dates are claimed."""
        fixed = self._fixed(low, today, names)
        masked = blank(low, fixed) if fixed else low
        tokens = self._tokenise(masked, written, {finding.start: finding for finding in fixed})
        names.scan(tokens)
        scan_dates(tokens, today)
        scan_shares(tokens)
        self._money.scan(tokens)
        return tokens

    def _fixed(self, low: str, today: date, names: Gazetteer) -> list[Finding]:
        """Return what stands in a fixed form, in order."""
        fixed: list[Finding] = []
        if any(char.isdigit() for char in low):
            found = map(names.read, scan_ids(low, self._codes))
            fixed += (_settled(finding, today) for finding in found)
        if not low.isascii():
            fixed += scan_cjk_dates(blank(low, fixed), today)
        fixed += self._terms.portfolios(blank(low, fixed) if fixed else low)
        return sorted(fixed, key=lambda finding: finding.start)

    def _words(self, low: str) -> Sequence:
        """Return the words of an injected block."""
        tokens = self._tokenise(low, low, {})
        _, meant, unknown = self._sequencer.spell(tokens)
        return self._sequencer.sequence(tokens, meant, unknown)


def _settled(finding: Finding, today: date) -> Finding:
    """Turn "T+2" into the date that it is today."""
    if finding.name != "settle" or not isinstance(finding.value, int):
        return finding
    when = calendar.tenor(calendar.add_business_days(today, finding.value))
    return finding._replace(name="date", value=when)

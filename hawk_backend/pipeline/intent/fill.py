"""Fill the slots from what the scanners found, once it is known what is asked for."""

from collections.abc import Sequence as Words
from datetime import date
from decimal import Decimal

from hawk_backend.pipeline.intent import calendar
from hawk_backend.pipeline.intent.amounts import Amount, asked, read_amounts
from hawk_backend.pipeline.intent.currency import Named
from hawk_backend.pipeline.intent.frame import DateRange, Slots
from hawk_backend.pipeline.intent.money import LEVELS, VAR_WORDS
from hawk_backend.pipeline.intent.scan import Scanned
from hawk_backend.pipeline.intent.spans import Finding
from hawk_backend.pipeline.intent.tokens import Tokens
from hawk_backend.pipeline.intent.wordset import wordset

_IDS = (
    "previous_order_id",
    "order_id",
    "sub_order_id",
    "instruction_id",
    "event_id",
    "deal_id",
    "portfolio",
)
_TERMS = ("entity_type", "nav_type", "hedge_method", "instrument", "status")
_SWITCHED = wordset("nav_type hedge_method instrument")
_HAZARDS = wordset("Breach Failed")
_HAZARDOUS = wordset(
    "risk_analysis var_calculation stress_test correlation_analysis market_analysis"
)
_LEAD = 16
_LED = 2
_HORIZON = 3


class Filling:
    """Slots as they fill, with the findings that filled them."""

    def __init__(self, scanned: Scanned, intents: tuple[str, ...], today: date) -> None:
        self._scanned = scanned
        self._intents = intents
        self._today = today
        self._claimed = _distinct(scanned.tokens)
        self.values: dict[str, object] = {}
        self.used: list[Finding] = []

    def run(self) -> tuple[Slots, list[Finding]]:
        """Return the slots and, in the order of the text, the findings behind them."""
        self._ids()
        self._entities()
        self._currencies()
        self._amounts()
        self._dates()
        self._shares()
        self._terms()
        slots = Slots(**self.values)  # type: ignore[arg-type]  # values are built by slot name
        return slots, sorted(self.used, key=lambda finding: finding.start)

    def _put(self, name: str, finding: Finding, value: object = None) -> None:
        self.values[name] = finding.value if value is None else value
        self.used.append(finding._replace(name=name, value=self.values[name]))

    def _latest(self, findings: list[Finding]) -> list[Finding]:
        """Keep what follows a correction, where it says anything of the same kind."""
        corrected = self._scanned.taken.corrected
        if corrected < 0:
            return findings
        place = self._scanned.tokens.starts[corrected]
        return [finding for finding in findings if finding.start > place] or findings

    def _ids(self) -> None:
        for name in _IDS:
            found = self._latest([finding for finding in self._claimed if finding.name == name])
            if name == "order_id" and "previous_order_id" in self.values:
                old = self.values["previous_order_id"]
                found = [finding for finding in found if finding.value != old]
            if found:
                moved = name == "portfolio" and _from_to(self._scanned.tokens, *found[:2])
                self._put(name, found[moved])

    def _entities(self) -> None:
        dropped = {id(self._scanned.tokens.claimed[at]) for at in self._scanned.taken.words}
        found = [f for f in self._claimed if f.name == "entity_ids" and id(f) not in dropped]
        found = self._latest(found)
        self.values["entity_ids"] = tuple(dict.fromkeys(str(finding.value) for finding in found))
        self.used += found

    def _currencies(self) -> None:
        taken = self._scanned.taken
        named = self._scanned.currencies
        out = [item for item in named if item.first in taken.currencies]
        kept = [item for item in named if item.first not in taken.currencies]
        kept = [item for item in kept if item.first > taken.corrected] or kept
        codes = _codes(kept)
        self.values["currency"] = codes
        self.values["exclude_currency"] = tuple(code for code in _codes(out) if code not in codes)
        self.used += (self._currency("currency", item) for item in kept)
        self.used += (self._currency("exclude_currency", item) for item in out)

    def _currency(self, name: str, item: Named) -> Finding:
        tokens = self._scanned.tokens
        rule = "currency pair" if item.pair else "currency"
        start, end = tokens.starts[item.first], tokens.ends[item.last - 1]
        return Finding(name, "/".join(item.codes), start, end, rule)

    def _amounts(self) -> None:
        amounts = read_amounts(self._scanned)
        self.values["amounts"] = tuple(amount.money for amount in amounts)
        chosen = asked(amounts, self._scanned, amends=self._intents[0] == "hedge_amendment")
        if chosen is not None:
            self._put("amount", chosen.finding, chosen.money.value)
            self.values["amount_currency"] = self._corrected(chosen) or chosen.money.currency

    def _corrected(self, amount: Amount) -> str | None:
        """Return the currency that a correction gives an amount before it: "4m EUR, sorry, GBP"."""
        place = self._scanned.taken.corrected
        if amount.at > place:
            return None
        later = (named.codes[0] for named in self._scanned.currencies if named.first > place)
        return next(later, None)

    def _dates(self) -> None:
        found = self._latest([f for f in self._claimed if f.name in {"date", "day"}])
        ranges = [(finding, _range(finding)) for finding in found]
        if "stress_test" in self._intents:
            ranges = [(finding, when) for finding, when in ranges if not self._is_replayed(when)]
        if self._intents[0] == "var_calculation":
            ranges = [(finding, when) for finding, when in ranges if not self._is_horizon(finding)]
        if not ranges:
            return
        self.values["dates"] = tuple(when for _, when in ranges)
        finding, when = ranges[0]
        if _from_to(self._scanned.tokens, *(finding for finding, _ in ranges[:2])):
            finding, when = self._turned(*ranges[:2])
        self._put("date", finding, when)

    def _is_horizon(self, finding: Finding) -> bool:
        """Whether a VaR only looks so far: "lose in a week", "over ten days"."""
        said = self._scanned.tokens.low[finding.start : finding.end].split()
        return _range(finding).kind == "tenor" or (said[0] == "over" and len(said) <= _HORIZON)

    def _turned(
        self, one: tuple[Finding, DateRange], two: tuple[Finding, DateRange]
    ) -> tuple[Finding, DateRange]:
        """Read "from A to B": a roll's maturity, an amendment's new date, else the time between."""
        if self._intents[0] == "hedge_rollover" or one[1].start > two[1].end:
            return one
        if self._intents[0] == "hedge_amendment":
            return two
        return one[0], calendar.period(one[1].start, two[1].end)

    def _is_replayed(self, when: DateRange) -> bool:
        """Whether a date is the period of a historical scenario."""
        past = when.kind in {"period", "day"} and when.end.year < self._today.year
        return past and not ("as" in self._scanned.plain and "of" in self._scanned.plain)

    def _shares(self) -> None:
        of_var = not VAR_WORDS.isdisjoint(self._scanned.plain) or "var_calculation" in self._intents
        shares: list[Finding] = []
        for finding in self._claimed:
            level = of_var and finding.value in LEVELS
            if finding.name == "odds" or (finding.name == "percentage" and level):
                self._once("confidence_level", finding)
            elif finding.name == "percentage":
                shares.append(finding)
        if shares:
            turned = _from_to(self._scanned.tokens, *shares[:2])
            self._put("percentage", shares[1] if turned else shares[0])
        if of_var and "confidence_level" not in self.values:
            self._bare_level()

    def _once(self, name: str, finding: Finding) -> None:
        if name not in self.values:
            self._put(name, finding)

    def _bare_level(self) -> None:
        """Read "VaR 95" and "ES 97.5"."""
        tokens = self._scanned.tokens
        for at, word in enumerate(tokens.words):
            if (
                tokens.claimed[at] is None
                and word.replace(".", "", 1).isdecimal()
                and Decimal(word) in LEVELS
            ):
                where = tokens.starts[at], tokens.ends[at]
                self._once("confidence_level", Finding("", Decimal(word), *where, "level of a VaR"))

    def _tells_state(self, finding: Finding) -> bool:
        """Whether a word of state filters: not what a loss exceeds, or a bank's failure."""
        intent = self._intents[0]
        if intent == "configuration_query":
            return False
        return finding.value not in _HAZARDS or intent not in _HAZARDOUS

    def _terms(self) -> None:
        tokens, taken = self._scanned.tokens, self._scanned.taken
        out = {tokens.starts[at] for at in taken.words}
        for name in _TERMS:
            found = [f for f in self._scanned.terms if f.name == name and f.start not in out]
            found = self._latest(found)
            if name == "status":
                found = [finding for finding in found if self._tells_state(finding)]
            if not found:
                continue
            switched = name in _SWITCHED and _from_to(tokens, *found[:2])
            self._put(name, found[1] if switched else found[0])


def _distinct(tokens: Tokens) -> list[Finding]:
    found: list[Finding] = []
    for finding in tokens.claimed:
        if finding is not None and (not found or finding is not found[-1]):
            found.append(finding)
    return found


def _codes(named: Words[Named]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for item in named for code in item.codes))


def _range(finding: Finding) -> DateRange:
    if isinstance(finding.value, DateRange):
        return finding.value
    assert isinstance(finding.value, date)  # noqa: S101 - "day" findings hold a date
    return calendar.day(finding.value)


def _from_to(tokens: Tokens, one: Finding, two: Finding | None = None) -> bool:
    """Whether two findings stand as "from one to two", "one to two" or "replace one with two"."""
    if two is None:
        return False
    before = tokens.low[max(0, one.start - _LEAD) : one.start].split()
    between = tokens.low[one.end : two.start].split()
    replaced = before[-1:] == ["replace"] and between in (["with"], ["by"])
    led = "from" in before[-2:] and "to" in between[-_LED:]
    return replaced or between == ["to"] or led

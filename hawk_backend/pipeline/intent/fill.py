"""Fill the slots from what the scanners found, once it is known what is asked for."""

from collections.abc import Sequence as Words
from dataclasses import dataclass, field
from decimal import Decimal

from hawk_backend.catalogue.lexicon import Lexicon
from hawk_backend.pipeline.intent import calendar
from hawk_backend.pipeline.intent.currency import Named
from hawk_backend.pipeline.intent.frame import DateRange, Money, Slots
from hawk_backend.pipeline.intent.money import Sum
from hawk_backend.pipeline.intent.spans import Finding
from hawk_backend.pipeline.intent.tokens import Tokens

_SINGLE_IDS = (
    "order_id",
    "previous_order_id",
    "sub_order_id",
    "instruction_id",
    "event_id",
    "deal_id",
    "portfolio",
)
_TERMS = ("entity_type", "nav_type", "hedge_method", "instrument", "status")
_LEVELS = frozenset(map(Decimal, ("90", "95", "97.5", "99", "99.5", "99.9")))
_VAR_WORDS = frozenset({"var", "cvar", "es", "shortfall", "confidence", "risk", "level", "conf"})
_SWITCH = frozenset({"hedge_amendment"})
_CHANGED = "hedge_amendment"
_ROLLED = "hedge_rollover"
_CLOSING = frozenset({"hedge_termination", "hedge_amendment", "hedge_rollover", "hedge_inception"})


@dataclass(slots=True)
class Found:
    """Everything the scanners found in one prompt, in order."""

    tokens: Tokens
    plain: list[str]
    currencies: list[Named]
    excluded: frozenset[int]
    terms: list[Finding]
    corrected: int = -1
    dropped: frozenset[int] = frozenset()
    findings: list[Finding] = field(default_factory=list)


class SlotFiller:
    """Fills slots; built once from the lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._symbols = lexicon.currencies.symbols

    def fill(
        self, found: Found, intents: tuple[str, ...], today: object
    ) -> tuple[Slots, list[Finding]]:
        """Return the slots and the findings that filled them."""
        values: dict[str, object] = {}
        used: list[Finding] = []
        claimed = _distinct(found.tokens)
        for name in _SINGLE_IDS:
            self._first(values, used, name, [f for f in claimed if f.name == name], found)
        self._entities(values, used, claimed, found)
        self._currency(values, used, found)
        self._money(values, used, found, intents)
        self._dates(values, used, claimed, found, intents)
        self._shares(values, used, claimed, found, intents)
        self._terms(values, used, found, intents)
        return Slots(**values), sorted(used, key=lambda f: f.start)  # type: ignore[arg-type]  # values are built by slot name

    def _first(
        self,
        values: dict[str, object],
        used: list[Finding],
        name: str,
        items: list[Finding],
        found: Found,
    ) -> None:
        items = _after_correction(items, found)
        if name == "order_id" and len(items) > 1 and "previous_order_id" in values:
            items = [f for f in items if f.value != values["previous_order_id"]] or items
        if items:
            values[name] = items[0].value
            used.append(items[0])

    @staticmethod
    def _entities(
        values: dict[str, object], used: list[Finding], claimed: list[Finding], found: Found
    ) -> None:
        items = [
            f
            for f in claimed
            if f.name == "entity_ids" and _index(found.tokens, f) not in found.dropped
        ]
        items = _after_correction(items, found)
        values["entity_ids"] = tuple(dict.fromkeys(str(f.value) for f in items))
        used += items

    @staticmethod
    def _currency(values: dict[str, object], used: list[Finding], found: Found) -> None:
        kept = [n for n in found.currencies if n.first not in found.excluded]
        if (
            found.corrected >= 0
            and any(n.first > found.corrected for n in kept)
            and any(n.first < found.corrected for n in kept)
        ):
            kept = [n for n in kept if n.first > found.corrected]
        out = [n for n in found.currencies if n.first in found.excluded]
        values["currency"] = _codes(kept)
        values["exclude_currency"] = tuple(
            code for code in _codes(out) if code not in values["currency"]
        )  # type: ignore[operator]
        for name, items in (("currency", kept), ("exclude_currency", out)):
            for item in items:
                used.append(
                    Finding(
                        name,
                        item.codes if item.pair else item.codes[0],
                        found.tokens.starts[item.first],
                        found.tokens.ends[item.last - 1],
                        "currency pair" if item.pair else "currency",
                    )
                )

    def _money(
        self, values: dict[str, object], used: list[Finding], found: Found, intents: tuple[str, ...]
    ) -> None:
        tokens = found.tokens
        items = [(at, f) for at, f in _claims(tokens) if f.name == "money"]
        if not items:
            return
        base = _lone(found)
        amounts = [
            (at, f, Money(_sum(f).value, self._currency_of(found, at, f, base))) for at, f in items
        ]
        values["amounts"] = tuple(money for _, _, money in amounts)
        wanted = [item for item in amounts if item[0] not in found.dropped]
        if found.corrected >= 0 and any(at > found.corrected for at, _, _ in wanted):
            wanted = [item for item in wanted if item[0] > found.corrected]
        if not wanted:
            return
        chosen = _asked(wanted, tokens, intents)
        at, finding, money = chosen
        values["amount"], values["amount_currency"] = money.value, money.currency
        used.append(Finding("amount", money.value, finding.start, finding.end, finding.rule))

    def _currency_of(self, found: Found, at: int, finding: Finding, base: str | None) -> str | None:
        """Return an amount's currency: the one beside it, else the prompt's only one."""
        tokens = found.tokens
        last = at
        while last + 1 < len(tokens) and tokens.claimed[last + 1] is finding:
            last += 1
        if _sum(finding).currency:
            return _sum(finding).currency
        by_place = {n.first: n for n in found.currencies} | {
            n.last - 1: n for n in found.currencies
        }
        behind = last + 1
        while behind < len(tokens) and tokens.word(behind) in {
            "of",
            "worth",
            "in",
            "us",
            "the",
            "-",
        }:
            behind += 1
        before = at - 1
        for place in (behind if behind == last + 1 else -1, before, behind):
            named = by_place.get(place)
            if named is not None and (place != before or named.last == at):
                sign = tokens.words[place] in self._symbols
                return named.codes[0] if not sign or not named.pair else named.codes[0]
        return base

    @staticmethod
    def _dates(
        values: dict[str, object],
        used: list[Finding],
        claimed: list[Finding],
        found: Found,
        intents: tuple[str, ...],
    ) -> None:
        items = [f for f in claimed if f.name in {"date", "day"}]
        items = _after_correction(items, found)
        ranges = [
            (f, f.value if isinstance(f.value, DateRange) else calendar.day(f.value)) for f in items
        ]  # type: ignore[arg-type]  # "day" holds a date
        if "stress_test" in intents:
            ranges = [(f, r) for f, r in ranges if not _replayed(found, r)]
        if not ranges:
            return
        values["dates"] = tuple(r for _, r in ranges)
        chosen = ranges[0]
        if (
            intents[0] == _CHANGED
            and len(ranges) > 1
            and _from_to(found.tokens, ranges[0][0], ranges[1][0])
        ):
            chosen = ranges[1]
        elif (
            intents[0] not in {_ROLLED, _CHANGED}
            and len(ranges) > 1
            and _from_to(found.tokens, ranges[0][0], ranges[1][0])
            and ranges[0][1].start <= ranges[1][1].end
        ):
            chosen = (ranges[0][0], calendar.period(ranges[0][1].start, ranges[1][1].end))
        values["date"] = chosen[1]
        used.append(chosen[0]._replace(name="date", value=chosen[1]))

    @staticmethod
    def _shares(
        values: dict[str, object],
        used: list[Finding],
        claimed: list[Finding],
        found: Found,
        intents: tuple[str, ...],
    ) -> None:
        tokens = found.tokens
        var = "var_calculation" in intents or not {
            "var",
            "cvar",
            "es",
            "shortfall",
            "confidence",
        }.isdisjoint(found.plain)
        for finding in claimed:
            if finding.name == "odds":
                values.setdefault("confidence_level", finding.value)
                used.append(finding._replace(name="confidence_level"))
            if finding.name != "percentage":
                continue
            name = "confidence_level" if var and finding.value in _LEVELS else "percentage"
            if name not in values:
                values[name] = finding.value
                used.append(finding._replace(name=name))
        if var and "confidence_level" not in values:
            for at, word in enumerate(found.plain):
                if (
                    tokens.claimed[at] is None
                    and word[0].isdigit()
                    and word.replace(".", "", 1).isdigit()
                    and Decimal(word) in _LEVELS
                ):
                    values["confidence_level"] = Decimal(word)
                    used.append(
                        Finding(
                            "confidence_level",
                            Decimal(word),
                            tokens.starts[at],
                            tokens.ends[at],
                            "level of a VaR",
                        )
                    )
                    break

    @staticmethod
    def _terms(
        values: dict[str, object], used: list[Finding], found: Found, intents: tuple[str, ...]
    ) -> None:
        for name in _TERMS:
            items = _after_correction(
                [f for f in found.terms if f.name == name and not _within_dropped(found, f)], found
            )
            if not items:
                continue
            chosen = items[0]
            if (
                name in {"nav_type", "hedge_method"}
                and len(items) > 1
                and _from_to(found.tokens, items[0], items[1])
            ):
                chosen = items[1]
            values[name] = chosen.value
            used.append(chosen)


def _distinct(tokens: Tokens) -> list[Finding]:
    out: list[Finding] = []
    for finding in tokens.claimed:
        if finding is not None and (not out or finding is not out[-1]):
            out.append(finding)
    return out


def _claims(tokens: Tokens) -> list[tuple[int, Finding]]:
    out: list[tuple[int, Finding]] = []
    for at, finding in enumerate(tokens.claimed):
        if finding is not None and (not out or finding is not out[-1][1]):
            out.append((at, finding))
    return out


def _index(tokens: Tokens, finding: Finding) -> int:
    return next(at for at, other in enumerate(tokens.claimed) if other is finding)


def _within_dropped(found: Found, finding: Finding) -> bool:
    return any(found.tokens.starts[at] == finding.start for at in found.dropped)


def _after_correction(items: list[Finding], found: Found) -> list[Finding]:
    """Keep what follows a correction, where it says anything of the same kind."""
    if found.corrected < 0:
        return items
    place = found.tokens.starts[found.corrected]
    later = [f for f in items if f.start > place]
    return later or items


def _codes(named: Words[Named]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for item in named for code in item.codes))


def _sum(finding: Finding) -> Sum:
    assert isinstance(finding.value, Sum)  # noqa: S101 - the scanner's own type
    return finding.value


def _lone(found: Found) -> str | None:
    """Return the prompt's only currency; of a pair the base."""
    kept = [n for n in found.currencies if n.first not in found.excluded]
    if found.corrected >= 0:
        kept = [n for n in kept if n.first > found.corrected] or kept
    codes = _codes(kept)
    return codes[0] if len(codes) == 1 or (kept and kept[0].pair) or codes else None


def _asked(
    wanted: Words[tuple[int, Finding, Money]], tokens: Tokens, intents: tuple[str, ...]
) -> tuple[int, Finding, Money]:
    """Choose among several amounts: the new one of a change "from … to …", else the first."""
    if len(wanted) > 1 and (
        intents[0] in {_CHANGED} or any(tokens.word(at - 1) == "from" for at, _, _ in wanted)
    ):
        for at, finding, money in wanted[1:]:
            before = [
                tokens.word(at - 1),
                tokens.word(at - 2) if _is_currency(tokens, at - 1) else "",
            ]
            if "to" in before or "into" in before:
                return at, finding, money
    return wanted[0]


def _is_currency(tokens: Tokens, at: int) -> bool:
    finding = tokens.claimed[at] if at >= 0 else None
    return finding is not None and finding.name == "currency"


def _from_to(tokens: Tokens, one: Finding, two: Finding) -> bool:
    """Whether two findings stand as "from one to two", "two instead of one" aside."""
    before = tokens.low[max(0, one.start - 5) : one.start].split()
    between = tokens.low[one.end : two.start].split()
    return (
        bool(before and before[-1] == "from" and "to" in between[-2:])
        or between == ["to"]
        and bool(before)
    )


def _replayed(found: Found, when: DateRange) -> bool:
    words = found.plain
    crisis = not {
        "replay",
        "rerun",
        "crisis",
        "repeat",
        "scenario",
        "style",
        "crash",
        "meltdown",
        "shock",
        "again",
        "gfc",
        "like",
        "covid",
        "taper",
    }.isdisjoint(words)
    return crisis and when.kind in {"period", "day"} and when.end.year < 2025

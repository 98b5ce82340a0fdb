"""Asking: a slot's rules in the words of the source, for slices that hold not every row.  Pure.

What cannot be said to the source is left out: it then sends more rows than pass, never fewer,
and the same rules run over them in process.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from hawk_backend.catalogue import NAMING, Rule, Table
from hawk_backend.pipeline.filters import Filters, lets_all_pass
from hawk_backend.pipeline.matching import Bound, meant, present
from hawk_backend.pipeline.plan import QueryPlan
from hawk_backend.rows import Slice, Term, Value

MOST_VALUES = 150
"""Values of one comparison that still fit into an address."""
_DAY = timedelta(days=1)


def asked(
    table: Slice, where: Sequence[Sequence[str]], filters: Filters, *, as_of: bool = False
) -> list[list[Term]]:
    """Return groups of alternatives; none where the source cannot narrow the table."""
    return [terms for group in where for terms in _group(table, group, filters, as_of=as_of)]


def part(table: Table, plan: QueryPlan) -> list[list[Term]]:
    """Say which part of a table is read first: all of it, or what the asked currencies need."""
    if table.name not in plan.by_currency:
        return []
    bound = Bound(plan.wanted, plan.wanted.values)
    rules = table.filters["currency"]
    ways = [_among(rule, rule.columns, _values(rule, "currency", bound)) for rule in rules]
    return list(_one_of(ways))


def further(
    table: Slice, where: Sequence[Sequence[str]], filters: Filters, known: Sequence[Term]
) -> list[Term]:
    """Ask for the past that the rows name, that is not among them and was not asked for yet."""
    sought = {value for term in known for value in term.values}
    return [
        Term(rule.columns[0], "in", tuple(sorted(missed, key=str)))
        for group in where
        for slot in group
        for rule in filters.rules(table, slot)
        if rule.back in table.columns and (missed := _missed(table, rule) - sought)
    ]


def _missed(table: Slice, rule: Rule) -> set[Value]:
    named: set[Value] = {str(cell) for cell in table.index[str(rule.back)] if cell is not None}
    return named.difference(map(str, table.index[rule.columns[0]]))


def _group(
    table: Slice, group: Sequence[str], filters: Filters, *, as_of: bool
) -> Iterator[list[Term]]:
    spoken = {slot: filters.rules(table, slot) for slot in group}
    if lets_all_pass(slot for slot, rules in spoken.items() if not rules):
        return
    rules = [(slot, rule) for slot, mine in spoken.items() for rule in mine]
    if len(rules) == 1 and (rules[0][1].on or rules[0][1].latest_by):
        yield from _days(rules[0][1], filters, as_of=as_of)
        return
    yield from _one_of([_terms(table, slot, rule, filters) for slot, rule in rules])


def _one_of(ways: Sequence[list[Term]]) -> Iterator[list[Term]]:
    """Join what says each way; where one cannot be said, nothing is."""
    if ways and all(ways):
        yield [term for terms in ways for term in terms]


def _days(rule: Rule, filters: Filters, *, as_of: bool) -> Iterator[list[Term]]:
    """Say a range a day wider than it is: the column may hold instants."""
    if len(rule.columns) > 1:
        return
    if rule.latest_by:
        yield [Term(rule.columns[0], "to", (_after(filters.day(as_of=as_of)),))]
        return
    start, end = filters.bound.span(rule)
    yield [Term(rule.columns[0], "from", (_before(start),))]
    yield [Term(rule.columns[0], "to", (_after(end),))]


def _before(day: date) -> date:
    return day - min(_DAY, day - date.min)


def _after(day: date) -> date:
    return day + min(_DAY, date.max - day)


def _terms(table: Slice, slot: str, rule: Rule, filters: Filters) -> list[Term]:
    """Return alternatives that say the rule, or none where it cannot be said."""
    if rule.pair or rule.on or rule.latest_by:
        return []
    if rule.but:
        return [Term(name, "not in", rule.but) for name in rule.columns[:1]]
    if rule.via:
        return _among(rule, present(table, rule), map(str, filters.leading(rule, slot)[0]))
    if slot == "currency" and slot not in filters.bound.values:
        return [Term(rule.columns[0], "not in", tuple(sorted(filters.bound.wanted.without)))]
    return _among(rule, present(table, rule), _values(rule, slot, filters.bound))


def _among(rule: Rule, columns: Iterable[str], values: Iterable[str | bool]) -> list[Term]:
    """Say that a column holds one of the values; nothing where they are too many."""
    wanted = tuple(sorted({*values}, key=str))
    if len(wanted) > MOST_VALUES:
        return []
    terms = [Term(name, "in", wanted) for name in columns if wanted]
    return [*terms, *(Term(name, "null") for name in rule.columns if rule.null)]


def _values(rule: Rule, slot: str, bound: Bound) -> set[str | bool]:
    values = {*meant(rule, slot, bound), *rule.also, *(bound.proxies if rule.proxy else ())}
    if slot not in NAMING:
        return values
    return {form for value in values for form in _forms(str(value))}


def _forms(name: str) -> Iterator[str]:
    """Write an id as it may stand in the database: ORD-123, ORD_123, ORD123."""
    for joint in ("-", "_", ""):
        yield name.replace("-", joint).replace("_", joint)
    yield name

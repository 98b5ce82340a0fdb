"""Binding: what a prompt wants, in the words of the data that has arrived.  Pure."""

from collections.abc import Iterable

from hawk_backend.pipeline.conditions import CURRENCIES, ENTITIES
from hawk_backend.pipeline.entities import resolve
from hawk_backend.pipeline.filters import Filters, Lookup
from hawk_backend.pipeline.matching import Bound
from hawk_backend.pipeline.plan import QueryPlan
from hawk_backend.rows import Slice


def bind(plan: QueryPlan, through: Lookup, absent: frozenset[str]) -> Bound:
    """Resolve entities, find proxies, and let named records tell their currency.

    A slot whose table is not there, or not all of it, is uncertain; entities that cannot be
    looked up stand for themselves.
    """
    asked = plan.wanted
    values = dict(asked.values)
    uncertain = set()
    if "entity" in values:
        entities = through(ENTITIES, "entity")
        found = resolve(values["entity"], entities) if entities else None
        values["entity"] = found.ids if found else values["entity"]
        if entities is None or (found and found.unknown and not entities.complete):
            uncertain.add("entity")
    told, certain = _told(Bound(asked, values, absent=absent), plan, through)
    if told:
        values["currency"] = told
    if not certain:
        uncertain.add("currency")
    proxies = _proxies(values.get("currency", frozenset()), through(CURRENCIES, "currency"))
    return Bound(asked, values, proxies, frozenset(uncertain), absent)


def _told(bound: Bound, plan: QueryPlan, through: Lookup) -> tuple[frozenset[str], bool]:
    """Return the currencies of the records that are named, and whether these are all."""
    filters = Filters(bound, through)
    told: set[str] = set()
    certain = True
    for name, slots in plan.told_by.items():
        for slot in slots if name not in bound.absent else ():
            table = through(name, slot)
            if table is None or table.table.tells not in table.columns:
                certain = False
                continue
            passing = filters.passing(table, ((slot,),))
            certain = certain and passing.certain and table.complete
            cells = (table.rows[i][str(table.table.tells)] for i in passing.positions)
            told.update(str(cell) for cell in cells if cell)
    return frozenset(told), certain


def _proxies(currencies: Iterable[str], configuration: Slice | None) -> frozenset[str]:
    if configuration is None or "proxy_currency" not in configuration.columns:
        return frozenset()
    rows = configuration.rows
    found = {
        rows[i]["proxy_currency"]
        for code in currencies
        for i in configuration.index["currency_code"].get(code, ())
    }
    return frozenset(str(cell) for cell in found if cell)

"""The domain as data: tables, intents, currencies; checked at start."""

from hawk_backend.catalogue.intents import IntentTables, Need, ScopeTables
from hawk_backend.catalogue.load import Catalogue
from hawk_backend.catalogue.rules import HARD, NAMING, SOFT, Rule
from hawk_backend.catalogue.tables import Column, ColumnType, Flag, Order, Table, Volatility

__all__ = [
    "HARD",
    "NAMING",
    "SOFT",
    "Catalogue",
    "Column",
    "ColumnType",
    "Flag",
    "IntentTables",
    "Need",
    "Order",
    "Rule",
    "ScopeTables",
    "Table",
    "Volatility",
]

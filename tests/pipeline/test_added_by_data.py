"""A new table and a new intent are two edits of data: they are planned, read and narrowed."""

import shutil
from pathlib import Path

import pytest

from hawk_backend.catalogue import Catalogue
from hawk_backend.catalogue.load import HERE
from hawk_backend.models import SERVICE, Freshness, TableState
from hawk_backend.pipeline.fetch import Fetch
from hawk_backend.pipeline.plan import plan
from hawk_backend.pipeline.reads import Reads
from tests.pipeline.shelf import SINGAPORE, TODAY, Shelf, Straight, asks

TABLE = """
[netting_sets]
title = "Netting sets"
class = "slow"
key = ["set_id"]
order = ["agreed_on desc"]
ttl_s = 600
priority = 40
core = false
[netting_sets.columns]
set_id = "text filter"
entity_id = "text filter"
net_amount = "amount"
agreed_on = "date"
[netting_sets.filters]
currency = { columns = ["entity_id"], via = "entity_master" }
"""
INTENT = """
[netting_query]
family = "operations"
critical = ["netting_sets"]
limits = { netting_sets = 1 }
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """The shipped files with a table and an intent more."""
    for name in ("tables.toml", "intents.toml", "currencies.toml"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "tables.toml").write_text((HERE / "tables.toml").read_text() + TABLE)
    (tmp_path / "intents.toml").write_text((HERE / "intents.toml").read_text() + INTENT)
    return Catalogue.load(tmp_path)


async def test_a_table_and_an_intent_are_added_by_data_alone(catalogue: Catalogue) -> None:
    """Two edits of the catalogue's files, and rows come out at the end."""
    shelf = Shelf(
        {
            "entity_master": [
                {"entity_id": "E1", "currency_code": "CNY"},
                {"entity_id": "E2", "currency_code": "KRW"},
            ],
            "netting_sets": [
                {"set_id": "old", "entity_id": "E1", "agreed_on": "2025-01-01"},
                {"set_id": "new", "entity_id": "E1", "agreed_on": "2025-02-01"},
                {"set_id": "other", "entity_id": "E2", "agreed_on": "2025-03-01"},
            ],
        }
    )
    fetch = Fetch(Straight(Reads(shelf, SINGAPORE)), catalogue, deadline_s=5)

    planned = plan(asks("netting_query", currency=("CNY",)), catalogue, TODAY)
    (result,) = await fetch.fetch(
        planned, SERVICE, freshness=Freshness.USUAL, on_result=lambda _: None
    )

    assert (result.table, result.state) == ("netting_sets", TableState.FRESH)
    assert [row["set_id"] for row in result.rows] == ["new"]
    assert planned.support == ("currency_configuration", "entity_master")

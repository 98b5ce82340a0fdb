"""Source bytes become typed rows, lines and indexes, exact to the last digit."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawk_backend.catalogue import Catalogue, Table
from hawk_backend.errors import SourceError
from hawk_backend.rows import Slice, read_slice

CATALOGUE = Catalogue.load()
SINGAPORE = ZoneInfo("Asia/Singapore")
AT = datetime(2025, 9, 17, 4, 0, tzinfo=UTC)

RATE = {
    "currency_pair": "HKDSGD",
    "rate_type": "SPOT",
    "rate_value": 0.1653,
    "effective_date": "2025-09-17",
}


def read(
    table: str | Table, body: object, *, cap: int = 1000, columns: Sequence[str] | None = None
) -> Slice:
    """Read rows, or bytes as they are, into a slice of a catalogued table."""
    found = CATALOGUE.tables[table] if isinstance(table, str) else table
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_slice(found, sent, columns=columns, cap=cap, zone=SINGAPORE, fetched_at=AT)


def only(table: str, **cells: object) -> Mapping[str, object]:
    """Read one row that has just these cells."""
    return read(table, [cells]).rows[0]


@pytest.mark.parametrize(
    "digits", ["90071992547409931.27", "100000.0", "100000", "0.0000001", "-0.10", "1e5"]
)
def test_an_amount_keeps_every_digit(digits: str) -> None:
    """What the database stores reaches rows and lines unchanged, without exponent or float."""
    body = f'[{{"nav_id": "N", "current_position": {digits}}}]'.encode()
    found = read("position_nav_master", body)

    assert found.rows[0]["current_position"] == Decimal(digits)
    assert str(found.rows[0]["current_position"]) == str(Decimal(digits))
    assert found.lines == (f"N | {format(Decimal(digits), 'f')}",)


def test_an_amount_in_quotes_is_an_amount() -> None:
    """A numeric cast to text is read like any other; NaN and nonsense are no amount."""
    assert only("overlay_configuration", overlay_amount="1250.50")["overlay_amount"] == Decimal(
        "1250.50"
    )
    for nonsense in ("NaN", "Infinity", "much", True, [1]):
        assert only("overlay_configuration", overlay_amount=nonsense)["overlay_amount"] is None


def test_a_number_of_absurd_size_stays_small() -> None:
    """An exponent of nine digits does not become a line of a gigabyte."""
    body = b'[{"overlay_id": "O", "overlay_amount": 1e999999999}]'

    assert read("overlay_configuration", body).lines == ("O | 1E+999999999",)


def test_dates_and_times_are_typed() -> None:
    """A timestamp without zone is read in the desk's zone, one with a zone is the same instant."""
    row = only(
        "hedge_instructions",
        instruction_date="2025-09-01",
        received_timestamp="2025-09-01T09:04:52.365116",
        processed_timestamp="2025-09-01T09:04:52Z",
        response_timestamp="not yet",
    )

    assert row["instruction_date"] == date(2025, 9, 1)
    assert row["received_timestamp"] == datetime(2025, 9, 1, 9, 4, 52, 365116, tzinfo=SINGAPORE)
    assert row["processed_timestamp"] == datetime(2025, 9, 1, 9, 4, 52, tzinfo=UTC)
    assert row["response_timestamp"] is None
    assert only("currency_configuration", cut_off_time="16:30:00")["cut_off_time"] == time(16, 30)
    assert only("buffer_configuration", expiry_date="infinity")["expiry_date"] == date.max


def test_integers_and_flags_are_typed() -> None:
    """Y and N in a boolean column mean what they say; an integral number is an integer."""
    row = only("deal_bookings", deal_sequence=3.0, position_tracking="Y", final_hedge_position=None)

    assert row == {"deal_sequence": 3, "position_tracking": True, "final_hedge_position": None}
    assert only("deal_bookings", deal_sequence=2.5)["deal_sequence"] is None
    assert only("deal_bookings", deal_sequence="7")["deal_sequence"] == 7


def test_dirty_codes_are_stripped_and_indexed() -> None:
    """A code with a line break is the code in row and index; a free text keeps its blanks."""
    found = read(
        "currency_configuration",
        [
            {"currency_code": "HKD", "currency_name": " dollar ", "exposure_currency": "HKD\r\n"},
            {"currency_code": "CNY", "currency_name": "yuan", "exposure_currency": None},
        ],
    )

    assert found.rows[0]["exposure_currency"] == "HKD"
    assert found.rows[0]["currency_name"] == " dollar "
    assert found.index["exposure_currency"] == {"HKD": (0,), None: (1,)}
    assert "currency_name" not in found.index


def test_lines_leave_out_audit_columns_and_keep_the_catalogue_order() -> None:
    """The context shows a table's columns in the catalogue's order, without its audit columns."""
    found = read("overlay_configuration", [{"entity_id": "E", "overlay_id": "O"}])

    assert found.header == "overlay_id | entity_id"
    assert found.lines == ("O | E",)
    assert "created_by" not in read("entity_master", [{"entity_id": "E", "created_by": "x"}]).header


def test_a_slice_that_fills_its_cap_is_incomplete() -> None:
    """As many rows as the cap, or more, mean that there may be others."""
    rows = [{"config_key": f"k{i}"} for i in range(4)]

    assert read("system_configuration", rows, cap=5).complete
    assert not read("system_configuration", rows, cap=4).complete
    cut = read("system_configuration", rows, cap=3)
    assert not cut.complete
    assert [row["config_key"] for row in cut.rows] == ["k0", "k1", "k2"]


def test_an_empty_table_has_its_columns() -> None:
    """No rows is an answer: a complete slice with the table's columns."""
    found = read("overlay_configuration", [])

    assert found.complete
    assert found.rows == ()
    assert found.columns[:2] == ("overlay_id", "entity_id")


def test_rates_of_the_other_generation_take_the_canonical_columns() -> None:
    """from_ccy, to_ccy, rate and rate_date are read as the canonical columns."""
    other = {"from_ccy": "HKD ", "to_ccy": "SGD", "rate": 0.1653, "rate_date": "2025-09-17"}
    found = read("currency_rates", [other])

    assert found.rows[0] == {
        "currency_pair": "HKDSGD",
        "rate_value": Decimal("0.1653"),
        "effective_date": date(2025, 9, 17),
    }
    assert found.header == "currency_pair | rate_value | effective_date"
    assert found.index["currency_pair"] == {"HKDSGD": (0,)}


def test_rates_of_this_generation_stay_as_they_are() -> None:
    """The canonical columns are used where the database has them."""
    assert read("currency_rates", [RATE]).columns == tuple(RATE)


def test_a_table_without_declared_columns_takes_what_comes() -> None:
    """Its cells keep their JSON types, every column is indexed and the order is the text's."""
    found = read("risk_metrics", [{"id": 2, "v": {"a": [1.25]}}, {"id": 1, "v": None}])

    assert found.header == "id | v"
    assert found.lines == ("1 | ", "2 | {a: [1.25]}")
    assert found.rows[1]["v"] == {"a": [Decimal("1.25")]}
    assert found.index["id"] == {1: (0,), 2: (1,)}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"message": "no"}',
        b"[1, 2]",
        b'[{"a": NaN}]',
        b'[{"a": "\\ud800"}]',
        b"\xff\xfe",
        b"[" * 100_000,
        b'[{"a": 1}',
    ],
)
def test_anything_but_an_array_of_rows_is_refused(body: bytes) -> None:
    """Garbage is an error that names the table, never an empty table."""
    with pytest.raises(SourceError, match="entity_master"):
        read("entity_master", body)


def test_rows_without_the_columns_that_were_asked_for_are_refused() -> None:
    """A source that sends other columns than it was asked for is not believed."""
    with pytest.raises(SourceError, match="without its column entity_type"):
        read("entity_master", [{"entity_id": "E"}], columns=["entity_id", "entity_type"])
    with pytest.raises(SourceError, match="without its column currency_code"):
        read("entity_master", [{"entity_id": "E", "currency_code": "X"}, {"entity_id": "F"}])


def test_the_same_bytes_make_the_same_slice() -> None:
    """Nothing depends on the run: not the order, not a hash."""
    body = json.dumps([{"id": i % 3, "text": str(i)} for i in range(20)]).encode()

    assert read("risk_metrics", body).lines == read("risk_metrics", body).lines


NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["nav_id", "as_of_date", "current_position", "currency_code"]),
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(),
            min_size=4,
        ),
        max_size=5,
    )
)
def test_any_rows_make_a_slice_whose_parts_agree(rows: list[dict[str, object]]) -> None:
    """Rows, lines and indexes run in parallel whatever stands in the cells."""
    found = read("position_nav_master", rows)

    assert len(found.rows) == len(found.lines)
    assert all(line.count("|") == found.header.count("|") for line in found.lines)
    for column, places in found.index.items():
        for cell, positions in places.items():
            assert all(found.rows[i][column] == cell for i in positions)
        assert sorted(i for p in places.values() for i in p) == list(range(len(found.rows)))

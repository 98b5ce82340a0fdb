"""What follows from slices is kept as long as these are in use, and keeps none of them."""

from dataclasses import replace

from hawk_backend.pipeline.kept import Kept
from hawk_backend.rows import Slice
from tests.pipeline.context.making import result


def made(count: int = 1) -> Slice:
    """Make a slice that is like every other of so many rows."""
    found = result("hedge_instructions", [{"instruction_id": f"I{n}"} for n in range(count)]).slice
    assert found is not None
    return found


def test_a_value_is_found_by_its_key_and_the_very_slices() -> None:
    """A slice that was read anew is another one, though its rows are equal."""
    kept: Kept[str] = Kept()
    one, two = made(), made(2)
    assert kept.put("plan", {"a": one, "b": None}, "value") == "value"
    assert kept.get("plan", {"a": one, "b": None}) == "value"
    assert kept.get("other", {"a": one, "b": None}) is None
    assert kept.get("plan", {"a": two, "b": None}) is None
    assert kept.get("plan", {"a": one, "b": two}) is None
    assert kept.get("plan", {"a": replace(one), "b": None}) is None


def test_a_value_ends_with_any_of_its_slices() -> None:
    """Whatever is made at the same address afterwards: nobody is given what is not theirs."""
    kept: Kept[int] = Kept()
    lasting = made()
    for number in range(50):
        fleeting = made()
        assert kept.get("plan", {"a": lasting, "b": fleeting}) is None
        kept.put("plan", {"a": lasting, "b": fleeting}, number)
        assert repr(kept) == "<Kept 1 of 64>"
        del fleeting


def test_other_slices_of_a_table_have_values_of_their_own() -> None:
    """As two users have who see other rows, or a table that is read by currency."""
    kept: Kept[str] = Kept()
    one, two = made(), made()
    kept.put("plan", {"a": one}, "of one")
    kept.put("plan", {"a": two}, "of two")
    assert (kept.get("plan", {"a": one}), kept.get("plan", {"a": two})) == ("of one", "of two")


def test_only_so_many_are_kept() -> None:
    """The one that was not asked for the longest goes first."""
    kept: Kept[int] = Kept(most=2)
    table = made()
    for number in (1, 2):
        kept.put(number, {"a": table}, number)
    assert kept.get(1, {"a": table}) == 1
    kept.put(3, {"a": table}, 3)
    assert [kept.get(number, {"a": table}) for number in (1, 2, 3)] == [1, None, 3]

"""Errors carry what the edge tells of them."""

from hawk_backend.errors import Overloaded


def test_who_finds_no_place_is_told_when_to_try_again() -> None:
    """The remedy is the wait, unless there is a better one."""
    assert Overloaded("Starting.", retry_after_s=2).remedy == "send the request again in 2 s"
    assert Overloaded("Full.", retry_after_s=2, remedy="raise it").remedy == "raise it"

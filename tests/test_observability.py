"""What is logged, and what is not."""

import json
import subprocess
import sys

import pytest

BROKEN = """
from hawk_backend.observability import configure_logging, logger
configure_logging("INFO", {style!r})
def stumble():
    raise KeyError("the words of a prompt")
try:
    try:
        stumble()
    except KeyError as exc:
        raise ValueError("a row and a key") from exc
except ValueError:
    logger("room").exception("it broke", request_id="r-1")
"""


def logged(style: str) -> str:
    """Return what a process writes to standard error when something breaks in it."""
    command = [sys.executable, "-c", BROKEN.format(style=style)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stderr


@pytest.mark.parametrize("style", ["json", "console"])
def test_an_exception_is_logged_without_its_words(style: str) -> None:
    """Where it broke and what kind it was, its cause first; never the text that it carries."""
    written = logged(style)
    for expected in ("it broke", "r-1", "in stumble", "KeyError", "ValueError"):
        assert expected in written
    assert written.index("KeyError") < written.index("ValueError")
    assert "the words of a prompt" not in written
    assert "a row and a key" not in written


def test_a_line_is_one_object() -> None:
    """A traceback of many lines stays one line of the log."""
    [line] = logged("json").splitlines()
    assert json.loads(line)["exception"].count("\n") > 2

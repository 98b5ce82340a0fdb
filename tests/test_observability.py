"""What is logged, and what is not."""

import json
import re
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


def logged(code: str) -> str:
    """Return what a process that runs `code` writes to standard error."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True).stderr


@pytest.mark.parametrize("style", ["json", "console"])
def test_an_exception_is_logged_without_its_words(style: str) -> None:
    """Where it broke and what kind it was, its cause first; never the text that it carries."""
    written = logged(BROKEN.format(style=style))
    for expected in ("it broke", "r-1", "in stumble", "KeyError", "ValueError"):
        assert expected in written
    assert written.index("KeyError") < written.index("ValueError")
    assert "the words of a prompt" not in written
    assert "a row and a key" not in written


def test_a_line_is_one_object() -> None:
    """A traceback of many lines stays one line of the log."""
    [line] = logged(BROKEN.format(style="json")).splitlines()
    assert json.loads(line)["exception"].count("\n") > 2


LIBRARY = """
import logging
from hawk_backend.observability import configure_logging
configure_logging("INFO", "json")
logging.getLogger("some.library").warning("cannot reach %s", "a secret host")
logging.getLogger("some.library").info("not worth a line")
try:
    raise ValueError("a row")
except ValueError:
    logging.getLogger("some.library").exception("broke on %s", "a prompt")
"""


def test_lines_of_libraries_take_our_form_and_hold_no_data() -> None:
    """A library's warning is one object; its arguments and its exception's words stay out."""
    written = logged(LIBRARY)
    lines = [json.loads(line) for line in written.splitlines()]
    assert [line["message"] for line in lines] == ["cannot reach %s", "broke on %s"]
    assert "ValueError" in lines[1]["exception"]
    for words in ("a secret host", "a prompt", "a row"):
        assert words not in written


FORMATTED = """
import asyncio, gc, logging
from hawk_backend.observability import configure_logging
configure_logging("INFO", "json")
async def forgotten():
    raise ValueError("".join(["a ", "row"]))
async def main():
    task = asyncio.create_task(forgotten())
    await asyncio.sleep(0)
    del task
    gc.collect()
    asyncio.get_running_loop().call_soon(int, "".join(["a ", "prompt"]))
    await asyncio.sleep(0)
asyncio.run(main())
"""


def test_a_message_that_may_be_formatted_already_is_told_by_its_place() -> None:
    """What asyncio says of a forgotten failure quotes its words; file, line and frames stay."""
    written = logged(FORMATTED)
    lines = [json.loads(line) for line in written.splitlines()]
    assert [line["library"] for line in lines] == ["asyncio", "asyncio"]
    assert all(re.fullmatch(r"base_events\.py:\d+", line["message"]) for line in lines)
    assert all("ValueError" in line["exception"] for line in lines)
    for words in ("a row", "a prompt"):
        assert words not in written


TASKS = """
import asyncio
from hawk_backend.errors import SourceError
from hawk_backend.observability import configure_logging, task_ended
configure_logging("INFO", "json")
async def ends(how=None):
    if how is not None:
        raise how
async def main():
    owned = [asyncio.create_task(ends(how), name=str(type(how).__name__))
             for how in (None, SourceError("a table"), KeyError("a row"))]
    owned.append(asyncio.create_task(asyncio.Event().wait()))
    for task in owned:
        task.add_done_callback(task_ended)
    await asyncio.sleep(0)
    owned[-1].cancel()
    await asyncio.wait(owned)
asyncio.run(main())
"""


def test_a_task_that_breaks_is_told_though_nobody_asks_for_it() -> None:
    """Its name, the kind of failure and the frames; not what it carries, no answer, no end."""
    [line] = [json.loads(line) for line in logged(TASKS).splitlines()]
    assert (line["level"], line["task"]) == ("error", "KeyError")
    assert line["exception"].endswith("in ends\nKeyError")
    assert "a row" not in str(line)

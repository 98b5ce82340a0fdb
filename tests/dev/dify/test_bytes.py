"""However a script writes the frames, an independent parser reads the same events."""

from typing import Any

import pytest

from hawk_backend.dev.dify.script import Script
from tests.dev.dify.raw import asked
from tests.dev.dify.reading import answer, read
from tests.dify import Dify

HOSTILE = (
    "line\u2028separator \u0085 and \u2029",
    'data: {"event":"message_end"}\n\nevent: error\ndata: x\r\n\r\n',
    'nul \x00 quote " backslash \\ emoji 🏦',
    "漢字" * 1000,
)
STYLES: list[dict[str, Any]] = [
    {"line_end": "crlf"},
    {"line_end": "cr"},
    {"space": False},
    {"comments": True},
    {"multiline": True},
    {"event_lines": True},
    {"ascii_json": True},
    {"ascii_json": True, "multiline": True, "line_end": "crlf", "space": False},
    {"join": 3, "rate": 0},
    {"split": (1,)},
    {"split": (5, 1, 64), "join": 2, "line_end": "crlf", "comments": True},
]


@pytest.mark.parametrize("style", STYLES, ids=str)
async def test_style(dify: Dify, style: dict[str, Any]) -> None:
    """The answer survives every way to write it."""
    await dify.script(Script.model_validate({"deltas": HOSTILE, **style}))
    assert answer(await read(dify, "chat")) == "".join(HOSTILE)


async def test_line_ends(dify: Dify) -> None:
    """Lines end as scripted, pings too, and nowhere otherwise."""
    await dify.script(Script(line_end="crlf", open_ping=True, deltas=("a",)))
    async with asked(dify) as client:
        body = (await client.all()).body
    assert body.startswith(b"event: ping\r\n\r\ndata: ")
    assert body.count(b"\n") == body.count(b"\r\n")


async def test_bom(dify: Dify) -> None:
    """The mark opens the body, once."""
    await dify.script(Script(bom=True, deltas=("a", "b")))
    async with asked(dify) as client:
        body = (await client.all()).body
    assert body.startswith(b"\xef\xbb\xbfdata: ")
    assert body.count(b"\xef\xbb\xbf") == 1


async def test_unicode_is_raw(dify: Dify) -> None:
    """As orjson writes it: separators of lines go out as UTF-8; older versions escape them."""
    await dify.script(Script(deltas=("\u2028\u0085",)), Script(deltas=("\u2028",), ascii_json=True))
    async with asked(dify) as client:
        assert '"answer":"\u2028\u0085"'.encode() in (await client.all()).body
    async with asked(dify) as client:
        assert b'"answer": "\\u2028"' in (await client.all()).body


@pytest.mark.parametrize("multiline", [False, True])
async def test_lone_surrogates(dify: Dify, multiline: bool) -> None:  # noqa: FBT001  (parametrised)
    """Half of a pair goes out as an escape and comes back as it was."""
    halves = ("a\ud83d", "\ude00b")
    await dify.script(Script(deltas=halves, multiline=multiline))
    async with asked(dify) as client:
        assert rb'"a\ud83d"' in (await client.all()).body
    await dify.script(Script(deltas=halves, multiline=multiline))
    assert answer(await read(dify, "chat")) == "a\ud83d\ude00b"

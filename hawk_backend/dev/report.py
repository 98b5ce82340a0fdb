"""What the person who started the stack reads: progress, the parts, how it failed."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hawk_backend.dev.part import Part, PartFailed
from hawk_backend.errors import HawkError

PIPE_WIDTH = 120  # where there is no terminal to ask
COMMAND = Path(sys.executable).with_name("hawk-backend")
PROMPT = "What is our hedging capacity for CNY today?"


class Report:
    """Lines on standard output; failures and remedies on standard error."""

    def __init__(self) -> None:
        self._out = open_console(stderr=False)
        self._err = open_console(stderr=True)
        self._begun = time.monotonic()

    def say(self, text: str) -> None:
        """Print one line of progress with the seconds since the start."""
        elapsed = time.monotonic() - self._begun
        self._out.print(f"[dim]{elapsed:5.1f} s[/]  {escape(text)}", soft_wrap=True)

    def parts(self, parts: Sequence[Part]) -> None:
        """Print which parts there are, in which state, and where."""
        table = Table("part", "state", "address", box=box.SIMPLE_HEAD)
        for part in parts:
            alive = part.process is not None and part.process.returncode is None
            table.add_row(part.name, "[green]ready[/]" if alive else "[red]ended[/]", part.address)
        self._out.print(table)

    def try_gateway(self, address: str) -> None:
        """Print what to try next, ready to be pasted."""
        plain(
            self._out,
            f"Open {address}/ or try",
            f"  curl -N {address}/hawk-agent/process-prompt \\",
            "    -H 'Content-Type: application/json' \\",
            f'    -d \'{{"user_prompt": "{PROMPT}"}}\'',
            "Ctrl-C ends everything.",
        )

    def try_parts(self, env: Path) -> None:
        """Print how to point a gateway of one's own at the parts."""
        plain(
            self._out,
            "Point a gateway at these parts with",
            f"  set -a; . {quote(str(env))}; set +a; {quote(str(COMMAND))} serve",
            "Ctrl-C ends everything.",
        )

    def failed(self, error: HawkError) -> None:
        """Print what failed, the end of its log and the remedy."""
        self._err.print(f"[bold red]{escape(error.detail)}[/]", soft_wrap=True)
        if isinstance(error, PartFailed) and error.log:
            end = (f"  {line}" for line in error.last_lines)
            plain(self._err, f"The end of {error.log}:", *end)
        plain(self._err, f"Remedy: {error.remedy}")


def plain(console: Console, *lines: str) -> None:
    """Print lines as they are: nothing in them is markup, none is wrapped."""
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def open_console(*, stderr: bool) -> Console:
    """A console that is wide enough for the table where its output goes to a file or a pipe."""
    width = None if (sys.stderr if stderr else sys.stdout).isatty() else PIPE_WIDTH
    return Console(stderr=stderr, highlight=False, width=width)

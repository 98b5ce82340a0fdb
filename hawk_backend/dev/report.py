"""What the person who started the stack reads: progress, the parts, how it failed."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hawk_backend.dev.part import Part, PartFailed
from hawk_backend.errors import HawkError

PIPE_WIDTH = 120  # where there is no terminal to ask
PROMPT = "What is our hedging capacity for CNY today?"


class Report:
    """Lines on standard output; failures and remedies on standard error."""

    def __init__(self) -> None:
        self._out = console(stderr=False)
        self._err = console(stderr=True)
        self._begun = time.monotonic()

    def say(self, text: str) -> None:
        """Print one line of progress with the seconds since the start."""
        elapsed = time.monotonic() - self._begun
        self._out.print(f"[dim]{elapsed:5.1f} s[/]  {escape(text)}")

    def parts(self, parts: Sequence[Part]) -> None:
        """Print which parts there are, in which state, and where."""
        table = Table("part", "state", "address", box=box.SIMPLE_HEAD)
        for part in parts:
            state = "[green]running[/]" if part.process else "[red]down[/]"
            table.add_row(part.name, state, part.address)
        self._out.print(table)

    def try_gateway(self, address: str) -> None:
        """Print what to try next, ready to be pasted."""
        self._plain(
            f"Open {address}/ or try",
            f"  curl -N {address}/hawk-agent/process-prompt \\",
            "    -H 'Content-Type: application/json' \\",
            f'    -d \'{{"user_prompt": "{PROMPT}"}}\'',
            "Ctrl-C ends everything.",
        )

    def try_parts(self, env: Path) -> None:
        """Print how to point a gateway of one's own at the parts."""
        self._plain(
            "Point a gateway at these parts with",
            f"  set -a; . '{env}'; set +a; hawk-backend serve",
            "Ctrl-C ends everything.",
        )

    def failed(self, error: HawkError) -> None:
        """Print what failed, the end of its log and the remedy."""
        name = f"{error.name} " if isinstance(error, PartFailed) else ""
        self._err.print(f"[bold red]{escape(name + error.detail)}[/]")
        for line in error.lines if isinstance(error, PartFailed) else ():
            self._err.print(f"  [dim]|[/] {escape(line)}")
        self._err.print(f"Remedy: {escape(error.remedy)}")

    def _plain(self, *lines: str) -> None:
        for line in lines:
            self._out.print(line, markup=False, highlight=False, soft_wrap=True)


def console(*, stderr: bool) -> Console:
    """A console that wraps nothing away where its output goes to a file or a pipe."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=PIPE_WIDTH)

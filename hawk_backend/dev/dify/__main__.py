"""`python -m hawk_backend.dev.dify --port P`: serve the stand-in until SIGINT or SIGTERM."""

import argparse
import asyncio
import signal
import sys

from hawk_backend.dev.dify.server import serving


async def serve(host: str, port: int) -> None:
    """Serve until a signal comes; the first line on stdout says where."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serving(host, port) as (_, bound):
        sys.stdout.write(f"Stand-in for Dify on http://{host}:{bound}/v1\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="hawk_backend.dev.dify", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 chooses a free one")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.host, arguments.port))


if __name__ == "__main__":
    main()

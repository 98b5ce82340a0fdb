"""Ask a server over HTTP whether it serves."""

import asyncio
import urllib.request
from http.client import HTTPException

ANSWER_S = 2.0


async def answers(url: str) -> bool:
    """Say whether a GET of `url` answers 2xx now; a server that is not there is a no."""
    return await asyncio.to_thread(_get, url)


def _get(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never a proxy
    try:
        with direct.open(url, timeout=ANSWER_S):
            return True
    except (OSError, HTTPException):  # refused, timed out, 4xx and 5xx, or no HTTP at all
        return False

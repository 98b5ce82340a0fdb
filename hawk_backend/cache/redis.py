"""The one link to Redis: fails fast, never retries on a timeout."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

SOCKET_TIMEOUT_S = 0.05
"""What a prompt pays at most for a Redis that hangs."""

__all__ = ["Redis", "RedisError", "open_redis"]


def open_redis(url: str) -> Redis:
    """Return a client for the life of the process; nothing is connected yet."""
    client: Redis = Redis.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=SOCKET_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        decode_responses=False,
    )
    return client

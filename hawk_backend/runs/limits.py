"""How long a run may take and how much it may hold; handed down by the composition root."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RelayClocks:
    """Seconds. Dify pings every 10, and sends its headers with the first byte only."""

    prefetch: float = 30.0
    """A last resort: the stages before Dify have deadlines of their own, far below."""
    first_byte: float = 60.0
    idle: float = 30.0
    total: float = 1200.0
    last_words: float = 3.0
    """From the first terminal event of Dify to the end of its stream."""
    drain: float = 5.0
    """From stopping a generation to the end of its stream."""
    heartbeat: float = 10.0
    stuck: float = 20.0
    """That a browser may take to accept one write."""
    retries: tuple[float, ...] = (0.5, 1.5)
    """Pauses before asking Dify again, where that is safe."""
    tick: float = 0.25
    """How exact all of these are: one timer serves every stream."""


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What may wait and what is kept, in this replica."""

    concurrency: int = 8
    queue: int = 256
    resume_s: float = 15.0
    """That a run with a msg_uid waits for a reader to come back; without one it does not wait."""
    attach_s: float = 5.0
    """That a new run waits for its first reader."""
    replay_s: float = 600.0
    """That an ended run can still be read."""
    run_bytes: int = 32 * 1024 * 1024
    """Of one run's events; a longer answer is broken off."""
    kept_bytes: int = 64 * 1024 * 1024
    """Of all ended runs together; the oldest go first."""

"""The protocol as a state machine small enough to be searched whole.

One table, two replicas, one Redis, one database.  Every step of the protocol is a step here, and
between any two of them anything else may happen: writes, retirements, other prompts, FLUSH, a
crash of Redis with or without an old snapshot, a restart of a replica.

The guarantee: a prompt that starts after a retirement returned sees no older data, and one that
starts after a poll was settled sees nothing older than what that poll has read.  Data is the
number of the write that made it.

`Rules` can break the protocol in one place at a time; each of those must then be found out.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Rules:
    """The protocol, and the ways in which it might have been built otherwise."""

    stamped: bool = True  # else rows are kept under the table's name, and a write deletes them
    nonces: bool = True  # else a counter
    stamp_first: bool = True  # else the stamp is read once the source has answered
    fence: bool = True  # else stamps outlive the Redis process
    versions_in_redis: bool = True  # else each replica compares with what it saw last
    joins_unsent: bool = True  # else who has no stamp joins a query that was sent already


class Budget(NamedTuple):
    """How often each thing may happen in one history."""

    writes: int = 2
    retirements: int = 1
    polls: int = 0
    prompts: int = 2
    flushes: int = 0
    snapshots: int = 0
    crashes: int = 0
    restarts: int = 0

    def less(self, what: str) -> "Budget":
        """Return what is left after one more."""
        return self._replace(**{what: getattr(self, what) - 1})


class Redis(NamedTuple):
    """What Redis holds: the nonce, the version, whose they are, and tier 2 as nonce → data."""

    nonce: int = 0
    version: int = -1
    fence: int = -1
    rows: frozenset[tuple[int, int]] = frozenset()


class Prompt(NamedTuple):
    """A prompt: what it may not see older than, how far it is, its stamp, its rows."""

    floor: int
    step: str
    stamp: int = 0
    data: int = -1


class Replica(NamedTuple):
    """A process: whether it is connected, tier 1, its prompts, its poll under way.

    0 is no nonce, -1 no data and no version.
    """

    linked: bool = False
    kept: tuple[int, int] = (0, -1)
    prompts: tuple[Prompt, ...] = ()
    polled: int = -1
    settled: int = -1


class State(NamedTuple):
    """Everything, at one moment; `broken` says that a prompt has seen what it must not."""

    data: int
    floor: int
    redis: Redis
    run: int
    saved: Redis | None
    replicas: tuple[Replica, ...]
    left: Budget
    broken: bool = False

    def put(self, i: int, replica: Replica) -> "State":
        """Return the state with another replica i."""
        first, second = self.replicas
        return self._replace(replicas=(replica, second) if i == 0 else (first, replica))


class Violation(Exception):
    """The shortest history in which a prompt sees what it must not."""


Step = tuple[str, State]
_BARE = 1_000_000
"""Stands for the nonce where rows are kept under the table's name alone."""


def search(rules: Rules, budget: Budget) -> int:
    """Visit every state that can be reached, breadth first; return how many there are.

    Raises Violation with the shortest history that breaks the guarantee.
    """
    begin = State(0, 0, Redis(), 0, None, (Replica(), Replica()), budget)
    came: dict[State, tuple[State, str] | None] = {begin: None}
    ahead = deque([begin])
    while ahead:
        state = ahead.popleft()
        for name, reached in steps(state, rules):
            after = canonical(reached) if rules.stamped and rules.nonces else reached
            if after not in came:
                came[after] = (state, name)
                if after.broken:
                    raise Violation(" → ".join(_history(came, after)))
                ahead.append(after)
    return len(came)


def _history(came: dict[State, tuple[State, str] | None], state: State) -> list[str]:
    steps: list[str] = []
    while (before := came[state]) is not None:
        state, name = before
        steps.insert(0, name)
    return steps


def canonical(state: State) -> State:
    """Number the nonces by where they stand, and forget rows that no nonce can lead to.

    Which of two random nonces is the larger means nothing, and the replicas are alike; so their
    numbers in a history are not always the same process.
    """
    redis, saved = state.redis, state.saved
    replicas = sorted(state.replicas, key=_without_nonces)
    names = {0: 0}
    for nonce in _nonces(redis, saved, replicas):
        names.setdefault(nonce, len(names))
    return state._replace(
        redis=_named(redis, names),
        saved=saved and _named(saved, names),
        replicas=tuple(_replica_named(replica, names) for replica in replicas),
    )


def _without_nonces(me: Replica) -> tuple[object, ...]:
    prompts = [(p.floor, p.step, p.data) for p in me.prompts]
    return (me.linked, me.polled, me.settled, me.kept[1], sorted(prompts))


def _nonces(redis: Redis, saved: Redis | None, replicas: Iterable[Replica]) -> Iterator[int]:
    """Yield every nonce that a prompt can still come to hold."""
    yield redis.nonce
    yield saved.nonce if saved else 0
    for replica in replicas:
        yield replica.kept[0]
        yield from (prompt.stamp for prompt in replica.prompts)


def _named(redis: Redis, names: Mapping[int, int]) -> Redis:
    rows = frozenset((names[nonce], data) for nonce, data in redis.rows if nonce in names)
    return redis._replace(nonce=names[redis.nonce], rows=rows)


def _replica_named(replica: Replica, names: Mapping[int, int]) -> Replica:
    prompts = sorted(p._replace(stamp=names[p.stamp]) for p in replica.prompts)
    kept = (names[replica.kept[0]], replica.kept[1])
    return replica._replace(kept=kept, prompts=tuple(prompts))


def steps(state: State, rules: Rules) -> Iterator[Step]:
    """Yield everything that can happen next."""
    yield from _world(state)
    for i, replica in enumerate(state.replicas):
        yield from _process(state, i, replica, rules)
        for prompt in dict.fromkeys(replica.prompts):
            others = list(replica.prompts)
            others.remove(prompt)
            yield from _Asking(state, i, replica._replace(prompts=tuple(others)), rules).go(prompt)


def _world(state: State) -> Iterator[Step]:
    left = state.left
    if left.writes:
        yield "write", state._replace(data=state.data + 1, left=left.less("writes"))
    if left.flushes:
        # A fence is as good as gone, too: the next connection wipes what is not there.
        yield "FLUSH", state._replace(redis=Redis(), left=left.less("flushes"))
    if left.snapshots:
        yield "snapshot", state._replace(saved=state.redis, left=left.less("snapshots"))
    if left.crashes:
        cut = tuple(replica._replace(linked=False) for replica in state.replicas)
        crashed = state._replace(run=state.run + 1, replicas=cut, left=left.less("crashes"))
        yield "Redis restarts empty", crashed._replace(redis=Redis())
        if state.saved is not None:
            yield "Redis restarts with the snapshot", crashed._replace(redis=state.saved)


def _process(state: State, i: int, me: Replica, rules: Rules) -> Iterator[Step]:
    left = state.left
    if left.restarts:
        yield f"{i} restarts", state._replace(left=left.less("restarts")).put(i, Replica())
    if left.prompts and len(me.prompts) < 2:
        prompt = Prompt(state.floor, "look")
        started = me._replace(prompts=(*me.prompts, prompt))
        yield f"{i} is asked", state._replace(left=left.less("prompts")).put(i, started)
    if not me.linked:
        yield f"{i} connects", _connected(state, rules).put(i, me._replace(linked=True))
        return
    if left.retirements:
        retired = state._replace(redis=_retired(state, rules), floor=state.data)
        bare = me if rules.stamped else me._replace(kept=(0, -1))
        yield f"{i} retires", retired._replace(left=left.less("retirements")).put(i, bare)
    if me.polled >= 0:
        yield f"{i} settles {me.polled}", _settled(state, i, me, me.polled, rules)
    elif left.polls:
        polling = me._replace(polled=state.data)
        yield f"{i} polls", state._replace(left=left.less("polls")).put(i, polling)


def _connected(state: State, rules: Rules) -> State:
    """Pass the fence: stamps and versions hold for the life of one Redis process."""
    redis = state.redis
    if rules.fence and redis.fence != state.run:
        redis = redis._replace(nonce=0, version=-1, fence=state.run)
    return state._replace(redis=redis)


def _retired(state: State, rules: Rules) -> Redis:
    redis = state.redis
    if not rules.stamped:
        return redis._replace(rows=frozenset())
    return redis._replace(nonce=0 if rules.nonces else redis.nonce + 1)


def _settled(state: State, i: int, me: Replica, polled: int, rules: Rules) -> State:
    """Retire where the version is another than the last one, and remember it."""
    if rules.versions_in_redis:
        changed = state.redis.version != polled
        done = me._replace(polled=-1)
    else:
        changed = me.settled not in (-1, polled)
        done = me._replace(polled=-1, settled=polled)
    redis = _retired(state, rules) if changed else state.redis
    if rules.versions_in_redis:
        redis = redis._replace(version=polled)
    return state._replace(redis=redis, floor=max(state.floor, polled)).put(i, done)


class _Asking(NamedTuple):
    """What can happen next to one prompt of replica `i`; `me` is that replica without it."""

    state: State
    i: int
    me: Replica
    rules: Rules

    def go(self, prompt: Prompt) -> Iterator[Step]:
        """Yield the prompt's next steps."""
        match prompt.step:
            case "look":
                yield from self._stamp(prompt, "find")
            case "find":
                yield from self._find(prompt)
            case "ask":
                then = "sent" if self.rules.stamp_first else "look late"
                sent = prompt._replace(step=then, data=self.state.data)
                yield f"{self.i} asks the source", self._with(sent)
            case "look late":
                yield from self._stamp(prompt, "sent")
            case "sent":
                yield f"{self.i} is answered", self._answered(prompt)

    def _with(self, prompt: Prompt, state: State | None = None) -> State:
        me = self.me._replace(prompts=tuple(sorted((*self.me.prompts, prompt))))
        return (state or self.state).put(self.i, me)

    def _stamp(self, prompt: Prompt, then: str) -> Iterator[Step]:
        """Read the nonce, minted where there is none; unknown where Redis is away."""
        if not self.me.linked:
            then = "ask" if then == "find" else then
            yield f"{self.i} knows no stamp", self._with(prompt._replace(step=then))
            yield from self._join(prompt, 0)
        elif not self.rules.stamped:
            yield f"{self.i} looks", self._with(prompt._replace(step=then, stamp=_BARE))
        else:
            nonce = self.state.redis.nonce or self._new_nonce()
            state = self.state._replace(redis=self.state.redis._replace(nonce=nonce))
            stamped = prompt._replace(step=then, stamp=nonce)
            yield f"{self.i} reads the stamp", self._with(stamped, state)

    def _new_nonce(self) -> int:
        """Mint: a number that is nowhere, or the counter's first."""
        if not self.rules.nonces:
            return 1
        replicas = (*self.state.replicas, self.me)
        return 1 + max(_nonces(self.state.redis, self.state.saved, replicas))

    def _find(self, prompt: Prompt) -> Iterator[Step]:
        """Look into tier 1, then tier 2; join a read under the same stamp; else ask."""
        stamp, data = self.me.kept
        if stamp == prompt.stamp:
            yield f"{self.i} finds it in tier 1", self._ended(prompt, data, self.me)
            return
        yield from self._join(prompt, prompt.stamp)
        found = dict(self.state.redis.rows).get(prompt.stamp) if self.me.linked else None
        if found is not None:
            me = self.me._replace(kept=(prompt.stamp, found))
            yield f"{self.i} finds it in tier 2", self._ended(prompt, found, me)
        else:
            yield f"{self.i} finds nothing", self._with(prompt._replace(step="ask"))

    def _join(self, prompt: Prompt, stamp: int) -> Iterator[Step]:
        """Be answered together with another prompt: under a stamp always, else only if unsent."""
        for other in dict.fromkeys(self.me.prompts):
            if other.stamp != stamp or other.step not in ("ask", "sent"):
                continue
            if stamp or other.step == "ask" or not self.rules.joins_unsent:
                # The other's answer will be this one's: it must be good enough for both.
                both = other._replace(floor=max(other.floor, prompt.floor))
                others = list(self.me.prompts)
                others[others.index(other)] = both
                me = self.me._replace(prompts=tuple(sorted(others)))
                yield f"{self.i} joins", self.state.put(self.i, me)

    def _answered(self, prompt: Prompt) -> State:
        """Keep the answer in both tiers under the stamp that was read."""
        if not prompt.stamp:
            return self._ended(prompt, prompt.data, self.me)
        entry = (prompt.stamp, prompt.data)
        redis = self.state.redis
        if self.me.linked:
            others = frozenset(pair for pair in redis.rows if pair[0] != prompt.stamp)
            redis = redis._replace(rows=others | {entry})
        state = self.state._replace(redis=redis)
        return self._ended(prompt, prompt.data, self.me._replace(kept=entry), state)

    def _ended(self, prompt: Prompt, data: int, me: Replica, state: State | None = None) -> State:
        after = (state or self.state).put(self.i, me)
        return after._replace(broken=after.broken or data < prompt.floor)

"""What the database tells of its tables: which have a trigger, and what its views read."""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from hawk_backend.cache.limits import FeedState
from hawk_backend.cache.stamps import Seen
from hawk_backend.catalogue import Table
from hawk_backend.observability import logger

_LOG = logger("cache.watched")
_LEARN_EVERY_S = 10.0
_VIEWS_EVERY_S = 300.0


@dataclass(frozen=True, slots=True)
class View:
    """A view of the database: the tables that it reads, and whether it is materialized."""

    reads: frozenset[str]
    materialized: bool = False


class Watched:
    """Decides what may be relied on for each table of the catalogue.

    `policy` are the tables that row-level security reads: their stamps are part of the stamp of
    every user's rows.
    """

    def __init__(
        self, tables: Mapping[str, Table], *, max_age_s: float, policy: Collection[str] = ()
    ) -> None:
        self.installed: bool | None = None
        self.policy = frozenset(policy)
        self._tables = tables
        self._max_age_s = max_age_s
        self._names: frozenset[str] = frozenset()
        self._views: Mapping[str, View] = {}
        self._marks: dict[str, frozenset[str]] = {}
        self._states: dict[str, FeedState | None] = {}
        self._learned_at = self._viewed_at = float("-inf")
        self._conclude()

    @property
    def names(self) -> frozenset[str]:
        """Tables with a working trigger."""
        return self._names

    @property
    def is_old(self) -> bool:
        """Whether it is time to look again which tables are watched."""
        return time.monotonic() - self._learned_at >= _LEARN_EVERY_S

    @property
    def views_are_old(self) -> bool:
        """Whether it is time to look again what the views read."""
        return time.monotonic() - self._viewed_at >= _VIEWS_EVERY_S

    def marks(self, table: str) -> frozenset[str]:
        """Return the tables whose nonces make up the stamp of `table`: itself, and its bases."""
        return self._marks[table]

    def dependents(self, tables: Collection[str]) -> frozenset[str]:
        """Return every table of the catalogue whose stamp changes with these."""
        changed = frozenset(tables)
        if not changed:
            return changed
        return frozenset(name for name, marks in self._marks.items() if marks & changed)

    def state(self, table: Table, seen: Seen, *, as_user: bool = False) -> FeedState:
        """Return what is known of changes of `table`, for the service or for a user."""
        if as_user and not self.policy <= self._names:
            return FeedState.NEVER
        return self._states[table.name] or self.heard(seen.polled_s_ago)

    def heard(self, polled_s_ago: float | None) -> FeedState:
        """Return whether the feed was heard lately enough to be relied on."""
        late = polled_s_ago is None or polled_s_ago > self._max_age_s
        return FeedState.LATE if late else FeedState.LIVE

    def learn(self, names: Collection[str] | None) -> None:
        """Take which tables are watched; None: the database has no feed."""
        if self.installed is None and names is None:
            _LOG.warning(
                "no version feed: transactional and market rows come from the source",
                remedy="apply supabase/migrations",
            )
        installed, known = names is not None, frozenset(names or ())
        changed = (self.installed, self._names) != (installed, known)
        self.installed, self._names = installed, known
        self._learned_at = time.monotonic()
        if changed:
            self._conclude()

    def learn_views(self, views: Mapping[str, View] | None) -> None:
        """Take what the views read; None: the database does not tell."""
        self._views = views or {}
        self._viewed_at = time.monotonic()
        self._conclude()

    def _conclude(self) -> None:
        """Work out for every table what its stamp is made of, and what is known of its changes."""
        for name, table in self._tables.items():
            view = self._views.get(name, View(frozenset(table.bases), table.materialized))
            reads = view.reads or frozenset(table.bases) or frozenset({name})
            self._marks[name] = frozenset({name, *table.bases, *view.reads})
            self._states[name] = self._state(view, reads)

    def _state(self, view: View, reads: frozenset[str]) -> FeedState | None:
        """Return None where it depends on when the feed was heard."""
        if view.materialized:
            return FeedState.NEVER
        if self.installed is None:
            return FeedState.LATE
        return None if reads <= self._names else FeedState.NONE

    def unwatched(self, there: Iterable[str]) -> list[str]:
        """Return the tables, not the views, among these whose changes nothing tells."""
        known = self._names | self._views.keys()
        return sorted(
            name for name in there if self._tables[name].kind == "table" and name not in known
        )

    def unlike(self) -> dict[str, dict[str, list[str]]]:
        """Return the views that read other tables than the catalogue says."""
        found: dict[str, dict[str, list[str]]] = {}
        for name in sorted(self._views.keys() & self._tables.keys()):
            said, reads = frozenset(self._tables[name].bases), self._views[name].reads
            if said != reads:
                found[name] = {
                    "not_in_catalogue": sorted(reads - said),
                    "not_in_database": sorted(said - reads),
                }
        return found

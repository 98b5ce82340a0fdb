"""`python -m hawk_backend.dev.feed`: write the migration anew where the catalogue outgrew it.

It gets a file of its own: a migration that was applied somewhere is never edited.
"""

import sys
from datetime import UTC, datetime

from hawk_backend.catalogue import Catalogue
from hawk_backend.dev.data.fill import MIGRATIONS
from hawk_backend.dev.feed import NAME, migration, newest


def main() -> None:
    """Compare with the newest one, and write where they differ."""
    wanted, last = migration(Catalogue.load()), newest(MIGRATIONS)
    if last is not None and last.read_text("utf-8") == wanted:
        sys.stdout.write(f"{last.name} is up to date\n")
        return
    path = MIGRATIONS / f"{datetime.now(UTC):%Y%m%d%H%M%S}_{NAME}"
    path.write_text(wanted, "utf-8")
    sys.stdout.write(f"wrote {path.name}\n")


main()

"""The version feed's migration, made from the catalogue."""

from pathlib import Path

from hawk_backend.catalogue import Catalogue

TEMPLATE = Path(__file__).with_name("changes.sql")
NAME = "hawk_changes.sql"


def migration(catalogue: Catalogue) -> str:
    """Return the SQL that watches the catalogue's tables; it may be applied again at any time."""
    names = sorted(table.name for table in catalogue.tables.values() if table.kind == "table")
    lines = ",\n".join(f"    '{name}'" for name in names)
    return TEMPLATE.read_text("utf-8").replace("{tables}", lines)


def newest(folder: Path) -> Path | None:
    """Return the migration of the version feed that is applied last, if there is one."""
    return max(folder.glob(f"*_{NAME}"), default=None)

"""What the rows of the synthetic data have in common."""

from datetime import date, datetime
from typing import TypeAlias

from hawk_backend.dev.data.days import at

Row: TypeAlias = dict[str, object]
Rows: TypeAlias = list[Row]


def audit(day: date) -> Row:
    """Return the audit columns of a row that was made on `day` and not touched since."""
    made: datetime = at(day, 8, 30)
    return {
        "created_by": "hawk_setup",
        "created_date": made,
        "modified_by": "hawk_setup",
        "modified_date": made,
    }

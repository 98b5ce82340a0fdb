"""Source bytes → typed cells and rendered, escaped lines; once per table and change."""

from hawk_backend.rows.cells import Cell
from hawk_backend.rows.slice import Row, Slice, read_slice

__all__ = ["Cell", "Row", "Slice", "read_slice"]

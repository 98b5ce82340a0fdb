"""Source bytes → typed cells and rendered, escaped lines; once per table and change."""

from hawk_backend.rows.answer import Answer
from hawk_backend.rows.cells import Cell
from hawk_backend.rows.read import Read
from hawk_backend.rows.slice import Row, Slice, read_slice
from hawk_backend.rows.where import Term, Value, Where

__all__ = ["Answer", "Cell", "Read", "Row", "Slice", "Term", "Value", "Where", "read_slice"]

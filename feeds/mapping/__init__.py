"""The mapping language: rows of other systems to named values, by a closed set of operators. Pure."""

from feeds.mapping.compiler import MappingFault, MappingRefused, compile_mapping
from feeds.mapping.expressions import FieldProblem, MappedRow, RowMapping

__all__ = ["FieldProblem", "MappedRow", "MappingFault", "MappingRefused", "RowMapping", "compile_mapping"]

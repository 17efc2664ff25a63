"""Compilation of a mapping as a settings file writes it. Nothing in it is ever evaluated as code.

A target is a column's name, or a table of operators:

| operator | does |
|---|---|
| `from` | the column, or the path in a JSON row |
| `first` | the first of several that has a value |
| `const` | this value |
| `join` | several, one after the other; or `{ parts = […], with = "-" }` |
| `when` | `{ from, in }`: only of rows in which the column has one of these values |
| `trim` | false keeps white space at both ends |
| `empty` | texts that mean no value, beside the usual ones |
| `cut` | `[3, 8]`: characters 3 to 8, counted from 1; one number: from there on |
| `words` | our word for each of theirs; `else` for any other |
| `table` | as `words`, from a CSV file of two columns |
| `as` | date, datetime, days, minutes, money, number, bool |
| `format` | strptime patterns for `as`, or "epoch_s", "epoch_ms", "excel" |
| `in` | true when the value is one of these |

A table without operators is a group: its targets have its name and a dot before theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from typing import Any

from feeds.mapping.convert import CONVERSIONS
from feeds.mapping.expressions import Expression, RowCondition, RowMapping, Split, text_of
from feeds.mapping.paths import steps_of

OPERATORS = (
    "from",
    "first",
    "const",
    "join",
    "when",
    "trim",
    "empty",
    "cut",
    "words",
    "else",
    "table",
    "as",
    "format",
    "in",
)
_ORIGINS = ("from", "first", "const", "join")
CHINA = timezone(timedelta(hours=8))
DEPTH = 4
Tables = Callable[[str], Mapping[str, str]]
"""Reads a CSV file of two columns by its name. Raises OSError or ValueError."""


@dataclass(frozen=True, slots=True)
class MappingFault:
    """One fault of a mapping. `path` leads to it, such as "map.person.name"."""

    path: str
    detail: str


class MappingRefused(ValueError):
    """The mapping has faults."""

    def __init__(self, faults: Sequence[MappingFault]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.detail}" for fault in faults))
        self.faults = tuple(faults)


class _Fault(ValueError):
    """A fault of one expression."""


def _no_tables(name: str) -> Mapping[str, str]:
    raise OSError(f"there is no table {name}")


def compile_mapping(
    raw: Mapping[str, Any],
    *,
    targets: Sequence[str] = (),
    split: Mapping[str, Any] | None = None,
    tables: Tables = _no_tables,
    zone: tzinfo = CHINA,
) -> RowMapping:
    """The mapping of a `map` table, and of a `split` table. Raises MappingRefused with every fault.

    `targets` are the targets that exist (empty: any); "fees.*" stands for every target of that group.
    `zone` is the zone of times that are written without one.
    """
    faults: list[MappingFault] = []
    fields: dict[str, Expression] = {}
    for target, definition in _flat(raw, "", faults):
        if targets and not _exists(target, targets):
            faults.append(MappingFault(f"map.{target}", f"no such target; there are {', '.join(targets)}"))
            continue
        try:
            fields[target] = _expression(definition, tables)
        except _Fault as error:
            faults.append(MappingFault(f"map.{target}", str(error)))
    divided: Split | None = None
    if split is not None:
        try:
            divided = _split(split)
        except _Fault as error:
            faults.append(MappingFault("split", str(error)))
    if faults:
        raise MappingRefused(faults)
    return RowMapping(fields=fields, zone=zone, split=divided)


def _exists(target: str, targets: Sequence[str]) -> bool:
    return target in targets or f"{target.partition('.')[0]}.*" in targets


def _flat(raw: Mapping[str, Any], prefix: str, faults: list[MappingFault]) -> list[tuple[str, Any]]:
    """Targets with their definitions; groups are unfolded."""
    flat: list[tuple[str, Any]] = []
    for name, definition in raw.items():
        target = f"{prefix}{name}"
        if not isinstance(definition, Mapping):
            flat.append((target, definition))
            continue
        operators = [key for key in definition if key in OPERATORS]
        if operators and len(operators) == len(definition):
            flat.append((target, definition))
        elif any(key in _ORIGINS for key in operators):
            unknown = ", ".join(key for key in definition if key not in OPERATORS)
            faults.append(
                MappingFault(f"map.{target}", f"no such operator: {unknown}; there are {', '.join(OPERATORS)}")
            )
        else:
            flat += _flat(definition, f"{target}.", faults)
    return flat


def _expression(definition: Any, tables: Tables, depth: int = 0) -> Expression:
    if isinstance(definition, str):
        definition = {"from": definition}
    if not isinstance(definition, Mapping):
        raise _Fault("write a column's name, or a table of operators")
    if depth > DEPTH:
        raise _Fault("nested too deeply")
    if unknown := [key for key in definition if key not in OPERATORS]:
        raise _Fault(f"no such operator: {', '.join(unknown)}; there are {', '.join(OPERATORS)}")
    origins = [name for name in _ORIGINS if name in definition]
    if len(origins) != 1:
        raise _Fault(f"exactly one of {', '.join(_ORIGINS)} is needed")
    if "words" in definition and "table" in definition:
        raise _Fault("words and table exclude each other")
    if "format" in definition and definition.get("as") not in ("date", "datetime"):
        raise _Fault('format needs as = "date" or "datetime"')
    parts, joint = _joined(definition.get("join"))
    return Expression(
        source=_path(definition["from"]) if "from" in definition else None,
        first=tuple(_expression(part, tables, depth + 1) for part in _list(definition.get("first", []), "first")),
        join=tuple(_expression(part, tables, depth + 1) for part in parts),
        joint=joint,
        const=definition.get("const"),
        when=_condition(definition["when"]) if "when" in definition else None,
        trim=bool(definition.get("trim", True)),
        empty=frozenset(map(text_of, _list(definition.get("empty", []), "empty"))),
        cut=_cut(definition["cut"]) if "cut" in definition else None,
        words=_words(definition["words"]) if "words" in definition else None,
        table=_table(definition["table"], tables) if "table" in definition else None,
        otherwise=definition.get("else"),
        has_otherwise="else" in definition,
        convert=_conversion(definition.get("as", "")),
        formats=_formats(definition.get("format", [])),
        within=frozenset(map(text_of, _list(definition["in"], "in"))) if "in" in definition else None,
    )


def _joined(definition: Any) -> tuple[list[Any], str]:
    if definition is None:
        return [], ""
    if isinstance(definition, Mapping):
        if set(definition) - {"parts", "with"}:
            raise _Fault("join has parts and with")
        return _list(definition.get("parts"), "join.parts"), str(definition.get("with", ""))
    return _list(definition, "join"), ""


def _list(definition: Any, name: str) -> list[Any]:
    if not isinstance(definition, list | tuple):
        raise _Fault(f"{name} is a list")
    return list(definition)


def _path(path: Any) -> str:
    if not isinstance(path, str) or not path:
        raise _Fault("from is a column's name or a path")
    try:
        steps_of(path)
    except ValueError as error:
        raise _Fault(str(error)) from error
    return path


def _condition(definition: Any) -> RowCondition:
    if not isinstance(definition, Mapping) or set(definition) != {"from", "in"}:
        raise _Fault("when is { from, in }")
    return RowCondition(_path(definition["from"]), frozenset(map(text_of, _list(definition["in"], "when.in"))))


def _cut(definition: Any) -> tuple[int, int | None]:
    """Python's bounds of a cut, whose positions count from 1 and include the last."""
    bounds = definition if isinstance(definition, list) else [definition]
    if not 1 <= len(bounds) <= 2 or not all(isinstance(bound, int) and bound >= 1 for bound in bounds):
        raise _Fault("cut is [first, last], counted from 1")
    last = bounds[1] if len(bounds) == 2 else None
    if last is not None and last < bounds[0]:
        raise _Fault("cut ends before it begins")
    return bounds[0] - 1, last


def _words(definition: Any) -> Mapping[str, Any]:
    if not isinstance(definition, Mapping) or not definition:
        raise _Fault("words is a table: theirs = ours")
    return {str(theirs): ours for theirs, ours in definition.items()}


def _table(name: Any, tables: Tables) -> Mapping[str, str]:
    try:
        return tables(str(name))
    except (OSError, ValueError) as error:
        raise _Fault(f"table {name}: {error}") from error


def _conversion(name: Any) -> str:
    if name and name not in CONVERSIONS:
        raise _Fault(f"as is one of {', '.join(CONVERSIONS)}")
    return str(name)


def _formats(formats: Any) -> tuple[str, ...]:
    return (formats,) if isinstance(formats, str) else tuple(map(str, _list(formats, "format")))


def _split(definition: Mapping[str, Any]) -> Split:
    groups = {name: values for name, values in definition.items() if name != "from"}
    if "from" not in definition or not groups:
        raise _Fault("split has from, and for each group its values")
    return Split(
        _path(definition["from"]),
        {name: frozenset(map(text_of, _list(values, name))) for name, values in groups.items()},
    )

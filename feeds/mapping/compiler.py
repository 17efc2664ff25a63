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
    for target, made in _flat(raw, "", faults):
        if targets and not _exists(target, targets):
            faults.append(MappingFault(f"map.{target}", f"no such target; there are {', '.join(targets)}"))
            continue
        try:
            fields[target] = _expression(made, tables)
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
    for name, made in raw.items():
        target = f"{prefix}{name}"
        if not isinstance(made, Mapping):
            flat.append((target, made))
            continue
        operators = [key for key in made if key in OPERATORS]
        if operators and len(operators) == len(made):
            flat.append((target, made))
        elif any(key in _ORIGINS for key in operators):
            unknown = ", ".join(key for key in made if key not in OPERATORS)
            faults.append(
                MappingFault(f"map.{target}", f"no such operator: {unknown}; there are {', '.join(OPERATORS)}")
            )
        else:
            flat += _flat(made, f"{target}.", faults)
    return flat


def _expression(made: Any, tables: Tables, depth: int = 0) -> Expression:
    if isinstance(made, str):
        made = {"from": made}
    if not isinstance(made, Mapping):
        raise _Fault("write a column's name, or a table of operators")
    if depth > DEPTH:
        raise _Fault("nested too deeply")
    if unknown := [key for key in made if key not in OPERATORS]:
        raise _Fault(f"no such operator: {', '.join(unknown)}; there are {', '.join(OPERATORS)}")
    origins = [name for name in _ORIGINS if name in made]
    if len(origins) != 1:
        raise _Fault(f"exactly one of {', '.join(_ORIGINS)} is needed")
    if "words" in made and "table" in made:
        raise _Fault("words and table exclude each other")
    if "format" in made and made.get("as") not in ("date", "datetime"):
        raise _Fault('format needs as = "date" or "datetime"')
    parts, joint = _joined(made.get("join"))
    return Expression(
        source=_path(made["from"]) if "from" in made else None,
        first=tuple(_expression(part, tables, depth + 1) for part in _list(made.get("first", []), "first")),
        join=tuple(_expression(part, tables, depth + 1) for part in parts),
        joint=joint,
        const=made.get("const"),
        when=_condition(made["when"]) if "when" in made else None,
        trim=bool(made.get("trim", True)),
        empty=frozenset(map(text_of, _list(made.get("empty", []), "empty"))),
        cut=_cut(made["cut"]) if "cut" in made else None,
        words=_words(made["words"]) if "words" in made else None,
        table=_table(made["table"], tables) if "table" in made else None,
        otherwise=made.get("else"),
        has_otherwise="else" in made,
        convert=_conversion(made.get("as", "")),
        formats=_formats(made.get("format", [])),
        within=frozenset(map(text_of, _list(made["in"], "in"))) if "in" in made else None,
    )


def _joined(made: Any) -> tuple[list[Any], str]:
    if made is None:
        return [], ""
    if isinstance(made, Mapping):
        if set(made) - {"parts", "with"}:
            raise _Fault("join has parts and with")
        return _list(made.get("parts"), "join.parts"), str(made.get("with", ""))
    return _list(made, "join"), ""


def _list(made: Any, name: str) -> list[Any]:
    if not isinstance(made, list | tuple):
        raise _Fault(f"{name} is a list")
    return list(made)


def _path(made: Any) -> str:
    if not isinstance(made, str) or not made:
        raise _Fault("from is a column's name or a path")
    try:
        steps_of(made)
    except ValueError as error:
        raise _Fault(str(error)) from error
    return made


def _condition(made: Any) -> RowCondition:
    if not isinstance(made, Mapping) or set(made) != {"from", "in"}:
        raise _Fault("when is { from, in }")
    return RowCondition(_path(made["from"]), frozenset(map(text_of, _list(made["in"], "when.in"))))


def _cut(made: Any) -> tuple[int, int | None]:
    """Python's bounds of a cut, whose positions count from 1 and include the last."""
    bounds = made if isinstance(made, list) else [made]
    if not 1 <= len(bounds) <= 2 or not all(isinstance(bound, int) and bound >= 1 for bound in bounds):
        raise _Fault("cut is [first, last], counted from 1")
    last = bounds[1] if len(bounds) == 2 else None
    if last is not None and last < bounds[0]:
        raise _Fault("cut ends before it begins")
    return bounds[0] - 1, last


def _words(made: Any) -> Mapping[str, Any]:
    if not isinstance(made, Mapping) or not made:
        raise _Fault("words is a table: theirs = ours")
    return {str(theirs): ours for theirs, ours in made.items()}


def _table(made: Any, tables: Tables) -> Mapping[str, str]:
    try:
        return tables(str(made))
    except (OSError, ValueError) as error:
        raise _Fault(f"table {made}: {error}") from error


def _conversion(made: Any) -> str:
    if made and made not in CONVERSIONS:
        raise _Fault(f"as is one of {', '.join(CONVERSIONS)}")
    return str(made)


def _formats(made: Any) -> tuple[str, ...]:
    return (made,) if isinstance(made, str) else tuple(map(str, _list(made, "format")))


def _split(made: Mapping[str, Any]) -> Split:
    groups = {name: values for name, values in made.items() if name != "from"}
    if "from" not in made or not groups:
        raise _Fault("split has from, and for each group its values")
    return Split(
        _path(made["from"]), {name: frozenset(map(text_of, _list(values, name))) for name, values in groups.items()}
    )

"""The fold of facts to a case. It does not depend on the order of the facts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, cast

import msgspec

from feeds.cases import words
from feeds.cases.facts import CASE, EXTENSION, FEE, LISTED, REVIEW, STEP, SUPPLEMENT, SUSPENSION, CaseFact, FactSet
from feeds.cases.model import CaseExtension, CaseFee, CaseReview, CaseStep, CaseSupplement, CaseSuspension, FoldedCase
from feeds.regions import is_code

TOLERANCE = 3600.0
"""Seconds by which two systems may differ about acceptance or end without the flag DISAGREE."""
TEXTS = ("item", "item_name", "item_version", "department", "channel", "applicant_kind", "parent", "unit", "due_source")
TIMES = ("applied", "accepted", "handed_over", "decided", "submitted_up", "delivered", "ended")
WHOLE = ("promised", "statutory")
COMPARED = ("accepted", "ended")
ROWS = "rows"
"""The field of a case row with rows of other tables in it, by table."""


def fold_facts(system: str, number: str, fact_set: FactSet, precedence: Sequence[str] = ()) -> FoldedCase:
    """The case of these facts. Where several systems give a value, the first one in `precedence` counts."""
    facts = fact_set.facts.values()
    rank = {name: position for position, name in enumerate(precedence)}
    ordered = sorted(facts, key=lambda fact: (rank.get(fact.system, len(rank)), fact.slot))
    rows = [fact for fact in ordered if fact.table == CASE]
    present = [fact for fact in rows if not fact.deleted]
    body = _merged([fact.body for fact in present or rows])
    notes: list[str] = []
    disagreeing = _disagreeing(present)
    if disagreeing:
        notes.append(words.DISAGREE)
    lone = len(ordered) == 1 and ordered[0].table == CASE and not ordered[0].body.get(ROWS)
    lists = {table: [] if lone else _listed(ordered, table) for table in LISTED}
    fields: dict[str, Any] = {name: str(body.get(name, "")) for name in TEXTS}
    fields |= {name: _number(body.get(name)) for name in TIMES}
    fields |= {name: _whole(body.get(name)) for name in WHOLE}
    return FoldedCase(
        system=system,
        number=number,
        systems=tuple(dict.fromkeys(fact.system for fact in ordered)),
        has_base_row=bool(rows),
        deleted=bool(rows) and not present,
        kind=_kind(body, notes),
        region=_region(body),
        result=_result(body, notes),
        has_reason=bool(body.get("has_reason")),
        aliases={str(kind): str(value) for kind, value in (body.get("aliases") or {}).items()},
        steps=_steps(lists[STEP]),
        suspensions=tuple(_suspensions(lists[SUSPENSION])),
        extensions=tuple(_convert(lists[EXTENSION], CaseExtension)),
        supplements=tuple(_convert(lists[SUPPLEMENT], CaseSupplement)),
        fees=tuple(_convert(lists[FEE], CaseFee)),
        reviews=tuple(_convert(lists[REVIEW], CaseReview)),
        received_at=min((fact.at for fact in ordered), default=0.0),
        changed_at=max((fact.at for fact in ordered), default=0.0),
        stamp=max((fact.stamp for fact in ordered), default=0.0),
        reopened=fact_set.reopened,
        notes=tuple(dict.fromkeys(notes)),
        values=disagreeing,
        **fields,
    )


def _merged(bodies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Each field from the first body that has a value for it."""
    merged: dict[str, Any] = {}
    for body in bodies:
        for name, value in body.items():
            if value is not None and value != "":
                merged.setdefault(name, value)
    return merged


def _disagreeing(rows: Sequence[CaseFact]) -> dict[str, dict[str, Any]]:
    """Acceptance and end by system, where two systems differ by more than the tolerance."""
    values: dict[str, dict[str, Any]] = {}
    for name in COMPARED:
        by_system = {row.system: at for row in rows if (at := _number(row.body.get(name))) is not None}
        if len(by_system) > 1 and max(by_system.values()) - min(by_system.values()) > TOLERANCE:
            values[name] = dict(by_system)
    return values


def _listed(facts: Sequence[CaseFact], table: str) -> list[CaseFact]:
    """The present rows of a table in a fixed order, at most LISTED of them."""
    rows = [fact for fact in facts if fact.table == table and not fact.deleted]
    for fact in facts:
        if fact.table == CASE and not fact.deleted:
            rows += [
                _embedded(fact, table, index, body)
                for index, body in enumerate((fact.body.get(ROWS) or {}).get(table, ()))
            ]
    first = "started" if table in (STEP, SUSPENSION) else "decided" if table == EXTENSION else "notified"

    def order(fact: CaseFact) -> tuple[float, str, str]:
        return _number(fact.body.get("seq")) or 0.0, str(fact.body.get(first, "")), fact.key

    return sorted(rows, key=order)[: LISTED[table]]


def _embedded(fact: CaseFact, table: str, index: int, body: Mapping[str, Any]) -> CaseFact:
    """A row that came inside a case row, as a fact of its own; it is replaced with that row."""
    return msgspec.structs.replace(fact, table=table, key=f"{index:03}", body=dict(body))


def _kind(body: Mapping[str, Any], notes: list[str]) -> words.CaseKind:
    raw = str(body.get("kind", ""))
    if raw and raw not in words.KIND_WORDS:
        notes.append(words.UNSORTED)
    return words.KIND_WORDS.get(raw, "other")


def _region(body: Mapping[str, Any]) -> str:
    """The region of the handling department; characters 3 to 8 of its credit code where no region is given."""
    region = str(body.get("region", ""))
    if is_code(region):
        return region
    code = str(body.get("department", ""))
    return code[2:8] if len(code) == 18 and is_code(code[2:8]) else ""


def _result(body: Mapping[str, Any], notes: list[str]) -> str:
    raw = str(body.get("result", ""))
    if raw and raw not in words.RESULT_WORDS:
        notes.append(words.UNSORTED)
    return words.RESULT_WORDS.get(raw, "")


def _steps(rows: Sequence[CaseFact]) -> tuple[CaseStep, ...]:
    steps = []
    for index, row in enumerate(rows):
        body = row.body
        started, ended = _number(body.get("started")), _number(body.get("ended"))
        if started is None:
            started = ended
        end_unknown = ended is not None and started is not None and ended <= started
        ended = None if end_unknown else ended
        name = str(body.get("name", ""))
        steps.append(
            CaseStep(
                seq=index + 1,
                name=name,
                five=words.STEP_WORDS.get(name, ""),
                started=started,
                ended=ended,
                end_unknown=end_unknown,
                limit=_whole(body.get("limit")),
                **{text: str(body.get(text, "")) for text in ("role", "owner", "action", "state")},
            )
        )
    return tuple(steps)


def _suspensions(rows: Sequence[CaseFact]) -> Iterable[CaseSuspension]:
    """Suspensions; one with a `flaw` is shown and does not stop the clock."""
    for row in rows:
        body = row.body
        started, ended = body.get("started"), body.get("ended")
        if started is None or started == "":
            continue
        kind, notice = str(body.get("kind", "")), str(body.get("notice", ""))
        flaw = ""
        if ended is not None and type(ended) is type(started) and ended < started:
            flaw = words.BAD_SUSPENSION
        elif kind not in words.STOPPING and kind not in words.DISCLOSURE_STOPPING:
            flaw = words.UNKNOWN_SUSPENSION
        elif not notice:
            flaw = words.NO_NOTICE
        yield CaseSuspension(
            kind=kind,
            notice=notice,
            started=started,
            ended=ended if ended != "" else None,
            stated_days=_whole(body.get("stated_days")),
            stated_unit=str(body.get("stated_unit", "")),
            told_at=row.at,
            excluded=not flaw,
            flaw=flaw,
        )


def _convert(rows: Sequence[CaseFact], record: type[Any]) -> Iterable[Any]:
    """Records of the rows. Rows without the fields that their table needs are left out."""
    names: frozenset[str] = _names(cast(Any, record)) if rows else frozenset()
    for row in rows:
        fields = {
            name: value for name, value in row.body.items() if name in names and value is not None and value != ""
        }
        try:
            yield msgspec.convert(fields, record, strict=False)
        except msgspec.ValidationError:
            continue


@cache
def _names(record: type[Any]) -> frozenset[str]:
    """The names of a record's fields; msgspec evaluates its annotations at each question."""
    return frozenset(field.name for field in msgspec.structs.fields(record))


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 0 <= number <= 9999 else None

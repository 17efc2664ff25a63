"""The open cases in memory: their public records, the moments at which their lights change, and the boards. Pure."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from feeds.cases import words
from feeds.cases.assess import CaseRow
from feeds.model.approvals import ApprovalBoard, ApprovalCase
from feeds.workdays.clock import Light

BoardKey = tuple[str, str, str]
"""Department, region, group of kinds."""


def public_id(row: CaseRow) -> str:
    """The public id of a case: system and number with a colon between."""
    return f"{row.system}:{row.number}"


def case_record(row: CaseRow, *, unverified: bool = False) -> ApprovalCase:
    """The public record of an open case."""
    return ApprovalCase(
        id=public_id(row),
        key=row.id,
        system=row.system,
        number=row.number,
        item=row.item,
        kind=row.kind,
        department=row.department,
        region=row.region,
        step=row.step,
        light=row.light,
        state=row.state,
        due="" if row.due_day is None else date.fromordinal(row.due_day).isoformat(),
        n=row.n,
        frozen_left=row.left,
        limit_at=row.limit_at,
        warn_at=row.warn_at,
        started_at=row.started_at,
        parent=row.parent,
        flags=tuple(row.flags.split()),
        unverified=unverified,
        changed_at=row.changed_at,
    )


SILENT_AFTER = 900.0
"""Seconds without a report after which a source of cases is silent."""


class OpenCases:
    """Open cases by their number in the store."""

    def __init__(
        self, departments: Mapping[str, str], silent_after: float = SILENT_AFTER, standing: Iterable[str] = ()
    ) -> None:
        """`silent_after`: seconds without a report after which a source is silent.

        `standing`: departments that have a board of permits also while none of their cases is open.
        """
        self._departments, self._silent_after = departments, silent_after
        self._standing = {(department, "", words.PERMIT) for department in standing}
        self._silent_after_of: dict[str, float] = {}
        self.silent: frozenset[str] = frozenset()
        """Systems whose source is silent."""
        self.rows: dict[int, CaseRow] = {}
        self.records: dict[str, ApprovalCase] = {}
        self.heard: dict[str, float] = {}
        """By system: the moment up to which its source has reported everything."""
        self._moments: list[tuple[float, int, int]] = []
        self._touched: set[BoardKey] = set()
        self._members: dict[BoardKey, set[int]] = defaultdict(set)
        self._as_of: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self.rows)

    # -- cases -------------------------------------------------------------------

    def put(self, row: CaseRow) -> ApprovalCase | None:
        """Add or replace a row. Returns its public record, or None for a case that is no longer open."""
        self.drop(row.id)
        self._as_of[row.department] = max(self._as_of.get(row.department, 0.0), row.changed_at)
        if row.state not in ("open", "applied"):
            self._touched.add(self._board(row))
            return None
        self.rows[row.id] = row
        self._members[self._board(row)].add(row.id)
        self._touched.add(self._board(row))
        if row.next_at is not None:
            heapq.heappush(self._moments, self._moment(row, row.next_at))
        record = case_record(row, unverified=self.unverified(row))
        self.records[record.id] = record
        return record

    def drop(self, id: int) -> None:
        """Forget a case."""
        row = self.rows.pop(id, None)
        if row is not None:
            self.records.pop(public_id(row), None)
            self._members[self._board(row)].discard(id)
            self._touched.add(self._board(row))

    def unverified(self, row: CaseRow) -> bool:
        """True when the limit passed after the last moment that the case's source has reported on."""
        heard = self.heard.get(row.system)
        return row.light == Light.RED and row.limit_at is not None and heard is not None and heard < row.limit_at

    def hear(self, system: str, until: float, silent_after: float | None = None) -> list[ApprovalCase]:
        """Note that a source has reported everything up to a moment. Returns the records that this verifies.

        `silent_after` is the source's own, None: that of all.
        """
        if silent_after is not None:
            self._silent_after_of[system] = silent_after
        before = self.heard.get(system)
        if before is not None and until <= before:
            return []
        if not self.heard:
            self._touched.update(self._standing)
        self.heard[system] = until
        verified = []
        if before is not None:
            for row in list(self.rows.values()):
                passed = row.system == system and row.limit_at is not None and before < row.limit_at <= until
                if passed and self.records[public_id(row)].unverified:
                    verified.append(self.put(row))
        return [record for record in verified if record is not None]

    # -- time --------------------------------------------------------------------

    def clock_stepped(self, now: float) -> list[int]:
        """The clock was set: no source has reported on the future. Returns the cases whose light came too early."""
        self.heard = {system: min(at, now) for system, at in self.heard.items()}
        limits = {Light.RED: "limit_at", Light.YELLOW: "warn_at"}
        return [
            id
            for id, row in self.rows.items()
            if (limit := limits.get(Light(row.light)) if row.light else None) and (getattr(row, limit) or 0.0) > now
        ]

    @staticmethod
    def _moment(row: CaseRow, at: float) -> tuple[float, int, int]:
        """Red before yellow at one moment, then by id."""
        return at, 0 if at == row.limit_at else 1, row.id

    def next_moment(self) -> float | None:
        """The moment of the next possible change of a light, None without one."""
        while self._moments:
            at, _, id = self._moments[0]
            row = self.rows.get(id)
            if row is not None and row.next_at == at:
                return at
            heapq.heappop(self._moments)
        return None

    def due(self, now: float, limit: int) -> list[CaseRow]:
        """Remove and return at most `limit` rows whose moment has come, in the order of their moments."""
        rows: list[CaseRow] = []
        taken_ids: set[int] = set()
        while len(rows) < limit and (at := self.next_moment()) is not None and at <= now:
            id = heapq.heappop(self._moments)[2]
            if id not in taken_ids:
                taken_ids.add(id)
                rows.append(self.rows[id])
        return rows

    def notice_silence(self, now: float) -> None:
        """Note which sources are silent. Boards with cases of a source that changed are counted again."""
        silent = frozenset(system for system, at in self.heard.items() if now >= self._silent_at(system, at))
        changed, self.silent = silent ^ self.silent, silent
        if changed:
            self._touched.update(self._board(row) for row in self.rows.values() if row.system in changed)
            self._touched.update(self._standing)

    def next_silence(self) -> float | None:
        """The moment at which the next source falls silent, None without one."""
        speaking = (self._silent_at(system, at) for system, at in self.heard.items() if system not in self.silent)
        return min(speaking, default=None)

    def _silent_at(self, system: str, heard: float) -> float:
        return heard + self._silent_after_of.get(system, self._silent_after)

    # -- boards ------------------------------------------------------------------

    @staticmethod
    def _board(row: CaseRow) -> BoardKey:
        return row.department, row.region, words.GROUP_OF.get(row.kind, words.PERMIT)

    def touch_all(self) -> None:
        """Count every board again: the day has changed."""
        self._touched.update(self._members)
        self._touched.update(self._standing)

    def shows(self, board: ApprovalBoard) -> bool:
        """True for a board that counts something, and for a standing one once any source has reported."""
        key = board.department, board.region, board.group
        return board.open > 0 or (bool(self.heard) and key in self._standing)

    def boards(self, today: int, keys: Iterable[BoardKey] | None = None) -> Iterator[ApprovalBoard]:
        """The boards of these keys, or those that were touched since the last call. `today` is a day's ordinal."""
        chosen = list(keys) if keys is not None else sorted(self._touched)
        if keys is None:
            self._touched.clear()
        for key in chosen:
            yield self._counted(key, today)

    def all_boards(self, today: int) -> dict[str, ApprovalBoard]:
        """Every board that is shown, by id."""
        boards = self.boards(today, self._members.keys() | self._standing)
        return {board.id: board for board in boards if self.shows(board)}

    def _counted(self, key: BoardKey, today: int) -> ApprovalBoard:
        department, region, group = key
        lights: Counter[str] = Counter()
        steps: Counter[str] = Counter()
        paused = due_today = unverified = 0
        systems = set()
        for id in self._members.get(key, ()):
            row = self.rows[id]
            lights[row.light or "none"] += 1
            steps[row.step] += 1
            paused += words.PAUSED in row.flags
            due_today += row.due_day == today
            unverified += self.unverified(row)
            systems.add(row.system)
        if not systems and self.heard.keys() <= self.silent:
            systems = set(self.heard)  # nothing is open, as far as the silent sources have told
        return ApprovalBoard(
            id=f"{department}/{region}/{group}",
            department=department,
            name=self._departments.get(department, department),
            region=region,
            group=group,
            open=sum(lights.values()),
            lights=dict(lights),
            steps=dict(steps),
            paused=paused,
            due_today=due_today,
            unverified=unverified,
            as_of=self._as_of.get(department),
            silent_since=min((self.heard[system] for system in systems & self.silent), default=None),
        )

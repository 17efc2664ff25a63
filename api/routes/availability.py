"""`GET /api/v1/availability`: how much of the time things worked. Unknown is not up; maintenance counts apart."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar, cast
from zoneinfo import ZoneInfo

from fastapi import Query, Request
from starlette.responses import Response

from api.availability.calendar import month_start, parts
from api.availability.counting import Tallies, UptimeTallies
from api.availability.outage_rows import longest_down_first
from api.availability.rows import BY, AvailabilityRow, rows, worst_first
from api.availability.table import as_csv
from api.dependencies import Deps, Viewer, language_of
from api.http.answers import Cursor, Limit, from_cursor, listing, to_cursor
from api.http.findings import finding
from api.http.moments import Moment
from api.http.problems import Problem
from api.query_parameters import Region
from api.responses.describe import answers
from api.responses.history import AvailabilityTable, OutageTable
from api.routers import api_router
from feeds.inventory.membership import InventoryMember
from feeds.regions import covers
from feeds.wire import iso

router = api_router(tags=["figures"])
LONGEST = 400 * 86400.0
Listed = TypeVar("Listed")
Word = Annotated[str, Query(max_length=200)]
AVAILABILITY = answers(AvailabilityTable, "not-ready", "history-lost")
AVAILABILITY[200]["content"]["text/csv"] = {"schema": {"type": "string"}}


@router.get("/availability", responses=AVAILABILITY)
async def availability(
    deps: Deps,
    request: Request,
    principal: Viewer,
    begin: Annotated[Moment | None, Query(alias="from", description="RFC 3339; the month's beginning")] = None,
    to: Annotated[Moment | None, Query(description="RFC 3339; now / 默认为现在")] = None,
    by: Annotated[str, Query(max_length=40, description="One or two of asset,unit,region,kind,month")] = "asset",
    region: Region = "",
    owner: Word = "",
    kind: Word = "",
    asset: Word = "",
    q: Word = "",
    sort: Literal["key", "worst"] = "key",
    form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Response:
    """Seconds up, down, unknown and in maintenance, and shares of them, in rows by what was asked.

    `availability` is up of all the time out of maintenance, `of_known` up of what was known, `coverage` how much was
    known. Assets count while they were in the inventory, also those that have left it since. Without `to` it may be a
    minute old; `to` in the answer says up to when it counts, `complete` whether the record goes back to its beginning.
    """
    counting = cast(UptimeTallies | None, request.app.state.counting)
    if counting is None:
        raise Problem("not-ready")
    names, now, zone = _by(by), deps.clock(), ZoneInfo(deps.site.timezone)
    start, end = _interval(begin, to, now, zone)
    members = await counting.members()
    own = {id: member for id, member in members.items() if covers(principal.region, member.about.region)}
    asset_ids = [id for id, member in own.items() if _fits(id, member, region, owner, kind, asset, q)]
    months, until = await _months(counting, members, (start, end), now, zone, exact=to is not None)
    listed, total = rows(names, members, months, asset_ids)
    if sort == "worst":
        listed.sort(key=worst_first)
    if form == "csv":
        return _file(names, listed, language_of(request))
    page, following = _page(listed, cursor, limit)
    return listing(
        [row.public(names) for row in page],
        following,
        deps.pump.rev,
        by=list(names),
        timezone=str(zone),
        total=total.public(()),
        hidden=len(members) - len(own),
        complete=_first_moment(members, now) <= start,
        **{"from": iso(start), "to": iso(until)},
    )


@router.get("/availability/outages", responses=answers(OutageTable, "not-ready", "history-lost"))
async def outages(
    deps: Deps,
    request: Request,
    principal: Viewer,
    begin: Annotated[Moment | None, Query(alias="from", description="RFC 3339; the month's beginning")] = None,
    to: Annotated[Moment | None, Query(description="RFC 3339; now / 默认为现在")] = None,
    region: Region = "",
    owner: Word = "",
    kind: Word = "",
    asset: Word = "",
    q: Word = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Response:
    """The outages behind the figures of `/availability`: when each asset was degraded, down, unknown or maintained.

    The asset that was down longest stands first; one that was well throughout is counted in `assets` and not listed.
    The spans of an asset add up to the seconds of its figures.
    """
    counting = cast(UptimeTallies | None, request.app.state.counting)
    if counting is None:
        raise Problem("not-ready")
    now, zone = deps.clock(), ZoneInfo(deps.site.timezone)
    start, end = _interval(begin, to, now, zone)
    members = await counting.members()
    own = {id: member for id, member in members.items() if covers(principal.region, member.about.region)}
    fitting = {id: member for id, member in own.items() if _fits(id, member, region, owner, kind, asset, q)}
    by_asset = await counting.outages(fitting, start, end, now)
    listed = longest_down_first(fitting, by_asset)
    page, following = _page(listed, cursor, limit)
    return listing(
        page,
        following,
        deps.pump.mirror.rev,
        timezone=str(zone),
        assets=len(by_asset),
        hidden=len(members) - len(own),
        **{"from": iso(start), "to": iso(min(end, now))},
    )


async def _months(
    counting: UptimeTallies,
    members: dict[str, InventoryMember],
    interval: tuple[float, float],
    now: float,
    zone: ZoneInfo,
    *,
    exact: bool,
) -> tuple[list[tuple[str, Tallies]], float]:
    """The tallies of each month of an interval, and the moment up to which they count."""
    months, until = [], 0.0
    for part in parts(*interval, zone):
        counted_until, tallies = await counting.tallies(members, part, now, exact=exact)
        months.append((part.month, tallies))
        until = max(until, counted_until)
    return months, until


def _first_moment(members: dict[str, InventoryMember], now: float) -> float:
    """When the first asset came into the inventory; `now` when none ever did."""
    return min((member.spans[0][0] for member in members.values() if member.spans), default=now)


def _interval(begin: Moment | None, to: Moment | None, now: float, zone: ZoneInfo) -> tuple[float, float]:
    """Epoch seconds; by default from the month's beginning to now. Raises Problem when it is empty or too long."""
    end = min(to.timestamp(), now) if to else now
    start = begin.timestamp() if begin else month_start(end - 1e-3, zone)
    if not 1.0 <= end - start <= LONGEST:
        raise Problem("invalid", findings=[finding("query.from", "interval")])
    return start, end


def _file(names: tuple[str, ...], listed: list[AvailabilityRow], language: str) -> Response:
    disposition = f'attachment; filename="availability-{"-".join(names)}.csv"'
    return Response(
        as_csv(names, listed, language),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition},
    )


def _by(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not 1 <= len(names) <= 2 or len(set(names)) != len(names) or not set(names) <= set(BY):
        raise Problem("invalid", findings=[finding("query.by", "literal_error", allowed=tuple(BY))])
    return names


def _fits(id: str, member: InventoryMember, region: str, owner: str, kind: str, asset: str, q: str) -> bool:
    about = member.about
    return (
        (not region or covers(region, about.region))
        and (not owner or about.owner == owner)
        and (not kind or about.kind == kind)
        and (not asset or id == asset)
        and (not q or q.lower() in id.lower() or q.lower() in about.name.lower())
    )


def _page(listed: list[Listed], cursor: str, limit: int) -> tuple[list[Listed], str | None]:
    """One page and the next cursor, by position: the rows of an interval keep their order from page to page."""
    first = from_cursor(cursor, (int,))[0] if cursor else 0
    following = to_cursor((first + limit,)) if first + limit < len(listed) else None
    return listed[max(0, first) : first + limit], following

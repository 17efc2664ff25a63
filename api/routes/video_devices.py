"""`/api/v1/video/devices`: recorders and platforms of GB/T 28181, and what their catalogs propose for the inventory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.auth.audit import note
from api.commands import ask, inquire, refusal
from api.dependencies import Actor, Admin, Dependencies, Deps, Viewer, language_of
from api.http.answers import Json
from api.http.problems import Problem
from api.principal import Principal, Right
from api.responses import video, video_records
from api.responses.describe import answers
from api.routers import api_router
from feeds import wire
from feeds.inventory.row_changes import RowChange
from feeds.kinds import Record

router = api_router("/api/v1/video", tags=["video"])
ENGINE = "collect"
MAX_CHANGES = 500
"""Changes that are accepted at once."""
GONE, NEW = "gone", "new"


class CatalogChoice(BaseModel):
    """One change of a device's catalog, by its kind and the channel's id."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["new", "gone", "renamed", "moved", "reparented"]
    id: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class AcceptBody(BaseModel):
    """The changes that the inventory shall take over. `accept` repeats a removal that was held, by its digest."""

    model_config = ConfigDict(extra="forbid")
    changes: Annotated[list[CatalogChoice], Field(min_length=1, max_length=MAX_CHANGES)]
    accept: Annotated[str, StringConstraints(max_length=64)] = ""


@router.get("/devices/{asset_id}", responses=answers(video.VideoDevice, "not-found", "unanswered"))
async def device(deps: Deps, principal: Viewer, asset_id: str) -> Response:
    """A recorder or platform as the collector knows it: registration, catalog, subscriptions, deviations, proposals.

    404 for an asset that neither registers with GB/T 28181 nor has a catalog. `may_accept` says whether the asker may
    take changes over.
    """
    _asset(deps, principal, asset_id)
    description = await _described(deps, principal, asset_id, "catalog")
    registration = description["registration"]
    shown = {
        "asset": asset_id,
        "device": description["device"],
        "registration": _with_times(registration, REGISTRATION_TIMES) if registration is not None else None,
        "catalog": _with_times(description["catalog"], ("complete_at",)),
        "subscriptions": [_with_times(each, ("expires_at",)) for each in description["subscriptions"]],
        "deviations": description["deviations"],
        "refused": description["refused"],
        "changes": [{name: change[name] for name in CHANGE_FIELDS} for change in description["changes"]],
        "changes_total": description["changes_total"],
        "may_accept": principal.may(Right.ADMINISTER) and not principal.region and deps.change_inventory is not None,
    }
    return Json(shown)


REGISTRATION_TIMES = ("registered_at", "expires_at", "heard_at", "keepalive_at", "offline_at")
CHANGE_FIELDS = ("kind", "id", "asset", "name", "before", "after")


@router.get("/cascades/{asset_id}", responses=answers(video_records.VideoCascade, "not-found", "unanswered"))
async def cascade(deps: Deps, principal: Viewer, asset_id: str) -> Response:
    """An upper platform with which this site registers: whether it is registered, and what the platform sees.

    404 for an asset that stands for none. `registered` is null before the first answer, `why` says what is wrong.
    """
    _asset(deps, principal, asset_id)
    description = await _described(deps, principal, asset_id, "cascade")
    return Json({"asset": asset_id, "device": description["device"], **description["cascade"]})


@router.post(
    "/devices/{asset_id}/refresh",
    status_code=204,
    responses=answers(None, "not-found", "outside-region", "unanswered", status=204),
)
async def refresh(deps: Deps, principal: Actor, asset_id: str) -> Response:
    """Ask a device that is on line for its catalog, status and information now. 404 for one that cannot be asked."""
    asset = _asset(deps, principal, asset_id)
    if not principal.reaches(asset["region"]):
        raise Problem("outside-region")
    result = await ask(deps, principal, "refresh", asset_id, {}, engine=ENGINE)
    if (problem := refusal(result)) is not None:
        raise problem
    return Response(status_code=204)


@router.post(
    "/devices/{asset_id}/accept",
    responses=answers(video.AcceptedChanges, "not-found", "outside-region", "unanswered", "refused-settings"),
)
async def accept(deps: Deps, principal: Admin, request: Request, asset_id: str, body: AcceptBody) -> Response:
    """Take changes of a device's catalog over into the inventory's files, and have every process apply them.

    `accepted` are the channels that were taken over, `left` those that were not: the change is no longer there
    (`changed`), or no CSV file of the inventory in UTF-8 has the row (`not-writable`). `held` is a removal of so much
    that it waits: nothing was changed until it is asked for again with `accept`.
    """
    _asset(deps, principal, asset_id)
    if principal.region:
        raise Problem("outside-region")
    if deps.change_inventory is None:
        raise Problem("not-found")
    description = await _described(deps, principal, asset_id, "catalog")
    proposed = {(change["kind"], change["id"]): change for change in description["changes"]}
    chosen = [(choice.kind, choice.id) for choice in body.changes]
    rows = {key: _row_change(proposed[key]) for key in chosen if key in proposed}
    done = await deps.change_inventory(list(rows.values()), principal.name, language_of(request), body.accept)
    changed_ids = set(done.changed_ids)
    accepted = [key for key, change in rows.items() if change.id in changed_ids]
    left = [
        {"kind": kind, "id": id, "why": "not-writable" if (kind, id) in rows else "changed"}
        for kind, id in chosen
        if (kind, id) not in accepted
    ]
    record = {"accepted": [list(key) for key in accepted], "left": len(left), "held": done.reloaded.held is not None}
    await note(deps, principal, "catalog-accept", subject=asset_id, body=record)
    if done.reloaded.faults:
        raise Problem("refused-settings", faults=list(done.reloaded.faults), findings_total=len(done.reloaded.findings))
    return Json(
        {
            "accepted": [{"kind": kind, "id": id} for kind, id in accepted],
            "left": left,
            "applied": done.reloaded.applied,
            "held": done.reloaded.held,
        }
    )


def _row_change(change: Mapping[str, Any]) -> RowChange:
    """The change of an inventory's row. A new asset is named by its channel's id."""
    return RowChange(
        id=change["asset"] or change["id"], row=change["row"], new=change["kind"] == NEW, gone=change["kind"] == GONE
    )


def _asset(deps: Dependencies, principal: Principal, id: str) -> Record:
    asset = deps.pump.mirror.record("asset", id, principal.audience)
    if asset is None:
        raise Problem("not-found")
    return asset


async def _described(deps: Dependencies, principal: Principal, id: str, part: str) -> Mapping[str, Any]:
    """What the collector knows of an asset. Raises Problem where it knows nothing, or not this part."""
    result = await inquire(deps, principal, "describe", id, engine=ENGINE)
    if (problem := refusal(result)) is not None:
        raise problem
    if not result.after or part not in result.after:
        raise Problem("not-found")
    return result.after


def _with_times(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: wire.iso(value) if name in names and value is not None else value for name, value in values.items()}

"""Silences in Alertmanager's form (API v2), for `amtool silence` and Karma."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.dependencies import Actor, Dependencies, Deps, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.moments import Moment
from api.http.problems import Problem
from api.principal import Principal
from api.records import suppressions
from api.responses import ingest as answered
from api.responses.describe import answers, array_of
from api.routers import api_router
from api.routes.alertmanager import matcher
from api.routes.suppression import OF_CHANGE, AlertMatchBody, end, silence_matching, within
from feeds import wire
from feeds.documents.suppression import Match, Suppression, load
from feeds.model import Severity

router = api_router("/api/v2", tags=["alertmanager"])
_GROUP = re.compile(r"\^?(?:\((?:\?:)?)((?:[^()\\]|\\.)*)\)\$?")
Names = Annotated[list[str] | None, Query(max_length=50)]


class LabelMatcherBody(BaseModel):
    """Alertmanager's matcher."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=200)]
    value: Annotated[str, Field(max_length=200)]
    isRegex: bool = False
    isEqual: bool = True


class PostableSilence(BaseModel):
    """Alertmanager's postableSilence. `createdBy` is passed over: the one who is signed in makes it."""

    model_config = ConfigDict(extra="forbid")
    matchers: Annotated[list[LabelMatcherBody], Field(min_length=1, max_length=20)]
    startsAt: Moment | None = None
    endsAt: Moment
    createdBy: str = ""
    comment: Annotated[str, Field(min_length=1, max_length=2000)]
    id: str = ""


@router.get("/silences", responses=answers(array_of(answered.GettableSilence)))
async def get_silences(deps: Deps, principal: Viewer, filter: Names = None) -> Response:
    """Silences that have not ended. `filter` is held against the labels that a silence names."""
    matchers = [matcher(text) for text in filter or ()]
    docs = await deps.journal.docs_page("silence", open=True, limit=suppressions.SCAN)
    rows = []
    for silence in (load(doc.body) for doc in docs):
        if not suppressions.is_visible(deps, principal.audience, silence.match):
            continue
        row = gettable(silence, principal)
        labels = {each["name"]: each["value"] for each in row["matchers"]}
        if all(holds(labels) for holds in matchers):
            rows.append(row)
    return Json(rows)


@router.get("/silence/{key}", responses=answers(answered.GettableSilence))
async def get_silence(deps: Deps, principal: Viewer, key: str) -> Response:
    """One silence."""
    doc = await deps.journal.doc("silence", key)
    silence = load(doc.body) if doc is not None else None
    if silence is None or not suppressions.is_visible(deps, principal.audience, silence.match):
        raise Problem("not-found")
    return Json(gettable(silence, principal))


@router.post("/silences", responses=answers(answered.PostedSilence, *OF_CHANGE, "not-found"))
async def post_silence(deps: Deps, principal: Actor, body: PostableSilence) -> Response:
    """Make a silence. Matchers are equalities; several values of `instance` and `severity` by `a|b` with isRegex.

    With the `id` of a silence it takes that one's place, which ends.
    """
    replaced = await deps.journal.doc("silence", body.id) if body.id else None
    if body.id:
        await get_silence(deps, principal, body.id)  # 404 for one that is hidden
    match = within(principal, match_of(deps, principal, body.matchers).model_dump(mode="json"))
    starts = body.startsAt if body.startsAt is not None and body.startsAt.timestamp() > deps.clock() else None
    record = await silence_matching(deps, principal, match, body.comment, body.endsAt, starts)
    if replaced is not None and replaced.open:
        await end(deps, principal, "silence", "unsilence", replaced.id, "")
    return Json({"silenceID": record["id"]})


@router.delete("/silence/{key}", responses=answers(None, *OF_CHANGE))
async def delete_silence(deps: Deps, principal: Actor, key: str) -> Response:
    """End a silence; 409 when it has ended already."""
    await end(deps, principal, "silence", "unsilence", key, "")
    return Response(status_code=200)


def gettable(silence: Suppression, principal: Principal) -> dict[str, Any]:
    """A silence as Alertmanager gives one; no names of people for walls."""
    ended = silence.ended_at is not None
    state = "expired" if ended else "active" if silence.running else "pending"
    return {
        "id": silence.id,
        "status": {"state": state},
        "updatedAt": wire.iso(silence.ended_at if silence.ended_at is not None else silence.at),
        "comment": silence.comment if principal.personal else "",
        "createdBy": silence.by if principal.personal else "",
        "startsAt": wire.iso(silence.starts),
        "endsAt": wire.iso(silence.ended_at if silence.ended_at is not None else silence.until),
        "matchers": list(_matchers(silence.match)),
    }


def _matchers(match: Match) -> Iterator[dict[str, Any]]:
    several = {"instance": match.assets, "kind": match.kinds, "severity": tuple(map(str, match.severities))}
    for name, values in several.items():
        if values:
            regex = len(values) > 1
            yield _matcher(name, "|".join(map(re.escape, values)) if regex else values[0], regex=regex)
    for name, value in (("alertname", match.rule), ("region", match.region), ("owner", match.owner)):
        if value:
            yield _matcher(name, value)
    for name, value in match.labels.items():
        yield _matcher(name, value)


def _matcher(name: str, value: str, *, regex: bool = False) -> dict[str, Any]:
    return {"name": name, "value": value, "isRegex": regex, "isEqual": True}


def match_of(deps: Dependencies, principal: Principal, matchers: list[LabelMatcherBody]) -> AlertMatchBody:
    """Our match of Alertmanager's matchers. Raises Problem for what a silence cannot say."""
    fields: dict[str, Any] = {"labels": {}}
    for position, each in enumerate(matchers):
        where = f"body.matchers.{position}"
        text = _bare(each.value) if each.isRegex else each.value
        values = [re.sub(r"\\(.)", r"\1", value) for value in text.split("|")] if each.isRegex else [text]
        plain = not each.isRegex or not re.search(r"[.*+?^$()\[\]{}]", re.sub(r"\\.", "", text))
        if not each.isEqual or not plain:
            raise Problem("invalid", findings=[finding(where, "matcher")])
        if each.name in ("instance", "asset"):
            fields["assets"] = values
        elif each.name == "kind":
            fields["kinds"] = values
        elif each.name == "severity" and set(values) <= set(Severity):
            fields["severities"] = values
        elif len(values) > 1:
            raise Problem("invalid", findings=[finding(where, "matcher")])
        elif each.name in ("region", "owner"):
            fields[each.name] = each.value
        elif each.name == "alertname" and _is_own_rule(deps, principal, each.value):
            fields["rule"] = each.value
        else:
            fields["labels"][each.name] = each.value
    return AlertMatchBody(**fields)


def _bare(expression: str) -> str:
    """The alternatives of an expression without anchors and the group around them: Karma writes `(a|b)`."""
    group = _GROUP.fullmatch(expression)
    return group[1] if group is not None else expression


def _is_own_rule(deps: Dependencies, principal: Principal, name: str) -> bool:
    """True for a rule of the site, which is shown as `alertname`; other tools' alerts bear that label themselves."""
    records = deps.pump.mirror.records("alert", principal.audience).values()
    foreign = any(record["labels"].get("alertname") == name for record in records)
    return not foreign

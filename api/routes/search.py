"""`GET /api/v1/search`: records, people and pages that the asker may see, by words, pinyin and initials."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response

from api.dependencies import Dependencies, Deps, Viewer
from api.http.answers import Json
from api.principal import Principal, Right
from api.query_parameters import some_of
from api.records import people
from api.records.search import Candidate, SearchIndex, SearchText, answer_of, search
from api.responses import alerts as answered
from api.responses.describe import answers
from api.routers import api_router
from feeds.kinds import KINDS, Audience
from feeds.texts.catalogue import catalogue

router = api_router(tags=["search"])
PERSON, PAGE = "person", "page"
KIND_NAMES = (*(kind.name for kind in KINDS if kind.search is not None), PERSON, PAGE)
LANGUAGES = ("zh-CN", "en")


@router.get("/search", responses=answers(answered.SearchAnswer))
async def find(
    deps: Deps,
    principal: Viewer,
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=100)],
    kind: Annotated[str, Query(max_length=200), some_of(KIND_NAMES)] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> Response:
    """The best matches first. `more`: there are further ones. `learning`: pinyin of new names is still being made."""
    index: SearchIndex = request.app.state.search
    kinds = kind.split(",") if kind else []
    mirror, audience = deps.pump.mirror, principal.audience
    candidates: list[Candidate] = [*await _persons(deps, principal, kinds), *_pages(deps, principal, kinds)]
    candidates += await index.candidates(mirror, audience, kinds)
    learnt = await index.learn(candidates)
    matches, more = await search(index, candidates, q, limit)
    items = [{**_shown(answer, audience), "matched": by} for answer, by in matches]
    return Json({"items": items, "more": more, "learning": not learnt, "rev": mirror.rev})


def _shown(answer: Any, audience: Audience) -> dict[str, Any]:
    """The answer about a match, ready or from its record."""
    if isinstance(answer, dict):
        return answer
    kind, searchable, record = answer
    return answer_of(kind, searchable, record, audience)


async def _persons(deps: Dependencies, principal: Principal, kinds: list[str]) -> list[Candidate]:
    """The persons of the duty roster, for those who may see names."""
    if not principal.personal or (kinds and PERSON not in kinds):
        return []
    roster = people.for_region((await people.roster_version(deps)).doc, principal.region)
    return [
        (
            SearchText((person.id, person.phone, person.mail), (person.name,)),
            _answer(PERSON, person.id, dict.fromkeys(LANGUAGES, person.name), person.phone, person.region, ""),
        )
        for person in roster.persons
    ]


def _pages(deps: Dependencies, principal: Principal, kinds: list[str]) -> list[Candidate]:
    """The pages of the site; that of the administration for those who may open it."""
    if kinds and PAGE not in kinds:
        return []
    pages: list[Candidate] = []
    for path, key in deps.pages:
        if path.startswith("/admin") and not (principal.may(Right.ADMINISTER) or principal.may(Right.ACT)):
            continue
        title = {language: catalogue(language).get(key, path) for language in LANGUAGES}
        pages.append((SearchText((path,), tuple(title.values())), _answer(PAGE, path, title, "", "", path)))
    return pages


def _answer(
    kind: str, id: str, title: dict[str, str], detail: str, region: str, page: str
) -> dict[str, str | dict[str, str]]:
    return {"kind": kind, "id": id, "title": title, "detail": detail, "state": "", "region": region, "page": page}

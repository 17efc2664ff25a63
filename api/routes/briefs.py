"""Routes of briefs (专报, 值班快报, 日报): drafts, orders, signatures with the password entered again, and exports.

Lists and details come from the kinds (api.kinds).
"""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any, Literal, cast
from urllib.parse import quote

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.auth.askers import peer_of
from api.auth.signin import SignIn
from api.command_orders import OF_ORDER, add_order_route, ordered
from api.dependencies import Commander, Dependencies, Deps, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.kinds.schemas import record_name, reference
from api.principal import Principal
from api.records import briefs, duty_log, people
from api.responses.describe import answers
from api.routers import api_router
from api.routes.incident_bodies import IncidentOrderBody, Line, ReasonedBody, ReportProofBody, ShortText
from feeds.briefs import pdf_file
from feeds.briefs.fonts import NoFont
from feeds.briefs.layout import Issuer
from feeds.duty.names import name_of
from feeds.kinds import BRIEF
from feeds.model.briefs import Brief

router = api_router("/api/v1/briefs", tags=["incidents"])
Names = Annotated[list[ShortText], Field(max_length=50)]
BriefTitle = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
_BRIEF = {"application/json": {"schema": reference(record_name(BRIEF))}}


def _file_answer(media_type: str) -> dict[int | str, dict[str, Any]]:
    schema = {"type": "string", "format": "binary"}
    return {200: {"description": "the file", "content": {media_type: {"schema": schema}}}}


class BriefBody(IncidentOrderBody):
    """A new brief: a special report needs `step` and `incident`. `day` is that of a daily report, left out: today."""

    kind: Literal["special", "bulletin", "daily"]
    step: Literal["", "first", "follow-up", "supplement", "final"] = ""
    incident: Line = ""
    mode: Literal["real", "exercise"] | None = None
    title: BriefTitle | None = None
    to: Names | None = None
    cc: Names | None = None
    day: date | None = None


class BriefWordsBody(BaseModel):
    """The words of people in one block."""

    model_config = ConfigDict(extra="forbid")
    key: ShortText
    text: Annotated[str, StringConstraints(max_length=20_000)]


class BriefEditBody(IncidentOrderBody):
    """What changes; what is left out stays. Blocks that are generated take no words."""

    title: BriefTitle | None = None
    to: Names | None = None
    cc: Names | None = None
    urgency: Literal["", "urgent", "flash"] | None = None
    blocks: Annotated[list[BriefWordsBody], Field(max_length=50)] | None = None


class SignatureBody(IncidentOrderBody):
    """The signer's password, and a code where the account has a second factor. The demo has neither.

    `signer`: the leader who agreed by phone, recorded by somebody on duty; then no password is needed.
    """

    password: Annotated[str, StringConstraints(max_length=1024)] = ""
    code: Annotated[str, StringConstraints(max_length=32)] = ""
    signer: Line = ""


class BriefSendBody(ReportProofBody):
    """How the brief was received. `obligation` is the report due that it meets."""

    obligation: Line = ""


@router.post("", status_code=201, responses=answers(None, *OF_ORDER) | {201: {"description": "", "content": _BRIEF}})
async def create(deps: Deps, principal: Commander, body: BriefBody) -> Response:
    """Draft a brief; its generated blocks cite the journal. 201 once the journal has it."""
    args: dict[str, Any] = {}
    if body.kind == "daily":
        start, end = duty_log.day_of(deps, body.day)
        args = {"period_start": start, "period_end": min(end, deps.clock())}
    fields = body.model_copy(update={"day": None})
    fields.model_fields_set.discard("day")
    return await ordered(deps, principal, BRIEF, "brief.create", "", fields, more=args, status=201)


_ORDERS: tuple[tuple[str, type[IncidentOrderBody], str], ...] = (
    ("edit", BriefEditBody, "Change the words of people."),
    ("generate", IncidentOrderBody, "Make the generated blocks anew. The words of people stay."),
    ("check", IncidentOrderBody, "Say what is missing; a brief without a finding that blocks can be signed."),
    ("send", BriefSendBody, "Enter the proof that a signed brief was received; it meets the report that was due."),
    ("withdraw", ReasonedBody, "Withdraw a brief. Its number is not given again."),
)
for _order, _body, _about in _ORDERS:
    add_order_route(router, "/{brief_id}", BRIEF, _order, _body, about=_about)


@router.post(
    "/{brief_id}/sign",
    responses=answers(None, *OF_ORDER, "wrong-credentials", "second-factor", "locked")
    | {200: {"description": "the brief", "content": _BRIEF}},
)
async def sign(deps: Deps, request: Request, principal: Commander, brief_id: str, body: SignatureBody) -> Response:
    """Sign a checked brief: the password is asked for again, and the number is taken now."""
    return await _signed(deps, request, principal, brief_id, body, "sign")


@router.post(
    "/{brief_id}/countersign",
    responses=answers(None, *OF_ORDER, "wrong-credentials", "second-factor", "locked")
    | {200: {"description": "the brief", "content": _BRIEF}},
)
async def countersign(
    deps: Deps, request: Request, principal: Commander, brief_id: str, body: SignatureBody
) -> Response:
    """Sign by hand what was signed by phone."""
    return await _signed(deps, request, principal, brief_id, body, "countersign")


async def _signed(
    deps: Dependencies, request: Request, principal: Principal, brief_id: str, body: SignatureBody, order: str
) -> Response:
    by_phone = order == "sign" and bool(body.signer)
    method = "phone" if by_phone else await _proven(request, principal, body)
    roster = (await people.roster_version(deps)).doc
    args = {"method": method, "actor_name": name_of(roster, principal.name)}
    if by_phone:
        args |= {"signer": body.signer, "signer_name": name_of(roster, body.signer)}
    plain = IncidentOrderBody(rev=body.rev, reason=body.reason)
    return await ordered(deps, principal, BRIEF, f"brief.{order}", brief_id, plain, more=args)


async def _proven(request: Request, principal: Principal, body: SignatureBody) -> str:
    """How the signer proved who they are. Raises Problem for a wrong password, and for programs."""
    if principal.via == "demo":
        return "demo"
    if principal.via != "session":
        raise Problem("forbidden")
    if not body.password:
        raise Problem("invalid", findings=[finding("body.password", "missing")])
    taker = cast(SignIn, request.app.state.sign_in)
    await taker.prove(principal.name, body.password, peer_of(request), body.code)
    return "password+code" if body.code else "password"


def _as_docx(brief: Brief, issuer: Issuer) -> bytes:
    from feeds.briefs import docx_file  # python-docx is needed for exports alone; loading it takes 0.2 s

    return docx_file.render(brief, issuer)


@router.get("/{brief_id}.docx", responses=answers(None, "not-found") | _file_answer(DOCX), response_class=Response)
async def docx(deps: Deps, principal: Viewer, brief_id: str) -> Response:
    """The brief as DOCX (GB/T 9704). The export is recorded with the file's SHA-256."""
    brief = await briefs.visible(deps, principal, brief_id)
    raw = await asyncio.to_thread(_as_docx, brief, briefs.issuer(deps))
    await briefs.note_export(deps, principal, brief, "docx", raw)
    return _file(raw, DOCX, f"{brief.number or brief.id}.docx")


@router.get(
    "/{brief_id}.pdf", responses=answers(None, "not-found", "no-pdf") | _file_answer(PDF), response_class=Response
)
async def pdf(deps: Deps, principal: Viewer, brief_id: str) -> Response:
    """The brief as PDF. `X-Fonts-Substituted` names the faces for which others stand in. 501 without Typst or fonts."""
    brief = await briefs.visible(deps, principal, brief_id)
    if not pdf_file.available():
        raise Problem("no-pdf", code="typst")
    try:
        raw, fonts = await asyncio.to_thread(pdf_file.render, brief, briefs.issuer(deps), deps.briefs().fonts)
    except NoFont as error:
        raise Problem("no-pdf", code="fonts") from error
    await briefs.note_export(deps, principal, brief, "pdf", raw)
    answer = _file(raw, PDF, f"{brief.number or brief.id}.pdf")
    answer.headers["X-Fonts-Substituted"] = ",".join(fonts.substituted)
    return answer


@router.get("/{brief_id}.json", responses=answers(None, "not-found") | {200: {"description": "", "content": _BRIEF}})
async def whole(deps: Deps, principal: Viewer, brief_id: str) -> Response:
    """The brief with every figure and the entries that it cites."""
    brief = await briefs.visible(deps, principal, brief_id)
    raw = Json(BRIEF.view(brief)).body
    await briefs.note_export(deps, principal, brief, "json", bytes(raw))
    return Response(bytes(raw), media_type="application/json")


def _file(raw: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return Response(raw, media_type=media_type, headers=headers)

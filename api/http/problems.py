"""Errors as people and programs see them: RFC 9457 problem+json, in Chinese or English, with a stable `type`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response

from api.http.findings import EN, ZH, error_member
from feeds.findings import Finding, InRequest

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:watchfloor:problem:"
RETRY_AFTER = 2


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of problem: its HTTP status and its title and usual detail in both languages."""

    status: int
    title: dict[str, str]
    detail: dict[str, str]


def _of(status: int, zh: str, en: str, zh_detail: str, en_detail: str) -> Template:
    return Template(status, {ZH: zh, EN: en}, {ZH: zh_detail, EN: en_detail})


TEMPLATES: dict[str, Template] = {
    "not-signed-in": _of(401, "未登录", "Not signed in", "请先登录。", "Sign in first."),
    "wrong-credentials": _of(
        401, "用户名或口令不对", "Wrong name or password", "请核对后重试。", "Check both and try again."
    ),
    "second-factor": _of(
        401,
        "需要动态口令",
        "A code is needed",
        "请输入动态口令或恢复码。",
        "Enter the code of your device, or a recovery code.",
    ),
    "must-change": _of(
        403,
        "请先完善账号安全",
        "Your account needs something first",
        "请先在“我的账号”页更换口令或启用动态口令。",
        "Change the password or set up the second factor on the page of your account first.",
    ),
    "not-confirmed": _of(
        403,
        "请再次输入口令",
        "Enter your password again",
        "此操作须先在“我的账号”页再次输入口令。",
        "This order needs your password again: enter it on the page of your account.",
    ),
    "token-refused": _of(
        401, "令牌无效", "Token refused", "令牌不存在或已撤销。", "The token is unknown or was revoked."
    ),
    "locked": _of(
        429,
        "登录暂时锁定",
        "Sign-in is locked for now",
        "失败次数过多，请稍后再试。",
        "Too many failures; try again later.",
    ),
    "forbidden": _of(403, "没有权限", "Not permitted", "您的角色不能这样做。", "Your role may not do this."),
    "outside-region": _of(
        403, "不在您的管辖区域", "Outside your region", "该对象不属于您的区域。", "It does not belong to your region."
    ),
    "csrf": _of(
        403,
        "请求来源无法确认",
        "The request's origin is not proven",
        "写操作须同源，并带 X-CSRF-Token。",
        "Writes must be same-origin and carry X-CSRF-Token.",
    ),
    "wrong-host": _of(
        403, "主机名不符", "Wrong host name", "演示系统只应答本机地址。", "The demo answers to loopback names only."
    ),
    "not-found": _of(404, "没有找到", "Not found", "没有这个对象。", "There is no such thing."),
    "gone": _of(410, "已不存在", "Gone", "图片已过期或已删除。", "The picture, or its address, is no longer there."),
    "evidence-lost": _of(
        410,
        "附件缺失或被改动",
        "The file is missing or was altered",
        "台账记有该附件的散列值，但磁盘上的文件已不是它。请从备份恢复。",
        "The journal has the hash of this file, but the disk has it no more. Restore a backup.",
    ),
    "no-pdf": _of(
        501,
        "不能生成 PDF",
        "No PDF here",
        "未安装 PDF 组件（watchfloor[reports]），或没有中文字体；可导出 DOCX。",
        "The PDF part (watchfloor[reports]) is not installed, or no font has Chinese; DOCX can be exported.",
    ),
    "method-not-allowed": _of(
        405, "方法不允许", "Method not allowed", "此地址不接受该方法。", "This address does not take that method."
    ),
    "conflict": _of(
        409,
        "已被他人改动",
        "Changed meanwhile",
        "版本已旧，当前状态附后。",
        "Your revision is old; the current state is enclosed.",
    ),
    "removal-held": _of(
        409,
        "移除过多，已暂缓",
        "Held: it would remove much",
        "该变更将移除列表中的大部分内容。请核对所附差异，确认后带上 held.accept 再次提交。",
        "The change would remove much of a list. Look at the enclosed difference; to apply it, send it again with "
        "held.accept.",
    ),
    "not-mendable": _of(
        422,
        "文档无法修复",
        "The document cannot be mended",
        "原因见 reason；可以重新建立，或弃置。",
        "`reason` says why; make it anew, or drop it.",
    ),
    "too-large": _of(413, "内容过大", "Too large", "请求体超过上限。", "The body exceeds the limit."),
    "unsupported-media-type": _of(415, "内容类型不支持", "Unsupported media type", "请用 JSON。", "Send JSON."),
    "invalid": _of(422, "内容不合要求", "Invalid content", "请按所附问题修改。", "Mend what is listed."),
    "refused-settings": _of(
        422,
        "设置未采用",
        "Settings not applied",
        "新设置有误，仍按原设置运行。",
        "The new settings are wrong; the running ones stay.",
    ),
    "unanswered": _of(
        503,
        "未得到确认",
        "No confirmation",
        "处理引擎没有及时应答，操作可能未生效；请核对后重试。",
        "The engine did not answer in time; look at the state, then try again.",
    ),
    "busy": _of(503, "系统繁忙", "Busy", "暂时不能接收，请稍后再试。", "Not taken for now; try again shortly."),
    "recorded": _of(
        503,
        "已记入台账",
        "In the journal",
        "操作已记入台账，画面稍后更新；请勿另行重发。",
        "The order was carried out and is in the journal; screens follow shortly. Do not give it anew.",
    ),
    "journal-lost": _of(
        503,
        "台账不可用",
        "The journal is not available",
        "台账读写不了，未接收；恢复后会自动继续，请稍后再试。",
        "It cannot be read or written, so nothing was accepted. It goes on by itself; try again shortly.",
    ),
    "intake-lost": _of(
        503,
        "接收库不可用",
        "The intake is not available",
        "接收库读写不了，未接收；请稍后再发。",
        "It cannot be read or written, so nothing was accepted. Send it again shortly.",
    ),
    "key-lost": _of(
        503,
        "个人信息密钥不可用",
        "The key of personal values is not available",
        "密钥文件损坏或已更换：个人信息与动态口令不能核对。请恢复密钥文件；登录可用恢复码。",
        "Its file is damaged or another one: personal values and one-time codes cannot be checked. Restore the file;"
        " a recovery code signs in.",
    ),
    "history-lost": _of(
        503,
        "历史数据不可用",
        "The metric history is not available",
        "历史库读写不了，请稍后再试。",
        "It cannot be read now; try again shortly.",
    ),
    "cases-lost": _of(
        503,
        "审批案件库不可用",
        "The store of cases is not available",
        "审批案件库读写不了，请稍后再试；其他功能不受影响。",
        "It cannot be read now; try again shortly. Everything else works.",
    ),
    "no-picture": _of(
        503,
        "态势尚未读取",
        "The live state is not read yet",
        "本服务器启动后还没有读到实时态势，空白不代表正常；读到后会自动恢复，请稍后再试。",
        "This server has not read it since its start. An empty answer would not mean that all is well, so there is "
        "none. It goes on by itself; try again shortly.",
    ),
    "not-ready": _of(503, "尚未就绪", "Not ready", "部分角色没有应答。", "Some parts do not answer."),
    "internal": _of(500, "内部错误", "Internal error", "错误已记入日志。", "The error has been logged."),
}

BY_STATUS = {
    401: "not-signed-in",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid",
    400: "invalid",
    503: "busy",
}


class Problem(Exception):
    """Stop and answer with a problem.

    `detail` replaces the usual one, by language; `findings` become the member `errors`; `extra` are further members.
    """

    def __init__(
        self,
        slug: str,
        *,
        detail: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
        findings: Sequence[Finding[InRequest]] = (),
        **extra: Any,
    ) -> None:
        super().__init__(slug)
        self.slug = slug
        self.template = TEMPLATES[slug]
        self.status = status or self.template.status
        self.detail = dict(detail) if detail else self.template.detail
        self.headers = dict(headers or {})
        self.findings = tuple(findings)
        self.extra = extra
        if self.status == 503:
            self.headers.setdefault("Retry-After", str(RETRY_AFTER))
        if self.slug in ("not-signed-in", "token-refused"):
            self.headers.setdefault("WWW-Authenticate", "Bearer")


def language(headers: Headers, default: str = ZH) -> str:
    """ "zh-CN" or "en", by Accept-Language (RFC 9110 12.5.4); the site's own when neither is asked for."""
    best, chosen = 0.0, default
    for part in headers.get("accept-language", "").split(",")[:20]:
        tag, _, params = part.strip().partition(";")
        weight = _weight(params)
        name = {"zh": ZH, "en": EN}.get(tag.strip().lower().split("-")[0])
        if name and weight > best:
            best, chosen = weight, name
    return chosen


def _weight(params: str) -> float:
    key, _, value = params.strip().partition("=")
    if key.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def body(problem: Problem, lang: str, instance: str = "") -> dict[str, Any]:
    """The members of the problem document."""
    members: dict[str, Any] = {
        "type": PREFIX + problem.slug,
        "title": problem.template.title[lang],
        "status": problem.status,
        "detail": problem.detail.get(lang) or problem.detail.get(EN, ""),
    }
    if instance:
        members["instance"] = instance
    if problem.findings:
        members["errors"] = [error_member(finding, lang) for finding in problem.findings]
    return members | problem.extra


def response(problem: Problem, lang: str, instance: str = "") -> Response:
    """The problem as an HTTP answer."""
    content = json.dumps(body(problem, lang, instance), ensure_ascii=False).encode()
    headers = {"Content-Language": lang, "Vary": "Accept-Language"} | problem.headers
    return Response(content, status_code=problem.status, headers=headers, media_type=MEDIA_TYPE)


def page(problem: Problem, lang: str) -> Response:
    """The problem as a page for a person who opened an address; words only, nothing of the request."""
    members, back = body(problem, lang), {ZH: "返回值守页", EN: "Back to the duty desk"}[lang]
    text = (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{escape(members["title"])}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        '<body style="background:#0e1216;color:#d5dce3;font-family:sans-serif;display:grid;place-items:center;'
        f'min-height:90vh"><main><p>{problem.status}</p><h1>{escape(members["title"])}</h1><p>{escape(members["detail"])}</p>'
        f'<p><a style="color:#6fa8dc" href="/">{back}</a></p></main></body></html>'
    )
    headers = {"Content-Language": lang, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    return HTMLResponse(text, status_code=problem.status, headers=headers)

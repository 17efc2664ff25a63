"""A warning centre: an Atom index and CAP 1.2 documents in Chinese, with present times over real counties."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from xml.sax.saxutils import escape

from aiohttp import web

ZONE = timezone(timedelta(hours=8))
SENDER = "demo@cma.chuxiong.example"
CAP_TYPE = "application/cap+xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """One CAP message. Times are minutes from the centre's start; `code` is a 12-digit region code."""

    name: str
    event: str
    colour: str
    severity: str
    code: str
    place: str
    text: str
    sent: int = -30
    lasts: int = 360
    msg_type: str = "Alert"
    status: str = "Actual"
    category: str = "Met"
    note: str = ""
    response: str = ""
    references: tuple[str, ...] = field(default=())


RAIN = Bulletin(
    name="rain",
    event="暴雨",
    colour="橙色",
    severity="Severe",
    code="532322000000",
    place="双柏县",
    text="过去3小时双柏县降雨量已达50毫米以上，且降雨可能持续，请防范山洪和滑坡。",
    lasts=600,
)
WIND = Bulletin(
    name="wind",
    event="大风",
    colour="蓝色",
    severity="Minor",
    code="532327000000",
    place="永仁县",
    text="预计未来24小时永仁县平均风力可达6级以上，阵风7级以上。",
    lasts=600,
)
THUNDER = Bulletin(
    name="thunder-1",
    event="雷电",
    colour="黄色",
    severity="Moderate",
    code="532302000000",
    place="禄丰市",
    text="预计未来6小时禄丰市可能发生雷电活动。",
    sent=-50,
)
FOG = Bulletin(
    name="fog-1",
    event="大雾",
    colour="黄色",
    severity="Moderate",
    code="532324000000",
    place="南华县",
    text="南华县局地能见度不足500米。",
    sent=-90,
)


def _following(
    before: Bulletin, name: str, text: str, sent: int, *, msg_type: str = "Update", **fields: str
) -> Bulletin:
    """A bulletin that updates or cancels an earlier one of the same event and place."""
    changed = replace(before, name=name, text=text, sent=sent, lasts=360, msg_type=msg_type, references=(before.name,))
    return replace(changed, **fields)  # type: ignore[arg-type]  # every field that is named here is a text


BULLETINS = (
    RAIN,
    WIND,
    THUNDER,
    _following(THUNDER, "thunder-2", "禄丰市雷电活动仍将持续2小时，请继续防范。", -20),
    FOG,
    _following(FOG, "fog-2", "南华县大雾已消散，解除预警。", -10, msg_type="Cancel"),
    _following(
        RAIN,
        "rain-red",
        "双柏县降雨量已达100毫米以上，山洪、滑坡风险极高，请立即转移避险。",
        2,
        colour="红色",
        severity="Extreme",
    ),
    _following(WIND, "wind-clear", "永仁县大风天气结束，解除预警。", 4, response="AllClear"),
    Bulletin(
        name="quake-exercise",
        event="地震",
        colour="红色",
        severity="Extreme",
        code="532301000000",
        place="楚雄市",
        text="演练：模拟楚雄市发生5.2级地震。",
        status="Exercise",
        category="Geo",
        note="楚雄州抗震救灾演练",
    ),
    Bulletin(
        name="line-test",
        event="通信测试",
        colour="蓝色",
        severity="Minor",
        code="532300000000",
        place="楚雄州",
        text="预警发布通道每日测试。",
        status="Test",
        category="Other",
    ),
)


class WarningCentre:
    """Serves its bulletins; `start` is when it began (epoch seconds)."""

    def __init__(
        self, start: float, bulletins: tuple[Bulletin, ...] = BULLETINS, clock: Callable[[], float] = time.time
    ) -> None:
        self._begun, self._clock = start, clock
        self._start = datetime.fromtimestamp(start, ZONE).replace(microsecond=0)
        self._bulletins = {bulletin.name: bulletin for bulletin in bulletins}

    def app(self, path: str) -> web.Application:
        """The index at `path`, the documents beside it."""
        app = web.Application()
        app.router.add_get(path, self._index)
        app.router.add_get("/cap/{name}.xml", self._document)
        return app

    def sent(self, name: str) -> str:
        return self._time(self._bulletins[name].sent)

    def _time(self, minutes: int) -> str:
        return (self._start + timedelta(minutes=minutes)).isoformat()

    def identifier(self, name: str) -> str:
        return f"{self._bulletins[name].code}_{self._start:%Y%m%d%H%M%S}_{name}"

    def listed(self) -> list[str]:
        """The names of the bulletins that were sent by now."""
        elapsed = (self._clock() - self._begun) / 60
        return [name for name, bulletin in self._bulletins.items() if bulletin.sent <= max(elapsed, 0)]

    async def _index(self, _request: web.Request) -> web.Response:
        entries = "".join(
            f"<entry><id>urn:demo:{escape(self.identifier(name))}</id><title>{escape(_headline(bulletin))}</title>"
            f"<updated>{self._time(bulletin.sent)}</updated>"
            f'<link rel="alternate" type="{CAP_TYPE}" href="/cap/{name}.xml"/></entry>'
            for name in self.listed()
            for bulletin in (self._bulletins[name],)
        )
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
            f"<id>urn:demo:index</id><title>楚雄州预警（演示）</title><updated>{self._time(0)}</updated>{entries}</feed>"
        )
        return web.Response(body=body.encode(), content_type="application/atom+xml", charset="utf-8")

    async def _document(self, request: web.Request) -> web.Response:
        bulletin = self._bulletins.get(request.match_info["name"])
        if bulletin is None:
            raise web.HTTPNotFound
        return web.Response(body=self.document(bulletin.name).encode(), content_type=CAP_TYPE, charset="utf-8")

    def document(self, name: str) -> str:
        """One bulletin as CAP 1.2 (OASIS, 2010)."""
        bulletin = self._bulletins[name]
        fields = [
            ("identifier", self.identifier(name)),
            ("sender", SENDER),
            ("sent", self._time(bulletin.sent)),
            ("status", bulletin.status),
            ("msgType", bulletin.msg_type),
            ("scope", "Public"),
            ("note", bulletin.note),
            ("references", " ".join(f"{SENDER},{self.identifier(r)},{self.sent(r)}" for r in bulletin.references)),
        ]
        head = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in fields if text)
        return (
            '<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
            f"{head}{self._info(bulletin)}</alert>"
        )

    def _info(self, bulletin: Bulletin) -> str:
        fields = [
            ("language", "zh-CN"),
            ("category", bulletin.category),
            ("event", bulletin.event),
            *([("responseType", bulletin.response)] if bulletin.response else []),
            ("urgency", "Expected"),
            ("severity", bulletin.severity),
            ("certainty", "Likely"),
            ("effective", self._time(bulletin.sent)),
            ("expires", self._time(bulletin.sent + bulletin.lasts)),
            ("senderName", "楚雄州气象台（演示）"),
            ("headline", _headline(bulletin)),
            ("description", bulletin.text),
        ]
        body = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in fields)
        return (
            f"<info>{body}<parameter><valueName>level</valueName><value>{bulletin.colour}</value></parameter>"
            f"<area><areaDesc>{bulletin.place}</areaDesc><geocode><valueName>CPEAS Geographic Code</valueName>"
            f"<value>{bulletin.code}</value></geocode></area></info>"
        )


def _headline(bulletin: Bulletin) -> str:
    verb = {"Alert": "发布", "Update": "更新", "Cancel": "解除"}[bulletin.msg_type]
    return f"楚雄州气象台{verb}{bulletin.place}{bulletin.event}{bulletin.colour}预警"

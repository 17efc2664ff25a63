"""Example live state in the public record shapes: assets of ten counties, alerts, sources and warnings."""

from __future__ import annotations

from typing import Any

from feeds.kinds import ALERT
from feeds.kinds.warning import WARNING
from feeds.model import Area, EmergencyWarning
from feeds.wire import iso

Record = dict[str, Any]
SITE = "532300"
COUNTIES = {
    "532301": ("楚雄市", 101.54472, 25.04399),
    "532302": ("禄丰市", 102.07405, 25.14604),
    "532322": ("双柏县", 101.63686, 24.68824),
    "532323": ("牟定县", 101.5416, 25.31518),
    "532324": ("南华县", 101.27348, 25.19535),
    "532325": ("姚安县", 101.2369, 25.50839),
    "532326": ("大姚县", 101.32197, 25.72536),
    "532327": ("永仁县", 101.6697, 26.05972),
    "532328": ("元谋县", 101.86949, 25.70655),
    "532329": ("武定县", 102.40517, 25.53291),
}


def asset(key: str, name: str, kind: str, region: str, at: float, **more: Any) -> Record:
    """A healthy asset that answered two seconds before `at`."""
    record: Record = {
        "id": key,
        "name": name,
        "kind": kind,
        "region": region,
        "lat": None,
        "lon": None,
        "parents": [],
        "redundancy_group": "",
        "owner": "州网管中心",
        "importance": 0,
        "labels": {},
        "health": "ok",
        "probes": [f"tcp://127.0.0.1:{10000 + abs(hash(key)) % 9999}"],
        "since": iso(at - 86400),
        "stale_since": None,
        "cut_by": "",
        "camera": None,
        "seen_at": iso(at - 2),
        "readings": {"tcp.up": reading(True, at - 2), "tcp.connect_ms": reading(0.8, at - 2, unit="ms")},
    }
    return record | more


def reading(value: Any, at: float, unit: str = "", text: str = "") -> Record:
    return {
        "value": value,
        "unit": unit,
        "quality": "good",
        "observed_at": iso(at),
        "received_at": iso(at),
        "source": "network.tcp",
        "probe": "",
        "fresh_until": iso(at + 30),
        "text": text,
    }


def assets(at: float) -> dict[str, Record]:
    """Core, ten counties with two to four nodes below each, forty units in one building."""
    core = asset("C", "州网管中心核心", "router", SITE, at, lat=25.04399, lon=101.54472, importance=3)
    core["labels"] = {"layer": "core"}
    records = {"C": core}
    for index, (code, (name, lon, lat)) in enumerate(COUNTIES.items()):
        hub = asset(f"X{code}", f"{name}汇聚节点", "router", code, at, lat=lat, lon=lon, parents=["C"], importance=2)
        records[hub["id"]] = hub | {"labels": {"layer": "county"}}
        for below in range(2 + index % 3):
            key, east, north = f"{code}-{below}", (-0.09, 0.1, 0.02, 0.07)[below], (0.05, 0.04, -0.08, -0.05)[below]
            kind = ("switch", "site", "server", "sensor")[below]
            town = asset(key, f"{name[:2]}{'甲乙丙丁'[below]}镇接入", kind, code + "100", at)
            records[key] = town | {"lat": lat + north, "lon": lon + east, "parents": [hub["id"]]}
    hall = asset("G", "州公务活动中心", "switch", SITE, at, lat=25.04699, lon=101.54872, parents=["C"], importance=2)
    records["G"] = hall
    for number in range(1, 41):
        key = f"G{number:02}"
        unit = asset(key, f"进驻单位{number:02}", "department", SITE, at, lat=25.04699, lon=101.54872)
        records[key] = unit | {"parents": ["G"]}
    for number, name in enumerate(("公文交换", "办公自动化", "行政审批", "门户网站", "视频会议", "公共邮件")):
        records[f"S{number}"] = asset(
            f"S{number}", name, "service", SITE, at, lat=25.04399, lon=101.54472, parents=["C"]
        )
    return records


def fail(record: Record, at: float, health: str = "down") -> Record:
    """The asset after its probe failed at `at`."""
    bad = reading(False, at, text="连接超时 3 秒") if health == "down" else reading(True, at)
    return record | {"health": health, "since": iso(at), "readings": record["readings"] | {"tcp.up": bad}}


def alert(key: str, about: str, at: float, **more: Any) -> Record:
    record: Record = {
        "id": key,
        "fingerprint": key,
        "rule": "node-down",
        "asset": about,
        "subject_kind": "asset",
        "region": SITE,
        "severity": "critical",
        "active": True,
        "raised_at": iso(at),
        "since": iso(at),
        "cleared_at": None,
        "quality": "good",
        "stale_since": None,
        "ack": None,
        "acked": False,
        "shelf": None,
        "suppressed_by": [],
        "cut_by": "",
        "affected": {},
        "state": "UNACK",
        "title": {"zh-CN": key, "en": key},
        "text": "",
        "explanation": {},
        "labels": {},
        "rev": 1,
    }
    record |= more
    return record | {"need": ALERT.derive(dict(record))["need"]}


def source(key: str, kind: str, now: float, **more: Any) -> Record:
    record: Record = {
        "id": key,
        "kind": kind,
        "region": "",
        "at": iso(now - 3),
        "ok": True,
        "error": "",
        "every": 30.0,
        "lag": 0.1,
        "silent_since": None,
        "failing_since": None,
        "targets": 0,
        "failing": 0,
        "dead_letters": 0,
        "is_role": kind == "role",
    }
    record |= more
    failing = not record["ok"] or record["failing_since"]
    return record | {"state": "silent" if record["silent_since"] else "failing" if failing else "ok"}


def warning(key: str, event: str, colour: str, region: str, at: float, **more: Any) -> Record:
    """A warning of the weather office over a county, in its public shape. Times in `more` are epoch seconds."""
    fields: dict[str, Any] = {
        "source": "cma",
        "status": "Actual",
        "msg_type": "Alert",
        "sender": "qx@chuxiong",
        "identifier": key,
        "sent": at,
        "received_at": at,
        "event": event,
        "headline": f"州气象台发布{event}预警",
        "description": "预计未来 6 小时有强降水。",
        "instruction": "注意防范。",
        "sender_name": "楚雄州气象台",
        "language": "zh-CN",
        "category": ("Met",),
        "urgency": "Expected",
        "severity": "Severe",
        "certainty": "Likely",
        "colour": colour,
        "onset": at,
        "expires": at + 20000,
        "regions": (region,),
        "affected": {"router": 3},
        "areas": (Area(geocodes=(region,), regions=(region,), resolved="exact"),),
    }
    return WARNING.view(EmergencyWarning(id=key, **fields | more))


def picture(at: float) -> dict[str, dict[str, Record]]:
    """The live state by kind: one county down, one degraded, one without data; warnings, an exercise and a test."""
    records = assets(at)
    for key, record in list(records.items()):
        if key == "X532329" or key.startswith("532329"):
            records[key] = fail(record, at - 134) | {"cut_by": "" if key == "X532329" else "a1"}
        if key == "X532328":
            records[key] = fail(record, at - 747, "degraded")
        if key == "X532327" or key.startswith("532327"):
            records[key] = record | {"health": "unknown", "since": iso(at - 723), "stale_since": iso(at - 723)}
    records["G07"] = fail(records["G07"], at - 2500)
    alerts = _alerts(at)
    sources = {
        "network.tcp": source("network.tcp", "network.tcp", at, targets=92, failing=4),
        "network.http": source("network.http", "network.http", at, targets=6),
        "cma": source("cma", "emergency.cap", at, at=iso(at - 12)),
        "永仁 119": source("永仁 119", "emergency.http", at, silent_since=iso(at - 723), ok=False, at=iso(at - 753)),
        "role.collect": source("role.collect", "role", at, every=5.0),
        "role.project": source("role.project", "role", at, every=5.0),
    }
    warnings = [
        warning("w1", "暴雨", "orange", "532322", at - 1120),
        warning("w2", "大风", "blue", "532327", at - 4000),
        warning("w3", "地震", "red", "532301", at - 600, status="Exercise"),
        warning("w4", "系统联调", "", "532300", at - 600, status="Test"),
    ]
    return {
        "asset": records,
        "alert": alerts,
        "source": sources,
        "warning": {record["id"]: record for record in warnings},
    }


def _alerts(at: float) -> dict[str, Record]:
    """The open alerts by id."""
    rows = [*_county_alerts(at), *_site_alerts(at), *_inhibited_alerts(at)]
    return {row["id"]: row for row in rows}


def _county_alerts(at: float) -> list[Record]:
    """Alerts on counties and their warning; two are acknowledged."""
    taken = {"by": "网管乙", "at": iso(at - 600), "comment": "已联系电信抢修", "until": None}
    return [
        alert(
            "a1",
            "X532329",
            at - 134,
            region="532329",
            title=_title("武定县汇聚节点 中断", "Wuding hub down"),
            affected={"site": 1, "switch": 1},
        ),
        alert(
            "a2",
            "X532328",
            at - 747,
            region="532328",
            severity="major",
            acked=True,
            state="ACKED",
            ack=taken | {"estimated_restoration": iso(at + 3900)},
            rev=2,
            title=_title("元谋县汇聚节点 降级", "Yuanmou hub degraded"),
        ),
        alert(
            "a3",
            "w1",
            at - 1120,
            region="532322",
            severity="major",
            subject_kind="warning",
            acked=True,
            rev=2,
            ack=taken | {"by": "值班甲", "until": iso(at + 7000), "estimated_restoration": None},
            state="ACKED",
            title=_title("双柏县 暴雨橙色预警", "Shuangbai: orange rainstorm warning"),
        ),
    ]


def _site_alerts(at: float) -> list[Record]:
    """Alerts on a source, a unit, and a service that has cleared without acknowledgement."""
    return [
        alert(
            "a4",
            "永仁 119",
            at - 723,
            region="532327",
            severity="major",
            subject_kind="source",
            title=_title("永仁县 119 接警数据中断", "Yongren 119 feed silent"),
        ),
        alert("a5", "G07", at - 2500, severity="minor", title=_title("进驻单位07 中断", "Unit 07 down")),
        alert(
            "a6",
            "S3",
            at - 238,
            severity="major",
            active=False,
            cleared_at=iso(at - 38),
            state="RTNUN",
            rev=2,
            title=_title("门户网站 中断", "Portal down"),
        ),
    ]


def _inhibited_alerts(at: float) -> list[Record]:
    """Alerts on the nodes below the Wuding hub, inhibited by alert `a1`."""
    alerts = []
    for below in range(2 + 9 % 3):
        title = _title(f"武定{'甲乙丙丁'[below]}镇接入 中断", f"Wuding access {below} down")
        cut = {"suppressed_by": ["inhibited:a1"], "cut_by": "a1", "state": "DSUPR"}
        alerts.append(alert(f"b{below}", f"532329-{below}", at - 120, region="532329100", title=title, **cut))
    return alerts


def closed(at: float) -> list[Record]:
    """Closed alerts; the charts shade their time."""
    return [
        alert(
            "old",
            "X532329",
            at - 40000,
            active=False,
            cleared_at=iso(at - 34000),
            severity="major",
            state="NORM",
            region="532329",
            title=_title("武定县汇聚节点 降级", "Wuding hub degraded"),
        )
    ]


def _title(chinese: str, english: str) -> dict[str, str]:
    return {"zh-CN": chinese, "en": english}

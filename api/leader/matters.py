"""The grave matters (有没有大事) in their order, and what is being done about the worst. Pure."""

from __future__ import annotations

from typing import Any

from api.leader.picture import LeaderPicture
from feeds import wire
from feeds.incidents.grading import SERIOUS, rank
from feeds.kinds.audience import Record

WAIT = 300.0
"""Seconds after which a critical alert that nobody has taken is a matter for the leader."""
DOING = 3
_RED, _CRITICAL, _ORANGE, _LAST = 20, 30, 40, 50
_PEOPLE = ("dead", "missing", "grave", "light")


def matters(picture: LeaderPicture) -> list[Record]:
    """Every grave matter, worst first.

    The order: response I to III, grade I to III, red warning, critical alert that nobody has taken for five minutes,
    orange warning, then other incidents in hand. Ties: more people officially hurt, then the newer one.
    """
    every = [*_incidents(picture), *_warnings(picture), *_alerts(picture, late=True)]
    every.sort(key=lambda matter: str(matter["since"]), reverse=True)
    return sorted(every, key=lambda matter: (matter["rank"], -_hurt(matter)))


def soon(picture: LeaderPicture) -> list[Record]:
    """Critical alerts that become a matter when nobody takes them within five minutes, oldest first."""
    return sorted(_alerts(picture, late=False), key=lambda matter: str(matter["since"]))


def doing(picture: LeaderPicture, shown: list[Record]) -> list[Record]:
    """The handling of the three gravest incidents: response, commander, and the next report due."""
    return [_doing(picture, matter) for matter in shown if matter["kind"] == "incident"][:DOING]


def _incidents(picture: LeaderPicture) -> list[Record]:
    return [_incident(incident) for incident in picture.real_incidents() if incident["open"]]


def _incident(incident: Record) -> Record:
    response, grade = rank(incident["response"]), rank(incident["grade"])
    order = response if response <= SERIOUS else 10 + grade if grade <= SERIOUS else _LAST + min(response, grade)
    figures = {name: incident["figures"][name]["value"] for name in _PEOPLE if name in incident["figures"]}
    fields = ("id", "title", "region", "grade", "response", "phase", "place")
    return {name: incident[name] for name in fields} | {
        "kind": "incident",
        "since": incident["received_at"],
        "until": None,
        "rank": order,
        "serious": min(response, grade) <= SERIOUS,
        "colour": "",
        "figures": figures,
        "official": bool(figures) and all(incident["figures"][name]["official"] for name in figures),
    }


def _warnings(picture: LeaderPicture) -> list[Record]:
    ranks = {"red": _RED, "orange": _ORANGE}
    return [
        _plain("warning", warning["id"], warning["headline"] or warning["event"], warning["sent"])
        | {
            "region": next(iter(warning["regions"]), ""),
            "rank": ranks[warning["colour"]],
            "serious": warning["colour"] == "red",
            "colour": warning["colour"],
            "until": warning["expires"],
        }
        for warning in picture.warnings.values()
        if warning["state"] == "active" and warning["status"] == "Actual" and warning["colour"] in ranks
    ]


def _alerts(picture: LeaderPicture, *, late: bool) -> list[Record]:
    limit = wire.iso(picture.at - WAIT) or ""
    return [
        _plain("alert", alert["id"], "", alert["raised_at"])
        | {"title": alert["title"], "region": alert["region"], "rank": _CRITICAL, "serious": late}
        for alert in picture.alerts.values()
        if alert["severity"] == "critical"
        and alert["active"]
        and not alert["acked"]
        and not alert["suppressed_by"]
        and (alert["raised_at"] <= limit) is late
    ]


def _plain(kind: str, id: str, title: str, since: str | None) -> dict[str, Any]:
    empty = dict.fromkeys(("grade", "response", "phase", "place", "colour", "region"), "")
    fixed: dict[str, Any] = {
        "kind": kind,
        "id": id,
        "title": title,
        "since": since,
        "until": None,
        "figures": {},
        "official": False,
    }
    return empty | fixed


def _hurt(matter: Record) -> float:
    return float(sum(matter["figures"].values())) if matter["official"] else 0.0


def _doing(picture: LeaderPicture, matter: Record) -> Record:
    incident = picture.incidents[matter["id"]]
    unmet = picture.unmet(incident["id"])
    first = unmet[0] if unmet else None
    fields = ("step", "channel", "recipient", "due_at", "state")
    return {
        "id": incident["id"],
        "title": incident["title"],
        "grade": incident["grade"],
        "phase": incident["phase"],
        "response": incident["response"],
        "commander": incident.get("commander") or "",
        "commander_missing": incident["commander_missing"],
        "next": {name: first[name] for name in fields} if first is not None else None,
        "due": len(unmet),
        "late": sum(report["state"] == "late" for report in unmet),
    }

"""Figures of a storm of alerts: counts and times, and whether they meet the targets."""

from __future__ import annotations

import argparse
import contextlib
import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any, Protocol

from bench.figures import median
from bench.storm_alerts import PARENTS
from tests.e2e.site import Hook

LAG_P99, ON_SCREEN, MESSAGES, UNRELATED, BACK = 1.0, 2.0, 20, 0.5, 5.0
"""The targets: seconds, except MESSAGES."""


class StormTimes(Protocol):
    """The options of a storm, and monotonic times by (asset, alert name)."""

    args: argparse.Namespace
    sent: dict[tuple[str, str], float]
    taken: dict[tuple[str, str], float]
    seen: dict[tuple[str, str], float]
    unrelated: float
    refused: int


def _journal(folder: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(sqlite3.connect(f"file:{folder / 'data' / 'journal.sqlite3'}?mode=ro", uri=True))


def waiting(folder: Path) -> int:
    """The number of messages that are not sent yet."""
    with _journal(folder) as database:
        return int(database.execute("SELECT count(*) FROM outbox WHERE due IS NOT NULL").fetchone()[0])


def journal_figures(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Figures from the journal after the storm."""
    with _journal(folder) as database:
        docs = [json.loads(row[0]) for row in database.execute("SELECT body FROM doc WHERE kind = 'alert'")]
        raises = database.execute("SELECT count(*) FROM entry WHERE kind='alert' AND name='raise'").fetchone()[0]
    storm = [doc for doc in docs if doc["asset"] not in ("elsewhere", "marker")]
    roots = {doc["id"] for doc in docs if doc["asset"].startswith("p")}
    inhibited = [
        doc for doc in storm if any(cause.removeprefix("inhibited:") in roots for cause in doc["suppressed_by"])
    ]
    return {
        "kept": len(storm),
        "inhibited_by_their_roots": len(inhibited),
        "raised_twice": raises - len(docs),
        "all_there": len(storm) == args.alerts + PARENTS,
    }


def delivery_figures(storm: StormTimes, receiver: Hook, back: list[float]) -> dict[str, Any]:
    """Figures from the receiver's messages and the live feed. `back` has the seconds of each restart of the role."""
    messages = [(body["alert"], body["reason"]) for _, body in receiver.calls]
    sent = [(alert["asset"], reason) for alert, reason in messages if alert["asset"] != "marker"]
    versions = {(alert["id"], alert["rev"], reason) for alert, reason in messages}
    lags = sorted(storm.seen.get(key, float("inf")) - at for key, at in storm.sent.items())
    heard = receiver.heard("elsewhere")
    return {
        "late": storm.args.late,
        "killed": len(back),
        "back_after_s_max": round(max(back), 2) if back else None,
        "back_after_s_p50": round(median(back), 2) if back else None,
        "messages": len(sent),
        "reasons": dict(Counter(reason for _, reason in sent)),
        "first_told_after_s": round(min(receiver.times) - min(storm.sent.values()), 3) if receiver.times else None,
        "a_root_first": bool(sent) and sent[0][0].startswith("p"),
        "sent_again_with_its_key": len(receiver.keys) - len(set(receiver.keys)),
        "second_keys": len(set(receiver.keys)) - len(versions),
        "unrelated_told_after_s": round(heard - storm.unrelated, 3) if heard else None,
        "roots_on_screen_after_s": round(max(_after(storm, f"p{n}") for n in range(PARENTS)), 3),
        "lag_p50_s": round(lags[len(lags) // 2], 3),
        "lag_p99_s": round(lags[int(len(lags) * 0.99)], 3),
        "lag_max_s": round(lags[-1], 3),
        "refused": storm.refused,
        "taken_after_s_max": round(max(storm.taken[key] - at for key, at in storm.sent.items()), 3),
    }


def _after(storm: StormTimes, root: str) -> float:
    return storm.seen.get((root, "Down"), float("inf")) - storm.sent[root, "Down"]


def whole(results: dict[str, Any], args: argparse.Namespace) -> bool:
    """True when every alert is stored and every notification is right, without regard to time."""
    return bool(
        results["all_there"]
        and results["inhibited_by_their_roots"] == args.alerts
        and results["messages"] <= MESSAGES
        and not results["raised_twice"]
        and not results["chain_faults"]
        and results["a_root_first"]
        and not results["second_keys"]
        and results["unrelated_told_after_s"] is not None
    )


def met(results: dict[str, Any], args: argparse.Namespace) -> bool:
    """True when every target was met.

    With kills only the restart time has a target, because alerts that arrive during a restart must wait for it.
    """
    if args.kill:
        return whole(results, args) and results["back_after_s_max"] < BACK
    return (
        whole(results, args)
        and results["unrelated_told_after_s"] < UNRELATED
        and results["lag_p99_s"] < LAG_P99
        and results["roots_on_screen_after_s"] < ON_SCREEN
    )

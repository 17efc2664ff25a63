"""`watchfloor reload`: make every process of the running site reload its settings, and print the result of each.

A change that would remove too much is printed and not applied. `--accept` applies it.
"""

from __future__ import annotations

import asyncio
import getpass
import json
from pathlib import Path

from feeds.bus import Bus, BusError
from feeds.findings import line_of_text
from feeds.roles import NAMES
from watchfloor.runtime import reload as reloads
from watchfloor.runtime.role_host import load_with_findings
from watchfloor.runtime.stores import redis_url
from watchfloor.settings import removal_guard
from watchfloor.settings.removal_guard import RemovalHold
from watchfloor.settings.site_settings import Settings, load

ASK_WITHIN = 5.0


def run(config: Path, *, accept: bool, as_json: bool) -> tuple[str, bool]:
    """The text to print, and True when every process applied the settings. Raises SettingsError for invalid files."""
    hold = removal_guard.hold_of(load(config))
    digest = hold.digest if hold is not None else ""
    if hold is not None and not accept:
        shown = json.dumps({"applied": False, "held": hold.public()}, ensure_ascii=False, indent=2)
        return (shown if as_json else _held(hold, load(config))), False
    settings, left_out = load_with_findings(config, digest)
    try:
        reports = asyncio.run(_ask(settings, digest))
    except (BusError, TimeoutError) as error:
        raise SystemExit(f"Redis 未应答：{error}\nRedis does not answer: {error}") from error
    language = settings.site.language
    missing = sorted(set(NAMES) - {report.role for report in reports})
    applied = not missing and all(report.state == reloads.APPLIED for report in reports)
    if as_json:
        processes = [reloads.public(report, language) for report in reports]
        body = {"applied": applied, "processes": processes, "missing": missing, "left_out": len(left_out)}
        return json.dumps(body, ensure_ascii=False, indent=2), applied
    lines = [
        f"{report.role} {report.host}/{report.pid}: {report.state} {report.trouble.get(language, '')}"
        for report in reports
    ]
    lines += [f"{role}: 没有应答 no answer" for role in missing]
    return "\n".join(line.rstrip() for line in lines), applied


def _held(hold: RemovalHold, settings: Settings) -> str:
    return "\n".join(line_of_text(finding, settings.site.language) for finding in hold.findings(settings.path))


async def _ask(settings: Settings, accept: str) -> list[reloads.ReloadReport]:
    bus = Bus(redis_url(settings), settings.site.region, name="reload")
    try:
        async with asyncio.timeout(ASK_WITHIN):
            await bus.open()
        return await reloads.request(bus, getpass.getuser(), NAMES, accept=accept)
    finally:
        await bus.close()

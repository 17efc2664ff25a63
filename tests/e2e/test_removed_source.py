"""A source that is taken out of the settings leaves the site, and its alert ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.e2e.site import running
from tests.ports import free_port

SOURCE = """
[[source]]
id = "cma"
kind = "emergency.cap"
url = "http://127.0.0.1:{port}/"
interval = "200ms"
heartbeat = "1s"
"""
RULE = """
[[rule]]
id = "source-failing"
over = "source"
when = "id == 'cma' && (silent || failing)"
severity = "major"
"""


async def test_the_alert_of_a_source_taken_out_of_the_settings_ends_at_the_reload(
    tmp_path: Path, journal_settings: str
) -> None:
    source = SOURCE.format(port=free_port())
    async with running(tmp_path, "", more=journal_settings + RULE + source) as site:
        admin = await site.person("管理员", "admin")
        async with admin.live() as live:
            alert = await live.until(lambda view: next(iter(view["alert"].values()), None))
            assert (alert["subject_kind"], alert["asset"]) == ("source", "cma")
            site.config.write_text(site.config.read_text().replace(source, ""))
            assert site.process is not None
            os.kill(site.process.pid, signal.SIGHUP)
            await live.until(lambda view: "cma" not in view["source"])
            await live.until(lambda view: not view["alert"].get(alert["id"], {}).get("active"))
        detail = await admin.get(f"alerts/{alert['id']}")
        assert [(step["name"], step["text"]) for step in detail["transitions"]][-1] == ("removed", "source_removed")

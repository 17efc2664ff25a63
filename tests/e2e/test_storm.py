"""Alerts over HTTP into a site that is killed: no acknowledged alert is lost, no notification is sent twice.

Times are measured by `make soak` and `make bench` on an idle machine.
"""

from __future__ import annotations

from pathlib import Path

from bench import ingest, storm, storm_figures
from bench.storm_alerts import PARENTS
from tests.e2e.site import Site, running
from tests.patience import until
from tests.ports import free_port


async def test_an_alert_role_that_is_killed_in_a_storm_loses_no_transition_and_notifies_once(tmp_path: Path) -> None:
    args = storm.options(["--alerts", "1000", "--assets", "20", "--seconds", "12", "--kill", "5"])
    result = await storm.play(args, tmp_path)
    assert result["killed"] == 5
    assert storm_figures.whole(result, args), result


async def test_the_roots_alerts_may_come_after_their_childrens(tmp_path: Path) -> None:
    args = storm.options(["--alerts", "600", "--assets", "30", "--seconds", "6", "--late", "2", "--hold", "60"])
    result = await storm.play(args, tmp_path)
    assert result["messages"] == PARENTS + 1
    assert storm_figures.whole(result, args), result


async def test_what_was_acknowledged_is_there_after_kill_9_of_everything(tmp_path: Path) -> None:
    async with running(tmp_path, ingest.ROWS) as site:
        added = site.cli("token", "add", "bench", "--scope", "ingest")
        token = added.stdout.split()[-1]
        load = ingest.Load(site.port, token, batch=4, connections=8, seconds=2.0, run="kill")
        (taken, _, _), _ = await ingest.pushed(load)
        assert taken > load.batch
        ingest.kill_everything(site)
        again = Site(tmp_path, free_port())
        again.config.write_text(site.config.read_text().replace(str(site.port), str(again.port)))
        again.start()
        try:
            await again.ready()

            await until(lambda: ingest.journaled_alerts(again, "kill") == taken, every=0.2)
        finally:
            await again.stop()
        verified = again.cli("journal", "verify")
        assert verified.returncode == 0, verified.stdout

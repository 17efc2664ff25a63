"""`watchfloor relay`: the settings file of the border relay, and its process."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from pathlib import Path

import uvloop

from alerts.receivers.base import ReceiverError
from alerts.receivers.catalogue import SiteDefaults, compile_receiver
from alerts.receivers.relay import SHORTEST_SECRET
from alerts.relay.server import Relay, RelaySettings
from api.settings import is_loopback
from feeds.documents.receivers import ReceiverSettings
from feeds.journal import Journal, StoreRefused, sqlite_url
from watchfloor.runtime import logs
from watchfloor.runtime.process import REFUSED
from watchfloor.settings.applied import DATA
from watchfloor.settings.findings import SettingsError
from watchfloor.settings.lines import Lines
from watchfloor.settings.reader import SettingsReport, SettingsTable
from watchfloor.settings.toml_file import document_of, text_of

log = logging.getLogger(__name__)


def load_relay(path: Path) -> RelaySettings:
    """The settings in the file `path`. Raises SettingsError with all findings when some are wrong."""
    path = path.absolute()
    text = text_of(path)
    report = SettingsReport(path=path, lines=Lines(text))
    top = SettingsTable(document_of(text, path), (), report)
    taken_ids: dict[str, int] = {}
    channels = tuple(_channel(table, taken_ids) for table in top.tables("channel"))
    if not channels:
        top.wrong("missing", "channel", example='[[channel]] id = "wecom" url = "wecombot://…"')
    with top.table("relay") as table:
        settings = _relay(table, channels)
    top.done()
    if report.findings:
        raise SettingsError(sorted(report.findings, key=lambda finding: finding.where.line))
    return settings


def _relay(table: SettingsTable, channels: tuple[ReceiverSettings, ...]) -> RelaySettings:
    builtin = RelaySettings(data=Path(), secret="")
    secret = table.secret("secret", None)
    if 0 < len(secret) < SHORTEST_SECRET:
        table.wrong("secret_short", "secret", least=SHORTEST_SECRET)
    cert, key = table.text("tls_cert"), table.text("tls_key")
    settings = RelaySettings(
        data=table.path("data", _usual_data()),
        secret=secret,
        host=table.text("host", builtin.host),
        port=table.whole("port", builtin.port, 0, 65535),
        tls_cert=str(table.folder / cert) if cert else "",
        tls_key=str(table.folder / key) if key else "",
        allow_plain_http=table.flag("allow_plain_http", False),
        most=table.whole("most", builtin.most, 1, 1_000_000),
        channels=channels,
    )
    if bool(cert) != bool(key):
        table.wrong("relay_tls", "tls_cert" if cert else "tls_key")
    elif not cert and not settings.allow_plain_http and not is_loopback(settings.host):
        table.wrong("relay_plain", "host")
    return settings


def _usual_data() -> str:
    """The default data folder.

    It is `relay-data` beside the settings file, or `relay` inside the folder that the systemd unit allows to write.
    """
    folder = os.environ.get(DATA, "")
    return str(Path(folder, "relay")) if folder else "relay-data"


def _channel(table: SettingsTable, taken_ids: dict[str, int]) -> ReceiverSettings:
    builtin = ReceiverSettings(id="", url="")
    channel = ReceiverSettings(
        id=table.unique_id("id", taken_ids),
        url=table.secret("url", None),
        rate=table.text("rate"),
        timeout=table.duration("timeout", 15.0, "100ms", "1m"),
        to=table.text("to"),
        reserve=builtin.reserve,
    )
    table.done()
    if channel.id and channel.url:
        try:
            compile_receiver(channel, SiteDefaults()).close()
        except ReceiverError as error:
            table.wrong("receiver", "url", detail=error.message)
    return channel


def run(path: Path) -> int:
    """Run the relay until SIGTERM. Returns the exit code."""
    settings = load_relay(path)
    logs.setup("relay")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(settings))
    except StoreRefused as error:
        log.error("%s", error)
        return REFUSED
    except OSError as error:
        log.error("the relay cannot listen on %s:%d: %s", settings.host, settings.port, error)
        return 1
    return 0


async def _run(settings: RelaySettings) -> None:
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    journal = Journal(sqlite_url(settings.data), "relay")
    await journal.open()
    work = asyncio.current_task()
    assert work is not None, "a coroutine runs in a task"
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        await Relay(settings, journal).run()
    except asyncio.CancelledError:
        log.info("stopped")
    finally:
        await journal.close()

"""`watchfloor relay`: findings on its settings file, and the relay as a process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.ports import free_port
from watchfloor.settings.findings import SettingsError
from watchfloor.tools.relay import load_relay

GOOD = """[relay]
secret = "0123456789abcdef"
port = {port}
[[channel]]
id = "wecom"
url = "wecombot://0123456789abcdef-0123"
rate = "20/min"
"""


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "relay.toml"
    path.write_text(text)
    return path


def test_valid_settings_load_their_channels_and_hide_their_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WATCHFLOOR_DATA", raising=False)
    settings = load_relay(file(tmp_path, GOOD.format(port=8443)))
    assert [channel.id for channel in settings.channels] == ["wecom"]
    assert settings.data == tmp_path / "relay-data"
    assert "0123456789abcdef" not in repr(settings)


def test_the_data_folder_is_inside_the_folder_that_the_unit_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHFLOOR_DATA", "/var/lib/watchfloor")
    text = GOOD.format(port=8443)
    assert load_relay(file(tmp_path, text)).data == Path("/var/lib/watchfloor/relay")
    assert load_relay(file(tmp_path, text.replace("port", 'data = "/srv/relay"\nport'))).data == Path("/srv/relay")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"0123456789abcdef"', '"short"', "secret_short"),
        ('secret = "0123456789abcdef"\n', "", "missing"),
        ("port = 1", "prot = 1", "unknown_key"),
        ("wecombot://", "nonsense://", "receiver"),
        ('"20/min"', '"often"', "receiver"),
        ("port = 1", 'host = "0.0.0.0"', "relay_plain"),
        ("port = 1", 'tls_cert = "a.pem"', "relay_tls"),
        ("[relay]", "[relay", "toml"),
        ('url = "wecombot://0123456789abcdef-0123"', 'url = "env:NOT_SET_AT_ALL"', "reference_env"),
    ],
)
def test_each_invalid_setting_gives_a_finding_without_the_secret(tmp_path: Path, old: str, new: str, code: str) -> None:
    text = GOOD.format(port=1).replace(old, new)
    with pytest.raises(SettingsError) as raised:
        load_relay(file(tmp_path, text))
    assert raised.value.findings[0].code == code
    assert "0123456789abcdef" not in str(raised.value)


def test_the_relay_process_listens_and_stops_on_sigterm(tmp_path: Path) -> None:
    port = free_port()
    path = file(tmp_path, GOOD.format(port=port))
    command = [sys.executable, "-m", "watchfloor", "relay", "-c", str(path)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
    assert (tmp_path / "relay-data").stat().st_mode & 0o077 == 0

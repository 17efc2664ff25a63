"""Logs: one JSON object a line for machines, plain lines for people, and a secret in neither."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from feeds.masking import MASK, masked
from watchfloor.runtime import logs

SECRET = "Zq7-9wK"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    "text",
    [
        f"cannot reach redis://:{SECRET}@10.0.0.5:6379/0: refused",
        f"postgresql+asyncpg://watchfloor:{SECRET}@db/watchfloor timed out",
        f"GET http://h/a?token={SECRET}&x=1",
        f"password={SECRET}",
        f'{{"password": "{SECRET}"}}',
        f"auth_key: {SECRET}",
        f"community='{SECRET}'",
        f"Authorization: Bearer {SECRET}{SECRET}",
        f"unix:///run/v.sock?password={SECRET}",
    ],
)
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_secret_that_a_library_says_is_masked(
    text: str, form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(logs.FORM, form)
    logs.setup("collect")
    try:
        raise OSError(text)
    except OSError as error:
        logging.getLogger("x").exception("it said: %s", error, extra={"detail": text, "cause": error})
    log_text = capsys.readouterr().err
    assert SECRET not in log_text
    assert MASK in log_text


@pytest.mark.parametrize(
    "text",
    [
        "probe lost tcp://10.0.0.1:22: refused",
        "user@host",
        "see https://example.cn/a@b?page=2",
        "tokens: 3 left of 5",
        "http://127.0.0.1:8050/api/v1/live",
        "Basic Constraints of CA cert not marked critical",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert masked(text) == text


def test_a_json_line_has_its_fields(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(logs.FORM, "json")
    logs.setup("alert")
    logging.getLogger("feeds.engine").warning("告警: %s", "二", extra={"asset": "x1", "n": 3})
    (line,) = capsys.readouterr().err.splitlines()
    log_record = json.loads(line)
    assert log_record.pop("at")
    assert log_record == {
        "level": "warning",
        "role": "alert",
        "logger": "feeds.engine",
        "text": "告警: 二",
        "asset": "x1",
        "n": 3,
    }


def test_a_person_reads_plain_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(logs.FORM, "console")
    logs.setup("alert")
    logging.getLogger("x").info("ready")
    assert capsys.readouterr().err.rstrip().endswith(" I alert: ready")

"""The media type for Zabbix: its script, run like in Zabbix, sends requests that the endpoint accepts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

from api.ingest import zabbix
from tests.patience import PATIENCE

TEXT = (Path(__file__).parents[2] / "deploy" / "zabbix" / "watchfloor_media_type.yaml").read_text(encoding="utf-8")
MACROS = {
    "{EVENT.ID}": "12",
    "{TRIGGER.ID}": "900",
    "{HOST.HOST}": "core-sw",
    "{HOST.IP}": "10.1.1.1",
    "{EVENT.NAME}": 'CPU "93%"',
    "{EVENT.NSEVERITY}": "4",
    "{EVENT.VALUE}": "1",
    "{EVENT.DATE}": "2026.11.22",
    "{EVENT.TIME}": "10:39:48",
    "{EVENT.TAGSJSON}": '[{"tag":"scope","value":"perf"}]',
}
FAKE = """
function HttpRequest() {{ this.headers = []; }}
HttpRequest.prototype.addHeader = function (one) {{ this.headers.push(one); }};
HttpRequest.prototype.getStatus = function () {{ return {status}; }};
HttpRequest.prototype.post = function (url, body) {{
  console.log(JSON.stringify({{url: url, body: body, headers: this.headers}}));
  return "answer";
}};
(function (value) {{ {script} }})({value});
"""


def parameters() -> dict[str, str]:
    """Name and macro of each parameter."""
    section = TEXT.partition("parameters:")[2].partition("script:")[0]
    return dict(re.findall(r"- name: (\w+)\n\s+value: '(.*)'", section))


def script() -> str:
    return textwrap.dedent(TEXT.partition("script: |\n")[2].partition("      max_sessions")[0])


def ran(values: dict[str, str], status: int = 202) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node here")
    text = FAKE.format(status=status, script=script(), value=json.dumps(json.dumps(values)))
    return subprocess.run([node, "-e", text], capture_output=True, text=True, timeout=PATIENCE, check=False)


def filled_parameters() -> dict[str, str]:
    values = {name: MACROS.get(macro, macro) for name, macro in parameters().items()}
    return values | {"watchfloor_url": "https://watchfloor.example/api/v1/ingest/zabbix", "watchfloor_token": "t0k"}


def test_every_field_that_the_endpoint_reads_is_a_parameter() -> None:
    assert set(zabbix.ZabbixEvent.__struct_fields__) == parameters().keys() - {"watchfloor_url", "watchfloor_token"}


def test_the_script_sends_what_the_endpoint_understands_and_keeps_the_token_out_of_the_body() -> None:
    sent = json.loads(ran(filled_parameters()).stdout)
    assert "Authorization: Bearer t0k" in sent["headers"]
    assert "t0k" not in sent["body"]
    (report,), findings = zabbix.taken(sent["body"].encode(), 0.0, timezone="Asia/Shanghai")
    assert findings == []
    assert (report.asset, report.address, report.title["en"]) == ("core-sw", "10.1.1.1", 'CPU "93%"')
    assert (report.labels["scope"], report.at, report.url) == ("perf", 1795315188.0, "")


def test_the_script_fails_so_that_zabbix_tries_again() -> None:
    assert "Watchfloor answered 503" in ran(filled_parameters(), 503).stderr
    assert "must begin with https" in ran({**filled_parameters(), "watchfloor_url": "javascript:x"}).stderr

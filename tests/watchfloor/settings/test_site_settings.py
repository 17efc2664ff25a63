"""watchfloor.toml: what it may say, what it becomes, and what is said about mistakes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.rulebook.forms import InvalidRule
from alerts.rulebook.forms import read as read_rule
from feeds.findings import Finding, InFile
from feeds.model import Severity
from watchfloor.settings.site_settings import Settings, SettingsError, load, read
from watchfloor.settings.texts import TEXTS

SITE = '[site]\nname = "楚雄州"\nregion = "532300"\n'

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str) -> Path:
        path = tmp_path / "watchfloor.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


@pytest.fixture
def good(write: Write) -> Callable[[str], Settings]:
    """Loads SITE (3 lines) and what follows it."""
    return lambda text: load(write(SITE + text))


@pytest.fixture
def only(write: Write) -> Callable[[str], Finding[InFile]]:
    """The one finding about SITE (3 lines) and what follows it."""

    def find(text: str) -> Finding[InFile]:
        (finding,) = read(write(SITE + text)).findings
        return finding

    return find


def test_a_small_file_has_sensible_defaults(good: Callable[[str], Settings], tmp_path: Path) -> None:
    settings = good("")
    assert (settings.site.name, settings.site.timezone, settings.site.language) == ("楚雄州", "Asia/Shanghai", "zh-CN")
    assert settings.data == tmp_path / "data"
    assert (settings.redis_url, settings.journal_url) == ("embedded", "embedded")
    assert (settings.web.host, settings.web.port, settings.web.demo) == ("127.0.0.1", 8050, False)
    assert {settings.scheme("tcp").interval, settings.scheme("http").interval} == {10.0}
    assert (settings.scheme("tcp").timeout, settings.scheme("tcp").attempts) == (2.0, 3)


def test_a_full_file_becomes_the_settings_of_every_package(good: Callable[[str], Settings], tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("hunter2\n", encoding="utf-8")
    settings = good(
        """
        data = "var/x"
        inventory = ["assets.csv", "more.geojson"]
        language = "en"
        [redis]
        url = "redis://localhost:6379/1"
        [credentials.core-v3]
        kind = "snmpv3"
        user = "watch"
        auth_key = "file:key.txt"
        [defaults."tcp"]
        interval = "2s"
        timeout = "500ms"
        retries = 0
        [[source]]
        id = "cma"
        kind = "emergency.cap"
        url = "http://127.0.0.1/atom.xml"
        interval = "30s"
        heartbeat = "10m"
        [[rule]]
        id = "link-down"
        when = "health == 'down'"
        for = "10s"
        severity = "critical"
        title = { zh-CN = "断", en = "Down" }
        [[receiver]]
        id = "desk"
        url = "json://127.0.0.1:9000/"
        severities = ["critical"]
        """
    )
    assert settings.data == tmp_path / "var/x"
    assert settings.inventory == (tmp_path / "assets.csv", tmp_path / "more.geojson")
    assert settings.credentials["core-v3"].values == {"user": "watch", "auth_key": "hunter2"}
    assert (settings.scheme("tcp").interval, settings.scheme("tcp").timeout, settings.scheme("tcp").attempts) == (
        2,
        0.5,
        1,
    )
    (source,) = settings.sources
    assert (source.id, source.interval, source.heartbeat, source.region) == ("cma", 30.0, 600.0, "532300")
    (rule,) = settings.rules
    assert (rule.hold, rule.recover_for, rule.severity, rule.over) == (10.0, 10.0, Severity.CRITICAL, "asset")
    assert rule.title == {"zh-CN": "断", "en": "Down"}
    (receiver,) = settings.receivers
    assert receiver.severities == (Severity.CRITICAL,)


def test_a_listener_has_rules_several_credentials_and_none_of_a_feeds_settings(write: Write, tmp_path: Path) -> None:
    text = (
        SITE
        + """
[credentials.a]
kind = "snmpv2c"
community = "x"
[credentials.b]
kind = "snmpv2c"
community = "y"
[[source]]
id = "traps"
kind = "network.traps"
url = "udp://0.0.0.0:1162"
cred = "a b"
[[source]]
id = "log"
kind = "network.syslog"
url = "udp://0.0.0.0:1514"
[[source.rule]]
id = "door"
raise = 'door open'
clear = ['door closed', 'door shut']
lasts = "1h"
severity = "major"
title = "门"
"""
    )
    traps, log = load(write(text)).sources
    assert traps.cred.split() == ["a", "b"]
    (rule,) = log.rule
    assert (rule.raises, rule.clears) == (("door open",), ("door closed", "door shut"))
    assert (rule.lasts, rule.severity, rule.title["en"]) == (3600.0, Severity.MAJOR, "门")
    wrong = text.replace('cred = "a b"', 'cred = "a c"').replace("raise = 'door open'", "raise = '('")
    findings = read(write(wrong + 'interval = "1s"\n')).findings
    assert {(finding.where.key, finding.code) for finding in findings} == {
        ("source[1].cred", "cred_unknown"),
        ("source[2].url", "source"),
        ("source[2].rule[1].interval", "unknown_key"),
    }


def test_reference_targets_are_probes_that_can_be_asked(write: Write) -> None:
    good = load(write(SITE + '[collect]\nreference = ["icmp://10.0.0.1", "tcp://10.0.0.2:22"]\n'))
    assert good.reference == ("icmp://10.0.0.1", "tcp://10.0.0.2:22")
    for bad in ('["gopher://h"]', '["heartbeat:?every=5m"]', '["tcp://h"]', '"icmp://h"'):
        (finding,) = read(write(SITE + f"[collect]\nreference = {bad}\n")).findings
        assert finding.where.key == "collect.reference"


def test_secrets_never_show_in_repr_nor_in_findings(write: Write) -> None:
    draft = read(
        write(
            SITE + '[redis]\nurl = "redis://:hunter2@h/0"\n[credentials.a]\nkind = "password"\nuser = "u"\n'
            'password = "hunter2"\npasword = "hunter2"\n[[receiver]]\nid = "d"\nurl = "http://u:hunter2@h/"\n'
        )
    )
    assert draft.settings is not None
    assert [finding.where.line for finding in draft.findings] == [10, 13]
    assert "hunter2" not in repr(draft)
    assert draft.settings.redis_url == "redis://:hunter2@h/0"


def test_a_syntax_error_in_a_secret_does_not_show_it(write: Write) -> None:
    (finding,) = read(write(SITE + '[credentials.a]\npassword = "hunter2\n')).findings
    assert (finding.code, finding.where.line, finding.value) == ("toml", 5, "password = …")


def test_environment_references_are_resolved(good: Callable[[str], Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFLOOR_TEST_TOKEN", "hunter2")
    settings = good('[credentials.t]\nkind = "token"\ntoken = "env:WATCHFLOOR_TEST_TOKEN"\n')
    assert settings.credentials["t"].values == {"token": "hunter2"}


RULE = '[[rule]]\nid = "r"\nwhen = "health == \'down\'"\n'
SOURCE = '[[source]]\nid = "s"\nkind = "emergency.cap"\nurl = "http://127.0.0.1/a"\n'
TOKEN = '[credentials.t]\nkind = "token"\n'
STEP = """[[receiver]]
id = "d"
url = "json://h/"
[[escalation]]
id = "e"
[[escalation.step]]
who = ["receiver:d"]
after = "0s"
"""
RECEIVER = '[[receiver]]\nid = "d"\n'


@pytest.mark.parametrize(
    ("text", "code", "line", "key"),
    [
        ("timezone = 8\n", "wrong_type", 4, "site.timezone"),
        ('timezone = "Mars/Base"\n', "timezone", 4, "site.timezone"),
        ('timezone = "Asia/Chuxiong"\n', "timezone", 4, "site.timezone"),
        ('language = "fr"\n', "choice", 4, "site.language"),
        ('inventory = "assets.csv"\n', "wrong_type", 4, "site.inventory"),
        ('inventory = ["assets.xlsx"]\n', "inventory_kind", 4, "site.inventory"),
        ('timzone = "Asia/Shanghai"\n', "unknown_key", 4, "site.timzone"),
        ("[wbe]\n", "unknown_key", 4, "wbe"),
        ("web = 1\n", "unknown_key", 4, "site.web"),
        ('[redis]\nurl = "http://h"\n', "url", 5, "redis.url"),
        ('[redis]\nurl = "redis+sentinel://h"\n', "url", 5, "redis.url"),
        ('[redis]\nurl = "redis+cluster://h,"\n', "url", 5, "redis.url"),
        ('[redis]\nurl = "unix:///run/redis.sock"\n', "not_supported", 5, "redis.url"),
        ('[redis]\nurl = "env:WATCHFLOOR_NOT_SET"\n', "reference_env", 5, "redis.url"),
        ('[journal]\nurl = "mysql://h"\n', "url", 5, "journal.url"),
        ("[web]\nport = 65536\n", "number_range", 5, "web.port"),
        ("[web]\nport = true\n", "wrong_type", 5, "web.port"),
        ('[web]\nport = "8050"\n', "wrong_type", 5, "web.port"),
        ('[web]\nhost = "0.0.0.0"\n', "plain_http", 5, "web.host"),
        ('[web]\nhost = "0.0.0.0"\nallow_plain_http = true\ndemo = true\n', "demo_off_loopback", 7, "web.demo"),
        ('[credentials.a]\nkind = "snmp"\n', "choice", 5, "credentials.a.kind"),
        (TOKEN, "missing", 4, "credentials.t.token"),
        (TOKEN + 'token = ""\n', "empty", 6, "credentials.t.token"),
        (TOKEN + 'token = "file:nowhere"\n', "reference_file", 6, "credentials.t.token"),
        (TOKEN + 'token = "x"\ntokn = "y"\n', "unknown_key", 7, "credentials.t.tokn"),
        ('[defaults."tcp"]\ninterval = 10\n', "duration_form", 5, "defaults.tcp.interval"),
        ('[defaults."tcp"]\ninterval = "10"\n', "duration_form", 5, "defaults.tcp.interval"),
        ('[defaults."tcp"]\ninterval = "-5s"\n', "duration_form", 5, "defaults.tcp.interval"),
        ('[defaults."tcp"]\ninterval = "0s"\n', "duration_range", 5, "defaults.tcp.interval"),
        ('[defaults."tcp"]\nretries = -1\n', "number_range", 5, "defaults.tcp.retries"),
        ('[defaults."tcp"]\nretries = 2\nattempts = 3\n', "retries_twice", 6, "defaults.tcp.attempts"),
        ('[defaults."tpc"]\n', "unknown_key", 4, "defaults.tpc"),
        (SOURCE + SOURCE, "id_twice", 9, "source[2].id"),
        (SOURCE.replace(".cap", ".cpa"), "choice", 6, "source[1].kind"),
        (SOURCE + 'heartbeat = "30s"\n', "heartbeat_short", 8, "source[1].heartbeat"),
        (SOURCE + 'cred = "x"\n', "cred_unknown", 8, "source[1].cred"),
        (SOURCE + 'profile = "cn"\n', "choice", 8, "source[1].profile"),
        (SOURCE.replace("http:", "ftp:"), "source", 7, "source[1].url"),
        (SOURCE + 'mode = "loose"\n', "choice", 8, "source[1].mode"),
        (SOURCE + 'region = "5323"\n', "region_form", 8, "source[1].region"),
        ('[[rule]]\nid = "r"\n', "missing", 4, "rule[1].when"),
        (RULE.replace('"r"', '"a b"'), "id_form", 5, "rule[1].id"),
        (RULE + 'over = "camera"\n', "choice", 7, "rule[1].over"),
        (RULE + 'severity = "crit"\n', "choice", 7, "rule[1].severity"),
        (RULE + "severity = []\n", "severity_list", 7, "rule[1].severity"),
        (RULE + 'severity = [{severity = "minor"}, {severity = "major"}]\n', "severity_list", 7, "rule[1].severity"),
        (RULE + 'severity = [{when = "true"}]\n', "missing", 7, "rule[1].severity[1].severity"),
        (RULE + 'severity = [{severity = "minor", above = 3}]\n', "unknown_key", 7, "rule[1].severity[1].above"),
        (RULE + 'for = "soon"\n', "duration_form", 7, "rule[1].for"),
        (RULE + 'recover_for = "9s"\n', "recover_short", 7, "rule[1].recover_for"),
        (RULE + 'recover_for = "0s"\n', "recover_short", 7, "rule[1].recover_for"),
        (RULE + 'title = { fr = "x" }\n', "unknown_key", 7, "rule[1].title.fr"),
        (RECEIVER, "missing", 4, "receiver[1].url"),
        (RECEIVER + 'url = "ftp://h"\n', "url", 6, "receiver[1].url"),
        (RECEIVER + 'url = "json://h/"\nseverities = ["bad"]\n', "choice", 7, "receiver[1].severities"),
        (RECEIVER + 'url = "json://h/"\nseverities = []\n', "empty", 7, "receiver[1].severities"),
        (RECEIVER + 'url = "json://h/"\nrate = "20 a minute"\n', "receiver", 6, "receiver[1].url"),
        (RECEIVER + 'url = "sms+http://h/"\n', "receiver", 6, "receiver[1].url"),
        (RECEIVER + 'url = "relay://short@h/wecom"\n', "receiver", 6, "receiver[1].url"),
        (RECEIVER + 'url = "json://h/"\nfeeds = ["net"]\n', "choice", 7, "receiver[1].feeds"),
        (RECEIVER + 'url = "json://h/"\nregions = ["5323"]\n', "region_form", 7, "receiver[1].regions"),
        (RECEIVER + 'url = "json://h/"\n[receiver.templates]\ntext = "{secret}"\n', "receiver", 6, "receiver[1].url"),
        ('[[escalation]]\nid = "e"\n', "escalation", 4, "escalation[1].step"),
        (STEP + 'repeat = "5m"\n', "escalation", 12, "escalation[1].step[1].repeat"),
        (STEP + "times = 50\n", "escalation", 12, "escalation[1].step[1].times"),
        (STEP + 'channels = ["d"]\nrepeat = "x"\n', "duration_form", 13, "escalation[1].step[1].repeat"),
        (STEP.replace('receiver:d"]', 'all"]\nchannels = ["d"]'), "escalation", 10, "escalation[1].step[1].who"),
        (STEP.replace("receiver:d", "duty"), "escalation", 9, "escalation[1].step[1].channels"),
        (STEP + '[[escalation.step]]\nwho = ["receiver:d"]\n', "escalation", 12, "escalation[1].step[2].after"),
        ("[rule]\n", "wrong_type", 4, "rule"),
    ],
)
def test_every_mistake_is_told_with_its_line_and_mend(
    only: Callable[[str], Finding[InFile]], text: str, code: str, line: int, key: str
) -> None:
    finding = only(text)
    assert (finding.code, finding.where.line, finding.where.key, finding.where.file) == (
        code,
        line,
        key,
        "watchfloor.toml",
    )
    assert finding.error
    assert all(finding.message[language] and finding.mend[language] for language in ("zh-CN", "en"))


def test_the_nearest_known_word_is_proposed(only: Callable[[str], Finding[InFile]]) -> None:
    assert '"timezone"' in only('timzone = "Asia/Shanghai"\n').mend["en"]


def test_a_scheme_of_later_is_a_remark_and_not_an_error(good: Callable[[str], Settings]) -> None:
    assert good('[defaults."snmp"]\ninterval = "30s"\n').scheme("snmp").interval == 30.0


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(write: Write) -> None:
    path = write('[web]\nport = -1\n[site]\nname = ""\nregoin = "532300"\n' + RULE + "fro = 1\n")
    with pytest.raises(SettingsError) as caught:
        load(path)
    assert [(finding.where.line, finding.code) for finding in caught.value.findings] == [
        (2, "number_range"),
        (3, "missing"),
        (4, "empty"),
        (5, "unknown_key"),
        (9, "unknown_key"),
    ]
    assert 'watchfloor.toml:5: site.regoin = "532300"' in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "code", "line"),
    [
        (b'[site]\nname = "x\n', "toml", 2),
        (b"[site\n", "toml", 1),
        (b"[site]\nlist = [1,\n", "toml", 2),
        ('[site]\nname = "楚雄"\n'.encode("gb18030"), "file_encoding", 2),
    ],
)
def test_what_is_no_toml_is_told_by_line(tmp_path: Path, raw: bytes, code: str, line: int) -> None:
    path = tmp_path / "watchfloor.toml"
    path.write_bytes(raw)
    (finding,) = read(path).findings
    assert (finding.code, finding.where.line) == (code, line)


def test_a_missing_file_is_a_finding(tmp_path: Path) -> None:
    (finding,) = read(tmp_path / "no.toml").findings
    assert finding.code == "file_missing"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "watchfloor.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SITE.replace("\n", "\r\n").encode())
    assert load(path).site.name == "楚雄州"


@pytest.mark.parametrize(
    ("defaults", "rule", "expected"),
    [
        ("", "", 10.0),
        ("", 'for = "30s"\n', 30.0),
        ('[defaults."tcp"]\ninterval = "2s"\n', "", 2.0),
        ('[defaults."tcp"]\ninterval = "2s"\n', 'recover_for = "2s"\n', 2.0),
        ("", 'over = "warning"\n', 0.0),
        ("", 'over = "source"\nfor = "5s"\nrecover_for = "0s"\n', 0.0),
    ],
)
def test_recovery_takes_as_long_as_raising_and_at_least_one_sample(
    good: Callable[[str], Settings], defaults: str, rule: str, expected: float
) -> None:
    assert good(defaults + RULE + rule).rules[0].recover_for == expected


SLOW = '[defaults."icmp"]\ninterval = "60s"\n[defaults."sql+mysql"]\ninterval = "30s"\n'


@pytest.mark.parametrize(
    ("when", "least"),
    [
        ("m['icmp.loss'] > 5", 60.0),
        ("m['sql.ms'] > 5", 10.0),  # PostgreSQL's is the same family
        ("m['icmp.loss'] > 5 || m['tcp.up'] == false", 10.0),
        ("m['icmp.loss'] > 5 && health == 'down'", 10.0),
        ("m['river.level'] > 3.5", 10.0),  # any probe may be the one
    ],
)
def test_the_bound_of_recovery_is_a_sample_of_the_readings_that_the_rule_uses(
    good: Callable[[str], Settings], when: str, least: float
) -> None:
    settings = good(f'{SLOW}[[rule]]\nid = "r"\nwhen = "{when}"\n')
    assert settings.rules[0].recover_for == least
    fields = {"id": "r", "when": when, "recover_for": least - 1}
    with pytest.raises(InvalidRule) as refused:
        read_rule(fields, settings.sample)
    assert refused.value.code == "recover_short"
    assert read_rule(fields | {"recover_for": least}, settings.sample).settings.recover_for == least


def test_one_title_serves_both_languages_and_a_missing_one_takes_the_others(good: Callable[[str], Settings]) -> None:
    assert good(RULE + 'title = "断"\n').rules[0].title == {"zh-CN": "断", "en": "断"}
    assert good(RULE + '[rule.title]\nen = "Down"\n').rules[0].title == {"zh-CN": "Down", "en": "Down"}
    assert good(RULE).rules[0].title == {}


def test_a_certificate_without_its_key_and_one_that_is_none(
    tmp_path: Path, only: Callable[[str], Finding[InFile]]
) -> None:
    for name in ("a.pem", "b.pem"):
        (tmp_path / name).write_text("no certificate", encoding="utf-8")
    assert only('[web]\ntls_cert = "a.pem"\n').code == "tls_half"
    assert only('[web]\ntls_cert = "a.pem"\ntls_key = "b.pem"\n').code == "tls_broken"
    assert only('[web]\ntls_cert = "none.pem"\ntls_key = "b.pem"\n').code == "path_missing"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[silence]]\nid = "s"\n', "/api/v1/silences"),
        ('[[maintenance]]\nid = "m"\n', "/api/v1/maintenance"),
        ('[roster]\nfile = "roster.csv"\n', "/api/v1/roster"),
        ('[profiles]\nfolder = "p"\n', "profiles/NAME.toml"),
        ('[defaults.opc.tcp]\ninterval = "10s"\n', '[defaults."opc.tcp"]'),
        ('[credentials.a]\nkind = "password"\nuser = "u"\npassword = "p"\nquery.b = "SELECT 1"\n', '"query.NAME"'),
    ],
)
def test_what_stands_elsewhere_is_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "watchfloor.toml"
    file.write_text(f'[site]\nname = "x"\nregion = "532300"\n{text}', encoding="utf-8")
    [finding] = read(file).findings
    assert finding.code == "unknown_key"
    assert words in finding.mend["en"]


def test_every_text_is_there_in_both_languages() -> None:
    assert all(len(entry) == 4 and all(entry) for entry in TEXTS.values())


@pytest.mark.parametrize(
    ("proxies", "fine"), [('["127.0.0.1", "10.0.0.0/24", "::1"]', True), ('["proxy.local"]', False)]
)
def test_proxies_are_addresses_or_networks(tmp_path: Path, proxies: str, fine: bool) -> None:
    file = tmp_path / "watchfloor.toml"
    file.write_text(f'[site]\nname = "x"\nregion = "532300"\n[web]\ntrusted_proxies = {proxies}\n')
    codes = [finding.code for finding in read(file).findings]
    assert codes == ([] if fine else ["proxy_form"])


def test_targets_and_the_bounds_of_waiting_are_settings(tmp_path: Path) -> None:
    file = tmp_path / "watchfloor.toml"
    file.write_text(
        '[site]\nname = "x"\nregion = "532300"\n[load]\nmtta = "10m"\n[root_cause]\nlongest = "30s"\nunprobed = "0s"\n'
    )
    settings = load(file)
    assert (settings.load.mtta, settings.load.mttr) == (600.0, 0.0)
    assert (settings.root_cause.longest, settings.root_cause.unprobed) == (30.0, 0.0)
    file.write_text(file.read_text().replace("30s", "30m").replace("10m", "10"))
    codes = {finding.where.key: finding.code for finding in read(file).findings}
    assert codes == {"load.mtta": "duration_form", "root_cause.longest": "duration_range"}

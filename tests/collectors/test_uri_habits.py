"""URIs as newcomers write them: refused with the form that is meant."""

from __future__ import annotations

import pytest

from collectors import registry
from collectors.errors import Misconfigured
from collectors.settings import Credential

READER = {"reader": Credential(name="reader", kind="password", values={"user": "watch", "password": "secret"})}


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("icmp://10.0.0.300", "10.0.0.300 is no IPv4 address"),
        ("icmp://10.0.0.1/24", "icmp has no path; leave out /24"),
        ("icmp://10.0.0.1;tcp://10.0.0.1:22", "divided by a blank"),
        ("icmp://10.0.0.1?interval=5s", 'interval stands in [defaults."icmp"]'),
        ("tcp://10.0.0.1:22/ssh", "tcp has no path"),
        ("snmp://10.0.0.1/public", "snmp has no path"),
        ("snmp://10.0.0.1?community=public", "set [credentials.NAME], write cred=NAME"),
        ("mqtt://10.0.0.1/river/#", "write %23"),
        ("opc.tcp://10.0.0.1:4840?node=i=2258&node=i=2259", "node is given twice"),
        ("dns://10.0.0.1/www.example.cn?expect=www2.example.cn", "no address of type=A; a name wants type=CNAME"),
        ("dns://10.0.0.1/www.example.cn?type=AAAA&expect=10.0.0.1", "no address of type=AAAA"),
        ("ping://10.0.0.1", "did you mean 'icmp'"),
        ("sql+mariadb://10.0.0.1/documents", "did you mean 'sql+mysql'"),
        ("postgresql://10.0.0.1/cases", "did you mean 'sql+postgresql'"),
        ("sql+postgresql://10.0.0.1/cases?cred=reader&query=backlog", '"query.backlog"'),
    ],
)
def test_the_refusal_names_the_form_that_is_meant(uri: str, words: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        registry.target_of(uri, credentials=READER)
    assert words in refused.value.en
    assert refused.value.zh != refused.value.en


@pytest.mark.parametrize(
    "uri",
    [
        "https://10.0.0.1/portal#/login",
        "icmp://watch_1.example.cn/",
        "icmp://%E6%A5%9A%E9%9B%84.cn",
        "tcp://[fe80::1%25eth0]:22",
        "dns://10.0.0.1/example.cn?type=MX&expect=10 mail.example.cn.",
        "rtsp://10.0.0.1/live?channel=1&channel=2",
        "sql+postgresql://10.0.0.1/cases?cred=reader&query=connections",
    ],
)
def test_what_is_right_stays_right(uri: str) -> None:
    assert registry.target_of(uri, credentials=READER).uri == uri

"""What an HTTP probe can look at beyond the status."""

from __future__ import annotations

import pytest

from collectors.errors import Misconfigured, NotReady
from collectors.network.http import checks
from feeds.model import Quality, Value
from tests.collectors.network.loopback import target_of

BODY = b'{"queue": {"length": 3, "a b": [true, null, "\xe6\xad\xa3\xe5\xb8\xb8"]}, "big": 1e400}'


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.queue.length", 3),
        ("queue.length", 3),
        ("$['queue']['a b'][0]", True),
        ('$.queue["a b"][-1]', "正常"),
        ("$.queue['a b'][1]", None),
        ("$.queue['a b']", '[true, null, "正常"]'),
        ("$.big", None),
    ],
)
def test_a_path_finds_its_value(path: str, value: Value) -> None:
    target = target_of("http://h/")
    target.params["json"] = path
    measurements = checks.judge_json(target, BODY, whole=True)
    assert (measurements[0].metric, measurements[0].value) == ("http.value", value)
    assert measurements[0].quality is (Quality.UNCERTAIN if value is None else Quality.GOOD)


@pytest.mark.parametrize("path", ["$.", "$..a", "$.a[*]", "$[?@.x]", "$.a[1:2]", "$.a b", "$.a['x", "$" + ".a" * 40])
def test_a_path_that_is_not_known_is_refused(path: str) -> None:
    with pytest.raises(Misconfigured):
        checks.json_path(path)


@pytest.mark.parametrize(
    ("body", "whole", "message"),
    [
        (b"<html>", True, "no readable JSON"),
        (b"[" * 100_000, True, "no readable JSON"),
        (BODY, False, "no readable JSON"),
        (b"{}", True, r"has no \$.queue.length"),
        (b'{"queue": []}', True, "has no"),
        (b"\xff", True, "no readable JSON"),
    ],
)
def test_a_wrong_answer_says_what_is_wrong(body: bytes, whole: bool, message: str) -> None:
    with pytest.raises(NotReady, match=message):
        checks.judge_json(target_of("http://h/?json=$.queue.length"), body, whole)


def test_the_expected_value_is_compared_as_text() -> None:
    fine = target_of("http://h/?json=$.queue.length&json_expect=3&metric=queue.length&unit=1")
    assert checks.judge_json(fine, BODY, whole=True)[0].metric == "queue.length"
    with pytest.raises(NotReady, match="is 3, not 0") as caught:
        checks.judge_json(target_of("http://h/?json=$.queue.length&json_expect=0"), BODY, whole=True)
    assert caught.value.measurements[0].value == 3


@pytest.mark.parametrize(
    "query",
    [
        "json=$..a",
        "json_expect=1",
        "metric=a.b",
        "warn=soon",
        "redirects=11",
        "redirects=x",
        "proxy=http://u:p@h:1",
        "proxy=socks5://h:1",
        "proxy=http://h",
        "json=a&metric=a.up",
        "proxy=http://h:99999",
    ],
)
def test_a_parameter_that_cannot_work_is_refused(query: str) -> None:
    with pytest.raises(Misconfigured):
        checks.validate(target_of(f"http://h/?{query}"))


def test_good_parameters_pass() -> None:
    target = target_of("https://h/?json=$.a&json_expect=1&warn=30d&redirects=3&proxy=http%3A%2F%2F10.0.0.9%3A3128")
    checks.validate(target)
    assert checks.redirects(target) == 3
    assert checks.proxy(target) == "http://10.0.0.9:3128"
    assert checks.proxy(target_of("http://h/")) is None


@pytest.mark.parametrize(
    ("current", "location", "leads"),
    [
        ("http://h/a/b", "c", "http://h/a/c"),
        ("http://h/a", "/x?q=1#f", "http://h/x?q=1"),
        ("http://h/", "https://h/", "https://h/"),
        ("https://h/", "//other/x", "https://other/x"),
    ],
)
def test_a_redirect_leads_on(current: str, location: str, leads: str) -> None:
    assert checks.next_url(current, location) == leads


@pytest.mark.parametrize(
    ("current", "location"),
    [
        ("https://h/", "http://h/"),
        ("http://h/", "file:///etc/passwd"),
        ("http://h/", "http://u:p@h/"),
        ("http://h/", "http://["),
    ],
)
def test_a_dangerous_redirect_is_not_followed(current: str, location: str) -> None:
    with pytest.raises(NotReady):
        checks.next_url(current, location)


def test_credentials_stay_within_one_origin() -> None:
    assert checks.same_origin("https://h/a", "https://h:443/b")
    assert not checks.same_origin("https://h/", "https://h:8443/")
    assert not checks.same_origin("http://h/", "https://h/")


def test_plain_http_has_no_certificate() -> None:
    assert checks.certificate(None, 0.0, 1.0) == []

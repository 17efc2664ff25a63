"""URLs of the bus: accepted forms, rejected ones, and no secrets in error messages."""

from __future__ import annotations

import pytest

from feeds.bus.url import CLUSTER, SENTINEL, Replicated, parse, shown


@pytest.mark.parametrize("url", ["redis://h:6379/0", "rediss://h", "unix:///run/x.sock", "embedded", ""])
def test_a_single_server_is_left_to_the_client_library(url: str) -> None:
    assert parse(url) is None


def test_a_sentinel_set_is_its_sentinels_its_service_and_two_passwords() -> None:
    parsed = parse("redis+sentinel://watch:p%40ss@s1:26380,s2,[::1]:26381/city?sentinel_password=a%2Fb&wait=2")
    assert parsed == Replicated(
        SENTINEL, (("s1", 26380), ("s2", 26379), ("::1", 26381)), "city", "watch", "p@ss", "", "a/b", 2
    )


def test_a_cluster_is_some_of_its_nodes() -> None:
    assert parse("redis+cluster://:secret@n1:7000,n2") == Replicated(
        CLUSTER, (("n1", 7000), ("n2", 6379)), password="secret", wait=1
    )


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://:hunter2@s1:26379",
        "redis+sentinel://:hunter2@s1:26379/a/b",
        "redis+sentinel://:hunter2@/city",
        "redis+sentinel://:hunter2@s1,,s2/city",
        "redis+sentinel://:hunter2@s1:0/city",
        "redis+sentinel://:hunter2@s1:99999/city",
        "redis+sentinel://:hunter2@s1/city?wait=-1",
        "redis+sentinel://:hunter2@s1/city?wait=two",
        "redis+sentinel://:hunter2@s1/city?waits=1",
        "redis+cluster://:hunter2@n1:7000/0",
        "redis+cluster://:hunter2@n1:7000?sentinel_password=hunter2",
        "redis+cluster://:hunter2@",
    ],
)
def test_invalid_urls_are_rejected_without_showing_the_password(url: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse(url)
    assert "hunter2" not in str(refusal.value)


def test_passwords_never_show_in_repr() -> None:
    assert "hunter2" not in repr(parse("redis+sentinel://:hunter2@s/city?sentinel_password=hunter2"))


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("embedded", "embedded"),
        ("redis://:hunter2@h:6379/0?client_name=x", "h:6379/0"),
        ("redis://h/0", "h/0"),
        ("redis+sentinel://:hunter2@s1:26379,s2/city?sentinel_password=hunter2", "s1:26379,s2/city"),
        ("redis+sentinel://s1,s2/city?sentinel_password=a@hunter2", "s1,s2/city"),
    ],
)
def test_the_displayed_address_has_no_secret(url: str, text: str) -> None:
    assert shown(url) == text

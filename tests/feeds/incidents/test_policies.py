"""Reporting policies: which rows apply to an incident."""

from __future__ import annotations

import pytest

from feeds.incidents.policies import STEPS, policies_of, profiles, read_policies, reporting_policies


@pytest.mark.parametrize(
    ("profile", "event_class", "grade", "keys"),
    [
        ("seen-A", "hazchem", "", []),
        (
            "seen-A",
            "hazchem",
            "III",
            [
                "first/province/phone/III",
                "first/province/written/III",
                "follow-up/province/written/III",
                "final/province/written/IV",
            ],
        ),
        ("seen-A", "flood", "IV", ["first/prefecture/written/IV", "final/province/written/IV"]),
        ("seen-B", "flood", "", ["first/province/phone/any", "first/province/written/any"]),
        ("health-376", "flood", "I", []),
        ("health-376", "food", "", ["first/prefecture/written/any", "first/province/written/any"]),
        ("law-2024", "flood", "", ["first/province/phone/any"]),
        ("", "flood", "I", []),
    ],
)
def test_rows_apply_by_class_and_grade(profile: str, event_class: str, grade: str, keys: list[str]) -> None:
    assert [policy.key for policy in policies_of(profile) if policy.applies(event_class, grade)] == keys


def test_at_once_is_never_turned_into_a_number() -> None:
    (policy,) = policies_of("law-2024")
    assert policy.minutes is None
    assert not policy.slots


def test_every_row_has_a_source_and_a_known_step() -> None:
    assert {policy.step for policy in reporting_policies()} <= set(STEPS)
    assert all(policy.source for policy in reporting_policies())


def test_keys_are_unique_within_a_profile() -> None:
    for profile in profiles():
        keys = [(policy.key, policy.classes, policy.grade) for policy in policies_of(profile)]
        assert len(keys) == len(set(keys))


def test_a_site_reads_rows_of_its_own() -> None:
    lines = [
        "profile,class,grade,step,from,to,channel,due,start,on_regrade,source",
        "own,flood;geo,=I,first,prefecture,province,phone,10,received,from_start,our plan",
    ]
    (policy,) = read_policies(lines)
    assert (policy.classes, policy.minutes, policy.start) == (("flood", "geo"), 10.0, "received")

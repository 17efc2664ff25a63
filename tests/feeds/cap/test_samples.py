"""CAP 1.2: every real message and every mutant of the shared samples."""

from __future__ import annotations

import csv

import pytest

from feeds import wire
from feeds.cap.message import parse
from feeds.cap.warning import to_warning
from tests.feeds.cap.samples import errors, refused, remarks
from tests.shared_samples import SAMPLES

MUTANTS = SAMPLES / "cap" / "mutants"
needs_samples = pytest.mark.skipif(not MUTANTS.is_dir(), reason="the shared samples are not on this machine")
EXPECTED = (
    list(csv.DictReader((MUTANTS / "expected.csv").read_text(encoding="utf-8").splitlines()))
    if MUTANTS.is_dir()
    else []
)
REGISTRYS = {"REFERENCE_UNKNOWN"}
"""Findings that need other messages; the registry makes them."""


@needs_samples
@pytest.mark.parametrize("row", EXPECTED, ids=[row["file"] for row in EXPECTED])
def test_each_mutant_gives_its_expected_findings(row: dict[str, str]) -> None:
    raw = (MUTANTS / row["file"]).read_bytes()
    code = row["code"].split(" ")[0]
    if row["expected"].startswith("REJECT"):
        assert errors(refused(raw)) == {code}
    else:
        message = parse(raw)
        assert not message.faulty
        assert code in {"", *remarks(message), *REGISTRYS}


@needs_samples
def test_a_colour_as_severity_is_mapped_for_chinas_relays() -> None:
    message = parse((MUTANTS / "e_severity_color.xml").read_bytes(), profile="cn-12379")
    assert message.infos[0].severity == "Severe"
    assert remarks(message) == {"INVALID_ENUM"}


@needs_samples
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("google/xee.cap", {"DTD_FORBIDDEN"}),
        ("google/invalid.cap", {"MISSING_REQUIRED"}),
        ("google/noaa_errors.cap", {"INVALID_ENUM", "INVALID_POLYGON"}),
        ("google/canada_signed.cap", {"SIGNATURE_INVALID"}),  # its text was changed after signing
        ("kde/thunderstorm.xml", {"INVALID_SEQUENCE"}),
        ("kde/rs-2.49.0.0.688.0.20250817210003.457535.xml", {"INVALID_SEQUENCE"}),
        ("kde/tsunami.xml", {"SIGNATURE_INVALID"}),
        ("oasiscap/google-PAAQ-4-mg5a94.xml", {"SIGNATURE_INVALID", "EXPIRES_NOT_AFTER_EFFECTIVE"}),
    ],
)
def test_faulty_real_messages_are_rejected_and_lenient_mode_accepts_the_identifiable_ones(
    name: str, wrong: set[str]
) -> None:
    raw = (SAMPLES / "cap" / name).read_bytes()
    assert errors(refused(raw)) == wrong
    if name != "google/xee.cap":
        message = parse(raw, "lenient")
        assert message.faulty or wrong == {"INVALID_SEQUENCE"}


@needs_samples
@pytest.mark.parametrize(
    "name",
    [
        "google/australia.cap",
        "google/canada.cap",
        "google/earthquake.cap",
        "google/earthquake_signed.cap",
        "google/earthquake-iso8859-1.cap",
        "google/no_optional_fields.cap",
        "google/weather.cap",
        "kde/multi-area.xml",
        "kde/polygon-trailing-space.xml",
        "oasiscap/nws-5c2cf27b1f56885d61654dc47fa411d5.xml",
        *(f"oasiscap/v1dot{v}_appendix_adot{n}.xml" for v in (0, 1, 2) for n in (1, 2, 3, 4)),
    ],
)
def test_real_messages_are_accepted(name: str) -> None:
    message = parse((SAMPLES / "cap" / name).read_bytes())
    warning = to_warning(message, "s", 0.0)
    assert not message.faulty
    assert wire.decode(wire.encode(warning), type(warning)) == warning


@needs_samples
def test_an_intact_signature_by_an_unknown_key_is_reported_as_such() -> None:
    assert parse((SAMPLES / "cap/google/earthquake_signed.cap").read_bytes()).signature == "unknown key"


@needs_samples
def test_a_signature_over_altered_text_is_invalid() -> None:
    raw = (SAMPLES / "cap/google/earthquake_signed.cap").read_bytes()
    altered = raw.replace(b"<severity>", b"<severity> ", 1)
    assert errors(refused(altered)) == {"SIGNATURE_INVALID"}
    assert parse(altered, "lenient").signature == "invalid"


@needs_samples
def test_the_three_versions_of_one_message_have_equal_content() -> None:
    old, middle, new = (
        to_warning(parse((SAMPLES / f"cap/oasiscap/v1dot{v}_appendix_adot2.xml").read_bytes()), "s", 0.0)
        for v in (0, 1, 2)
    )
    assert old.event == middle.event == new.event
    assert old.areas[0].geometry == middle.areas[0].geometry == new.areas[0].geometry
    assert parse((SAMPLES / "cap/oasiscap/v1dot0_appendix_adot3.xml").read_bytes()).infos[0].certainty == "Likely"


@needs_samples
def test_the_cma_form_is_read_in_chinese_with_its_region_codes() -> None:
    raw = (SAMPLES / "cn-warning" / "cma_form_geocode_only_bilingual.xml").read_bytes()
    warning = to_warning(parse(raw, profile="cn-12379"), "cma", 0.0)
    assert (warning.language, warning.colour, warning.areas[0].geocodes) == ("zh-CN", "blue", ("532324000000",))
    assert warning.expires is None

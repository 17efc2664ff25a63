"""The colour of a warning, its all-clear, its languages and its signature."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from feeds.cap.message import parse
from feeds.cap.schema import DSIG
from feeds.cap.warning import in_envelope, to_warning
from feeds.model import EmergencyWarning
from tests.feeds.cap.samples import alert, area, info

UNKNOWN = "<severity>Unknown</severity>"


def pair(kind: str, name: str, value: str) -> str:
    return f"<{kind}><valueName>{name}</valueName><value>{value}</value></{kind}>"


def warning(*infos: str, profile: str = "", **parts: str) -> EmergencyWarning:
    raw = alert(infos="".join(infos), **parts)
    return to_warning(parse(raw, "strict", profile), "cma", 0.0, profile=profile)


def headline(text: str) -> str:
    return f"<headline>{text}</headline>"


@pytest.mark.parametrize(
    ("name", "value", "colour"),
    [
        ("AlarmColor", "Red", "red"),
        ("alarm_color", "橙色", "orange"),
        ("预警级别", "Ⅲ级", "yellow"),
        ("预警级别", "IV级/一般", "blue"),
        ("预警颜色", "黄", "yellow"),
        ("awareness_level", "3; orange; Severe", "orange"),
        ("severityColor", "Blue", "blue"),
        ("level", "二级", "orange"),
        ("Alarm Color", "紅色", "red"),
        ("alarmColour", "Amber", "orange"),
        ("AlarmColor", "暴雨红色预警", "red"),
        ("AlarmColor", "CODE_RED", "red"),
        ("预警信号级别", "橙色(Ⅱ级)", "orange"),
        ("信号等级", "黃", "yellow"),
        ("预警信号", "暴雨蓝色", "blue"),
        ("warnLevel", "Ⅱ", "orange"),
        ("AlertLevel", "level-2", "orange"),
        ("warning_signal_colour", "3级", "yellow"),
        ("警报级别", "特别严重", "red"),
        ("响应级别", "Ⅰ级", ""),
        ("警戒水位", "红色", ""),
    ],
)
def test_a_parameter_gives_the_colour_in_every_known_spelling(name: str, value: str, colour: str) -> None:
    block = info(texts=headline("某地发布预警"), extra=pair("parameter", name, value))
    assert warning(block).colour == colour


@pytest.mark.parametrize(
    ("value", "colour"), [("11B03_RED", "red"), ("暴雨红色", "red"), ("Predicted", ""), ("TOR", "")]
)
def test_an_event_code_gives_the_colour_when_no_parameter_does(value: str, colour: str) -> None:
    block = info(times=pair("eventCode", "relay", value), texts="", severity=UNKNOWN)
    assert warning(block).colour == colour


def test_a_parameter_comes_before_an_event_code() -> None:
    block = info(times=pair("eventCode", "relay", "暴雨红色"), texts="", extra=pair("parameter", "AlarmColor", "黄色"))
    assert warning(block).colour == "yellow"


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("暴雨橙色预警升级为红色", "red"),
        ("暴雨红色预警降级为黄色预警", "yellow"),
        ("气象台将大风蓝色预警变更为大风黄色预警信号", "yellow"),
        ("楚雄州气象台发布暴雨橙色预警信号", "orange"),
        ("蓝色、黄色预警并存", ""),
        ("解除暴雨红色预警", ""),
        ("Yellow warning upgraded to orange", "orange"),
        ("Orange wind warning", "orange"),
        ("Amber alert upgraded from amber to red", "red"),
        ("解除暴雨橙色预警，发布暴雨黄色预警", "yellow"),
        ("解除大风蓝色预警同时发布大风黄色预警信号", "yellow"),
        ("升级发布红色预警（原橙色预警）", "red"),
        ("由红转橙", "orange"),
        ("橙色预警→红色预警", "red"),
        ("暴雨橙色预警更新发布红色预警", "red"),
        ("升级红色预警", "red"),
        ("原橙色预警信号失效", ""),
        ("暴雨橙色预警降级", ""),
    ],
)
def test_a_headline_gives_the_colour_after_its_last_transition_never_the_first_word(text: str, colour: str) -> None:
    read_warning = warning(info(texts=headline(text), severity=UNKNOWN))
    assert read_warning.colour == colour
    assert not [remark for remark in read_warning.findings if remark.code == "COLOUR_DIFFERS"]


def test_severity_comes_before_the_headline_for_chinas_relays_only() -> None:
    block = info(texts=headline("发布暴雨黄色预警"))
    assert warning(block, profile="cn-12379").colour == "orange"
    assert warning(block).colour == "yellow"


@pytest.mark.parametrize("text", ["原橙色预警信号失效", "解除暴雨橙色预警", "暴雨橙色预警降级"])
def test_a_colour_that_is_over_is_no_statement_against_the_messages_own(text: str) -> None:
    assert warning(info(texts=headline(text), extra=pair("parameter", "AlarmColor", "Yellow"))).colour == "yellow"


@pytest.mark.parametrize(("word", "colour"), [("Ⅱ级", "orange"), ("特别严重", "red"), ("藍色", "blue")])
def test_a_severity_of_chinas_relays_may_be_a_level_or_a_colour(word: str, colour: str) -> None:
    assert warning(info(severity=f"<severity>{word}</severity>", texts=""), profile="cn-12379").colour == colour


def test_two_statements_that_disagree_are_a_finding_and_the_worse_is_shown() -> None:
    block = info(texts=headline("暴雨橙色预警升级为红色"), extra=pair("parameter", "AlarmColor", "Orange"))
    read_warning = warning(block)
    assert read_warning.colour == "red"
    (remark,) = [remark for remark in read_warning.findings if remark.code == "COLOUR_DIFFERS"]
    assert remark.value == "red orange"
    assert not remark.error


def test_an_all_clear_and_an_urgency_past_are_no_active_warning() -> None:
    clear = info(
        certainty="<certainty>Observed</certainty>", event="<event>暴雨</event><responseType>AllClear</responseType>"
    )
    past = info(urgency="<urgency>Past</urgency>")
    assert warning(clear).all_clear
    assert warning(past).all_clear
    assert not warning(clear, info()).all_clear  # another block is still in force
    assert not warning(info()).all_clear


def test_several_languages_are_one_warning_and_all_are_kept() -> None:
    english = info(language="<language>en-US</language>", event="<event>Rainstorm</event>", texts=headline("Rain"))
    read_warning = warning(english, info(texts=headline("暴雨")))
    assert (read_warning.language, read_warning.event, read_warning.headline) == ("zh-CN", "暴雨", "暴雨")
    assert read_warning.texts["en-US"] == {"event": "Rainstorm", "headline": "Rain"}
    assert read_warning.texts["zh-CN"]["headline"] == "暴雨"


def test_several_infos_of_one_language_unite_their_areas_and_last_until_the_latest_end() -> None:
    later = "<expires>2026-06-10T23:30:00+08:00</expires>"
    other = area(codes="<geocode><valueName>adcode</valueName><value>532324</value></geocode>", shapes="")
    read_warning = warning(info(), info(times=later, areas=other))
    assert [each.geocodes for each in read_warning.areas] == [("532301000000",), ("532324",)]
    assert read_warning.expires == 1781105400.0


def test_an_envelope_makes_a_message_less_real_and_never_more() -> None:
    actual, exercise = warning(info()), warning(info(), status="<status>Exercise</status>", extra="<note>n</note>")
    held = in_envelope(actual, "Exercise")
    assert (held.status, held.findings[-1].code) == ("Exercise", "ENVELOPE_STATUS")
    assert in_envelope(exercise, "Actual") == exercise
    assert in_envelope(actual, "") == actual


# -- signatures -------------------------------------------------------------------------


def signed(raw: bytes, key: rsa.RSAPrivateKey, *, enclosed: bool) -> bytes:
    """The document with an enveloped XML signature (RSA-SHA256), the key enclosed or not."""
    root = etree.fromstring(raw)
    digest = base64.b64encode(hashlib.sha256(etree.tostring(root, method="c14n")).digest()).decode()
    canonical = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    signature = etree.fromstring(
        f'<Signature xmlns="{DSIG}"><SignedInfo><CanonicalizationMethod Algorithm="{canonical}"/>'
        '<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><Reference URI="">'
        f'<Transforms><Transform Algorithm="{DSIG}enveloped-signature"/></Transforms>'
        '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f"<DigestValue>{digest}</DigestValue></Reference></SignedInfo><SignatureValue/></Signature>"
    )
    signed_info = etree.fromstring(etree.tostring(signature[0], with_tail=False))
    value = key.sign(etree.tostring(signed_info, method="c14n"), padding.PKCS1v15(), hashes.SHA256())
    signature[1].text = base64.b64encode(value).decode()
    if enclosed:
        numbers = key.public_key().public_numbers()
        fields = {"Modulus": numbers.n, "Exponent": numbers.e}
        texts = "".join(
            f"<{name}>{base64.b64encode(number.to_bytes((number.bit_length() + 7) // 8)).decode()}</{name}>"
            for name, number in fields.items()
        )
        signature.append(
            etree.fromstring(
                f'<KeyInfo xmlns="{DSIG}"><KeyValue><RSAKeyValue>{texts}</RSAKeyValue></KeyValue></KeyInfo>'
            )
        )
    root.append(signature)
    return etree.tostring(root, encoding="utf-8")


def pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


@pytest.mark.parametrize("enclosed", [True, False])
def test_a_signature_is_valid_by_a_configured_key_only(enclosed: bool) -> None:
    ours, theirs = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    raw = signed(alert(), theirs, enclosed=enclosed)
    assert parse(raw).signature == "unknown key"
    assert parse(raw, keys=(pem(ours),)).signature == "unknown key"
    assert parse(raw, keys=(pem(ours), pem(theirs))).signature == "valid"
    altered = parse(raw.replace("暴雨".encode(), "大雨".encode()), "lenient", keys=(pem(theirs),))
    assert altered.signature == "invalid"
    assert altered.faulty

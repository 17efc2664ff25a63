"""A single poll of one probe, to try a device (`watchfloor collect --once URI`).

Every URI gets an answer. One that cannot be polled gives an observation of quality bad, whose text names the
correction.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from collectors import registry
from collectors.errors import CollectorError, Misconfigured, NotReady, Reason
from collectors.jobs import Spec
from collectors.probing import retries, verdicts
from collectors.settings import Credential, SchemeSettings
from collectors.subscriber import Subscriber, SubscriberCallbacks
from feeds import wire
from feeds.clock import Clock, now
from feeds.masking import MASK, masked
from feeds.model import Observation, Quality

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One poll of one probe. The first observation is the verdict `family.up`.

    `reason` tells why a target did not answer, or a broker or gateway in front of it. It is None for a target that
    answered, and where the verdict's text names the correction itself.
    """

    observations: Sequence[Observation]
    reason: Reason | None = None


async def collect_once(
    uri: str,
    timeout: float = 2.0,
    credentials: Mapping[str, Credential] | None = None,
    clock: Clock = now,
    data: Path | None = None,
) -> Attempt:
    """Poll a probe once.

    `timeout` is in seconds. `credentials` None: there are no settings to read them from. `data` is the folder of
    collectors' own files, such as keys. Raises no CollectorError: its sentence becomes the verdict's text.
    """
    spec = _spec(uri, SchemeSettings(timeout=timeout, attempts=1))
    try:
        target = registry.target_of(uri, timeout=timeout, credentials=credentials)
        if credentials is None and "cred" in target.params:
            raise _no_settings(uri, target.params["cred"])
        spec = replace(spec, target=target)
        poller = registry.poller_class(target.scheme)()
        if isinstance(poller, Subscriber):
            poller.attach(_no_callbacks(data))
        try:
            measurements = await retries.probe(poller, target, 1)
        finally:
            await poller.close()
    except CollectorError as error:
        return Attempt(verdicts.failed(spec, error, clock()), error.reason if isinstance(error, NotReady) else None)
    except Exception as error:  # a person who tries a device needs a sentence, not a traceback
        log.debug("the collector itself failed", exc_info=error)
        return Attempt(verdicts.failed(spec, verdicts.broken(error), clock()))
    return Attempt(verdicts.answered(spec, measurements, clock()))


def _spec(uri: str, settings: SchemeSettings) -> Spec:
    """The probe's spec. Its family is that of the collector even when the URI is wrong."""
    scheme = uri.partition(":")[0].lower() or "probe"
    family = registry.poller_class(scheme).family if scheme in registry.known_schemes() else scheme[:32]
    return Spec(key=("", uri), scheme=scheme, family=family, source=registry.source_name(scheme), settings=settings)


def _no_settings(uri: str, name: str) -> Misconfigured:
    shown = uri.partition("?")[0]
    return Misconfigured(
        f"{shown} refers to credential {name!r}: name the settings that hold it, with -c watchfloor.toml",
        f"{shown} 引用了凭据 {name!r}：请用 -c watchfloor.toml 指明设置文件",
    )


def _no_callbacks(data: Path | None) -> SubscriberCallbacks:
    """Callbacks that discard everything: only the answer to the poll counts."""
    return SubscriberCallbacks(
        push=lambda target, measurements: None,
        request_poll=lambda target: None,
        report_alarms=lambda target, conditions: None,
        data_folder=data,
    )


def fine(attempt: Attempt) -> bool:
    """True when the target is up."""
    return attempt.observations[0].value is True


def render(attempt: Attempt, *, as_json: bool = False, language: str = "zh-CN") -> str:
    """The observations as lines for people, the first with its correction, or as a JSON list."""
    observations = attempt.observations
    if as_json:
        shown = [{**wire.public(each), "probe": _address(each.probe)} for each in observations]
        return json.dumps(shown, ensure_ascii=False, indent=2)
    width = min(max(len(_shown(observation.key)) for observation in observations), WIDEST)
    lines = [_line(observation, width, language) for observation in observations if not _absent_fact(observation)]
    if attempt.reason is not None:
        correction = _CORRECTIONS[attempt.reason][0 if language.startswith("zh") else 1]
        lines.insert(1, f"{'':<{width}} {correction}")
    return "\n".join(lines)


def _absent_fact(observation: Observation) -> bool:
    """True for a fact that the device does not give."""
    return observation.metric.startswith("device.") and observation.value == ""


def _address(uri: str) -> str:
    """The URI without secrets. Text before an "@" is a login, even where the scheme is missing."""
    _, at, address = uri.rpartition("@")
    return f"{MASK}@{masked(address)}" if at and "://" not in uri else masked(uri)


WIDEST, LONGEST = 48, 400
_LABELS = {
    "zh-CN": {True: "正常", False: "不通", None: "无法判断", "yes": "是", "no": "否"},
    "en": {True: "up", False: "down", None: "cannot tell", "yes": "yes", "no": "no"},
}
_CORRECTIONS = {
    Reason.TIMEOUT: (
        "没有应答：核对地址与端口，查看途中的防火墙；线路慢时用 --timeout 放宽",
        "nobody answered: check address and port, and firewalls on the way; on a slow line allow more with --timeout",
    ),
    Reason.REFUSED: (
        "主机在，但该端口上没有服务：启动服务，或改正端口",
        "the host is there and nothing serves that port: start the service, or correct the port",
    ),
    Reason.UNREACHABLE: (
        "到不了那里：检查路由、网关与本机的网络接口",
        "there is no way there: check routes, gateway and this machine's own network",
    ),
    Reason.UNRESOLVED: (
        "名称没有地址：核对拼写与 DNS，或直接写地址",
        "the name has no address: check it and the DNS, or write the address",
    ),
    Reason.CLOSED: (
        "对方接受后又断开：查看对方日志与访问名单，核对协议与端口",
        "it accepted and hung up: look at its log and its list of allowed addresses, check protocol and port",
    ),
    Reason.TLS: (
        '核对证书的名称与期限；签发机构不受信任时，在 cred= 所指的凭据中写 ca = "file:ca.pem"'
        '（不登录时用 kind = "tls"），或让本机信任它；确认无妨且该探测支持时加 verify=no',
        "check the certificate's name and dates; when its issuer is not trusted, name it in the credential of cred= "
        '(ca = "file:ca.pem"; kind = "tls" when nobody signs in) or let this machine trust it; add verify=no where '
        "the probe knows it and that is meant to be",
    ),
    Reason.WRONG_ANSWER: (
        "有应答，但不是所要的：核对端口、路径与 expect 等参数",
        "it answers, but not with what was asked for: check port, path and parameters such as expect",
    ),
    Reason.OFFLINE: (
        "代理可达，设备自己的在线主题表示离线：检查设备的电源与网络；词语不符时用 online=、offline= 说明",
        "the broker answers, and the device's availability topic says offline: check the device's power and network; "
        "name its words by online= and offline= when they are other ones",
    ),
}


def _line(observation: Observation, width: int, language: str) -> str:
    labels = _LABELS["zh-CN" if language.startswith("zh") else "en"]
    if observation.metric.endswith(".up"):
        value = labels[observation.value if isinstance(observation.value, bool) else None]
    elif isinstance(observation.value, bool):
        value = labels["yes" if observation.value else "no"]
    elif observation.value is None:
        value = "—"
    else:
        value = f"{_shown(str(observation.value))} {_shown(observation.unit)}".rstrip()
    mark = "" if observation.quality is Quality.GOOD else f" [{observation.quality}]"
    text = _shown(_in_language(observation.text, language))
    return f"{_shown(observation.key):<{width}} {value}{mark}" + (f"  {text}" if text else "")


def _shown(text: str) -> str:
    """Text from a device without control characters, and bounded in length."""
    text = "".join(letter if letter.isprintable() else " " for letter in text[: LONGEST + 1]).rstrip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _in_language(text: str, language: str) -> str:
    """A verdict's text in one language. Sentences hold both languages; reasons are words of `Reason`."""
    chinese, divider, english = text.partition(" | ")
    if divider:
        return chinese if language.startswith("zh") else english
    for reason in Reason:
        if text == reason or text.startswith(f"{reason}: "):
            return reason.words["zh-CN" if language.startswith("zh") else "en"] + text[len(reason) :]
    return text

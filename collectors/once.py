"""One probe, now: the tool to try a device with (`watchfloor collect --once URI`).

There is a clear answer for every URI, right or wrong: what cannot be asked is answered
by an observation of quality bad whose text says what to write instead.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from collectors import registry
from collectors.errors import CollectorError, Misconfigured, Reason
from collectors.jobs import Spec
from collectors.probing import retries, verdicts
from collectors.settings import Credential, SchemeSettings
from collectors.subscriber import Subscriber, SubscriberCallbacks
from feeds import wire
from feeds.clock import Clock, now
from feeds.masking import MASK, masked
from feeds.model import Observation, Quality

log = logging.getLogger(__name__)


async def collect_once(
    uri: str,
    timeout: float = 2.0,
    credentials: Mapping[str, Credential] | None = None,
    clock: Clock = now,
    data: Path | None = None,
) -> list[Observation]:
    """What one attempt sees; the first observation is the verdict `family.up`. `timeout` in seconds. Never raises
    CollectorError: its sentence is the verdict's text. `credentials` None: there are no settings to look them up in;
    `data` is the site's folder, where a collector keeps its keys."""
    spec = _spec(uri, SchemeSettings(timeout=timeout, attempts=1))
    try:
        target = registry.target_of(uri, timeout=timeout, credentials=credentials)
        if credentials is None and "cred" in target.params:
            raise _no_settings(uri, target.params["cred"])
        spec = replace(spec, target=target)
        poller = registry.poller_class(target.scheme)()
        if isinstance(poller, Subscriber):
            poller.attach(_desk(data))
        try:
            seen = await retries.probe(poller, target, 1)
        finally:
            await poller.close()
    except CollectorError as error:
        return list(verdicts.failed(spec, error, clock()))
    except Exception as error:  # a person who tries a device must be told what failed, by whom, and not a traceback
        log.debug("the collector itself failed", exc_info=error)
        return list(verdicts.failed(spec, verdicts.broken(error), clock()))
    return list(verdicts.answered(spec, seen, clock()))


def _spec(uri: str, settings: SchemeSettings) -> Spec:
    """Named after the family of its collector also when the URI is wrong."""
    scheme = uri.partition(":")[0].lower() or "probe"
    family = registry.poller_class(scheme).family if scheme in registry.known_schemes() else scheme[:32]
    return Spec(key=("", uri), scheme=scheme, family=family, source=registry.source_name(scheme), settings=settings)


def _no_settings(uri: str, name: str) -> Misconfigured:
    shown = uri.partition("?")[0]
    return Misconfigured(
        f"{shown} refers to credential {name!r}: name the settings that hold it, with -c watchfloor.toml",
        f"{shown} 引用了凭据 {name!r}：请用 -c watchfloor.toml 指明设置文件",
    )


def _desk(data: Path | None) -> SubscriberCallbacks:
    """Nobody listens: the answer to the poll is all that is wanted."""
    return SubscriberCallbacks(
        push=lambda target, seen: None,
        request_poll=lambda target: None,
        report_alarms=lambda target, conditions: None,
        data_folder=data,
    )


def fine(observations: Sequence[Observation]) -> bool:
    """True when the target is up."""
    return bool(observations) and observations[0].value is True


def render(observations: Sequence[Observation], *, as_json: bool = False, language: str = "zh-CN") -> str:
    """The observations as lines for people, the first with its mend, or as a JSON list."""
    if as_json:
        shown = [{**wire.public(one), "probe": _address(one.probe)} for one in observations]
        return json.dumps(shown, ensure_ascii=False, indent=2)
    width = min(max((len(_shown(one.key)) for one in observations), default=0), WIDEST)
    lines = [_line(one, width, language) for one in observations]
    if observations and (mend := _mend(observations[0], language)):
        lines.insert(1, f"{'':<{width}} {mend}")
    return "\n".join(lines)


def _address(uri: str) -> str:
    """What may be shown of it; what stands before an "@" is a login, also where the scheme is missing."""
    _, at, place = uri.rpartition("@")
    return f"{MASK}@{masked(place)}" if at and "://" not in uri else masked(uri)


WIDEST, LONGEST = 48, 400
_WORDS = {
    "zh-CN": {True: "正常", False: "不通", None: "无法判断", "yes": "是", "no": "否"},
    "en": {True: "up", False: "down", None: "cannot tell", "yes": "yes", "no": "no"},
}
_MENDS = {
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
}


def _line(one: Observation, width: int, language: str) -> str:
    words = _WORDS["zh-CN" if language.startswith("zh") else "en"]
    if one.metric.endswith(".up"):
        value = words[one.value if isinstance(one.value, bool) else None]
    elif isinstance(one.value, bool):
        value = words["yes" if one.value else "no"]
    elif one.value is None:
        value = "—"
    else:
        value = f"{_shown(str(one.value))} {_shown(one.unit)}".rstrip()
    mark = "" if one.quality is Quality.GOOD else f" [{one.quality}]"
    text = _shown(_said(one.text, language))
    return f"{_shown(one.key):<{width}} {value}{mark}" + (f"  {text}" if text else "")


def _shown(text: str) -> str:
    """What a device said, without what a terminal would obey, and not without end."""
    text = "".join(letter if letter.isprintable() else " " for letter in text[: LONGEST + 1]).rstrip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _mend(verdict: Observation, language: str) -> str:
    """What to do about a target that does not answer; other sentences name their mend themselves."""
    reason = next((one for one in Reason if verdict.text == one or verdict.text.startswith(f"{one}: ")), None)
    if reason is None or verdict.value is not False:
        return ""
    return _MENDS[reason][0 if language.startswith("zh") else 1]


def _said(text: str, language: str) -> str:
    """A verdict's text in one language: sentences come in both, reasons as a word of `Reason`."""
    chinese, divider, english = text.partition(" | ")
    if divider:
        return chinese if language.startswith("zh") else english
    for reason in Reason:
        if text == reason or text.startswith(f"{reason}: "):
            return reason.words["zh-CN" if language.startswith("zh") else "en"] + text[len(reason) :]
    return text

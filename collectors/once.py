"""One probe, now: the tool to try a device with (`watchfloor collect --once URI`).

There is a clear answer for every URI, right or wrong: what cannot be asked is answered
by an observation of quality bad whose text says what to write instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from collectors import attempts, registry, verdicts
from collectors.contract import CollectorError, Reason
from collectors.jobs import Spec
from collectors.settings import Credential, SchemeSettings
from feeds import wire
from feeds.clock import Clock, now
from feeds.model import Observation, Quality


async def collect_once(
    uri: str, timeout: float = 2.0, credentials: Mapping[str, Credential] | None = None, clock: Clock = now
) -> list[Observation]:
    """What one attempt sees; the first observation is the verdict `family.up`. `timeout` in seconds. Never raises
    CollectorError: its sentence is the verdict's text."""
    scheme = uri.partition(":")[0].lower() or "probe"
    settings = SchemeSettings(timeout=timeout, attempts=1)
    spec = Spec(key=("", uri), scheme=scheme, family=scheme, source=registry.source_name(scheme), settings=settings)
    try:
        target = registry.target_of(uri, timeout=timeout, credentials=credentials)
        cls = registry.poller_class(target.scheme)
        spec = Spec(
            key=("", uri), scheme=scheme, family=cls.family, source=spec.source, target=target, settings=settings
        )
        poller = cls()
        try:
            seen = await attempts.probe(poller, target, 1)
        finally:
            await poller.close()
    except CollectorError as error:
        return list(verdicts.failed(spec, error, clock()))
    return list(verdicts.answered(spec, seen, clock()))


def fine(observations: Sequence[Observation]) -> bool:
    """True when the target is up."""
    return bool(observations) and observations[0].value is True


def render(observations: Sequence[Observation], *, as_json: bool = False, language: str = "zh-CN") -> str:
    """The observations as lines for people, or as a JSON list."""
    if as_json:
        return json.dumps([wire.public(one) for one in observations], ensure_ascii=False, indent=2)
    return "\n".join(_line(one, language) for one in observations)


_WORDS = {
    "zh-CN": {True: "正常", False: "不通", None: "无法判断", "yes": "是", "no": "否"},
    "en": {True: "up", False: "down", None: "cannot tell", "yes": "yes", "no": "no"},
}


def _line(one: Observation, language: str) -> str:
    words = _WORDS["zh-CN" if language.startswith("zh") else "en"]
    if one.metric.endswith(".up"):
        value = words[one.value if isinstance(one.value, bool) else None]
    elif isinstance(one.value, bool):
        value = words["yes" if one.value else "no"]
    else:
        value = f"{one.value} {one.unit}".rstrip()
    mark = "" if one.quality is Quality.GOOD else f" [{one.quality}]"
    text = _said(one.text, language)
    return f"{one.metric:<16} {value}{mark}" + (f"  {text}" if text else "")


def _said(text: str, language: str) -> str:
    """A verdict's text in one language: sentences come in both, reasons as a word of `Reason`."""
    chinese, divider, english = text.partition(" | ")
    if divider:
        return chinese if language.startswith("zh") else english
    for reason in Reason:
        if text == reason or text.startswith(f"{reason}: "):
            return reason.words["zh-CN" if language.startswith("zh") else "en"] + text[len(reason) :]
    return text

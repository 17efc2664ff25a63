"""One object that a probe's address names itself: `?oid=1.3.6.1.4.1.318.1.1.1.2.2.1.0&metric=ups.battery&unit=%25`."""

from __future__ import annotations

from collectors.contract import Target
from collectors.errors import Misconfigured
from collectors.network.snmp import profile as snmp_profiles
from collectors.network.snmp.profile import Metric, Profile, metric_of

PARAMETERS = ("oid", "metric", "unit", "scale", "as")
"""What an address may say of its object; `as` is a kind of profile.KINDS."""


def single_object(target: Target) -> Metric | None:
    """The object that the address names, None when it names none. Raises Misconfigured."""
    params = target.params
    if "oid" not in params:
        for name in PARAMETERS[1:]:
            if name in params:
                raise Misconfigured(
                    f"{target.uri!r}: {name} needs oid=…", f"{target.uri!r}：{name} 须与 oid=… 一起给出"
                )
        return None
    raw = {"metric": params.get("metric", ""), "oid": params["oid"].lstrip("."), "unit": params.get("unit", "")}
    try:
        return metric_of(raw | {"kind": params.get("as", "gauge"), "scale": float(params.get("scale", "1"))})
    except (TypeError, ValueError) as error:
        en = f"{target.uri!r}: {error}; write oid=1.3.6.1.4.1.318.1.1.1.2.2.1.0&metric=ups.battery"
        zh = f"{target.uri!r}：{error}；应写作 oid=1.3.6.1.4.1.318.1.1.1.2.2.1.0&metric=ups.battery"
        raise Misconfigured(en, zh) from error


def profile_of(target: Target, sys_object_id: str) -> Profile:
    """The profile that the address names and its own object; the object alone where it names no profile."""
    metric = single_object(target)
    name = target.params.get("profile", "auto" if metric is None else "system")
    profile = snmp_profiles.for_device(name, sys_object_id)
    return profile if metric is None else profile.joined(Profile(name=name, title={}, scalars=(metric,)))

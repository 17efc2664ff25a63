"""Alerts: what somebody has to do something about. Written by the alert engine; closed ones stay in the journal."""

from __future__ import annotations

from typing import Literal, get_args

from feeds.kinds.audience import Record
from feeds.kinds.filters import Before, Exact, Flag, From, Search, Sort, Within, Words
from feeds.kinds.kind import Derived, RecordKind
from feeds.kinds.searchable import Searchable, page_at
from feeds.model import Alert, Kind, Severity
from feeds.model.isa_state import IsaState, root_of, state_of
from feeds.texts.evidence import explanation

_BARE_STATES = {
    (active, acked): state_of(active=active, acked=acked, suppressed_by=())
    for active in (False, True)
    for acked in (False, True)
}
"""States of alerts that nothing suppresses, which are nearly all of a flood."""
CRITICAL: Literal["critical"] = "critical"
ROOT: Literal["root"] = "root"
"""Why an alert needs a person: nobody has taken it and it is critical, or others hang on it."""
Need = Literal["critical", "root", ""]


def need_of(*, active: bool, acked: bool, suppressed: bool, severity: str, affected: object) -> Need:
    """Why an alert needs a person; "" when it does not. `affected` is true when others hang on it."""
    if acked or suppressed:
        return ""
    if active and severity == Severity.CRITICAL:
        return CRITICAL
    return ROOT if affected else ""


def _derived(alert: Record) -> Record:
    active, acked, suppressed_by = alert["active"], alert["ack"] is not None, alert["suppressed_by"]
    affected = alert["affected"]
    bare = not suppressed_by
    return {
        "need": need_of(
            active=active, acked=acked, suppressed=bool(suppressed_by), severity=alert["severity"], affected=affected
        ),
        "acked": acked,
        "state": _BARE_STATES[active, acked]
        if bare
        else state_of(active=active, acked=acked, suppressed_by=suppressed_by),
        "cut_by": "" if bare else root_of(suppressed_by),
        "explanation": explanation(alert["text"]),
        "below": sum(affected.values()) if affected else 0,
    }


ALERT = RecordKind(
    name=Kind.ALERT,
    plural="alerts",
    record=Alert,
    writer="alert",
    live=lambda alert: alert.open,
    archive="alert",
    derived=(
        Derived("acked", bool),
        Derived("state", IsaState),
        Derived("cut_by", str),
        Derived("explanation", dict[str, str]),
        Derived("below", int),
        Derived("need", Need),
    ),
    derivation=_derived,
    faces={
        "map": (
            "id",
            "asset",
            "subject_kind",
            "region",
            "severity",
            "active",
            "acked",
            "state",
            "cut_by",
            "below",
            "need",
        ),
        "row": (
            "id",
            "rule",
            "asset",
            "subject_kind",
            "region",
            "severity",
            "active",
            "acked",
            "state",
            "suppressed_by",
            "shelf",
            "hold",
            "cut_by",
            "raised_at",
            "first_raised_at",
            "count",
            "cleared_at",
            "stale_since",
            "title",
            "text",
            "ack",
            "affected",
            "below",
            "need",
            "rev",
            "quality",
            "removed",
            "labels",
        ),
    },
    redact=("ack.by", "ack.comment"),
    entries=("alert", "escalation", "notices"),
    filters=(
        Flag(name="active", live_when=True, archive_when=False),
        Flag(name="acked", live_when=False),
        Flag(name="suppressed", field="suppressed_by"),
        Words(name="severity", words=tuple(Severity), longest=500),
        Within(),
        Exact(name="asset"),
        Exact(name="rule"),
        Words(name="state", words=get_args(IsaState), longest=500),
        Exact(name="cut_by", about="The id of the root alert that explains it / 根因告警编号"),
        Search(name="q", fields=("id", "rule", "asset", "title", "text"), about="Part of its texts / 文字的一部分"),
        From(name="from", field="raised_at", about="Raised then or later, RFC 3339"),
        Before(name="to", field="raised_at", about="Raised before, RFC 3339"),
    ),
    sort=Sort(("raised_at", "id"), down=True, page=100),
    search=Searchable(
        ids=("id", "rule", "asset"), names=("title",), state="state", detail=("asset",), page=page_at("/alerts?alert=")
    ),
)


alert_record = ALERT.view
"""An alert as REST and the live feed show it."""

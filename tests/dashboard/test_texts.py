"""Every word exists in both languages, with the same places, and everything that is asked for exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.lifecycle import suppression_reasons, transitions
from dashboard import pages, shell
from dashboard.reports import grid, history
from dashboard.reports import pages as report_pages
from feeds.kinds import KINDS
from feeds.model.device_facts import FACT_NAMES
from feeds.roles import WATCHED
from feeds.texts import catalogue

UI = Path(pages.__file__).parent / "ui"
SCRIPTS = sorted(path for kind in ("*.js", "*.ts", "*.tsx") for path in UI.rglob(kind))
# t("key") and the like; keys that are put together, such as t(`health.${state}`), are checked by their sets below.
TEXT_KEYS = re.compile(r"""\b(?:t|tOr)\(\s*["']([a-zA-Z][\w.]+)["']""")


def steps() -> tuple[str, ...]:
    """Every step of an alert's life, as the modules that make them list them."""
    lists = [
        (module.__doc__ or "").split("Transitions:")[1].split("·") for module in (transitions, suppression_reasons)
    ]
    return tuple(word.split()[0].strip(",.") for words in lists for word in words)


FIGURES = ("rss_mb", "cpu_s", "loop_lag_ms", "queue_lag_ms", "entries", "losses", "clock_steps", "standbys")
HIDERS = ("shelved", "silenced", "maintenance", "flapping", "held", "inhibited", "other")
SETS = {
    "health": ("ok", "degraded", "down", "unknown", "under"),
    "stale": (
        "loading",
        "closed",
        "silent",
        "resync",
        "role",
        "refused",
        "signedout",
        "forbidden",
        "disk-full",
        "journal-lost",
        "intake-lost",
        "journal-incomplete",
    ),
    "role": WATCHED,
    "severity": ("critical", "major", "minor", "warning", "info"),
    "isa": ("NORM", "UNACK", "ACKED", "RTNUN", "SHLVD", "DSUPR", "OOSRV"),
    "colour": ("red", "orange", "yellow", "blue", "none"),
    "colour.short": ("red", "orange", "yellow", "blue", "none"),
    "colour.letter": ("red", "orange", "yellow", "blue", "none"),
    "record": tuple(word for name in (*KINDS.names, *KINDS.subjects) for word in (name, f"{name}.many")),
    "source.state": ("ok", "failing", "silent"),
    "sources": ("last", "valid", "new", *FIGURES),
    "sources.view": ("data", "roles"),
    "flood.by": ("cause", "rule", "unit", "region"),
    "flood.do": ("ack", "shelve", "silence"),
    "flood.action": ("ack", "shelve", "silence"),
    "list.tab": ("groups", "open", "unacked", "mine", "folded", "shelved", "closed"),
    "list.empty": ("open", "unacked", "mine", "folded", "shelved", "closed"),
    "list.past": ("loading", "failed"),
    "facts": (*FACT_NAMES, "first", "changed"),
    "alerts.view": ("list", "hidden", "handover"),
    "admin.view": ("accounts", "tokens", "roster", "receivers", "escalations", "rules", "settings", "documents"),
    "filter.scope": ("mine", "all"),
    "filter.feed": ("network", "video", "emergency", "source", "tool"),
    "evidence": ("recovered", "rule_removed", "record_gone", *(subject.gone for subject in KINDS.subjects.values())),
    "notice": ("first", "again", "worse", "flapping", "cleared", "removed", "escalation", "repeat", "promise"),
    "weekday": ("1", "2", "3", "4", "5", "6", "7"),
    "avail.part": ("up", "degraded", "down", "unknown", "maintenance"),
    "avail.by": ("unit", "asset", "region", "kind", "month"),
    "avail.head": ("assets", "availability", "coverage"),
    "avail.column": ("asset", "unit", "region", "kind", "month", "down", "degraded", "unknown", "maintenance"),
    "grid": grid.LOCALE,
    "control.text": (*report_pages.DROPDOWN_TEXTS, "placeholder"),
    "history.range": tuple(history.RANGES),
    "history.compare": ("none", "before"),
    "history.column": ("mean", "least", "most", "count", "then", "change", "verdict"),
    "history.verdict": ("few", "incomplete", "zero", "none"),
    "load.column": ("mtta", "mtta_p90", "mttr", "asset", "alert", "rule", "count", "share", "raised_at", "changes"),
    "load.shift": ("shift", "shown", "per", "waiting", "floods"),
    "load.mix": ("low", "medium", "high"),
    "load.from": ("roster", "assumed"),
    "handover.part": ("open", "acked", "broken", "hidden", "hiders", "sources", "none"),
    "hide": ("shelf", "silences", "maintenance"),
    "hide.none": ("shelf", "silences", "maintenance"),
    "accounts.role": ("viewer", "leader", "duty", "operator", "admin", "auditor"),
    "tokens.scope": ("read", "ingest", "wall", "read.what", "ingest.what", "wall.what"),
    "netlayer": ("province", "core", "county", "aggregation", "town", "access", "service", "security", "depth"),
    "chart": ("1h", "24h", "7d", "90d"),
    "hider": (*HIDERS, *(f"{name}.what" for name in HIDERS)),
    "bulk.not": ("outside-region", "not-found", "conflict", "other", "closed", "not_acked", "not_shelved", "rev"),
    "bulk.will": ("ack", "shelve", "reshelve", "comment", "unack", "unshelve"),
    "bulk.verb": ("ack", "shelve", "comment", "unack", "unshelve"),
    "bulk.hint": ("ack", "shelve", "comment", "unack", "unshelve"),
    "suppress": ("shelve", "silence", "maintain", "unshelve", "unsilence", "unmaintain"),
    "suppress.shelve": ("what", "hint", "send", "done"),
    "suppress.silence": ("what", "hint", "send", "done"),
    "suppress.maintain": ("what", "hint", "send", "done"),
    "suppress.unshelve": ("done",),
    "suppress.unsilence": ("done",),
    "suppress.unmaintain": ("done",),
    "suppress.plus": ("60", "240", "1440"),
    "bulk": ("ack", "shelve", "comment", "unack", "unshelve", "all", "none"),
    "transition": (*steps(), "sent", "unsent", "queued", "digest", "unneeded"),
    "key": (
        "next",
        "previous",
        "ack",
        "shelve",
        "choose",
        "bulk",
        "unfold",
        "open",
        "search",
        "help",
        "fresh",
        "submit",
        "leave",
    ),
    "layer": ("nodes", "links", "warnings", "roads", "water"),
    "ack.plus": ("15", "30", "60", "120", "240", "1440"),
    "role.name": ("viewer", "leader", "duty", "operator", "admin", "auditor"),
    "reason": ("timeout", "refused", "unreachable", "unresolved", "closed", "tls", "wrong_answer"),
    "warning.state": ("active", "pending", "expired", "cancelled", "superseded"),
}


def test_both_languages_have_the_same_keys_and_places() -> None:
    chinese, english = catalogue.catalogue("zh-CN"), catalogue.catalogue("en")
    assert set(chinese) == set(english)
    assert {key: catalogue.placeholders(chinese[key]) for key in chinese} == {
        key: catalogue.placeholders(english[key]) for key in english
    }
    assert all(text.strip() for text in [*chinese.values(), *english.values()] if text != ", ")


def test_every_key_that_a_script_asks_for_exists() -> None:
    keys = {key for path in SCRIPTS for key in TEXT_KEYS.findall(path.read_text(encoding="utf-8"))}
    assert len(keys) > 100
    assert keys - set(catalogue.catalogue()) == set()


@pytest.mark.parametrize("prefix", SETS)
def test_every_member_of_a_set_has_its_word(prefix: str) -> None:
    assert {f"{prefix}.{name}" for name in SETS[prefix]} <= set(catalogue.catalogue())


def test_pages_and_navigation_are_named() -> None:
    keys = {page.title for page in pages.PAGES} | {key for _, _, key in shell.NAV}
    assert keys <= set(catalogue.catalogue())


def test_values_are_put_in_and_never_read_as_templates() -> None:
    assert catalogue.text("time.ago", span="{span}{n}") == "{span}{n}前"
    assert catalogue.text("time.ago", "en", span="3 s") == "3 s ago"
    assert catalogue.text("health.down", "fr") == "中断"


def test_scripts_never_write_markup() -> None:
    forbidden = (
        "dangerouslySetInnerHTML",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
    )
    offences = [(path.name, word) for path in SCRIPTS for word in forbidden if word in path.read_text(encoding="utf-8")]
    assert offences == []


def test_chinese_texts_have_full_width_punctuation() -> None:
    half_width = re.compile(r"[\u4e00-\u9fff”）][,;:]|[,;][\u4e00-\u9fff]|\([^()]*[\u4e00-\u9fff]")
    texts = catalogue.catalogue("zh-CN")
    assert not {key: text for key, text in texts.items() if half_width.search(text)}

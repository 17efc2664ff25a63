"""The format of plans: what a file means, and what each fault of it is told as."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.findings import Finding, InFile, line_of_text
from feeds.model.plans import Plan
from feeds.plans.format import PlanContext, digest_of, read_plan
from watchfloor.demo.site_files import shipped_text

UNITS = ("yjj", "gaj", "wjw", "sthj", "mzj", "township")
CONTEXT = PlanContext(units=UNITS, today=date(2026, 11, 27))
PLAN = """\
id: hazchem
name: {zh-CN: 危化品预案, en: Hazardous chemicals}
owner: yjj
review_by: 2027-06-30
triggers:
  - {when: "incident.grade <= 3", level: III}
levels:
  III:
    tasks:
      - {key: cordon, title: "封控{place}", unit: gaj, due: "+15m"}
      - {key: evacuate, title: 疏散, unit: township, due: "+60m", depends: [cordon]}
  II: {adds: [{key: province, title: 请求增援, post: commander, due: "+30m", sign_within: "10m"}]}
"""


def _findings(text: str, file: str = "hazchem.yaml") -> list[Finding[InFile]]:
    return list(read_plan(text, file, CONTEXT).findings)


def _plan(text: str) -> Plan:
    document = read_plan(text, "hazchem.yaml", CONTEXT)
    assert document.plan is not None, [line_of_text(finding, "en") for finding in document.findings]
    return document.plan


def test_the_plan_that_is_shipped_has_no_finding() -> None:
    plan = _plan(shipped_text("plans/hazchem.yaml"))
    assert [level.level for level in plan.levels] == ["II", "III", "IV"]


def test_a_higher_level_has_the_tasks_of_the_lower_one_and_its_own() -> None:
    plan = _plan(PLAN)
    high, low = plan.level("II"), plan.level("III")
    assert high is not None
    assert low is not None
    assert [(task.key, task.level) for task in high.tasks] == [
        ("cordon", "III"),
        ("evacuate", "III"),
        ("province", "II"),
    ]
    assert [(task.due, task.sign_within, task.depends) for task in low.tasks] == [
        (900.0, None, ()),
        (3600.0, None, ("cordon",)),
    ]
    assert high.tasks[2].sign_within == 600.0


def test_json_is_read_too() -> None:
    text = (
        '{"id": "fire", "name": "火灾预案", "owner": "yjj", "review_by": "2027-01-01",'
        ' "levels": {"IV": {"tasks": [{"key": "a", "title": "x", "role": "duty", "due": "5m"}]}}}'
    )
    plan = read_plan(text, "request", CONTEXT).plan
    assert plan is not None
    assert (plan.plan, plan.name) == ("fire", {"zh-CN": "火灾预案"})


FAULTS = [
    ("owner: yjj", "owner: yjj\nowned: x", "plan_unknown_key", "owned", "x", 4),
    ("owner: yjj", "owner: yjjj", "plan_unit", "owner", "yjjj", 3),
    ("owner: yjj\n", "", "plan_missing", "owner", "", 1),
    ("unit: gaj", "unit: gajj", "plan_unit", "levels.III.tasks[1].unit", "gajj", 10),
    ("unit: gaj", "unit: gaj, role: duty", "plan_holder", "levels.III.tasks[1].key", "cordon", 10),
    ('"+15m"', '"+0m"', "plan_deadline_zero", "levels.III.tasks[1].due", "+0m", 10),
    ('"+15m"', "-15m", "plan_duration", "levels.III.tasks[1].due", "-15m", 10),
    ('"+15m"', "900d", "plan_deadline_long", "levels.III.tasks[1].due", "900d", 10),
    ("{place}", "{plaze}", "plan_field", "levels.III.tasks[1].title", "封控{plaze}", 10),
    ("{place}", "{place", "plan_brace", "levels.III.tasks[1].title", "封控{place", 10),
    ("[cordon]", "[cordons]", "plan_depends", "levels.III.tasks[2].depends", "cordons", 11),
    ("[cordon]", "[evacuate]", "plan_cycle", "levels.III.tasks[2].depends", "evacuate", 11),
    ("key: evacuate", "key: cordon", "plan_task_twice", "levels.III.tasks[2].key", "cordon", 11),
    ("post: commander", "post: boss", "plan_choice", "levels.II.adds[1].post", "boss", 12),
    ("level: III}", "level: I}", "plan_trigger_level", "triggers[1].level", "I", 6),
    ("incident.grade <= 3", "incident.grad <= 3", "plan_trigger", "triggers[1].when", "incident.grad <= 3", 6),
    ("incident.grade <= 3", "incident.grade < < 3", "plan_trigger", "triggers[1].when", "incident.grade < < 3", 6),
    ("2027-06-30", "30.6.2027", "plan_date", "review_by", "30.6.2027", 4),
    ("2027-06-30", "2026-06-30", "plan_review_past", "review_by", "2026-06-30", 4),
    ("id: hazchem", "id: Haz chem", "plan_id_form", "id", "Haz chem", 1),
    ("id: hazchem", "id: fire", "plan_file_name", "id", "fire", 1),
    ("  II:", "  V:", "plan_unknown_key", "levels.V", "", 12),
    ("  III:\n", "  III:\n    adds: []\n", "plan_adds_and_tasks", "levels.III.adds", "", 9),
    ("  III:\n    tasks:", "  III:\n    adds:", "plan_adds", "levels.III.adds", "", 9),
    ("  III:\n", "  III:\n    start: at once\n", "plan_choice", "levels.III.start", "at once", 9),
    ("owner: yjj", "owner: [yjj]", "plan_type", "owner", "", 3),
    ("owner: yjj", "owner: yjj\nid: x", "plan_key_twice", "id", "x", 4),
    ("owner: yjj", "owner: &a yjj\nbasis: {number: *a}", "plan_anchor", "", "", 1),
]


@pytest.mark.parametrize(("old", "new", "code", "key", "value", "line"), FAULTS, ids=[fault[2] for fault in FAULTS])
def test_a_fault_is_told_with_its_line_key_value_and_mend(
    old: str, new: str, code: str, key: str, value: str, line: int
) -> None:
    assert old in PLAN
    findings = _findings(PLAN.replace(old, new, 1))
    finding = next(finding for finding in findings if finding.code == code)
    assert (finding.where, finding.value) == (InFile("hazchem.yaml", line, key), value)
    assert all(finding.message.values())
    assert all(finding.mend.values())


def test_a_plan_that_starts_by_itself_has_only_reversible_tasks_to_the_duty_staff() -> None:
    auto = PLAN.replace("  III:\n", "  III:\n    start: {auto_after: 2m}\n    messages: [{template: x}]\n")
    codes = [(finding.code, finding.value) for finding in _findings(auto)]
    assert codes == [("plan_auto_task", "cordon"), ("plan_auto_task", "evacuate"), ("plan_auto_message", "")]
    task = '{key: a, title: x, role: duty, due: "5m", reversible: true}'
    high = (
        f"id: hazchem\nname: x\nowner: yjj\nreview_by: 2027-01-01\nlevels: {{II: {{auto_after: 2m, tasks: [{task}]}}}}"
    )
    assert [finding.code for finding in _findings(high)] == ["plan_auto_level"]
    low = _plan(high.replace("II:", "IV:")).level("IV")
    assert low is not None
    assert low.auto_after == 120.0


@pytest.mark.parametrize(
    "text", ["", "x", "[" * 100_000, "a: {" * 20_000, "\x00", "a: [", "- 1", "a: " + "x" * 300_000]
)
def test_what_is_no_plan_is_one_finding(text: str) -> None:
    assert len(_findings(text)) == 1


def test_a_circle_of_three_is_named_once() -> None:
    text = PLAN.replace("unit: gaj,", "unit: gaj, depends: [evacuate],")
    assert [finding.message["en"] for finding in _findings(text)] == [
        "tasks wait for one another: cordon → evacuate → cordon"
    ]


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    read_plan(text, "x.yaml", PlanContext())
    read_plan(PLAN.replace("危化品预案", text.replace("\n", " ")), "hazchem.yaml", CONTEXT)


def test_line_breaks_of_another_system_make_no_other_version() -> None:
    assert digest_of(PLAN) == digest_of(PLAN.replace("\n", "\r\n"))
    assert digest_of(PLAN) != digest_of(PLAN.replace("15m", "16m"))

"""The vocabulary of cases: kinds, results, states, steps and flags, and the names that other systems use.

Sources: GB/T 39046-2020 A.5, A.6 and A.7; 行政许可法 art. 45.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

CaseKind = Literal[
    "instant", "promise", "supplement", "upward", "joint", "disclosure", "question", "publication", "column", "other"
]
CaseState = Literal["applied", "open", "closed", "deleted", "shelf"]
KINDS: tuple[CaseKind, ...] = get_args(CaseKind)
PERMIT = "permit"
GROUPS: dict[str, tuple[CaseKind, ...]] = {
    PERMIT: ("instant", "promise", "supplement", "upward", "joint", "other"),
    "disclosure": ("disclosure",),
    "question": ("question",),
    "publication": ("publication",),
    "column": ("column",),
}
"""The groups in which cases are counted, with their kinds. Groups are never added together."""
GROUP_OF: dict[str, str] = {kind: group for group, kinds in GROUPS.items() for kind in kinds}
KIND_WORDS: dict[str, CaseKind] = {
    "即办件": "instant",
    "即办": "instant",
    "1": "instant",
    "承诺件": "promise",
    "承诺": "promise",
    "2": "promise",
    "补办件": "supplement",
    "补办": "supplement",
    "上报件": "upward",
    "上报": "upward",
    "联办件": "joint",
    "联办": "joint",
    "依申请公开": "disclosure",
    "咨询": "question",
    "投诉": "question",
    "主动公开": "publication",
    "栏目": "column",
    "9": "other",
    "其他": "other",
    **{kind: kind for kind in KINDS},
}
RESULTS: Final = ("granted", "refused", "returned", "withdrawn", "void", "forwarded", "lapsed", "done", "not_accepted")
FINISHED: Final = frozenset({"granted", "refused", "forwarded", "done", ""})
"""Results that count as done (办结); the others are shown apart."""
RESULT_WORDS: dict[str, str] = {
    "准予许可": "granted",
    "出证": "granted",
    "通过": "granted",
    "办结": "done",
    "不予许可": "refused",
    "不通过": "refused",
    "退回": "returned",
    "撤回": "withdrawn",
    "作废": "void",
    "转报": "forwarded",
    "补正超时驳回": "lapsed",
    "不予受理": "not_accepted",
    **{result: result for result in RESULTS},
}
STOPPING: Final = frozenset({"听证", "招标", "拍卖", "检验", "检测", "检疫", "鉴定", "专家评审"})
"""Kinds of suspension whose time is not counted (行政许可法 art. 45)."""
DISCLOSURE_STOPPING: Final = frozenset({"征求第三方意见", "征求其他机关意见"})
"""Kinds of suspension of disclosure requests whose time is not counted (政府信息公开条例 art. 33)."""
STEPS: Final = ("受理", "承办", "审批", "批准", "办结")
STEP_WORDS: dict[str, str] = {
    "受理": "受理",
    "接件": "受理",
    "收件": "受理",
    "承办": "承办",
    "承办人": "承办",
    "初审": "承办",
    "审查": "承办",
    "审核": "审批",
    "审批": "审批",
    "复核": "审批",
    "批准": "批准",
    "核准": "批准",
    "决定": "批准",
    "审定": "批准",
    "办结": "办结",
    "制证": "办结",
    "发证": "办结",
    "送达": "办结",
}
"""The five steps by the names that other systems give them."""

# -- flags of a case ---------------------------------------------------------------
PAUSED: Final = "paused"
DEEMED: Final = "deemed_accepted"
REOPENED: Final = "reopened"
SUBMITTED: Final = "submitted_up"
EXTENDED: Final = "extended"
PROVISIONAL: Final = "provisional"
NO_LOCAL: Final = "no_local_calendar"
UNPUBLISHED: Final = "unpublished"
UNKNOWN_SUSPENSION: Final = "unknown_suspension"
NO_NOTICE: Final = "suspension_without_notice"
BAD_EXTENSION: Final = "bad_extension"
BAD_SUSPENSION: Final = "bad_suspension"
DISAGREE: Final = "sources_disagree"
SAME_STAMP: Final = "same_stamp"
FUTURE: Final = "future_stamp"
ENDED_FIRST: Final = "ended_before_accepted"
PROMISE_OVER: Final = "promise_over_statutory"
UNSORTED: Final = "unsorted"
NO_LIMIT: Final = "no_limit"

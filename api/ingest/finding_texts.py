"""Sentences of the findings of other tools' messages by code: (zh-CN, en). `ERRORS` refuse the message."""

from __future__ import annotations

ERRORS: dict[str, tuple[str, str]] = {
    "JSON_INVALID": ("不是有效的 JSON：{detail}", "not valid JSON: {detail}"),
    "FORM_INVALID": ("内容不合格式：{detail}", "not of the expected form: {detail}"),
    "BASE64_INVALID": ("不是有效的 Base64：{detail}", "not valid base64: {detail}"),
    "DATA_TWICE": ("data 与 data_base64 不能同时给出", "data and data_base64 exclude each other"),
    "HEADER_INVALID": ("请求头的编码不合规定：{detail}", "the header is not encoded as the binding says: {detail}"),
    "TOO_MANY": ("一次最多 {detail} 条", "at most {detail} at once"),
    "LABELS_MISSING": ("告警没有标签，无法识别", "the alert has no labels, so nobody could tell it from others"),
    "LABELS_TOO_MANY": ("标签过多（最多 {detail} 个）", "too many labels ({detail} at most)"),
    "LABEL_TOO_LONG": ("标签名或值过长（上限 {detail} 字符）", "a label name or value is too long (at most {detail})"),
    "TIME_INVALID": ("不是带时区的 RFC 3339 时间", "not an RFC 3339 time with a zone"),
    "ENDS_BEFORE_START": ("结束时间早于开始时间", "it would end before it begins"),
    "STATUS_UNKNOWN": ("不知道此状态的含义", "nobody knows what this status means"),
    "MISSING_REQUIRED": ("缺少必填项", "required, but missing or empty"),
    "ZONE_UNKNOWN": ("未知的时区", "no such time zone"),
    "VERSION_UNKNOWN": ("不支持的版本", "this version is not supported"),
    "OUTSIDE_REGION": ("该资产不在令牌的区域内", "the asset lies outside the token's region"),
}
REMARKS: dict[str, tuple[str, str]] = {
    "TRUNCATED": (
        "发送方省略了 {detail} 条告警：缺席不作恢复处理",
        "the sender left {detail} alerts out: absence is taken as no recovery",
    ),
    "IGNORED": ("此状态不改变告警", "this state changes no alert"),
    "DUPLICATE": ("此前已收到", "received before"),
}

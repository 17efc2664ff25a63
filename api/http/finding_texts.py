"""Sentences of the findings of requests by code: (zh-CN, en)."""

from __future__ import annotations

# The codes are pydantic's, this interface's, and those of the alert engine's refusals.
TEXTS: dict[str, tuple[str, str]] = {
    "missing": ("必填", "required"),
    "extra_forbidden": ("未知的字段", "unknown field"),
    "json_invalid": ("不是有效的 JSON", "not valid JSON"),
    "string_type": ("须为文本", "must be text"),
    "string_too_short": ("过短", "too short"),
    "string_too_long": ("过长", "too long"),
    "too_short": ("项数过少", "too few items"),
    "too_long": ("项数过多", "too many items"),
    "enum": ("不在允许的取值之内", "not one of the allowed values"),
    "literal_error": ("不在允许的取值之内", "not one of the allowed values"),
    "bool_parsing": ("须为 true 或 false", "must be true or false"),
    "string_pattern_mismatch": ("写法不合要求", "not written as it should be"),
    "int_parsing": ("须为整数", "must be a whole number"),
    "int_type": ("须为整数", "must be a whole number"),
    "greater_than_equal": ("小于下限", "below the least allowed"),
    "less_than_equal": ("大于上限", "above the greatest allowed"),
    "timezone_aware": ("时间须带时区", "the time needs a zone"),
    "datetime_parsing": ("不是 RFC 3339 时间", "not an RFC 3339 time"),
    "datetime_from_date_parsing": ("不是 RFC 3339 时间", "not an RFC 3339 time"),
    "interval": ("起止须有先后，且不超过十年", "it must begin before it ends, within ten years"),
    "step": ("步长须为 raw，或秒数、5m 的倍数、1h 的倍数", "raw, seconds, a multiple of 5m, or one of 1h"),
    "step_fine": ("点数过多：请缩短时段或加大步长", "too many points: ask for a shorter interval or a longer step"),
    "duration": ("时长应写作秒数，或 150ms、10s、2m、1h、1d", "a duration is seconds, or 150ms, 10s, 2m, 1h, 1d"),
    "cursor": ("cursor 不是本接口给出的", "the cursor was not given by this interface"),
    "region": ("不是行政区划代码", "no region code"),
    "account_name": (
        "须为 1 至 64 个字母、数字或 . @ - _，以字母或数字开头",
        "1 to 64 letters, digits or . @ - _, first a letter or digit",
    ),
    "unknown_parameter": ("没有这个查询参数", "there is no such query parameter"),
    "repeated_parameter": ("此参数只能出现一次", "this parameter is given once only"),
    "matcher": ('须写作 名称="值" 或 名称!="值"', 'it is written name="value" or name!="value"'),
    "moment": ("须为 1970 年至 9998 年之间的时间", "a time from 1970 to 9998 is wanted"),
    "id_differs": ("与路径中的 id 不同", "not the id of the path"),
    "until_past": ("确认的截止时间已过", "the acknowledgement would end in the past"),
    "bad_until": ("确认的截止时间不合理", "the acknowledgement's end makes no sense"),
    "bad_comment": ("说明缺失或过长", "the comment is missing or too long"),
    "unknown_person": ("名册中没有此人", "nobody in the roster has that id"),
    "unknown_shift": ("没有这个班次", "there is no such shift"),
    "csv_head": ("首行须有列名 日期 与 班次", "the first line needs the columns date and shift"),
    "csv_date": ("不是日期，应如 2026-11-22", "no date; it is written 2026-11-22"),
    "csv_form": ("不是 CSV，或有过长的字段", "no CSV, or a field that is too long"),
    "csv_encoding": ("不是 UTF-8 或 GB 18030", "neither UTF-8 nor GB 18030"),
    "no_address": ("此接收方需要收件地址：请选择人员或填写地址", "it needs an address: choose a person or give one"),
    "bad_estimated_restoration": ("预计恢复时间须在将来、一年之内", "a promise lies ahead, within a year"),
}
UNKNOWN_ZH, UNKNOWN_EN = "取值不合要求", "not acceptable"
"""Sentences for a code without texts."""

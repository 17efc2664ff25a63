"""Sentences of a duty roster's findings by code: (zh-CN, en)."""

from __future__ import annotations

TEXTS = {
    "few_officers": ("{date} {shift}：值班员不足两名（{count}）", "{date} {shift}: fewer than two officers ({count})"),
    "no_leader": ("{date} {shift}：没有带班领导", "{date} {shift}: no leader"),
    "twice": ("{date} {shift}：{person} 出现两次", "{date} {shift}: {person} stands there twice"),
    "on_leave": ("{date} {shift}：{person} 在休假", "{date} {shift}: {person} is on leave"),
    "deputy_away": ("{date}：代理人 {person} 也在休假", "{date}: the deputy {person} is on leave as well"),
    "gap": ("{date} 起无人值班：{begins} 至 {ends}", "nobody on duty from {begins} to {ends}"),
    "overlap": ("{date} {shift} 与 {other} 时间重叠", "{date} {shift} overlaps {other}"),
    "unknown_person": ("{date} {shift}：名册中没有 {person}", "{date} {shift}: nobody has the id {person}"),
    "unknown_shift": ("{date}：没有班次 {shift}", "{date}: there is no shift {shift}"),
    "double_booked": ("{date} {shift}：{person} 同时在 {other}", "{date} {shift}: {person} is in {other} as well"),
    "long_duty": ("{date} {shift}：{person} 连续值班超过 24 小时", "{date} {shift}: {person} is on duty over 24 h"),
    "no_contact": ("{person} 没有电话、邮箱或任何通道地址", "{person} has no phone, mail or other address"),
}

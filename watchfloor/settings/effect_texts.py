"""The sentences of remarks on rules and settings that have no effect, in the form of the settings' TEXTS."""

from __future__ import annotations

EFFECT_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "never_true": (
        "规则永远不会成立：{detail}",
        "the rule can never be true: {detail}",
        "改正 when，或在清单中补上",
        "correct `when`, or add to the inventory",
    ),
    "kind_unused": (
        "清单中没有这类资产，选不出任何告警",
        "no asset of the inventory is of this kind, so it chooses no alert",
        "{near}改正 kinds，或在清单中补上",
        "{near}correct `kinds`, or add to the inventory",
    ),
    "map_required": (
        "映射中缺少必填的目标 {value}，任何一行都不能使用",
        "the mapping lacks the required target {value}, so no row can be used",
        "在 map 中写明 {value} 取自何处",
        "say in `map` where {value} comes from",
    ),
    "group_unused": (
        "具名分组 {value} 不起作用：只有 part 表示设备的部件",
        "the named group {value} has no effect: `part` alone names the part of a device",
        "改名为 part，或写成不具名的分组 (?:…)",
        "call it part, or write a group without a name, (?:…)",
    ),
    "device_id_form": (
        "该凭据的 user 有 {digits} 个字符，不是 20 位设备编码",
        "the user of this credential has {digits} characters and is no device id (20 digits)",
        'user 写 20 位设备编码，或写 "*" 表示所有设备',
        'write the 20 digits of a device as user, or "*" for all devices',
    ),
    "source_parent": (
        "来源依赖的资产不在清单中",
        "the asset that the source hangs on is not in the inventory",
        "改正 parents，或把该资产加入清单",
        "correct `parents`, or add the asset to the inventory",
    ),
}

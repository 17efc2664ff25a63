"""Sentences of the findings of CAP messages by code: (zh-CN, en). `ERRORS` refuse in strict mode."""

from __future__ import annotations

ERRORS: dict[str, tuple[str, str]] = {
    "XML_NOT_WELL_FORMED": ("XML 格式不完整：{detail}", "the XML is not well formed: {detail}"),
    "ENCODING_WRONG": (
        "文件的编码与声明不符，按实际编码（UTF-8、GB 18030 或 UTF-16）读取",
        "the bytes are not in the declared encoding; read as what they are (UTF-8, GB 18030 or UTF-16)",
    ),
    "TOO_LARGE": ("文件超过上限 {detail} 字节", "the document is larger than {detail} bytes"),
    "TOO_COMPLEX": ("内容过于复杂，超过上限：{detail}", "the document is beyond a bound: {detail}"),
    "DTD_FORBIDDEN": ("禁止使用 DTD 与实体（DOCTYPE、ENTITY）", "a DTD or entity (DOCTYPE, ENTITY) is forbidden"),
    "NAMESPACE_UNKNOWN": (
        "根元素不是 CAP 1.0、1.1 或 1.2 的 alert",
        "the root element is not an alert of CAP 1.0, 1.1 or 1.2",
    ),
    "MISSING_REQUIRED": ("缺少必填元素 {detail}", "the required element {detail} is missing or empty"),
    "INVALID_SEQUENCE": ("元素 {detail} 的次序不符合 CAP 规定", "the element {detail} stands in the wrong order"),
    "DUPLICATE_ELEMENT": ("元素 {detail} 只能出现一次", "the element {detail} may appear only once"),
    "UNSUPPORTED_ELEMENT": ("CAP 中没有元素 {detail}", "CAP has no element {detail} here"),
    "INVALID_ENUM": ("{detail} 的取值不在 CAP 允许的范围内", "{detail} has a value that CAP does not allow"),
    "INVALID_DATE": (
        "{detail} 的时间须写成 2026-06-10T15:30:00+08:00（UTC 写 -00:00，不可用 Z）",
        "{detail} must be written 2026-06-10T15:30:00+08:00 (UTC as -00:00, never Z)",
    ),
    "INVALID_IDENTIFIER": (
        "identifier 中不得有空格、逗号、< 或 &",
        "the identifier must not hold spaces, commas, < or &",
    ),
    "INVALID_SENDER": ("sender 中不得有空格、逗号、< 或 &", "the sender must not hold spaces, commas, < or &"),
    "INVALID_REFERENCES": (
        "references 的每一项须为 sender,identifier,sent，以空格分隔",
        "every reference must be sender,identifier,sent, divided by spaces",
    ),
    "REFERENCES_REQUIRED": (
        "msgType 为 {detail} 时必须有 references",
        "a message of type {detail} must have references",
    ),
    "RESTRICTION_REQUIRED": ("scope 为 Restricted 时必须有 restriction", "the scope Restricted needs a restriction"),
    "RESTRICTION_SCOPE_MISMATCH": (
        "scope 为 {detail} 时不得有 restriction",
        "a restriction may not stand with the scope {detail}",
    ),
    "ADDRESSES_REQUIRED": ("scope 为 Private 时必须有 addresses", "the scope Private needs addresses"),
    "INVALID_LANGUAGE": (
        "language 须为 RFC 3066 语言代码，如 zh-CN",
        "language must be an RFC 3066 code such as zh-CN",
    ),
    "INVALID_POLYGON": ("多边形无效：{detail}", "the polygon is invalid: {detail}"),
    "COORD_RANGE": (
        "坐标超出范围（纬度 ±90，经度 ±180）；次序须为“纬度,经度”",
        "a coordinate is out of range (latitude ±90, longitude ±180); the order is latitude,longitude",
    ),
    "DEPRECATED_VALUE": (
        "{detail} 使用了已废弃的取值，按 Likely 处理",
        "{detail} has a deprecated value, taken as Likely",
    ),
    "INVALID_CIRCLE": (
        "圆须写成“纬度,经度 半径（千米）”，半径不为负",
        "a circle must be latitude,longitude radius (km), the radius not negative",
    ),
    "CEILING_WITHOUT_ALTITUDE": ("有 ceiling 而无 altitude", "a ceiling stands without an altitude"),
    "INVALID_URI": ("{detail} 不是可用的完整网址", "{detail} is no usable absolute URI"),
    "EXPIRES_NOT_AFTER_EFFECTIVE": (
        "失效时间 expires 不晚于生效时间",
        "the message expires no later than it takes effect",
    ),
    "SIGNATURE_INVALID": (
        "数字签名无效，内容可能被改动",
        "the XML signature is invalid: the content may have been altered",
    ),
}
WARNINGS: dict[str, tuple[str, str]] = {
    "CIRCULAR_REFERENCE": ("references 指向消息自身", "the message refers to itself"),
    "POSTDATED_REFERENCE": ("引用的消息晚于本消息发出", "a referenced message was sent later than this one"),
    "REFERENCE_UNKNOWN": ("引用的消息尚未收到", "a referenced message has not been received"),
    "EXPIRES_ABSENT": ("没有失效时间，按默认时长处理", "there is no expiry: the default life is applied"),
    "EFFECTIVE_BEFORE_SENT": ("生效时间早于发布时间", "it takes effect before it was sent"),
    "CIRCLE_ZERO": ("圆的半径为 0，按一个点处理", "the circle has radius 0: it is taken as a point"),
    "POLYGON_EMPTY": ("多边形为空", "the polygon is empty"),
    "EMPTY_ELEMENT": ("元素 {detail} 为空", "the element {detail} is empty"),
    "GEOCODE_UNKNOWN": ("区划代码不在区划表中", "the geocode is not in the table of regions"),
    "NO_AREA": ("没有可以定位的区域", "there is no area that can be placed"),
    "AREA_SIMPLIFIED": (
        "图形过于复杂或退化，以外包凸多边形显示",
        "the shapes cross too often, or have no area: their convex hull is shown",
    ),
    "EXERCISE_WITHOUT_NOTE": ("演练消息没有 note 说明", "an exercise message has no note"),
    "TEXT_CONTAINS_HTML": ("{detail} 中含有 HTML 标记，仅按文字显示", "{detail} holds HTML tags: shown as plain text"),
    "COLOUR_DIFFERS": (
        "报文中的颜色不一致，按较重的显示",
        "the message states several colours, and the worst is shown",
    ),
    "ENVELOPE_STATUS": (
        "封装（EDXL-DE）的状态不如报文真实，以封装为准",
        "the status of the envelope (EDXL-DE) is less real than that of the message, and holds",
    ),
    "CONTENT_CHANGED": ("同一消息的内容前后不同", "the same message came with other content"),
}
POLYGON_FAULTS: dict[str, tuple[str, str]] = {
    "few": ("少于 4 个坐标对", "it has fewer than 4 pairs"),
    "open": ("首尾坐标不相同，没有闭合", "its first and last pairs differ: it is open"),
    "text": ("含有不是数字的坐标", "it holds something that is not a pair of numbers"),
    "crossed": ("边线自相交", "it intersects itself"),
}

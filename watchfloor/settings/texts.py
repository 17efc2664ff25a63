"""The sentences of the settings' findings: per code (wrong zh, wrong en, mend zh, mend en)."""

from __future__ import annotations

from watchfloor.settings.effect_texts import EFFECT_TEXTS

TEXTS: dict[str, tuple[str, str, str, str]] = {
    "file_missing": (
        "设置文件不存在",
        "the settings file does not exist",
        "核对 -c 后的路径；新站点可从文档中的示例开始",
        "check the path after -c; a new site starts from the example in the documents",
    ),
    "file_unreadable": (
        "设置文件无法读取：{detail}",
        "the settings file cannot be read: {detail}",
        "让运行值守台的用户可以读取该文件",
        "let the user that runs Watchfloor read the file",
    ),
    "secret_readable": (
        "其他用户可以读取这个密钥或口令文件（权限 {value}）",
        "other users can read this key or secret (mode {value})",
        "执行 chmod 600 后重试",
        "run chmod 600 on it",
    ),
    "file_encoding": (
        "设置文件不是 UTF-8",
        "the settings file is not UTF-8",
        "用编辑器另存为 UTF-8",
        "save it as UTF-8",
    ),
    "toml": (
        "TOML 语法错误：{detail}",
        "this is not TOML: {detail}",
        "改正这一行；文字要加双引号，表名写成 [表]，多个同名表写成 [[表]]",
        "correct this line; text wants double quotes, a table is [name], one of several is [[name]]",
    ),
    "missing": (
        "缺少必填的设置",
        "this setting is required and missing",
        "加上 {key} = {example}",
        "add {key} = {example}",
    ),
    "unknown_key": (
        "不认识这个设置",
        "this setting is unknown",
        "{near}此处可用：{known}",
        "{near}what may stand here: {known}",
    ),
    "wrong_type": ("应为{wanted}", "this must be {wanted}", "写成 {key} = {example}", "write {key} = {example}"),
    "empty": ("不能为空", "this must not be empty", "写成 {key} = {example}", "write {key} = {example}"),
    "duration_form": (
        "不是时长",
        "this is no duration",
        '写数字加单位：ms、s、m、h 或 d，例如 "10s"',
        'write a number and a unit, ms, s, m, h or d: "10s"',
    ),
    "duration_range": (
        "时长须在 {low} 与 {high} 之间",
        "this must lie between {low} and {high}",
        "写 {low} 至 {high} 之间的时长",
        "write a duration between {low} and {high}",
    ),
    "number_range": (
        "须在 {low} 与 {high} 之间",
        "this must lie between {low} and {high}",
        "写 {low} 至 {high} 之间的数",
        "write a number between {low} and {high}",
    ),
    "choice": ("不是可用的值", "this value is unknown", "{near}可用：{known}", "{near}write one of: {known}"),
    "region_form": (
        "不是行政区划代码",
        "this is not a region code",
        "写 GB/T 2260 的 6 位代码（或 9、12 位），例如 532300",
        "write the 6-digit code of GB/T 2260 (or 9 or 12 digits), such as 532300",
    ),
    "unit_empty": (
        "这个单位没有人员，不能向它下达任务",
        "nobody is named for this unit, so it can be given no task",
        'people 写账号，例如 ["gaj-wang"]',
        'name accounts in people, such as ["gaj-wang"]',
    ),
    "unit_head": (
        "负责人不在人员之中",
        "the head is none of its people",
        "把 head 也写进 people",
        "name the head in people too",
    ),
    "promote_subject": (
        "须只涉及 alert、warning、receipt 之一",
        "this must be about one of alert, warning and receipt",
        "拆成几条规则",
        "make one rule for each",
    ),
    "promote_title": (
        "标题中有不可用的字段",
        "the title has an unknown field",
        "可用：{fields}",
        "there are: {fields}",
    ),
    "severity_list": (
        "级别列表不成立",
        "this is not a list of severities",
        "每项写 when 与 severity，级别各不相同，至多一项不带 when",
        "write entries of when and severity, each of another severity, one of them at most without when",
    ),
    "region_pairs": (
        "每项应为“标签值=地区代码”",
        "each of them must be VALUE=CODE",
        "代码为 GB/T 2260 的 6 位（或 9、12 位），例如 Lufeng=532302",
        "the code has the 6 digits of GB/T 2260 (or 9 or 12), such as Lufeng=532302",
    ),
    "timezone": (
        "没有这个时区",
        "there is no such time zone",
        "写 IANA 时区名，例如 Asia/Shanghai",
        "write an IANA name, such as Asia/Shanghai",
    ),
    "id_form": (
        "编号只能用字母、数字、汉字和 . _ - ，且不超过 64 个字符",
        "an id is made of letters, digits and . _ - and is at most 64 characters long",
        "改短，并去掉空白和其他符号",
        "shorten it and take out white space and other signs",
    ),
    "id_twice": (
        "编号与第 {first} 行的重复",
        "this id is already used at line {first}",
        "换一个编号，或删去其中一个",
        "give it another id, or delete one of the two",
    ),
    "url": ("地址不可用", "this address cannot be used", "写成 {known}", "write {known}"),
    "driver": (
        "没有安装连接它所需的程序库 {driver}",
        "the library that speaks to it, {driver}, is not installed",
        '在同一环境中安装 {driver}，或写 url = "embedded"',
        'install {driver} in the same environment, or write url = "embedded"',
    ),
    "receiver": (
        "这个接收方不能用：{detail}",
        "this receiver cannot be used: {detail}",
        "按提示改正，或用 watchfloor check 再试",
        "mend what it says, then try watchfloor check again",
    ),
    "secret_short": (
        "密钥太短",
        "this secret is too short",
        "至少 {least} 个字符，例如 openssl rand -hex 24 的输出",
        "{least} characters at least, for example what openssl rand -hex 24 prints",
    ),
    "relay_tls": (
        "tls_cert 与 tls_key 须同时设置",
        "tls_cert and tls_key go together",
        "两个都写，或都不写",
        "set both or neither",
    ),
    "relay_plain": (
        "在 {value} 上用明文 HTTP，别人可读到消息内容",
        "plain HTTP on {value} shows the messages to the network",
        "设置 tls_cert 和 tls_key；若前面有代理负责 TLS，写 allow_plain_http = true",
        "set tls_cert and tls_key, or allow_plain_http = true behind a proxy that does TLS",
    ),
    "escalation": (
        "升级策略有误：{detail}",
        "this escalation cannot be used: {detail}",
        "改正这一步；示例见文档 people.md",
        "mend this step; people.md has worked examples",
    ),
    "channel_unknown": (
        "文件中没有接收方 {name}",
        "the file has no receiver {name}",
        "{near}若它是在管理页面上建立的，可不理会",
        "{near}if it was made on the admin page, all is well",
    ),
    "not_supported": ("此版本尚不支持", "this version does not support it yet", "{instead}", "{instead}"),
    "reference_env": (
        "环境变量未设置或为空",
        "the environment variable is not set or is empty",
        "启动值守台之前设置该变量（systemd：EnvironmentFile）",
        "set the variable before Watchfloor starts (systemd: EnvironmentFile)",
    ),
    "case_table_form": ("写法不对", "this is not written so", "写成 {form}", "write {form}"),
    "reference_file": (
        "引用的文件无法读取或为空：{detail}",
        "the file it refers to cannot be read or is empty: {detail}",
        "核对路径（相对于设置文件）与权限",
        "check the path (it is relative to the settings file) and the permissions",
    ),
    "brief_number": (
        "发文字号须含 {{year}} 与 {{n}}",
        "a number needs {{year}} and {{n}}",
        '写成 {key} = "楚值专〔{{year}}〕{{n}}号"',
        'write {key} = "楚值专〔{{year}}〕{{n}}号"',
    ),
    "profile": (
        "SNMP 模板无法使用：{detail}",
        "an SNMP profile cannot be used: {detail}",
        "改正该文件，或把它移出 profiles 文件夹",
        "correct the file, or move it out of the folder profiles",
    ),
    "path_missing": (
        "文件不存在",
        "the file does not exist",
        "核对路径（相对于设置文件）",
        "check the path (it is relative to the settings file)",
    ),
    "removal_held": (
        "变更会移除过多内容，已暂缓（对照 {at} 应用的设置）：{detail}",
        "the change would remove too much and is held (compared with the settings applied at {at}): {detail}",
        "若文件有误，恢复文件；若确要移除，运行 watchfloor reload --accept 或在管理页面确认",
        "if the file is wrong, restore it; if not, run watchfloor reload --accept or accept it on the admin page",
    ),
    "inventory_kind": (
        "资产文件只能是 CSV、GeoJSON 或 GeoPackage",
        "an inventory is CSV, GeoJSON or GeoPackage",
        "文件名以 .csv、.geojson 或 .gpkg 结尾",
        "use a file whose name ends in .csv, .geojson or .gpkg",
    ),
    "tls_half": (
        "tls_cert 与 tls_key 须同时设置",
        "tls_cert and tls_key go together",
        "加上 {other}，或两个都去掉",
        "add {other}, or take both out",
    ),
    "tls_broken": (
        "证书与私钥不能使用：{detail}",
        "the certificate and its key cannot be used: {detail}",
        "使用 PEM 格式、未加密且相互匹配的证书与私钥",
        "use a PEM certificate and its own key, without a passphrase",
    ),
    "plain_http": (
        "在本机之外使用不加密的 HTTP",
        "this would serve plain HTTP beyond this machine",
        "设置 tls_cert 与 tls_key；若前面已有 HTTPS 代理，写 allow_plain_http = true",
        "set tls_cert and tls_key; behind a proxy that speaks HTTPS write allow_plain_http = true",
    ),
    "proxy_form": (
        "代理须写成 IP 地址或网段",
        "a proxy is an IP address or a network",
        '例如 ["127.0.0.1", "10.0.0.0/24"]；不要写域名',
        'such as ["127.0.0.1", "10.0.0.0/24"]; no host name',
    ),
    "demo_off_loopback": (
        "演示模式人人免登录，只能用于本机",
        "the demo signs everybody in, so it is for this machine only",
        '写 host = "127.0.0.1"，或去掉 demo',
        'write host = "127.0.0.1", or take demo out',
    ),
    "keep_order": (
        "比 {other} 留得还久",
        "this is kept for longer than {other}",
        '写成不超过 "{most}"，或把 {other} 加长',
        'write at most "{most}", or make {other} longer',
    ),
    "recover_short": (
        "恢复时间短于一次采样（{sample}），会造成告警风暴",
        "this is shorter than one sample ({sample}) and would make a storm of alerts",
        '写成至少 "{sample}"，或去掉它（默认 "{default}"）',
        'write at least "{sample}", or leave it out (then it is "{default}")',
    ),
    "heartbeat_short": (
        "静默时限不长于一次取数间隔（{interval}），每次取数之间都会告警",
        "this is not longer than the interval ({interval}): every pause would be an alert",
        '写成间隔的几倍，例如 "{example}"',
        'write several times the interval, such as "{example}"',
    ),
    "retries_twice": (
        "retries 与 attempts 说的是同一件事",
        "retries and attempts say the same thing",
        "只保留 retries（= attempts - 1）",
        "keep retries only (= attempts - 1)",
    ),
    "source": ("{detail}", "{detail}", "改正这一项", "correct it"),
    "cred_unknown": (
        "没有这个凭据",
        "there is no such credential",
        "{near}加上 [credentials.{name}]",
        "{near}add [credentials.{name}]",
    ),
    "rule": ("{detail}", "{detail}", "改正 when 中的表达式", "correct the expression of `when`"),
    **EFFECT_TEXTS,
    "inventory_empty": (
        "没有任何资产，什么都不会被监视",
        "there is no asset, so nothing is watched",
        '在 [site] 中写 inventory = ["assets.csv"]，并在其中列出资产',
        'write inventory = ["assets.csv"] under [site] and list the assets in it',
    ),
}


def proposal(word: str) -> dict[str, str]:
    """The question that proposes a word, by language; "" for no word."""
    return {"zh-CN": f"是否应为“{word}”？" if word else "", "en": f'did you mean "{word}"? ' if word else ""}

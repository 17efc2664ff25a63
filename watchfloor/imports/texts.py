"""Findings of imports: what is wrong and how to mend it, in Chinese and English."""

from __future__ import annotations

from feeds.findings import Finding, InFile, filled

TEXTS: dict[str, tuple[str, str, str, str]] = {
    "file_unreadable": (
        "文件读不出来：{detail}",
        "the file cannot be read: {detail}",
        "检查路径和权限",
        "check its path",
    ),
    "form_unknown": (
        "认不出这个文件",
        "this is no list of devices that can be read",
        "可用：Excel（.xlsx）、CSV、Zabbix 主机导出（XML、YAML、JSON）、Uptime Kuma 备份（JSON）",
        "use Excel (.xlsx), CSV, an export of Zabbix hosts (XML, YAML, JSON) or a backup of Uptime Kuma (JSON)",
    ),
    "too_large": ("文件太大", "the file is too large", "分成几个文件（每个不超过 20 MB、2 万行）", "split it"),
    "old_excel": (
        "是旧格式（.xls）或加了密码的 Excel 文件",
        "this is an old Excel file (.xls), or one with a password",
        "在 Excel 或 WPS 中另存为 .xlsx，不设密码",
        "save it as .xlsx without a password",
    ),
    "broken": (
        "文件已损坏：{detail}",
        "the file is damaged: {detail}",
        "在 Excel 中打开并另存",
        "open it and save it again",
    ),
    "encoding": (
        "编码无法识别",
        "its encoding is not known",
        "另存为 UTF-8 的 CSV 或 .xlsx",
        "save it as UTF-8 or .xlsx",
    ),
    "no_header": (
        "工作表“{value}”没有可识别的表头",
        'no row of the sheet "{value}" can be read as its header',
        "表头至少要有名称和 IP 两列，例如：设备名称、IP地址",
        "a header has at least a name and an address: Name, IP",
    ),
    "columns_ignored": (
        "没有用到的列：{value}",
        "these columns are not used: {value}",
        "如需要，改用已知的列名（见 docs/first-site.md）",
        "rename them if they matter (docs/first-site.md)",
    ),
    "secret_column": (
        "列“{value}”含有口令，未被带入",
        'the column "{value}" holds secrets and is left behind',
        "写进 watchfloor.toml 的 [credentials.名称]，再用 --snmp 名称 导入",
        "put them into [credentials.NAME] of watchfloor.toml, and import with --snmp NAME",
    ),
    "no_name": ("没有名称，用地址代替", "no name: the address stands for it", "补上名称", "give it a name"),
    "no_address": (
        "“{value}”没有可探测的地址，未导入",
        '"{value}" has no address to probe and is left out',
        "补上 IP 地址、域名或网址",
        "give it an address or a URL",
    ),
    "address_form": (
        "不是地址：{value}",
        "this is not an address: {value}",
        "写成 10.1.2.3、主机名或网址；多个地址用分号分开",
        "write 10.1.2.3, a host name or a URL, with semicolons between several",
    ),
    "port_form": (
        "不是端口：{value}",
        "this is not a port: {value}",
        "写 1 到 65535 的数",
        "write a number up to 65535",
    ),
    "protocol_unknown": (
        "监测方式“{value}”不认识，改用 ping",
        'the check "{value}" is not known; it is pinged',
        "可用：ping、tcp、http、https、snmp、rtsp",
        "use ping, tcp, http, https, snmp or rtsp",
    ),
    "duplicate": (
        "与 {first} 重复（{value}），未导入",
        "{value} stands in {first} already and is left out",
        "删去其中一行",
        "delete one of the two",
    ),
    "id_twice": (
        "编号 {value} 与 {first} 相同，改用 {id}",
        "the id {value} stands in {first} as well; {id} is used",
        "给它自己的编号",
        "give it an id of its own",
    ),
    "already_watched": (
        "{value} 已由清单中的 {first} 监测，未导入",
        "{value} is watched by {first} of the inventory already",
        "不用处理",
        "nothing needs to be done",
    ),
    "region_unknown": (
        "{count} 台看不出所在县市，按 {value} 处理：{names}",
        "{count} devices name no region and are put in {value}: {names}",
        "在列“县市”中写明，或导入后在清单的 region 列改",
        "name it in a column Region, or correct the column region of the inventory afterwards",
    ),
    "region_outside": (
        "{value} 不在本站点的区域内",
        "{value} lies outside the region of this site",
        "改正区域，或换到所属站点",
        "correct the region",
    ),
    "kind_unknown": (
        "{count} 台看不出类型，按 server 处理：{names}",
        "{count} devices have no kind that is known and are taken for servers: {names}",
        "在列“类型”中写明，或导入后在清单的 kind 列改",
        "name it in a column Kind, or correct the column kind of the inventory afterwards",
    ),
    "owner_unknown": (
        "{count} 台看不出责任单位：{names}",
        "{count} devices name no unit: {names}",
        "在列“单位”中写明",
        "name it in a column Unit",
    ),
    "parent_unknown": (
        "上联设备“{value}”不在清单中，已略去",
        'the uplink "{value}" is not in the list and is left out',
        "改正名称，或补上这台设备",
        "correct its name, or add that device",
    ),
    "snmp_credential": (
        "{count} 台用 SNMP，但未给凭据，先用 ping 监测：{names}",
        "{count} devices speak SNMP; without a credential they are pinged: {names}",
        "在 watchfloor.toml 写 [credentials.名称]（snmpv2c 或 snmpv3），再加 --snmp 名称 导入一次",
        "set [credentials.NAME] in watchfloor.toml (snmpv2c or snmpv3), and import again with --snmp NAME",
    ),
    "disabled": ("“{value}”已停用，未导入", '"{value}" is disabled and is left out', "如需监测，先启用", "enable it"),
    "not_supported": (
        "“{value}”的监测方式 {what} 没有对应的探测，未导入",
        'nothing here checks "{value}" as {what} does; it is left out',
        "手工在清单中写一个探测（见 docs/configuration.md）",
        "write a probe for it by hand (docs/configuration.md)",
    ),
    "items_ignored": (
        "未带入的监控项：{value}",
        "items that are not taken over: {value}",
        "SNMP 监控项由配置文件（profile）代替，见 docs/snmp.md",
        "profiles take the place of SNMP items, see docs/snmp.md",
    ),
    "credential_needed": (
        "“{value}”需要登录，探测先不带凭据",
        '"{value}" needs a sign-in; its probe has none yet',
        "写 [credentials.名称]，再在探测后加 cred=名称",
        "set [credentials.NAME] and add cred=NAME to the probe",
    ),
    "refused": (
        "这一行会被清单拒绝：{detail}",
        "the inventory would refuse this row: {detail}",
        "改正后再导入",
        "correct it and import again",
    ),
}


def remark(code: str, where: InFile, value: str = "", *, error: bool = False, **arguments: object) -> Finding[InFile]:
    """A finding of an import. `arguments` fill its sentences; an `error` is a device that is left out."""
    wrong_zh, wrong_en, mend_zh, mend_en = TEXTS[code]
    values = {**arguments, "value": value}
    return Finding(
        code=code,
        where=where,
        value=value,
        message=filled((wrong_zh, wrong_en), values),
        mend=filled((mend_zh, mend_en), values),
        error=error,
    )

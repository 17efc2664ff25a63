"""The sample settings file of the reference."""

from __future__ import annotations

SAMPLE = """
[site]
name = "楚雄州"
region = "532300"
timezone = "Asia/Shanghai"
language = "zh-CN"
data = "data"
inventory = ["assets.csv"]
removal_guard = 10
[redis]
url = "redis+sentinel://:password@10.0.0.5:26379,10.0.0.6:26379/watchfloor"
[journal]
url = "postgresql+asyncpg://watchfloor:password@10.0.0.7:5432/watchfloor"
key = "/etc/watchfloor/journal.key"
[history]
keep_raw = "30d"
keep_5m = "400d"
keep_1h = "5y"
[web]
host = "0.0.0.0"
port = 8050
tls_cert = "tls/site.crt"
tls_key = "tls/site.key"
allow_plain_http = false
trusted_proxies = ["127.0.0.1"]
session_hours = 12.0
idle_hours = 2.0
sessions = 5
password_days = 180
password_history = 5
second_factor = "required"
confirm_minutes = 15
separated_powers = true
demo = false
[incidents]
reporting = "seen-A"
resources = ["resources.csv"]
check_every = "90d"
road_speed = 50
[[unit]]
id = "gaj"
region = "532300"
head = "gaj-wang"
people = ["gaj-wang", "gaj-li"]
[unit.name]
"zh-CN" = "州公安局"
en = "Public Security Bureau"
[[promote]]
id = "river"
when = "alert.rule == 'river-level' && alert.severity == 'critical'"
class = "flood"
nature = "threat"
mode = "propose"
grade = "IV"
title = "{place}{class}险情"
[[pass_on]]
receiver = "desk"
sources = ["12379"]
regions = ["532301"]
colours = ["red", "orange"]
[briefs]
organ = "楚雄州人民政府总值班室"
to = ["省政府总值班室"]
special = "楚值专〔{year}〕{n}号"
bulletin = "楚值快〔{year}〕{n}号"
daily = "楚值日〔{year}〕{n}号"
[briefs.fonts]
fangsong = "fonts/FZFSK.TTF"
kaiti = "fonts/FZKTK.TTF"
title = "fonts/FZXBSK.TTF"
heiti = "fonts/FZHTK.TTF"
songti = "fonts/FZSSK.TTF"

[approvals]
items = "items.csv"
departments = "departments.csv"
calendars = "calendars"
precedence = ["hall", "tax"]
local_holidays = "exclude"
local_required = ["532300"]
unmask = ["zhang"]
supervise = ["li"]
key = "/etc/watchfloor/personal.key"
[load]
mtta = "10m"
mttr = "4h"
[ingest]
resolve_timeout = "5m"
zabbix_timezone = "UTC"
region_labels = ["region"]
regions = ["Lufeng=532302"]
[credentials.core-v2]
kind = "snmpv2c"
community = "env:COMMUNITY"
[credentials.core-v3]
kind = "snmpv3"
user = "watchfloor"
auth = "sha256"
auth_key = "file:secrets/auth"
priv = "aes128"
priv_key = "file:secrets/priv"
[credentials.database]
kind = "password"
user = "watchfloor"
password = "file:secrets/database"
ca = "file:tls/ca.pem"
"query.backlog" = "SELECT count(*) FROM cases"
[credentials.platform]
kind = "token"
token = "file:secrets/token"
[credentials.gateway]
kind = "header"
header = "X-API-Key"
value = "file:secrets/api-key"
[credentials.plant]
kind = "opcua"
user = "watchfloor"
password = "file:secrets/plant"
policy = "Basic256Sha256"
mode = "SignAndEncrypt"
certificate = "file:tls/client.pem"
key = "file:tls/client.key"
trust = "any"
[defaults.snmp]
interval = "10s"
timeout = "2s"
attempts = 3
retries = 2
concurrency = 200
[collect]
reference = ["icmp://10.0.0.1", "icmp://10.255.0.1"]
[[source]]
id = "cma"
kind = "emergency.cap"
url = "https://alerts.example.cn/atom.xml"
interval = "30s"
timeout = "10s"
heartbeat = "10m"
region = "532300"
mode = "strict"
profile = "cn-12379"
keys = ["tls/ca.pem"]
parents = ["core"]
magnitude = 3.0
cred = "platform"
[[source]]
id = "housing"
kind = "approvals.rest"
url = "https://10.2.9.9/api/bj/list"
system = "housing"
rows = "data.list[*]"
ok = { path = "code", is = [0] }
paging = { page = "pageNo", size = "pageSize", first = 1 }
since = { param = "startTime", format = "%Y-%m-%d %H:%M:%S" }
page = 500
overlap = "5m"
back = "400d"
silent_after = "15m"
quiet_after = "0s"
namespace = "urn:data"
operation = "getData"
argument = { in0 = "<R><BEGIN>{since}</BEGIN></R>" }
inner = "xml"
version = "1.1"
encoding = "utf-8"
[source.table.case.map]
number = "project_no"
[[source]]
id = "119"
kind = "emergency.http"
url = "http://10.5.1.9/api/alarms?since={cursor}&page={page}"
gives = "receipt"
format = "json"
timezone = "Asia/Shanghai"
crs = "gcj02"
channel = "119"
metric = "river.level"
unit = "m"
accuracy = 50
cursor = "/next"
cursor_format = "iso"
back = "1d"
page_first = 1
next = "/links/next"
map = {items = "/data", id = "/bh", at = "/jjsj", text = "/jqnr"}
classes = {"危化品泄漏" = "hazchem"}
[[layer]]
kind = "school"
file = "layers/schools.csv"
[[source]]
id = "log"
kind = "network.syslog"
url = "udp://0.0.0.0:1514"
region = "532300"
cred = "core-v3"
tls_cert = "tls/site.crt"
tls_key = "tls/site.key"
tls_ca = "tls/ca.pem"
level = "warning"
[[source.rule]]
id = "link"
raise = "Interface .* down"
clear = "Interface .* up"
key = "Interface (\\\\S+)"
level = "warning"
lasts = "1h"
adds = true
severity = "minor"
title = {zh-CN = "接口断开", en = "interface down"}
[[rule]]
id = "link-down"
when = "health == 'down'"
over = "asset"
each = "if.oper"
for = "10s"
recover_for = "10s"
severity = "critical"
title = {zh-CN = "链路中断", en = "link down"}
text = "查看上联光功率"
region = "532323"
[[receiver]]
id = "desk"
url = "file:secrets/desk-url"
severities = ["critical", "major"]
regions = ["532301"]
feeds = ["network"]
kinds = ["router"]
timeout = "5s"
language = "zh-CN"
rate = "20/min"
reserve = 5
to = "13800000000"
direct = true
[receiver.templates]
subject = {zh-CN = "{title}", en = "{title}"}
text = {zh-CN = "{title} {state}", en = "{title} {state}"}
[receiver.sms]
method = "POST"
encoding = "form"
success = "OK"
[receiver.sms.fields]
mobile = "{to}"
[receiver.sms.headers]
X-Key = "env:SMS_KEY"
[[escalation]]
id = "line"
severities = ["critical"]
regions = ["532301"]
feeds = ["network"]
kinds = ["router"]
[[escalation.step]]
after = "10m"
who = ["duty"]
channels = ["desk"]
repeat = "10m"
times = 3
[root_cause]
longest = "1m"
unprobed = "5s"
[outbox]
keep = "90d"
stalled_after = "10m"
[handover]
sign_within = "15m"
severity = "major"
"""
"""A settings file with every setting once. Its values are the examples of the reference."""

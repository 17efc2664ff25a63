"""The sentences of findings in plans: per code (wrong zh, wrong en, mend zh, mend en)."""

from __future__ import annotations

from feeds.findings import Finding, InFile, filled
from feeds.inventory.texts import nearest

TEXTS: dict[str, tuple[str, str, str, str]] = {
    "plan_encoding": ("预案文件不是 UTF-8", "the plan is not UTF-8", "另存为 UTF-8", "save it as UTF-8"),
    "plan_unreadable": (
        "预案文件无法读取：{detail}",
        "the plan cannot be read: {detail}",
        "让运行值守台的用户可以读取该文件",
        "let the user that runs Watchfloor read the file",
    ),
    "plan_size": ("预案超过 {most} 字节", "the plan is longer than {most} bytes", "缩短", "shorten it"),
    "plan_yaml": ("不是 YAML：{detail}", "this is not YAML: {detail}", "改正这一行的写法", "correct this line"),
    "plan_anchor": (
        "不支持引用（& 与 *）",
        "anchors and aliases (& and *) are not supported",
        "把内容写全",
        "write the content out",
    ),
    "plan_nested": ("嵌套超过 {most} 层", "it is nested more than {most} deep", "减少嵌套", "nest less deeply"),
    "plan_key_twice": ("同一个键写了两次", "this key stands twice", "删去其中一个", "delete one of the two"),
    "plan_unknown_key": (
        "不认识这个键",
        "this key is unknown",
        "{near}此处可用：{known}",
        "{near}what may stand here: {known}",
    ),
    "plan_missing": ("缺少必填的键", "this key is required and missing", "加上 {key}", "add {key}"),
    "plan_type": ("应为{wanted}", "this must be {wanted}", "改成{wanted}", "make it {wanted}"),
    "plan_choice": ("不是可用的值", "this value is unknown", "{near}可用：{known}", "{near}write one of: {known}"),
    "plan_duration": (
        "不是时长",
        "this is no duration",
        '写数字加单位 s、m、h 或 d，例如 "+15m"',
        'write a number and a unit, s, m, h or d: "+15m"',
    ),
    "plan_deadline_zero": (
        "时限不能为零",
        "a deadline of zero gives no time",
        '写大于零的时长，例如 "+15m"',
        'write a duration above zero, such as "+15m"',
    ),
    "plan_deadline_long": ("时限超过 {most}", "the deadline is longer than {most}", "写得短些", "make it shorter"),
    "plan_id_form": (
        "编号只能用小写字母、数字和 - ，不超过 64 个字符",
        "an id is made of small letters, digits and -, at most 64 characters",
        "改成如 hazchem",
        "make it like hazchem",
    ),
    "plan_file_name": (
        "文件名应为 {name}",
        "the file should be called {name}",
        "改文件名，或改 id",
        "rename the file, or change the id",
    ),
    "plan_id_twice": (
        "编号已被 {other} 使用",
        "this id is already used by {other}",
        "换一个编号",
        "give it another id",
    ),
    "plan_task_twice": (
        "任务编号与第 {first} 行的重复",
        "this key is already used at line {first}",
        "换一个 key",
        "give the task another key",
    ),
    "plan_date": ("不是日期", "this is no date", "写成 2027-06-30", "write it as 2027-06-30"),
    "plan_holder": (
        "须写 unit、role、post 中的恰好一个",
        "exactly one of unit, role and post must be given",
        "只留一个",
        "keep one of them",
    ),
    "plan_unit": (
        "没有这个责任单位",
        "there is no such unit",
        "{near}在设置中加 [[unit]]，或改正",
        "{near}add a [[unit]] to the settings, or correct it",
    ),
    "plan_depends": (
        "本级没有这项任务",
        "the level has no such task",
        "{near}可用：{known}",
        "{near}write one of: {known}",
    ),
    "plan_cycle": (
        "任务互相等待：{path}",
        "tasks wait for one another: {path}",
        "去掉其中一个 depends",
        "take one of the depends out",
    ),
    "plan_trigger": ("触发条件有误：{detail}", "the trigger cannot be used: {detail}", "改正 when", "correct `when`"),
    "plan_trigger_level": (
        "预案没有这一级",
        "the plan has no such level",
        "{near}可用：{known}",
        "{near}write one of: {known}",
    ),
    "plan_no_levels": ("预案没有任何级别", "the plan has no level", "加上 levels", "add levels"),
    "plan_no_tasks": (
        "这一级没有任务",
        "the level has no task",
        "加上 tasks，或 adds（在下一级之上增加）",
        "add tasks, or adds (on top of the next lower level)",
    ),
    "plan_adds": (
        "没有更低的级别可以在其上增加",
        "there is no lower level to add to",
        "改用 tasks",
        "write tasks instead",
    ),
    "plan_adds_and_tasks": (
        "tasks 与 adds 不能同时写",
        "tasks and adds exclude one another",
        "只留一个",
        "keep one of them",
    ),
    "plan_field": (
        "模板中没有字段 {name}",
        "there is no field {name} for templates",
        "{near}可用：{known}",
        "{near}write one of: {known}",
    ),
    "plan_brace": (
        "花括号不成对",
        "a brace stands alone",
        "字段写成 {{place}}，花括号本身写两次",
        "a field is written {{place}}, a brace itself twice",
    ),
    "plan_auto_level": (
        "一级、二级响应不能自动启动",
        "levels I and II never start by themselves",
        "改为 start: ask",
        "write start: ask",
    ),
    "plan_auto_task": (
        "自动启动的级别只能有可撤回（reversible）并交给值班（role: duty）的任务",
        "a level that starts by itself has only reversible tasks to role duty",
        "加 reversible: true 和 role: duty，或改为 start: ask",
        "add reversible: true and role: duty, or write start: ask",
    ),
    "plan_auto_message": (
        "自动启动的级别不能群发消息",
        "a level that starts by itself sends no messages",
        "去掉 messages，或改为 start: ask",
        "take messages out, or write start: ask",
    ),
    "plan_review_past": (
        "评估期限已过",
        "the date of review has passed",
        "评估后改为新的日期",
        "review the plan, then write a new date",
    ),
}


def plan_finding(
    code: str, where: InFile, value: str = "", *, near: str = "", error: bool = True, **arguments: object
) -> Finding[InFile]:
    """A finding in a plan. `arguments` fill its sentences, `near` is a word to propose."""
    wrong_zh, wrong_en, mend_zh, mend_en = TEXTS[code]
    proposed = {"zh-CN": f"是否应为“{near}”？" if near else "", "en": f'did you mean "{near}"? ' if near else ""}
    values = {**arguments, "key": where.key, "near": proposed}
    value = value if len(value) <= 80 else value[:79] + "…"
    return Finding(
        code=code,
        where=where,
        value=value,
        message=filled((wrong_zh, wrong_en), values),
        mend=filled((mend_zh, mend_en), values),
        error=error,
    )


def proposing(word: str, allowed: tuple[str, ...]) -> dict[str, str]:
    """Arguments of a sentence that proposes the allowed word nearest to `word` and lists all allowed words."""
    return {"near": nearest(word, list(allowed)), "known": ", ".join(allowed)}

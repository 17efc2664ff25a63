/** The page of a unit on a phone: what do I have to do? A signature is one tap, an answer with a photo two. */
import { signal } from "@preact/signals";
import { render } from "preact";
import { useState } from "preact/hooks";
import { get, list, ProblemError, raw, send, setCsrf, startedKept } from "../core/api";
import { query, setQuery, startAddress } from "./phoneaddress";
import { loadTexts, t } from "../core/i18n";
import { keep, keepCode, kept } from "../core/offline";
import { identify, me, site } from "../core/site";
import { now, setZone, stamp, startTicking } from "../core/time";
import { Message, useAct } from "../forms/act";
import type { TaskDetail, TaskRecord } from "../records";
import { Clock, dueAt, Evidence, Light, stateOf, Steps } from "./parts";

const EVERY = 3000;
const STALE = 15_000;
const tasks = signal<TaskRecord[] | null>(null);
const opened = signal<TaskDetail | null>(null);
const read = signal(0);
/** True while the server does not answer: what is shown is the last answer, under its time. */
const away = signal(false);

const pathOf = (id: string): string => `/api/v1/tasks/${encodeURIComponent(id)}`;
const mine = (task: TaskRecord): boolean => me.value.role === "unit" || task.person === me.value.name
  || task.role === me.value.role || (me.value.units ?? []).includes(task.unit);
const may = (task: TaskRecord, action: string): boolean => task.choices.some((choice) => choice.action === action);

/** Reads the list, and the task that is open; the age of what is shown says when that last worked. */
async function refresh(): Promise<void> {
  try {
    tasks.value = (await list<TaskRecord>("/api/v1/tasks?limit=200")).filter(mine);
    const id = query.value;
    opened.value = id ? await get<TaskDetail>(pathOf(id)) : null;
    read.value = Date.now();
    keep("phone.tasks", { tasks: tasks.value, read: read.value });
    if (startedKept() && away.value) await introduce();
    away.value = false;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    away.value = true;
    if (error.status === 401) location.href = "/signin?next=%2Fm";
    if (error.status === 404) setQuery("");
  }
}

function Page() {
  const task = query.value ? opened.value : null;
  const age = Math.max(0, Math.round((now() - read.value) / 1000));
  return (
    <>
      <header class="phone-head">
        {task ? <button type="button" class="phone-back" aria-label={t("tasks.back")}
          onClick={() => show("")}>‹</button> : null}
        <h1>{task ? t("tasks.one") : t("tasks.mine")}</h1>
        <small class={age * 1000 > STALE ? "is-late" : ""}>{t("tasks.age", { n: age })}</small>
      </header>
      {away.value && read.value ? <p class="phone-old is-hatched" role="status">
        {t("tasks.kept", { at: stamp(read.value) })}
      </p> : null}
      {task ? <Task key={task.id} task={task} /> : <List />}
      <footer class="phone-foot">
        <a href="/account">{me.value.name}</a>
        {me.value.demo && me.value.role !== "unit" ? <BecomeUnit /> : null}
      </footer>
    </>
  );
}

/** In the demo: take the role of a unit's person on this phone, whose tasks these are. */
function BecomeUnit() {
  const act = useAct();
  const become = (): Promise<unknown> => act.run(async () => {
    await send("POST", "/api/v1/demo/role", { role: "unit" });
    location.reload();
  });
  return (
    <button type="button" class="phone-plain" data-become="" disabled={act.busy} onClick={() => void become()}>
      {t("tasks.demo-unit")}
    </button>
  );
}

function show(id: string): void {
  setQuery(id);
  opened.value = null;
  void refresh();
}

function List() {
  if (!tasks.value) return <p class="rows-empty">{t("tasks.loading")}</p>;
  const open = tasks.value.filter((task) => task.open)
    .sort((a, b) => (dueAt(a) ?? Infinity) - (dueAt(b) ?? Infinity));
  if (!open.length) return <p class="rows-empty">{t("tasks.nothing")}</p>;
  return <ul class="phone-tasks">{open.map((task) => <Card key={task.id} task={task} />)}</ul>;
}

function Card({ task }: { task: TaskRecord }) {
  const act = useAct();
  const sign = (): Promise<unknown> => act.run(async () => {
    await send("POST", `${pathOf(task.id)}/sign`, { rev: task.rev });
    await refresh();
  });
  return (
    <li class={`phone-task is-${task.light || "none"}`} data-id={task.id}>
      <button type="button" class="phone-open" onClick={() => show(task.id)}>
        <Light task={task} />
        <span><b>{task.title}</b><small>{stateOf(task)} · {task.issuer}</small></span>
        <Clock task={task} />
      </button>
      {may(task, "sign")
        ? <button type="button" class="phone-sign" disabled={act.busy} onClick={() => void sign()}>
          {t("tasks.order.sign")}
        </button> : null}
      <Message said={act.said} />
    </li>
  );
}

function Task({ task }: { task: TaskDetail }) {
  const incident = task.incident_summary;
  return (
    <article class="phone-detail">
      {incident ? <p class="phone-incident">
        {incident.title}{incident.response ? ` · ${t("tasks.response", { level: incident.response })}` : ""}
      </p> : null}
      <h2>{task.title}</h2>
      <p class="quiet">{stateOf(task)} · {t("tasks.issued-by", { name: task.issuer })}</p>
      <Clock task={task} />
      {task.text ? <p class="phone-text">{task.text}</p> : null}
      <ul class="phone-checklist">{task.checklist.map((line) => <li key={line}>{line}</li>)}</ul>
      <Steps task={task} />
      <Evidence task={task} />
      <Acts task={task} />
    </article>
  );
}

/** The acts of the holder. A photo that was taken is sent with the answer: until then it is on the phone only. */
function Acts({ task }: { task: TaskRecord }) {
  const act = useAct();
  const [text, setText] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const give = (order: string, body: Record<string, unknown>): Promise<unknown> => act.run(async () => {
    await send("POST", `${pathOf(task.id)}/${order}`, body);
    setText("");
    await refresh();
  });
  const answer = (): Promise<unknown> => act.run(async () => {
    const hashes: string[] = [];
    if (file) hashes.push(await upload(task.id, file));
    await send("POST", `${pathOf(task.id)}/feedback`, { text, evidence: hashes });
    setText("");
    setFile(null);
    await refresh();
  });
  if (may(task, "sign")) {
    return (
      <div class="phone-acts">
        <button type="button" class="phone-sign" disabled={act.busy} onClick={() => void give("sign", {})}>
          {t("tasks.order.sign")}
        </button>
        {may(task, "refuse") ? <Reasoned task={task} order="refuse" /> : null}
        <Message said={act.said} />
      </div>
    );
  }
  if (!may(task, "feedback")) return null;
  return (
    <div class="phone-acts">
      <textarea value={text} maxLength={4000} rows={2} aria-label={t("tasks.answer")}
        placeholder={t("tasks.answer")} onInput={(event) => setText(event.currentTarget.value)} />
      {file ? <p class="phone-file">{t("tasks.unsent", { name: file.name })}</p> : null}
      <div class="phone-row">
        <label class="phone-camera">
          {t("tasks.photo")}
          <input type="file" accept="image/*,application/pdf,video/mp4" capture="environment" hidden
            onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)} />
        </label>
        <button type="button" class="phone-sign" disabled={act.busy || (!text.trim() && !file)}
          onClick={() => void answer()}>{t("tasks.order.feedback")}</button>
      </div>
      <button type="button" class="phone-plain" disabled={act.busy}
        onClick={() => void give("ask-done", {})}>{t("tasks.order.ask-done")}</button>
      {may(task, "extend") ? <Reasoned task={task} order="extend" /> : null}
      <Message said={act.said} />
    </div>
  );
}

async function upload(id: string, file: File): Promise<string> {
  const name = file.name.includes(".") ? file.name : `${file.name}.jpg`;
  const path = `${pathOf(id)}/evidence?name=${encodeURIComponent(name.slice(-100))}`;
  const task = await raw<TaskRecord>("PUT", path, file, "application/octet-stream");
  return task.evidence[task.evidence.length - 1]!.sha256;
}

/** An act that needs a reason; an extension asks for half an hour or more. */
function Reasoned({ task, order }: { task: TaskRecord; order: "refuse" | "extend" }) {
  const act = useAct();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [minutes, setMinutes] = useState("30");
  const give = (): Promise<unknown> => act.run(async () => {
    const until = new Date(Date.parse(task.due ?? "") + Number(minutes) * 60_000);
    await send("POST", `${pathOf(task.id)}/${order}`, order === "extend" ? { reason, until } : { reason });
    setOpen(false);
    await refresh();
  });
  if (!open) {
    return <button type="button" class="phone-plain" onClick={() => setOpen(true)}>{t(`tasks.order.${order}`)}</button>;
  }
  return (
    <div class="phone-reason">
      {order === "extend"
        ? <select value={minutes} aria-label={t("tasks.longer")}
          onChange={(event) => setMinutes(event.currentTarget.value)}>
          {["15", "30", "60", "120", "1440"].map((n) => <option key={n} value={n}>{t("tasks.minutes", { n })}</option>)}
        </select> : null}
      <textarea value={reason} rows={2} aria-label={t("tasks.reason")} placeholder={t("tasks.reason")}
        onInput={(event) => setReason(event.currentTarget.value)} />
      <button type="button" class="phone-sign" disabled={act.busy || !reason.trim()} onClick={() => void give()}>
        {t(`tasks.order.${order}`)}
      </button>
      <Message said={act.said} />
    </div>
  );
}

/** Learns who looks and what the site is. */
async function introduce(): Promise<void> {
  await identify();
  setCsrf(me.value.csrf);
}

/** Opens with the answer that this device kept last. */
function restore(): void {
  const last = kept<{ tasks: TaskRecord[]; read: number }>("phone.tasks");
  if (last) [tasks.value, read.value] = [last.tasks, last.read];
}

async function start(): Promise<void> {
  await loadTexts(document.documentElement.dataset.language);
  await introduce();
  restore();
  keepCode();
  setZone(site.value.timezone);
  startTicking();
  startAddress(() => void refresh());
  render(<Page />, document.getElementById("phone")!);
  await refresh();
  setInterval(() => void (document.hidden || refresh()), EVERY);
  document.body.dataset.ready = "true";
}

void start();

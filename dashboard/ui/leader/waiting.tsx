/** What waits for the leader: the first press shows what it would do, the second gives the order. */
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { get, ProblemError, send } from "../core/api";
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { Icon } from "../core/shapes";
import { regionName } from "../core/site";
import { parse, shortTime } from "../core/time";
import { openOrder } from "../incidents/orders";
import type { IncidentRecord } from "../records";
import { askAgain, type Waiting } from "./data";
import { addressOf, Band } from "./parts";

/** The item whose effect is shown. */
const open = signal<string | null>(null);
const keyOf = (item: Waiting): string => `${item.kind} ${item.id}`;

export function WaitingBand({ items, frozen }: { items: Waiting[]; frozen: boolean }) {
  const [oldest] = [...items].sort((a, b) => ((a.since ?? "") < (b.since ?? "") ? -1 : 1));
  const note = oldest ? <Age since={oldest.since} form="span" text="leader.longest" /> : null;
  return (
    <Band name="waiting" note={note}>
      <p class="leader-count">{items.length}</p>
      {items.map((item) => open.value === keyOf(item)
        ? <Effect key={keyOf(item)} item={item} frozen={frozen} />
        : <Line key={keyOf(item)} item={item} />)}
      {items.length ? null : <p class="quiet">{t("leader.waiting.none")}</p>}
    </Band>
  );
}

const close = (): void => void (open.value = null);
const nameOf = (item: Waiting): string => t(`leader.waiting.${item.kind}`, { level: item.values.level ?? "" });

function Line({ item }: { item: Waiting }) {
  return (
    <button type="button" class="leader-line" data-id={item.id} data-kind={item.kind}
      onClick={() => void (open.value = keyOf(item))}>
      <Icon shape="chevron" />
      <span><b>{nameOf(item)}</b> {item.title} <small>{regionName(item.region)}</small></span>
      <small><Age since={item.since} form="span" text="leader.waited" /></small>
    </button>
  );
}

function bodyOf(item: Waiting): Record<string, unknown> {
  const own = item.order === "respond" ? { measures: t("leader.measures", { level: item.values.level ?? "" }) } : {};
  return { ...item.values, ...own, reason: t("leader.reason"), rev: item.rev };
}

/** What the order does, in words, with the order and the way out of it. Nothing is shown as done before the answer. */
function Effect({ item, frozen }: { item: Waiting; frozen: boolean }) {
  const [refusal, setRefusal] = useState("");
  const [sending, setSending] = useState(false);
  const path = `/api/v1/incidents/${encodeURIComponent(item.id)}`;
  const confirm = async (): Promise<void> => {
    setSending(true);
    setRefusal("");
    try {
      await send("POST", `${path}/${item.order}`, bodyOf(item));
      close();
      askAgain();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setRefusal(error.message || t("leader.failed"));
      setSending(false);
      askAgain();
    }
  };
  const change = (): void => {
    void get<IncidentRecord>(path).then((incident) => openOrder(item.order, incident));
  };
  const level = item.values.level ?? "";
  const until = shortTime(parse(item.values.expected_end));
  return (
    <div class="leader-effect" data-id={item.id} data-kind={item.kind}>
      <header><strong>{nameOf(item)}</strong><Age since={item.since} form="span" text="leader.waited" /></header>
      <p>{item.title}，{t(`leader.effect.${item.kind}`, { level, until, n: item.reports.length })}</p>
      {item.order === "respond" ? <p class="quiet">{t("leader.measures", { level })}</p> : null}
      {refusal ? <p class="is-warned" role="alert">{refusal}</p> : null}
      <div class="leader-buttons">
        <button type="button" class="leader-button is-main" disabled={frozen || sending}
          onClick={() => void confirm()}>{t("leader.confirm")}</button>
        <button type="button" class="leader-button" disabled={frozen} onClick={change}>{t("leader.edit")}</button>
        <button type="button" class="leader-button" onClick={close}>{t("leader.notnow")}</button>
        <a class="leader-button" href={addressOf("incident", item.id)} data-inside="">{t("leader.record")}</a>
      </div>
    </div>
  );
}

/** Mass messages of one incident: a draft, a second person's approval, waves, and who has answered. */
import { useEffect, useState } from "preact/hooks";
import { get, send } from "../core/api";
import { Age } from "../core/age";
import { ExtraView } from "../core/extraview";
import { pick, t, type ByLanguage } from "../core/i18n";
import { store } from "../core/picture";
import { mayDo, me } from "../core/site";
import { Message, useAct } from "../forms/act";
import { keysOf, type Option, type Values } from "../forms/field";
import { openForm } from "../forms/form";
import { openSheet } from "../forms/sheet";
import type { CampaignPreview, CampaignRecord, IncidentRecord } from "../records";
import { personName } from "../shell/duty";

/** Every mass message, those of exercises included. */
export const campaigns = new ExtraView("campaigns", { kind: "campaign", face: "full", filter: { mode: "*" } });

export function Messages({ incident }: { incident: IncidentRecord }) {
  useEffect(() => store.need(campaigns), []);
  if (!mayDo("command")) return null;
  const mine = [...campaigns.all().values()].filter((campaign) => campaign.incident === incident.id)
    .sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  return (
    <section class="incident-messages">
      <header class="feed-head">
        <h2>{t("messages.title")}</h2>
        {incident.open ? (
          <button type="button" class="chip" data-new-message="" onClick={() => void openMessage({ incident })}>
            {t("messages.new")}
          </button>
        ) : null}
      </header>
      {mine.length ? <ul>{mine.map((campaign) => <CampaignRow key={campaign.id} campaign={campaign} />)}</ul>
        : <p class="quiet">{t("messages.none")}</p>}
    </section>
  );
}

const path = (campaign: CampaignRecord, order: string): string =>
  `/api/v1/campaigns/${encodeURIComponent(campaign.id)}/${order}`;

export function CampaignRow({ campaign }: { campaign: CampaignRecord }) {
  const act = useAct();
  const order = (name: string): void =>
    void act.run(() => send("POST", path(campaign, name), { rev: campaign.rev }));
  const { orders } = campaign;
  const wrote = campaign.writers.includes(me.value.name);
  return (
    <li data-id={campaign.id}>
      <p>
        {campaign.mode === "real" ? null : <b class="stamp is-exercise">{t("warning.exercise")}</b>} {campaign.text}
        <small class="quiet"> {personName(campaign.author)} <Age since={campaign.created_at} form="ago" /></small>
      </p>
      <p class="quiet">
        <b>{t(`messages.state.${campaign.state}`)}</b>{" "}
        {t("messages.counts", { n: campaign.recipients, answered: campaign.answered, waves: campaign.waves.length })}
        {campaign.need ? ` ${t("messages.need", { n: campaign.need })}` : ""}
      </p>
      <div class="incident-orders">
        {orders.includes("approve") && !wrote ? (
          <button type="button" class="chip" data-approve="" disabled={act.busy} onClick={() => order("approve")}>
            {t("messages.approve")}
          </button>
        ) : null}
        {orders.includes("send") ? (
          <button type="button" class="primary" data-send-message="" disabled={act.busy} onClick={() => order("send")}>
            {t("messages.send")}
          </button>
        ) : null}
        {orders.includes("approve") ? <small class="is-bad">{t("messages.second")}</small> : null}
        <button type="button" class="chip" data-recipients="" onClick={() => openRecipients(campaign)}>
          {t("messages.recipients")}
        </button>
        {orders.includes("edit") ? (
          <button type="button" class="chip" data-edit-message="" onClick={() => void openMessage({ campaign })}>
            {t("messages.edit")}
          </button>
        ) : null}
        {orders.includes("cancel") ? (
          <button type="button" class="chip" data-cancel-message="" onClick={() => openCancel(campaign)}>
            {t("messages.cancel")}
          </button>
        ) : null}
      </div>
      <Message said={act.said} />
    </li>
  );
}

/** The form of a cancellation: what was not sent yet is taken out. */
function openCancel(campaign: CampaignRecord): void {
  openForm({
    title: t("messages.cancel"),
    parts: [{ name: "reason", label: t("resources.field.reason"), required: true, max: 200 }],
    initial: { reason: "" },
    label: t("messages.cancel"),
    save: ({ reason }) => send("POST", path(campaign, "cancel"), { rev: campaign.rev, reason }),
  });
}

function openRecipients(campaign: CampaignRecord): void {
  openSheet(() => t("messages.recipients"), () => <Recipients campaign={campaign} />, { wide: true });
}

/** What is read, everybody with what became of the message, and one tap for an answer that came by phone. */
function Recipients({ campaign }: { campaign: CampaignRecord }) {
  const [preview, setPreview] = useState<CampaignPreview | null>(null);
  const act = useAct();
  const current = campaigns.all().get(campaign.id) ?? campaign;
  useEffect(() => {
    const aborter = new AbortController();
    get<CampaignPreview>(path(campaign, "preview"), aborter.signal).then(setPreview, () => undefined);
    return () => aborter.abort();
  }, [current.rev]);
  const answers = (person: string): void => void act.run(() => send("POST", path(campaign, "answer"), { person }));
  return (
    <>
      {preview ? <p>{preview.text}</p> : null}
      {preview ? <p class="quiet">{t("messages.parts", { parts: preview.parts, n: preview.messages })}</p> : null}
      <p class="quiet">{t("messages.handed.note")}</p>
      <ul class="message-recipients">
        {(preview?.items ?? []).map((row) => (
          <li key={row.id} data-id={row.id}>
            <span>{row.name} <small class="quiet">{row.group}</small></span>
            <b class={row.state === "answered" ? "" : "quiet"}>{t(`messages.recipient.${row.state}`)}</b>
            {row.takes_answer ? (
              <button type="button" class="chip" data-answer="" disabled={act.busy} onClick={() => answers(row.id)}>
                {t("messages.answered")}
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      <Message said={act.said} />
    </>
  );
}

interface Named {
  id: string;
  name: string;
}

interface About {
  incident?: IncidentRecord;
  campaign?: CampaignRecord;
}

/**
 * The form of a new message, about an incident or about none, or of one that was not sent: who comes first, who follows
 * without enough answers.
 */
export async function openMessage({ incident, campaign }: About = {}): Promise<void> {
  const [{ persons }, { units }] = await Promise.all([
    get<{ persons: Named[] }>("/api/v1/roster"),
    get<{ units: { id: string; name: ByLanguage }[] }>("/api/v1/task_choices"),
  ]);
  const options: Option[] = [
    ["duty:", t("messages.duty")], ...units.map(({ id, name }): Option => [`unit:${id}`, pick(name)]),
    ...persons.map(({ id, name }): Option => [`person:${id}`, name]),
  ];
  const before = campaign ? draftOf(campaign, persons) : { text: "", first: [], next: [], need: 0, minutes: 15 };
  const label = t(campaign ? "messages.edit" : "messages.draft");
  openForm({
    title: [campaign ? label : t("messages.new"), incident?.title].filter(Boolean).join(" · "),
    parts: [
      { name: "text", label: t("messages.text"), kind: "lines", required: true, max: 500 },
      { name: "first", label: t("messages.first"), kind: "choices", options,
        ...(campaign ? { note: t("messages.edit.note") } : {}) },
      { name: "next", label: t("messages.next"), kind: "choices", options, note: t("messages.next.note") },
      [{
        name: "need", label: t("messages.field.need"), kind: "number", min: 0, max: 2000, note: t("messages.need.note"),
      }, { name: "minutes", label: t("messages.field.minutes"), kind: "number", min: 1, max: 1440 }],
    ],
    initial: before,
    label,
    save: (values) => {
      const body = { text: values.text, need: Number(values.need), wave_after: Number(values.minutes) * 60 };
      const groups = groupsOf(values);
      if (!campaign) {
        return send("POST", "/api/v1/campaigns", { ...(incident ? { incident: incident.id } : {}), ...body, groups });
      }
      // Recipients that were not chosen anew stay exactly as they were resolved.
      const same = JSON.stringify(groups) === JSON.stringify(groupsOf(before));
      return send("PATCH", `/api/v1/campaigns/${encodeURIComponent(campaign.id)}`, {
        ...body, rev: campaign.rev, ...(same ? {} : { groups }),
      });
    },
  });
}

/** A message as the form has it: recipients by name where the roster has all of them, else none are chosen. */
function draftOf({ text, need, wave_after: after, groups }: CampaignRecord, persons: readonly Named[]): Values {
  const known = new Set(persons.map(({ id }) => id));
  const chosen = groups.length < 3 && groups.every(({ people }) => people.every(({ id }) => known.has(id)));
  const keys = (at: number): string[] => chosen ? (groups[at]?.people ?? []).map(({ id }) => `person:${id}`) : [];
  return { text, first: keys(0), next: keys(1), need, minutes: after / 60 };
}

function groupsOf(values: Values): Record<string, unknown>[] {
  return (["first", "next"] as const).filter((name) => keysOf(values[name]).length).map((name) => {
    const keys = keysOf(values[name]).map((key) => key.split(":") as [string, string]);
    const of = (kind: string): string[] => keys.filter(([each]) => each === kind).map(([, id]) => id);
    return { name: t(`messages.${name}`), people: of("person"), units: of("unit"), duty: of("duty").length > 0 };
  });
}

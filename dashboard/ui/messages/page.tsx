/** The mass messages of the site: what waits for approval or answers, what has ended, and those of exercises apart. */
import { useEffect } from "preact/hooks";
import { query, setQuery } from "../core/address";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { mayDo } from "../core/site";
import { incidentPath } from "../incidents/address";
import { CampaignRow, campaigns, openMessage } from "../incidents/messages";
import { rowOf, useIncidents } from "../incidents/records";
import type { CampaignRecord } from "../records";
import { EmergencyTabs } from "../warnings/tabs";

const TABS = ["open", "ended", "exercise"] as const;
type Tab = (typeof TABS)[number];

const belongs: Readonly<Record<Tab, (campaign: CampaignRecord) => boolean>> = {
  open: ({ mode, open }) => mode === "real" && open,
  ended: ({ mode, open }) => mode === "real" && !open,
  exercise: ({ mode }) => mode !== "real",
};

const rowsOf = (tab: Tab): CampaignRecord[] =>
  [...campaigns.all().values()].filter(belongs[tab]).sort((a, b) => (a.created_at < b.created_at ? 1 : -1));

export default function MessagesPage() {
  useIncidents();
  useEffect(() => store.need(campaigns), []);
  const tab = TABS.find((name) => name === query("tab")) ?? "open";
  const rows = rowsOf(tab);
  return (
    <>
      <EmergencyTabs here="messages" />
      <div class="warnings-filters" role="group" aria-label={t("messages.list")}>
        {TABS.map((name) => (
          <button key={name} type="button" class={`chip show-${name}`} aria-pressed={name === tab} data-tab={name}
            onClick={() => setQuery({ tab: name === "open" ? null : name })}>
            {t(`messages.tab.${name}`)} <b>{count(rowsOf(name).length)}</b>
          </button>
        ))}
        {mayDo("command") ? (
          <button type="button" class="chip primary" data-new="" onClick={() => void openMessage()}>
            {t("messages.new")}
          </button>
        ) : null}
      </div>
      {rows.length ? <ul class="message-rows">{rows.map((row) => <Entry key={row.id} campaign={row} />)}</ul>
        : <p class="rows-empty">{t(campaigns.ready.value ? "messages.none" : "messages.loading")}</p>}
    </>
  );
}

function Entry({ campaign }: { campaign: CampaignRecord }) {
  const { incident } = campaign;
  return (
    <>
      <CampaignRow campaign={campaign} />
      {incident ? (
        <li class="message-incident">
          <a href={incidentPath(incident)} data-inside="">{rowOf(incident)?.title ?? incident}</a>
        </li>
      ) : null}
    </>
  );
}

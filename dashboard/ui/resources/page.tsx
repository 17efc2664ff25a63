/** The resources of the site: by kind and words, or by distance from the place of an incident. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../core/api";
import { query, setQuery } from "../core/address";
import { ExtraView } from "../core/extraview";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { mayDo, regionName } from "../core/site";
import { VirtualList } from "../core/virtual";
import { rowOf, useIncidents } from "../incidents/records";
import type { ResourceRecord } from "../records";
import { EmergencyTabs } from "../warnings/tabs";
import { Distance, type Way } from "./distance";
import { openResourceOrder } from "./orders";

const KINDS = ["team", "hospital", "shelter", "store", "vehicle", "equipment", "expert", "drone", "comms"] as const;
const ROW = 64;
const NEAREST = 100;
const resourceView = new ExtraView("resources", { kind: "resource", face: "row" });

type Row = ResourceRecord & { distance?: Way };

export default function ResourcesPage() {
  useEffect(() => store.need(resourceView), []);
  useIncidents();
  const kind = KINDS.find((name) => name === query("kind")) ?? "";
  const near = query("near");
  const by = query("by") === "line" ? "line" : "road";
  const nearest = useNearest(near ?? "", kind, by);
  const rows = near ? nearest : listed(kind);
  return (
    <>
      <EmergencyTabs here="resources" />
      <div class="warnings-filters" role="group" aria-label={t("resources.list")}>
        <Chip name="" chosen={!kind} />
        {KINDS.map((name) => <Chip key={name} name={name} chosen={name === kind} />)}
      </div>
      {near ? <Near by={by} /> : null}
      <Rows rows={rows} />
    </>
  );
}

function listed(kind: string): Row[] | null {
  const all = [...resourceView.all().values()];
  if (!resourceView.ready.value) return null;
  return all.filter((resource) => !kind || resource.kind === kind)
    .sort((a, b) => KINDS.indexOf(a.kind as never) - KINDS.indexOf(b.kind as never) || (a.id < b.id ? -1 : 1));
}

/** The nearest ones, asked again when one of them changes. */
function useNearest(near: string, kind: string, by: string): Row[] | null {
  const [rows, setRows] = useState<Row[] | null>(null);
  const version = resourceView.version.value;
  useEffect(() => {
    if (!near) return undefined;
    const aborter = new AbortController();
    const search = new URLSearchParams({ near, by, count: String(NEAREST), ...(kind ? { kind } : {}) });
    get<{ items: Row[] }>(`/api/v1/resources?${search}`, aborter.signal)
      .then(({ items }) => setRows(items), () => void (!aborter.signal.aborted && setRows([])));
    return () => aborter.abort();
  }, [near, kind, by, version]);
  return rows;
}

function Chip({ name, chosen }: { name: string; chosen: boolean }) {
  const all = [...resourceView.all().values()];
  const n = all.filter((resource) => !name || resource.kind === name).length;
  if (name && !n) return null;
  return (
    <button type="button" class="chip" aria-pressed={chosen} data-kind={name}
      onClick={() => setQuery({ kind: name || null })}>
      {t(name ? `resources.kind.${name}` : "resources.all")} <b>{count(n)}</b>
    </button>
  );
}

function Near({ by }: { by: string }) {
  const id = query("incident");
  const title = (id ? rowOf(id)?.title : null) ?? query("near");
  return (
    <p class="resource-near">
      {t("resources.near")} <b>{title}</b>{" "}
      {(["road", "line"] as const).map((name) => (
        <button key={name} type="button" class="chip" aria-pressed={by === name} data-by={name}
          onClick={() => setQuery({ by: name === "road" ? null : name })}>
          {t(`resources.by.${name}`)}
        </button>
      ))}
      <button type="button" class="chip" data-anywhere=""
        onClick={() => setQuery({ near: null, incident: null, by: null })}>
        {t("resources.anywhere")}
      </button>
      <small class="quiet">{t("resources.note")}</small>
    </p>
  );
}

function Rows({ rows }: { rows: Row[] | null }) {
  if (!rows?.length) return <p class="rows-empty">{t(rows ? "resources.none" : "resources.loading")}</p>;
  return (
    <VirtualList rows={rows} keyOf={(resource) => resource.id} height={ROW} shown={null} label={t("resources.list")}
      class="resource-rows">
      {(resource, style) => <ResourceRow key={resource.id} resource={resource} style={style} />}
    </VirtualList>
  );
}

function ResourceRow({ resource, style }: { resource: Row; style: string }) {
  const stock = resource.quantity === null ? "" : `${count(resource.quantity)} ${resource.unit_of}`;
  const what = [t(`resources.kind.${resource.kind}`), regionName(resource.region), resource.unit, stock];
  const first = resource.capability.join("、");
  return (
    <div role="listitem" style={style} data-id={resource.id}
      class={`resource-row status-${resource.status}${resource.unverified ? " is-hatched" : ""}`}>
      <span class="resource-what">
        {resource.name}
        <small class="quiet">{[...what, first].filter(Boolean).join(" · ")}</small>
      </span>
      <span class="resource-how">
        <b>{t(`resources.status.${resource.status}`)}</b>
        {resource.unverified ? <small> {t("resources.unverified")}</small> : null}
        {resource.expired ? <small class="is-bad"> {t("resources.expired")}</small> : null}
        {resource.distance ? <Distance way={resource.distance} /> : null}
      </span>
      {mayDo("command") ? (
        <span class="resource-orders">
          {resource.orders.map((order) => (
            <button key={order} type="button" class="chip" data-order={order}
              onClick={() => openResourceOrder(order, resource, query("incident") ?? "")}>
              {t(`resources.order.${order}`)}
            </button>
          ))}
        </span>
      ) : null}
    </div>
  );
}

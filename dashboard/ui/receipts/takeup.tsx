/** Makes an incident of a receipt, or attaches it to one that is in hand. */
import { list, send } from "../core/api";
import { navigate } from "../core/address";
import { t } from "../core/i18n";
import { mayDo } from "../core/site";
import { Message, useAct } from "../forms/act";
import type { Option } from "../forms/field";
import { openForm } from "../forms/form";
import { incidentPath } from "../incidents/address";
import type { CandidateRecord, IncidentRecord, ReceiptRecord } from "../records";
import { INCIDENT_OPEN_PHASES } from "../vocabulary";

const IN_HAND = INCIDENT_OPEN_PHASES.join();

/** What may be the same event: a receipt, or an incident, with the incident that it belongs to ("": none yet). */
export interface Candidate extends CandidateRecord {
  incident: string;
  title: string;
}

/** What is likely the same is offered first: to attach the receipt to its incident. */
export function TakeUp({ receipt, candidates }: { receipt: ReceiptRecord; candidates: Candidate[] }) {
  const act = useAct();
  if (!receipt.orders.includes("open") || !mayDo("command")) return null;
  const path = `/api/v1/receipts/${encodeURIComponent(receipt.id)}`;
  const open = (): void => {
    void act.run(() => send<IncidentRecord>("POST", `${path}/open`, {})).then((made) => made && show(made));
  };
  const same = candidates.find(({ likely, incident }) => likely && incident);
  const join = (incident: string): void => {
    void act.run(() => send<IncidentRecord>("POST", `${path}/attach`, { incident }))
      .then((joined) => joined && show(joined));
  };
  return (
    <div class="incident-orders">
      {same ? (
        <button type="button" class="primary" data-join={same.incident} disabled={act.busy}
          onClick={() => join(same.incident)}>
          {t("receipts.join", { title: same.title, number: same.incident.split(":")[1] ?? same.incident })}
        </button>
      ) : null}
      <button type="button" class={same ? "chip" : "primary"} data-open="" disabled={act.busy} onClick={open}>
        {t("receipts.open-incident")}
      </button>
      <button type="button" class="chip" data-attach="" onClick={() => void openAttach(receipt, path)}>
        {t("receipts.attach")}
      </button>
      <Message said={act.said} />
    </div>
  );
}

const show = ({ id }: IncidentRecord): void => navigate(incidentPath(id));

async function openAttach(receipt: ReceiptRecord, path: string): Promise<void> {
  const incidents = await list<IncidentRecord>(`/api/v1/incidents?phase=${IN_HAND}&mode=${receipt.mode}&limit=100`, 3);
  const options = incidents.map(({ id, title }): Option => [id, `${title} · ${id.split(":")[1] ?? id}`]);
  openForm({
    title: t("receipts.attach"),
    parts: [{ name: "incident", label: t("incidents.list"), kind: "select", options }],
    initial: { incident: options[0]?.[0] ?? "" },
    label: t("receipts.attach"),
    save: async ({ incident }) => {
      const made = await send<IncidentRecord>("POST", `${path}/attach`, { incident });
      show(made);
      return made;
    },
  });
}

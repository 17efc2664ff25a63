/** A device of GB/T 28181 as the collector knows it, and what its catalog proposes for the inventory. */
import { useEffect, useState } from "preact/hooks";
import { Age } from "../core/age";
import { get, ProblemError, send } from "../core/api";
import { pick, t } from "../core/i18n";
import { joined } from "../core/names";
import { mayAct } from "../core/site";
import type { AssetRecord } from "../records";

const EVERY = 5000;

interface Registration {
  online: boolean | null;
  left: boolean;
  transport: string;
  address: string;
  expires_at: string;
  keepalive_at: string | null;
  heard_at: string | null;
  interval_s: number;
  version: string;
  charset: string;
  faulty: string[];
}

interface Catalog {
  state: string;
  received: number | null;
  total: number | null;
  listed: number | null;
  complete_at: string | null;
  unanswered: boolean;
}

interface Change {
  kind: string;
  id: string;
  asset: string;
  name: string;
  before: string;
  after: string;
}

interface VideoDevice {
  device: string;
  registration: Registration | null;
  catalog: Catalog;
  subscriptions: { topic: string; state: string }[];
  deviations: Record<string, number>;
  refused: Record<string, number>;
  changes: Change[];
  changes_total: number;
  may_accept: boolean;
}

interface Accepted {
  accepted: unknown[];
  left: unknown[];
  applied: boolean;
  held: { accept: string; lists: { message: Record<string, string> }[] } | null;
}

/** The device, asked for again every few seconds while the page is in sight; null when nobody knows it. */
function useDevice(id: string): { device: VideoDevice | null; again: () => void } {
  const [device, setDevice] = useState<VideoDevice | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const aborter = new AbortController();
    let timer = 0;
    const ask = async (): Promise<void> => {
      try {
        if (document.visibilityState === "visible") setDevice(await get(path(id), aborter.signal));
      } catch (error) {
        if (aborter.signal.aborted) return;
        if (error instanceof ProblemError && error.status === 404) return setDevice(null);
      }
      timer = window.setTimeout(() => void ask(), EVERY);
    };
    void ask();
    return () => {
      aborter.abort();
      window.clearTimeout(timer);
    };
  }, [id, turn]);
  return { device, again: () => setTurn((n) => n + 1) };
}

const path = (id: string): string => `/api/v1/video/devices/${encodeURIComponent(id)}`;

export function VideoDeviceParts({ asset }: { asset: AssetRecord }) {
  const { device, again } = useDevice(asset.id);
  if (device === null) return null;
  return (
    <>
      <DeviceState device={device} asset={asset} again={again} />
      <CatalogChanges device={device} asset={asset} again={again} />
    </>
  );
}

interface Props {
  device: VideoDevice;
  asset: AssetRecord;
  again: () => void;
}

function DeviceState({ device, asset, again }: Props) {
  const { registration, catalog } = device;
  const [refused, setRefused] = useState("");
  const refresh = async (): Promise<void> => {
    setRefused("");
    try {
      await send("POST", `${path(asset.id)}/refresh`);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setRefused(error.status === 404 ? t("video.device.cannot") : error.message);
    }
    again();
  };
  const counts = (values: Record<string, number>): string =>
    joined(Object.entries(values).map(([name, count]) => `${name} ${count}`));
  return (
    <section class="recorder-device">
      <h2>{t("video.device")}</h2>
      <dl class="facts">
        <dt>{t("video.device.id")}</dt><dd class="mono">{device.device}</dd>
        {registration ? <Registered registration={registration} /> : (
          <><dt>{t("video.device.registration")}</dt><dd>{t("video.device.never")}</dd></>
        )}
        <dt>{t("video.device.catalog")}</dt>
        <dd>
          {joined([t(`video.catalog.${catalog.state}`), progress(catalog),
            catalog.unanswered ? t("video.catalog.unanswered") : ""])}
          {" "}<Age since={catalog.complete_at} form="ago" class="quiet" />
        </dd>
        <dt>{t("video.device.subscriptions")}</dt>
        <dd>
          {joined(device.subscriptions.map(({ topic, state }) =>
            `${t(`video.topic.${topic}`)} ${t(`video.subscription.${state}`)}`)) || t("video.none.short")}
        </dd>
        <dt>{t("video.device.deviations")}</dt><dd>{counts(device.deviations) || t("video.none.short")}</dd>
        {Object.keys(device.refused).length ? (
          <><dt>{t("video.device.refused")}</dt><dd class="is-bad">{counts(device.refused)}</dd></>
        ) : null}
      </dl>
      {mayAct(asset.region) ? (
        <p class="check-now">
          <button type="button" data-refresh="" onClick={() => void refresh()}>{t("video.device.refresh")}</button>
          <span role="status" class="quiet">{refused}</span>
        </p>
      ) : null}
    </section>
  );
}

function Registered({ registration }: { registration: Registration }) {
  const word = registration.online === null ? "starting" : registration.online ? "online"
    : registration.left ? "left" : "silent";
  const { transport, address, version, charset, interval_s: interval } = registration;
  return (
    <>
      <dt>{t("video.device.registration")}</dt>
      <dd class={word === "silent" ? "is-bad" : ""}>
        {joined([t(`video.registration.${word}`), `${transport} ${address}`, version, charset])}
      </dd>
      <dt>{t("video.device.keepalive")}</dt>
      <dd>
        {t("video.device.interval", { n: interval })}
        {" "}<Age since={registration.keepalive_at ?? registration.heard_at} form="ago" class="quiet" />
      </dd>
      {registration.faulty.length ? (
        <><dt>{t("video.device.faulty")}</dt><dd class="is-bad mono">{joined(registration.faulty)}</dd></>
      ) : null}
    </>
  );
}

function progress(catalog: Catalog): string {
  if (catalog.received !== null) {
    return t("video.catalog.progress", { n: catalog.received, of: catalog.total ?? "?" });
  }
  return catalog.listed === null ? "" : t("video.catalog.listed", { n: catalog.listed });
}

const key = (change: Change): string => `${change.kind} ${change.id} ${change.after}`;

function CatalogChanges({ device, asset, again }: Props) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { accept, busy, held, outcome, forget } = useAccept(asset.id, again);
  const selected = device.changes.filter((change) => chosen.has(key(change)));
  const choose = (changes: Change[], on: boolean): void => {
    const next = new Set(chosen);
    for (const change of changes) {
      if (on) next.add(key(change));
      else next.delete(key(change));
    }
    setChosen(next);
    forget();
  };
  return (
    <section class="recorder-changes" data-changes={device.changes_total}>
      <h2>{t("video.changes", { n: device.changes_total })}</h2>
      {device.changes.length === 0 ? <p class="quiet">{t("video.changes.none")}</p> : (
        <ChangeTable device={device} chosen={chosen} choose={choose} />
      )}
      <p class="check-now">
        {device.may_accept && device.changes.length ? (
          <button type="button" class="primary" data-accept="" disabled={busy || selected.length === 0}
            onClick={() => void accept(selected)}>
            {t(held ? "video.changes.accept.held" : "video.changes.accept", { n: selected.length })}
          </button>
        ) : null}
        <span role="status" class="quiet">{outcome}</span>
      </p>
    </section>
  );
}

interface Accepting {
  accept: (selected: Change[]) => Promise<void>;
  busy: boolean;
  /** The digest of a removal that waits for a second yes, or "". */
  held: string;
  outcome: string;
  forget: () => void;
}

function useAccept(id: string, again: () => void): Accepting {
  const [outcome, setOutcome] = useState("");
  const [held, setHeld] = useState("");
  const [busy, setBusy] = useState(false);
  const accept = async (selected: Change[]): Promise<void> => {
    setBusy(true);
    try {
      const changes = selected.map((change) => ({ kind: change.kind, id: change.id }));
      const done = await send<Accepted>("POST", `${path(id)}/accept`, { changes, accept: held });
      const words = { n: done.accepted.length, left: done.left.length };
      setHeld(done.held?.accept ?? "");
      setOutcome(done.held ? joined([t("video.changes.held"), ...done.held.lists.map((list) => pick(list.message))])
        : t(done.left.length ? "video.changes.some" : "video.changes.done", words));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setOutcome(error.message);
    }
    setBusy(false);
    again();
  };
  return { accept, busy, held, outcome, forget: () => setHeld("") };
}

interface TableProps {
  device: VideoDevice;
  chosen: ReadonlySet<string>;
  choose: (changes: Change[], on: boolean) => void;
}

function ChangeTable({ device, chosen, choose }: TableProps) {
  const { changes, may_accept: may } = device;
  const all = changes.every((change) => chosen.has(key(change)));
  return (
    <table>
      <thead>
        <tr>
          <th>{may ? <Box label={t("video.changes.all")} on={all} set={(on) => choose(changes, on)} /> : null}</th>
          <th>{t("video.change")}</th><th>{t("video.change.channel")}</th>
          <th>{t("video.change.before")}</th><th>{t("video.change.after")}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={key(change)} class={`change-${change.kind}`}>
            <td>
              {may ? <Box label={change.name || change.id} on={chosen.has(key(change))}
                set={(on) => choose([change], on)} /> : null}
            </td>
            <th>{t(`video.change.${change.kind}`)}</th>
            <td>{change.name || change.id}<small class="quiet mono">{change.id}</small></td>
            <td>{change.kind === "gone" ? t("video.change.in") : change.before}</td>
            <td>{change.kind === "gone" ? t("video.change.out") : change.after}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface BoxProps {
  label: string;
  on: boolean;
  set: (on: boolean) => void;
}

function Box({ label, on, set }: BoxProps) {
  return (
    <input type="checkbox" aria-label={label} checked={on} onChange={(event) => set(event.currentTarget.checked)} />
  );
}

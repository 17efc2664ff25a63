/** A device of GB/T 28181 as the collector knows it, and what its catalog proposes for the inventory. */
import { useEffect, useState } from "preact/hooks";
import { Age } from "../core/age";
import { get, ProblemError, send } from "../core/api";
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { mayAct } from "../core/site";
import type { AssetRecord } from "../records";
import { CatalogChanges, type Change, path } from "./changes";

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

export function VideoDeviceParts({ asset }: { asset: AssetRecord }) {
  const { device, again } = useDevice(asset.id);
  if (device === null) return null;
  return (
    <>
      <DeviceState device={device} asset={asset} again={again} />
      <CatalogChanges device={device} id={asset.id} again={again} />
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
          <button type="button" class="chip" data-refresh="" onClick={() => void refresh()}>
            {t("video.device.refresh")}
          </button>
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

/** An upper platform: whether this site is registered there, and what it may see. */
import { useEffect, useState } from "preact/hooks";
import { get, ProblemError } from "../core/api";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { errorText, joined } from "../core/names";
import { regionName } from "../core/site";

const EVERY = 5000;

interface Cascade {
  device: string;
  own: string;
  address: string;
  registered: boolean | null;
  why: string;
  misses: number;
  cameras: number;
  online: number;
  nameless: number;
  regions: string[];
  subscriptions: number;
  notified: number;
}

/** What the collector says of it, again every few seconds; null for an asset that is no upper platform. */
function useCascade(id: string): Cascade | null {
  const [cascade, setCascade] = useState<Cascade | null>(null);
  useEffect(() => {
    const aborter = new AbortController();
    let timer = 0;
    const ask = async (): Promise<void> => {
      try {
        if (document.visibilityState === "visible") {
          setCascade(await get(`/api/v1/video/cascades/${encodeURIComponent(id)}`, aborter.signal));
        }
      } catch (error) {
        if (aborter.signal.aborted) return;
        if (error instanceof ProblemError && error.status === 404) return setCascade(null);
      }
      timer = window.setTimeout(() => void ask(), EVERY);
    };
    void ask();
    return () => {
      aborter.abort();
      window.clearTimeout(timer);
    };
  }, [id]);
  return cascade;
}

export function CascadePart({ id }: { id: string }) {
  const cascade = useCascade(id);
  if (!cascade) return null;
  const { registered, why, misses, cameras, online, nameless, regions, subscriptions, notified } = cascade;
  return (
    <section class="recorder-device">
      <h2>{t("video.cascade")}</h2>
      <dl class="facts">
        <dt>{t("video.device.id")}</dt><dd class="mono">{cascade.device}</dd>
        <dt>{t("video.cascade.own")}</dt><dd class="mono">{cascade.own}</dd>
        <dt>{t("video.device.registration")}</dt>
        <dd class={registered === false ? "is-bad" : ""}>
          {joined([t(`video.cascade.${String(registered)}`), cascade.address, errorText(why),
            misses ? t("video.cascade.misses", { n: misses }) : ""])}
        </dd>
        <dt>{t("video.cascade.cameras")}</dt>
        <dd>
          {joined([t("video.cascade.counts", { n: count(cameras), online: count(online) }),
            nameless ? t("video.cascade.nameless", { n: count(nameless) }) : ""])}
        </dd>
        <dt>{t("video.cascade.regions")}</dt><dd>{joined(regions.map(regionName)) || t("video.none.short")}</dd>
        <dt>{t("video.cascade.subscriptions")}</dt>
        <dd>{t("video.cascade.subscribed", { n: count(subscriptions), notified: count(notified) })}</dd>
      </dl>
    </section>
  );
}

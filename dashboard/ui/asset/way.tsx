/** The way from the top down to an asset: what fails on it is bright, what hangs behind that is hollow. */
import { t } from "../core/i18n";
import { healthName } from "../core/names";
import { store } from "../core/picture";
import { HealthIcon } from "../core/shapes";
import { stateOf } from "../map/features";
import type { AssetRecord } from "../records";

const DEPTH = 16;

export function AssetLink({ asset, here = false }: { asset: Pick<AssetRecord, "id" | "name">; here?: boolean }) {
  if (here) return <b>{asset.name}</b>;
  return <a href={`/assets/${encodeURIComponent(asset.id)}`} data-inside="">{asset.name}</a>;
}

/** The uplink that lists draw: the first that is known. */
export function uplinkOf(asset: AssetRecord): AssetRecord | undefined {
  const assets = store.all("asset");
  return asset.parents.filter((id) => id !== asset.id).map((id) => assets.get(id)).find((above) => above);
}

/** From the top down, without the asset itself. */
export function wayTo(asset: AssetRecord): AssetRecord[] {
  const way: AssetRecord[] = [];
  let above = uplinkOf(asset);
  while (above && !way.includes(above) && way.length < DEPTH) {
    way.unshift(above);
    above = uplinkOf(above);
  }
  return way;
}

export function Way({ asset }: { asset: AssetRecord }) {
  const assets = store.all("asset");
  const up = uplinkOf(asset);
  const others = asset.parents.map((id) => assets.get(id)).filter((above) => above && above !== up && above !== asset);
  return (
    <section>
      <h2>{t("net.way")}</h2>
      <ol class="way">
        {[...wayTo(asset), asset].map((step) => {
          const state = stateOf(step);
          return (
            <li key={step.id} class={`way-step is-${state}`}>
              <HealthIcon health={state} /><AssetLink asset={step} here={step.id === asset.id} />
              {state === "ok" ? null : <small>{healthName(state)}</small>}
            </li>
          );
        })}
      </ol>
      {others.length ? (
        <ul class="way-others">
          {others.map((above) => {
            const state = stateOf(above!);
            return (
              <li key={above!.id} class={`is-${state}`}>
                {t("net.also")} <HealthIcon health={state} /> <AssetLink asset={above!} />{" "}
                <small>{healthName(state)}</small>
              </li>
            );
          })}
        </ul>
      ) : null}
    </section>
  );
}

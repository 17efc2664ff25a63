/** The ladder of one camera: each rung with its word, its reason, its age and the raw answers behind it. */
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { errorText, joined, metricName, sourceName } from "../core/names";
import { Icon, type ShapeName } from "../core/shapes";
import { parse } from "../core/time";
import type { AssetRecord } from "../records";
import { answer, factsOf, rungSummary, verdict } from "./facts";
import { RUNGS, type Rung } from "./states";

const SHAPES: Readonly<Record<string, ShapeName>> = {
  ok: "dot", failed: "triangle", unknown: "ring-dashed", "not-checked": "ring",
};

interface Props {
  asset: AssetRecord;
  /** When a check was asked for, server ms: rungs that were decided later are marked. */
  checked?: number | null;
}

export function Rungs({ asset, checked = null }: Props) {
  const level = asset.readings?.["camera.level"]?.value;
  const fails = String(asset.readings?.["camera.fails"]?.value ?? "");
  const number = RUNGS.indexOf(fails as Rung);
  const words = [
    typeof level === "number" ? t("video.level", { n: level }) : t("video.nolevel"),
    number >= 0 ? t("video.fails", { n: number }) : "",
  ];
  return (
    <section class="rungs">
      <h2>{t("video.ladder")} <span class="quiet">{joined(words)}</span></h2>
      <ol>
        {[...RUNGS].reverse().map((rung) => <RungRow key={rung} asset={asset} rung={rung} checked={checked} />)}
      </ol>
    </section>
  );
}

function RungRow({ asset, rung, checked }: Required<Props> & { rung: Rung }) {
  const { state, at, by, why } = verdict(asset, rung);
  const deeper = RUNGS[RUNGS.indexOf(rung) + 1];
  const deduced = state === "ok" && deeper !== undefined && verdict(asset, deeper).by === by;
  const facts = factsOf(asset, rung);
  const reason = errorText(why);
  const words = state === "ok" ? (deduced ? t("video.deduced") : rungSummary(asset, rung) || reason) : reason;
  const fresh = checked !== null && (parse(at) ?? 0) >= checked;
  return (
    <li class={`rung-row is-${state}${fresh ? " is-fresh" : ""}`} data-rung={rung}>
      <b>{RUNGS.indexOf(rung)}</b>
      <Icon shape={SHAPES[state] ?? "ring-dashed"} class={`rung-${state}`} />
      <span class="rung-name">{t(`camera.rung.${rung}`)}</span>
      <span class="rung-words">
        <span>{words || t(`camera.state.${state}`)}</span>
        {by ? <small>{metricName(by)}</small> : null}
      </span>
      {state === "not-checked" ? <span /> : <Age since={at} form="ago" class="quiet" />}
      {facts.length ? (
        <details class="rung-raw">
          <summary>{t("video.raw", { n: facts.length })}</summary>
          <table class="readings">
            <tbody>
              {facts.map((fact) => (
                <tr key={fact.key} class={fact.reading.value === false ? "is-bad" : ""}>
                  <th>{metricName(fact.key)}</th>
                  <td>{answer(fact)}</td>
                  <td class="quiet">{sourceName(fact.reading.source)}</td>
                  <td><Age since={fact.reading.observed_at} form="ago" /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      ) : null}
    </li>
  );
}

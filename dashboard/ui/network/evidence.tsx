/** Beside the tree: the evidence for the chosen asset, and before one is chosen the causes, worst first. */
import { useEffect, useRef } from "preact/hooks";
import { AssetAlerts, alertsOn } from "../asset/alerts";
import { Observations } from "../asset/observations";
import { Way } from "../asset/way";
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { alertReach, failure, healthName, joined, kindName } from "../core/names";
import { store } from "../core/picture";
import { selection } from "../core/selection";
import { HealthIcon } from "../core/shapes";
import { regionName } from "../core/site";
import { calmWords } from "../feeds/network";
import type { AssetRecord } from "../records";
import { selectAsset } from "./choose";
import { useNetwork, useWholeAssets } from "./data";
import { isCause, rankOf, type NetNode, type Network } from "./network";
import { isInside, layerName, readScope } from "./scope";

const MOST = 60;

export default function Evidence() {
  const network = useNetwork();
  const node = network.nodes.get(selection.value.asset ?? "");
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => top.current?.parentElement?.scrollTo(0, 0), [node?.id]);
  return (
    <div ref={top}>{node ? <OneAsset key={node.id} node={node} /> : <Causes network={network} />}</div>
  );
}

/** What is wrong by itself. Below something that nobody hears from, silence is no cause of its own. */
function causesOf(nodes: readonly NetNode[], network: Network): NetNode[] {
  const causes = nodes.filter((node) => {
    return isCause(node) && !(node.state === "unknown" && network.nodes.get(node.up)?.state === "unknown");
  });
  const reach = (node: NetNode): number => (node.state === "degraded" ? 0 : node.weight.total);
  return causes.sort((a, b) => rankOf(a.state) - rankOf(b.state) || reach(b) - reach(a) || (a.id < b.id ? -1 : 1));
}

function Causes({ network }: { network: Network }) {
  const scope = readScope();
  const inside = [...network.nodes.values()].filter((node) => isInside(node, scope));
  const causes = causesOf(inside, network);
  const listed = causes.slice(0, MOST);
  const whole = useWholeAssets(listed.map((node) => node.id));
  const unknown = inside.filter((node) => node.state === "unknown").length;
  const calm = calmWords(unknown, inside.length, "feed.calm");
  const rest = causes.length - listed.length;
  return (
    <header class="detail-head">
      <h2>{t("net.causes", { n: causes.length })}</h2>
      {causes.length ? null : (
        <p class="quiet"><span class={calm.hatched ? "is-hatched" : ""}>{calm.words}</span></p>
      )}
      <ul class="causes">
        {listed.map((node) => <Cause key={node.id} node={node} whole={whole.get(node.id)} />)}
      </ul>
      {rest ? <p class="quiet">{t("net.rest", { n: rest, bad: rest })}</p> : null}
      <p class="quiet">{t("net.hint")}</p>
    </header>
  );
}

function Cause({ node, whole }: { node: NetNode; whole: AssetRecord | undefined }) {
  const [alert] = alertsOn(node.id);
  const why = whole ? failure(whole, node.state) : healthName(node.state);
  return (
    <li>
      <button type="button" class={`cause is-${node.state}`} data-id={node.id} onClick={() => selectAsset(node.id)}>
        <HealthIcon health={node.state} /><span class="cause-name">{node.asset.name}</span>
        <Age since={node.facts?.since} />
        <small>{joined([regionName(node.asset.region), why, alert ? alertReach(alert) : ""])}</small>
      </button>
    </li>
  );
}

function OneAsset({ node }: { node: NetNode }) {
  const whole = useWholeAssets([node.id]).get(node.id);
  const face = store.all("asset").get(node.id);
  return (
    <>
      <Headline node={node} />
      {face ? <Way asset={face} /> : null}
      {whole ? <Observations asset={whole} /> : null}
      <AssetAlerts id={node.id} />
    </>
  );
}

function Headline({ node }: { node: NetNode }) {
  const { asset, state, unit } = node;
  const owner = unit && unit !== asset.name ? t("detail.owner", { name: unit }) : "";
  return (
    <header class="detail-head">
      <p class="kicker">{asset.id}</p>
      <h1 class={`is-${state}`}>
        <HealthIcon health={state} /><span>{asset.name}</span> <em>{healthName(state)}</em>{" "}
        <Age since={node.facts?.since} />
      </h1>
      <p class="quiet">{joined([kindName(asset.kind), layerName(node.layer), regionName(asset.region), owner])}</p>
      {asset.stale_since === null ? null : (
        <p class="stale-note"><Age since={asset.stale_since} form="span" text="asset.stale" /></p>
      )}
      <p><a href={`/assets/${encodeURIComponent(asset.id)}`} data-inside="">{t("net.open")}</a></p>
    </header>
  );
}

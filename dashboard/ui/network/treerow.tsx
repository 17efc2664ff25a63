/** One row of the tree of uplinks. */
import { navigate } from "../core/address";
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { failure, healthName, kindName, latency } from "../core/names";
import { HealthIcon, Icon } from "../core/shapes";
import type { AssetRecord } from "../records";
import { selectAsset } from "./choose";
import type { Network } from "./network";
import type { NodeRow, RestRow } from "./rows";

interface NodeProps {
  row: NodeRow;
  style: string;
  /** The whole record, where it is here already. */
  answer: AssetRecord | undefined;
  network: Network;
  /** Class of what is chosen, or of its way up. */
  mark: string;
  fold: () => void;
}

export function NodeLine({ row, style, answer, network, mark, fold }: NodeProps) {
  const { node, open, kids } = row;
  const { asset, state, facts } = node;
  const failing = state !== "ok" || row.onPath;
  const classes = [
    "node-row", `is-${state}`, row.context && "is-context", row.onPath && "on-path", mark,
    asset.stale_since !== null && "is-stale",
  ];
  const twist = (event: Event): void => {
    event.stopPropagation();
    fold();
  };
  return (
    <div class={classes.filter(Boolean).join(" ")} style={style} role="treeitem" data-id={row.id}
      aria-level={row.depth + 1} aria-posinset={row.place} aria-setsize={row.of} aria-selected={mark === "is-selected"}
      {...(kids ? { "aria-expanded": open } : {})} onClick={() => selectAsset(row.id)}
      onDblClick={() => navigate(`/assets/${encodeURIComponent(row.id)}`)}>
      <Guides depth={row.depth} failing={failing} />
      <button type="button" class={`twist${kids ? "" : " is-none"}`} tabIndex={-1} aria-label={t("net.fold")}
        onClick={twist} onDblClick={(event) => event.stopPropagation()}>
        <Icon shape="chevron" />
      </button>
      <span class="node-mark"><HealthIcon health={state} /></span>
      <span class="node-name">
        <span>{asset.name}</span><small>{otherUplinks(asset, node.up, network) || kindName(asset.kind)}</small>
      </span>
      <Below row={row} />
      <span class="node-answer">{answerText(answer, state)}</span>
      {state === "ok" ? <time class="node-time" /> : <Age since={facts?.since} class="node-time" />}
    </div>
  );
}

function answerText(answer: AssetRecord | undefined, state: string): string {
  if (state === "ok") return answer ? latency(answer) : "";
  return answer ? failure(answer, state) : healthName(state);
}

function Guides({ depth, failing }: { depth: number; failing: boolean }) {
  return (
    <span class="node-guides" aria-hidden="true">
      {Array.from({ length: depth }, (_, at) => <i key={at} class={at === depth - 1 && failing ? "is-failing" : ""} />)}
    </span>
  );
}

/** How many of those below are abnormal or unknown, of how many. */
function Below({ row }: { row: NodeRow }) {
  const { weight, state } = row.node;
  const bad = weight.bad + weight.unknown - Number(state !== "ok");
  if (!row.kids) return <span class="node-below" />;
  return (
    <span class="node-below">{bad ? <><b>{bad}</b>{` / ${weight.total - 1}`}</> : weight.total - 1}</span>
  );
}

/** What else an asset hangs on: a tree can draw one uplink only. */
function otherUplinks(asset: AssetRecord, up: string, network: Network): string {
  const others = asset.parents.filter((id) => id !== up && id !== asset.id).map((id) => network.nodes.get(id));
  return others.filter((node) => node !== undefined)
    .map((node) => t("net.uplink", { name: node.asset.name, state: healthName(node.state) })).join(" ");
}

export function RestLine({ row, style, open }: { row: RestRow; style: string; open: () => void }) {
  return (
    <div class="node-row is-rest" style={style} role="treeitem" aria-level={row.depth + 1}>
      <Guides depth={row.depth} failing={false} />
      <span />
      <span />
      <button type="button" class="link" onClick={open}>{t("net.healthy", { n: row.rest })}</button>
    </div>
  );
}

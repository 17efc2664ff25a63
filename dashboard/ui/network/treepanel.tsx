/** The tree of uplinks: open down to every cause, worst first; only the rows in view exist. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { navigate, query, setQuery } from "../core/address";
import { useHold } from "../core/hold";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { selection } from "../core/selection";
import { fromRem, isTouch } from "../core/small";
import { VirtualList } from "../core/virtual";
import { selectAsset } from "./choose";
import { useNetwork, useWholeAssets } from "./data";
import type { Network } from "./network";
import { isRest, treeRows, type Folds, type NodeRow, type TreeRow } from "./rows";
import { meant, layerName, narrow, readScope, type Scope } from "./scope";
import { placeName, unitName } from "./scopepanel";
import { NodeLine, RestLine } from "./treerow";

/** Heights of a row in rem. */
const ROW = 2.15;
const TOUCH_ROW = 3.04;
/** Readings are asked for by whole blocks of rows, so that scrolling asks seldom. */
const BLOCK = 40;

export default function TreePanel() {
  const network = useNetwork();
  const scope = readScope();
  const [folds, setFolds] = useState<Folds>(new Map());
  const [fresh, setFresh] = useState(0);
  const chosen = selection.value.asset;
  const key = JSON.stringify(scope);
  const ids = useMemo(() => meant(network, scope), [network, key]);
  const rows = useMemo(() => treeRows(network, ids, folds), [network, ids, folds]);
  const fold = (changes: Iterable<readonly [string, boolean]>): void => setFolds(new Map([...folds, ...changes]));
  useEffect(() => {
    // What is chosen elsewhere, on the map or in a list, is brought into sight.
    if (chosen && network.nodes.has(chosen) && !rows.some((row) => row.id === chosen)) {
      fold(["", ...network.way(chosen)].map((id) => [id, true] as const));
    }
  }, [chosen, network.nodes.size > 0]);
  const box = useRef<HTMLDivElement>(null);
  const held = useHold(box, rows, (row) => row.id, (row) => asItIs(row, network), `${key} ${fresh} ${foldKey(folds)}`);
  const letIn = (): void => setFresh(fresh + 1);
  return (
    <>
      <div class="list-top">
        <Crumbs scope={scope} />
        {held.waiting ? (
          <button type="button" class="fresh" onClick={letIn}>{t("net.waiting", { n: held.waiting })}</button>
        ) : null}
        <button type="button" class="chip" data-only-bad="" aria-pressed={scope.bad}
          onClick={() => narrow({ bad: scope.bad ? null : "1" })}>
          {t("net.onlybad")}
        </button>
        <input type="search" class="search" placeholder={t("net.search")} aria-label={t("net.search")}
          value={query("q") ?? ""} onInput={(event) => setQuery({ q: event.currentTarget.value })} />
      </div>
      <div class="node-heads" aria-hidden="true">
        <span>{t("net.tree")}</span><span>{t("net.below")}</span><span>{t("net.answer")}</span>
        <span>{t("list.lasts")}</span>
      </div>
      <div class="node-tree" ref={box} data-rows={rows.length}>
        <Rows network={network} rows={held.rows} chosen={chosen} fold={fold} scope={key} />
        {rows.length || !store.ready.value ? null : (
          <p class="rows-empty">{t(scope.bad && !scope.words ? "feed.calm" : "net.nomatch")}</p>
        )}
      </div>
    </>
  );
}

/** A row that is no longer in the tree, with its node as it is now. */
const asItIs = (row: TreeRow, network: Network): TreeRow =>
  isRest(row) ? row : { ...row, node: network.nodes.get(row.id) ?? row.node };

const foldKey = (folds: Folds): string => [...folds].map(([id, open]) => `${id}=${open}`).join();

interface RowsProps {
  network: Network;
  rows: TreeRow[];
  chosen: string | null;
  fold: (changes: Iterable<readonly [string, boolean]>) => void;
  scope: string;
}

function Rows({ network, rows, chosen, fold, scope }: RowsProps) {
  const [[from, to], setBlocks] = useState<readonly [number, number]>([0, BLOCK]);
  const seen = rows.slice(from, to).filter((row): row is NodeRow => !isRest(row)).map((row) => row.id);
  const answers = useWholeAssets(seen);
  const way = new Set(chosen ? network.way(chosen) : []);
  const height = fromRem(isTouch() ? TOUCH_ROW : ROW);
  const window = (first: number, last: number): void => {
    setBlocks((old) => {
      const next = [Math.floor(first / BLOCK) * BLOCK, Math.ceil((last + 1) / BLOCK) * BLOCK] as const;
      return old[0] === next[0] && old[1] === next[1] ? old : next;
    });
  };
  return (
    <VirtualList key={scope} rows={rows} keyOf={(row) => row.id} height={height} shown={chosen} class="node-rows"
      role="tree" label={t("net.tree")} onWindow={window}
      onKeyDown={(event) => press(event, rows.filter((row): row is NodeRow => !isRest(row)), chosen, fold)}>
      {(row, style) => {
        if (isRest(row)) {
          return <RestLine key={row.id} row={row} style={style} open={() => fold([[row.parent, true]])} />;
        }
        return (
          <NodeLine key={row.id} row={row} style={style} answer={answers.get(row.id)} network={network}
            mark={row.id === chosen ? "is-selected" : way.has(row.id) ? "is-way" : ""}
            fold={() => fold([[row.id, !row.open]])} />
        );
      }}
    </VirtualList>
  );
}

type Fold = RowsProps["fold"];

/** The keys of a tree (WAI-ARIA), with j and k as in every list. */
function press(event: KeyboardEvent, rows: NodeRow[], chosen: string | null, fold: Fold): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = rows.findIndex((row) => row.id === chosen);
  const row = rows[at];
  const go = (to: number): void => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (next) selectAsset(next.id);
  };
  const into = (): void => {
    if (!row?.kids) return;
    if (row.open) go(at + 1);
    else fold([[row.id, true]]);
  };
  const out = (): void => {
    if (row?.open) fold([[row.id, false]]);
    else if (row?.node.up) selectAsset(row.node.up);
  };
  const actions: Readonly<Record<string, () => void>> = {
    ArrowDown: () => go(at + 1), ArrowUp: () => go(at - 1), j: () => go(at + 1), k: () => go(at - 1),
    Home: () => go(0), End: () => go(rows.length - 1), ArrowRight: into, ArrowLeft: out,
    Enter: () => row && navigate(`/assets/${encodeURIComponent(row.id)}`),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

/** The scope step by step; each step but the last leads back to it. */
function Crumbs({ scope }: { scope: Scope }) {
  const { county, unit, layer } = scope;
  const all = { county: null, unit: null, layer: null };
  const steps: [string, Record<string, string | null>][] = [[t("net.all"), all]];
  if (county !== null) steps.push([placeName(county), { ...all, county }]);
  if (unit !== null) steps.push([unitName(unit), { ...all, county, unit }]);
  if (layer !== null) steps.push([layerName(layer), {}]);
  return (
    <nav class="crumbs" aria-label={t("net.crumbs")}>
      {steps.map(([name, values], index) => (
        <span key={index}>
          {index ? <span aria-hidden="true">› </span> : null}
          {index === steps.length - 1
            ? <b aria-current="location">{name}</b>
            : <button type="button" class="link" onClick={() => narrow(values)}>{name}</button>}
        </span>
      ))}
    </nav>
  );
}

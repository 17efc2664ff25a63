/** One brief in full: its orders, what the check says, its blocks with the entries behind each figure, its files. */
import { useState } from "preact/hooks";
import { query, setQuery } from "../core/address";
import { t } from "../core/i18n";
import { parse, shortTime, stamp } from "../core/time";
import { useDetail } from "../core/usedetail";
import { Message, useAct } from "../forms/act";
import type { BriefBlockRecord, BriefFigureRecord, BriefRecord, EntryReferenceRecord } from "../records";
import { personName } from "../shell/duty";
import { giveOrder, openOrder, ordersFor } from "./orders";
import { briefKind, briefOf } from "./records";

export default function BriefDetail() {
  const id = query("brief");
  if (!id) return <p class="rows-empty">{t("briefs.choose")}</p>;
  return <Whole key={id} id={id} />;
}

function Whole({ id }: { id: string }) {
  const { detail, missing } = useDetail<BriefRecord>(`/api/v1/briefs/${encodeURIComponent(id)}`, [briefOf(id)?.rev]);
  if (!detail) return <p class="rows-empty">{t(missing ? "briefs.missing" : "briefs.loading")}</p>;
  return (
    <article class="brief-detail">
      <header>
        <button type="button" class="link detail-close" aria-label={t("key.close")}
          onClick={() => setQuery({ brief: null })}>×</button>
        <h2>{detail.title}</h2>
        <p class="quiet">
          {[
            detail.number, briefKind(detail), t(`briefs.state.${detail.state}`),
            t("briefs.version", { n: detail.version }),
          ].filter(Boolean).join(" · ")}
        </p>
      </header>
      <Orders brief={detail} />
      <Marks brief={detail} />
      {detail.blocks.map((block) => <Block key={block.key} block={block} />)}
      <Life brief={detail} />
    </article>
  );
}

/** Orders that need no words are given at once; the others open a form. */
function Orders({ brief }: { brief: BriefRecord }) {
  const act = useAct();
  const press = (order: string): void => {
    if (order === "check" || order === "generate") void act.run(() => giveOrder(order, brief));
    else openOrder(order, brief);
  };
  const path = `/api/v1/briefs/${encodeURIComponent(brief.id)}`;
  const next = brief.next_order;
  return (
    <>
      <div class="incident-orders">
        {ordersFor(brief).map((order) => (
          <button key={order} type="button" class={order === next ? "primary" : "chip"} data-order={order}
            disabled={act.busy}
            onClick={() => press(order)}>
            {t(`briefs.order.${order}`)}
          </button>
        ))}
        <a class="chip" href={`${path}.docx`} download="">{t("briefs.docx")}</a>
        <a class="chip" href={`${path}.pdf`} download="">{t("briefs.pdf")}</a>
      </div>
      {next ? <p class="quiet">{t(`briefs.next.${next}`)}</p> : null}
      <Message said={act.said} />
    </>
  );
}

const NAMES = ["briefs.block", "briefs.field", "briefs.row", "briefs.figure", "incidents.figure"];

const FIGURE_NAMES = ["incidents.figure", "briefs.figure"];
const nameIn = (prefixes: readonly string[], name: string): string =>
  prefixes.map((prefix) => `${prefix}.${name}`).filter((key) => t(key) !== key).map((key) => t(key))[0] ?? name;

/** The word of a block, a field, a row or a figure. */
const fieldName = (name: string): string => nameIn(NAMES, name);
/** The word of a figure: a row may bear the same name. */
const figureName = (name: string): string => nameIn(FIGURE_NAMES, name);

/** What the check says, what was corrected since the signature, and a signature that is still to come. */
function Marks({ brief }: { brief: BriefRecord }) {
  const { findings, corrections, countersign_by: countersign } = brief;
  return (
    <ul class="brief-marks">
      {brief.state === "checked" && !findings.length ? <li>{t("briefs.findings.ok")}</li> : null}
      {findings.map(({ code, field, blocking }) => (
        <li key={code + field} class={blocking ? "is-error" : "quiet"}>
          {t(`briefs.finding.${code}`, { field: fieldName(field) })}
        </li>
      ))}
      {corrections.map(({ name, value, corrected }) => (
        <li key={name} class="is-error">{t("briefs.corrected", { name: fieldName(name), value, corrected })}</li>
      ))}
      {countersign === null ? null : (
        <li class={brief.countersign_late ? "is-error" : ""}>
          {brief.countersign_late ? t("briefs.countersign.late")
            : t("briefs.countersign", { at: shortTime(parse(countersign)) })}
        </li>
      )}
    </ul>
  );
}

function Block({ block }: { block: BriefBlockRecord }) {
  return (
    <section data-block={block.key} class={block.generated ? "is-generated" : ""}>
      <h3>{block.title} {block.generated ? <small class="quiet">{t("briefs.generated")}</small> : null}</h3>
      {block.text ? <p class="brief-text">{block.text}</p> : null}
      {block.figures.map((figure, at) => <Figure key={`${figure.name}${at}`} figure={figure} />)}
      {block.rows.map((row, at) => (
        <Proven key={`${row.name}${at}`} entries={row.entries}>
          {row.name && !row.sentence ? `${fieldName(row.name)}：` : ""}
          {row.unknown ? <em>{row.text || t("briefs.unknown")}</em> : row.text}
        </Proven>
      ))}
      {block.text || block.rows.length || block.figures.length ? null : <p class="quiet">—</p>}
    </section>
  );
}

function Figure({ figure }: { figure: BriefFigureRecord }) {
  const { name, value, before, source } = figure;
  return (
    <Proven entries={figure.entries}>
      {figureName(name)} <b>{value}</b>
      {before === null || before === value ? "" : ` (${before}→${value})`} <small>{source}</small>
    </Proven>
  );
}

interface ProvenProps {
  entries: readonly EntryReferenceRecord[];
  children: preact.ComponentChildren;
}

/** A line that shows the journal entries behind it when it is pressed. */
function Proven({ entries, children }: ProvenProps) {
  const [shown, show] = useState(false);
  if (!entries.length) return <p class="brief-line">{children}</p>;
  return (
    <div class="brief-line">
      <button type="button" class="link" aria-expanded={shown} onClick={() => show(!shown)}>{children}</button>
      {shown ? entries.map(({ seq, chain, number, hash, at }) => (
        <small key={seq} class="mono">
          {t("briefs.entry", { chain, number, hash: hash.slice(0, 12) })} · {stamp(parse(at) ?? 0)}
        </small>
      )) : null}
    </div>
  );
}

function Life({ brief }: { brief: BriefRecord }) {
  const signed = brief.signatures.map(({ at, by, name }) =>
    [at, t("briefs.signed-by", { by: name || personName(by) })] as const);
  const sent = brief.sendings.map((each) =>
    [each.at, [t(`incidents.by.${each.channel}`), each.recipient, each.number].filter(Boolean).join(" ")] as const);
  return (
    <section>
      <h3>{t("briefs.life")}</h3>
      <ul class="brief-marks">
        <li>{stamp(parse(brief.created_at) ?? 0)} {t("briefs.entry.created")} {personName(brief.created_by)}</li>
        {[...signed, ...sent].map(([at, words]) => <li key={at + words}>{stamp(parse(at) ?? 0)} {words}</li>)}
      </ul>
    </section>
  );
}

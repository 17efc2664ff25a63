/** One row of the list, in two lines: an alert, what hides several of them, or the head of a part of the hidden. */
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { alertHolder, alertTitle, severityName } from "../core/names";
import { AlertIcon } from "../core/shapes";
import { parse, shortTime } from "../core/time";
import { GroupLine } from "./grouprow";
import { reasonName } from "./hidden";
import type { AlertRow, GroupRow, Row, SectionRow } from "./rows";
import { hiderHolder, reasonNames, rowHead, rowNote } from "./words";

/** What a row can do, and what it must know of its list. */
export interface RowList {
  selected: string | null;
  chosen: ReadonlySet<string>;
  unfolded: ReadonlySet<string>;
  /** True where this alert may be chosen among others. */
  mayChoose: (row: AlertRow) => boolean;
  select: (id: string) => void;
  choose: (id: string) => void;
  fold: (key: string) => void;
}

interface Props<T extends Row> {
  row: T;
  list: RowList;
  style: string;
}

export function ListRow({ row, list, style }: Props<Row>) {
  if (row.type === "section") return <Section row={row} style={style} />;
  if (row.type === "flood") return <GroupLine row={row} list={list} style={style} />;
  if (row.type === "group") return <Group row={row} list={list} style={style} />;
  return <Line row={row} list={list} style={style} />;
}

/** The head of one reason: its word, how many it hides, and what that means. */
function Section({ row, style }: { row: SectionRow; style: string }) {
  return (
    <div class="row is-section" data-section={row.reason} role="listitem" style={style}>
      <h3><span>{t(`hider.${row.reason}`)}</span> <b>{row.count}</b></h3>
      <small>{t(`hider.${row.reason}.what`)}</small>
    </div>
  );
}

/** One row for a silence or a window: why, whose, and until when. */
function Group({ row: { key, hider, count, open }, list, style }: Props<GroupRow>) {
  const holder = hiderHolder(hider);
  return (
    <div class="row is-group" data-group={key} role="listitem" style={style}>
      <span class="row-mark" />
      <span class="row-head">
        <span class="row-title"><bdi>{`${reasonName(hider.kind)} ${hider.comment}`.trim()}</bdi></span>
        <button type="button" class="fold" aria-expanded={open} onClick={() => list.fold(key)}>
          {`${open ? "−" : "+"}${count} ${t("list.hides")}`}
        </button>
      </span>
      <span class="row-time" />
      <span class="row-note" />
      <span class="row-holder" title={holder}>{holder}</span>
    </div>
  );
}

function classesOf(row: AlertRow, list: RowList): string {
  const { alert } = row;
  const states = [
    row.child && "is-child", row.gone && "is-gone", !alert.active && "is-over", alert.acked && "is-taken",
    list.chosen.has(alert.id) && "is-chosen", list.selected === alert.id && "is-selected",
    !alert.acked && alert.active && !alert.suppressed_by.length && !row.closed && "is-new",
  ];
  return ["row", `sev-${alert.severity}`, ...states.filter(Boolean)].join(" ");
}

function Line({ row, list, style }: Props<AlertRow>) {
  const { alert } = row;
  const head = rowHead(alert);
  const note = row.gone ? t("alert.closed") : row.hider ? hiddenNote(row) : rowNote(alert, head);
  const who = row.hider ? { text: hiderHolder(row.hider), open: false } : alertHolder(alert);
  const press = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey) list.choose(alert.id);
    else list.select(alert.id);
  };
  return (
    <div class={classesOf(row, list)} data-id={alert.id} role="listitem" style={style} onClick={press}
      aria-current={list.selected === alert.id} aria-label={`${severityName(alert.severity)} ${alertTitle(alert)}`}>
      <span class="row-mark" title={severityName(alert.severity)}>
        {list.mayChoose(row) ? <Box id={alert.id} list={list} /> : null}
        <AlertIcon alert={alert} />
      </span>
      <span class="row-head">
        {alert.labels?.status === "Exercise" ? <b class="stamp">{t("warning.exercise")}</b> : null}
        <span class="row-title" title={head.name}><bdi>{head.name}</bdi></span>
        <Below row={row} list={list} />
      </span>
      {row.closed && alert.cleared_at
        ? <time class="row-time">{shortTime(parse(alert.cleared_at))}</time>
        : <Age class="row-time" since={alert.raised_at} />}
      <span class="row-note" title={note}>{note}</span>
      <span class={`row-holder${who.open && !row.closed ? " is-open" : ""}`} title={who.text}>{who.text}</span>
    </div>
  );
}

const hiddenNote = (row: AlertRow): string => {
  const words = rowNote(row.alert, rowHead(row.alert));
  return row.alert.suppressed_by.length > 1 ? reasonNames(row.alert) : words;
};

/** The box by which an alert is chosen among others. */
function Box({ id, list }: { id: string; list: RowList }) {
  return (
    <input type="checkbox" class="row-box" tabIndex={-1} checked={list.chosen.has(id)} aria-label={t("bulk.choose")}
      onClick={(event) => event.stopPropagation()} onChange={() => list.choose(id)} />
  );
}

/** How many alerts this one explains, to unfold them. */
function Below({ row, list }: { row: AlertRow; list: RowList }) {
  const { alert, below } = row;
  if (!below.length) return null;
  const open = list.unfolded.has(alert.id);
  const press = (event: MouseEvent): void => {
    event.stopPropagation();
    list.fold(alert.id);
  };
  return (
    <button type="button" class="fold" aria-expanded={open} title={t("list.unfold")} onClick={press}>
      {t("list.root", { sign: open ? "−" : "+", n: below.length })}
    </button>
  );
}

/** Names, shapes and marks of cases, cards and orders. */
import { duration } from "../core/format";
import { t, tOr } from "../core/i18n";
import { store } from "../core/picture";
import { Icon, type ShapeName } from "../core/shapes";
import { parse, serverNow, shortTime } from "../core/time";
import type { CardRecord } from "../records";
import type { CaseRow } from "./data";

const SHAPES: Readonly<Record<string, ShapeName>> = {
  red: "diamond", yellow: "triangle", green: "dot", grey: "hatched", paused: "pause",
};

/** The mark of a light, in its colour and shape, with its word for those who do not see it. */
export function Light({ light }: { light: string }) {
  const word = t(`approvals.light.${light || "none"}`);
  return (
    <span class={`light light-${light || "none"}`} title={word}>
      <Icon shape={SHAPES[light] ?? "ring-dashed"} /><span class="sr-only">{word}</span>
    </span>
  );
}

/** The light that a row shows: a suspended case has the mark of its suspension. */
export const lightOf = (row: Pick<CaseRow, "light" | "flags">): string =>
  row.flags.includes("paused") ? "paused" : row.light;

/** "超 3 日", "今日", "剩 5 日", or "" where nothing is known. */
export function leftText(row: Pick<CaseRow, "left" | "light" | "state" | "unit">): string {
  if (row.state !== "open" && row.state !== "applied") return "";
  if (row.left === null) return "";
  if (row.unit === "office_minutes") return t("approvals.minutes", { n: row.left });
  if (row.left < 0) return t("approvals.over", { n: -row.left });
  // On the days off right after the due day nothing is overdue yet, and still the limit has passed.
  if (row.light === "red") return t("approvals.over.now");
  return row.left === 0 ? t("approvals.today") : t("approvals.left", { n: row.left });
}

/** "11-24" of 2026-11-24. */
export const shortDay = (day: string | null | undefined): string => (day ? day.slice(5) : "");

export const flagName = (flag: string): string => tOr(`approvals.flag.${flag}`, flag);
export const ruleName = (rule: string): string => tOr(`approvals.rule.${rule}`, rule);
export const kindOf = (kind: string): string => tOr(`approvals.kind.${kind}`, kind);
export const stateOfCard = (state: string): string => tOr(`approvals.card.${state}`, state);
export const stateOfOrder = (state: string): string => tOr(`approvals.order.${state}`, state);

/** "黄牌 待发" */
export function CardChip({ card }: { card: Pick<CardRecord, "colour" | "state" | "rule"> }) {
  return (
    <span class={`case-chip card-${card.colour}`} title={ruleName(card.rule)}>
      {t(`approvals.colour.${card.colour}`)} {stateOfCard(card.state)}
    </span>
  );
}

/** "截至 11:40", with hatched ends: the source has told nothing since then. */
export function AsOf({ at }: { at: string | number | null }) {
  return <span class="as-of"><i>{t("approvals.asof", { at: shortTime(parse(at)) })}</i></span>;
}

/** The name of a department, its code where no board has it. */
export function departmentName(code: string): string {
  for (const board of store.all("case_board").values()) if (board.department === code) return board.name;
  return code;
}

/** How long until a limit, or since. */
export function limitText(at: string | null): string {
  const limit = parse(at);
  if (limit === null) return "";
  const left = limit - serverNow();
  return t(left >= 0 ? "approvals.until" : "approvals.since", { at: shortTime(limit), span: duration(Math.abs(left)) });
}

/** Who is on duty now: asked every minute and at each change of shift. */
import { computed, signal } from "@preact/signals";
import { get, ProblemError } from "../core/api";
import { pick, t } from "../core/i18n";
import { everySecond, parse, serverNow } from "../core/time";

const AGAIN = 60_000;

export interface Person {
  id?: string;
  name: string;
  /** The account that the person signs in with, "" for none. */
  account?: string;
}
export interface Shift {
  shift: string;
  name?: Record<string, string>;
  starts?: string;
  ends: string;
  officers?: Person[];
  leader?: Person | null;
}
export interface Roster {
  now: Shift | null;
  next?: Shift | null;
  persons?: Person[];
  rev: number;
  [more: string]: unknown;
}

/** The last answer; null while there is none or it may not be seen. */
export const roster = signal<Roster | null>(null);
let askedAt = 0;

function due(): boolean {
  const ends = parse(roster.peek()?.now?.ends);
  const over = ends !== null && serverNow() > ends + 1000;
  return Date.now() - askedAt > (over ? 5000 : AGAIN);
}

export async function askDuty(): Promise<void> {
  askedAt = Date.now();
  try {
    roster.value = await get<Roster>("/api/v1/roster");
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if ([403, 404].includes(error.status)) roster.value = null;
  }
}

export function followDuty(): void {
  void askDuty();
  everySecond(() => void (due() && askDuty()));
}

const nameByAccount = computed(() => new Map((roster.value?.persons ?? [])
  .flatMap(({ id, account, name }) => [[id, name], [account, name]] as const).filter(([key]) => key)));

/** The name of a person by account or id, as the roster has it; the script of an exercise; any other word as it is. */
export const personName = (account: string): string =>
  account.startsWith("exercise/") ? t("log.actor.exercise") : nameByAccount.value.get(account) ?? account;

/** "白班 张三、李四", for lists. */
export function shiftText(shift: Shift | null | undefined): string {
  if (!shift) return t("duty.nobody");
  const names = (shift.officers ?? []).map((person) => person.name || person.id).join(t("list.and"));
  const leader = shift.leader ? `${t("duty.leader")} ${shift.leader.name || shift.leader.id}` : "";
  return [pick(shift.name) || shift.shift, names, leader].filter(Boolean).join(" · ");
}

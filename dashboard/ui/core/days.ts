/** Days of a calendar as texts, 2026-11-22: no zone, no clock. */
const DAY = 86_400_000;
const utc = (date: string): number => Date.parse(`${date}T00:00:00Z`);
const text = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export const addDays = (date: string, days: number): string => text(utc(date) + days * DAY);

/** 1 is Monday, as in ISO 8601. */
export const weekdayOf = (date: string): number => ((new Date(utc(date)).getUTCDay() + 6) % 7) + 1;

export const daysFrom = (first: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => addDays(first, at));

/** The Monday of the week of a date. */
export const mondayOf = (date: string): string => addDays(date, 1 - weekdayOf(date));

/** The days that a month's calendar shows: whole weeks from Monday to Sunday. */
export function monthDays(month: string): string[] {
  const days: string[] = [];
  let date = mondayOf(`${month}-01`);
  while (date.slice(0, 7) <= month || weekdayOf(date) !== 1) {
    days.push(date);
    date = addDays(date, 1);
  }
  return days;
}

/** 2026-11 and so many months. */
export function addMonths(month: string, by: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return text(Date.UTC(year, number - 1 + by, 1)).slice(0, 7);
}

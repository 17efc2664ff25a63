// Who is meant to be on duty on a day, from the roster's own content: the dated assignment, else the pattern. Pure.

const DAY = 86400000;
const utc = (text) => Date.parse(`${text}T00:00:00Z`);

/** "2026-11-22" plus so many days. */
export const addDays = (text, days) => new Date(utc(text) + days * DAY).toISOString().slice(0, 10);

/** 1 is Monday, as in ISO 8601. */
export const weekdayOf = (text) => ((new Date(utc(text)).getUTCDay() + 6) % 7) + 1;

/** The days of the month's calendar, from the Monday before its first to the Sunday after its last. */
export function monthDays(month) {
  const first = `${month}-01`;
  const start = addDays(first, 1 - weekdayOf(first));
  const days = [];
  for (let day = start; day.slice(0, 7) <= month || weekdayOf(day) !== 1; day = addDays(day, 1)) days.push(day);
  return days;
}

/** {officers, leader, dated} for a shift on a day, or null; teams take turns each day, or each week from its Monday. */
export function teamOf(roster, date, shift) {
  const dated = (roster.assignments ?? []).find((one) => one.date === date && one.shift === shift);
  if (dated) return { officers: dated.officers, leader: dated.leader, dated: true };
  // The last pattern that holds on that day counts, so that a new one is put below the old.
  for (const pattern of [...(roster.patterns ?? [])].reverse()) {
    const within = pattern.first <= date && (!pattern.last || date <= pattern.last);
    const today = !pattern.days?.length || pattern.days.includes(weekdayOf(date));
    if (!within || !today || pattern.shift !== shift || !pattern.teams?.length) continue;
    let passed = Math.round((utc(date) - utc(pattern.first)) / DAY);
    if (pattern.every === "week") passed = Math.floor((passed + weekdayOf(pattern.first) - 1) / 7);
    return { ...pattern.teams[passed % pattern.teams.length], dated: false };
  }
  return null;
}

/** The same after substitutes: officers as [{id, instead}], the leader too. */
export function dutyOf(roster, date, shift) {
  const team = teamOf(roster, date, shift);
  if (!team) return null;
  const swap = (id) => {
    const found = (roster.substitutes ?? []).filter((one) => one.date === date && one.shift === shift && one.person === id).at(-1);
    return found ? { id: found.substitute, instead: id } : { id, instead: "" };
  };
  return { officers: (team.officers ?? []).map(swap), leader: team.leader ? swap(team.leader) : null, dated: team.dated };
}

/** True when the person is on leave that day. */
export const onLeave = (roster, id, date) => (roster.leave ?? []).some((one) => one.person === id && one.first <= date && date <= one.last);

/** What PUT /roster wants: the content alone. */
export const content = (roster) => Object.fromEntries(["persons", "shifts", "patterns", "assignments", "substitutes", "leave"].map((name) => [name, roster[name] ?? []]));

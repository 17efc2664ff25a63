/** A record without some of its fields. */
export function omit<T extends object, K extends keyof T>(record: T, names: readonly K[]): Omit<T, K> {
  const left = Object.entries(record).filter(([name]) => !(names as readonly PropertyKey[]).includes(name));
  return Object.fromEntries(left) as Omit<T, K>;
}

/** Receivers as the server gives and takes them. */
import type { Entry, EntryList } from "./scope";

export const PATH = "/api/v1/receivers";

export interface Receiver extends Entry {
  kind: string;
  url: string;
  language: string;
  rate: string;
  reserve: number;
  to: string;
  direct: boolean;
  personal: boolean;
  sms: unknown;
  templates?: Record<"subject" | "text", Record<string, string>>;
  waiting: number;
  oldest_at?: string | null;
  last_sent_at: string | null;
  last_error: string;
}
export type Receivers = EntryList<Receiver>;

/** What the server adds to a receiver; a change does not send it back. */
const OWN = new Set(["origin", "readonly", "kind", "personal", "waiting", "oldest_at", "last_sent_at", "last_error"]);

/** The receivers that were made here, as a change sends them. */
export function writable(answer: Receivers): (Partial<Receiver> & { id: string })[] {
  return answer.items.filter((receiver) => !receiver.readonly).map((receiver) => {
    return { id: receiver.id, ...Object.fromEntries(Object.entries(receiver).filter(([name]) => !OWN.has(name))) };
  });
}

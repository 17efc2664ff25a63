/** What a device's catalog proposes for the inventory: chosen and accepted change by change. */
import { useState } from "preact/hooks";
import { ProblemError, send } from "../core/api";
import { pick, t } from "../core/i18n";
import { joined } from "../core/names";

export interface Change {
  kind: string;
  id: string;
  asset: string;
  name: string;
  before: string;
  after: string;
}

interface Accepted {
  accepted: unknown[];
  left: unknown[];
  applied: boolean;
  held: { accept: string; lists: { message: Record<string, string> }[] } | null;
}

interface Proposing {
  changes: Change[];
  changes_total: number;
  may_accept: boolean;
}

interface Props {
  device: Proposing;
  id: string;
  again: () => void;
}

export const path = (id: string): string => `/api/v1/video/devices/${encodeURIComponent(id)}`;

/** What stands for a channel that only the inventory or only the catalog has. */
const WORDS: Readonly<Record<string, readonly [string, string]>> = {
  new: ["video.change.unlisted", "video.change.shown"], gone: ["video.change.in", "video.change.out"],
};
const key = (change: Change): string => `${change.kind} ${change.id} ${change.after}`;

export function CatalogChanges({ device, id, again }: Props) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { accept, busy, held, outcome, forget } = useAccept(id, again);
  const selected = device.changes.filter((change) => chosen.has(key(change)));
  const choose = (changes: Change[], on: boolean): void => {
    const next = new Set(chosen);
    for (const change of changes) {
      if (on) next.add(key(change));
      else next.delete(key(change));
    }
    setChosen(next);
    forget();
  };
  return (
    <section class="recorder-changes" data-changes={device.changes_total}>
      <h2>{t("video.changes", { n: device.changes_total })}</h2>
      {device.changes.length === 0 ? <p class="quiet">{t("video.changes.none")}</p> : (
        <ChangeTable device={device} chosen={chosen} choose={choose} />
      )}
      <p class="check-now">
        {device.may_accept && device.changes.length ? (
          <button type="button" class="primary" data-accept="" disabled={busy || selected.length === 0}
            onClick={() => void accept(selected)}>
            {t(held ? "video.changes.accept.held" : "video.changes.accept", { n: selected.length })}
          </button>
        ) : null}
        <span role="status" class="quiet">{outcome}</span>
      </p>
    </section>
  );
}

interface Accepting {
  accept: (selected: Change[]) => Promise<void>;
  busy: boolean;
  /** The digest of a removal that waits for a second yes, or "". */
  held: string;
  outcome: string;
  forget: () => void;
}

function useAccept(id: string, again: () => void): Accepting {
  const [outcome, setOutcome] = useState("");
  const [held, setHeld] = useState("");
  const [busy, setBusy] = useState(false);
  const accept = async (selected: Change[]): Promise<void> => {
    setBusy(true);
    try {
      const changes = selected.map((change) => ({ kind: change.kind, id: change.id }));
      const done = await send<Accepted>("POST", `${path(id)}/accept`, { changes, accept: held });
      const words = { n: done.accepted.length, left: done.left.length };
      setHeld(done.held?.accept ?? "");
      setOutcome(done.held ? joined([t("video.changes.held"), ...done.held.lists.map((list) => pick(list.message))])
        : t(done.left.length ? "video.changes.some" : "video.changes.done", words));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setOutcome(error.message);
    }
    setBusy(false);
    again();
  };
  return { accept, busy, held, outcome, forget: () => setHeld("") };
}

interface TableProps {
  device: Proposing;
  chosen: ReadonlySet<string>;
  choose: (changes: Change[], on: boolean) => void;
}

function ChangeTable({ device, chosen, choose }: TableProps) {
  const { changes, may_accept: may } = device;
  const all = changes.every((change) => chosen.has(key(change)));
  return (
    <table>
      <thead>
        <tr>
          <th>{may ? <Box label={t("video.changes.all")} on={all} set={(on) => choose(changes, on)} /> : null}</th>
          <th>{t("video.change")}</th><th>{t("video.change.channel")}</th>
          <th>{t("video.change.before")}</th><th>{t("video.change.after")}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={key(change)} class={`change-${change.kind}`}>
            <td>
              {may ? <Box label={change.name || change.id} on={chosen.has(key(change))}
                set={(on) => choose([change], on)} /> : null}
            </td>
            <th>{t(`video.change.${change.kind}`)}</th>
            <td>{change.name || change.id}<small class="quiet mono">{change.id}</small></td>
            <td>{WORDS[change.kind] ? t(WORDS[change.kind]![0]) : change.before}</td>
            <td>{WORDS[change.kind] ? t(WORDS[change.kind]![1]) : change.after}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface BoxProps {
  label: string;
  on: boolean;
  set: (on: boolean) => void;
}

function Box({ label, on, set }: BoxProps) {
  return (
    <input type="checkbox" aria-label={label} checked={on} onChange={(event) => set(event.currentTarget.checked)} />
  );
}

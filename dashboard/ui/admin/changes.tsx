/** What was changed in the roster, the receivers or the escalations, by whom, and the way back. */
import { useEffect, useState } from "preact/hooks";
import { get, send } from "../core/api";
import { t } from "../core/i18n";
import { parse, stamp } from "../core/time";
import { acceptingRemoval, Message, useAct } from "../forms/act";
import { openSheet } from "../forms/sheet";

/** One field of a document before and after. */
interface FieldChange {
  path: string;
  before: unknown;
  after: unknown;
}
interface Version {
  rev: number;
  at: string | null;
  by: string;
  name: string;
  comment: string;
  changes?: FieldChange[];
}

interface Props {
  /** The document: /api/v1/<name>. */
  name: string;
  /** Whether this person may take a change back. */
  may: boolean;
  /** Shows the answer of an undo on the page. */
  undone: (answer: unknown) => void;
}

const MOST = 12;

export function openChanges(props: Props): void {
  openSheet(() => t("changes.title"), () => <Changes {...props} />, { wide: true });
}

function Changes({ name, may, undone }: Props) {
  const [versions, setVersions] = useState<Version[] | null>(null);
  const act = useAct();
  const ask = async (): Promise<void> => {
    const answer = await act.run(() => get<{ items: Version[] }>(`/api/v1/${name}/history?limit=100`));
    if (answer) setVersions(answer.items);
  };
  useEffect(() => void ask(), [name]);
  const present = Math.max(0, ...(versions ?? []).map((version) => version.rev));
  const undo = async (): Promise<void> => {
    const path = `/api/v1/${name}:undo`;
    const answer = await act.run(() => acceptingRemoval((accept) => send("POST", path, { rev: present, ...accept })));
    if (answer === undefined) return;
    undone(answer);
    await ask();
    act.say("done", t("rules.undone"));
  };
  return (
    <div class="form">
      <Message said={act.said} />
      <ol class="changes">
        {versions?.map((version) => (
          <li key={version.rev}>
            <Moment at={version.at} />
            <div>
              <strong>{t(`changes.${version.name}`)}</strong> {version.by} <small>#{version.rev}</small>
              {version.comment ? <p class="quiet">{version.comment}</p> : null}
              {(version.changes ?? []).slice(0, MOST).map((change) => <Difference key={change.path} {...change} />)}
            </div>
            {may && version.rev > 1 && version.rev === present ? (
              <button type="button" class="chip" data-act="undo" disabled={act.busy} onClick={() => void undo()}>
                {t("rules.undo")}
              </button>
            ) : null}
          </li>
        ))}
        {versions && !versions.length ? <li class="quiet">{t("rules.nohistory")}</li> : null}
      </ol>
    </div>
  );
}

export function Moment({ at }: { at: string | null }) {
  const time = parse(at);
  return <time>{time === null ? "—" : stamp(time)}</time>;
}

/** What a field was and what it is. */
export function Difference({ path, before, after }: FieldChange) {
  return (
    <p class="mono change">
      {path}: <del>{spell(before)}</del> → <ins>{spell(after)}</ins>
    </p>
  );
}

function spell(value: unknown): string {
  if (value === null || value === undefined) return "—";
  return typeof value === "string" ? value : JSON.stringify(value);
}

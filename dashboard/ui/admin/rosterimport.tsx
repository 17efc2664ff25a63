/** A spreadsheet of the office as CSV: first looked at, then kept. */
import { useState } from "preact/hooks";
import { raw } from "../core/api";
import { pick, t } from "../core/i18n";
import { Form } from "../forms/form";
import { Message, useAct } from "../forms/act";
import { openSheet } from "../forms/sheet";
import { PATH, refreshRoster, type RosterDocument, type RosterView } from "./rosterbook";

const SHOWN = 20;

export function openImport(view: RosterView): void {
  openSheet(() => t("roster.import"), (close) => <Import view={view} close={close} />, { wide: true });
}

const post = (view: RosterView, text: string, dry: boolean): Promise<RosterDocument> =>
  raw<RosterDocument>("POST", `${PATH}:import?rev=${view.answer?.rev ?? 0}&dry_run=${dry}`, text, "text/csv");

function Import({ view, close }: { view: RosterView; close: () => void }) {
  const [tried, setTried] = useState<RosterDocument | null>(null);
  const act = useAct();
  const attempt = async (text: string): Promise<void> => {
    const answer = await act.run(() => post(view, text, true));
    setTried(answer ?? null);
  };
  const finish = (): void => {
    close();
    void refreshRoster(view);
  };
  const said = (
    <div data-import-said="">
      <Message said={act.said} />
      {tried ? <Outcome tried={tried} view={view} /> : null}
    </div>
  );
  return (
    <Form initial={{ csv: "" }} label={t("roster.import.keep")} done={finish}
      save={(values) => post(view, values.csv as string, false)}
      parts={[
        { words: <p class="quiet">{t("roster.import.note")}</p> },
        {
          name: "csv", label: t("roster.import.text"),
          draw: (value, set) => <Text text={value as string} set={set} attempt={(text) => void attempt(text)} />,
        },
        { words: said },
      ]} />
  );
}

interface TextProps {
  text: string;
  set: (text: string) => void;
  attempt: (text: string) => void;
}

function Text({ text, set, attempt }: TextProps) {
  const read = async (file: File | undefined): Promise<void> => {
    if (file) set(await file.text());
  };
  return (
    <>
      <input type="file" accept=".csv,text/csv" aria-label={t("roster.import.file")}
        onChange={(event) => void read(event.currentTarget.files?.[0])} />
      <textarea name="csv" class="mono" rows={10} required spellcheck={false} aria-label={t("roster.import.text")}
        placeholder="date,shift,officer1,officer2,leader" value={text}
        onInput={(event) => set(event.currentTarget.value)} />
      <div class="actions">
        <button type="button" class="chip" data-try="" onClick={() => attempt(text)}>{t("roster.import.try")}</button>
      </div>
    </>
  );
}

/** What the roster would become: how many days are new, and what would be wrong. */
function Outcome({ tried, view }: { tried: RosterDocument; view: RosterView }) {
  const more = Math.max(0, tried.assignments.length - (view.answer?.assignments.length ?? 0));
  return (
    <>
      <p>{t("roster.import.would", { n: more, faults: tried.findings.length })}</p>
      <ul class="faults">
        {tried.findings.slice(0, SHOWN).map((finding, at) => (
          <li key={at}><b>{finding.date}</b> {pick(finding.message)}</li>
        ))}
      </ul>
    </>
  );
}

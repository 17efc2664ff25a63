/** The record of a camera (一机一档): its fields on the camera's page; export, import and completeness beside the tree. */
import { useEffect, useState } from "preact/hooks";
import { get, ProblemError, raw } from "../core/api";
import { count, percent } from "../core/format";
import { pick, t } from "../core/i18n";
import { joined } from "../core/names";
import { me, mayDo } from "../core/site";

const PATH = "/api/v1/video";

interface Field {
  name: string;
  title: Record<string, string>;
  required: boolean;
  value: string;
  hidden: boolean;
  fault: "missing" | "invalid" | null;
}

interface Archive {
  complete: boolean;
  fields: Field[];
}

interface Figure {
  good: number;
  of: number;
  value: number | null;
}

interface Preview {
  cameras: number;
  changes: { asset: string; field: string; before: string; after: string }[];
  changes_total: number;
  refusals: { line: number; why: string; field: string; value: string }[];
  refusals_total: number;
  ignored: string[];
}

interface Imported {
  changed: string[];
  left: string[];
  held: { accept: string } | null;
}

/** What `path` answers, null until then and where it cannot be had. Another server's answer may lack everything. */
function useAnswer<T>(path: string, turn = 0): Partial<T> | null {
  const [answer, setAnswer] = useState<Partial<T> | null>(null);
  useEffect(() => {
    const aborter = new AbortController();
    get<Partial<T>>(path, aborter.signal).then(setAnswer, (error: unknown) => {
      if (!aborter.signal.aborted && !(error instanceof ProblemError)) throw error;
    });
    return () => aborter.abort();
  }, [path, turn]);
  return answer;
}

export function CameraArchive({ id }: { id: string }) {
  const archive = useAnswer<Archive>(`${PATH}/cameras/${encodeURIComponent(id)}/archive`);
  if (!archive?.fields) return null;
  const faults = archive.fields.filter((field) => field.fault).length;
  return (
    <section class="camera-archive">
      <h2>
        {t("video.archive")}
        <span class="quiet">{faults ? t("video.archive.faults", { n: faults }) : t("video.archive.complete")}</span>
      </h2>
      <dl class="facts">
        {archive.fields.filter((field) => field.value || field.hidden || field.fault).map((field) => (
          <div key={field.name} class={field.fault ? "is-bad" : ""}>
            <dt>{pick(field.title)}</dt>
            <dd>
              {field.hidden ? t("video.archive.hidden") : field.value}
              {field.fault ? <em>{t(`video.archive.${field.fault}`)}</em> : null}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Completeness of all records, the table as a file, and a file read back by an administrator of the whole site. */
export function ArchiveTools() {
  const [turn, setTurn] = useState(0);
  const figures = useAnswer<{ all: { archive: Figure } }>(`${PATH}/figures`, turn);
  const figure = figures?.all?.archive;
  const file = (format: string): string => `${PATH}/archive?format=${format}`;
  return (
    <footer class="video-archive">
      <p>
        <span>{t("video.archive.figure")}</span> <b>{percent(figure?.value ?? null, 1)}</b>{" "}
        <small class="quiet">{figure ? `${count(figure.good)} / ${count(figure.of)}` : ""}</small>
      </p>
      <p>
        <a class="chip" href={file("xlsx")} download="">{t("video.archive.export")}</a>
        <a class="chip" href={file("csv")} download="">CSV</a>
      </p>
      {mayDo("administer") && !me.value.region ? <Import done={() => setTurn((n) => n + 1)} /> : null}
    </footer>
  );
}

function Import({ done }: { done: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [held, setHeld] = useState("");
  const [said, setSaid] = useState("");
  const ask = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setSaid(error.message);
    }
  };
  const choose = (chosen: File | null): Promise<void> => ask(async () => {
    setFile(chosen);
    setPreview(null);
    setSaid("");
    if (chosen) setPreview(await raw<Preview>("POST", `${PATH}/archive:preview`, chosen, chosen.type || BYTES));
  });
  const take = (): Promise<void> => ask(async () => {
    const address = `${PATH}/archive:import?accept=${encodeURIComponent(held)}`;
    const outcome = await raw<Imported>("POST", address, file!, file!.type || BYTES);
    setHeld(outcome.held?.accept ?? "");
    setSaid(t(outcome.held ? "video.changes.held" : "video.archive.done",
      { n: outcome.changed.length, left: outcome.left.length }));
    if (outcome.held) return;
    setPreview(null);
    done();
  });
  return (
    <div class="archive-import">
      <label class="chip">
        {t("video.archive.import")}
        <input type="file" accept=".xlsx,.csv" class="sr-only"
          onChange={(event) => void choose(event.currentTarget.files?.[0] ?? null)} />
      </label>
      {preview ? <Difference preview={preview} /> : null}
      {preview?.changes_total ? (
        <button type="button" class="primary" onClick={() => void take()}>
          {t("video.archive.take", { n: preview.changes_total })}
        </button>
      ) : null}
      <p role="status" class="quiet">{said}</p>
    </div>
  );
}

const BYTES = "application/octet-stream";
const LISTED = 20;

function Difference({ preview }: { preview: Preview }) {
  const { changes, refusals, ignored } = preview;
  return (
    <div class="archive-difference">
      <p>{t("video.archive.preview", {
        n: preview.cameras, changes: preview.changes_total, refusals: preview.refusals_total,
      })}</p>
      <ol>
        {changes.slice(0, LISTED).map((change) => (
          <li key={`${change.asset} ${change.field}`}>
            {change.asset} <span class="quiet">{change.field}</span> {change.before || "—"} → <b>{change.after}</b>
          </li>
        ))}
        {refusals.slice(0, LISTED).map((refusal) => (
          <li key={`${refusal.line} ${refusal.field}`} class="is-bad">
            {joined([t("video.archive.line", { n: refusal.line }), t(`video.archive.why.${refusal.why}`), refusal.field,
              refusal.value])}
          </li>
        ))}
      </ol>
      {ignored.length ? <p class="quiet">{t("video.archive.ignored", { names: joined(ignored) })}</p> : null}
    </div>
  );
}

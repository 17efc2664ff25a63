/** The settings in force, what is wrong with the files as they stand, and the button that applies them. */
import { send } from "../core/api";
import { pick, t, tOr, type ByLanguage } from "../core/i18n";
import { parse, stamp } from "../core/time";
import type { HeldRemoval } from "../forms/act";
import { AdminFrame, useAdminView, type AdminView } from "./view";

interface SettingsFinding {
  file: string;
  line: number;
  key: string;
  value: string;
  error: boolean;
  message: ByLanguage;
  mend: ByLanguage;
}
interface Settings {
  file: string;
  applied_at: string | null;
  findings?: SettingsFinding[];
  applied?: { section: string; values: Record<string, unknown> }[];
  held?: HeldRemoval | null;
}
interface ProcessState {
  role: string;
  host: string;
  pid: number;
  state: string;
  trouble: string;
}
interface Reloaded {
  applied: boolean;
  processes: ProcessState[];
  missing: string[];
  left_out_total: number;
  restart: string[];
  held?: HeldRemoval | null;
}

export default function SettingsView() {
  const view = useAdminView<Settings>("/api/v1/settings");
  const head = (
    <>
      <button type="button" class="chip" data-check="" onClick={() => void view.ask()}>{t("settings.check")}</button>
      {view.mayWhole ? (
        <button type="button" class="primary" data-reload="" disabled={view.act.busy} onClick={() => void reload(view)}>
          {t("settings.reload")}
        </button>
      ) : null}
    </>
  );
  return (
    <AdminFrame view={view} name="settings" note={t("settings.note")} head={head}>
      {(answer) => <Body answer={answer} view={view} />}
    </AdminFrame>
  );
}

/** Applies the files; `accept` is the digest of a removal that the person has seen and wants. */
async function reload(view: AdminView<Settings>, accept = ""): Promise<void> {
  const path = `/api/v1/reload${accept ? `?accept=${encodeURIComponent(accept)}` : ""}`;
  const asked = view.act.run(() => send<Reloaded>("POST", path));
  view.act.say("pending", t("settings.reloading"));
  const answer = await asked;
  if (answer) view.act.say(answer.applied ? "done" : "error", outcome(answer).join("\n"));
  await view.ask();
}

/** What became of it: how far it came, who did not go along, and what of the files was left out. */
function outcome({ applied, processes, missing, left_out_total: left, restart, held }: Reloaded): string[] {
  if (held) return [t("settings.held"), ...held.lists.map((list) => pick(list.message))];
  const others = processes.filter((process) => process.state !== "applied");
  const roleName = (role: string): string => tOr(`role.${role}`, role);
  return [
    t(applied ? "settings.applied.all" : "settings.applied.partly", { n: processes.length - others.length }),
    ...others.map(({ state, role, host, pid, trouble }) =>
      t(`settings.process.${state}`, { role: roleName(role), host, pid, why: trouble })),
    missing.length ? t("settings.missing", { roles: missing.map(roleName).join(t("list.and")) }) : "",
    left ? t("settings.left", { n: left }) : "",
    restart.length ? t("settings.waits", { sections: restart.map((name) => `[${name}]`).join(" ") }) : "",
  ].filter(Boolean);
}

function Body({ answer, view }: { answer: Settings; view: AdminView<Settings> }) {
  const { findings = [], applied = [], held } = answer;
  const at = parse(answer.applied_at);
  return (
    <>
      {held ? <Held held={held} view={view} /> : null}
      <h2>{t("settings.findings", { n: findings.length })}</h2>
      {findings.length ? (
        <ul class="faults" data-findings="">
          {findings.map((finding, index) => <FindingLine key={index} finding={finding} />)}
        </ul>
      ) : <p class="quiet pad">{t("settings.sound")}</p>}
      <h2>{t("settings.applied", { file: answer.file, at: at === null ? "—" : stamp(at) })}</h2>
      <dl class="applied">
        {applied.map(({ section, values }) => (
          <>
            <dt key={section}>
              <code>[{section}]</code>
              <small class="block">{tOr(`settings.section.${section}`, "")}</small>
            </dt>
            <dd>
              {Object.entries(values).map(([key, value]) => (
                <p key={key}><span class="quiet">{key}</span> {spell(value)}</p>
              ))}
            </dd>
          </>
        ))}
      </dl>
      <p class="quiet pad">{t("settings.restart")}</p>
    </>
  );
}

function FindingLine({ finding }: { finding: SettingsFinding }) {
  const place = [finding.file.split("/").pop(), finding.line || ""].filter(Boolean).join(":");
  return (
    <li class={finding.error ? "is-open" : ""}>
      <b class="mono">{place}</b> {finding.key} {finding.value ? <code>{finding.value}</code> : null}
      <p>{pick(finding.message)}</p>
      <p class="quiet">{pick(finding.mend)}</p>
    </li>
  );
}

/** A change that would remove too much: what it removes, and the button that accepts it. */
function Held({ held, view }: { held: HeldRemoval; view: AdminView<Settings> }) {
  return (
    <>
      <h2>{t("settings.held")}</h2>
      <ul class="faults" data-held="">
        {held.lists.map((list, index) => <li key={index} class="is-open">{pick(list.message)}</li>)}
      </ul>
      {view.mayWhole ? (
        <p class="pad">
          <button type="button" class="chip" data-accept={held.accept} onClick={() => void reload(view, held.accept)}>
            {t("settings.accept")}
          </button>
        </p>
      ) : null}
    </>
  );
}

/** A value of the settings in words. Maps are of lengths of time, in seconds. */
function spell(value: unknown): string {
  if (Array.isArray(value)) return value.join(t("list.and")) || "—";
  if (value && typeof value === "object") {
    const parts = Object.entries(value as Record<string, number>).map(([key, seconds]) => `${key} ${seconds} s`);
    return parts.join(t("list.and")) || "—";
  }
  if (value === null || value === undefined || value === "") return "—";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The actions that are possible on a card or an order; the server decides, and says why not. */
import { useState } from "preact/hooks";
import { ProblemError, send } from "../core/api";
import { t } from "../core/i18n";
import { mayAct, mayDo } from "../core/site";
import type { CardRecord } from "../records";
import { askAgain } from "./data";
import { fieldText } from "./form";

type Choice = CardRecord["choices"][number];

interface Props {
  kind: "card" | "order";
  id: string;
  rev: number;
  choices: readonly Choice[];
  region: string;
}

/** Only who may act sees the buttons; those of supervisors need that right. */
export const mayChoose = (choice: Choice, region: string): boolean =>
  mayAct(region) && (choice.by === "department" || mayDo("supervise"));

export function TaskButtons({ kind, id, rev, choices, region }: Props) {
  const [chosen, setChosen] = useState<Choice | null>(null);
  const open = choices.filter((choice) => mayChoose(choice, region));
  if (chosen && choices.some((choice) => choice.action === chosen.action)) {
    return <ActionForm kind={kind} id={id} rev={rev} choice={chosen} done={() => setChosen(null)} />;
  }
  if (!open.length) return null;
  return (
    <span class="task-buttons">
      {open.map((choice) => (
        <button key={choice.action} type="button" class="chip" data-action={choice.action}
          onClick={() => setChosen(choice)}>
          {t(`approvals.act.${choice.action}`)}
        </button>
      ))}
    </span>
  );
}

interface FormProps {
  kind: "card" | "order";
  id: string;
  rev: number;
  choice: Choice;
  done: () => void;
}

function ActionForm({ kind, id, rev, choice, done }: FormProps) {
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const reason = fieldText(event, "reason");
    const body = { action: choice.action, rev, reason, days: Number(fieldText(event, "days")) };
    setBusy(true);
    try {
      if (kind === "card") await send("POST", "/api/v1/approvals/cards:act", { id, ...body });
      else await send("POST", `/api/v1/approvals/orders/${encodeURIComponent(id)}/act`, body);
      askAgain();
      done();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setFailed(error.message);
      setBusy(false);
    }
  };
  return (
    <form class="task-form" onSubmit={(event) => void submit(event)}>
      <label>
        <span class="quiet">{t(`approvals.act.${choice.action}`)}{choice.reason ? t("approvals.act.reason") : ""}</span>
        <textarea name="reason" rows={2} maxLength={2000} required={choice.reason} autoFocus />
      </label>
      {choice.days ? (
        <label><span class="quiet">{t("approvals.act.days")}</span>
          <input name="days" type="number" min={1} max={choice.days} defaultValue={String(choice.days)} /></label>
      ) : null}
      <span class="task-buttons">
        <button class="primary" disabled={busy}>{t(`approvals.act.${choice.action}`)}</button>
        <button type="button" class="chip" onClick={done}>{t("approvals.cancel")}</button>
      </span>
      {failed ? <p role="alert" class="is-open">{failed}</p> : null}
    </form>
  );
}

/** Search for the cases of an applicant: by a whole value, with a reason. What was searched for is nowhere kept. */
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { ProblemError, send } from "../core/api";
import { t } from "../core/i18n";
import { mayDo } from "../core/site";
import { Row } from "./cases";
import type { CaseRow } from "./data";
import { fieldText } from "./form";

/** True while the search is open. */
export const finder = signal(false);
const FIELDS = ["name", "id", "phone"] as const;

interface Found {
  items: CaseRow[];
  total: number;
  looks_today: number;
}

export function PersonFinder() {
  const [found, setFound] = useState<Found | null>(null);
  const [failed, setFailed] = useState("");
  if (!finder.value || !mayDo("unmask")) return null;
  const find = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const body = Object.fromEntries(["field", "value", "reason"].map((name) => [name, fieldText(event, name)]));
    setFailed("");
    try {
      setFound(await send<Found>("POST", "/api/v1/approvals/cases:search-person", body));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setFailed(error.message);
    }
  };
  return (
    <section class="panel case-person" data-part="person">
      <form onSubmit={(event) => void find(event)} autocomplete="off">
        <select name="field" aria-label={t("approvals.person")}>
          {FIELDS.map((field) => <option key={field} value={field}>{t(`approvals.person.${field}`)}</option>)}
        </select>
        <input name="value" required minLength={2} maxLength={200} placeholder={t("approvals.person.value")}
          aria-label={t("approvals.person.value")} autocomplete="off" />
        <input name="reason" required minLength={2} maxLength={500} placeholder={t("approvals.unmask.reason")}
          aria-label={t("approvals.unmask.reason")} autocomplete="off" />
        <button class="primary">{t("approvals.person")}</button>
        <span class="quiet" role="status">
          {failed || (found ? t("approvals.person.found", { n: found.total, looks: found.looks_today }) : "")}
        </span>
      </form>
      <ul class="case-rows">{found?.items.map((row) => <Row key={row.key} row={row} card={undefined} />)}</ul>
    </section>
  );
}

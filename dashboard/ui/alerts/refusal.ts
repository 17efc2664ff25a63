/** Why the server would not do something, in the page's language. */
import type { ProblemError } from "../core/api";
import { t } from "../core/i18n";

const KNOWN: Readonly<Record<number, string>> = {
  0: "ack.error.lost", 401: "ack.error.signedout", 403: "suppress.forbidden", 404: "ack.error.gone",
  409: "suppress.changed", 429: "ack.error.busy", 503: "ack.error.busy", 504: "suppress.unanswered",
};

export function refusal(error: ProblemError): string {
  const key = KNOWN[error.status];
  return key ? t(key) : `${t("suppress.refused")} ${error.message}`;
}

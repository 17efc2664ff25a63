/** Running ages: only the age is drawn again each second, not what it stands in. */
import { ago, duration, span } from "./format";
import { t } from "./i18n";
import { now, parse, serverNow } from "./time";

const FORMS = { duration, ago, span };

interface Props {
  /** When it began: RFC 3339 or ms. Null draws nothing. */
  since: string | number | null | undefined;
  /** "duration" (2:14), "ago" (12 秒前) or "span" (12 分). */
  form?: keyof typeof FORMS;
  /** A text with {span} around it. */
  text?: string;
  class?: string | undefined;
}

export function Age({ since, form = "duration", text, class: name }: Props) {
  void now();
  const at = typeof since === "number" ? since : parse(since);
  if (at === null) return null;
  const age = FORMS[form](serverNow() - at);
  return <time class={name}>{text ? t(text, { span: age }) : age}</time>;
}

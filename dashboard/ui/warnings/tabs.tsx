/** The head of the pages of emergencies: warnings, receipts with how many nobody has answered, incidents. */
import { openReceipts, warnings } from "../alerts/summary";
import { count } from "../core/format";
import { t } from "../core/i18n";

const TABS = [
  { name: "warnings", href: "/warnings" },
  { name: "receipts", href: "/receipts" },
  { name: "incidents", href: "/incidents" },
  { name: "resources", href: "/resources" },
  { name: "plans", href: "/plans" },
  { name: "briefs", href: "/briefs" },
  { name: "messages", href: "/messages" },
  { name: "exercises", href: "/exercises" },
  { name: "policies", href: "/report-policies" },
] as const;

export function EmergencyTabs({ here }: { here: (typeof TABS)[number]["name"] }) {
  const { real, late } = openReceipts.value;
  const counts = { warnings: warnings.value.real.length, receipts: real.length };
  const badge: Readonly<Record<string, number>> = counts;
  return (
    <header class="list-top emergency-tabs">
      <h1 class="sr-only">{t(`${here}.list`)}</h1>
      <nav class="tabs">
        {TABS.map(({ name, href }) => (
          <a key={name} class="chip" href={href} data-inside="" data-tab={name}
            aria-current={name === here ? "page" : undefined}>
            {t(`nav.${name}`)} {badge[name] === undefined ? null : <b>{count(badge[name])}</b>}
          </a>
        ))}
      </nav>
      {late ? <a class="receipts-late" href="/receipts" data-inside="">{t("receipts.late", { n: count(late) })}</a>
        : null}
    </header>
  );
}

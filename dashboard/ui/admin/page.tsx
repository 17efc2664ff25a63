/** Administration: a tab each for the roster, receivers, escalations, rules, accounts, tokens, settings, documents. */
import type { ComponentType } from "preact";
import { t } from "../core/i18n";
import { mayDo } from "../core/site";
import { Views } from "../core/views";
import AccountsView from "./accounts";
import DocumentsView from "./documents";
import EscalationsView from "./escalations";
import ReceiversView from "./receivers";
import RosterView from "./roster";
import RulesView from "./rules";
import SettingsView from "./settings";
import TokensView from "./tokens";

const VIEWS: Readonly<Record<string, ComponentType>> = {
  roster: RosterView, receivers: ReceiversView, escalations: EscalationsView, rules: RulesView,
  accounts: AccountsView, tokens: TokensView, settings: SettingsView, documents: DocumentsView,
};

/** Views that the security administrator has; all others are the system administrator's. */
const OF_ACCOUNTS: readonly string[] = ["accounts", "tokens"];

export default function AdminPage() {
  const rightOf = (name: string): string => (OF_ACCOUNTS.includes(name) ? "accounts" : "administer");
  const names = Object.keys(VIEWS).filter((name) => mayDo(rightOf(name)) || mayDo("audit"));
  if (!names.length) return <Forbidden />;
  return (
    <Views names={names} prefix="admin">
      {(name) => {
        const View = VIEWS[name]!;
        return <View />;
      }}
    </Views>
  );
}

/** Within the site no page is asked of the server again: the same words as its 403, and the way on. */
function Forbidden() {
  return (
    <section class="forbidden">
      <p class="quiet">403</p>
      <h1>{t("admin.forbidden")}</h1>
      <p>{t("admin.forbidden.why")}</p>
      <p><a href="/" data-inside="">{t("nav.duty")}</a></p>
    </section>
  );
}

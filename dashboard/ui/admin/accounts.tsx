/** Accounts: who may sign in, as what and for which region. */
import { send } from "../core/api";
import { t, tOr } from "../core/i18n";
import { me } from "../core/site";
import { parse, stamp } from "../core/time";
import type { Field, Option } from "../forms/field";
import { openForm } from "../forms/form";
import { confirm } from "../forms/sheet";
import { RowActions, Table, type Column, type RowAction } from "../forms/table";
import { givenRegions, regionWords } from "./regions";
import { AddButton, AdminFrame, useAdminView, type AdminView } from "./view";

const PATH = "/api/v1/accounts";
const ROLES = ["viewer", "leader", "duty", "operator", "admin", "security", "auditor", "unit"];

interface Account {
  name: string;
  role: string;
  region: string;
  disabled: boolean;
  sessions: number;
  used_at: string | null;
}
interface Accounts {
  items: Account[];
  hidden?: number;
}

const addressOf = (account: Account): string => `${PATH}/${encodeURIComponent(account.name)}`;

export default function AccountsView() {
  const view = useAdminView<Accounts>(PATH, "accounts");
  const head = view.may ? <AddButton label={t("accounts.add")} open={() => openAccount(view)} /> : null;
  return (
    <AdminFrame view={view} name="accounts" note={t("accounts.note")} head={head}>
      {({ items }) => items.length ? (
        <Table mark="accounts" columns={columns(view)} rows={items} keyOf={(account) => account.name}
          rowClass={(account) => (account.disabled ? "is-off" : "")} />
      ) : <p class="rows-empty">{t("accounts.none")}</p>}
    </AdminFrame>
  );
}

function columns(view: AdminView<Accounts>): Column<Account>[] {
  const state = ({ disabled, sessions }: Account): string => {
    if (disabled) return t("accounts.off");
    return sessions ? t("accounts.sessions", { n: sessions }) : t("accounts.on");
  };
  const used = (account: Account): string => {
    const at = parse(account.used_at);
    return at === null ? "—" : stamp(at);
  };
  return [
    { head: t("accounts.name"), cell: (account) => <b>{account.name}</b> },
    { head: t("accounts.role"), cell: (account) => tOr(`role.name.${account.role}`, account.role) },
    { head: t("accounts.region"), cell: (account) => regionWords(account.region) },
    { head: t("accounts.state"), cell: state },
    { head: t("accounts.used"), cell: used },
    { head: "", cell: (account) => <RowActions actions={view.may ? actions(account, view) : []} /> },
  ];
}

function actions(account: Account, view: AdminView<Accounts>): RowAction[] {
  const password = {
    name: "password", label: t("accounts.password"), run: () => openPassword(account, view),
  };
  if (account.name === me.value.name) return [password];
  const verb = account.disabled ? "enable" : "disable";
  return [
    { name: "change", label: t("accounts.change"), run: () => openAccount(view, account) },
    password,
    { name: verb, label: t(`accounts.${verb}`), run: () => toggle(account, view) },
  ];
}

async function toggle(account: Account, view: AdminView<Accounts>): Promise<void> {
  const { name, disabled } = account;
  const words = t("accounts.disable.sure", { name });
  if (!disabled && !(await confirm(t("accounts.disable"), words, t("accounts.disable")))) return;
  if (await view.act.run(() => send("PATCH", addressOf(account), { disabled: !disabled }))) await view.ask();
}

const passwordField = (name: string, label: string, note = ""): Field => ({
  name, label, note, kind: "password", required: true, min: 8, max: 1024, autoComplete: "new-password",
});

/** A new account, or another role and region of one that is there. */
function openAccount(view: AdminView<Accounts>, account: Account | null = null): void {
  const roles = ROLES.map((role): Option => {
    return [role, `${tOr(`role.name.${role}`, role)} — ${t(`accounts.role.${role}`)}`];
  });
  const name: Field = {
    name: "name", label: t("accounts.name"), note: t("accounts.name.note"), required: true, max: 64, autoFocus: true,
  };
  openForm({
    title: account ? t("accounts.change.title", { name: account.name }) : t("accounts.add"),
    initial: {
      role: account?.role ?? "duty", region: account?.region ?? me.value.region,
      ...(account ? {} : { name: "", password: "" }),
    },
    parts: [
      ...(account ? [] : [name]),
      { name: "role", label: t("accounts.role"), kind: "select", options: roles },
      { name: "region", label: t("accounts.region"), kind: "select", options: givenRegions() },
      account
        ? { words: <p class="quiet">{t("accounts.ends")}</p> }
        : passwordField("password", t("signin.password"), t("accounts.password.note")),
    ],
    save: (values) => (account ? send("PATCH", addressOf(account), values) : send("POST", PATH, values)),
    done: () => saved(view, t("form.saved")),
  });
}

function openPassword(account: Account, view: AdminView<Accounts>): void {
  openForm({
    title: t("accounts.password.title", { name: account.name }),
    initial: { password: "", again: "" },
    parts: [
      passwordField("password", t("accounts.password.new"), t("accounts.password.note")),
      passwordField("again", t("accounts.password.again")),
      { words: <p class="quiet">{t("accounts.ends")}</p> },
    ],
    save: async ({ password, again }, say) => {
      if (password === again) return send("PATCH", addressOf(account), { password });
      say(t("accounts.password.differs"));
      return false;
    },
    done: () => saved(view, t("accounts.password.done", { name: account.name })),
  });
}

function saved(view: AdminView<Accounts>, words: string): void {
  view.act.say("done", words);
  void view.ask();
}

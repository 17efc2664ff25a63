/** Tokens of programs and walls: made once, shown once, revoked at once. */
import { useRef, useState } from "preact/hooks";
import { send } from "../core/api";
import { t } from "../core/i18n";
import { me } from "../core/site";
import { parse, stamp } from "../core/time";
import type { Field, Option } from "../forms/field";
import { Form } from "../forms/form";
import { confirm, openSheet } from "../forms/sheet";
import { RowActions, Table, type Column } from "../forms/table";
import { givenRegions, regionWords } from "./regions";
import { AddButton, AdminFrame, useAdminView, type AdminView } from "./view";

const PATH = "/api/v1/tokens";
const SCOPES = ["read", "ingest", "wall"];

interface Token {
  id: string;
  name: string;
  scope: string;
  region: string;
  created: string | number | null;
  by: string;
}
interface NewToken extends Token {
  token: string;
}
interface Tokens {
  items: Token[];
}

export default function TokensView() {
  const view = useAdminView<Tokens>(PATH, "accounts");
  const open = (): void => openSheet(() => t("tokens.add"), (close) => <NewTokenForm view={view} close={close} />);
  const head = view.may ? <AddButton label={t("tokens.add")} open={open} /> : null;
  return (
    <AdminFrame view={view} name="tokens" note={t("tokens.note")} head={head}>
      {({ items }) => items.length
        ? <Table mark="tokens" columns={columns(view)} rows={items} keyOf={(token) => token.id} />
        : <p class="rows-empty">{t("tokens.none")}</p>}
    </AdminFrame>
  );
}

function columns(view: AdminView<Tokens>): Column<Token>[] {
  const made = (token: Token): string => {
    const at = parse(token.created);
    return at === null ? "—" : stamp(at);
  };
  const revoke = (token: Token) => ({ name: "revoke", label: t("tokens.revoke"), run: () => revokeToken(token, view) });
  return [
    { head: t("tokens.name"), cell: (token) => <b>{token.name}</b> },
    { head: t("tokens.scope"), cell: (token) => t(`tokens.scope.${token.scope}`) },
    { head: t("tokens.region"), cell: (token) => regionWords(token.region) },
    { head: t("tokens.made"), cell: made },
    { head: t("tokens.by"), cell: (token) => token.by || "—" },
    { head: "", cell: (token) => <RowActions actions={view.may ? [revoke(token)] : []} /> },
  ];
}

async function revokeToken({ id, name }: Token, view: AdminView<Tokens>): Promise<void> {
  if (!(await confirm(t("tokens.revoke"), t("tokens.revoke.sure", { name }), t("tokens.revoke")))) return;
  if (!(await view.act.run(() => send("DELETE", `${PATH}/${encodeURIComponent(id)}`)))) return;
  view.act.say("done", t("tokens.revoked", { name }));
  await view.ask();
}

function NewTokenForm({ view, close }: { view: AdminView<Tokens>; close: () => void }) {
  const [made, setMade] = useState<NewToken | null>(null);
  if (made) return <ShownOnce made={made} close={close} />;
  const scopes = SCOPES.map((scope): Option => {
    return [scope, `${t(`tokens.scope.${scope}`)} — ${t(`tokens.scope.${scope}.what`)}`];
  });
  const name: Field = {
    name: "name", label: t("tokens.name"), note: t("tokens.name.note"), required: true, max: 64, autoFocus: true,
  };
  return (
    <Form label={t("tokens.make")} initial={{ name: "", scope: "read", region: me.value.region }}
      done={() => void view.ask()}
      save={async (values) => {
        setMade(await send<NewToken>("POST", PATH, values));
        return true;
      }}
      parts={[
        name,
        { name: "scope", label: t("tokens.scope"), kind: "select", options: scopes },
        { name: "region", label: t("tokens.region"), kind: "select", options: givenRegions() },
      ]} />
  );
}

/** The token itself: in this answer and nowhere else. A wall gets its whole address. */
function ShownOnce({ made, close }: { made: NewToken; close: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState("tokens.copy");
  const whole = (event: { currentTarget: HTMLInputElement }): void => event.currentTarget.select();
  const copy = async (): Promise<void> => {
    input.current?.select();
    // Off HTTPS browsers give no clipboard: then it stands selected, to be copied by hand.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    await clipboard?.writeText(made.token);
    setWords(clipboard ? "tokens.copied" : "tokens.selected");
  };
  return (
    <div class="form">
      <p class="is-open">{t("tokens.once")}</p>
      <div class="form-field">
        <input ref={input} class="mono" readOnly value={made.token} data-token="" aria-label={t("tokens.once")}
          onFocus={whole} />
      </div>
      {made.scope === "wall" ? (
        <label class="form-field">
          <span>{t("tokens.wall")}</span>
          <input class="mono" readOnly value={`${location.origin}/wall?token=${made.token}`} onFocus={whole} />
        </label>
      ) : null}
      <div class="actions">
        <button type="button" class="chip" onClick={() => void copy()}>{t(words)}</button>
        <button type="button" class="primary" data-done="" onClick={close}>{t("key.close")}</button>
      </div>
    </div>
  );
}

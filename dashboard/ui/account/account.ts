/** The page of a person's own account: password, second factor, sessions. */
import { effect, signal } from "@preact/signals";
import { get, ProblemError, send, setCsrf } from "../core/api";
import { loadTexts, t } from "../core/i18n";
import { followLanguageSwitch } from "../core/languageswitch";
import { identify, me, site } from "../core/site";
import { parse, setZone, stamp } from "../core/time";

interface Session {
  id: string;
  created: string | null;
  address: string;
  current: boolean;
}

interface Account {
  name: string;
  must: string;
  second_factor: { policy: string; enabled: boolean; recovery_left: number };
  sessions: Session[];
}

interface NewSecret {
  secret: string;
  address: string;
  picture: string;
}

/** What a form does. Returns the text of success, or "" to leave the form as it is. */
type FormAct = (form: HTMLFormElement) => Promise<string>;

const ACCOUNT = "/api/v1/account";
const account = signal<Account | null>(null);

function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** The reason of a refusal; the page of the sign-in instead when the session has ended. */
function refusal(error: unknown): string {
  if (!(error instanceof ProblemError)) throw error;
  if (error.is("not-signed-in")) location.replace("/signin?next=/account");
  if (!error.status) return t("signin.lost");
  if (error.is("wrong-credentials")) return t("account.wrong");
  const errors = (error.problem.errors ?? []) as { message: string }[];
  return errors.map((finding) => finding.message).join("\n") || error.message;
}

function say(line: Element, text: string, kind: "error" | "done" = "error"): void {
  line.className = `form-message is-${kind}`;
  line.textContent = text;
}

async function load(): Promise<void> {
  account.value = await get<Account>(ACCOUNT);
}

/** The filled fields of a form. */
function fields(form: HTMLFormElement): Record<string, string> {
  const all = Object.fromEntries(new FormData(form)) as Record<string, string>;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

function row(session: Session): HTMLLIElement {
  const item = document.createElement("li");
  const words = document.createElement("span");
  const since = parse(session.created);
  words.textContent = [since === null ? "" : stamp(since), session.address].filter(Boolean).join(" · ");
  const end = document.createElement(session.current ? "em" : "button");
  end.textContent = t(session.current ? "account.this_session" : "account.end");
  if (!session.current) {
    end.className = "chip";
    end.addEventListener("click", () => void endSession(session.id));
  }
  item.append(words, end);
  return item;
}

async function endSession(id: string): Promise<void> {
  say(byId("account-ended"), "");
  try {
    await send("DELETE", `${ACCOUNT}/sessions/${id}`);
    await load();
  } catch (error) {
    say(byId("account-ended"), refusal(error));
  }
}

/** Draws the account, again after each change of it or of the language. */
function draw({ name, must, second_factor: factor, sessions }: Account): void {
  byId("account-name").textContent = name;
  byId("account-forms").hidden = false;
  for (const field of document.querySelectorAll<HTMLInputElement>("[data-username]")) field.value = name;
  for (const label of document.querySelectorAll<HTMLElement>("[data-code]")) label.hidden = !factor.enabled;
  const message = byId("account-message");
  message.hidden = !must;
  message.textContent = must ? t(`account.must.${must}`) : "";
  byId("account-factor").hidden = factor.policy === "off";
  const state = factor.enabled ? "account.factor_on" : "account.factor_none";
  byId("account-factor-state").textContent = t(state, { n: factor.recovery_left });
  const button = byId("account-factor-form").querySelector("button")!;
  button.dataset.text = factor.enabled ? "account.factor_remove" : "account.factor_button";
  button.textContent = t(button.dataset.text);
  byId("account-sessions").replaceChildren(...sessions.map(row));
}

async function changePassword(form: HTMLFormElement): Promise<string> {
  const { again, ...body } = fields(form);
  if (body.new !== again) {
    say(form.querySelector("[role=alert]")!, t("account.differ"));
    return "";
  }
  await send("POST", `${ACCOUNT}/password`, body);
  return t("account.done");
}

async function confirmPassword(form: HTMLFormElement): Promise<string> {
  await send("POST", `${ACCOUNT}/confirm`, fields(form));
  return t("account.done");
}

async function setFactor(form: HTMLFormElement): Promise<string> {
  byId("account-codes").hidden = true;
  if (account.value?.second_factor.enabled) {
    await send("POST", `${ACCOUNT}/second-factor/remove`, fields(form));
    return t("account.done");
  }
  const { secret, address, picture } = await send<NewSecret>("POST", `${ACCOUNT}/second-factor`, fields(form));
  form.reset();
  form.hidden = true;
  byId("account-factor-confirm").hidden = false;
  byId("account-secret").textContent = secret.replace(/(.{4})(?=.)/g, "$1 ");
  byId<HTMLImageElement>("account-picture").src = picture;
  byId<HTMLAnchorElement>("account-secret-link").href = address;
  return "";
}

async function confirmFactor(form: HTMLFormElement): Promise<string> {
  const { recovery_codes: codes } = await send<{ recovery_codes: string[] }>(
    "POST", `${ACCOUNT}/second-factor/confirm`, fields(form),
  );
  form.hidden = true;
  byId("account-factor-form").hidden = false;
  byId("account-codes").hidden = false;
  byId("account-codes").querySelector("pre")!.textContent = codes.join("\n");
  return t("account.done");
}

/** Does what a form asks and says in the form what became of it. */
async function submit(form: HTMLFormElement, act: FormAct): Promise<void> {
  const line = form.querySelector("[role=alert]")!;
  const button = form.querySelector("button")!;
  button.disabled = true;
  say(line, "");
  try {
    const done = await act(form);
    if (done) {
      form.reset();
      say(line, done, "done");
      await load();
    }
  } catch (error) {
    say(line, refusal(error));
  }
  button.disabled = false;
}

const ACTS: Readonly<Record<string, FormAct>> = {
  "account-password": changePassword,
  "account-confirm": confirmPassword,
  "account-factor-form": setFactor,
  "account-factor-confirm": confirmFactor,
};

async function start(): Promise<void> {
  await loadTexts(document.documentElement.dataset.language);
  followLanguageSwitch();
  for (const [id, act] of Object.entries(ACTS)) {
    byId<HTMLFormElement>(id).addEventListener("submit", (event) => {
      event.preventDefault();
      void submit(byId<HTMLFormElement>(id), act);
    });
  }
  try {
    await identify();
    setCsrf(me.value.csrf);
    setZone(site.value.timezone);
    await load();
  } catch (error) {
    byId("account-message").hidden = false;
    const noAccount = error instanceof ProblemError && error.status === 403;
    byId("account-message").textContent = noAccount ? t("account.not_personal") : refusal(error);
  }
  effect(() => void (account.value && draw(account.value)));
  document.body.dataset.ready = "true";
}

void start();

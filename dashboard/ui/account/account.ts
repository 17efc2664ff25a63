/** The page of a person's own account: password, second factor, sessions. */
import { loadTexts, t } from "../core/i18n";

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

interface Problem {
  type?: string;
  detail?: string;
  errors?: { message: string }[];
}

const message = document.getElementById("account-message")!;
let csrf = "";
let enabled = false;

function form(id: string): HTMLFormElement {
  return document.querySelector<HTMLFormElement>(`#${id}`)!;
}

/** Ask the server; undefined, with the reason shown, when it refuses. */
async function ask<T>(method: string, path: string, body?: object): Promise<T | undefined> {
  const answer = await fetch(`/api/v1/${path}`, {
    method,
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf },
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (answer.status === 401 && method === "GET") {
    location.replace("/signin?next=/account");
    return undefined;
  }
  if (answer.ok) return answer.status === 204 ? ({} as T) : ((await answer.json()) as T);
  const problem = (await answer.json()) as Problem;
  message.textContent = problem.errors?.map((error) => error.message).join("；") ?? problem.detail ?? t("signin.lost");
  return undefined;
}

/** The filled fields of a form. */
function fields(element: HTMLFormElement): Record<string, string> {
  const all = Object.fromEntries(new FormData(element)) as Record<string, string>;
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

function row(session: Session): HTMLLIElement {
  const item = document.createElement("li");
  const since = session.created ? new Date(session.created).toLocaleString() : "";
  item.textContent = `${since} · ${session.address} `;
  if (session.current) item.append(t("account.this_session"));
  else {
    const end = document.createElement("button");
    end.textContent = t("account.end");
    end.addEventListener("click", () => void ask("DELETE", `account/sessions/${session.id}`).then(show));
    item.append(end);
  }
  return item;
}

async function show(): Promise<void> {
  const account = await ask<Account>("GET", "account");
  if (account === undefined) return;
  const factor = account.second_factor;
  enabled = factor.enabled;
  document.getElementById("account-name")!.textContent = account.name;
  if (account.must) message.textContent = t(`account.must.${account.must}`);
  document.getElementById("account-factor")!.hidden = factor.policy === "off";
  const state = factor.enabled ? "account.factor_on" : "account.factor_none";
  document.getElementById("account-factor-state")!.textContent = t(state, { n: factor.recovery_left });
  const button = form("account-factor-form").querySelector("button")!;
  button.textContent = t(factor.enabled ? "account.factor_remove" : "account.factor_button");
  document.getElementById("account-sessions")!.replaceChildren(...account.sessions.map(row));
}

async function changePassword(element: HTMLFormElement): Promise<void> {
  const { again, ...body } = fields(element);
  if (body.new !== again) {
    message.textContent = t("account.differ");
    return;
  }
  await done(await ask("POST", "account/password", body), element);
}

async function setFactor(element: HTMLFormElement): Promise<void> {
  const path = enabled ? "account/second-factor/remove" : "account/second-factor";
  const answer = await ask<{ secret?: string; address?: string }>("POST", path, fields(element));
  if (answer?.secret === undefined) return done(answer, element);
  element.hidden = true;
  form("account-factor-confirm").hidden = false;
  document.getElementById("account-secret")!.textContent = `${answer.secret}\n${answer.address}`;
}

async function confirmFactor(element: HTMLFormElement): Promise<void> {
  const answer = await ask<{ recovery_codes: string[] }>("POST", "account/second-factor/confirm", fields(element));
  if (answer === undefined) return;
  element.hidden = true;
  const codes = document.getElementById("account-codes")!;
  codes.hidden = false;
  codes.textContent = `${t("account.codes")}\n\n${answer.recovery_codes.join("\n")}`;
  await done(answer, element);
}

async function done(answer: object | undefined, element: HTMLFormElement): Promise<void> {
  if (answer === undefined) return;
  element.reset();
  message.textContent = t("account.done");
  await show();
}

async function start(): Promise<void> {
  await loadTexts(document.documentElement.dataset.language);
  csrf = (await ask<{ csrf: string }>("GET", "me"))?.csrf ?? "";
  const acts: Record<string, (element: HTMLFormElement) => Promise<void>> = {
    "account-password": changePassword,
    "account-confirm": async (element) => done(await ask("POST", "account/confirm", fields(element)), element),
    "account-factor-form": setFactor,
    "account-factor-confirm": confirmFactor,
  };
  for (const [id, act] of Object.entries(acts)) {
    form(id).addEventListener("submit", (event) => {
      event.preventDefault();
      message.textContent = "";
      void act(form(id));
    });
  }
  await show();
  document.body.dataset.ready = "true";
}

void start();

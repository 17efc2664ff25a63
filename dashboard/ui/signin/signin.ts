/** Signing in: the password goes to the server once, and what went wrong is said in words. */
import { ProblemError, send } from "../core/api";
import { loadTexts, t } from "../core/i18n";
import { followLanguageSwitch } from "../core/languageswitch";

const form = document.querySelector<HTMLFormElement>("#signin")!;
const message = document.getElementById("signin-message")!;
const button = form.querySelector<HTMLButtonElement>("button[type=submit]")!;

/** Where to go on: a path of this site only. */
function target(): string {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  const url = new URL(next, location.origin);
  return url.origin === location.origin && !url.pathname.startsWith("//") ? url.pathname + url.search : "/";
}

async function signIn(): Promise<void> {
  const { name, password, code } = Object.fromEntries(new FormData(form));
  button.disabled = true;
  message.textContent = t("signin.pending");
  try {
    await send("POST", "/api/v1/session", code ? { name, password, code } : { name, password });
    location.replace(target());
    return;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    message.textContent = refusal(error);
  }
  button.disabled = false;
}

/** Why nobody is signed in, in words. Asks for a code, or for the password again. */
function refusal(error: ProblemError): string {
  if (!error.status) return t("signin.lost");
  if (error.is("second-factor")) {
    document.getElementById("signin-code")!.hidden = false;
    form.querySelector<HTMLInputElement>("[name=code]")!.focus();
    return t("signin.code_wanted");
  }
  const reasons: Record<number, string> = { 401: "signin.wrong", 422: "signin.wrong", 429: "signin.locked" };
  form.querySelector<HTMLInputElement>("[name=password]")!.value = "";
  return t(reasons[error.status] ?? "signin.failed", { n: error.retryAfter, status: error.status });
}

async function start(): Promise<void> {
  await loadTexts(document.documentElement.dataset.language);
  followLanguageSwitch();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void signIn();
  });
  form.dataset.ready = "true";
}

void start();

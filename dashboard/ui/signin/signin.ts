/** Signing in: the password goes to the server once, and what went wrong is said in words. */
import { effect } from "@preact/signals";
import { language, loadTexts, otherLanguage, setLanguage, t } from "../core/i18n";

const form = document.querySelector<HTMLFormElement>("#signin")!;
const message = document.getElementById("signin-message")!;
const button = form.querySelector<HTMLButtonElement>("button[type=submit]")!;
const switcher = document.getElementById("signin-language")!;

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
    const answer = await fetch("/api/v1/session", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(code ? { name, password, code } : { name, password }),
    });
    if (answer.ok) {
      location.replace(target());
      return;
    }
    if (answer.status === 401 && ((await answer.json()) as { type?: string }).type?.endsWith(":second-factor")) {
      document.getElementById("signin-code")!.hidden = false;
      form.querySelector<HTMLInputElement>("[name=code]")!.focus();
      message.textContent = t("signin.code_wanted");
      button.disabled = false;
      return;
    }
    const reasons: Record<number, string> = { 401: "signin.wrong", 422: "signin.wrong", 429: "signin.locked" };
    const wait = answer.headers.get("Retry-After") ?? "";
    message.textContent = t(reasons[answer.status] ?? "signin.failed", { n: wait, status: answer.status });
    form.querySelector<HTMLInputElement>("[name=password]")!.value = "";
  } catch {
    message.textContent = t("signin.lost");
  }
  button.disabled = false;
}

async function start(): Promise<void> {
  await loadTexts(document.documentElement.dataset.language);
  effect(() => void (switcher.textContent = language() === "en" ? "中文" : "English"));
  switcher.addEventListener("click", () => void setLanguage(otherLanguage()));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void signIn();
  });
  form.dataset.ready = "true";
}

void start();

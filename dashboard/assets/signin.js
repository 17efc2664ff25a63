// Signing in: the password goes to the server once, and what went wrong is said in words.
import { loadTexts, other, setLanguage, t, language, onLanguage } from "./i18n.js";

const base = new URL(".", import.meta.url).href.replace(/\/$/, "");
const form = document.getElementById("signin");
const message = document.getElementById("signin-message");
const button = form.querySelector("button[type=submit]");
const switcher = document.getElementById("signin-language");

/** Where to go on: a path of this site only. */
function target() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  const url = new URL(next, location.origin);
  return url.origin === location.origin && !url.pathname.startsWith("//") ? url.pathname + url.search : "/";
}

async function signIn(event) {
  event.preventDefault();
  const { name, password } = Object.fromEntries(new FormData(form));
  button.disabled = true;
  message.textContent = t("signin.pending");
  try {
    const answer = await fetch("/api/v1/session", {
      method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ name, password }),
    });
    if (answer.ok) {
      location.replace(target());
      return;
    }
    const wait = answer.headers.get("Retry-After");
    const key = { 401: "signin.wrong", 422: "signin.wrong", 429: "signin.locked" }[answer.status] ?? "signin.failed";
    message.textContent = t(key, { n: wait ?? "", status: answer.status });
    form.elements.password.value = "";
  } catch {
    message.textContent = t("signin.lost");
  }
  button.disabled = false;
}

await loadTexts(base, document.documentElement.dataset.language);
const words = () => (switcher.textContent = language() === "en" ? "中文" : "English");
words();
onLanguage(words);
switcher.addEventListener("click", () => setLanguage(other()));
form.addEventListener("submit", signIn);
form.dataset.ready = "true";

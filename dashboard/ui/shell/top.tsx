/** The top line: who and where we are, the clock, how old the picture is, language and role. */
import { signal } from "@preact/signals";
import { useKpi } from "../alerts/load";
import { sources, warnings } from "../alerts/summary";
import { send, token } from "../core/api";
import { ago, number } from "../core/format";
import { language, otherLanguage, pick, setLanguage, t, tOr } from "../core/i18n";
import { forgetPerson } from "../core/offline";
import { live, store } from "../core/picture";
import { me, site } from "../core/site";
import { clock, day, now, parse, shortTime, weekday } from "../core/time";
import { roster } from "./duty";
import { loudness, soundBlocked, turnSound } from "./sound";

const DEMO_ROLES = ["duty", "operator", "leader", "viewer", "admin", "auditor", "unit"];

export function Top() {
  const english = tOr(`region.${site.value.region}`, site.value.name);
  const demo = site.value.demo ? ` (${t("top.demo.word")})` : "";
  const name = language() === "en" ? english + demo : site.value.name;
  const who = me.value.name && !token ? `${me.value.name} · ${tOr(`role.name.${me.value.role}`, me.value.role)}` : "";
  return (
    <>
      <strong data-top="site">{`${name} · ${t("app.name")}`}</strong>
      <span data-top="person" class="quiet">{who}</span>
      <OnDuty />
      <Exercise />
      <Clock />
      <span class="top-right">
        <Account />
        <Load />
        <Sources />
        <Age />
        <SoundButton />
        <button type="button" class="link" data-top="language" onClick={() => void setLanguage(otherLanguage())}>
          {language() === "en" ? "中文" : "EN"}
        </button>
      </span>
    </>
  );
}

function SoundButton() {
  const blocked = loudness.value !== "off" && soundBlocked.value;
  return (
    <button
      type="button"
      class={blocked ? "link is-blocked" : "link"}
      data-top="mute"
      title={t(blocked ? "top.sound.blocked.why" : "top.sound.why")}
      onClick={() => void turnSound()}
    >
      {t(blocked ? "top.sound.blocked" : `top.sound.${loudness.value}`)}
    </button>
  );
}

function Clock() {
  const at = now();
  return (
    <span class="top-clock">
      <span data-top="date">{day(at)}</span> <time data-top="clock">{clock(at)}</time>{" "}
      <small data-top="weekday" class="quiet">{weekday(at)}</small>
    </span>
  );
}

function Age() {
  void now();
  const age = live.age();
  const late = age === null || live.stale() !== null;
  return (
    <span data-top="age" class={late ? "age is-late" : "age"}>
      <i></i>
      <span>{age === null ? t("top.nodata") : t("top.age", { ago: ago(age) })}</span>
    </span>
  );
}

/** The shift, its people, and until when. On a wall for everybody only the shift. */
function OnDuty() {
  const value = roster.value;
  // A site without a roster has nothing to say; one with a gap says that nobody is there.
  if (!value || (!value.now && !value.rev)) return <span data-top="duty" class="top-duty" hidden />;
  const shift = value.now;
  if (!shift) return <span data-top="duty" class="top-duty"><b class="is-open">{t("duty.nobody")}</b></span>;
  const open = me.value.personal !== false;
  const names = open ? (shift.officers ?? []).map((person) => person.name).join(t("list.and")) : "";
  return (
    <span data-top="duty" class="top-duty">
      <span class="quiet">{t("duty.now")}</span> <b>{pick(shift.name) || shift.shift}</b>{names ? ` ${names}` : ""}
      {open && shift.leader ? <><span class="quiet">{` · ${t("duty.leader")} `}</span>{shift.leader.name}</> : null}
      <span class="quiet duty-until">{` ${t("hider.until", { at: shortTime(parse(shift.ends)) })}`}</span>
    </span>
  );
}

function Exercise() {
  const { exercise } = warnings.value;
  const shown = exercise.length > 0 || Boolean(site.value.exercise);
  return (
    <b data-top="exercise" class="stamp" hidden={!shown}>
      {exercise.length ? t("top.exercise.n", { n: exercise.length }) : t("top.exercise")}
    </b>
  );
}

/** How many alerts have come in ten minutes: bright when that is more than the people on duty can take. */
function Load() {
  const figures = useKpi();
  if (!figures) return null;
  const { load, outs: out } = figures;
  const title = `${t("load.rate")} ${number(load.rate.per_operator)} · ${t("load.target", { n: load.rate.target })}`;
  return (
    <a data-top="load" href="/reports/load" title={title}
      class={out.rate || out.flood ? "is-off" : ""}>
      {t("top.load", { n: load.rate.ten_minutes })}
    </a>
  );
}

function Sources() {
  if (!store.ready.value) return <a data-top="sources" href="/sources" data-inside="" />;
  const all = sources.value.length;
  const good = sources.value.filter((source) => source.state === "ok").length;
  return (
    <a data-top="sources" href="/sources" data-inside="" class={good < all ? "is-off" : ""}>
      {t("top.sources", { ok: good, all })}
    </a>
  );
}

const becoming = signal(false);

async function become(role: string): Promise<void> {
  becoming.value = true;
  try {
    await send("POST", "/api/v1/demo/role", { role });
    location.reload();
  } finally {
    becoming.value = false;
  }
}

async function signOut(): Promise<void> {
  await send("DELETE", "/api/v1/session").catch(() => null);
  await forgetPerson();
  location.assign("/signin");
}

/** In the demo the role can be chosen; elsewhere one signs out here. */
function Account() {
  const { demo, role, name } = me.value;
  if (!demo) {
    if (!name || token) return <span data-top="demo" hidden />;
    return (
      <span data-top="demo">
        <a class="link" href="/account">{t("top.account")}</a>
        <button type="button" class="link" onClick={() => void signOut()}>{t("top.signout")}</button>
      </span>
    );
  }
  return (
    <span data-top="demo">
      <label class="demo-role">
        {t("top.demo")}
        <select aria-label={t("top.role")} disabled={becoming.value}
          onChange={(event) => void become(event.currentTarget.value)}>
          {DEMO_ROLES.map((one) => (
            <option key={one} value={one} selected={one === role}>{tOr(`role.name.${one}`, one)}</option>
          ))}
        </select>
      </label>
    </span>
  );
}

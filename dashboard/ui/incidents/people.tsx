/** Casualties and losses with their sources, and who holds which post. */
import { count } from "../core/format";
import { t } from "../core/i18n";
import { mayOrder } from "../core/site";
import { parse, shortTime } from "../core/time";
import type { IncidentDetail, IncidentFigureRecord } from "../records";
import { personName } from "../shell/duty";
import { openOrder } from "./orders";

/** Figures that are always shown: a leader asks for them first, and 0 is not the same as not reported. */
const ALWAYS = ["dead", "missing", "grave", "light", "evacuated"];

export function Figures({ incident }: { incident: IncidentDetail }) {
  const names = [...ALWAYS, ...Object.keys(incident.figures).filter((name) => !ALWAYS.includes(name))];
  return (
    <ul class="incident-figures" aria-label={t("incidents.figures")}>
      {names.map((name) => <Figure key={name} name={name} figure={incident.figures[name]} />)}
    </ul>
  );
}

function Figure({ name, figure }: { name: string; figure: IncidentFigureRecord | undefined }) {
  return (
    <li data-figure={name}>
      <span>{t(`incidents.figure.${name}`)}</span>
      <b class={figure?.value ? "" : "is-zero"}>{figure ? count(figure.value) : "—"}</b>
      {figure ? <small>{figure.source}{figure.official ? ` ${t("incidents.official")}` : ""}</small> : null}
      {figure?.others.map((other) => (
        <small key={other.source} class="is-bad">{other.source}：{count(other.value)}</small>
      ))}
    </li>
  );
}

export function Posts({ incident }: { incident: IncidentDetail }) {
  const orders = incident.orders.post;
  return (
    <section class="incident-posts">
      <header class="feed-head">
        <h2>{t("incidents.command")}</h2>
        {orders && mayOrder(orders) ? (
          <button type="button" class="chip" onClick={() => openOrder("post", incident)}>
            {t("incidents.order.post")}
          </button>
        ) : null}
      </header>
      <dl class="facts">
        {incident.posts.map(({ post, holder, since }) => (
          <div key={post} data-post={post}>
            <dt>{t(`incidents.post.${post}`)}</dt><dd>{personName(holder)} <small>{shortTime(parse(since))}</small></dd>
          </div>
        ))}
        {incident.vacant_posts.map((post) => (
          <div key={post} data-post={post} class={post === "commander" && incident.commander_missing ? "is-bad" : ""}>
            <dt>{t(`incidents.post.${post}`)}</dt><dd class="quiet">{t("incidents.post.vacant")}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The plans: what each version does, its rehearsal as a picture, its difference, and the orders about it. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../core/api";
import { query, setQuery } from "../core/address";
import { duration } from "../core/format";
import { pick, t } from "../core/i18n";
import { me } from "../core/site";
import { parse, stamp } from "../core/time";
import { openForm } from "../forms/form";
import type { PlanRecord, PlanRehearsalRecord } from "../records";
import { holderName, unitName, useUnits } from "../tasks/units";
import { EmergencyTabs } from "../warnings/tabs";
import { openDrill } from "./drill";
import { orderPlan, planOf, plans, usePlans } from "./records";

const WEEK = 7 * 86_400_000;

export default function PlansPage() {
  const here = usePlans();
  useUnits();
  const all = plans();
  const chosen = planOf(query("plan") ?? "") ?? all[0];
  return (
    <>
      <EmergencyTabs here="plans" />
      {all.length ? (
        <ul class="plan-list">
          {all.map((plan) => <Row key={plan.id} plan={plan} chosen={plan.id === chosen?.id} />)}
        </ul>
      ) : <p class="rows-empty">{t(here ? "plans.none" : "incidents.loading")}</p>}
      {chosen ? <Version key={chosen.id} plan={chosen} /> : null}
    </>
  );
}

function Row({ plan, chosen }: { plan: PlanRecord; chosen: boolean }) {
  return (
    <li>
      <button type="button" class="chip" aria-pressed={chosen} data-id={plan.id}
        onClick={() => setQuery({ plan: plan.id }, { open: !query("plan") })}>
        {pick(plan.name)} <b>v{plan.version}</b> <small>{t(`plans.version.${plan.state}`)}</small>
      </button>
    </li>
  );
}

function Version({ plan }: { plan: PlanRecord }) {
  return (
    <article class="plan-version" data-id={plan.id}>
      <h2>{pick(plan.name)} <small class="mono">{plan.id}</small></h2>
      <p class="quiet">
        {[
          t(`plans.version.${plan.state}`), unitName(plan.owner), plan.basis,
          t("plans.review-by", { day: plan.review_by }),
        ].filter(Boolean).join(" · ")}
      </p>
      <Orders plan={plan} />
      <Rehearsal rehearsal={plan.rehearsal} />
      {plan.levels.map((level) => (
        <section key={level.level} data-level={level.level}>
          <h3>{t("incidents.response", { level: level.level })}</h3>
          {plan.triggers.filter((trigger) => trigger.level === level.level)
            .map(({ when }) => <p key={when} class="quiet mono">{when}</p>)}
          <ul class="plan-tasks">
            {level.tasks.map((task) => (
              <li key={task.key}>
                <b>{task.title}</b> {holderName(task)}{" "}
                <small>{duration(task.due * 1000)} {task.depends.length ? `← ${task.depends.join("、")}` : ""}</small>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <Difference plan={plan} />
    </article>
  );
}

function Orders({ plan }: { plan: PlanRecord }) {
  const orders = Object.entries(plan.orders).filter(([, roles]) => roles.includes(me.value.role)).map(([name]) => name);
  return (
    <div class="incident-orders">
      {orders.map((order) => (
        <button key={order} type="button" class="chip" data-order={order} onClick={() => openOrder(plan, order)}>
          {t(`plans.order.${order}`)}
        </button>
      ))}
    </div>
  );
}

function openOrder(plan: PlanRecord, order: string): void {
  if (order === "drill") return openDrill(plan);
  openForm({
    title: `${t(`plans.order.${order}`)} · ${plan.id}`,
    parts: [{
      name: "reason", label: t("incidents.field.reason"), kind: "lines", required: order === "retire", max: 4000,
    }],
    initial: { reason: "" },
    label: t(`plans.order.${order}`),
    save: (values) => orderPlan(plan, order, values),
  });
}

/** How often the triggers would have proposed a start: one bar a week. */
function Rehearsal({ rehearsal }: { rehearsal: PlanRehearsalRecord | null }) {
  if (!rehearsal) return <p class="is-hatched">{t("plans.not-rehearsed")}</p>;
  const since = parse(rehearsal.since) ?? 0;
  const weeks = Array.from({ length: 13 }, () => 0);
  for (const start of rehearsal.starts) {
    const week = Math.min(12, Math.floor(((parse(start.at) ?? since) - since) / WEEK));
    weeks[week] = (weeks[week] ?? 0) + 1;
  }
  const most = Math.max(1, ...weeks);
  const { count: n, incidents, per_month: month } = rehearsal;
  const words = t("plans.rehearsed", { n, incidents, month });
  return (
    <figure class="plan-rehearsal">
      <svg viewBox="0 0 130 40" role="img" aria-label={words}>
        {weeks.map((count, week) => {
          const height = Math.max(1, (count / most) * 38);
          return <rect key={week} x={week * 10 + 1} width="8" y={39 - height} height={height} />;
        })}
      </svg>
      <figcaption>
        {words}
        {rehearsal.starts.slice(0, 5).map((start) => (
          <small key={`${start.incident}${start.level}`}>
            {stamp(parse(start.at) ?? 0)} {start.level} {start.title}
          </small>
        ))}
      </figcaption>
    </figure>
  );
}

interface Comparison {
  against: string;
  lines: string[];
}

function Difference({ plan }: { plan: PlanRecord }) {
  const [difference, setDifference] = useState<Comparison | null>(null);
  useEffect(() => {
    const aborter = new AbortController();
    get<Comparison>(`/api/v1/plans/${encodeURIComponent(plan.id)}/diff`, aborter.signal)
      .then(setDifference, () => undefined);
    return () => aborter.abort();
  }, [plan.id]);
  if (!difference?.against) return null;
  return (
    <details>
      <summary>{t("plans.difference", { version: difference.against })}</summary>
      <pre class="plan-difference">{difference.lines.join("\n")}</pre>
    </details>
  );
}

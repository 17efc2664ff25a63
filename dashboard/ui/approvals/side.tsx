/** What else is on record of a case: suspensions, extensions, supplements, cards, and the sources side by side. */
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { store } from "../core/picture";
import { Icon } from "../core/shapes";
import { TaskButtons } from "./actions";
import { eventTime } from "./clock";
import type { CaseDetail, Suspension } from "./detail";
import { CardChip, flagName, limitText, ruleName, shortDay } from "./words";

const moment = (at: string | null): string => (!at ? "…" : at.length === 10 ? shortDay(at) : eventTime(at));

export function Side({ detail }: { detail: CaseDetail }) {
  const cards = [...store.all("card").values()].filter((card) => card.key === detail.key);
  const orders = [...store.all("order").values()].filter((order) => order.department === detail.department);
  const excluded = detail.suspensions.filter((suspension) => suspension.excluded);
  return (
    <aside class="panel case-side">
      <Part title={t("approvals.suspensions")} note={t("approvals.suspensions.n", { n: excluded.length })}>
        {detail.suspensions.map((each, index) => <SuspensionLine key={index} suspension={each} />)}
      </Part>
      <Part title={t("approvals.extensions")} note="">
        {detail.extensions.map((each, index) => (
          <li key={index}><b>{t("approvals.extension", { n: each.days })}</b>
            <span class="side-when">{moment(each.decided)}</span>
            <small>{t("approvals.notice", { notice: each.notice || "—" })}</small></li>
        ))}
        {detail.supplements.map((each, index) => (
          <li key={`s${index}`}><b>{t("approvals.supplement")}</b>
            <span class="side-when">{moment(each.notified)} – {moment(each.received)}</span></li>
        ))}
      </Part>
      <Part title={t("approvals.cards.of")} note="">
        {cards.map((card) => (
          <li key={card.id} data-card={card.id}>
            <CardChip card={card} /> {ruleName(card.rule)}
            <small>{limitText(card.appeal_by ?? card.decide_by)}</small>
            <TaskButtons kind="card" id={card.id} rev={card.rev} choices={card.choices} region={card.region} />
          </li>
        ))}
      </Part>
      {orders.length ? (
        <Part title={t("approvals.orders.of")} note="">
          {orders.map((order) => (
            <li key={order.id}><a data-inside="" href={`/approvals/orders/${order.id}`}>{order.number}</a>
              <small>{order.title}</small></li>
          ))}
        </Part>
      ) : null}
      {detail.flags.length ? (
        <Part title={t("approvals.flags")} note="">
          {detail.flags.map((flag) => <li key={flag}>{flagName(flag)}</li>)}
        </Part>
      ) : null}
      <Part title={t("approvals.sources.of")} note={detail.systems.join(" · ")}>
        {Object.entries(detail.disagreements).map(([field, values]) => (
          <li key={field} class="light-yellow">{t(`approvals.field.${field}`)}
            <small>{joined(Object.entries(values).map(([system, at]) => `${system} ${moment(at)}`))}</small></li>
        ))}
        {Object.entries(detail.aliases).map(([kind, value]) => <li key={kind}>{kind}<small>{value}</small></li>)}
      </Part>
    </aside>
  );
}

function SuspensionLine({ suspension }: { suspension: Suspension }) {
  const notified = suspension.told_at ? t("approvals.told", { at: moment(suspension.told_at) }) : "";
  return (
    <li class={suspension.excluded ? "" : "is-flawed"}>
      <Icon shape="pause" /> <b>{suspension.kind}</b>
      <span class="side-when">{moment(suspension.started)} – {moment(suspension.ended)}</span>
      <small>{t("approvals.notice", { notice: suspension.notice || "—" })} {notified}
        {suspension.flaw ? ` ${flagName(suspension.flaw)}` : ""}</small>
    </li>
  );
}

function Part({ title, note, children }: { title: string; note: string; children: preact.ComponentChildren }) {
  const rows = (Array.isArray(children) ? children.flat() : [children]).filter(Boolean);
  return (
    <section class="side-part">
      <header class="case-head"><h2>{title}</h2><span class="quiet">{note}</span></header>
      <ul>{rows.length ? children : <li class="quiet">{t("approvals.none")}</li>}</ul>
    </section>
  );
}

/** One supervision order with its links (发起 审核 签收 反馈 办结), and as a sheet of paper. */
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { regionName } from "../core/site";
import type { OrderRecord } from "../records";
import { TaskButtons } from "./actions";
import { eventTime } from "./clock";
import { departmentName, Light, limitText, stateOfOrder } from "./words";

const LINKS = ["create", "approve", "sign", "feedback", "accept"] as const;
interface Action {
  action: string;
  at: string;
  by: string;
  reason: string;
}

export function OrderSheet({ order }: { order: OrderRecord }) {
  const history = order.history as unknown as Action[];
  return (
    <article class="order-sheet" data-id={order.id}>
      <header class="case-head no-print">
        <a class="chip" data-inside="" href="/approvals/orders">{t("approvals.orders")}</a>
        <button type="button" class="chip" onClick={() => print()}>{t("approvals.print")}</button>
      </header>
      <h1>{t("approvals.order.sheet")}</h1>
      <p class="order-number">{order.number} <span class="no-print"><Light light={order.light} />
        {" "}{stateOfOrder(order.state)} {limitText(order.limit_at)}
        {order.urged ? ` · ${t("approvals.urged", { n: order.urged })}` : ""}</span></p>
      <ol class="order-links no-print">
        {LINKS.map((name) => {
          const done = history.filter((action) => action.action === name).at(-1);
          return (
            <li key={name} class={done ? "path-done" : "path-ahead"}><b>{t(`approvals.link.${name}`)}</b>
              <small>{done ? `${eventTime(done.at)} ${done.by}` : t("approvals.notyet")}</small></li>
          );
        })}
      </ol>
      <dl>
        <dt>{t("approvals.order.department")}</dt>
        <dd>{departmentName(order.department)}（{regionName(order.region)}）</dd>
        <dt>{t("approvals.order.title")}</dt><dd>{order.title}</dd>
        <dt>{t("approvals.order.text")}</dt><dd class="order-text">{order.text}</dd>
        <dt>{t("approvals.order.cases")}</dt><dd>{joined(order.cases) || "—"}</dd>
        <dt>{t("approvals.order.by")}</dt><dd>{order.created_by} {eventTime(order.created_at)}</dd>
      </dl>
      <div class="no-print">
        <TaskButtons kind="order" id={order.id} rev={order.rev} choices={order.choices} region={order.region} />
      </div>
      <h2>{t("approvals.order.history")}</h2>
      <table class="case-table">
        <tbody>
          {history.map((action, index) => (
            <tr key={index}><td>{eventTime(action.at)}</td><td>{t(`approvals.act.${action.action}`)}</td>
              <td>{action.by || t("approvals.bytime")}</td><td class="order-text">{action.reason}</td></tr>
          ))}
        </tbody>
      </table>
      <p class="order-signs">{t("approvals.order.signs")}</p>
    </article>
  );
}

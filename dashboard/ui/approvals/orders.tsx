/** Cards and supervision orders: what waits for whom, by its limit; a draft of a new order. */
import { useState } from "preact/hooks";
import { navigate, path, query } from "../core/address";
import { get, ProblemError, send } from "../core/api";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { mayDo, regionName, site } from "../core/site";
import type { CardRecord, OrderRecord } from "../records";
import { TaskButtons } from "./actions";
import { askAgain, useAnswer } from "./data";
import { fieldText } from "./form";
import { OrderSheet } from "./order";
import { Signals } from "./signals";
import { CardChip, departmentName, Light, limitText, ruleName, stateOfOrder } from "./words";

const orderOf = (address: string): string => /^\/approvals\/orders\/([^/]+)$/.exec(address)?.[1] ?? "";

export default function OrdersPage() {
  const id = orderOf(path());
  const { value: order, failed } = useAnswer<OrderRecord>(id ? `/api/v1/orders/${id}` : null);
  if (id) {
    if (failed && !order) return <p class="rows-empty" role="alert">{failed.message}</p>;
    return order && order.id === id ? <OrderSheet order={order} /> : <p class="rows-empty">{t("approvals.waiting")}</p>;
  }
  return (
    <>
      <header class="list-top"><h1>{t("approvals.orders")}</h1>
        <a class="chip" data-inside="" href="/approvals">{t("approvals.title")}</a></header>
      {mayDo("supervise") ? <Draft key={query("draft") ?? ""} /> : null}
      <Orders />
      <Signals />
      <Cards />
    </>
  );
}

function Orders() {
  const orders = [...store.all("order").values()].sort((a, b) => (a.limit_at ?? "9").localeCompare(b.limit_at ?? "9"));
  return (
    <section class="panel order-list" data-part="orders">
      <header class="case-head"><h2>{t("approvals.orders.open", { n: orders.length })}</h2></header>
      <ul>
        {orders.map((order) => (
          <li key={order.id}>
            <a class="order-row" data-inside="" data-id={order.id} href={`/approvals/orders/${order.id}`}>
              <Light light={order.light} /><b>{order.number}</b><span class="cut">{order.title}</span>
              <span class="cut quiet">{departmentName(order.department)}</span>
              <span class="case-chip">{stateOfOrder(order.state)}</span>
              <span class={order.light ? `light-${order.light}` : "quiet"}>{limitText(order.limit_at)}</span>
            </a>
          </li>
        ))}
        {orders.length ? null : <li class="rows-empty">{t("approvals.orders.none")}</li>}
      </ul>
    </section>
  );
}

const RANK: Readonly<Record<string, number>> = { red: 0, yellow: 1, notice: 2 };

function Cards() {
  const cards = [...store.all("card").values()].sort((a, b) =>
    (RANK[a.colour] ?? 9) - (RANK[b.colour] ?? 9) || a.proposed_at.localeCompare(b.proposed_at));
  return (
    <section class="panel order-list" data-part="cards">
      <header class="case-head"><h2>{t("approvals.cards.open", { n: cards.length })}</h2></header>
      <ul>
        {cards.map((card) => <Card key={card.id} card={card} />)}
        {cards.length ? null : <li class="rows-empty">{t("approvals.cards.none")}</li>}
      </ul>
    </section>
  );
}

function Card({ card }: { card: CardRecord }) {
  return (
    <li class="card-row" data-id={card.id}>
      <CardChip card={card} />
      <a data-inside="" href={`/approvals/cases/${card.key}`}>{card.number}</a>
      <span class="cut">{ruleName(card.rule)}</span>
      <span class="cut quiet">{departmentName(card.department)} · {regionName(card.region)}</span>
      <span class="quiet">{limitText(card.appeal_by ?? card.decide_by)}</span>
      <TaskButtons kind="card" id={card.id} rev={card.rev} choices={card.choices} region={card.region} />
    </li>
  );
}

/** A new order (发起): for the case that the address names, or for any department. */
function Draft() {
  const about = query("draft");
  const [open, setOpen] = useState(about !== null);
  const [failed, setFailed] = useState("");
  if (!open) {
    return (
      <p class="case-note">
        <button type="button" class="chip" onClick={() => setOpen(true)}>{t("approvals.order.new")}</button></p>
    );
  }
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const cards = [...store.peek("card").values()].filter((card) => about && card.id.endsWith(`/${about}`));
    const body = {
      title: fieldText(event, "title"), text: fieldText(event, "text"), department: fieldText(event, "department"),
      region: query("region") ?? site.value.region, cases: about ? [about] : [], cards: cards.map((card) => card.id),
    };
    try {
      const order = await send<OrderRecord>("POST", "/api/v1/approvals/orders", body);
      await get(`/api/v1/orders/${order.id}`);
      askAgain();
      navigate(`/approvals/orders/${order.id}`);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setFailed(error.message);
    }
  };
  const departments = new Map([...store.peek("case_board").values()].map((board) => [board.department, board.name]));
  return (
    <form class="panel order-draft" onSubmit={(event) => void submit(event)}>
      <h2>{t("approvals.order.new")}{about ? ` · ${about}` : ""}</h2>
      <label><span class="quiet">{t("approvals.order.department")}</span>
        <select name="department" defaultValue={query("department") ?? ""}>
          {[...departments].map(([code, name]) => (
            <option key={code} value={code} selected={code === query("department")}>{name}</option>
          ))}
        </select></label>
      <label><span class="quiet">{t("approvals.order.title")}</span>
        <input name="title" required maxLength={200} /></label>
      <label><span class="quiet">{t("approvals.order.text")}</span>
        <textarea name="text" rows={4} required maxLength={4000} /></label>
      <button class="primary">{t("approvals.order.create")}</button>
      {failed ? <p role="alert" class="is-open">{failed}</p> : null}
    </form>
  );
}

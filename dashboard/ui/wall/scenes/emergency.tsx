/** Emergencies alone: incidents with what is due, receipts that wait, and the warnings in force with their areas. */
import { feedOf } from "../../alerts/filter";
import { openReceipts, warnings } from "../../alerts/summary";
import { Age } from "../../core/age";
import { useRoom } from "../../core/fit";
import { t } from "../../core/i18n";
import { className, joined, warningEvent, warningPlace } from "../../core/names";
import { Icon } from "../../core/shapes";
import { regionName } from "../../core/site";
import { parse, shortTime } from "../../core/time";
import type { AlertRecord, ReceiptRecord, WarningRecord } from "../../records";
import AlertBoard from "../board";
import { EmergencyCard } from "../feedcards";
import type { Scene } from "../scene";

const WARNING = 4.4;
const RECEIPTS = 4;

function Left() {
  const [box, room] = useRoom<HTMLUListElement>();
  const { real } = warnings.value;
  const fits = Math.max(1, Math.floor(room / WARNING));
  return (
    <>
      <EmergencyCard />
      <Receipts />
      <section class="w-warnings">
        <header class="feed-head">
          <h2>{t("chips.title", { n: real.length })}</h2>
          <span class="quiet">{real.length > fits ? t("board.first", { n: fits }) : ""}</span>
        </header>
        <ul class="wall-warnings" ref={box}>
          {real.slice(0, fits).map((each) => <Warning key={each.id} warning={each} />)}
        </ul>
      </section>
    </>
  );
}

function Warning({ warning }: { warning: WarningRecord }) {
  const until = parse(warning.expires);
  const colour = warning.colour || "none";
  return (
    <li class={`colour-${colour}`} data-id={warning.id}>
      <i class="chip-colour">{t(`colour.letter.${colour}`)}</i>
      <b>{warningEvent(warning)} {warningPlace(warning)}</b>
      <small>{joined([warning.sender_name, until !== null && t("warning.until", { at: shortTime(until) })])}</small>
    </li>
  );
}

function Receipts() {
  const { real } = openReceipts.value;
  if (!real.length) return null;
  return (
    <section class="w-receipts">
      <header class="feed-head">
        <h2>{t("wall.receipts")} <b>{real.length}</b></h2>
      </header>
      <ul class="units">{real.slice(0, RECEIPTS).map((receipt) => <Receipt key={receipt.id} receipt={receipt} />)}</ul>
    </section>
  );
}

function Receipt({ receipt }: { receipt: ReceiptRecord }) {
  const late = receipt.unanswered;
  return (
    <li>
      <Icon shape={late ? "triangle" : "dot"} class={late ? "is-degraded" : "is-ok"} />
      <span>{receipt.summary || className(receipt.event_class) || regionName(receipt.region)}</span>
      <b><Age since={receipt.received_at} form="span" /></b><small />
    </li>
  );
}

const ofEmergency = (alert: AlertRecord): boolean =>
  feedOf(alert) === "emergency" || ["receipt", "incident", "obligation"].includes(alert.subject_kind);
const Right = () => <AlertBoard takes={ofEmergency} incidents={3} />;

export const emergency: Scene = { name: "emergency", seconds: 30, Left, Right };

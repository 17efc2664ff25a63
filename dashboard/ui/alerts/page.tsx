/** The page of the alerts: the list with its detail, what is hidden by whom, handing over. */
import { Views } from "../core/views";
import HandoverView from "../shift/handover";
import Detail from "./detail";
import HiddenView from "./hiddenview";
import AlertList from "./list";

export default function AlertsPage() {
  return (
    <Views names={["list", "hidden", "handover"]} prefix="alerts">
      {(name) => {
        if (name === "list") return <ListView />;
        return name === "handover" ? <HandoverView /> : <HiddenView />;
      }}
    </Views>
  );
}

function ListView() {
  return (
    <>
      <section class="panel w-alert-list" data-panel="alert-list"><AlertList filters /></section>
      <aside class="panel w-detail" data-panel="detail"><Detail /></aside>
    </>
  );
}

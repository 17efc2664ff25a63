/** The panels of the pages by name: each one is loaded with the page that shows it. */
import type { ComponentType } from "preact";

/** Options of a panel, as the page's layout in Python gives them. */
export type Options = Readonly<Record<string, unknown>>;
// A panel may ask for options of its own; which ones is between it and its page.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Panel = ComponentType<any>;

/** To add one: write the component, add a line here, and use `Live(panel="name")` in a layout. */
export const panels: Readonly<Record<string, () => Promise<Panel>>> = {
  "alert-list": async () => (await import("../alerts/list")).default,
  "handover-page": async () => (await import("../shift/handover")).default,
  "alerts-page": async () => (await import("../alerts/page")).default,
  detail: async () => (await import("../alerts/detail")).default,
  "admin-page": async () => (await import("../admin/page")).default,
  map: async () => (await import("../map/panel")).default,
  "feed-network": async () => (await import("../feeds/network")).default,
  "feed-warnings": async () => (await import("../feeds/warnings")).default,
  "wall-left": async () => (await import("../wall/panels")).WallLeft,
  "wall-middle": async () => (await import("../wall/panels")).WallMiddle,
  "wall-right": async () => (await import("../wall/panels")).WallRight,
  "design-page": async () => (await import("../design/page")).default,
  "leader-page": async () => (await import("../leader/page")).default,
  "approval-lights": async () => (await import("../wall/lights")).ApprovalLights,
  "load-strip": async () => (await import("../wall/foot")).LoadStrip,
  "warning-chips": async () => (await import("../wall/foot")).WarningChips,
  "asset-page": async () => (await import("../asset/page")).default,
  "asset-evidence": async () => (await import("../asset/evidence")).default,
  "net-scope": async () => (await import("../network/scopepanel")).default,
  "net-tree": async () => (await import("../network/treepanel")).default,
  "net-evidence": async () => (await import("../network/evidence")).default,
  "sources-page": async () => (await import("../feeds/sources")).default,
  "video-page": async () => (await import("../video/page")).default,
  "warnings-page": async () => (await import("../warnings/page")).default,
  "warning-detail": async () => (await import("../warnings/detail")).default,
  "warning-timeline": async () => (await import("../warnings/timeline")).default,
  "incidents-page": async () => (await import("../incidents/page")).default,
  "tasks-page": async () => (await import("../tasks/page")).default,
  "log-page": async () => (await import("../dutylog/page")).default,
  "incident-page": async () => (await import("../incidents/onepage")).default,
  "resources-page": async () => (await import("../resources/page")).default,
  "messages-page": async () => (await import("../messages/page")).default,
  "exercises-page": async () => (await import("../exercises/page")).default,
  "policies-page": async () => (await import("../policies/page")).default,
  "plans-page": async () => (await import("../plans/page")).default,
  "briefs-page": async () => (await import("../briefs/page")).default,
  "brief-detail": async () => (await import("../briefs/detail")).default,
  "receipts-page": async () => (await import("../receipts/page")).default,
  "receipt-detail": async () => (await import("../receipts/detail")).default,
  "approvals-page": async () => (await import("../approvals/page")).default,
  "approvals-case": async () => (await import("../approvals/case")).default,
  "approvals-orders": async () => (await import("../approvals/orders")).default,
  "source-summary": async () => (await import("../wall/foot")).SourceSummary,
};

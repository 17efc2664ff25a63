"""The pages: layouts of live panels. What a panel shows is in dashboard/ui/."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import dash
from dash import html
from dash.development.base_component import Component

from dashboard.component import Live
from dashboard.reports import asset_history
from dashboard.reports import pages as reports
from dashboard.reports.parts import ReportPage
from dashboard.reports.registry import REPORT_LIST, REPORTS
from dashboard.shell import SiteLike
from feeds.texts import catalogue as texts


def panel(name: str, *, tag: str = "section", className: str = "panel", **options: str) -> Component:
    """A live panel; `options` become data-* attributes as well."""
    return Live(name, tag=tag, className=f"{className} w-{name}".strip(), options=options)


def _page(name: str, *children: Component) -> Component:
    attributes: dict[str, Any] = {"data-page": name}
    return html.Div(list(children), className=f"page page-{name}", **attributes)


def duty(**_: Any) -> Component:
    """The duty desk: list, map and detail side by side."""
    feeds = html.Div([panel("feed-network"), panel("feed-warnings")], className="desk-feeds")
    middle = html.Div([panel("map", mode="desk"), feeds], className="desk-middle")
    return _page("duty", panel("alert-list"), middle, panel("detail", tag="aside"))


def wall(**_: Any) -> Component:
    """The wall: the present scene left and right of the map, the stage over it, and the figures at the foot."""
    middle = html.Div(
        [panel("map", mode="wall", marks="wall", className=""), panel("wall-middle", tag="div", className="")],
        className="wall-middle",
    )
    parts = ("load-strip", "approval-lights", "warning-chips", "source-summary")
    foot = html.Div([panel(name) for name in parts], className="wall-foot")
    return _page("wall", panel("wall-left"), middle, panel("wall-right"), foot)


def leader(**_: Any) -> Component:
    """The leader's tablet: five questions, each with its answer."""
    return _page("leader", panel("leader-page", tag="div"))


def alerts(**_: Any) -> Component:
    """The list with its detail, what is hidden, and handing over: tabs of one widget."""
    return _page("alerts", panel("alerts-page", tag="div"))


def admin(**_: Any) -> Component:
    """Accounts, tokens, roster, receivers, escalations, rules, settings: for administrators; auditors only read."""
    return _page("admin", panel("admin-page", tag="div"))


def network(**_: Any) -> Component:
    """Health by layer and place, the tree of uplinks, the map, and the evidence for one asset."""
    side = [panel("map", mode="desk", drill="county"), panel("net-evidence", tag="aside")]
    return _page("network", panel("net-scope"), panel("net-tree"), html.Div(side, className="network-side"))


def video(**_: Any) -> Component:
    """The cameras: counts by what fails, and the ladder of each."""
    return _page("video", panel("video-page"))


def sources(**_: Any) -> Component:
    """Every source and role."""
    return _page("sources", panel("sources-page"))


def warnings(**_: Any) -> Component:
    """The warnings: counts and list, the map with their areas, the time line, and one warning in full."""
    side = html.Div([panel("map", mode="desk", focus="warning"), panel("warning-timeline")], className="warnings-side")
    return _page("warnings", panel("warnings-page"), side, panel("warning-detail", tag="aside"))


def receipts(**_: Any) -> Component:
    """The receipts: what nobody has answered and what is done, and one receipt in full."""
    return _page("receipts", panel("receipts-page"), panel("receipt-detail", tag="aside"))


def approvals(department: str = "", **_: Any) -> Component:
    """The backlog of approvals; its script reads the department from the address."""
    return _page("approvals", panel("approvals-page", tag="div", className=""))


def approval_case(key: str = "", **_: Any) -> Component:
    """One case with its calendar clock."""
    return _page("approval-case", panel("approvals-case", tag="div", className=""))


def approval_orders(order_id: str = "", **_: Any) -> Component:
    """Cards and supervision orders, or one order as a sheet."""
    return _page("approval-orders", panel("approvals-orders", tag="div", className=""))


def handover(**_: Any) -> Component:
    """What one shift hands to the next, with both signatures."""
    return _page("handover", panel("handover-page", tag="div", className=""))


def tasks(**_: Any) -> Component:
    """The tasks: what waits for whom, what is late, and one task with its orders."""
    return _page("tasks", panel("tasks-page"))


def incidents(**_: Any) -> Component:
    """The incidents with the reports that are due, and where they are."""
    return _page("incidents", panel("incidents-page"), panel("map", mode="desk", marks="incident"))


def incident(incident_id: str = "", **_: Any) -> Component:
    """One incident at a glance; its script reads the id from the address."""
    return _page(
        "incident", panel("incident-page", tag="div", className=""), panel("map", mode="desk", marks="incident")
    )


def resources(**_: Any) -> Component:
    """The resources of the site by kind, or by distance from a place."""
    return _page("resources", panel("resources-page"), panel("map", mode="desk"))


def log(**_: Any) -> Component:
    """The duty log of a day."""
    return _page("log", panel("log-page"))


def asset(site: SiteLike, asset_id: str = "", **address: Any) -> Component:
    """One asset: what it is, its history, its evidence; the scripts read the id from the address."""
    chart = reports.embedded(asset_history.REPORT, site, {"asset": asset_id}, **address)
    parts = [panel("asset-page", className=""), chart, panel("asset-evidence", className="")]
    return _page("asset", html.Div(parts, className="panel asset-main"), panel("map", mode="desk"))


def missing(**_: Any) -> Component:
    """The page of an unknown address."""
    attributes: dict[str, Any] = {"data-text": "page.missing"}
    return _page("missing", html.Section(html.H1(texts.text("page.missing"), **attributes), className="panel"))


def briefs(**_: Any) -> Component:
    """The briefs: what must go out by when, what went out, and one of them in full."""
    return _page("briefs", panel("briefs-page"), panel("brief-detail", tag="aside"))


def plans(**_: Any) -> Component:
    """The plans: versions, rehearsal, difference, and the orders about them."""
    return _page("plans", panel("plans-page"))


def messages(**_: Any) -> Component:
    """The mass messages: what waits for approval or answers, and what has ended."""
    return _page("messages", panel("messages-page"))


def exercises(**_: Any) -> Component:
    """The exercises with what arrives in them, and their orders."""
    return _page("exercises", panel("exercises-page"))


def policies(**_: Any) -> Component:
    """The reporting policies: shipped profiles, the site's own rows, and their change by two persons."""
    return _page("policies", panel("policies-page"))


def design(**_: Any) -> Component:
    """Every part of the pages in every state."""
    return _page("design", panel("design-page"))


@dataclass(frozen=True, slots=True)
class Page:
    """One page as Dash's router knows it; `title` is a key of the catalogue."""

    name: str
    title: str
    layout: Callable[..., Component]
    path: str | None = None
    template: str | None = None


PAGES = (
    Page("duty", "nav.duty", duty, path="/"),
    Page("wall", "nav.wall", wall, path="/wall"),
    Page("leader", "nav.leader", leader, path="/leader"),
    Page("alerts", "nav.alerts", alerts, path="/alerts"),
    Page("admin", "nav.admin", admin, path="/admin"),
    Page("warnings", "nav.warnings", warnings, path="/warnings"),
    Page("receipts", "nav.receipts", receipts, path="/receipts"),
    Page("incidents", "nav.incidents", incidents, path="/incidents"),
    Page("incident", "nav.incidents", incident, template="/incidents/<incident_id>"),
    Page("resources", "nav.resources", resources, path="/resources"),
    Page("tasks", "nav.tasks", tasks, path="/tasks"),
    Page("log", "nav.log", log, path="/log"),
    Page("handover", "handover.title", handover, path="/handover"),
    Page("plans", "nav.plans", plans, path="/plans"),
    Page("briefs", "nav.briefs", briefs, path="/briefs"),
    Page("messages", "nav.messages", messages, path="/messages"),
    Page("exercises", "nav.exercises", exercises, path="/exercises"),
    Page("policies", "nav.policies", policies, path="/report-policies"),
    Page("network", "nav.network", network, path="/network"),
    Page("video", "nav.video", video, path="/video"),
    Page("approvals", "nav.approvals", approvals, path="/approvals"),
    Page("approval_department", "nav.approvals", approvals, template="/approvals/departments/<department>"),
    Page("approval_case", "approvals.case", approval_case, template="/approvals/cases/<key>"),
    Page("approval_orders", "approvals.orders", approval_orders, path="/approvals/orders"),
    Page("approval_order", "approvals.orders", approval_orders, template="/approvals/orders/<order_id>"),
    Page("sources", "nav.sources", sources, path="/sources"),
    Page("design", "design.title", design, path="/design"),
    Page("not_found_404", "page.missing", missing, path="/not-found"),
)


def asset_page(site: SiteLike) -> Page:
    """The page of an asset, whose history knows the zone of the site."""
    return Page("asset", "asset.title", partial(asset, site), template="/assets/<asset_id>")


def report_pages(site: SiteLike) -> list[Page]:
    """The list of reports and a page for each."""

    def report_page(report: ReportPage, path: str) -> Page:
        return Page(f"report_{report.name}", f"report.{report.name}", partial(reports.layout, report, site), path)

    return [report_page(REPORT_LIST, "/reports"), *(report_page(report, report.address) for report in REPORTS)]


def register(site: SiteLike) -> None:
    """Puts the pages into Dash's registry, which is one for the process: the newest app's pages count."""
    for page in (*PAGES, asset_page(site), *report_pages(site)):
        dash.register_page(  # type: ignore[no-untyped-call]  # Dash does not type it
            f"dashboard.pages.{page.name}",
            path=page.path,
            path_template=page.template,
            title=f"{texts.text(page.title, site.language)} · {site.name}",
            name=page.name,
            layout=page.layout,
        )

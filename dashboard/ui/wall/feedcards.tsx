/** The four feeds of the wall at a glance, as the server counts them (`board` records by feed and by place). */
import { useEffect, useState } from "preact/hooks";
import { warningRegions, warnings } from "../alerts/summary";
import { get } from "../core/api";
import { count, percent } from "../core/format";
import { t } from "../core/i18n";
import { joined, warningEvent, warningPlace } from "../core/names";
import { store } from "../core/picture";
import { covers, site } from "../core/site";
import { minute, now, parse, shortTime } from "../core/time";
import { calmWords } from "../feeds/network";
import { Cells, FeedHead, Figure, placeCodes, sourcesOf, type Cell } from "../feeds/parts";
import { incidentsOf } from "../incidents/records";
import type { BoardRecord } from "../records";

export const boardOf = (id: string): BoardRecord | undefined => store.all("board").get(id);
const wrong = (board: BoardRecord): number => (board.health.down ?? 0) + (board.health.degraded ?? 0);

/** The county's own board of a feed, and the prefecture's own level where it has something. */
function placesOf(feed: string, has: (board: BoardRecord) => boolean): string[] {
  const own = boardOf(`place:${feed}:${site.value.region}`);
  return placeCodes(own !== undefined && has(own));
}

/** A county of things with a health: how many are not well; an outline where something above explains all of them. */
function healthCell(feed: string, code: string): Cell {
  const board = boardOf(`place:${feed}:${code}`);
  const href = `/${feed}?${feed === "video" ? "region" : "county"}=${code}`;
  if (!board?.total) return { code, state: "is-none", text: "", href };
  const n = wrong(board);
  const unknown = board.health.unknown ?? 0;
  const below = n > 0 && board.cut >= n;
  const text = n || unknown ? String(n || unknown) : "";
  return { code, state: below ? "is-under" : `is-${board.worst}`, text, href };
}

export function NetworkCard() {
  const board = boardOf("feed:network");
  const n = board ? wrong(board) : 0;
  const unknown = board?.health.unknown ?? 0;
  const { words, hatched } = calmWords(unknown, board?.total ?? 0, "feed.calm");
  const level = board?.health.down ? "down" : board?.health.degraded ? "degraded" : hatched ? "unknown" : "ok";
  const causes = board?.cut ? t("wall.roots", { n: board.roots, cut: board.cut }) : "";
  return (
    <section class="w-feed-network">
      <FeedHead title={t("feed.network")} feed="network" />
      <Figure value={board?.total ? n : "—"} class={`is-${level}`} word={n ? t("feed.abnormal") : words}
        hatched={!n && hatched} href="/network?bad=1">
        <Lines of={[
          board ? t("feed.normal", { ok: count(board.health.ok ?? 0), all: count(board.total) }) : "",
          joined([causes, unknown && n ? t("feed.unknown", { n: unknown }) : ""]),
        ]} />
      </Figure>
      <Cells cells={placesOf("network", (own) => own.total > 0).map((code) => healthCell("network", code))} />
    </section>
  );
}

export function VideoCard() {
  const board = boardOf("kind:camera");
  const { cameras = {}, total = 0 } = board ?? {};
  const unknown = cameras.unknown ?? 0;
  const ok = cameras.ok ?? 0;
  const n = Math.max(0, total - ok - unknown);
  const { words, hatched } = calmWords(unknown, total, "feed.calm");
  const level = cameras.offline ? "down" : n ? "degraded" : hatched ? "unknown" : "ok";
  return (
    <section class="w-feed-video">
      <FeedHead title={t("wall.video")} feed="video" />
      <Figure value={total ? n : "—"} class={`is-${level}`} word={n ? t("feed.abnormal") : words}
        hatched={!n && hatched} href="/video">
        <Lines of={[
          total ? t("feed.normal", { ok: count(ok), all: count(total) }) : "",
          n || unknown ? t("wall.video.note", { picture: cameras.picture ?? 0, unknown }) : "",
        ]} />
      </Figure>
      <Cells cells={placesOf("video", (own) => own.total > 0).map((code) => healthCell("video", code))} />
    </section>
  );
}

interface Share {
  in_time_share: number | null;
}

/** The share in time of this month, asked every minute while there are cases; null while it is not known. */
function useInTime(cases: boolean): number | null {
  const [share, setShare] = useState<number | null>(null);
  const asked = minute.value;
  useEffect(() => {
    if (!cases) return undefined;
    const aborter = new AbortController();
    get<Share>("/api/v1/approvals/summary?kind=permit", aborter.signal)
      .then((answer) => setShare(answer.in_time_share), () => void (aborter.signal.aborted || setShare(null)));
    return () => aborter.abort();
  }, [cases, asked]);
  return share;
}

const LIGHT_STATES: Readonly<Record<string, string>> = {
  red: "is-down", yellow: "is-yellow", grey: "is-unknown", green: "is-ok",
};

function caseCell(code: string): Cell {
  const board = boardOf(`place:approvals:${code}`);
  const href = `/approvals?region=${code}`;
  if (!board?.light) return { code, state: board?.sources.silent ? "is-unknown" : "is-none", text: "", href };
  const n = board.light === "red" ? board.cases.red : board.light === "yellow" ? board.cases.yellow : 0;
  return { code, state: LIGHT_STATES[board.light] ?? "is-ok", text: n ? String(n) : "", href };
}

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

export function ApprovalsCard() {
  const board = boardOf("feed:approvals");
  const counted = Boolean(board?.light);
  const share = useInTime(counted);
  const red = board?.cases.red ?? 0;
  const silent = parse(board?.cases_silent_since);
  const blind = !counted || silent !== null;
  const calm = counted && silent !== null ? t("wall.approvals.asof", { at: shortTime(silent) })
    : t(counted ? "wall.approvals.calm" : "feed.none");
  const state = red ? "is-down" : blind ? "is-unknown" : "is-ok";
  return (
    <section class="w-feed-approvals">
      <FeedHead title={t("wall.approvals")} feed="approvals" />
      <Figure value={counted ? red : "—"} class={state} word={red ? t("wall.overdue") : calm} hatched={!red && blind}
        href="/approvals">
        <Lines of={counted && board ? [
          t("wall.approvals.note", { yellow: board.cases.yellow ?? 0, open: count(sum(board.cases)) }),
          share === null ? "" : t("wall.approvals.share", { share: percent(share) }),
        ] : []} />
      </Figure>
      <Cells cells={placesOf("approvals", (own) => Boolean(own.light)).map(caseCell)} />
    </section>
  );
}

/** True while no source of public warnings speaks: then "no warning" is not known. */
const noWarningSource = (): boolean => !sourcesOf("emergency").some((source) => source.state === "ok");

function emergencyCell(code: string, blind: boolean): Cell {
  const board = boardOf(`place:emergency:${code}`);
  const [grade] = Object.keys(board?.incidents ?? {}).sort();
  if (grade) return { code, state: `ring-${grade}`, text: grade === "none" ? "?" : grade, href: "/incidents" };
  const worst = warnings.value.real.find((each) => warningRegions(each).some((region) => covers(region, code)));
  const colour = worst ? worst.colour || "none" : "";
  if (colour) return { code, state: `colour-${colour}`, text: t(`colour.letter.${colour}`), href: "/warnings" };
  return { code, state: blind || board?.sources.silent ? "is-unknown" : "is-ok", text: "", href: "/warnings" };
}

/** "至 20:00", or "". */
function ending(at: string | null): string {
  const until = parse(at);
  return until === null ? "" : t("warning.until", { at: shortTime(until) });
}

export function EmergencyCard() {
  void now();
  const { real } = warnings.value;
  const incidents = incidentsOf("open");
  const [top] = real;
  const blind = noWarningSource();
  const same = top ? real.filter((warning) => warning.colour === top.colour) : [];
  const lines = real.slice(0, 2).map((each) => `${warningPlace(each)} ${warningEvent(each)} ${ending(each.expires)}`);
  if (incidents.length && lines.length < 2) lines.unshift(t("wall.incidents.n", { n: incidents.length }));
  const word = top ? t("wall.warnings", { colour: t(`colour.${top.colour || "none"}`) })
    : incidents.length ? t("wall.incidents.word") : t(blind ? "feed.none" : "feed.nowarning");
  const calm = blind ? "is-unknown" : "is-ok";
  const state = top ? `colour-${top.colour || "none"}` : incidents.length ? "is-degraded" : calm;
  const value = top ? same.length : incidents.length || (blind ? "—" : 0);
  return (
    <section class="w-feed-emergency">
      <FeedHead title={t("wall.emergency")} feed="emergency" />
      <Figure value={value} class={state} word={word} hatched={blind && !top && !incidents.length} href="/warnings">
        <Lines of={blind && (top || incidents.length) ? [t("wall.emergency.blind"), ...lines] : lines} />
      </Figure>
      <Cells cells={placesOf("emergency", (own) => sum(own.incidents) > 0).map((code) => emergencyCell(code, blind))} />
    </section>
  );
}

/** Two lines at most beside a figure. */
function Lines({ of }: { of: readonly string[] }) {
  return <>{of.filter(Boolean).slice(0, 2).map((line) => <span key={line} class="figure-line">{line}</span>)}</>;
}

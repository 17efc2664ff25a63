/** The leader's tablet: five questions as headings, always in this order, and what has changed since the last look. */
import { signal } from "@preact/signals";
import { count, duration } from "../core/format";
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { sourceName } from "../core/names";
import { live } from "../core/picture";
import { countyShort, regionName, site } from "../core/site";
import { now, parse, shortTime, stamp } from "../core/time";
import { ApprovalBand } from "./approvals";
import { look, old, seen, useLeader, type Action, type Leader, type Picture, type SeenChange } from "./data";
import { MattersBand } from "./matters";
import { addressOf, Band, Mark, nameOf } from "./parts";
import { WaitingBand } from "./waiting";

/** Server's silence in ms after which the picture is old, as for the banner. */
const STALE = 3500;

export default function LeaderPage() {
  const answer = useLeader();
  if (!answer) return <p class="rows-empty is-hatched">{t("leader.loading")}</p>;
  void now();
  const late = old.value || (live.age() ?? Infinity) > STALE;
  return (
    <div class={`leader${late ? " is-old" : ""}`}>
      <Head answer={answer} late={late} />
      <MattersBand answer={answer} whole={answer.picture.ok && !late} />
      <DoingBand answer={answer} />
      <WaitingBand items={answer.waiting} frozen={late} />
      <ApprovalBand approvals={answer.approvals} failed={answer.failed.approvals} asOf={answer.as_of} />
      <PictureBand picture={answer.picture} asOf={answer.as_of} late={late} />
    </div>
  );
}

const CHANGES = ["new", "worse", "better", "closed"] as const;
const opened = signal(false);

/** How old the picture is when it is not live, and what has changed since the last look. */
function Head({ answer, late }: { answer: Leader; late: boolean }) {
  const { items, more } = answer.since_seen;
  const of = (change: string): number => items.filter((item) => item.change === change).length;
  return (
    <header class="leader-head">
      {late ? <b class="leader-old is-hatched">{t("leader.old", { at: stamp(parse(answer.as_of) ?? 0) })}</b> : null}
      {seen.value ? (
        <button type="button" class="leader-seen" aria-expanded={opened.value}
          onClick={() => void (opened.value = !opened.value)}>
          <span class="quiet">{t("leader.since", { at: shortTime(seen.value.at) })}</span>
          {CHANGES.filter((change) => of(change)).map((change) => (
            <b key={change}>{t(`leader.change.${change}`, { n: of(change) })}</b>
          ))}
          {items.length ? null : <span>{t("leader.nochange")}</span>}
          {more ? <small>{t("leader.more")}</small> : null}
        </button>
      ) : null}
      <a class="leader-button leader-trends" href="/leader/trends">{t("leader.trends")}</a>
      {opened.value ? <SeenList items={items} /> : null}
    </header>
  );
}

function SeenList({ items }: { items: SeenChange[] }) {
  const done = (): void => {
    opened.value = false;
    look();
  };
  return (
    <div class="leader-changes">
      <ol>
        {items.map((item) => (
          <li key={`${item.kind}${item.id}`}>
            <a href={addressOf(item.kind, item.id)} data-inside="">
              <b class={`change-${item.change}`}>{t(`leader.word.${item.change}`)}</b>
              <span>{nameOf(item)} <small>{regionName(item.region)}</small></span>
              <time>{shortTime(parse(item.at))}</time>
            </a>
          </li>
        ))}
      </ol>
      <button type="button" class="leader-button" onClick={done}>{t("leader.looked")}</button>
    </div>
  );
}

function DoingBand({ answer }: { answer: Leader }) {
  return (
    <Band name="doing">
      {answer.doing.map((action) => <Doing key={action.id} action={action} />)}
      <p class="quiet leader-rest">{t(answer.doing.length ? "leader.doing.rest" : "leader.doing.none")}</p>
    </Band>
  );
}

function Doing({ action }: { action: Action }) {
  const { next } = action;
  const at = parse(next?.due_at);
  const left = at === null ? null : at - now();
  const response = action.response ? t("incidents.response", { level: action.response }) : t("incidents.no-response");
  return (
    <a class="leader-doing" href={addressOf("incident", action.id)} data-inside="">
      <Mark grade={action.grade} colour="" kind="incident" />
      <span class="leader-what">
        <b>{action.title || action.id}</b>
        <span>{t(`incidents.phase.${action.phase}`)} · {response}</span>
        <span class={action.commander ? "quiet" : "is-warned"}>
          {action.commander ? t("wall.commander", { name: action.commander }) : t("leader.nocommander")}
        </span>
      </span>
      <span class="leader-next">
        <small>{next ? `${stepWords(next)} ${shortTime(at)}` : ""}</small>
        {next ? <Countdown left={old.value ? null : left} atOnce={at === null} state={next.state} /> : null}
        <small>{t(action.due ? "leader.reports" : "wall.reports.none", { n: action.due, late: action.late })}</small>
      </span>
    </a>
  );
}

const stepWords = (next: { step: string; channel: string }): string =>
  `${t(`incidents.step.${next.step}`)} · ${t(`incidents.by.${next.channel}`)}`;

function Countdown({ left, atOnce, state }: { left: number | null; atOnce: boolean; state: string }) {
  if (atOnce) return <strong class="is-warned">{t("incidents.at-once")}</strong>;
  if (left === null) return <strong>--:--</strong>;
  const tone = left < 0 ? "is-late" : `is-${state}`;
  return <strong class={tone} role="timer">{left < 0 ? "+" : ""}{duration(Math.abs(left))}</strong>;
}

function PictureBand({ picture, asOf, late }: { picture: Picture; asOf: string; late: boolean }) {
  const { blind, counties } = picture;
  const note = t("leader.asof", { at: shortTime(parse(asOf)) });
  return (
    <Band name="picture" note={note}>
      <div class="leader-blind">
        {late ? <b class="is-hatched">{t("leader.notlive")}</b> : null}
        {blind.length ? <b class="is-hatched">{t("leader.blind", { n: blind.length })}</b> : null}
        {picture.ok && !late ? <span>{t("leader.whole")}</span> : null}
        {blind.slice(0, 3).map((part) => (
          <a key={part.kind + part.id} href="/sources" data-inside="">
            {blindName(part)} {part.since ? <Age since={part.since} form="span" text="leader.silent" /> : null}
          </a>
        ))}
      </div>
      <ul class="leader-counties">
        {counties.map((county) => (
          <li key={county.region} class={county.blind ? "is-blind" : ""}><i>{placeOf(county.region)}</i></li>
        ))}
      </ul>
      <dl class="leader-facts">
        <Fact name="sources">{count(picture.sources_ok)} / {count(picture.sources)}</Fact>
        <Fact name="unknown">{count(picture.unknown)}</Fact>
        <Fact name="oldest">{picture.oldest ? <Age since={picture.oldest} form="span" /> : t("leader.nothing")}</Fact>
      </dl>
    </Band>
  );
}

const placeOf = (code: string): string =>
  code === site.value.region ? t("region.own.short") : countyShort(code);

function blindName(part: Picture["blind"][number]): string {
  if (part.kind === "source") return [sourceName(part.id), regionName(part.region)].filter(Boolean).join(" ");
  return part.kind === "feed" ? t(`leader.feed.${part.id}`) : t("leader.role", { name: sourceName(`role.${part.id}`) });
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return <div><dt title={t(`leader.define.${name}`)}>{t(`leader.fact.${name}`)}</dt><dd>{children}</dd></div>;
}

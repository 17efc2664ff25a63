/** What every feed at a glance is made of: a head with the age of the data, a figure in words, and ten counties. */
import type { ComponentChildren } from "preact";
import { sources } from "../alerts/summary";
import { ago, span } from "../core/format";
import { t } from "../core/i18n";
import { sourceName } from "../core/names";
import { counties, countyShort, site } from "../core/site";
import { now, parse, serverNow } from "../core/time";
import type { SourceRecord } from "../records";

/** The sources whose kind begins with the name of the feed; "network" has also those of no other feed. */
export function sourcesOf(feed: string): SourceRecord[] {
  const others = ["video", "approvals", "emergency"];
  return sources.value.filter((source) => {
    const first = source.kind.split(".")[0] ?? "";
    return feed === "network" ? !others.includes(first) : first === feed;
  });
}

/** The name of a feed, and how old its data is or which of its sources is silent. */
export function FeedHead({ title, feed }: { title: string; feed: string }) {
  return (
    <header class="feed-head">
      <h2>{title}</h2>
      <FeedAge feed={feed} />
    </header>
  );
}

function FeedAge({ feed }: { feed: string }) {
  void now();
  const list = sourcesOf(feed);
  const silent = list.filter((source) => source.state === "silent");
  silent.sort((a, b) => (parse(a.silent_since) ?? 0) - (parse(b.silent_since) ?? 0));
  const [first] = silent;
  if (first) {
    const since = serverNow() - (parse(first.silent_since) ?? serverNow());
    const text = t("feed.silent", { name: sourceName(first.id), span: span(since) });
    return <span class="feed-age is-silent"><i>{text}</i></span>;
  }
  const newest = Math.max(...list.map((source) => parse(source.at) ?? 0), 0);
  return <span class="feed-age">{newest ? ago(serverNow() - newest) : t("feed.none")}</span>;
}

interface FigureProps {
  /** The number, or "—" where it is not known. */
  value: number | string;
  class: string;
  word: string;
  hatched?: boolean;
  href: string;
  children: ComponentChildren;
}

/** A number that leads to its list, its word, and its denominator. */
export function Figure({ value, class: name, word, hatched = false, href, children }: FigureProps) {
  return (
    <div class="figure">
      <a class="figure-link" href={href} data-inside="">
        <strong class={name}>{value}</strong>
        <span class={`figure-word${hatched ? " is-hatched" : ""}`}>{word}</span>
      </a>
      <span class="figure-note">{children}</span>
    </div>
  );
}

export interface Cell {
  code: string;
  /** Class of its state: "is-down", "colour-red". */
  state: string;
  text: string;
  href: string;
}

/** One cell a county, and one for the prefecture's own level where `own` says so. */
export function Cells({ cells }: { cells: Cell[] }) {
  return (
    <ul class="cells">
      {cells.map((cell) => {
        const name = cell.code === site.value.region ? t("region.own.short") : countyShort(cell.code);
        return (
          <li key={cell.code} class={`cell ${cell.state}`}>
            <a href={cell.href} data-inside="" title={cell.text ? `${name} ${cell.text}` : name}>
              <span class="cell-box">{cell.text ? <b>{cell.text}</b> : null}</span>
              <span class="cell-name">{name}</span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

/** The codes of the cells: the prefecture's own level first where it has something, then every county. */
export function placeCodes(withOwn: boolean): string[] {
  const codes = counties.value.map((county) => county.adcode);
  return withOwn && site.value.region ? [site.value.region, ...codes] : codes;
}

/** The warnings in force at a glance. */
import { openReceipts, warningRegions, warnings } from "../alerts/summary";
import { t } from "../core/i18n";
import { warningPlace } from "../core/names";
import { Icon } from "../core/shapes";
import { covers } from "../core/site";
import { Cells, FeedHead, Figure, placeCodes, sourcesOf, type Cell } from "./parts";

export default function FeedWarnings() {
  const { real, exercise } = warnings.value;
  // Without a source that speaks, "no warning" is not known: hatched, never calm.
  const blind = !sourcesOf("emergency").some((source) => source.state === "ok");
  const cells = placeCodes(false).map((code): Cell => {
    const worst = real.find((warning) => warningRegions(warning).some((region) => covers(region, code)));
    const state = worst ? `colour-${worst.colour || "none"}` : blind ? "is-unknown" : "is-ok";
    return { code, state, text: worst ? t(`colour.letter.${worst.colour || "none"}`) : "", href: "/warnings" };
  });
  const [top] = real;
  const word = top?.colour ? t("feed.warnings.worst", { colour: t(`colour.${top.colour}`) }) : t("feed.warnings");
  return (
    <>
      <FeedHead title={t("feed.emergency")} feed="emergency" />
      <Figure value={blind && !top ? "—" : real.length} class={top ? `colour-${top.colour || "none"}` : "is-ok"}
        word={word} href="/warnings">
        {top ? warningPlace(top) : t(blind ? "feed.none" : "feed.nowarning")}
        {exercise.length ? `，${t("feed.exercise", { n: exercise.length })}` : ""}
      </Figure>
      <Cells cells={cells} />
      <OpenReceipts />
    </>
  );
}

/** Receipts that nobody has answered; exercises are not among them. */
function OpenReceipts() {
  const { real, late } = openReceipts.value;
  if (!real.length) return null;
  return (
    <a class={`feed-receipts${late ? " is-late" : ""}`} href="/receipts" data-inside="">
      {late ? <Icon shape="triangle" class="is-degraded" /> : null}
      {t(late ? "feed.receipts.late" : "feed.receipts", { n: real.length, late })}
    </a>
  );
}

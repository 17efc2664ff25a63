/** Is anything grave: the worst matter, then how many others. "Nothing" is said only of a whole picture. */
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { Icon } from "../core/shapes";
import { regionName } from "../core/site";
import { parse, shortTime } from "../core/time";
import type { Leader, Matter } from "./data";
import { addressOf, Band, Mark, nameOf } from "./parts";

const FIGURES = ["grave", "light", "dead", "missing"] as const;

export function MattersBand({ answer, whole }: { answer: Leader; whole: boolean }) {
  const [first, ...others] = answer.matters;
  const { exercises, picture: { blind: { length: blind } } } = answer;
  const tone = first ? (first.serious ? `is-serious ring-${first.response || first.grade || "none"}` : "") : "is-calm";
  return (
    <Band name="matters" class={`${tone} colour-${first?.colour || "none"}`}>
      {first ? <First matter={first} /> : <Nothing answer={answer} whole={whole} />}
      <div class="leader-others">
        {others.length ? <Other matter={others[0]!} n={others.length} /> : null}
        {answer.soon.slice(0, 1).map((alert) => (
          <a key={alert.id} class="leader-soon" href={addressOf("alert", alert.id)} data-inside="">
            <Icon shape="diamond" class="is-down" /> {nameOf(alert)} <Age since={alert.since} />
            <small>{t("leader.soon")}</small>
          </a>
        ))}
        {first && !whole ? <b class="is-hatched">{t("leader.incomplete", { n: blind })}</b> : null}
        {exercises ? <span class="leader-exercise">{t("leader.exercises", { n: exercises })}</span> : null}
      </div>
    </Band>
  );
}

/** Never calmer than known: while something is not seen, nothing was seen, and not: there is nothing. */
function Nothing({ answer, whole }: { answer: Leader; whole: boolean }) {
  const blind = answer.picture.blind.length;
  if (whole) {
    return <p class="leader-none">{t("leader.none")} <small>{shortTime(parse(answer.as_of))}</small></p>;
  }
  const words = blind ? t("leader.unseen.n", { n: blind }) : t("leader.unseen");
  return <p class="leader-none"><span class="is-hatched">{words}</span></p>;
}

function First({ matter }: { matter: Matter }) {
  const incident = matter.kind === "incident";
  const words = [matter.place, regionName(matter.region)];
  return (
    <a class="leader-first" href={addressOf(matter.kind, matter.id)} data-inside="">
      <Mark grade={matter.grade} colour={matter.colour} kind={matter.kind} />
      <span class="leader-name">
        <strong>{nameOf(matter)}</strong>
        <span class="quiet">
          {joined(words)} {t(incident ? "wall.received" : "leader.from", { at: shortTime(parse(matter.since)) })}，
          <Age since={matter.since} form="span" text="wall.already" />
        </span>
      </span>
      {incident ? <Three matter={matter} /> : null}
      {incident ? <Figures matter={matter} /> : null}
    </a>
  );
}

function Three({ matter }: { matter: Matter }) {
  const response = matter.response ? t("incidents.response", { level: matter.response }) : t("wall.response.none");
  const flag = matter.response ? `ring-${matter.response}` : "is-none";
  return (
    <dl class="leader-three">
      <div><dt>{t("wall.phase")}</dt><dd>{t(`incidents.phase.${matter.phase}`)}</dd></div>
      <div><dt>{t("wall.grade")}</dt><dd>{t(`incidents.grade.${matter.grade || "none"}`)}</dd></div>
      <div><dt>{t("wall.response")}</dt><dd><span class={`response-flag ${flag}`}>{response}</span></dd></div>
    </dl>
  );
}

/** Dead, missing and hurt as reported; a dash where nobody has reported a figure, which is not none. */
function Figures({ matter }: { matter: Matter }) {
  const any = Object.keys(matter.figures).length > 0;
  return (
    <div class="leader-figures">
      <dl>
        {FIGURES.map((name) => {
          const value = matter.figures[name];
          return (
            <div key={name}>
              <dt>{t(`incidents.figure.${name}`)}</dt><dd class={value ? "" : "is-zero"}>{value ?? "—"}</dd>
            </div>
          );
        })}
      </dl>
      <small>{t(any ? (matter.official ? "leader.official" : "leader.unofficial") : "leader.nofigures")}</small>
    </div>
  );
}

function Other({ matter, n }: { matter: Matter; n: number }) {
  const until = parse(matter.until);
  return (
    <a class="leader-other" href={addressOf(matter.kind, matter.id)} data-inside="">
      <Mark grade={matter.grade} colour={matter.colour} kind={matter.kind} />
      <span>{t("leader.others", { n })} {nameOf(matter)} {regionName(matter.region)}</span>
      <small>{until === null ? "" : t("warning.until", { at: shortTime(until) })}</small>
      <Icon shape="chevron" />
    </a>
  );
}

/** Every part in every state, in colour, shape and word: what pages are made of, and what pictures are compared by. */
import type { ComponentChildren } from "preact";
import { SEVERITIES, WARNING_COLOURS } from "../vocabulary";
import { ListRow, type RowList } from "../alerts/row";
import { alertRow } from "../alerts/rows";
import { Light } from "../approvals/words";
import { duration, span } from "../core/format";
import { t } from "../core/i18n";
import { healthName, severityName } from "../core/names";
import { HealthIcon, Icon, SeverityIcon } from "../core/shapes";
import { Cells, type Cell } from "../feeds/parts";
import { counties } from "../core/site";
import { now } from "../core/time";
import { Message } from "../forms/act";
import { Light as TaskLight } from "../tasks/parts";
import type { TaskRecord } from "../records";
import { examples } from "./examples";
import { Tokens } from "./tokens";

const HEALTHS = ["down", "degraded", "unknown", "under", "ok"];
const GRADES = ["I", "II", "III", "IV"];
const COLOURS = WARNING_COLOURS;
const LIGHTS = ["red", "yellow", "green", "grey"];
const TASK_LIGHTS = ["red", "yellow", "green", "green-done", "grey", ""];
const ALONE: RowList = {
  selected: "selected", chosen: new Set(), unfolded: new Set(), mayChoose: () => false, select: () => {},
  choose: () => {}, fold: () => {},
};

export default function DesignPage() {
  return (
    <div class="design">
      <h1>{t("design.title")}</h1>
      <Part name="tokens"><Tokens /></Part>
      <Part name="health">
        {HEALTHS.map((health) => (
          <Sample key={health} word={healthName(health)}><HealthIcon health={health} /></Sample>
        ))}
      </Part>
      <Part name="severity">
        {SEVERITIES.map((name) => (
          <Sample key={name} word={severityName(name)}><SeverityIcon severity={name} /></Sample>
        ))}
        <Sample word={t("alert.cleared")}><Icon shape="check" class="is-cleared" /></Sample>
      </Part>
      <Part name="grade">{GRADES.map((grade) => (
        <Sample key={grade} word={t(`incidents.grade.${grade}`)}>
          <i class={`grade-ring ring-${grade}`}>{grade}</i>
        </Sample>
      ))}</Part>
      <Part name="response">
        {GRADES.map((level) => (
          <span key={level} class={`response-flag ring-${level}`}>{t("incidents.response", { level })}</span>
        ))}
        <span class="response-flag is-none">{t("wall.response.none")}</span>
      </Part>
      <Part name="warning">{COLOURS.map((colour) => (
        <Sample key={colour} word={t(`colour.${colour}`)}>
          <i class={`chip-colour colour-${colour}`}>{t(`colour.letter.${colour}`)}</i>
        </Sample>
      ))}</Part>
      <Part name="light">{LIGHTS.map((light) => (
        <Sample key={light} word={t(`approvals.light.${light}`)}><Light light={light} /></Sample>
      ))}</Part>
      <Part name="task">{TASK_LIGHTS.map((light) => (
        <Sample key={light} word={t(`tasks.light.${light || "none"}`)}>
          <TaskLight task={{ light } as TaskRecord} />
        </Sample>
      ))}</Part>
      <Part name="cells"><Cells cells={cells()} /></Part>
      <Part name="rows"><Rows /></Part>
      <Part name="figures"><Figures /></Part>
      <Part name="controls"><Controls /></Part>
      <Part name="stamps">
        <b class="stamp">{t("warning.exercise")}</b>
        <b class="is-hatched">{t("feed.none")}</b>
        <span class="feed-age is-silent"><i>{t("feed.silent", { name: "12379", span: span(723_000) })}</i></span>
      </Part>
    </div>
  );
}

function Part({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <section class={`design-part of-${name}`} data-part={name} aria-labelledby={`design-${name}`}>
      <h2 id={`design-${name}`}>{t(`design.${name}`)}</h2>
      <div class="design-samples">{children}</div>
    </section>
  );
}

/** A mark with its word: no mark stands alone. */
function Sample({ word, children }: { word: string; children: ComponentChildren }) {
  return <span class="design-sample">{children} {word}</span>;
}

/** A bar of counties with one cell in each state. */
function cells(): Cell[] {
  const states = ["is-down", "is-degraded", "is-unknown", "is-under", "is-none", "colour-orange", "colour-blue"];
  return counties.value.map(({ adcode }, index): Cell => {
    const state = states[index] ?? "is-ok";
    return { code: adcode, state, text: ["is-ok", "is-none"].includes(state) ? "" : "3", href: "/design" };
  });
}

function Rows() {
  return (
    <div class="design-rows" role="list">
      {examples(now()).map((alert) => (
        <ListRow key={alert.id} row={alertRow(alert, { gone: alert.id === "gone" })} list={ALONE} style="" />
      ))}
    </div>
  );
}

function Figures() {
  return (
    <>
      {["is-down", "is-degraded", "is-unknown", "is-ok"].map((state, index) => (
        <span key={state} class="figure">
          <strong class={state}>{[15, 3, "—", 0][index]}</strong>
          <span class={`figure-word${state === "is-unknown" ? " is-hatched" : ""}`}>
            {t(["feed.abnormal", "feed.abnormal", "feed.none", "feed.calm"][index]!)}
          </span>
        </span>
      ))}
      <b class="countdown">{duration(1_704_000)}</b>
      <b class="countdown is-warned">{duration(284_000)}</b>
      <b class="countdown is-late">+{duration(91_000)}</b>
      <b class="countdown">--:--</b>
    </>
  );
}

function Controls() {
  return (
    <>
      <button type="button" class="primary">{t("ack.button")}</button>
      <button type="button" class="primary" disabled>{t("ack.pending")}</button>
      <button type="button" class="chip" aria-pressed={false}>{t("list.tab.open")} 9</button>
      <button type="button" class="chip" aria-pressed={true}>{t("list.tab.mine")} 4</button>
      <button type="button" class="link">{t("top.sound.all")}</button>
      <input type="search" placeholder={t("list.search")} aria-label={t("list.search")} />
      <Message said={{ kind: "done", text: t("ack.done") }} />
      <Message said={{ kind: "error", text: t("ack.error.busy") }} />
    </>
  );
}

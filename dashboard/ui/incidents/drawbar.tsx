/** The bar over the map of an incident: what to draw, what is measured, a step back, and the last mark taken back. */
import { useEffect, useState } from "preact/hooks";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { store } from "../core/picture";
import { mayDo } from "../core/site";
import { shownIncident } from "./address";
import {
  begin, cancel, complete, deliverWaiting, drawing, drawn, finish, MEASURE, measured, refused, stepBack, TOOLS, undo,
  waiting, type Drawing, type Measured, type Tool,
} from "./drawing";
import { rowOf } from "./records";
import { KINDS_BY_TOOL } from "../vocabulary";

const AGAIN = 5000;

export function DrawBar() {
  const id = shownIncident();
  const incident = id ? rowOf(id) : undefined;
  const ready = store.ready.value;
  const waits = waiting.value.length;
  useEffect(() => cancel, [id]);
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setInterval(deliverWaiting, AGAIN);
    if (ready) deliverWaiting();
    return () => clearInterval(timer);
  }, [waits > 0, ready]);
  if (!id || !incident) return null;
  const may = mayDo("command") && incident.drawable;
  return (
    <div class="drawbar" role="group" aria-label={t("marks.draw")}>
      {drawing.value ? <Progress it={drawing.value} /> : <Choice incident={id} may={may} />}
      {waits ? <p class="is-hatched" role="status">{t("marks.waiting", { n: waits })}</p> : null}
      {refused.value ? <p class="is-bad" role="alert">{refused.value}</p> : null}
    </div>
  );
}

function Choice({ incident, may }: { incident: string; may: boolean }) {
  const [shape, setShape] = useState<Tool | null>(null);
  const [text, setText] = useState("");
  return (
    <>
      <div class="drawbar-row">
        {may ? TOOLS.map((name) => (
          <button key={name} type="button" class="chip" data-shape={name} aria-pressed={shape === name}
            onClick={() => setShape(shape === name ? null : name)}>
            {t(`marks.shape.${name}`)}
          </button>
        )) : null}
        <button type="button" class="chip" data-measure="" onClick={() => begin(incident, MEASURE)}>
          {t("marks.measure")}
        </button>
        {drawn.value.some((mark) => mark.incident === incident) && may ? (
          <button type="button" class="chip" data-undo="" onClick={() => void undo(incident)}>{t("marks.undo")}</button>
        ) : null}
      </div>
      {shape ? (
        <div class="drawbar-row">
          <input aria-label={t("marks.field.text")} placeholder={t("marks.field.text")} maxLength={200} value={text}
            onInput={(event) => setText(event.currentTarget.value)} />
          {KINDS_BY_TOOL[shape].map((kind) => (
            <button key={kind} type="button" class="chip" data-kind={kind}
              onClick={() => begin(incident, kind, text.trim())}>
              {t(`marks.kind.${kind}`)}
            </button>
          ))}
        </div>
      ) : null}
    </>
  );
}

function Progress({ it }: { it: Drawing }) {
  const name = it.shape === MEASURE ? t("marks.measure") : t(`marks.kind.${it.kind}`);
  const many = it.shape === "line" || it.shape === "area";
  return (
    <div class="drawbar-row">
      <b>{name}</b>
      <span class="quiet">{t(`marks.how.${it.shape}`)}</span>
      {measured.value ? <span data-measured="">{measureWords(measured.value)}</span> : null}
      {it.points.length ? (
        <button type="button" class="chip" data-step-back="" onClick={stepBack}>{t("marks.step-back")}</button>
      ) : null}
      {many ? (
        <button type="button" class="primary" data-finish="" disabled={!complete(it)} onClick={() => void finish()}>
          {t("marks.finish")}
        </button>
      ) : null}
      <button type="button" class="chip" data-cancel="" onClick={cancel}>{t("form.cancel")}</button>
    </div>
  );
}

const length = (value: number): string =>
  value < 1000 ? t("marks.metres", { n: Math.round(value) }) : t("marks.kilometres", { n: (value / 1000).toFixed(2) });

/** Length, area and bearing as the server measured them. */
export function measureWords({ length_m: along, area_m2: area, bearing }: Measured): string {
  const wide = area < 1e6 ? t("marks.square-metres", { n: count(Math.round(area)) })
    : t("marks.square-kilometres", { n: (area / 1e6).toFixed(3) });
  const parts = [
    t("marks.length", { length: length(along) }), area ? t("marks.area", { area: wide }) : "",
    bearing === null ? "" : t("marks.bearing", { n: Math.round(bearing) }),
  ];
  return joined(parts);
}

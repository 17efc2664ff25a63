/** The marks of one incident with their authors and ages, a form to draw, and withdrawing. */
import type { Position } from "geojson";
import { send } from "../core/api";
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { mayDo } from "../core/site";
import type { Field, Option, Values } from "../forms/field";
import { openForm } from "../forms/form";
import type { IncidentRecord, MarkRecord } from "../records";
import { personName } from "../shell/duty";
import { begin } from "./drawing";
import { isEstimate, marksOf, useMarks } from "./marks";
import { rowOf } from "./records";

const POINTS = [
  "hazard", "command-post", "assembly", "medical", "checkpoint", "supplies", "shelter", "water",
  "helicopter", "closure",
];

export function Marks({ incident }: { incident: IncidentRecord }) {
  useMarks();
  const marks = marksOf(incident.id);
  const may = mayDo("command") && incident.drawable;
  return (
    <section class="incident-marks">
      <header class="feed-head">
        <h2>{t("marks.title")}</h2>
        {may ? (
          <button type="button" class="chip" data-draw="" onClick={() => openDraw(incident)}>{t("marks.draw")}</button>
        ) : null}
      </header>
      {marks.length ? <ul>{marks.map((mark) => <Row key={mark.id} mark={mark} may={may} />)}</ul>
        : <p class="quiet">{t("marks.none")}</p>}
    </section>
  );
}

function Row({ mark, may }: { mark: MarkRecord; may: boolean }) {
  return (
    <li data-id={mark.id} class={mark.stale ? "is-stale" : ""}>
      <b>{t(`marks.kind.${mark.kind}`)}</b>
      <span>{[mark.text, isEstimate(mark) ? t("marks.estimate") : ""].filter(Boolean).join(" · ")}</span>
      <small class="quiet">
        {[personName(mark.author), mark.versions.length > 1 ? t("marks.version", { n: mark.versions.length }) : ""]
          .filter(Boolean).join(" ")} <Age since={mark.at} form="ago" />
      </small>
      {may ? (
        <button type="button" class="chip" data-revise="" onClick={() => openRevise(mark)}>{t("marks.revise")}</button>
      ) : null}
      {may && !isEstimate(mark) ? (
        <button type="button" class="chip" data-redraw=""
          onClick={() => begin(mark.incident, mark.kind, mark.text, mark)}>
          {t("marks.redraw")}
        </button>
      ) : null}
      {may ? (
        <button type="button" class="chip" data-withdraw="" onClick={() => openWithdraw(mark)}>
          {t("marks.withdraw")}
        </button>
      ) : null}
    </li>
  );
}

/** The form of another text or age of a mark, also of somebody else's: a new version with its author. */
function openRevise(mark: MarkRecord): void {
  openForm({
    title: `${t("marks.revise")} · ${t(`marks.kind.${mark.kind}`)}`,
    parts: [
      { name: "text", label: t("marks.field.text"), max: 200 },
      { name: "hours", label: t("marks.field.hours"), kind: "number", min: 0.25, max: 720, step: "any" },
      { name: "reason", label: t("resources.field.reason"), max: 200 },
    ],
    initial: { text: mark.text, hours: mark.stale_after / 3600, reason: "" },
    label: t("marks.revise"),
    save: ({ text, hours, reason }) => send("PUT", `/api/v1/marks/${encodeURIComponent(mark.id)}`, {
      text, reason, stale_after: Number(hours) * 3600, rev: mark.rev,
    }),
  });
}

function openWithdraw(mark: MarkRecord): void {
  openForm({
    title: `${t("marks.withdraw")} · ${t(`marks.kind.${mark.kind}`)}`,
    parts: [{ name: "reason", label: t("resources.field.reason"), max: 200 }],
    initial: { reason: "" },
    label: t("marks.withdraw"),
    save: (values) => {
      const search = new URLSearchParams({ rev: String(mark.rev), reason: String(values.reason) });
      return send("DELETE", `/api/v1/marks/${encodeURIComponent(mark.id)}?${search}`);
    },
  });
}

const figure = (name: string, required = false): Field =>
  ({ name, label: t(`marks.field.${name}`), kind: "number", required, step: "any" });

/** Points by their position, circles and wind sectors by their figures; the place of the incident is proposed. */
function openDraw(incident: IncidentRecord): void {
  openFigures(incident, { kind: "circle", lat: incident.lat ?? "", lon: incident.lon ?? "" });
}

/** The form of a wind sector whose source was pressed on the map. */
export function openSector(id: string, [lon, lat]: Position, text: string): void {
  const incident = rowOf(id);
  if (!incident) return;
  openFigures(incident, { kind: "sector", lat: Number(lat!.toFixed(6)), lon: Number(lon!.toFixed(6)), text });
}

function openFigures(incident: IncidentRecord, given: Values): void {
  const kinds = ["circle", "sector", ...POINTS].map((kind): Option => [kind, t(`marks.kind.${kind}`)]);
  openForm({
    title: `${t("marks.draw")} · ${incident.title}`,
    parts: [
      [{ name: "kind", label: t("marks.field.kind"), kind: "select", options: kinds },
        { name: "text", label: t("marks.field.text"), max: 200 }],
      [figure("lat", true), figure("lon", true)],
      [figure("radius_m"), figure("distance_m")],
      [figure("wind_from"), figure("wind_ms"), { name: "wind_source", label: t("marks.field.wind_source"), max: 200 }],
      { words: <p class="quiet">{t("marks.note")}</p> },
    ],
    initial: {
      text: "", radius_m: "", distance_m: "", wind_from: "", wind_ms: "", wind_source: "", ...given,
    },
    label: t("marks.draw"),
    save: (values) => send("POST", "/api/v1/marks", { incident: incident.id, ...formOf(values) }),
  });
}

const numberOf = (value: unknown): number | null => (value === "" || value === null ? null : Number(value));

function formOf(values: Values): Values {
  const { kind, text } = values;
  const [lat, lon] = [numberOf(values.lat), numberOf(values.lon)];
  if (kind !== "circle" && kind !== "sector") {
    return { kind, text, geometry: { type: "Point", coordinates: [lon, lat] } };
  }
  const drawing = {
    lat, lon, radius_m: numberOf(values.radius_m) ?? 0, distance_m: numberOf(values.distance_m) ?? 0,
    wind_from: numberOf(values.wind_from), wind_ms: numberOf(values.wind_ms), wind_source: values.wind_source,
  };
  return { kind, text, drawing };
}

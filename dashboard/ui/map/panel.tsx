/** The panel of the map: canvas, legend, switches of layers. What is switched off stands in the address. */
import { useEffect, useRef, useState } from "preact/hooks";
import { query, setQuery } from "../core/address";
import { language, t } from "../core/i18n";
import { HealthIcon, Icon } from "../core/shapes";
import { webglWorks } from "../core/vendor";
import { DrawBar } from "../incidents/drawbar";
import { draftFeatures, drawing, finish, place } from "../incidents/drawing";
import { markFeatures, useMarks } from "../incidents/marks";
import { WindArrow } from "../incidents/wind";
import { MapView, type Hint } from "./view";

const SWITCHES = ["nodes", "links", "warnings", "roads", "water"] as const;

interface Props {
  mode?: "wall" | "desk";
  /** "county": a press on a county narrows the page to it, and the camera follows. */
  drill?: string;
  /** "warning": the chosen one stands out, the camera shows its areas; exercises are drawn while they are listed. */
  focus?: string;
  /** "incident": the marks of the incident that is chosen are drawn, and may be drawn; "wall": those of a scene. */
  marks?: string;
}

export default function MapPanel({ mode = "desk", drill, focus, marks }: Props) {
  if (!webglWorks()) {
    return <div class="map-box map-none"><div class="map-message" role="status">{t("map.nowebgl")}</div></div>;
  }
  return (
    <Drawn wall={mode === "wall"} drill={drill === "county"} focus={focus === "warning"}
      marks={Boolean(marks)} draws={marks === "incident"} />
  );
}

const pressCounty = (code: string): void => setQuery({ county: query("county") === code ? null : code, unit: null });

const pressWarning = (id: string): void => setQuery({ warning: id }, { open: !query("warning") });

interface DrawnProps {
  wall: boolean;
  drill: boolean;
  focus: boolean;
  marks: boolean;
  draws: boolean;
}

const draft = {
  active: (): boolean => drawing.value !== null, features: draftFeatures, place,
  finish: (): void => void finish(),
};

function Drawn({ wall, drill, focus, marks, draws }: DrawnProps) {
  const under = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLDivElement>(null);
  const view = useRef<MapView | null>(null);
  useMarks(marks);
  const [ready, setReady] = useState(false);
  const [hint, setHint] = useState<Hint | null>(null);
  const off = (query("off") ?? "").split(",").filter(Boolean);
  const county = drill ? query("county") : null;
  const warning = focus ? query("warning") : null;
  useEffect(() => {
    const onCounty = drill ? pressCounty : undefined;
    const onWarning = focus ? pressWarning : undefined;
    const onReady = (): void => setReady(true);
    const exercises = focus ? () => query("show") === "exercise" : undefined;
    const drawn = marks ? markFeatures : undefined;
    const made = new MapView(under.current!, canvas.current!, {
      wall, onHint: setHint, onCounty, onWarning, exercises, onReady, marks: drawn, draft: draws ? draft : undefined,
    });
    view.current = made;
    void made.start();
    return () => made.end();
  }, []);
  useEffect(() => {
    if (ready) for (const name of SWITCHES) view.current?.toggle(name, !off.includes(name));
  }, [ready, off.join()]);
  useEffect(() => {
    if (ready && drill) view.current?.showCounty(county);
  }, [ready, county]);
  useEffect(() => {
    if (ready && focus) view.current?.showWarning(warning);
  }, [ready, warning]);
  return (
    <div class="map-box" data-ready={ready ? "true" : undefined}>
      <div class="map-canvas map-ground" ref={under} aria-hidden="true" />
      <div class="map-canvas" ref={canvas} />
      {wall ? null : <Switches off={off} home={() => view.current?.home()} />}
      {draws ? <DrawBar /> : null}
      {marks ? <WindArrow /> : null}
      <Legend />
      <div class="map-credits">{t("map.credits")}</div>
      {hint ? <Tip hint={hint} /> : null}
    </div>
  );
}

function Switches({ off, home }: { off: string[]; home: () => void }) {
  const flip = (name: string): void => {
    const next = off.includes(name) ? off.filter((other) => other !== name) : [...off, name];
    setQuery({ off: next.join() || null });
  };
  return (
    <div class="map-switches" role="group" aria-label={t("map.layers")}>
      {SWITCHES.map((name) => (
        <button key={name} type="button" class="chip" aria-pressed={!off.includes(name)} data-layer={name}
          onClick={() => flip(name)}>
          {t(`layer.${name}`)}
        </button>
      ))}
      <button type="button" class="chip" onClick={home}>{t("map.home")}</button>
    </div>
  );
}

function Tip({ hint }: { hint: Hint }) {
  const place = `transform:translate(${Math.round(hint.x + 14)}px,${Math.round(hint.y + 10)}px)`;
  return <div class="map-tip" style={place}>{`${hint.name}，${t(`health.${hint.state}`)}`}</div>;
}

function Legend() {
  void language();
  return (
    <div class="map-legend">
      {["ok", "down", "degraded", "unknown", "under"].map((health) => (
        <span key={health} class="legend-item"><HealthIcon health={health} />{t(`health.${health}`)}</span>
      ))}
      <span class="legend-item"><i class="swatch-warning" />{t("legend.warning")}</span>
      <span class="legend-item"><i class="swatch-hatch" />{t("legend.silent")}</span>
      <span class="legend-item legend-kinds">
        {(["circle", "square", "hexagon", "pentagon"] as const).map((shape) => (
          <span key={shape} class="legend-item"><Icon shape={shape} />{t(`shape.${shape}`)}</span>
        ))}
      </span>
    </div>
  );
}

/** The map: the live picture in MapLibre's own layers, over the site's own geometry on a map below it. */
import { effect, signal } from "@preact/signals";
import type { Map as LibraryMap, MapMouseEvent, PointLike } from "maplibre-gl";
import { warnings } from "../alerts/summary";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { select, selection } from "../core/selection";
import { countyName, geometry } from "../core/site";
import type { Changed } from "../core/store";
import { loadMapLibre } from "../core/vendor";
import { followDraft, type Draft } from "./drafting";
import { collection, extent, ground, isSilent, seats, stateOf, warningAreas } from "./features";
import { GroundMap } from "./groundmap";
import { GEOMETRY } from "./groundstyle";
import { addImages } from "./images";
import { FONT_CSS, type State } from "./ink";
import { NodeLayer } from "./nodelayer";
import { Pace } from "./pace";
import { Pulses } from "./pulses";
import { Sources } from "./sources";
import { liveStyle } from "./style";

type Collection = ReturnType<typeof collection>;
// Asked for while the page finds out who looks; a view that had no answer asks again.
for (const early of [loadMapLibre(), ...GEOMETRY.map((name) => geometry(name))]) early.catch(() => null);
const NEAR = 9;
const MOST_LISTED = 1000;

export interface Hint {
  x: number;
  y: number;
  name: string;
  state: State;
}

export interface Settings {
  /** A wall, which nobody touches. */
  wall: boolean;
  /** Called with what lies under the pointer. */
  onHint: (hint: Hint | null) => void;
  /** Called with the county that was pressed where no node is. */
  onCounty?: ((code: string) => void) | undefined;
  /** Called with the warning that was pressed where no node is. */
  onWarning?: ((id: string) => void) | undefined;
  exercises?: (() => boolean) | undefined; // whether the page lists exercises: no other map draws one
  onReady: () => void;
  /** The marks to draw, with their words; asked again when one of them changes. */
  marks?: (() => Collection) | undefined;
  draft?: Draft | undefined;
}

export class MapView {
  private map: LibraryMap | null = null;
  private ground: GroundMap | null = null;
  private sources: Sources | null = null;
  private nodes: NodeLayer | null = null;
  private readonly geo: Partial<Record<string, Collection>> = {};
  private readonly stops: (() => void)[] = [];
  private readonly k: number;
  private readonly chosenWarning = signal<string | null>(null);
  private pulses: Pulses | null = null;
  private pace: Pace | null = null;
  private moved = false;
  private frame = (): void => this.home(false);
  private ended = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private drawnAt = 0;
  private places = "";
  private markIds: readonly string[] = [];

  /** Draws in two elements, of which `under` has the ground and `canvas`, over it, the live picture. */
  constructor(
    private readonly under: HTMLElement, private readonly canvas: HTMLElement, private readonly settings: Settings,
  ) {
    this.k = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  }

  async start(): Promise<void> {
    const [library] = await Promise.all([loadMapLibre(), this.loadGeometry()]);
    if (this.ended) return;
    const { wall } = this.settings;
    const map = new library.Map({
      container: this.canvas, style: liveStyle(this.k), localIdeographFontFamily: FONT_CSS, attributionControl: false,
      interactive: !wall, minZoom: 5, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 0,
      bounds: this.bounds(), fitBoundsOptions: { padding: this.padding() }, renderWorldCopies: false, maxZoom: 18,
    });
    this.map = map;
    this.geo.counties!.features.forEach((county, index) => (county.id = index + 1));
    this.ground = new GroundMap(library, this.under, map, ground(this.geo), this.k);
    if (this.settings.marks) map.addControl(new library.ScaleControl({ maxWidth: 120 * this.k }), "bottom-left");
    for (const control of [map.touchZoomRotate, map.keyboard]) control?.disableRotation();
    this.pulses = new Pulses(library, map);
    this.pace = new Pace(map);
    map.on("error", (event) => console.warn("map", event.error?.message));
    map.once("style.load", () => this.begin());
    map.on("resize", () => void (!this.moved && this.frame()));
    for (const kind of ["dragstart", "wheel"] as const) map.on(kind, () => void (this.moved = true));
    if (!wall) this.listen(map);
  }

  end(): void {
    this.ended = true;
    if (this.timer) clearTimeout(this.timer);
    for (const stop of this.stops) stop();
    this.pulses?.clear();
    this.ground?.end();
    this.map?.remove();
    this.map = null;
  }

  private async loadGeometry(): Promise<void> {
    const answers = await Promise.allSettled(GEOMETRY.map((name) => geometry(name)));
    answers.forEach((answer, index) => {
      if (answer.status === "fulfilled") this.geo[GEOMETRY[index]!] = answer.value as unknown as Collection;
    });
    this.geo.counties ??= collection([]);
  }

  private bounds(): [number, number, number, number] {
    const whole = this.geo.prefecture?.features.length ? this.geo.prefecture : this.geo.counties;
    return extent(whole?.features ?? []);
  }

  private padding(): { top: number; bottom: number; left: number; right: number } {
    const { k } = this;
    if (this.settings.wall) return { top: 34 * k, bottom: 56 * k, left: 30 * k, right: 30 * k };
    return { top: 52, bottom: 56, left: 20, right: 56 };
  }

  /** Shows the whole prefecture. */
  home(animate = true): void {
    this.moved = false;
    this.frame = () => this.home(false);
    const animated = animate && !this.settings.wall;
    this.map?.fitBounds(this.bounds(), { padding: this.padding(), animate: animated, duration: 300 });
  }

  /** Shows one county, or the whole prefecture for null. */
  showCounty(code: string | null): void {
    const county = this.geo.counties?.features.find((feature) => String(feature.properties?.adcode) === code);
    if (!county) return void (this.moved && this.home());
    this.moved = true;
    this.map?.fitBounds(extent([county]), { padding: 60, duration: 300 });
  }

  /** Lets one warning stand out and shows its areas; null: the whole prefecture again. */
  showWarning(id: string | null): void {
    this.chosenWarning.value = id;
    const warning = id ? store.peek("warning").get(id) : undefined;
    if (!warning) return void (this.moved && this.home());
    const { features } = warningAreas([warning], [], this.geo.counties!, "", id);
    if (!features.length) return;
    this.moved = true;
    this.map?.fitBounds(extent(features), { padding: 70, maxZoom: 12, duration: 300 });
  }

  private begin(): void {
    addImages(this.map!);
    this.sources = new Sources(this.map!);
    this.nodes = new NodeLayer(this.map!, this.sources, this.k);
    this.draw();
    this.stops.push(store.listen((changed) => this.follow(changed)));
    this.stops.push(effect(() => this.drawPlaces()));
    this.stops.push(effect(() => this.drawWarnings()));
    if (this.settings.marks) this.stops.push(effect(() => this.drawMarks()));
    if (this.settings.draft) this.stops.push(followDraft(this.map!, this.sources, this.settings.draft));
    this.stops.push(effect(() => this.drawSelection(selection.value.asset)));
    const drawn = new Promise<void>((then) => this.sources!.whenDrawn(["nodes"], then));
    void Promise.all([drawn, this.ground!.drawn]).then(() => void (!this.ended && this.settings.onReady()));
  }

  /** Draws again after what nodes are made of has changed: a whole picture at once, else as often as the map can be. */
  private follow(changed: Changed): void {
    if (!(changed.reset || changed.asset.size || changed.alert.size) || (this.timer && !changed.reset)) return;
    const wait = changed.reset ? 0 : Math.max(0, this.drawnAt + this.pace!.interval - performance.now());
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.draw();
    }, wait);
  }

  private draw(): void {
    this.drawnAt = performance.now();
    this.pace?.begin();
    const alerts = store.peek("alert");
    this.nodes?.update(store.peek("asset"), alerts.values());
    this.pulses?.update(alerts.values(), (id) => this.nodes?.at(id) ?? null);
  }

  /** Draws the seats and what is silent, when either has changed: boards change often, these seldom. */
  private drawPlaces(): void {
    const counties = this.geo.counties!;
    const boards = store.all("board");
    const drawn = seats(counties, boards, (code) => countyName(code));
    const silent = counties.features.map(({ properties }) => {
      return isSilent(boards.get(`region:${String(properties?.adcode)}`));
    });
    const signature = JSON.stringify([drawn.features.map(({ properties }) => properties), silent]);
    if (signature === this.places) return;
    this.places = signature;
    this.sources?.set("seats", drawn);
    this.ground?.hatch(counties.features.filter((_, index) => silent[index]).map(({ id }) => Number(id)));
  }

  private drawWarnings(): void {
    const { real, exercise } = warnings.value, id = this.chosenWarning.value;
    const chosen = id ? store.all("warning").get(id) : undefined;
    const ended = chosen && chosen.state !== "active" ? [chosen] : [];
    const [actual, practised] = chosen?.status === "Exercise" ? [[], ended] : [ended, []];
    const areas = [[...real, ...actual], [...(this.settings.exercises?.() ? exercise : []), ...practised]] as const;
    this.sources?.set("warnings", warningAreas(...areas, this.geo.counties!, t("warning.exercise"), id));
  }

  /** Draws the marks, and shows where they are when others are drawn than before; `frame` does so after a resize. */
  private drawMarks(): void {
    const drawn = this.settings.marks!();
    this.sources?.set("marks", drawn);
    const ids = drawn.features.map((feature) => String(feature.properties?.id));
    const same = ids.some((id) => this.markIds.includes(id)) || (!ids.length && !this.markIds.length);
    this.markIds = ids;
    if (same || !drawn.features.length) return void (!same && this.settings.wall && this.home());
    const box = extent(drawn.features);
    this.moved = false;
    this.frame = () => {
      const [x, y] = [this.canvas.clientWidth / 10, this.canvas.clientHeight / 5];
      const padding = { top: Math.min(110, y), bottom: Math.min(80, y), left: x, right: x };
      this.map?.fitBounds(box, { padding, maxZoom: 14, duration: 0 });
    };
    this.frame();
  }

  private drawSelection(id: string | null): void {
    const at = (id && this.nodes?.at(id)) || null;
    const geometry = { type: "Point" as const, coordinates: at ?? [] };
    this.sources?.set("selected", collection(at ? [{ type: "Feature", properties: {}, geometry }] : []));
    if (at && this.map && !this.map.getBounds().contains(at)) this.map.easeTo({ center: at, duration: 300 });
  }

  private listen(map: LibraryMap): void {
    map.on("click", (event) => this.press(map, event));
    map.on("mousemove", (event) => {
      const node = this.nodeAt(map, event.point);
      if (this.settings.draft?.active()) return void (map.getCanvas().style.cursor = "crosshair");
      map.getCanvas().style.cursor = node || this.clusterAt(map, event.point) ? "pointer" : "";
      const asset = node ? store.peek("asset").get(node) : undefined;
      const { x, y } = event.point;
      this.settings.onHint(asset ? { x, y, name: asset.name, state: stateOf(asset) } : null);
    });
    map.on("mouseout", () => this.settings.onHint(null));
  }

  private nodeAt(map: LibraryMap, { x, y }: { x: number; y: number }): string | null {
    const around: [PointLike, PointLike] = [[x - NEAR, y - NEAR], [x + NEAR, y + NEAR]];
    const near = map.queryRenderedFeatures(around, { layers: ["nodes-marks"] }).map((feature) => {
      const point = map.project((feature.geometry as GeoJSON.Point).coordinates as [number, number]);
      return { key: String(feature.properties.key), far: Math.hypot(point.x - x, point.y - y) };
    });
    return near.sort((a, b) => a.far - b.far)[0]?.key ?? null;
  }

  private clusterAt(map: LibraryMap, point: PointLike): GeoJSON.Feature | null {
    return map.queryRenderedFeatures(point, { layers: ["clusters"] })[0] ?? null;
  }

  private press(map: LibraryMap, event: MapMouseEvent): void {
    if (this.settings.draft?.active()) return this.settings.draft.place([event.lngLat.lng, event.lngLat.lat]);
    const node = this.nodeAt(map, event.point);
    if (node) return select({ asset: node, alert: alertOn(node) });
    const cluster = this.clusterAt(map, event.point);
    if (cluster) return this.openCluster(map, Number(cluster.properties?.cluster_id));
    const [area] = this.settings.onWarning
      ? map.queryRenderedFeatures(event.point, { layers: ["warning-fill", "warning-edge", "warning-exercise"] }) : [];
    if (area) return this.settings.onWarning?.(String(area.properties.id));
    const county = this.settings.onCounty && this.ground!.countyAt(event.point);
    if (county) this.settings.onCounty?.(county);
  }

  /** Goes where the cluster falls apart; members that stand in one place are listed. */
  private openCluster(map: LibraryMap, id: number): void {
    const members = this.nodes!.members(id, MOST_LISTED);
    select({ place: members.map((node) => String(node.properties?.key)) });
    const box = extent(members);
    if (box[2] - box[0] + box[3] - box[1] < 0.002) return;
    this.moved = true;
    map.fitBounds(box, { padding: 90, maxZoom: 17, duration: 400 });
  }

  toggle(group: string, on: boolean): void {
    this.sources?.toggle(group, on);
    this.ground?.toggle(group, on);
  }
}

/** The open alert on an asset that people should see first. */
function alertOn(asset: string): string | null {
  const alerts = [...store.peek("alert").values()];
  const mine = alerts.filter((alert) => alert.asset === asset && alert.subject_kind === "asset");
  return (mine.find((alert) => !alert.suppressed_by.length) ?? mine[0])?.id ?? null;
}

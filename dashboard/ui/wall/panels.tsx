/** The left, the middle and the right of the wall: each draws its part of the present scene. */
import { computed } from "@preact/signals";
import { address, query } from "../core/address";
import { t } from "../core/i18n";
import { now } from "../core/time";
import { FirstSteps, inventoryEmpty } from "../feeds/first";
import { matters } from "./matters";
import { sceneAt } from "./scene";
import { SCENES } from "./scenes";
import Stage from "./stage";

const scene = computed(() => sceneAt(SCENES, query("scene"), now()));

export function WallLeft() {
  const { name, Left } = scene.value;
  return <div key={name} class="scene-left" data-scene={name}><Left /></div>;
}

export function WallRight() {
  const { name, Right } = scene.value;
  return <div key={name} class="scene-right" data-scene={name}><Right /></div>;
}

/** What covers the map in some scenes, the stage over both, and the names of the scenes. */
export function WallMiddle() {
  const { name, Middle } = scene.value;
  const staged = matters.value.length ? " has-stage" : "";
  return (
    <>
      {inventoryEmpty.value
        ? <div class="scene-middle"><FirstSteps /></div>
        : Middle ? <div key={name} class={`scene-middle${staged}`}><Middle /></div> : null}
      <div class="w-stage"><Stage /></div>
      <Turns />
    </>
  );
}

/** The scenes by name, the present one bright. A press pins one, a second press lets them turn again. */
function Turns() {
  const pinned = query("scene");
  return (
    <nav class="turns" aria-label={t("wall.scenes")}>
      {SCENES.filter((each) => each === scene.value || (each.present?.() ?? true)).map(({ name }) => (
        <a key={name} href={address("", { scene: pinned === name ? null : name })} data-inside=""
          aria-current={scene.value.name === name ? "true" : undefined}>
          {t(`wall.scene.${name}`)}{pinned === name ? ` ${t("wall.pinned")}` : ""}
        </a>
      ))}
    </nav>
  );
}

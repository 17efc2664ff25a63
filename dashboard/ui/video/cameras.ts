/** The cameras that this person sees, in the face of lists, and what is chosen of them. */
import { computed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { query, setQuery } from "../core/address";
import { ExtraView } from "../core/extraview";
import { store } from "../core/picture";
import { inOrder, inScope, type Camera, type Scope } from "./states";

const view = new ExtraView("cameras", { kind: "asset", face: "camera", filter: { kind: "camera" } });

/** A camera as it is now. */
export const cameraNow = (id: string): Camera | undefined => view.all().get(id) as unknown as Camera | undefined;

export const cameras = computed(() => inOrder([...view.all().values()] as unknown as Camera[]));

/** Asks for the cameras while the panel is there. True once they are here. */
export function useCameras(): boolean {
  useEffect(() => store.need(view), []);
  return view.ready.value || cameras.value.length > 0;
}

export const scope = computed<Scope>(() => ({
  group: query("group") ?? "",
  region: query("region") ?? "",
  unit: query("unit") ?? "",
  recorder: query("recorder") ?? "",
  fault: query("fault") ?? "",
  maker: query("maker") ?? "",
  key: query("key") === "yes",
  conflict: query("conflict") === "yes",
}));

/** Narrows the list; another list begins at its first page. */
export const narrow = (values: Readonly<Record<string, string | null>>): void => setQuery({ ...values, page: null });

export const chosen = computed(() => cameras.value.filter((camera) => inScope(camera, scope.value)));

/** True for what cameras hang on. */
export const isRecorder = (asset: { kind: string } | undefined): boolean =>
  asset?.kind === "nvr" || asset?.kind === "platform";

/** The recorder or platform that a camera hangs on, "" without one. */
export const recorderOf = (camera: Pick<Camera, "parents">): string =>
  camera.parents.find((id) => isRecorder(store.all("asset").get(id))) ?? "";

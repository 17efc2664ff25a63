/** Choosing an asset in the tree or among the causes. */
import { store } from "../core/picture";
import { select } from "../core/selection";

/** Chooses an asset, with the open alert on it if there is one. */
export function selectAsset(id: string): void {
  const alert = [...store.peek("alert").values()].find((each) => each.subject_kind === "asset" && each.asset === id);
  select({ asset: id, alert: alert?.id ?? null });
}

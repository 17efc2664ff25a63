/** The names of the units that may be given tasks, asked for once. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../core/api";
import { pick, t } from "../core/i18n";

interface Offered {
  units: { id: string; name: Record<string, string> }[];
}

const offered = signal<Offered["units"] | null>(null);
let asked = false;

/** Asks for the units while a panel shows some. */
export function useUnits(): void {
  useEffect(() => {
    if (asked) return;
    asked = true;
    get<Offered>("/api/v1/task_choices").then(({ units }) => (offered.value = units), () => (asked = false));
  }, []);
}

/** The name of a unit in the language of the page, its id until that is known. */
export function unitName(id: string): string {
  const unit = offered.value?.find((each) => each.id === id);
  return unit ? pick(unit.name) || id : id;
}

interface Holder {
  unit: string;
  role: string;
  post: string;
}

/** Who has a task, or is to have it, in words. */
export function holderName({ unit, role, post }: Holder): string {
  if (unit) return unitName(unit);
  if (post) return t(`incidents.post.${post}`);
  return role ? t(`role.name.${role}`) : "";
}

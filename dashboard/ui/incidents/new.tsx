/** The form of a new incident: what is known is enough, the rest follows. */
import { send } from "../core/api";
import { navigate } from "../core/address";
import { t } from "../core/i18n";
import { counties, me, site } from "../core/site";
import { openForm } from "../forms/form";
import type { Option } from "../forms/field";
import type { IncidentRecord } from "../records";
import { incidentPath } from "./address";
import { choices, classOptions } from "./choices";

/** Opens the form; its moment is that of the receipt. */
export function openNew(): void {
  const opened = new Date().toISOString();
  void choices().then((offered) => openForm({
    title: t("incidents.new"),
    parts: [
      { name: "text", label: t("incidents.field.text"), kind: "lines", required: true, autoFocus: true, max: 4000 },
      [
        { name: "event_class", label: t("incidents.field.class"), kind: "select", options: classOptions(offered) },
        { name: "region", label: t("incidents.field.region"), kind: "select", options: regions() },
      ],
      [
        { name: "place", label: t("incidents.field.place"), max: 200 },
        { name: "mode", label: t("incidents.field.mode"), kind: "select", options: modes() },
      ],
    ],
    initial: { text: "", event_class: "", region: me.value.region || site.value.region, place: "", mode: "real" },
    label: t("incidents.create"),
    save: async (values) => {
      const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
      const made = await send<IncidentRecord>("POST", "/api/v1/incidents", { ...given, received_at: opened });
      navigate(incidentPath(made.id));
      return made;
    },
  }));
}

const modes = (): Option[] => [["real", t("incidents.mode.real")], ["exercise", t("warning.exercise")]];

function regions(): Option[] {
  const own: Option = [site.value.region, site.value.name];
  return [own, ...counties.value.map(({ adcode, name }): Option => [adcode, name])];
}

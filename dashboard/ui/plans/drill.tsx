/** The form of a drill: the plan is played in an exercise of its own. */
import { navigate } from "../core/address";
import { send } from "../core/api";
import { pick, t } from "../core/i18n";
import { counties, site } from "../core/site";
import type { Option } from "../forms/field";
import { openForm } from "../forms/form";
import { incidentPath } from "../incidents/address";
import type { PlanRecord, ProposalRecord } from "../records";

const SPEEDS = ["1", "2", "5", "10", "30", "60"];

/** Opens the form; the exercise is shown when it is there. */
export function openDrill(plan: PlanRecord): void {
  const levels = plan.levels.map(({ level }): Option => [level, t("incidents.response", { level })]);
  const regions: Option[] = [[site.value.region, site.value.name],
    ...counties.value.map(({ adcode, name }): Option => [adcode, name])];
  openForm({
    title: `${t("plans.order.drill")} · ${pick(plan.name)}`,
    parts: [
      { words: <p class="stamp is-exercise">{t("plans.drill.note")}</p> },
      { name: "text", label: t("plans.drill.text"), kind: "lines", max: 4000 },
      [
        { name: "level", label: t("incidents.field.level"), kind: "select", options: levels },
        { name: "speed", label: t("plans.drill.speed"), kind: "select",
          options: SPEEDS.map((speed): Option => [speed, `×${speed}`]) },
      ],
      [
        { name: "region", label: t("incidents.field.region"), kind: "select", options: regions },
        { name: "place", label: t("incidents.field.place"), max: 200 },
      ],
    ],
    initial: { text: "", level: plan.levels.at(-1)?.level ?? "IV", speed: "1", region: site.value.region, place: "" },
    label: t("plans.order.drill"),
    save: async (values) => {
      const path = `/api/v1/plans/${encodeURIComponent(plan.id)}/drill`;
      const made = await send<ProposalRecord>("POST", path, { ...values, speed: Number(values.speed) });
      navigate(incidentPath(made.incident));
      return made;
    },
  });
}

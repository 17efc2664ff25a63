/** The forms of a new exercise and of what arrives in one by hand. */
import { get, send } from "../core/api";
import { pick, t, type ByLanguage } from "../core/i18n";
import { counties, site } from "../core/site";
import { keysOf, type Option } from "../forms/field";
import { openForm } from "../forms/form";
import type { ExerciseRecord } from "../records";
import { choices, classOptions } from "../incidents/choices";

const SPEEDS = ["1", "2", "5", "10", "30", "60"];

interface Named {
  id: string;
  name: string;
}

/** The form of a new exercise: nobody who is not named in it is ever called. */
export async function openExercise(): Promise<void> {
  const [{ persons }, { units }] = await Promise.all([
    get<{ persons: Named[] }>("/api/v1/roster"),
    get<{ units: { id: string; name: ByLanguage }[] }>("/api/v1/task_choices"),
  ]);
  const regions: Option[] = [[site.value.region, site.value.name],
    ...counties.value.map(({ adcode, name }): Option => [adcode, name])];
  const people: Option[] = [
    ...units.map(({ id, name }): Option => [`unit:${id}`, pick(name)]),
    ...persons.map(({ id, name }): Option => [id, name]),
  ];
  openForm({
    title: t("exercises.new"),
    parts: [
      { name: "title", label: t("incidents.field.title"), required: true, autoFocus: true, max: 60 },
      [
        { name: "region", label: t("incidents.field.region"), kind: "select", options: regions },
        { name: "speed", label: t("plans.drill.speed"), kind: "select",
          options: SPEEDS.map((speed): Option => [speed, `×${speed}`]) },
      ],
      { name: "participants", label: t("exercises.field.participants"), kind: "choices", options: people,
        note: t("exercises.field.participants.note") },
    ],
    initial: { title: "", region: site.value.region, speed: "1", participants: [] },
    label: t("exercises.prepare"),
    save: ({ title, region, speed, participants }) => send("POST", "/api/v1/exercises", {
      title, region, speed: Number(speed), participants: keysOf(participants),
    }),
  });
}

/** The form of what arrives now: a call, as the intake gets it. */
export function openInject(exercise: ExerciseRecord): void {
  void choices().then((offered) => openForm({
    title: `${t("exercises.order.inject")} · ${exercise.title}`,
    parts: [
      { name: "text", label: t("incidents.field.text"), kind: "lines", required: true, autoFocus: true, max: 4000 },
      [
        { name: "class", label: t("incidents.field.class"), kind: "select", options: classOptions(offered) },
        { name: "place", label: t("incidents.field.place"), max: 200 },
      ],
    ],
    initial: { text: "", class: "", place: "" },
    label: t("exercises.order.inject"),
    save: (body) => send("POST", `/api/v1/exercises/${encodeURIComponent(exercise.id)}/inject`, {
      kind: "receipt", body, rev: exercise.rev,
    }),
  }));
}

/** The tasks of the site in full, those of exercises included. */
import { useEffect } from "preact/hooks";
import { ExtraView } from "../core/extraview";
import { store } from "../core/picture";
import type { TaskRecord } from "../records";

const view = new ExtraView("tasks", { kind: "task", face: "full", filter: { mode: "*" } });

/** Asks for the tasks while the panel is there. True once they are here. */
export function useTasks(): boolean {
  useEffect(() => store.need(view), []);
  return view.ready.value;
}

/** Every task by id. */
export const tasks = (): ReadonlyMap<string, TaskRecord> => view.all();

/** The tasks of an incident, as they were numbered. */
export const tasksOfIncident = (incident: string): TaskRecord[] =>
  [...view.all().values()].filter((task) => task.incident === incident)
    .sort((a, b) => (a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : a.id < b.id ? -1 : 1));

/** The address of the page of one incident. */
import { path, query } from "../core/address";

const PREFIX = "/incidents/";

export const incidentPath = (id: string): string => PREFIX + encodeURIComponent(id);

/** The incident whose page is open, null on other pages. */
export const shownIncident = (): string | null =>
  path().startsWith(PREFIX) ? decodeURIComponent(path().slice(PREFIX.length)) : query("incident");

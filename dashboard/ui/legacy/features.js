// What the running server can do, for widgets that have not moved yet.
import { serverHas } from "../core/features";
export const has = (app, route) => serverHas(route);

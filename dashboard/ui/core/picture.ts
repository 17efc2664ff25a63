/** The one live picture of the page. */
import { Live } from "./live";
import { Store } from "./store";

export const store = new Store();
export const live = new Live(store);

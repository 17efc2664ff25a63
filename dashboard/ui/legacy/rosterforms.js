// The substitute's dialog, for the widget of handing over, which has not moved yet.
import { openSubstitute } from "../admin/rosterforms";

export const substituteDialog = (view) => openSubstitute(view.answer, () => view.app.duty.ask());

/** The filters of the alerts page. They stand in the address, so that what one sees can be linked to. */
import { useState } from "preact/hooks";
import { query, setQuery } from "../core/address";
import { t } from "../core/i18n";
import { kindName, severityName } from "../core/names";
import { store } from "../core/picture";
import { me, regionName, site } from "../core/site";
import type { AlertRecord } from "../records";
import { SEVERITIES } from "../vocabulary";
import { FEEDS, inScope, SCOPES, STATES, type AlertFilter, type Scope } from "./filter";

const NONE = { severity: null, what: null, state: null, region: null };

export function Filters({ filter, alerts }: { filter: AlertFilter; alerts: readonly AlertRecord[] }) {
  const [open, setOpen] = useState(false);
  const set = Boolean(filter.severity || filter.what || filter.state || filter.region);
  // What an account may not see is counted, so that nobody takes a part for the whole.
  const outside = store.hidden.value.alert ?? 0;
  return (
    <div class={`filters${open ? " is-open" : ""}`}>
      <div class="tabs scopes" role="tablist" aria-label={t("filter.scope")}>
        {SCOPES.map((scope) => <ScopeTab key={scope} scope={scope} filter={filter} alerts={alerts} />)}
      </div>
      <button type="button" class={`chip filter-open${set ? " is-set" : ""}`} aria-expanded={open}
        onClick={() => setOpen(!open)}>
        {t("filter.open")}
      </button>
      <div class="filter-fields">
        <Choice name="severity" any={t("filter.severity.any")}
          options={SEVERITIES.map((name) => [name, severityName(name)])} />
        <What alerts={alerts} />
        <Choice name="state" any={t("filter.state.any")} options={STATES.map((name) => [name, t(`isa.${name}`)])} />
        {filter.region ? (
          <button type="button" class="chip is-chosen" data-filter="region" onClick={() => setQuery({ region: null })}>
            {regionName(filter.region)} ×
          </button>
        ) : null}
        {set ? (
          <button type="button" class="link" data-filter-clear="" onClick={() => setQuery(NONE)}>
            {t("filter.clear")}
          </button>
        ) : null}
      </div>
      {outside ? <span class="filter-hidden quiet">{t("filter.hidden", { n: outside })}</span> : null}
    </div>
  );
}

function ScopeTab({ scope, filter, alerts }: { scope: Scope; filter: AlertFilter; alerts: readonly AlertRecord[] }) {
  const name = scope === "region" ? regionName(me.value.region || site.value.region) : t(`filter.scope.${scope}`);
  const count = alerts.reduce((sum, alert) => sum + Number(inScope(alert, scope)), 0);
  return (
    <button type="button" role="tab" class="chip" data-scope={scope} aria-selected={scope === filter.scope}
      onClick={() => setQuery({ scope: scope === "all" ? null : scope })}>
      {name} {count}
    </button>
  );
}

interface ChoiceProps {
  name: string;
  any: string;
  options: readonly (readonly [value: string, words: string])[];
}

function Choice({ name, any, options }: ChoiceProps) {
  return (
    <select data-filter={name} aria-label={t(`filter.${name}`)} value={query(name) ?? ""}
      onChange={(event) => setQuery({ [name]: event.currentTarget.value })}>
      <option value="">{any}</option>
      {options.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
    </select>
  );
}

/** Where an alert comes from, or the kind of its asset. Only kinds that have an alert are offered. */
function What({ alerts }: { alerts: readonly AlertRecord[] }) {
  const assets = store.peek("asset");
  const kinds = new Set(alerts.map((alert) => assets.get(alert.asset)?.kind ?? "").filter(Boolean));
  return (
    <select data-filter="what" aria-label={t("filter.what")} value={query("what") ?? ""}
      onChange={(event) => setQuery({ what: event.currentTarget.value })}>
      <option value="">{t("filter.what.any")}</option>
      <optgroup label={t("filter.feeds")}>
        {FEEDS.map((feed) => <option key={feed} value={`feed=${feed}`}>{t(`filter.feed.${feed}`)}</option>)}
      </optgroup>
      {kinds.size ? (
        <optgroup label={t("filter.kinds")}>
          {[...kinds].sort().map((kind) => <option key={kind} value={`kind=${kind}`}>{kindName(kind)}</option>)}
        </optgroup>
      ) : null}
    </select>
  );
}

/** The reporting policies: the shipped profiles, the rows of the site itself, and their change by two persons. */
import { useState } from "preact/hooks";
import { send } from "../core/api";
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { mayOrder, me } from "../core/site";
import { parse, stamp } from "../core/time";
import { useDetail } from "../core/usedetail";
import { Message, useAct } from "../forms/act";
import { personName } from "../shell/duty";
import { EmergencyTabs } from "../warnings/tabs";
import { Draft } from "./draft";
import { OWN, PATH, type PolicyRow, type ReportPolicies } from "./records";
import { Rows } from "./rows";

const PROPOSE = ["leader", "admin"];
const CONFIRM = ["leader"];

export default function PoliciesPage() {
  const [version, setVersion] = useState(0);
  const { detail, missing } = useDetail<ReportPolicies>(PATH, [version]);
  const again = (): void => setVersion(version + 1);
  return (
    <>
      <EmergencyTabs here="policies" />
      {detail ? <Whole key={detail.rev} policies={detail} again={again} />
        : <p class="rows-empty">{t(missing ? "policies.refused" : "policies.loading")}</p>}
    </>
  );
}

interface WholeProps {
  policies: ReportPolicies;
  again: () => void;
}

function Whole({ policies, again }: WholeProps) {
  const names = [...(policies.own ? [OWN] : []), ...policies.profiles];
  const [shown, show] = useState(names[0] ?? "");
  const [draft, setDraft] = useState<readonly PolicyRow[] | null>(null);
  const rows = policies.items.filter(({ profile }) => profile === shown);
  const begin = (): void => setDraft(rows.map(bare));
  return (
    <div class="policies">
      <p class="policies-state">{inForce(policies)}</p>
      {policies.proposed ? <Proposed policies={policies} again={again} /> : null}
      <div class="warnings-filters" role="group" aria-label={t("policies.profiles")}>
        {names.map((name) => (
          <button key={name} type="button" class="chip" aria-pressed={name === shown} data-profile={name}
            onClick={() => show(name)}>{t(`policies.profile.${name}`)}</button>
        ))}
        {mayOrder(PROPOSE) && draft === null ? (
          <button type="button" class="chip primary" data-new="" onClick={begin}>{t("policies.draft")}</button>
        ) : null}
      </div>
      {draft === null ? <Rows rows={rows} />
        : <Draft rows={draft} policies={policies} set={setDraft} again={again} />}
    </div>
  );
}

/** A row without its profile, as it is sent. */
function bare(row: PolicyRow & { profile?: string }): PolicyRow {
  const { profile, ...values } = row;
  return profile === undefined ? row : values;
}

/** What applies now, and by whom. */
function inForce({ own, by, confirmed_by: second, confirmed_at: at }: ReportPolicies): string {
  if (!own) return t("policies.of-settings");
  return t("policies.of-site", { by: personName(by), second: personName(second), at: stamp(parse(at) ?? 0) });
}

function Proposed({ policies: { proposed, rev }, again }: WholeProps) {
  const act = useAct();
  if (!proposed) return null;
  const order = (name: string): void => void act.run(() => send("POST", `${PATH}/${name}`, { rev })).then(
    (answer) => void (answer === undefined || again()));
  const own = proposed.by === me.value.name;
  return (
    <section class="policies-proposed" data-proposed="">
      <h2>{t("policies.proposed")}</h2>
      <p>{joined([personName(proposed.by), stamp(parse(proposed.at) ?? 0), proposed.reason])}</p>
      {proposed.rows ? <Rows rows={proposed.rows} /> : <p>{t("policies.back")}</p>}
      <div class="incident-orders">
        {mayOrder(CONFIRM) && !own ? (
          <button type="button" class="primary" data-order="confirm" disabled={act.busy}
            onClick={() => order("confirm")}>{t("policies.confirm")}</button>
        ) : <small>{t("policies.second")}</small>}
        {mayOrder(PROPOSE) ? (
          <button type="button" class="chip" data-order="drop" disabled={act.busy}
            onClick={() => order("drop")}>{t("policies.drop")}</button>
        ) : null}
      </div>
      <Message said={act.said} />
    </section>
  );
}

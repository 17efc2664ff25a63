/** Sends a real message to a receiver and says in words what became of it. */
import { useState } from "preact/hooks";
import { send } from "../core/api";
import { pick, t, type ByLanguage } from "../core/i18n";
import type { Field } from "../forms/field";
import { Form, type Part } from "../forms/form";
import type { Receiver } from "./receiverlist";
import { rosterPeople } from "./scope";

interface Outcome {
  ok: boolean;
  outcome: string;
  message: ByLanguage;
}

export function ReceiverTest({ receiver, sent }: { receiver: Receiver; sent: () => void }) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const people = rosterPeople();
  const person: Field = {
    name: "person", label: t("receivers.test.person"), kind: "select",
    options: [["", "—"], ...people.map(({ id, name }) => [id, name] as const)],
  };
  const parts: Part[] = [
    { words: <p class="quiet">{t("receivers.test.what")}</p> },
    ...(receiver.personal || people.length ? [person] : []),
    ...(receiver.personal ? [{ name: "to", label: t("receivers.test.to"), max: 200 }] : []),
    { words: outcome ? <OutcomeLine outcome={outcome} /> : null },
  ];
  const save = async (values: Record<string, unknown>): Promise<boolean> => {
    setOutcome(null);
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value));
    setOutcome(await send<Outcome>("POST", `/api/v1/receivers/${encodeURIComponent(receiver.id)}:test`, given));
    return true;
  };
  return (
    <Form initial={{ person: "", to: "" }} parts={parts} save={save} done={sent} label={t("receivers.test.send")} />
  );
}

function OutcomeLine({ outcome }: { outcome: Outcome }) {
  return (
    <p class={`form-message ${outcome.ok ? "is-done" : "is-error"}`} role="status" data-outcome="">
      {t(`receivers.outcome.${outcome.outcome}`)} · {pick(outcome.message)}
    </p>
  );
}

/** The form of a receiver. */
import { send } from "../core/api";
import { t } from "../core/i18n";
import type { Field, Option, Values } from "../forms/field";
import { openForm, type Part } from "../forms/form";
import { PATH, writable, type Receiver, type Receivers } from "./receiverlist";
import { siteRegions } from "./regions";
import { feedOptions, severityOptions } from "./scope";
import type { AdminView } from "./view";

/** The fields that a template may hold, in braces. */
const TEMPLATE_FIELDS = [
  "site", "reason", "severity", "title", "text", "asset", "asset_id", "kind", "region", "since", "affected", "id",
  "person", "link",
].map((name) => `{${name}}`).join(" ");

export function openReceiver(view: AdminView<Receivers>, receiver: Receiver | null = null): void {
  openForm({
    title: receiver ? t("receivers.edit.title", { id: receiver.id }) : t("receivers.add"),
    wide: true,
    initial: valuesOf(receiver),
    parts: parts(receiver),
    save: (values, say) => save(view, receiver, values, say),
    done: () => view.act.say("done", t("form.saved")),
  });
}

function valuesOf(receiver: Receiver | null): Values {
  const { subject = {}, text = {} } = receiver?.templates ?? {};
  return {
    id: receiver?.id ?? "", language: receiver?.language ?? "", url: receiver?.url ?? "",
    severities: receiver?.severities ?? [], feeds: receiver?.feeds ?? [], regions: receiver?.regions ?? [],
    rate: receiver?.rate ?? "", reserve: receiver?.reserve ?? 5, to: receiver?.to ?? "",
    direct: receiver?.direct !== false, subject_zh: subject["zh-CN"] ?? "", subject_en: subject.en ?? "",
    text_zh: text["zh-CN"] ?? "", text_en: text.en ?? "",
    sms: receiver?.sms ? JSON.stringify(receiver.sms, null, 2) : "", comment: "",
  };
}

function parts(receiver: Receiver | null): Part[] {
  const languages: Option[] = [["", t("receivers.language.any")], ["zh-CN", "中文"], ["en", "English"]];
  const template = (name: string, kind: "text" | "lines"): Field => {
    return { name, label: t(`receivers.${name.replace("_", ".")}`), kind, max: 2000, rows: 2 };
  };
  const choice = (name: string, options: Option[]): Field => {
    return { name, label: t(`receivers.${name}`), kind: "choices", options };
  };
  return [
    [
      { name: "id", label: t("receivers.id"), required: true, max: 64, readOnly: receiver !== null },
      { name: "language", label: t("receivers.language"), kind: "select", options: languages },
    ],
    { name: "url", label: t("receivers.url"), note: t("receivers.url.note"), required: true, max: 2000, mono: true },
    choice("severities", severityOptions()), choice("feeds", feedOptions()), choice("regions", siteRegions()),
    { words: <p class="quiet">{t("receivers.all.note")}</p> },
    [
      { name: "rate", label: t("receivers.rate"), placeholder: "20/min" },
      { name: "reserve", label: t("receivers.reserve"), kind: "number", min: 0, max: 1000 },
      { name: "to", label: t("receivers.to"), max: 200 },
    ],
    { name: "direct", label: t("receivers.direct"), kind: "check" },
    {
      fold: t("receivers.more"),
      parts: [
        [template("subject_zh", "text"), template("subject_en", "text")],
        [template("text_zh", "lines"), template("text_en", "lines")],
        { words: <p class="quiet mono">{TEMPLATE_FIELDS}</p> },
        { name: "sms", label: t("receivers.sms"), note: t("receivers.sms.note"), kind: "code", rows: 5 },
      ],
    },
    { name: "comment", label: t("rules.comment"), max: 500 },
  ];
}

/** The settings of a gateway, null for none, undefined for text that is no JSON. */
function readGateway(text: string): unknown {
  if (!text) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The whole list goes back: what is not in it is removed. */
async function save(
  view: AdminView<Receivers>, receiver: Receiver | null, values: Values, say: (text: string) => void,
): Promise<boolean> {
  const { answer } = view;
  if (!answer) return false;
  const { subject_zh, subject_en, text_zh, text_en, sms, comment, reserve, ...rest } = values;
  const gateway = readGateway(sms as string);
  if (gateway === undefined) {
    say(t("receivers.sms.bad"));
    return false;
  }
  const own = writable(answer);
  const item = {
    ...own.find((other) => other.id === receiver?.id), ...rest, reserve: Number(reserve || 0), sms: gateway,
    templates: { subject: { "zh-CN": subject_zh, en: subject_en }, text: { "zh-CN": text_zh, en: text_en } },
  };
  const items = receiver ? own.map((other) => (other.id === receiver.id ? item : other)) : [...own, item];
  view.take(await send<Receivers>("PUT", PATH, { rev: answer.rev, comment, items }));
  return true;
}

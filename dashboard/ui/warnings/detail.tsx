/** One warning: what, where, until when, what lies inside, what to do; then its messages, findings and original. */
import { query, setQuery } from "../core/address";
import { language, pick, t, tOr } from "../core/i18n";
import { warningTitle } from "../core/names";
import { store } from "../core/picture";
import { duration } from "../core/format";
import { regionName } from "../core/site";
import { now, parse, stamp } from "../core/time";
import { useDetail } from "../core/usedetail";
import type { WarningDetail } from "../records";
import { Inside } from "./inside";
import { colourOf } from "./order";
import { Stamp, StateWord } from "./page";

export default function WarningDetailPanel() {
  const id = query("warning");
  return id ? <Detail key={id} id={id} /> : null;
}

function Detail({ id }: { id: string }) {
  const path = `/api/v1/warnings/${encodeURIComponent(id)}`;
  const { detail: whole, missing } = useDetail<WarningDetail>(path, [store.all("warning").get(id)]);
  return (
    <article class={`warning-detail colour-${whole ? colourOf(whole) : "none"}`} data-id={id}>
      <button type="button" class="chip warning-close" onClick={() => setQuery({ warning: null })}>
        {t("warnings.close")}
      </button>
      {whole ? <Whole warning={whole} />
        : <p class="rows-empty">{t(missing ? "warnings.missing" : "warnings.loading")}</p>}
    </article>
  );
}

function Whole({ warning }: { warning: WarningDetail }) {
  const own = warning.texts[language()] ?? {};
  const instruction = own.instruction || warning.instruction;
  return (
    <>
      <header>
        <p><Stamp status={warning.status} /><StateWord warning={warning} /></p>
        <h2><i class="chip-colour">{t(`colour.letter.${colourOf(warning)}`)}</i>{warningTitle(warning)}</h2>
        <p>{own.headline || warning.headline}</p>
      </header>
      <Times warning={warning} />
      {instruction ? <p class="instruction">{instruction}</p> : null}
      {own.description || warning.description
        ? <p class="warning-text">{own.description || warning.description}</p> : null}
      <Areas warning={warning} />
      <Inside warning={warning} />
      <Chain warning={warning} />
      <Facts warning={warning} />
      <Findings warning={warning} />
      <Languages warning={warning} />
      <Original warning={warning} />
    </>
  );
}

function Times({ warning }: { warning: WarningDetail }) {
  const at = now();
  const ends = parse(warning.expires);
  const left = warning.state === "active" && ends !== null && ends > at ? duration(ends - at) : "";
  const rows: [string, string | null, string][] = [
    ["sent", warning.sent, ""], ["onset", warning.onset, ""], ["expires", warning.expires, left],
    ["ended", warning.ended_at, ""],
  ];
  return (
    <dl class="facts">
      {rows.map(([name, value, note]) => {
        const time = parse(value);
        return time === null ? null : (
          <div key={name}>
            <dt>{t(`warnings.${name}`)}</dt><dd><time>{stamp(time)}</time>{note ? ` (${note})` : ""}</dd>
          </div>
        );
      })}
      {warning.lapsed ? <div><dt>{t("warnings.end")}</dt><dd class="is-lapsed">{t("warnings.lapsed")}</dd></div> : null}
    </dl>
  );
}

function Areas({ warning }: { warning: WarningDetail }) {
  return (
    <section>
      <h3>{t("warnings.areas")}</h3>
      <ul>
        {warning.areas.map((area, index) => (
          <li key={index}>
            {[area.text, area.regions.map(regionName).join(t("list.and")), area.geocodes.join(" ")]
              .filter(Boolean).join(" · ")}
            {area.resolved ? <small>{` ${t(`warnings.resolved.${area.resolved}`)}`}</small> : null}
          </li>
        ))}
      </ul>
      {warning.areas.length ? null : <p class="quiet">{t("warnings.noarea")}</p>}
    </section>
  );
}

/** The chain of updates; a press opens another of its messages. */
function Chain({ warning }: { warning: WarningDetail }) {
  return (
    <section>
      <h3>{t("warnings.chain")}</h3>
      <ol class="warning-chain">
        {warning.chain.map((link) => (
          <li key={link.id} class={`colour-${link.colour || "none"}`} aria-current={link.id === warning.id}>
            <button type="button" class="link" disabled={link.id === warning.id}
              onClick={() => setQuery({ warning: link.id }, { open: true })}>
              <i class="chip-colour">{t(`colour.letter.${link.colour || "none"}`)}</i>
              <time>{stamp(parse(link.sent) ?? 0)}</time>
              <b>{t(`warnings.type.${link.msg_type}`)}</b> {link.headline}
              {" "}<small>{t(`warning.state.${link.state}`)}</small>
            </button>
          </li>
        ))}
      </ol>
      <details>
        <summary>{t("warnings.life", { n: warning.transitions.length })}</summary>
        <ol class="warning-life">
          {warning.transitions.map((step) => (
            <li key={step.seq}>
              <time>{stamp(parse(step.at) ?? 0)}</time> {tOr(`warnings.step.${step.name}`, step.name)}
              {step.cause && step.cause !== warning.id ? <small class="mono">{` ${step.cause}`}</small> : null}
            </li>
          ))}
        </ol>
      </details>
    </section>
  );
}

function Facts({ warning }: { warning: WarningDetail }) {
  const signature = warning.signature || "none";
  const rows: [string, string][] = [
    ["sender", warning.sender_name ? `${warning.sender_name} (${warning.sender})` : warning.sender],
    ["identifier", warning.identifier],
    ["source", warning.source],
    ["grades", [warning.urgency, warning.severity, warning.certainty].filter(Boolean)
      .map((word) => tOr(`cap.${word}`, word)).join(" · ")],
    ["signature", t(`warnings.signature.${signature.replace(" ", "_")}`)],
    ["scope", warning.scope === "Public" ? "" : [tOr(`warnings.scope.${warning.scope}`, warning.scope),
      warning.restriction].filter(Boolean).join(" · ")],
    ["note", warning.note],
    ["contact", warning.contact],
    ["web", warning.web],
  ];
  return (
    <dl class="facts">
      {rows.map(([name, value]) => value ? (
        <div key={name} data-fact={name} class={name === "signature" && signature === "invalid" ? "is-bad" : undefined}>
          <dt>{t(`warnings.fact.${name}`)}</dt><dd>{value}</dd>
        </div>
      ) : null)}
    </dl>
  );
}

function Findings({ warning }: { warning: WarningDetail }) {
  if (!warning.findings.length) return null;
  return (
    <section>
      <h3>{t("warnings.findings", { n: warning.findings.length })}</h3>
      <ul class="warning-findings">
        {warning.findings.map((finding, index) => (
          <li key={index} class={finding.error ? "is-error" : ""}>
            <code>{finding.code}</code> {pick(finding.message)}
            <small class="mono">
              {[finding.xpath, finding.line ? t("warnings.line", { n: finding.line }) : "", finding.value]
                .filter(Boolean).join(" · ")}
            </small>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What the message says in other languages. */
function Languages({ warning }: { warning: WarningDetail }) {
  const others = Object.entries(warning.texts).filter(([name]) => name !== language() && name !== warning.language);
  return (
    <>
      {others.map(([name, texts]) => (
        <details key={name}>
          <summary>{t("warnings.language", { name })}</summary>
          <div lang={name}>{Object.entries(texts).map(([part, text]) => <p key={part}>{text}</p>)}</div>
        </details>
      ))}
    </>
  );
}

function Original({ warning }: { warning: WarningDetail }) {
  return (
    <details class="warning-original">
      <summary>{t("warnings.original")}</summary>
      <p><a href={`/api/v1/warnings/${encodeURIComponent(warning.id)}.cap`} download="">{t("warnings.cap")}</a></p>
      {warning.original ? <pre>{warning.original}</pre> : <p class="quiet">{t("warnings.nooriginal")}</p>}
    </details>
  );
}

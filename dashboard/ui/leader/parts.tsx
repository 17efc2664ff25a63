/** What every band is made of. */
import type { ComponentChildren } from "preact";
import { pick, t } from "../core/i18n";
import { alertTitle } from "../core/names";
import { store } from "../core/picture";
import { Icon } from "../core/shapes";

interface BandProps {
  name: string;
  note?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

/** One of the five questions, with its answer. */
export function Band({ name, note, class: more = "", children }: BandProps) {
  return (
    <section class={`leader-band of-${name} ${more}`} data-band={name} aria-labelledby={`band-${name}`}>
      <header><h2 id={`band-${name}`}>{t(`leader.band.${name}`)}</h2><span class="quiet">{note}</span></header>
      {children}
    </section>
  );
}

/** A title that is one text, or a text by language. */
const titleOf = (title: string | Record<string, string>): string =>
  typeof title === "string" ? title : pick(title);

interface Named {
  kind: string;
  id: string;
  title: string | Record<string, string>;
}

/** What a matter or change is called: an alert by its subject too, as on every page, where the picture has it. */
export function nameOf({ kind, id, title }: Named): string {
  const alert = kind === "alert" ? store.all("alert").get(id) : undefined;
  return alert ? alertTitle(alert) : titleOf(title);
}

/** The mark of a matter: a grade as a ring, a warning as a filled square with its character, an alert as a diamond. */
export function Mark({ grade, colour, kind }: { grade: string; colour: string; kind: string }) {
  if (kind === "warning") {
    return <i class={`chip-colour colour-${colour || "none"}`}>{t(`colour.letter.${colour || "none"}`)}</i>;
  }
  if (kind === "alert") return <Icon shape="diamond" class="is-down" />;
  return <i class={`grade-ring ring-${grade || "none"}`}>{grade || "—"}</i>;
}

/** Where the record of a matter or change is. */
export function addressOf(kind: string, id: string): string {
  const page = { incident: "/incidents/", warning: "/warnings?warning=", alert: "/alerts?alert=" }[kind];
  return page ? page + encodeURIComponent(id) : "/";
}

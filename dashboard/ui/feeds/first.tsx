/** What to do first on a site that watches nothing yet: commands in plain words, in place of "no alerts". */
import { computed } from "@preact/signals";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { me, site } from "../core/site";

/** Whether the inventory is empty, as far as one who sees the whole site can say. */
export const inventoryEmpty = computed((): boolean => {
  const whole = !me.value.region || me.value.region === site.value.region;
  if (!store.ready.value || !whole || store.hidden.value.asset) return false;
  const boards = store.all("board");
  return !(boards.get("feed:network")?.total ?? 0) && !(boards.get("feed:video")?.total ?? 0);
});

const COMMANDS = [
  "watchfloor import devices LIST.xlsx -c watchfloor.toml",
  "watchfloor import devices LIST.xlsx -c watchfloor.toml --write",
  "watchfloor check -c watchfloor.toml",
  "watchfloor reload -c watchfloor.toml",
] as const;

/** Three steps; each with its command, and what it does. */
export function FirstSteps() {
  return (
    <section class="first-steps" role="note">
      <h2>{t("first.title")}</h2>
      <p>{t("first.why")}</p>
      <ol>
        {COMMANDS.map((command, index) => (
          <li key={command}>
            <span>{t(`first.step.${index + 1}`)}</span>
            <code>{command.split(" ").flatMap((word) => [<span key={word}>{word}</span>, " "])}</code>
          </li>
        ))}
      </ol>
      <p class="quiet">{t("first.more")}</p>
    </section>
  );
}

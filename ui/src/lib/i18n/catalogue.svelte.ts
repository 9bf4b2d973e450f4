/**
 * Every string that a person sees, in the language of the screen.
 *
 * A language is one file in `ui/messages/`; adding the file is all that a third language needs. The messages are
 * ICU MessageFormat, formatted by `intl-messageformat` (FormatJS, BSD-3): plurals by CLDR, numbers by Intl, no
 * code generated at run time (the content policy forbids it). Paraglide was judged and left out: its compiler
 * wants its plugins from a CDN, and a new language means a new line in its settings.
 */
import { IntlMessageFormat } from "intl-messageformat";
import type { Language } from "$bindings/Language";
import type en from "../../../messages/en.json";

/** A message of the catalogue. The English file is the list; a test holds the others to it. */
export type MessageKey = keyof typeof en;

/** What a message may be given. */
export type MessageValues = Record<string, string | number>;

const files = import.meta.glob<Record<string, string>>("../../../messages/*.json", {
  eager: true,
  import: "default",
});

/** BCP 47 language → its messages. */
export const languages: ReadonlyMap<string, Record<string, string>> = new Map(
  Object.entries(files).map(([path, messages]) => [path.replace(/^.*\/|\.json$/g, ""), messages]),
);

/** The language that a setting means, given what the system asks for, best first. */
export function languageOf(setting: Language, wanted: readonly string[]): string {
  if (setting !== "system") return setting;
  for (const tag of wanted) {
    const language = tag.toLowerCase().split("-")[0] ?? "";
    if (languages.has(language)) return language;
  }
  return "en";
}

class Catalogue {
  /** BCP 47, one of {@link languages}. */
  language = $state("en");

  #compiled = new Map<string, IntlMessageFormat>();

  use(language: string): void {
    this.language = languages.has(language) ? language : "en";
    document.documentElement.lang = this.language;
  }

  /** For Intl: how this language writes dates and numbers, as its file says. */
  get locale(): string {
    return languages.get(this.language)?.["language.locale"] ?? this.language;
  }

  has(key: string): key is MessageKey {
    return languages.get(this.language)?.[key] !== undefined;
  }

  text(key: MessageKey, values?: MessageValues): string {
    const message = languages.get(this.language)?.[key] ?? languages.get("en")?.[key];
    if (message === undefined) return key;
    if (!message.includes("{")) return message;
    const name = `${this.language} ${key}`;
    let format = this.#compiled.get(name);
    if (format === undefined) {
      format = new IntlMessageFormat(message, this.locale, undefined, { ignoreTag: true });
      this.#compiled.set(name, format);
    }
    return String(format.format(values));
  }
}

export const catalogue = new Catalogue();

/** The message in the language of the screen. */
export const t = (key: MessageKey, values?: MessageValues): string => catalogue.text(key, values);

/**
 * A code that came from outside, worded where the catalogue knows it: `category.refills`. Unknown codes get the
 * family's `other`, or the code itself.
 */
export function worded(family: string, code: string): string {
  const key = `${family}.${code}`;
  if (catalogue.has(key)) return t(key);
  const other = `${family}.other`;
  return catalogue.has(other) ? t(other) : code;
}

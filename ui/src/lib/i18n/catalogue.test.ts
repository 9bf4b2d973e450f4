import { IntlMessageFormat } from "intl-messageformat";
import { afterEach, describe, expect, it } from "vitest";
import { catalogue, languageOf, languages, t, worded } from "./catalogue.svelte";

const sources = import.meta.glob<string>("../../**/*.svelte", {
  eager: true,
  query: "?raw",
  import: "default",
});

afterEach(() => catalogue.use("en"));

/** Names of the values that a message takes, with plural forms opened up. */
function values(message: string, locale: string): string[] {
  const names = new Set<string>();
  const visit = (elements: readonly { type: number; value?: unknown; options?: object }[]): void => {
    for (const element of elements) {
      // 0 is literal text, 7 the # of a plural.
      if (element.type !== 0 && element.type !== 7) names.add(String(element.value));
      for (const option of Object.values(element.options ?? {})) visit((option as { value: [] }).value);
    }
  };
  visit(new IntlMessageFormat(message, locale, undefined, { ignoreTag: true }).getAst() as never);
  return [...names].sort();
}

describe("the catalogue", () => {
  const english = languages.get("en")!;

  it("finds its languages by the files there are", () => {
    expect([...languages.keys()].sort()).toEqual(["en", "fr"]);
    for (const messages of languages.values()) expect(messages["language.name"]).toBeTruthy();
  });

  it.each([...languages.keys()])("has the same keys and the same values in %s", (language) => {
    const messages = languages.get(language)!;
    expect(Object.keys(messages).sort()).toEqual(Object.keys(english).sort());
    for (const [key, message] of Object.entries(messages)) {
      expect(message.trim(), key).not.toBe("");
      expect(values(message, language), key).toEqual(values(english[key]!, "en"));
    }
  });

  it("counts as each language does", () => {
    expect(t("composer.words", { n: 1 })).toBe("1 word");
    expect(t("composer.words", { n: 0 })).toBe("0 words");
    catalogue.use("fr");
    expect(t("composer.words", { n: 0 })).toBe("0 mot");
    expect(t("touch.nth", { n: 1 })).toBe("1er passage");
    expect(document.documentElement.lang).toBe("fr");
  });

  it("takes the first language that the system asks for and that there is", () => {
    expect(languageOf("system", ["de-DE", "fr-CA", "en"])).toBe("fr");
    expect(languageOf("system", ["de"])).toBe("en");
    expect(languageOf("en", ["fr"])).toBe("en");
  });

  it("words a code that it has never heard of", () => {
    expect(worded("category", "refills")).toBe("Refill");
    expect(worded("category", "brand-new")).toBe("Other");
  });

  it("has every message that the screen names", () => {
    const used = Object.entries(sources).flatMap(([file, source]) =>
      [...source.matchAll(/\bt\(\s*"([^"]+)"/g)].map((match) => `${file}: ${match[1]}`),
    );
    expect(used.length).toBeGreaterThan(100);
    expect(used.filter((one) => !(one.split(": ")[1]! in english))).toEqual([]);
  });

  it("holds every word of the screen: no component has its own", () => {
    const own = Object.entries(sources).flatMap(([file, source]) =>
      wordsOf(source).map((word) => `${file}: ${word}`),
    );
    expect(own).toEqual([]);
  });

  it("would notice a word of a component's own", () => {
    expect(wordsOf("<p>Hello there</p>")).toEqual(["Hello there"]);
    expect(wordsOf('<input placeholder="Type here" />')).toEqual(["Type here"]);
    expect(wordsOf('<p class="x">{t("a")} · {name}</p>')).toEqual([]);
  });
});

/** Text that stands in the markup itself. The name of the program is the same in every language. */
function wordsOf(source: string): string[] {
  const markup = source
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<script[\s\S]*?<\/script>/g, "")
    .replace(/<style[\s\S]*?<\/style>/g, "");
  const attributes = [
    ...markup.matchAll(/\s(?:placeholder|title|aria-label|label|alt|text)="([^"{]*\p{L}[^"{]*)"/gu),
  ];
  const outside = withoutBraces(markup)
    .replace(/<[^<>]*>/g, "\n")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /\p{L}{2,}/u.test(line) && line !== "Tern");
  return [...attributes.map((match) => match[1]!), ...outside];
}

/** Expressions out, tags whole: arrows in handlers are not ends of tags. */
function withoutBraces(markup: string): string {
  let depth = 0;
  let text = "";
  for (const character of markup) {
    if (character === "{") depth += 1;
    else if (character === "}") depth -= 1;
    else if (depth === 0) text += character;
  }
  return text;
}

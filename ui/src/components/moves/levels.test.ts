import { describe, expect, it } from "vitest";
import { higher, LEVELS } from "./moves.svelte";

const sources = import.meta.glob<string>(["../../**/*.{ts,svelte}", "!../../**/*.test.ts"], {
  eager: true,
  query: "?raw",
  import: "default",
});

describe("the order of urgency", () => {
  it("is written down in one place", () => {
    const places = Object.keys(sources).filter((path) => /"routine",\s*"same-day",/.test(sources[path]!));
    expect(Object.keys(sources).length).toBeGreaterThan(100);
    expect(places).toEqual(["./moves.svelte.ts"]);
  });

  it("says which of two is higher, whichever is named first", () => {
    LEVELS.forEach((low, at) => {
      for (const high of LEVELS.slice(at))
        expect([higher(low, high), higher(high, low)]).toEqual([high, high]);
    });
  });
});

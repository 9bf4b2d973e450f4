import { describe, expect, it } from "vitest";
import { languages, t } from "$lib/i18n/catalogue.svelte";
import { connectionWording, errorWording, failureText, signInWording, wedgeText } from "./wording";

// The bindings are types; their text is the list of codes that Rust has.
const bindings = import.meta.glob<string>(
  "../bindings/{ErrorCode,SignInFailure,ConnectionState,WedgeReason}.ts",
  {
    eager: true,
    query: "?raw",
    import: "default",
  },
);

function codes(name: string): string[] {
  const source = bindings[`../bindings/${name}.ts`]!;
  return [...source.slice(source.indexOf("export type")).matchAll(/"([a-z-]+)"/g)].map((match) => match[1]!);
}

describe("the table of wordings", () => {
  it("words every code that Rust has, in every language: what happened and what to do", () => {
    expect(Object.keys(errorWording).sort()).toEqual(codes("ErrorCode").sort());
    expect(Object.keys(signInWording).sort()).toEqual(codes("SignInFailure").sort());
    expect(Object.keys(connectionWording).sort()).toEqual(codes("ConnectionState").sort());
    for (const { what, todo } of [...Object.values(errorWording), ...Object.values(signInWording)]) {
      for (const [language, messages] of languages) {
        expect(messages[what], `${language} ${what}`).toBeTruthy();
        expect(messages[todo], `${language} ${todo}`).toBeTruthy();
      }
    }
  });

  it("is in words, never in codes", () => {
    expect(failureText({ code: "disk-full", detail: null })).toBe(
      `${t("error.disk-full")} ${t("error.disk-full.todo")}`,
    );
    expect(failureText({ code: "disk-full", detail: null })).not.toContain("disk-full");
  });

  it("words a code of a newer program, too", () => {
    expect(failureText({ code: "from-the-future" as never, detail: null })).toContain(t("error.internal"));
  });

  it("says who was first, and when", () => {
    const now = Date.now();
    expect(wedgeText({ kind: "claim-lost", by: "Mia Tran" }, now)).toContain("Mia Tran");
    expect(wedgeText({ kind: "answered-since", by: null, at: now }, now)).toContain("today");
    expect(wedgeText({ kind: "refused", status: 422, code: "processing" }, now)).toContain("422 processing");
    expect(wedgeText({ kind: "outcome-unknown" }, now)).toContain("record system");
    expect(wedgeText({ kind: "gone" }, now)).not.toBe("");
  });
});

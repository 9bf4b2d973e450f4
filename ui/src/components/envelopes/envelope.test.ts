import { afterEach, describe, expect, it } from "vitest";
import { envelope } from "$lib/backend/testing/words";
import { catalogue } from "$lib/i18n/catalogue.svelte";
import { bornWords, heard, namesakes } from "./envelope";

const NOW = Date.UTC(2026, 2, 4, 15);
const row = (thread: string, patientName: string, birthDate: string | null) =>
  envelope(thread, NOW, { patientName, birthDate });

describe("patients of one name", () => {
  afterEach(() => catalogue.use("en"));

  it("are two where their dates of birth are", () => {
    const rows = [
      row("old", "Marie Tremblay", "1951-11-19"),
      row("young", "Marie \u200ETremblay ", "1988-02-03"),
      row("other", "Marc Tremblay", "1951-11-19"),
    ];
    expect([...namesakes(rows)].sort()).toEqual(["old", "young"]);
  });

  it("are one who wrote twice where their date of birth is one, and nobody has the same name as nobody", () => {
    const twice = [
      row("first", "Marie Tremblay", "1951-11-19"),
      row("second", "Marie Tremblay", "1951-11-19"),
    ];
    expect(namesakes(twice).size).toBe(0);
    expect(namesakes([row("a", "", null), row("b", " ", "1951-11-19")]).size).toBe(0);
  });

  it("may be two where one has no date of birth", () => {
    const rows = [row("known", "Marie Tremblay", "1951-11-19"), row("unknown", "Marie Tremblay", null)];
    expect(namesakes(rows).size).toBe(2);
    expect(rows.map(bornWords)).toEqual(["born 19 Nov 1951", "date of birth unknown"]);
  });

  it("are told apart by who listens, and a child's date is not the proxy's", () => {
    const leo = { ...row("leo", "Leo Ruiz", "2020-03-04"), writer: "Ana Ruiz" };
    expect(heard(leo, NOW, false, true)).toContain("patient born 4 Mar 2020");
    expect(heard(leo, NOW, false)).not.toContain("born");
    catalogue.use("fr");
    expect(bornWords(leo)).toBe("patient né(e) le 4 mars 2020");
  });
});

import { describe, expect, it } from "vitest";
import { languages } from "$lib/i18n/catalogue.svelte";
import { MemoryBackend } from "$lib/backend/testing/memory";
import { categories } from "$lib/backend/testing/table-words";
import { LiveQueries } from "$lib/query/live.svelte";
import { RedFlags } from "./red-flags.svelte";

async function redFlags() {
  const practice = new MemoryBackend();
  const table = new RedFlags(practice, new LiveQueries((run) => queueMicrotask(run)));
  await table.refresh();
  const rule = (id: string) => table.draft!.rules.find((one) => one.id === id)!;
  const sent = () => table.sent(table.draft!).map(({ id }) => id);
  return { practice, table, rule, sent };
}

/** Changed, own and off, as the scripted practice has them. */
const OURS = ["en-chest-squeeze", "own-lake-swim", "en-urgent-word"];

it("is the same table while only the counts of false alarms move on", async () => {
  const { practice, table } = await redFlags();
  table.edit("fr-breathing-short", { note: "Reviewed in spring." });
  const answer = await practice.redFlagTable();
  practice.redFlagTable = () =>
    Promise.resolve({ ...answer, rules: answer.rules.map((one) => ({ ...one, judged: 40, lowered: 9 })) });
  await table.refresh();
  expect(table.clash).toBeNull();
  table.edit("fr-breathing-short", { note: "" });
  expect(table.dirty).toBe(false);
});

describe("what is sent of the rules", () => {
  it("is what differs from Tern: changed, own, off", async () => {
    const { table, sent } = await redFlags();
    expect(sent()).toEqual(OURS);
    table.edit("fr-breathing-short", { patterns: ["à bout de souffle", "essoufflé*"] });
    expect(sent()).toEqual(["fr-breathing-short", ...OURS]);
    table.switchOff("en-leg-one-swollen", " Dr Amara Osei ", " Covered by another rule. ");
    expect(sent()).toEqual([
      "fr-breathing-short",
      "en-chest-squeeze",
      "en-leg-one-swollen",
      ...OURS.slice(1),
    ]);
  });

  it("leaves out a rule that goes back to Tern's, and is Tern's once it is saved", async () => {
    const { practice, table, rule, sent } = await redFlags();
    table.backToTerns("en-chest-squeeze");
    expect(table.dirty).toBe(true);
    expect(table.goesBack("en-chest-squeeze")).toBe(true);
    expect(sent()).toEqual(OURS.slice(1));
    table.stay("en-chest-squeeze");
    expect(table.dirty).toBe(false);
    table.backToTerns("en-chest-squeeze");
    await table.save();
    expect(practice.callsOf("redFlagSave")).toHaveLength(1);
    expect(table.goesBack("en-chest-squeeze")).toBe(false);
    expect(rule("fr-breathing-short").origin).toBe("starting");
  });

  it("has no empty lines, and no space around", async () => {
    const { practice, table } = await redFlags();
    table.edit("own-lake-swim", { patterns: ["lake &6 rash", "", "  algae ..4 itch* ", ""] });
    await table.save();
    const { rules } = practice.callsOf("redFlagSave")[0] as { rules: { id: string; patterns: string[] }[] };
    expect(rules.find(({ id }) => id === "own-lake-swim")?.patterns).toEqual([
      "lake &6 rash",
      "algae ..4 itch*",
    ]);
  });

  it("needs a pattern in every rule", async () => {
    const { practice, table } = await redFlags();
    expect(table.add("Bitten by a tern", "bites-needle", "en")).toBe(true);
    await table.save();
    expect(practice.callsOf("redFlagSave")).toEqual([]);
    expect(table.problems.map(({ place }) => place)).toEqual(["rule-own-bitten-by-a-tern"]);
    expect(table.selected).toBe("own-bitten-by-a-tern");
    expect(table.wish).toBe("rule-patterns");
  });
});

describe("a rule that is edited", () => {
  it("is no longer the one that was signed, until somebody signs again", async () => {
    const { table, rule } = await redFlags();
    table.edit("en-leg-one-swollen", { patterns: ["swollen (leg|calf)"] });
    expect(rule("en-leg-one-swollen")).toMatchObject({ reviewedBy: "", origin: "changed" });
    table.edit("en-leg-one-swollen", { reviewedBy: "Dr Amara Osei" });
    expect(rule("en-leg-one-swollen").reviewedBy).toBe("Dr Amara Osei");
    table.edit("en-leg-one-swollen", { note: "Both words are written." });
    expect(rule("en-leg-one-swollen").reviewedBy).toBe("Dr Amara Osei");
    table.edit("en-leg-one-swollen", { raiseTo: "emergency" });
    expect(rule("en-leg-one-swollen").reviewedBy).toBe("");
  });

  it("is as it was, signature included, once the change is taken back", async () => {
    const { table, rule } = await redFlags();
    const before = rule("en-leg-one-swollen");
    table.edit(before.id, { patterns: [...before.patterns, "x"] });
    table.edit(before.id, { patterns: [...before.patterns, ""] });
    expect(rule(before.id)).toMatchObject({ reviewedBy: "Dr Samir Haddad", origin: "starting" });
    expect(table.dirty).toBe(false);
  });

  it("stays in the editor with what was typed when another one is looked at", async () => {
    const { table } = await redFlags();
    table.selected = "own-lake-swim";
    table.edit("own-lake-swim", { note: "Algae again" });
    table.selected = "en-breathing-short";
    table.selected = "own-lake-swim";
    expect(table.rule?.note).toBe("Algae again");
  });

  it("counts its version and day by the program, and that is no change of anybody's", async () => {
    const { table, rule } = await redFlags();
    table.edit("own-lake-swim", { note: "Algae again" });
    await table.save();
    expect(rule("own-lake-swim")).toMatchObject({ version: 3, date: "2026-11-22" });
    expect(table.dirty).toBe(false);
    expect(table.clash).toBeNull();
  });
});

describe("switching a rule off", () => {
  it("needs a name and a reason", async () => {
    const { table, rule } = await redFlags();
    table.switchOff("en-breathing-short", "Dr Amara Osei", " ");
    table.switchOff("en-breathing-short", "", "Too many");
    expect(rule("en-breathing-short").off).toBeNull();
    table.switchOff("en-breathing-short", "Dr Amara Osei", "Too many");
    expect(rule("en-breathing-short").off).toEqual({ by: "Dr Amara Osei", date: "", reason: "Too many" });
    table.switchOn("en-breathing-short");
    expect(table.dirty).toBe(false);
  });

  it("takes it out of those that nobody has reviewed", async () => {
    const { table } = await redFlags();
    expect(table.unreviewed).toBe(2);
    table.switchOff("en-breathing-short", "Dr Amara Osei", "Too many");
    expect(table.unreviewed).toBe(1);
    table.edit("fr-breathing-short", { reviewedBy: "Dr Samir Haddad" });
    expect(table.unreviewed).toBe(0);
  });
});

describe("a rule of the practice's own", () => {
  it("has a name that nobody else has, and is the one in the editor", async () => {
    const { table, rule } = await redFlags();
    expect(table.add("Lake swim", "infection", "en")).toBe(false);
    expect(table.add("!", "infection", "en")).toBe(false);
    expect(table.add("Lac d’été", "infection", "fr")).toBe(true);
    expect(rule("own-lac-d-ete")).toMatchObject({ origin: "own", raiseTo: "same-day", language: "fr" });
    expect(table.rule?.id).toBe("own-lac-d-ete");
  });

  it("can be taken away; one of Tern's cannot", async () => {
    const { table, sent } = await redFlags();
    table.remove("own-lake-swim");
    expect(sent()).not.toContain("own-lake-swim");
    const rules = table.draft!.rules.length;
    table.remove("en-breathing-short");
    expect(table.draft!.rules).toHaveLength(rules);
  });
});

describe("finding a rule", () => {
  it("goes by id, category and words of its patterns, whatever the accents", async () => {
    const { table } = await redFlags();
    const found = () => table.groups.flatMap(({ rules }) => rules.map(({ id }) => id));
    expect(found()).toHaveLength(6);
    table.search = "a bout";
    expect(found()).toEqual(["fr-breathing-short"]);
    table.search = "elephant";
    expect(found()).toEqual(["en-chest-squeeze"]);
    table.search = "trouble BREATHING";
    expect(found()).toEqual(["en-breathing-short", "fr-breathing-short"]);
    table.search = "own-";
    expect(table.groups.map(({ category }) => category)).toEqual(["infection"]);
  });

  it("calls a category alike in the list of messages and in the editor, in every language", () => {
    for (const messages of languages.values()) {
      for (const code of [...categories(), "other"]) {
        expect(messages[`red-flag.category.${code}`], code).toBe(messages[`flag.${code}`]);
      }
    }
  });
});

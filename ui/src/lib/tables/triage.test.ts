import { describe, expect, it } from "vitest";
import { MemoryBackend } from "$lib/backend/testing/memory";
import { LiveQueries } from "$lib/query/live.svelte";
import { categoryName, codeOf, TriageWords, wordsOf } from "./triage.svelte";

async function triage() {
  const practice = new MemoryBackend();
  const table = new TriageWords(practice, new LiveQueries((run) => queueMicrotask(run)));
  await table.refresh();
  const key = (at: number) => table.draft!.words[at]!.key;
  const order = () => table.draft!.words.map(({ category }) => category);
  return { practice, table, key, order };
}

describe("subject-line words", () => {
  it("are typed as they are said, and sent one by one", async () => {
    const { practice, table, key } = await triage();
    expect(table.draft?.words[0]?.text).toBe("refill*, renewal, renouvel*");
    table.setWords(key(0), { text: "refill*,  more of the same\n, inhaler* ;" });
    await table.save();
    const { content, base } = practice.callsOf("triageSave")[0] as {
      content: { words: unknown[] };
      base: string;
    };
    expect(base).toBe("3");
    expect(content.words[0]).toEqual({
      category: "refills",
      words: ["refill*", "more of the same", "inhaler*"],
    });
    expect(JSON.stringify(content)).not.toContain("key");
  });

  it("are not changed by a space or a comma more", async () => {
    const { table, key } = await triage();
    table.setWords(key(0), { text: " refill*,renewal,  renouvel*, " });
    expect(table.dirty).toBe(false);
  });

  it("are tried in another order, and stay inside the table", async () => {
    const { table, key, order } = await triage();
    expect(order()).toEqual(["refills", "appointment", "travel-shots", "question"]);
    table.moveWords(key(2), -1);
    expect(order()).toEqual(["refills", "travel-shots", "appointment", "question"]);
    expect(table.dirty).toBe(true);
    table.moveWords(key(1), 1);
    expect(table.dirty).toBe(false);
    table.moveWords(key(0), -1);
    table.moveWords(key(3), 1);
    expect(order()).toEqual(["refills", "appointment", "travel-shots", "question"]);
  });

  it("keep the focus somewhere when a row comes or goes", async () => {
    const { table, key } = await triage();
    table.addWords();
    expect(table.wish).toBe(`words-category-${key(4)}`);
    table.removeWords(key(4));
    expect(table.wish).toBe(`words-remove-${key(3)}`);
    for (let left = 4; left > 0; left -= 1) table.removeWords(key(0));
    expect(table.wish).toBe("words-add");
  });

  it("are not saved without a word or without their category", async () => {
    const { practice, table, key } = await triage();
    table.setWords(key(1), { text: " , " });
    table.removeCategory("travel-shots");
    await table.save();
    expect(practice.callsOf("triageSave")).toEqual([]);
    expect(table.problems.map(({ place }) => place)).toEqual([`words-${key(1)}`, `words-category-${key(2)}`]);
    expect(table.wish).toBe(`words-${key(1)}`);
  });

  it("find the field that the program means", async () => {
    const { practice, table, key } = await triage();
    table.setTurnaround({ amount: 3, unit: "working-days" });
    practice.wrong = [
      { rule: null, pattern: "", problem: "words[3]: no word" },
      { rule: "categories[1]", pattern: "", problem: "categories[1]: this category stands there twice" },
      { rule: "turnaround", pattern: "", problem: "turnaround: too short" },
    ];
    await table.save();
    expect(table.problems.map(({ place }) => place)).toEqual([
      `words-${key(3)}`,
      "category-pool-appointment",
      "turnaround",
    ]);
  });
});

describe("categories", () => {
  it("are those that the catalogue words, or the practice's own", async () => {
    const { table } = await triage();
    expect(table.unused).not.toContain("refills");
    expect(table.unused).toContain("other");
    expect(table.addCategory("results")).toBe(true);
    expect(table.addCategory("Élèves de l’école")).toBe(true);
    expect(table.addCategory("eleves de l ecole")).toBe(false);
    expect(table.addCategory(" – ")).toBe(false);
    expect(table.draft?.categories.slice(-2).map(({ code }) => code)).toEqual([
      "results",
      "eleves-de-l-ecole",
    ]);
    expect(table.wish).toBe("category-pool-eleves-de-l-ecole");
  });

  it("are named by the catalogue, else by their code", () => {
    expect(categoryName("refills")).toBe("Refill");
    expect(categoryName("travel-shots")).toBe("travel-shots");
    expect(categoryName("other")).toBe("Other");
  });

  it("go to a pool or to Unsorted, with a time of their own or none", async () => {
    const { practice, table } = await triage();
    table.setCategory("refills", { pool: null, turnaround: null });
    await table.save();
    expect(practice.callsOf("triageSave")[0]).toMatchObject({
      content: { categories: [{ code: "refills", pool: null, turnaround: null }, {}, {}, {}] },
    });
  });
});

describe("the preview", () => {
  it("is of what stands there, and old once that is changed", async () => {
    const { practice, table } = await triage();
    table.setTurnaround({ amount: 5, unit: "working-days" });
    await table.look();
    expect(practice.callsOf("triagePreview")[0]).toMatchObject({ turnaround: { amount: 5 } });
    expect(table.preview.of).toBe(table.draft);
    table.setTurnaround({ amount: 6, unit: "working-days" });
    expect(table.preview.of).not.toBe(table.draft);
    expect(practice.callsOf("triagePreview")).toHaveLength(1);
  });
});

describe("typing", () => {
  it("makes words of what stands between commas and lines", () => {
    expect(wordsOf("a, b c ;\n\n d*,")).toEqual(["a", "b c", "d*"]);
    expect(wordsOf(" ,")).toEqual([]);
  });

  it("makes a code of a name", () => {
    expect(codeOf("  Travel shots! ")).toBe("travel-shots");
    expect(codeOf("é".repeat(60))).toBe("e".repeat(40));
    expect(codeOf("؟")).toBe("");
  });
});

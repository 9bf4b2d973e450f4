import { describe, expect, it, onTestFinished } from "vitest";
import { MemoryBackend } from "$lib/backend/testing/memory";
import { LiveQueries } from "$lib/query/live.svelte";
import { t } from "$lib/i18n/catalogue.svelte";
import { OfficeHours } from "./hours.svelte";
import { PracticeTables } from "./practice-tables.svelte";

/** Long enough for every answer that is on its way. */
const settled = () => new Promise((done) => setTimeout(done, 0));

/** The office hours as Mia Tran, triage lead, has them on screen. */
async function hours(prepare: (practice: MemoryBackend) => void = () => {}) {
  const practice = new MemoryBackend();
  prepare(practice);
  const queries = new LiveQueries((run) => queueMicrotask(run));
  onTestFinished(await practice.on("changed", (changed) => queries.changed(changed)));
  const table = new OfficeHours(practice, queries);
  onTestFinished(table.begin());
  await settled();
  return { practice, table };
}

const theirs = (zone: string) => ({ zone, weekly: [], closures: [] });

describe("a table", () => {
  it("is as it was loaded until something is changed, and again once it is changed back", async () => {
    const { table } = await hours();
    expect(table.dirty).toBe(false);
    table.setZone("America/Halifax");
    expect(table.dirty).toBe(true);
    expect(table.canSave).toBe(true);
    table.setZone("America/Toronto");
    expect(table.dirty).toBe(false);
    expect(table.canSave).toBe(false);
  });

  it("goes back to what was loaded", async () => {
    const { table } = await hours();
    table.setZone("America/Halifax");
    table.addClosure("2099-01-01");
    table.revert();
    expect(table.dirty).toBe(false);
    expect(table.draft?.zone).toBe("America/Toronto");
  });

  it("waits for the server after it was saved, and is in force once it is there", async () => {
    const { practice, table } = await hours();
    table.setZone("America/Halifax");
    await table.save();
    expect(practice.callsOf("hoursSave")).toEqual([
      { content: expect.objectContaining({ zone: "America/Halifax" }), base: "2" },
    ]);
    expect(table.state?.saving).toBe("queued");
    expect(table.dirty).toBe(false);
    practice.arrive("calendar");
    await settled();
    expect(table.state).toMatchObject({ saving: "saved", base: "3" });
    expect(table.draft?.zone).toBe("America/Halifax");
  });

  it("can be saved as it stands where the server has none", async () => {
    const { practice, table } = await hours((one) => (one.states.calendar.base = null));
    expect(table.absent).toBe(true);
    await table.save();
    expect(practice.callsOf("hoursSave")).toHaveLength(1);
    expect(table.absent).toBe(false);
  });

  it("is not saved while something is wrong with it, and goes to the first wrong field", async () => {
    const { practice, table } = await hours();
    table.setZone("America/Halifax");
    practice.wrong = [
      { rule: "weekly[1].to", pattern: "", problem: "weekly[1].to: the end is before the start" },
      { rule: null, pattern: "", problem: "something else" },
    ];
    await table.save();
    expect(table.state?.saving).toBe("saved");
    expect(table.dirty).toBe(true);
    const place = `to-${table.draft!.weekly[1]!.key}`;
    expect(table.problemsAt(place)).toHaveLength(1);
    expect(table.problems.map((problem) => problem.place)).toEqual([place, null]);
    expect(table.wish).toBe(place);
    practice.wrong = [];
    await table.save();
    expect(table.problems).toEqual([]);
    expect(table.state?.saving).toBe("queued");
  });

  it("asks the program nothing that the screen knows to be wrong", async () => {
    const { practice, table } = await hours();
    table.addClosure("2099-05-01");
    await table.save();
    expect(practice.callsOf("hoursSave")).toEqual([]);
    expect(table.problems.map(({ text }) => text)).toEqual([t("hours.wrong.name")]);
  });

  it("keeps what was typed when saving fails", async () => {
    const { practice, table } = await hours();
    practice.fault("hoursSave", "disk-full");
    table.setZone("America/Halifax");
    await table.save();
    expect(table.failure?.code).toBe("disk-full");
    expect(table.dirty).toBe(true);
    expect(table.draft?.zone).toBe("America/Halifax");
    expect(table.busy).toBe(false);
  });

  it("keeps what is edited when somebody else changes it, and saves over theirs only when told", async () => {
    const { practice, table } = await hours();
    table.setZone("America/Halifax");
    practice.overtake("calendar", theirs("America/Winnipeg"));
    await settled();
    expect(table.clash).toBe("moved");
    expect(table.draft?.zone).toBe("America/Halifax");
    await table.save();
    expect(practice.callsOf("hoursSave")).toEqual([]);
    expect(table.wish).toBe("table-clash");
    await table.save(true);
    expect(practice.callsOf("hoursSave")).toEqual([
      { content: expect.objectContaining({ zone: "America/Halifax" }), base: "3" },
    ]);
    expect(table.clash).toBeNull();
  });

  it("takes theirs when mine is given up while it was only typed", async () => {
    const { practice, table } = await hours();
    table.setZone("America/Halifax");
    practice.overtake("calendar", theirs("America/Winnipeg"));
    await settled();
    await table.giveUp();
    expect(practice.callsOf("tableDiscard")).toEqual([]);
    expect(table.draft?.zone).toBe("America/Winnipeg");
    expect(table.dirty).toBe(false);
    expect(table.clash).toBeNull();
  });

  it("follows the server where nothing was changed", async () => {
    const { practice, table } = await hours();
    practice.overtake("calendar", theirs("America/Winnipeg"));
    await settled();
    expect(table.clash).toBeNull();
    expect(table.draft?.zone).toBe("America/Winnipeg");
  });

  it("keeps its fields where an answer says the same, so that the focus stays", async () => {
    const { practice, table } = await hours();
    const { draft } = table;
    practice.changed(["tables"]);
    await settled();
    expect(table.draft).toBe(draft);
  });

  it("shows mine when it was overtaken, and is saved over theirs with their version", async () => {
    const { practice, table } = await hours();
    table.setZone("America/Halifax");
    await table.save();
    practice.overtake("calendar", theirs("America/Winnipeg"));
    await settled();
    expect(table.clash).toBe("overtaken");
    expect(table.draft?.zone).toBe("America/Halifax");
    expect(table.canSave).toBe(false);
    await table.save(true);
    expect(practice.callsOf("hoursSave").at(-1)).toMatchObject({ base: "3" });
    expect(table.state?.saving).toBe("queued");
  });

  it("forgets mine when it was overtaken and is given up, with what was typed since", async () => {
    const { practice, table } = await hours();
    table.setZone("America/Halifax");
    await table.save();
    practice.overtake("calendar", theirs("America/Winnipeg"));
    await settled();
    table.setZone("UTC");
    await table.giveUp();
    expect(practice.callsOf("tableDiscard")).toEqual([{ table: "calendar" }]);
    expect(table.draft?.zone).toBe("America/Winnipeg");
    expect(table.clash).toBeNull();
  });

  it("is tried again when the server refused it", async () => {
    const { practice, table } = await hours();
    table.setZone("America/Halifax");
    await table.save();
    practice.refuse("calendar");
    await settled();
    expect(table.clash).toBe("refused");
    await table.save(true);
    expect(practice.callsOf("hoursSave")).toHaveLength(2);
    expect(table.clash).toBeNull();
  });

  it("does not take its own arrival for somebody else's change", async () => {
    const { practice, table } = await hours();
    table.setZone("America/Halifax");
    await table.save();
    table.setZone("America/Winnipeg");
    practice.arrive("calendar");
    await settled();
    expect(table.clash).toBeNull();
    expect(table.dirty).toBe(true);
    expect(table.draft?.zone).toBe("America/Winnipeg");
    await table.save();
    expect(practice.callsOf("hoursSave").at(-1)).toMatchObject({ base: "3" });
  });

  it("is only looked at by a member who may not change it", async () => {
    const { practice, table } = await hours((one) => (one.mayEdit = false));
    table.setZone("America/Halifax");
    await table.save();
    expect(table.dirty).toBe(false);
    expect(practice.callsOf("hoursSave")).toEqual([]);
  });

  it("says so where the member may not even read it", async () => {
    const { table } = await hours((one) => one.fault("hoursTable", "not-allowed"));
    expect(table.unread?.code).toBe("not-allowed");
    expect(table.draft).toBeNull();
  });
});

describe("the practice's tables", () => {
  it("lose what patients wrote when the screen locks, and nothing that was changed", async () => {
    const practice = new MemoryBackend();
    const tables = new PracticeTables(practice, new LiveQueries((run) => queueMicrotask(run)));
    await tables.triage.refresh();
    await tables.redFlags.refresh();
    tables.triage.addWords();
    await tables.triage.look();
    await tables.redFlags.look();
    expect(tables.triage.preview.data?.changed).not.toEqual([]);
    tables.hide();
    expect(tables.triage.preview.data).toBeNull();
    expect(tables.redFlags.preview.data).toBeNull();
    expect(tables.triage.dirty).toBe(true);
  });
});

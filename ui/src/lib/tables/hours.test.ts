import { describe, expect, it } from "vitest";
import { MemoryBackend } from "$lib/backend/testing/memory";
import { LiveQueries } from "$lib/query/live.svelte";
import { isTime, OfficeHours, timeOf } from "./hours.svelte";

async function hours() {
  const practice = new MemoryBackend();
  const table = new OfficeHours(practice, new LiveQueries((run) => queueMicrotask(run)));
  await table.refresh();
  const times = (day: number) => table.periodsOf(day).map(({ from, to }) => `${from}-${to}`);
  return { practice, table, times };
}

describe("a time", () => {
  it.each([
    ["8", "08:00"],
    ["830", "08:30"],
    ["1745", "17:45"],
    ["8:05", "08:05"],
    ["17h30", "17:30"],
    ["17 h", "17:00"],
    ["24", "24:00"],
    ["25", "25"],
    ["8:7", "8:7"],
    ["noon", "noon"],
    ["", ""],
  ])("typed as %j is %j", (typed, time) => expect(timeOf(typed)).toBe(time));

  it("is one of the day's", () => {
    expect(["00:00", "23:59", "24:00"].every(isTime)).toBe(true);
    expect(["24:01", "8:00", "", "12:60"].some(isTime)).toBe(false);
  });
});

describe("the week", () => {
  it("has several periods a day, and none where it is closed", async () => {
    const { table, times } = await hours();
    expect(times(0)).toEqual(["08:30-12:00", "13:00-17:00"]);
    expect(times(6)).toEqual([]);
    table.addPeriod(6);
    expect(times(6)).toEqual(["09:00-17:00"]);
    const { key } = table.periodsOf(6)[0]!;
    expect(table.wish).toBe(`from-${key}`);
    table.removePeriod(key);
    expect(table.wish).toBe("period-add-6");
    expect(table.dirty).toBe(false);
  });

  it("is copied from Monday to the other weekdays, not to the weekend", async () => {
    const { practice, table, times } = await hours();
    table.copyMonday();
    for (const day of [1, 2, 3, 4]) expect(times(day)).toEqual(["08:30-12:00", "13:00-17:00"]);
    expect(times(5)).toEqual([]);
    await table.save();
    const { content } = practice.callsOf("hoursSave")[0] as { content: { weekly: unknown[] } };
    expect(content.weekly).toHaveLength(10);
    expect(content.weekly[2]).toEqual({ day: 1, from: "08:30", to: "12:00" });
  });

  it("is not saved with a time that is none", async () => {
    const { practice, table } = await hours();
    const { key } = table.periodsOf(4)[0]!;
    table.setPeriod(key, { to: "late" });
    await table.save();
    expect(table.problems.map(({ place }) => place)).toEqual([`to-${key}`]);
    expect(practice.callsOf("hoursSave")).toEqual([]);
  });
});

describe("closures", () => {
  it("stand by date, and those that are over apart; one that recurs is never over", async () => {
    const { table } = await hours();
    const names = (rows: readonly { name: string }[]) => rows.map(({ name }) => name);
    expect(names(table.past("2026-11-22"))).toEqual(["Painting the waiting room"]);
    expect(names(table.coming("2026-11-22"))).toEqual(["Canada Day", "Staff afternoon", "Winter break"]);
    expect(names(table.past("2026-03-04"))).toEqual([]);
  });

  it("take their place when their date is done, not while it is typed", async () => {
    const { table } = await hours();
    table.addClosure("2026-11-22");
    const { key } = table.draft!.closures.find(({ name }) => name === "")!;
    expect(table.wish).toBe(`closure-name-${key}`);
    table.setClosure(key, { name: "Moving", first: "2099-12-12" });
    expect(table.draft!.closures.map(({ name }) => name).indexOf("Moving")).toBe(2);
    table.sortClosures();
    expect(table.draft!.closures.map(({ name }) => name).indexOf("Moving")).toBe(3);
  });

  it("keep their rule as it is", async () => {
    const { practice, table } = await hours();
    const { key } = table.draft!.closures[0]!;
    table.setClosure(key, { name: "Fête du Canada" });
    await table.save();
    expect(practice.callsOf("hoursSave")[0]).toMatchObject({
      content: {
        closures: [{ name: "Fête du Canada", first: "2020-07-01", rule: "FREQ=YEARLY" }, {}, {}, {}],
      },
    });
  });

  it("end on or after their first day", async () => {
    const { table } = await hours();
    const { key } = table.draft!.closures.at(-1)!;
    table.setClosure(key, { last: "2099-12-01" });
    await table.save();
    expect(table.problems.map(({ place }) => place)).toEqual([`closure-last-${key}`]);
  });
});

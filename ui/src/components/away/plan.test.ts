import { describe, expect, it } from "vitest";
import { emptyPlan, meant, type Plan, samePlan, typed } from "./plan";
import { scopeWords, untilWords, whenWords } from "./words";

const ZONE = "America/Halifax";
const utc = (text: string) => Date.parse(text);
const plan = (change: Partial<Plan>): Plan => ({
  ...emptyPlan("me"),
  standIn: "mia",
  endless: true,
  ...change,
});
const wrong = (change: Partial<Plan>, half: Parameters<typeof meant>[2] = []) =>
  meant(plan(change), ZONE, half).problems.map(({ place, text }) => `${place}: ${text}`);

describe("what is typed", () => {
  it("means whole days of the practice's where no time is given", () => {
    const { from, until, problems } = meant(
      plan({ fromDate: "2026-03-02", untilDate: "2026-03-03", endless: false }),
      ZONE,
    );
    expect(problems).toEqual([]);
    expect([from, until]).toEqual([utc("2026-03-02T04:00:00Z"), utc("2026-03-04T04:00:00Z")]);
  });

  it.each<[string, Partial<Plan>, string[]]>([
    ["no end", { endless: false }, ["until-date: away.missing.until"]],
    ["a time and no day", { fromTime: "8" }, ["from-date: away.missing.day"]],
    ["an end with a time and no day", { endless: false, untilTime: "8" }, ["until-date: away.missing.day"]],
    ["the 31st of February", { fromDate: "2026-02-31" }, ["from-date: away.wrong.date"]],
    ["twenty-five o’clock", { fromDate: "2026-03-02", fromTime: "25:00" }, ["from-time: away.wrong.time"]],
    ["minute seventy-five", { fromDate: "2026-03-02", fromTime: "8:75" }, ["from-time: away.wrong.time"]],
    ["words for a time", { fromDate: "2026-03-02", fromTime: "noon" }, ["from-time: away.wrong.time"]],
    ["a beginning at 24:00", { fromDate: "2026-03-02", fromTime: "24:00" }, ["from-time: away.wrong.time"]],
    ["a time left out", { fromDate: "2026-03-08", fromTime: "2:30" }, ["from-time: away.wrong.skipped"]],
    ["nobody", { standIn: "" }, ["stand-in: away.missing.stand-in"]],
  ])("is refused with words: %s", (_, change, problems) => {
    expect(wrong(change)).toEqual(problems);
  });

  it("by half is not taken for nothing", () => {
    expect(wrong({}, ["from-date"])).toEqual(["from-date: away.wrong.half"]);
    expect(wrong({ endless: false }, ["until-date"])).toEqual(["until-date: away.wrong.half"]);
  });

  it("is what stood there before: the last whole day, not the midnight after it", () => {
    const of = {
      standIn: "mia",
      standInName: "Mia Tran",
      from: utc("2026-03-02T04:00:00Z"),
      until: utc("2026-03-04T04:00:00Z"),
      pools: ["pool/a"],
      unknownPools: 1,
    };
    const again = typed(of, ZONE);
    expect(again).toMatchObject({
      fromDate: "2026-03-02",
      fromTime: "",
      untilDate: "2026-03-03",
      untilTime: "",
    });
    expect(meant(plan({ ...again }), ZONE)).toMatchObject({ from: of.from, until: of.until });
    expect(typed({ ...of, until: null }, ZONE).endless).toBe(true);
    expect(samePlan(of, { ...of, standInName: "M. Tran" })).toBe(true);
    expect(samePlan(of, { ...of, unknownPools: 0 })).toBe(false);
  });
});

describe("an absence in words", () => {
  const now = utc("2026-11-23T15:00:00Z");
  const at = (from: string, until: string) => ({
    standIn: "mia",
    standInName: "Mia Tran",
    from: utc(from),
    until: utc(until),
    pools: [],
    unknownPools: 0,
  });

  it("names the last whole day, and the time wherever it is none", () => {
    expect(untilWords(utc("2026-11-28T04:00:00Z"), ZONE, now)).toMatch(/^until \D*27\D*, whole day$/);
    expect(untilWords(utc("2027-01-15T14:30:00Z"), ZONE, now)).toMatch(/15.*2027, 10:30$/);
    const later = whenWords(at("2026-12-24T16:00:00Z", "2027-01-02T04:00:00Z"), ZONE, now);
    expect(later).toMatch(/^From .*24.*, 12:00 until .*1.*2027, whole day$/);
    expect(whenWords(at("2026-11-20T04:00:00Z", "2026-11-28T04:00:00Z"), ZONE, now)).toMatch(
      /^Since \D*20\D*until/,
    );
  });

  it("is never for everything because a pool is not known here", () => {
    const known = [{ id: "pool/a", name: "Nurse triage", number: 1, staffed: true }];
    const scope = (pools: string[], unknownPools: number) =>
      scopeWords({ ...at("2026-11-20T04:00:00Z", "2026-11-28T04:00:00Z"), pools, unknownPools }, known);
    expect(scope([], 0)).toBe("for everything");
    expect(scope([], 2)).toBe("for 2 pools that are not known here");
    expect(scope(["pool/a"], 1)).toBe("for Nurse triage and a pool that is not known here");
    expect(scope(["pool/gone"], 0)).toBe("for a pool that is not known here");
  });
});

import { describe, expect, it } from "vitest";
import { dayOf, dayStart, instantAt, isDay, isDayStart, isElsewhere, timeAt, zoneOf } from "./zone";

const HALIFAX = "America/Halifax";
const utc = (text: string) => Date.parse(text);

describe("a day of the practice's", () => {
  it("begins where the practice is, wherever this machine stands", () => {
    expect(dayStart("2026-03-02", HALIFAX)).toBe(utc("2026-03-02T04:00:00Z"));
    expect(dayStart("2026-07-02", HALIFAX)).toBe(utc("2026-07-02T03:00:00Z"));
    expect(dayStart("2026-07-02", "Asia/Kathmandu")).toBe(utc("2026-07-01T18:15:00Z"));
    expect(dayOf(utc("2026-03-02T03:59:00Z"), HALIFAX)).toBe("2026-03-01");
    expect(timeAt(utc("2026-03-02T03:59:00Z"), HALIFAX)).toBe("23:59");
  });

  it("begins as the clocks jump, where they leave midnight out", () => {
    const cairo = dayStart("2026-04-24", "Africa/Cairo");
    expect(timeAt(cairo, "Africa/Cairo")).toBe("01:00");
    expect(isDayStart(cairo, "Africa/Cairo")).toBe(true);
  });

  it("has an end that is the next one's beginning, also where the clocks turn", () => {
    expect(instantAt("2026-03-08", "24:00", HALIFAX)).toBe(dayStart("2026-03-09", HALIFAX));
    expect(dayStart("2026-03-09", HALIFAX) - dayStart("2026-03-08", HALIFAX)).toBe(23 * 3_600_000);
  });

  it.each(["2026-02-31", "2026-13-01", "26-3-2", "soon", "", "0026-03-02"])("is not %j", (day) => {
    expect(isDay(day)).toBe(false);
  });
});

describe("a time", () => {
  it("that the clocks leave out is none, and one that they show twice is the first", () => {
    expect(instantAt("2026-03-08", "02:30", HALIFAX)).toBeNull();
    expect(instantAt("2026-11-01", "01:30", HALIFAX)).toBe(utc("2026-11-01T04:30:00Z"));
  });
});

describe("a zone", () => {
  it("that nobody knows is this machine's", () => {
    expect(zoneOf("Mars/Olympus")).toBe(zoneOf(null));
    expect(zoneOf(HALIFAX)).toBe(HALIFAX);
    expect(isElsewhere(zoneOf(null), Date.now())).toBe(false);
    expect(isElsewhere("Pacific/Chatham", Date.now())).toBe(true);
  });
});

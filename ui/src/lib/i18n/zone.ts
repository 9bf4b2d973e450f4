/**
 * Days and times of the practice, in its own time zone: whoever plans from a machine that stands elsewhere means the
 * practice's days all the same.
 *
 * A day is `YYYY-MM-DD`, a time `HH:MM`, an instant UTC milliseconds.
 */
import { catalogue, t } from "./catalogue.svelte";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${name} ${locale} ${options.timeZone ?? ""}`;
  let known = formats.get(key);
  if (known === undefined) {
    known = new Intl.DateTimeFormat(locale, options);
    formats.set(key, known);
  }
  return known;
}

/** The zone that this machine stands in. */
export function machineZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The practice's zone; the machine's where the practice has said none, or one that nobody here knows. */
export function zoneOf(practice: string | null): string {
  if (practice === null) return machineZone();
  try {
    format("known", "en", { timeZone: practice });
    return practice;
  } catch {
    return machineZone();
  }
}

/** Whether a zone shows other times than this machine does, now or in half a year. */
export function isElsewhere(zone: string, now: number): boolean {
  const machine = machineZone();
  return [now, now + 182 * DAY].some((at) => face(at, zone) !== face(at, machine));
}

/** What the clocks of a zone show, as if they showed UTC. */
function face(at: number, zone: string): number {
  const parts = format("face", "en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const shown = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
  return shown + part("second") * 1000;
}

function faceOf(day: string, time: string): number {
  const [year, month, dayOfMonth] = day.split("-").map(Number) as [number, number, number];
  const [hours, minutes] = time.split(":").map(Number) as [number, number];
  return Date.UTC(year, month - 1, dayOfMonth, hours, minutes);
}

/** What the clocks were ahead of UTC by a day before, and will be a day after: all that they can be in between. */
function instants(shown: number, zone: string): number[] {
  return [shown - DAY, shown + DAY].map((near) => shown - (face(near, zone) - near));
}

/** The instant of a time of a day, the first where the clocks show it twice; none where they leave it out. */
export function instantAt(day: string, time: string, zone: string): number | null {
  if (time === "24:00") return dayStart(dayAfter(day), zone);
  const shown = faceOf(day, time);
  const found = instants(shown, zone).filter((at) => face(at, zone) === shown);
  return found.length === 0 ? null : Math.min(...found);
}

/** The first instant of a day. */
export function dayStart(day: string, zone: string): number {
  // Where the clocks leave midnight out, the day begins as they jump.
  return instantAt(day, "00:00", zone) ?? Math.max(...instants(faceOf(day, "00:00"), zone));
}

export function dayOf(at: number, zone: string): string {
  return new Date(face(at, zone)).toISOString().slice(0, 10);
}

export function timeAt(at: number, zone: string): string {
  return new Date(face(at, zone)).toISOString().slice(11, 16);
}

export function dayAfter(day: string): string {
  return new Date(faceOf(day, "00:00") + DAY).toISOString().slice(0, 10);
}

/** Whether a day is begun at this instant. */
export function isDayStart(at: number, zone: string): boolean {
  return dayStart(dayOf(at, zone), zone) === at;
}

/** Whether there is such a day: `2026-02-31` is none. */
export function isDay(day: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return false;
  const at = faceOf(day, "00:00");
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === day && day >= "2000";
}

/** "Fri 27 Nov", with the year where it is not this one. */
export function dayWords(at: number, zone: string, now: number): string {
  const isThisYear = dayOf(at, zone).slice(0, 4) === dayOf(now, zone).slice(0, 4);
  return format(isThisYear ? "day" : "day-year", catalogue.locale, {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
    month: "short",
    ...(isThisYear ? {} : { year: "numeric" }),
  }).format(at);
}

/** "Fri 27 Nov, 15:10" */
export function dayAndTime(at: number, zone: string, now: number): string {
  const time = format("time", catalogue.locale, {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return t("away.at", { day: dayWords(at, zone, now), time: time.format(at) });
}

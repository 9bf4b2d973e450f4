/**
 * Instants (UTC milliseconds) in words, in the language of the screen and this machine's time zone.
 */
import { catalogue, t } from "./catalogue.svelte";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${catalogue.locale} ${name}`;
  let known = formats.get(key);
  if (known === undefined) {
    known = new Intl.DateTimeFormat(catalogue.locale, options);
    formats.set(key, known);
  }
  return known;
}

/** "15:10" */
export function clockTime(at: number): string {
  return format("time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

/** "4 Mar 2020" */
export function day(at: number): string {
  return format("day", { day: "numeric", month: "short", year: "numeric" }).format(at);
}

/** "4 Mar 2020" of an ISO date; the date as it is where it cannot be read (FHIR allows `2020` and `2020-03`). */
export function isoDay(date: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return date;
  const [year, month, dayOfMonth] = date.split("-").map(Number) as [number, number, number];
  // A date of birth has no time zone: it is formatted in the one it is built in.
  return day(new Date(year, month - 1, dayOfMonth).getTime());
}

/** "2026-11-22" of an instant, in this machine's time zone. */
export function isoDate(at: number): string {
  const date = new Date(at);
  const part = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${part(date.getMonth() + 1)}-${part(date.getDate())}`;
}

/** "Monday" of 0, "Sunday" of 6. */
export function weekdayName(weekday: number): string {
  // The first of January 2024 was a Monday.
  return format("weekday-long", { weekday: "long" }).format(new Date(2024, 0, 1 + weekday));
}

function dayNumber(at: number): number {
  const date = new Date(at);
  return Math.round(new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime() / DAY);
}

/** "today 15:10", "tomorrow 09:00", "Tue 09:00", "4 Mar 2020" */
export function moment(at: number, now: number): string {
  const apart = dayNumber(at) - dayNumber(now);
  const time = clockTime(at);
  if (apart === 0) return t("time.today", { time });
  if (apart === 1) return t("time.tomorrow", { time });
  if (apart === -1) return t("time.yesterday", { time });
  if (Math.abs(apart) < 7) {
    return t("time.weekday", { day: format("weekday", { weekday: "short" }).format(at), time });
  }
  return day(at);
}

/** "6 min", "2 h", "1 d": the largest unit only. */
export function span(milliseconds: number): string {
  const length = Math.max(0, milliseconds);
  if (length < HOUR) return t("span.minutes", { n: Math.floor(length / MINUTE) });
  if (length < DAY) return t("span.hours", { n: Math.floor(length / HOUR) });
  return t("span.days", { n: Math.floor(length / DAY) });
}

/** "6 m", for the rail. */
export function spanTiny(milliseconds: number): string {
  const length = Math.max(0, milliseconds);
  return length < HOUR ? t("span.minutes.tiny", { n: Math.floor(length / MINUTE) }) : span(length);
}

/** "1 d 4 h": the two largest units. */
export function spanLong(milliseconds: number): string {
  const length = Math.max(0, milliseconds);
  if (length < DAY) return span(length);
  const hours = Math.floor((length % DAY) / HOUR);
  const days = span(length);
  return hours === 0 ? days : `${days} ${t("span.hours", { n: hours })}`;
}

/** "4 s", "6 min", "2 h": how long ago, to the second at first. */
export function ago(milliseconds: number): string {
  const length = Math.max(0, milliseconds);
  return length < MINUTE ? t("span.seconds", { n: Math.floor(length / 1000) }) : span(length);
}

/** "1:12" */
export function stopwatch(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const part = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${part(minutes)}:${part(seconds % 60)}` : `${minutes}:${part(seconds % 60)}`;
}

/** A language by its name in the language of the screen: "French". */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames([catalogue.locale], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** "1,234" */
export function count(n: number): string {
  return new Intl.NumberFormat(catalogue.locale).format(n);
}

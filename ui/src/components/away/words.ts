/** An absence in words. */
import type { AwayList } from "$bindings/AwayList";
import type { AwayPlan } from "$bindings/AwayPlan";
import { t } from "$lib/i18n/catalogue.svelte";
import { dayAndTime, dayWords, isDayStart, zoneOf } from "$lib/i18n/zone";
import { plainName } from "$lib/text/plain";

/** "until Fri 27 Nov, whole day", "until Fri 27 Nov, 15:10", "until somebody ends it" */
export function untilWords(until: number | null, practiceZone: string | null, now: number): string {
  const zone = zoneOf(practiceZone);
  if (until === null) return t("away.until.open");
  // A whole day ends as the next one begins: said is the day that is meant.
  if (isDayStart(until, zone)) return t("away.until.day", { day: dayWords(until - 1, zone, now) });
  return t("away.until.at", { at: dayAndTime(until, zone, now) });
}

/** "From Fri 27 Nov until Mon 30 Nov, whole day" */
export function whenWords(
  { from, until }: Pick<AwayPlan, "from" | "until">,
  practiceZone: string | null,
  now: number,
): string {
  const zone = zoneOf(practiceZone);
  const end = untilWords(until, practiceZone, now);
  if (from === null) return end.charAt(0).toLocaleUpperCase() + end.slice(1);
  const at = isDayStart(from, zone) ? dayWords(from, zone, now) : dayAndTime(from, zone, now);
  return `${t(from <= now ? "away.since" : "away.from.at", { at })} ${end}`;
}

/** "for everything", "Nurse triage, and 1 pool that is not known here" */
export function scopeWords({ pools, unknownPools }: AwayPlan, known: AwayList["pools"]): string {
  const names = known.filter(({ id }) => pools.includes(id)).map(({ name }) => plainName(name));
  // One that is gone from the list meanwhile is a pool all the same.
  const unknown = unknownPools + pools.filter((id) => !known.some((pool) => pool.id === id)).length;
  if (names.length === 0 && unknown === 0) return t("away.everything");
  if (names.length === 0) return t("away.pools.unknown", { n: unknown });
  const listed = t("away.pools", { names: names.join(", ") });
  return unknown === 0 ? listed : `${listed} ${t("away.pools.unknown.more", { n: unknown })}`;
}

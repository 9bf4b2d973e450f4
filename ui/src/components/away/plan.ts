/** A plan as it is typed: what is missing in it, what is wrong with it, and the instants that it means. */
import type { AwayPlan } from "$bindings/AwayPlan";
import type { MessageKey } from "$lib/i18n/catalogue.svelte";
import { dayOf, dayStart, instantAt, isDay, isDayStart, timeAt } from "$lib/i18n/zone";
import { isTime, timeOf } from "$lib/tables/hours.svelte";

/** From and until, as they are typed. */
export interface Ends {
  fromDate: string;
  fromTime: string;
  untilDate: string;
  untilTime: string;
  /** Until somebody ends it: chosen, never what is left when a date is forgotten. */
  endless: boolean;
}

/** What is typed. An empty beginning: from now on. */
export interface Plan extends Ends {
  id: string | null;
  /** The version that was shown. */
  base: string | null;
  absent: string;
  standIn: string;
  /** None, and no unknown ones: for everything. */
  pools: readonly string[];
  /** So many more that are not known here; they stay as they are. */
  unknownPools: number;
}

export const PLACES = ["stand-in", "from-date", "from-time", "until-date", "until-time"] as const;

/** A field, by its id without `away-`. */
export type Place = (typeof PLACES)[number];

export interface Problem {
  place: Place;
  text: MessageKey;
}

export interface Meant {
  /** UTC ms; none: from now on. */
  from: number | null;
  /** UTC ms; none: until somebody ends it. */
  until: number | null;
  problems: readonly Problem[];
}

export function emptyPlan(me: string): Plan {
  return {
    id: null,
    base: null,
    absent: me,
    standIn: "",
    fromDate: "",
    fromTime: "",
    untilDate: "",
    untilTime: "",
    endless: false,
    pools: [],
    unknownPools: 0,
  };
}

/** What is typed where a plan is to be changed. */
export function typed(of: AwayPlan, zone: string): Omit<Plan, "id" | "base" | "absent"> {
  const from = of.from === null ? ["", ""] : [dayOf(of.from, zone), timeAt(of.from, zone)];
  // A whole day ends as the next one begins: what is shown is the day that is meant.
  const until =
    of.until === null
      ? ["", ""]
      : isDayStart(of.until, zone)
        ? [dayOf(of.until - 1, zone), ""]
        : [dayOf(of.until, zone), timeAt(of.until, zone)];
  return {
    standIn: of.standIn,
    fromDate: from[0]!,
    fromTime: of.from !== null && isDayStart(of.from, zone) ? "" : from[1]!,
    untilDate: until[0]!,
    untilTime: until[1]!,
    endless: of.until === null,
    pools: of.pools,
    unknownPools: of.unknownPools,
  };
}

/** The instants of what is typed, in the practice's zone; `half` are fields that the page could not read at all. */
export function meant(plan: Plan, zone: string, half: readonly Place[] = []): Meant {
  const problems: Problem[] = [];
  const wrong = (place: Place, text: MessageKey) => {
    if (!problems.some((problem) => problem.place === place)) problems.push({ place, text });
    return null;
  };
  if (plan.standIn === "") wrong("stand-in", "away.missing.stand-in");
  const at = (end: "from" | "until", date: string, time: string): number | null => {
    if (half.includes(`${end}-date`)) return wrong(`${end}-date`, "away.wrong.half");
    if (date.trim() === "" && time.trim() !== "") return wrong(`${end}-date`, "away.missing.day");
    if (date.trim() === "") return end === "from" ? null : wrong("until-date", "away.missing.until");
    if (!isDay(date)) return wrong(`${end}-date`, "away.wrong.date");
    // Of a day without a time, the end is the next midnight: the whole day is meant.
    if (time.trim() === "") return end === "from" ? dayStart(date, zone) : instantAt(date, "24:00", zone);
    const read = timeOf(time);
    if (!isTime(read) || (end === "from" && read === "24:00")) return wrong(`${end}-time`, "away.wrong.time");
    return instantAt(date, read, zone) ?? wrong(`${end}-time`, "away.wrong.skipped");
  };
  const from = at("from", plan.fromDate, plan.fromTime);
  const until = plan.endless ? null : at("until", plan.untilDate, plan.untilTime);
  return { from, until, problems };
}

/** Whether two plans say the same. */
export function samePlan(one: AwayPlan, other: AwayPlan): boolean {
  const said = ({ standIn, from, until, pools, unknownPools }: AwayPlan) =>
    JSON.stringify([standIn, from, until, [...pools].sort(), unknownPools]);
  return said(one) === said(other);
}

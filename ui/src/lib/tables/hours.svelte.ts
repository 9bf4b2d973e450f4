/**
 * Office hours on screen: the zone, the ordinary week, the days on which it does not hold.
 *
 * Times are typed, not picked: `8`, `830`, `17h30` and `8:30` are all understood, in any language, and stand there
 * as `HH:MM` once the field is left.
 */
import type { ClosureRow } from "$bindings/ClosureRow";
import type { HoursContent } from "$bindings/HoursContent";
import type { HoursTable } from "$bindings/HoursTable";
import type { OpenPeriod } from "$bindings/OpenPeriod";
import type { RuleProblemRow } from "$bindings/RuleProblemRow";
import type { TableSaved } from "$bindings/TableSaved";
import { t } from "$lib/i18n/catalogue.svelte";
import { same } from "./same";
import { type Problem, Table } from "./table.svelte";

/** What tells a row from the others. */
interface Keyed {
  readonly key: number;
}

export type PeriodRow = OpenPeriod & Keyed;
export type ClosedRow = ClosureRow & Keyed;

export interface HoursDraft {
  readonly zone: string;
  readonly weekly: readonly PeriodRow[];
  readonly closures: readonly ClosedRow[];
}

/** 0 is Monday, as in `OpenPeriod.day`. */
export const DAYS = [0, 1, 2, 3, 4, 5, 6] as const;
const WORKDAYS = 5;

/** A time as it is typed, as `HH:MM`; as it was typed where it is none. `24:00` is the day's end. */
export function timeOf(typed: string): string {
  const text = typed.trim().toLowerCase();
  const [, hours, minutes = "0"] =
    /^(\d{1,2})\s*(?:[:.h]\s*(\d{2})?)?$/.exec(text) ?? /^(\d{1,2})(\d{2})$/.exec(text) ?? [];
  const time = `${(hours ?? "").padStart(2, "0")}:${minutes.padStart(2, "0")}`;
  return hours !== undefined && isTime(time) ? time : typed.trim();
}

/** Whether it is a time of day, `00:00` to `24:00`. */
export function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text) || text === "24:00";
}

const byFirst = (one: ClosureRow, other: ClosureRow) =>
  one.first < other.first ? -1 : one.first > other.first ? 1 : 0;

export class OfficeHours extends Table<HoursTable, HoursDraft> {
  readonly kind = "calendar";
  #keys = 0;

  content({ zone, weekly, closures }: HoursDraft): HoursContent {
    return {
      zone,
      weekly: weekly.map(({ key: _key, ...period }) => period),
      closures: closures.map(({ key: _key, ...closure }) => ({ ...closure, name: closure.name.trim() })),
    };
  }

  periodsOf(day: number): readonly PeriodRow[] {
    return this.draft?.weekly.filter((period) => period.day === day) ?? [];
  }

  /** Closures that are over on that day, `YYYY-MM-DD`; one that recurs is never over. */
  past(today: string): readonly ClosedRow[] {
    return this.draft?.closures.filter((closure) => isPast(closure, today)) ?? [];
  }

  coming(today: string): readonly ClosedRow[] {
    return this.draft?.closures.filter((closure) => !isPast(closure, today)) ?? [];
  }

  setZone(zone: string): void {
    this.change((draft) => ({ ...draft, zone }));
  }

  setPeriod(key: number, to: Partial<Pick<OpenPeriod, "from" | "to">>): void {
    this.change((draft) => ({
      ...draft,
      weekly: draft.weekly.map((period) => (period.key === key ? { ...period, ...to } : period)),
    }));
  }

  /** Another period of a day, behind those that it has; the first is an ordinary one. */
  addPeriod(day: number): void {
    const key = ++this.#keys;
    const first = this.periodsOf(day).length === 0;
    const period = { day, from: first ? "09:00" : "", to: first ? "17:00" : "", key };
    this.change((draft) => {
      const after = draft.weekly.filter((one) => one.day <= day);
      return { ...draft, weekly: [...after, period, ...draft.weekly.filter((one) => one.day > day)] };
    });
    this.wish = `from-${key}`;
  }

  removePeriod(key: number): void {
    const day = this.draft?.weekly.find((period) => period.key === key)?.day;
    this.change((draft) => ({ ...draft, weekly: draft.weekly.filter((period) => period.key !== key) }));
    if (day !== undefined) this.wish = `period-add-${day}`;
  }

  /** Tuesday to Friday are as Monday is. */
  copyMonday(): void {
    const monday = this.periodsOf(0);
    this.change((draft) => ({
      ...draft,
      weekly: [
        ...monday,
        ...DAYS.slice(1, WORKDAYS).flatMap((day) =>
          monday.map(({ from, to }) => ({ day, from, to, key: ++this.#keys })),
        ),
        ...draft.weekly.filter(({ day }) => day >= WORKDAYS),
      ],
    }));
  }

  setClosure(key: number, to: Partial<Omit<ClosureRow, "rule">>): void {
    this.change((draft) => ({
      ...draft,
      closures: draft.closures.map((closure) => (closure.key === key ? { ...closure, ...to } : closure)),
    }));
  }

  /** Sorts once a date is done: a row does not run away while its date is typed. */
  sortClosures(): void {
    this.change((draft) => {
      const closures = [...draft.closures].sort(byFirst);
      return same(closures, draft.closures) ? draft : { ...draft, closures };
    });
  }

  /** A closure that begins on a day, `YYYY-MM-DD`. */
  addClosure(first: string): void {
    const key = ++this.#keys;
    const closure = { name: "", first, last: null, from: null, to: null, rule: null, key };
    this.change((draft) => ({ ...draft, closures: [...draft.closures, closure].sort(byFirst) }));
    this.wish = `closure-name-${key}`;
  }

  removeClosure(key: number): void {
    this.change((draft) => ({ ...draft, closures: draft.closures.filter((one) => one.key !== key) }));
    this.wish = "closure-add";
  }

  hide(): void {}

  protected ask(): Promise<HoursTable> {
    return this.backend.hoursTable();
  }

  protected draftOf({ content }: HoursTable): HoursDraft {
    const keyed = <T>(row: T): T & Keyed => ({ ...row, key: ++this.#keys });
    const weekly = [...content.weekly].sort(
      (one, other) => one.day - other.day || (one.from < other.from ? -1 : 1),
    );
    return {
      zone: content.zone,
      weekly: weekly.map(keyed),
      closures: [...content.closures].sort(byFirst).map(keyed),
    };
  }

  protected send(draft: HoursDraft, base: string | null): Promise<TableSaved> {
    return this.backend.hoursSave({ content: this.content(draft), base });
  }

  protected alike(one: HoursDraft, other: HoursDraft): boolean {
    return same(this.content(one), this.content(other));
  }

  protected check({ zone, weekly, closures }: HoursDraft): Problem[] {
    const problems: Problem[] = [];
    const wrong = (place: string, text: string) => problems.push({ place, text });
    if (zone === "") wrong("zone", t("hours.wrong.zone"));
    for (const { key, from, to } of weekly) {
      if (!isTime(from) || from === "24:00") wrong(`from-${key}`, t("hours.wrong.time"));
      else if (!isTime(to)) wrong(`to-${key}`, t("hours.wrong.time"));
    }
    for (const { key, name, first, last, from, to } of closures) {
      if (name.trim() === "") wrong(`closure-name-${key}`, t("hours.wrong.name"));
      else if (first === "") wrong(`closure-first-${key}`, t("hours.wrong.date"));
      else if (last !== null && last < first) wrong(`closure-last-${key}`, t("hours.wrong.order"));
      else if (from !== null && !isTime(from)) wrong(`closure-from-${key}`, t("hours.wrong.time"));
      else if (to !== null && !isTime(to)) wrong(`closure-to-${key}`, t("hours.wrong.time"));
    }
    return problems;
  }

  /** The program names the field by its path: `weekly[3].to`. */
  protected placeOf({ rule, problem }: RuleProblemRow): string | null {
    const path = /^(zone|weekly|closures)(?:\[(\d+)\])?(?:\.(\w+))?/.exec(rule ?? problem);
    const [, field, index, part] = path ?? [];
    if (field === "zone") return "zone";
    const period = this.draft?.weekly[Number(index)];
    if (field === "weekly" && period !== undefined) return `${part === "to" ? "to" : "from"}-${period.key}`;
    const closure = this.draft?.closures[Number(index)];
    if (field !== "closures" || closure === undefined) return null;
    const known = ["name", "first", "last", "from", "to"].includes(part ?? "") ? part : "name";
    return `closure-${known}-${closure.key}`;
  }
}

function isPast({ first, last, rule }: ClosureRow, today: string): boolean {
  return rule === null && (last ?? first) < today && first !== "";
}

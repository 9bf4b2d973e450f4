/**
 * Who is away and who stands in: the list, the plan that is being made, and what became of one's own work meanwhile.
 *
 * A plan is sent once and comes back by the list: nothing here pretends that the server has it. What is wrong with it
 * is said before it is saved; what is only worth a second look may be saved all the same.
 */
import type { ApiError } from "$bindings/ApiError";
import type { AwayDigest } from "$bindings/AwayDigest";
import type { AwayList } from "$bindings/AwayList";
import type { AwayRow } from "$bindings/AwayRow";
import type { AwayWarning } from "$bindings/AwayWarning";
import { type Backend, failureOf } from "$lib/backend/backend";
import { clockTime, isoDate } from "$lib/i18n/time";
import { LiveQuery, type LiveQueries } from "$lib/query/live.svelte";
import { timeOf } from "$lib/tables/hours.svelte";

/** What is typed. Empty dates: from now on; until somebody ends it. */
export interface Plan {
  id: string | null;
  base: string | null;
  absent: string;
  standIn: string;
  fromDate: string;
  fromTime: string;
  untilDate: string;
  untilTime: string;
  /** None: for everything. */
  pools: readonly string[];
}

/** What was said of a plan that was not saved. */
export interface Warned {
  /** It cannot be saved as it is. */
  final: boolean;
  warnings: readonly AwayWarning[];
}

const DAY_WITHOUT_TIME = { from: "00:00", until: "24:00" } as const;

/** The instant of a date and a time of this machine's zone, UTC ms; none where no date is given, NaN where it is none. */
export function instantOf(date: string, time: string, end: "from" | "until"): number | null {
  if (date.trim() === "") return null;
  const typed = time.trim() === "" ? DAY_WITHOUT_TIME[end] : timeOf(time);
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  const [hours, minutes] = typed.split(":").map(Number) as [number, number];
  // Of a day without a time, the end is the next midnight: the whole day is meant.
  return new Date(year, month - 1, day, hours, minutes).getTime();
}

export class Away {
  open = $state(false);
  plan = $state.raw<Plan>(empty(""));
  warned = $state.raw<Warned | null>(null);
  failure = $state.raw<ApiError | null>(null);
  /** A date that cannot be read, or no stand-in: which field. */
  missing = $state<"stand-in" | "from" | "until" | null>(null);
  saving = $state(false);
  /** A plan was sent: said until the next key. */
  sent = $state(false);
  readonly list: LiveQuery<AwayList>;
  readonly digest: LiveQuery<AwayDigest | null>;

  readonly #backend: Backend;

  constructor(backend: Backend, queries: LiveQueries) {
    this.#backend = backend;
    this.list = new LiveQuery(queries, { tags: ["coverage"] }, () => backend.away());
    this.digest = new LiveQuery(queries, { tags: ["coverage"] }, () => backend.digest());
  }

  /** Asks for both; a role that sees nothing is told nothing. */
  refresh(): void {
    void this.list.refresh();
    void this.digest.refresh();
  }

  get may(): boolean {
    return this.list.data?.mayOwn ?? false;
  }

  show(): void {
    this.anew();
    this.sent = false;
    this.open = true;
    void this.list.refresh();
  }

  /** An empty plan for oneself. */
  anew(): void {
    this.plan = empty(this.list.data?.me ?? "");
    this.#forget();
  }

  /** A plan that is there, to be changed. */
  change(row: AwayRow): void {
    const date = (at: number | null) => (at === null ? "" : isoDate(at));
    const time = (at: number | null) => (at === null ? "" : clockTime(at));
    this.plan = {
      id: row.id,
      base: row.base,
      absent: row.absent,
      standIn: row.standIn,
      fromDate: date(row.from),
      fromTime: time(row.from),
      untilDate: date(row.until),
      untilTime: time(row.until),
      pools: row.pools,
    };
    this.#forget();
  }

  set(change: Partial<Plan>): void {
    this.plan = { ...this.plan, ...change };
    this.#forget();
    this.sent = false;
  }

  togglePool(pool: string): void {
    const { pools } = this.plan;
    this.set({ pools: pools.includes(pool) ? pools.filter((one) => one !== pool) : [...pools, pool] });
  }

  async save(despite = false): Promise<void> {
    const { plan } = this;
    const from = instantOf(plan.fromDate, plan.fromTime, "from");
    const until = instantOf(plan.untilDate, plan.untilTime, "until");
    this.missing =
      plan.standIn === "" ? "stand-in" : Number.isNaN(from) ? "from" : Number.isNaN(until) ? "until" : null;
    if (this.missing !== null || this.saving) return;
    this.saving = true;
    this.failure = null;
    try {
      const saved = await this.#backend.awaySave({
        id: plan.id,
        base: plan.base,
        absent: plan.absent,
        standIn: plan.standIn,
        from,
        until,
        pools: [...plan.pools],
        despite,
      });
      if (saved.kind === "queued") {
        this.anew();
        this.sent = true;
        await this.list.refresh();
      } else {
        this.warned = { final: saved.kind === "wrong", warnings: saved.warnings };
      }
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
    this.saving = false;
  }

  /** Ends one now, or gives up one that was not saved. */
  async end(id: string): Promise<void> {
    this.failure = null;
    try {
      await this.#backend.awayEnd({ id });
      if (this.plan.id === id) this.anew();
      await this.list.refresh();
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
  }

  /** The digest was read: it comes back with the next absence. */
  async dismiss(): Promise<void> {
    const digest = this.digest.data;
    if (digest === null) return;
    this.digest.data = null;
    try {
      await this.#backend.digestDismiss({ until: digest.until });
    } catch (thrown) {
      this.digest.data = digest;
      this.failure = failureOf(thrown);
    }
  }

  finish(): void {
    this.list.end();
    this.digest.end();
  }

  #forget(): void {
    this.warned = null;
    this.failure = null;
    this.missing = null;
  }
}

function empty(me: string): Plan {
  return {
    id: null,
    base: null,
    absent: me,
    standIn: "",
    fromDate: "",
    fromTime: "",
    untilDate: "",
    untilTime: "",
    pools: [],
  };
}

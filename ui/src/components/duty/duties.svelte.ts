/**
 * Who is on duty, now and later: whoever is called first for an emergency. What is typed becomes a duty of its own and
 * comes back by the list; one that is there is not changed, only ended.
 */
import type { ApiError } from "$bindings/ApiError";
import type { DutyList } from "$bindings/DutyList";
import { emptyPlan, type Ends, meant, type Place, type Problem } from "$components/away/plan";
import { type Backend, failureOf } from "$lib/backend/backend";
import type { MessageKey } from "$lib/i18n/catalogue.svelte";
import { zoneOf } from "$lib/i18n/zone";
import { LiveQuery, type LiveQueries } from "$lib/query/live.svelte";

const NOTHING: Ends = { fromDate: "", fromTime: "", untilDate: "", untilTime: "", endless: false };

export class Duties {
  readonly list: LiveQuery<DutyList>;
  /** Who, where that was chosen: else the member. */
  chosen = $state<string | null>(null);
  ends = $state.raw<Ends>(NOTHING);
  problems = $state.raw<readonly Problem[]>([]);
  /** Why the program did not save it. */
  warned = $state.raw<MessageKey | null>(null);
  done = $state<"sent" | "ended" | "given-up" | null>(null);
  failure = $state.raw<ApiError | null>(null);
  busy = $state(false);
  /** Id of the element that the focus goes to next. */
  wish = $state<string | null>(null);
  /** Fields that are filled by half, which only the page can tell. */
  half: () => readonly Place[] = () => [];

  readonly #backend: Backend;

  constructor(backend: Backend, queries: LiveQueries) {
    this.#backend = backend;
    this.list = new LiveQuery(queries, { tags: ["emergencies", "coverage", "outbox"] }, () => backend.duty());
  }

  get who(): string {
    return this.chosen ?? this.list.data?.me ?? "";
  }

  get zone(): string {
    return zoneOf(this.list.data?.zone ?? null);
  }

  choose(who: string): void {
    this.chosen = who;
    this.#forget();
  }

  set(change: Partial<Ends>): void {
    this.ends = { ...this.ends, ...change };
    this.#forget();
  }

  async save(): Promise<void> {
    if (this.busy || this.who === "") return;
    this.#forget();
    const plan = { ...emptyPlan(this.who), standIn: this.who, ...this.ends };
    const { from, until, problems } = meant(plan, this.zone, this.half());
    this.problems = problems;
    const [first] = problems;
    if (first !== undefined) {
      this.wish = `duty-${first.place}`;
      return;
    }
    await this.#work(async () => {
      const saved = await this.#backend.dutySave({ who: this.who, from, until });
      this.wish = "duty-said";
      if (saved.kind === "wrong") {
        this.warned = `away.warning.${saved.warning}`;
        return;
      }
      this.ends = NOTHING;
      this.chosen = null;
      this.done = "sent";
    });
  }

  /** Ends one now; or gives up only what was wanted, and was not saved. */
  async end(id: string, giveUp = false): Promise<void> {
    if (this.busy) return;
    this.#forget();
    await this.#work(async () => {
      await this.#backend.dutyEnd({ id, giveUp });
      this.done = giveUp ? "given-up" : "ended";
      this.wish = "duty-said";
    });
  }

  finish(): void {
    this.list.end();
  }

  async #work(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
    } catch (thrown) {
      this.failure = failureOf(thrown);
    }
    await this.list.refresh();
    this.busy = false;
  }

  #forget(): void {
    this.problems = [];
    this.warned = null;
    this.done = null;
    this.failure = null;
  }
}

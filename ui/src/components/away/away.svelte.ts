/**
 * Who is away and who stands in: the list, the plan that is being made, and what became of one's own work meanwhile.
 *
 * A plan is sent once and comes back by the list: nothing here pretends that the server has it. What is wrong with it
 * is said before it is saved; what is only worth a second look may be saved all the same. What was typed stays until
 * it is saved or taken away: a failure, or somebody else's change in between, costs nobody a word.
 */
import type { ApiError } from "$bindings/ApiError";
import type { AwayDigest } from "$bindings/AwayDigest";
import type { AwayList } from "$bindings/AwayList";
import type { AwayPlan } from "$bindings/AwayPlan";
import type { AwayRow } from "$bindings/AwayRow";
import type { AwaySaving } from "$bindings/AwaySaving";
import type { AwayWarning } from "$bindings/AwayWarning";
import { type Backend, failureOf } from "$lib/backend/backend";
import { zoneOf } from "$lib/i18n/zone";
import { LiveQuery, type LiveQueries } from "$lib/query/live.svelte";
import { emptyPlan, meant, type Place, type Plan, type Problem, samePlan, typed } from "./plan";

/** What was said of a plan that was not saved. */
export interface Warned {
  /** It cannot be saved as it is. */
  final: boolean;
  warnings: readonly AwayWarning[];
}

/** Not a failure: what this role does not see, and a screen that is being locked. */
const UNSAID = ["not-allowed", "locked", "signed-out"];
/** The program says that what was edited is not what stands there. */
const MOVED = ["too-late", "not-found"];

/** It goes on as it stands there, and what is wanted instead waits for a decision. */
export function isUnsaved(saving: AwaySaving): boolean {
  return ["overtaken", "gone", "refused", "end-refused"].includes(saving);
}

export class Away {
  open = $state(false);
  plan = $state.raw<Plan>(emptyPlan(""));
  warned = $state.raw<Warned | null>(null);
  failure = $state.raw<ApiError | null>(null);
  /** What is missing or wrong in the fields. */
  problems = $state.raw<readonly Problem[]>([]);
  saving = $state(false);
  /** Why it could not be kept that the digest was seen. */
  dismissed = $state.raw<ApiError | null>(null);
  /** What was done: said until the next key. */
  done = $state<"sent" | "ended" | "given-up" | null>(null);
  /** Id of the element that the focus goes to next. */
  wish = $state<string | null>(null);
  /** Fields that are filled by half, which only the page can tell: they are not taken for empty. */
  half: () => readonly Place[] = () => [];
  readonly list: LiveQuery<AwayList>;
  readonly digest: LiveQuery<AwayDigest | null>;

  /** The absence that is being changed, as it stands now. */
  readonly row: AwayRow | null = $derived.by(
    () => this.list.data?.rows.find(({ id }) => id === this.plan.id) ?? null,
  );

  /** Somebody else changed, or ended, meanwhile what is being changed here. */
  readonly moved: "changed" | "gone" | null = $derived.by(() => {
    if (this.plan.id === null || this.list.data === null) return null;
    if (this.row === null) return "gone";
    return this.#base() === this.row.base ? null : "changed";
  });

  /** Why who is away, or what became of one's work, cannot be told. */
  readonly unread: ApiError | null = $derived.by(() => {
    const failures = [this.list.failure, this.digest.failure];
    return failures.find((failure) => failure !== null && !UNSAID.includes(failure.code)) ?? null;
  });

  readonly #backend: Backend;
  /** What stood there as it was taken up. */
  #shown = $state.raw<AwayPlan | null>(null);
  /** Something is typed that is nowhere else. */
  #dirty = $state(false);

  constructor(backend: Backend, queries: LiveQueries) {
    this.#backend = backend;
    // How far a change has got is in the outbox; what became of one's work moves with every envelope.
    this.list = new LiveQuery(queries, { tags: ["coverage", "outbox"] }, () => backend.away());
    this.digest = new LiveQuery(queries, { tags: ["coverage", "envelopes", "rail"] }, () => backend.digest());
  }

  /** Asks for both; a role that sees nothing is told nothing. */
  refresh(): void {
    void this.list.refresh();
    void this.digest.refresh();
  }

  get zone(): string {
    return zoneOf(this.list.data?.zone ?? null);
  }

  get dirty(): boolean {
    return this.#dirty;
  }

  show(): void {
    if (!this.#dirty) this.anew();
    this.done = null;
    this.open = true;
    void this.list.refresh();
  }

  /** An empty plan for oneself. */
  anew(): void {
    this.plan = emptyPlan(this.list.data?.me ?? "");
    this.#shown = null;
    this.#dirty = false;
    this.#forget();
  }

  /** One that is there, to be changed: what is wanted instead, where that was not saved. */
  change(row: AwayRow): void {
    const taken = row.change ?? row.plan;
    this.#take(row, taken);
    this.wish = "away-stand-in";
  }

  /** What stands there now takes the place of what was typed. */
  takeTheirs(): void {
    if (this.row === null) this.anew();
    else this.#take(this.row, this.row.plan);
    this.wish = "away-stand-in";
  }

  #take(row: AwayRow, plan: AwayPlan): void {
    this.plan = { id: row.id, base: row.base, absent: row.absent, ...typed(plan, this.zone) };
    this.#shown = row.plan;
    this.#dirty = false;
    this.done = null;
    this.#forget();
  }

  set(change: Partial<Plan>): void {
    this.plan = { ...this.plan, ...change };
    this.#dirty = true;
    this.#forget();
    this.done = null;
  }

  togglePool(pool: string): void {
    const { pools } = this.plan;
    this.set({ pools: pools.includes(pool) ? pools.filter((one) => one !== pool) : [...pools, pool] });
  }

  problemsAt(place: Place): readonly Problem[] {
    return this.problems.filter((problem) => problem.place === place);
  }

  async save(): Promise<void> {
    // What was asked about is answered by its own button, never by one more press of this one.
    if (this.moved !== null) this.wish = "away-moved";
    else await this.#save(false);
  }

  /** The warnings were read. */
  async saveDespite(): Promise<void> {
    if (this.warned !== null && !this.warned.final) await this.#save(true);
  }

  /** Theirs was seen: mine is written over it. */
  async saveOver(): Promise<void> {
    const { row } = this;
    if (row === null) return;
    this.plan = { ...this.plan, base: row.base };
    this.#shown = row.plan;
    await this.#save(false);
  }

  /** What is gone is planned anew: as another one, looked at once more before it is saved. */
  asNew(): void {
    this.plan = { ...this.plan, id: null, base: null, unknownPools: 0 };
    this.#shown = null;
    this.#forget();
    this.wish = "away-stand-in";
  }

  async #save(despite: boolean): Promise<void> {
    const { plan } = this;
    if (this.saving) return;
    const { from, until, problems } = meant(plan, this.zone, this.half());
    this.problems = problems;
    const [first] = problems;
    if (first !== undefined) {
      this.wish = `away-${first.place}`;
      return;
    }
    this.saving = true;
    this.failure = null;
    try {
      const saved = await this.#backend.awaySave({
        id: plan.id,
        base: this.#base(),
        // Opened before anybody knew whose desk this is.
        absent: plan.absent === "" ? (this.list.data?.me ?? "") : plan.absent,
        standIn: plan.standIn,
        from,
        until,
        pools: [...plan.pools],
        despite,
      });
      if (saved.kind === "queued") {
        this.anew();
        this.done = "sent";
        this.wish = "away-said";
        await this.list.refresh();
      } else if (plan === this.plan) {
        this.warned = { final: saved.kind === "wrong", warnings: saved.warnings };
        this.wish = "away-said";
      }
    } catch (thrown) {
      await this.#failed(thrown);
    }
    this.saving = false;
  }

  /** Ends one now; or gives up only what was wanted instead, and was not saved. */
  async end(id: string, giveUp = false): Promise<void> {
    if (this.saving) return;
    this.saving = true;
    this.#forget();
    this.done = null;
    try {
      await this.#backend.awayEnd({ id, giveUp });
      if (this.plan.id === id) this.anew();
      this.done = giveUp ? "given-up" : "ended";
      this.wish = "away-said";
      await this.list.refresh();
    } catch (thrown) {
      await this.#failed(thrown);
    }
    this.saving = false;
  }

  /** The digest was read: it comes back with the next absence. */
  async dismiss(): Promise<void> {
    const digest = this.digest.data;
    if (digest === null) return;
    this.dismissed = null;
    this.digest.data = null;
    try {
      await this.#backend.digestDismiss({ until: digest.until });
    } catch (thrown) {
      this.digest.data = digest;
      this.dismissed = failureOf(thrown);
    }
  }

  finish(): void {
    this.list.end();
    this.digest.end();
  }

  /** The version that what is typed is about: what came back saying the same is the same. */
  #base(): string | null {
    const { row } = this;
    const isSame = row !== null && this.#shown !== null && samePlan(row.plan, this.#shown);
    return isSame ? row.base : this.plan.base;
  }

  async #failed(thrown: unknown): Promise<void> {
    const failure = failureOf(thrown);
    if (MOVED.includes(failure.code)) await this.list.refresh();
    if (this.moved !== null && MOVED.includes(failure.code)) this.wish = "away-moved";
    else this.failure = failure;
  }

  #forget(): void {
    this.warned = null;
    this.failure = null;
    this.problems = [];
  }
}

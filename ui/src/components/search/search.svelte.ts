/**
 * Search as you type. The hits stand in place of the list while there is something in the field.
 *
 * Each key asks anew; an answer to an older text is dropped, so the hits never go back in time. While the text
 * index is still being built the answer says how far back it reaches.
 */
import type { ApiError } from "$bindings/ApiError";
import type { QueueId } from "$bindings/QueueId";
import type { SearchHit } from "$bindings/SearchHit";
import type { SearchResults } from "$bindings/SearchResults";
import { type Backend, failureOf } from "$lib/backend/backend";
import type { LiveQueries } from "$lib/query/live.svelte";

/** Hits of one answer. */
const LIMIT = 50;
const DAY = 86_400_000;

/** How far back is looked, in days; none: as far as there is. */
export type Reach = 7 | 30 | 365 | null;
export const reaches: readonly Reach[] = [null, 7, 30, 365];

/** Whose hits alone are shown. */
export interface OnePatient {
  id: string;
  name: string;
}

export class Search {
  text = $state("");
  patient = $state.raw<OnePatient | null>(null);
  /** Only this queue's pool. */
  pool = $state<QueueId | null>(null);
  reach = $state<Reach>(null);
  results = $state.raw<SearchResults | null>(null);
  failure = $state.raw<ApiError | null>(null);
  cursor = $state(-1);
  /** The text that the hits answer. */
  answered = $state("");

  readonly active = $derived(this.text.trim() !== "");
  readonly selected: SearchHit | null = $derived(this.results?.hits[this.cursor] ?? null);

  #backend: Backend;
  #now: () => number;
  #asked = 0;

  constructor(backend: Backend, now: () => number) {
    this.#backend = backend;
    this.#now = now;
  }

  watch(queries: LiveQueries): () => void {
    return queries.watch({ tags: ["search", "envelopes"] }, () => {
      if (this.active) void this.ask();
    });
  }

  type(text: string): void {
    this.text = text;
    void this.ask();
  }

  narrow(change: { patient?: OnePatient | null; pool?: QueueId | null; reach?: Reach }): void {
    if (change.patient !== undefined) this.patient = change.patient;
    if (change.pool !== undefined) this.pool = change.pool;
    if (change.reach !== undefined) this.reach = change.reach;
    void this.ask();
  }

  clear(): void {
    this.#asked += 1;
    this.text = "";
    this.answered = "";
    this.patient = null;
    this.pool = null;
    this.reach = null;
    this.results = null;
    this.failure = null;
    this.cursor = -1;
  }

  move(by: number): void {
    this.select(this.cursor + by);
  }

  select(index: number): void {
    const last = (this.results?.hits.length ?? 0) - 1;
    this.cursor = Math.min(Math.max(index, 0), last);
  }

  async ask(): Promise<void> {
    const asked = ++this.#asked;
    if (!this.active) {
      this.clear();
      return;
    }
    const text = this.text;
    try {
      const since = this.reach === null ? null : this.#now() - this.reach * DAY;
      const results = await this.#backend.search({
        text,
        filters: { patient: this.patient?.id ?? null, pool: this.pool, since, until: null },
        limit: LIMIT,
      });
      if (asked !== this.#asked) return;
      const thread = this.selected?.thread;
      this.results = results;
      this.failure = null;
      const same = this.answered === text && thread !== undefined;
      const at = same ? results.hits.findIndex((hit) => hit.thread === thread) : 0;
      this.cursor = results.hits.length === 0 ? -1 : Math.max(0, at);
      this.answered = text;
    } catch (thrown) {
      if (asked === this.#asked) this.failure = failureOf(thrown);
    }
  }
}

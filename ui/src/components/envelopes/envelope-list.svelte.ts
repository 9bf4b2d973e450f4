/**
 * The envelopes of one queue, as far as they were looked at.
 *
 * Moving the selection is local: no question is asked between the key and the frame. Rows come in windows of
 * {@link WINDOW}, the next one before it is needed. What the queue becomes meanwhile is taken in by `merge`, so
 * that nothing moves under the hand; the person lets the new rows in with one key.
 */
import type { ApiError } from "$bindings/ApiError";
import type { EnvelopePage } from "$bindings/EnvelopePage";
import type { EnvelopeRow } from "$bindings/EnvelopeRow";
import type { QueueId } from "$bindings/QueueId";
import type { UrgencyLevel } from "$bindings/UrgencyLevel";
import { failureOf, type Backend } from "$lib/backend/backend";
import type { LiveQueries } from "$lib/query/live.svelte";
import { fill, merge, type Place, type Places, placesOf } from "./merge";

/** Rows of one question; the program gives at most 200. */
const WINDOW = 200;
/** Rows before the end of what is loaded at which the next window is asked for. */
const AHEAD = 60;

/** What is kept of a queue that is not on screen. */
interface Kept {
  places: Places;
  thread: string | null;
}

export class EnvelopeList {
  queue = $state<QueueId>("mine");
  places = $state.raw<Places>([]);
  /** Index of the selected row; -1 while there is none. */
  cursor = $state(-1);
  /** New rows that wait at the top, and the highest urgency among them. */
  waiting = $state(0);
  highest = $state<UrgencyLevel>("routine");
  /** The queue was looked at at least once. */
  loaded = $state(false);
  failure = $state.raw<ApiError | null>(null);
  /** Rows that are marked, for a decision about several. */
  marked = $state.raw<ReadonlySet<string>>(new Set());
  /** The hand is on the list: nothing may move. */
  inHand = $state(false);

  readonly selected: EnvelopeRow | null = $derived(this.places[this.cursor]?.row ?? null);
  readonly count = $derived(this.places.reduce((n, place) => n + (place?.gone ? 0 : 1), 0) + this.waiting);
  /** About how many minutes the queue takes; what is not loaded counts as the rest does. */
  readonly minutes = $derived.by(() => {
    const loaded = this.places.filter((place) => place !== undefined && !place.gone);
    const sum = loaded.reduce((minutes, place) => minutes + (place?.row.usualMinutes ?? 0), 0);
    return loaded.length === 0 ? 0 : Math.round((sum * this.count) / loaded.length);
  });

  /** Where the visible rows are, for asking about them. */
  #first = 0;
  #last = 20;
  /** Counts up whenever an answer that is under way has become old. */
  #epoch = 0;
  #asking = false;
  #askAgain = false;
  #changed = new Set<string>();
  /** Rows that the person's own outcome took away, until the program has said so. */
  #leaving = new Set<string>();
  #kept = new Map<QueueId, Kept>();
  #backend: Backend;
  /** Tells the view that rows above the selection came or went. */
  onshift: (rows: number) => void = () => {};

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  watch(queries: LiveQueries): () => void {
    return queries.watch({ tags: ["envelopes", "outbox"] }, (changed) => {
      changed.threads.forEach((thread) => this.#changed.add(thread));
      // While an outcome is being settled it is drawn first; then the list looks again anyway.
      if (this.#leaving.size === 0) void this.refresh();
    });
  }

  /** Where a thread stands in a queue; none where it is not in it. */
  async placeOf(queue: QueueId, thread: string): Promise<number | null> {
    for (let offset = 0; ; offset += WINDOW) {
      const { rows, total } = await this.#backend.envelopes({ queue, offset, limit: WINDOW });
      const at = rows.findIndex((row) => row.thread === thread);
      if (at >= 0) return offset + at;
      if (offset + WINDOW >= total) return null;
    }
  }

  /** No row is selected, and none slips under the hand. */
  selectNone(): void {
    this.cursor = -1;
    this.inHand = true;
  }

  /** Shows a queue: what is kept of it at once, then what it has become; `at` is where the thread stands in it. */
  async open(queue: QueueId, thread: string | null = null, at: number | null = null): Promise<void> {
    if (this.queue !== queue || !this.loaded) {
      this.#kept.set(this.queue, { places: this.places, thread: this.selected?.thread ?? null });
      const kept = this.#kept.get(queue);
      this.queue = queue;
      this.loaded = kept !== undefined && kept.places.length > 0;
      this.places = kept?.places ?? [];
      this.#select(thread ?? kept?.thread ?? null);
    } else if (thread !== null) {
      this.#select(thread);
    }
    this.inHand = false;
    this.waiting = 0;
    this.failure = null;
    this.unmark();
    if (at !== null) [this.#first, this.#last] = [at, at];
    await this.settle(thread ?? this.selected?.thread ?? null);
  }

  /** Moves the selection by so many rows; true when it moved. */
  move(by: number): boolean {
    return this.select(this.cursor < 0 ? 0 : this.cursor + by);
  }

  /** Selects a row by its place; true when the selection changed. */
  select(index: number): boolean {
    const to = Math.min(Math.max(index, 0), this.places.length - 1);
    this.inHand = true;
    if (to === this.cursor || to < 0) return false;
    this.cursor = to;
    this.need(this.#first, this.#last);
    return true;
  }

  /** Asks for what the rows from first to last need, and for what comes next. */
  need(first: number, last: number): void {
    this.#first = first;
    this.#last = last;
    const end = Math.min(this.places.length, last + AHEAD);
    for (let at = Math.max(0, first - AHEAD); at < end; at += 1) {
      if (this.places[at] === undefined) {
        void this.#load(Math.floor(at / WINDOW) * WINDOW);
        return;
      }
    }
  }

  /** Lets the new rows in and the gone ones go; the selected row stays where it is on screen. */
  async settle(thread: string | null = this.selected?.thread ?? null): Promise<void> {
    const epoch = ++this.#epoch;
    const queue = this.queue;
    try {
      const page = await this.#backend.envelopes({ queue, offset: this.#offset(), limit: WINDOW });
      if (epoch === this.#epoch && queue === this.queue) this.#accept(page, thread);
    } catch (thrown) {
      if (epoch === this.#epoch) this.failure = failureOf(thrown);
    }
  }

  /** Looks again at the window on screen. */
  async refresh(): Promise<void> {
    if (this.#asking) {
      this.#askAgain = true;
      return;
    }
    this.#asking = true;
    do {
      this.#askAgain = false;
      await this.#lookAgain();
    } while (this.#askAgain);
    this.#asking = false;
  }

  /** The envelope of a thread that is in the list, gone from the queue or not. */
  rowOf(thread: string): EnvelopeRow | null {
    return this.places.find((place) => place?.row.thread === thread)?.row ?? null;
  }

  /** Marks the selected row, or takes its mark away, and moves on. */
  mark(): void {
    const place = this.places[this.cursor];
    if (place === undefined || place.gone) return;
    const marked = new Set(this.marked);
    if (!marked.delete(place.row.thread)) marked.add(place.row.thread);
    this.marked = marked;
    this.move(1);
  }

  /** Marks what is loaded, at most {@link WINDOW} rows. */
  markAll(): void {
    const rows = this.places.filter((place) => place !== undefined && !place.gone);
    this.marked = new Set(rows.slice(0, WINDOW).map((place) => place!.row.thread));
    this.inHand = true;
  }

  unmark(): void {
    if (this.marked.size > 0) this.marked = new Set();
  }

  /** The marked rows in their order, else the selected one. */
  get chosen(): EnvelopeRow[] {
    const rows = this.places.flatMap((place) => (place === undefined || place.gone ? [] : [place.row]));
    if (this.marked.size > 0) return rows.filter((row) => this.marked.has(row.thread));
    return this.selected === null || this.places[this.cursor]?.gone ? [] : [this.selected];
  }

  /** The person's own outcome: the row goes at once, and the next one is selected, not opened. */
  leave(thread: string): void {
    this.#leaving.add(thread);
    this.#epoch += 1;
    const at = this.places.findIndex((place) => place?.row.thread === thread);
    if (at < 0) return;
    this.places = this.places.filter((_, index) => index !== at);
    if (this.cursor > at) this.cursor -= 1;
    this.cursor = Math.min(this.cursor, this.places.length - 1);
  }

  /** The outcome is settled, or did not happen: the program's word counts again. */
  left(...threads: string[]): void {
    threads.forEach((thread) => this.#leaving.delete(thread));
    void this.refresh();
  }

  /** Drops what is kept of other queues: the rows may no longer be the person's to see. */
  forget(): void {
    this.#kept.clear();
  }

  async #lookAgain(): Promise<void> {
    const epoch = this.#epoch;
    const queue = this.queue;
    const changed = [...this.#changed];
    this.#changed.clear();
    let page: EnvelopePage;
    try {
      page = this.#without(await this.#backend.envelopes({ queue, offset: this.#offset(), limit: WINDOW }));
    } catch (thrown) {
      this.failure = failureOf(thrown);
      return;
    }
    if (epoch !== this.#epoch || queue !== this.queue) {
      changed.forEach((thread) => this.#changed.add(thread));
      this.#askAgain ||= queue === this.queue;
      return;
    }
    if (!this.inHand || this.places.length === 0) {
      this.#accept(page, this.inHand ? (this.selected?.thread ?? null) : null);
      return;
    }
    const merged = merge(this.places, page, changed);
    this.places = merged.places;
    this.waiting = merged.waiting;
    this.highest = merged.highest;
    this.failure = null;
    this.loaded = true;
  }

  async #load(offset: number): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const epoch = this.#epoch;
    const queue = this.queue;
    try {
      const page = await this.#backend.envelopes({ queue, offset, limit: WINDOW });
      if (epoch === this.#epoch && queue === this.queue) this.places = fill(this.places, page);
    } catch (thrown) {
      this.failure = failureOf(thrown);
    } finally {
      this.#asking = false;
    }
    if (this.#askAgain) await this.refresh();
  }

  #accept(raw: EnvelopePage, thread: string | null): void {
    const page = this.#without(raw);
    const before = this.cursor;
    const beforeThread = this.selected?.thread ?? null;
    this.places = placesOf(page);
    this.waiting = 0;
    this.highest = "routine";
    this.failure = null;
    this.loaded = true;
    this.#select(thread, before);
    const same = beforeThread !== null && beforeThread === this.selected?.thread;
    if (this.inHand && same && before >= 0) this.onshift(this.cursor - before);
  }

  #select(thread: string | null, fallback = 0): void {
    const at = thread === null ? -1 : this.places.findIndex((place) => place?.row.thread === thread);
    if (at >= 0) this.cursor = at;
    else if (thread === null) this.cursor = this.places.length > 0 ? 0 : -1;
    else this.cursor = Math.min(Math.max(fallback, 0), this.places.length - 1);
  }

  /** First row of the window that covers what is on screen. */
  #offset(): number {
    return Math.max(0, Math.floor((this.#first - AHEAD) / AHEAD) * AHEAD);
  }

  #without(page: EnvelopePage): EnvelopePage {
    if (this.#leaving.size === 0) return page;
    const rows = page.rows.filter((row) => !this.#leaving.has(row.thread));
    return { ...page, rows, total: page.total - (page.rows.length - rows.length) };
  }
}

export type { Place };

/**
 * Live queries: what a part of the screen shows, asked again when the program says that it may be old.
 *
 * A query names the tags that it shows, and the threads if it shows only some. The event `changed` brings tags
 * and thread ids and never contents; what it touches is collected and asked again once per animation frame, and
 * a query that is under way is not asked twice at the same time but once more when it is done. So a sync that
 * commits fifty pages a second costs the screen at most one look per frame.
 */
import type { ApiError } from "$bindings/ApiError";
import type { Changed } from "$bindings/Changed";
import { failureOf } from "$lib/backend/backend";

/** A kind of thing on screen, as in `Changed.tags`. */
export type Tag =
  | "rail"
  | "envelopes"
  | "thread"
  | "outbox"
  | "status"
  | "settings"
  | "search"
  | "tables"
  | "coverage"
  | "emergencies"
  | "documents";

/** What a query shows. */
export interface Shows {
  tags: readonly Tag[];
  /** Only changes of these threads matter; all when there is none. */
  threads?: () => readonly string[];
}

/** Whether a change touches what a query shows. */
export function touches(changed: Changed, shows: Shows): boolean {
  if (!changed.tags.some((tag) => (shows.tags as readonly string[]).includes(tag))) return false;
  const threads = shows.threads?.();
  if (threads === undefined || changed.threads.length === 0) return true;
  return changed.threads.some((thread) => threads.includes(thread));
}

interface Listener {
  shows: Shows;
  again(changed: Changed): void;
}

/** All live queries of the page. */
export class LiveQueries {
  #listeners = new Set<Listener>();
  #waiting: Changed | null = null;
  #frame: (run: () => void) => void;

  /** `frame` runs something before the next paint; tests bring their own. */
  constructor(frame: (run: () => void) => void = (run) => requestAnimationFrame(() => run())) {
    this.#frame = frame;
  }

  /** Takes a change in; it is acted on at the next frame. */
  changed(changed: Changed): void {
    if (this.#waiting !== null) {
      this.#waiting = merge(this.#waiting, changed);
      return;
    }
    this.#waiting = changed;
    this.#frame(() => {
      const due = this.#waiting;
      this.#waiting = null;
      if (due === null) return;
      for (const listener of [...this.#listeners]) if (touches(due, listener.shows)) listener.again(due);
    });
  }

  /** Calls `again` whenever what is shown may be old; the returned function ends it. */
  watch(shows: Shows, again: (changed: Changed) => void): () => void {
    const listener = { shows, again };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function merge(one: Changed, other: Changed): Changed {
  // No threads means "any", and any stays any.
  const any = one.threads.length === 0 || other.threads.length === 0;
  return {
    tags: [...new Set([...one.tags, ...other.tags])],
    threads: any ? [] : [...new Set([...one.threads, ...other.threads])],
  };
}

/** One answer that stays true. */
export class LiveQuery<T> {
  /** The last answer; none before the first. */
  data = $state.raw<T | null>(null);
  /** Why the last question failed; the last good answer stays. */
  failure = $state.raw<ApiError | null>(null);

  #ask: () => Promise<T>;
  #running = false;
  #again = false;
  #ended = false;
  #unwatch: () => void;

  constructor(queries: LiveQueries, shows: Shows, ask: () => Promise<T>) {
    this.#ask = ask;
    this.#unwatch = queries.watch(shows, () => void this.refresh());
  }

  /** Asks now, or once more after the question that is under way. */
  async refresh(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    do {
      this.#again = false;
      try {
        const answer = await this.#ask();
        if (this.#ended) return;
        this.data = answer;
        this.failure = null;
      } catch (thrown) {
        if (this.#ended) return;
        this.failure = failureOf(thrown);
      }
    } while (this.#again);
    this.#running = false;
  }

  end(): void {
    this.#ended = true;
    this.#unwatch();
  }
}

/**
 * Outcomes that can still be taken back. Until their seconds are over nothing has left.
 */
import type { Ended } from "$bindings/Ended";

/** What was done. */
export type Outcome =
  | "replied"
  | "closed"
  | "put-back"
  | "routed"
  | "call"
  | "called"
  | "visit"
  | "urgency"
  | "filed"
  | "not-needed";

/** What can be undone, for the words of the bar. */
export interface Done {
  outcome: Outcome;
  /** The patient; of several, the first. */
  name: string;
  /** Where it went, or what it became; blank where the outcome says it all. */
  what: string;
  /** So many rows at once. */
  rows: number;
  /** The thread whose touch it ended, which undo opens again; a decision on the list opens nothing. */
  touch: string | null;
  /** How it is taken back, where nothing waits in the outbox for it. */
  takeBack?: () => Promise<{ threads: string[] }>;
}

export interface Undoable extends Done {
  undo: string;
  /** UTC ms. */
  until: number;
}

export class UndoStack {
  #all = $state.raw<readonly Undoable[]>([]);
  #now: () => number;
  #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The latest one that can be undone; none when the seconds are over. */
  get latest(): Undoable | null {
    return this.#all.findLast((one) => one.until > this.#now()) ?? null;
  }

  /** Whole seconds left for the latest. */
  get secondsLeft(): number {
    return Math.max(0, Math.ceil(((this.latest?.until ?? 0) - this.#now()) / 1000));
  }

  add(ended: Ended, done: Done): void {
    const alive = this.#all.filter((one) => one.until > this.#now());
    this.#all = [...alive, { ...done, undo: ended.undo, until: ended.undoUntil }];
    // To the moment: the screen's clock moves once a second, and a second later it has left.
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.drop(ended.undo);
      },
      Math.max(0, ended.undoUntil - this.#now()),
    );
    this.#timers.add(timer);
  }

  /** The view is gone: nothing of a patient waits for a timer. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#all = [];
  }

  drop(undo: string): void {
    this.#all = this.#all.filter((one) => one.undo !== undo);
  }
}

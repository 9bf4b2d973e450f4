/**
 * Touches that stand open behind the one on screen: undo brought back another while they were. What was typed in
 * them is kept, their claims stay, and each is one key away. Ended, they are no longer here.
 */

/** One of them, for the words of the way back. */
export interface OpenBehind {
  thread: string;
  /** The patient. */
  name: string;
}

export class Behind {
  #all = $state.raw<readonly OpenBehind[]>([]);

  /** The one that was on screen last, other than `shown`. */
  latest(shown: string | null): OpenBehind | null {
    return this.#all.findLast(({ thread }) => thread !== shown) ?? null;
  }

  add(one: OpenBehind): void {
    this.#all = [...this.#all.filter(({ thread }) => thread !== one.thread), one];
  }

  drop(thread: string): void {
    this.#all = this.#all.filter((one) => one.thread !== thread);
  }

  /** The view is gone. */
  end(): void {
    this.#all = [];
  }
}

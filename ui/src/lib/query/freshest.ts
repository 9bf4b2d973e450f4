/**
 * An answer and an event about the same thing travel on different roads, so the answer may come last and yet be
 * the older of the two. Where the program tells every change by an event, the event is right.
 */
export class Freshest {
  #told = 0;

  /** An event came: answers to what was asked before it are old. */
  heard(): void {
    this.#told += 1;
  }

  /** Asks, and takes the answer over unless an event or a later question came before it. */
  async ask<T>(question: () => Promise<T>, take: (answer: T) => void): Promise<void> {
    this.heard();
    const asked = this.#told;
    const answer = await question();
    if (asked === this.#told) take(answer);
  }
}

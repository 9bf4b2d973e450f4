/**
 * What the last messages would become by a changed table: asked for by a button, because it looks at hundreds of
 * messages. Holds subject lines, so it is dropped when the screen locks.
 */
import type { ApiError } from "$bindings/ApiError";
import { failureOf } from "$lib/backend/backend";
import { Freshest } from "$lib/query/freshest";

export class Preview<T> {
  /** None before it was asked for. */
  data = $state.raw<T | null>(null);
  failure = $state.raw<ApiError | null>(null);
  asking = $state(false);
  /** The draft that it is about. */
  of = $state.raw<unknown>(null);

  #asked = new Freshest();

  async ask(draft: unknown, question: () => Promise<T>): Promise<void> {
    this.asking = true;
    this.failure = null;
    try {
      await this.#asked.ask(question, (answer) => {
        this.data = answer;
        this.of = draft;
      });
    } catch (thrown) {
      this.failure = failureOf(thrown);
    } finally {
      this.asking = false;
    }
  }

  drop(): void {
    this.#asked.heard();
    this.data = null;
    this.of = null;
    this.failure = null;
  }
}

/**
 * A note for colleagues, while it is being written: its words stay, through a closed dialog and a failure, until they
 * are with the program.
 *
 * ```text
 *   closed --ask--> open --write--> writing --ok--> closed (no words left)
 *     ^               |                \--error--> open, with why
 *     \----- leave ---/
 * ```
 */
import type { ApiError } from "$bindings/ApiError";
import { type Backend, failureOf } from "$lib/backend/backend";

export class Note {
  open = $state(false);
  text = $state("");
  failure = $state.raw<ApiError | null>(null);
  writing = $state(false);
  #backend: Backend;
  /** The thread that the words are about. */
  #about: string | null = null;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  get empty(): boolean {
    return this.text.trim() === "";
  }

  /** Words about another thread are not words about this one. */
  ask(thread: string): void {
    if (this.#about !== thread) this.text = "";
    this.#about = thread;
    this.failure = null;
    this.open = true;
  }

  async write(): Promise<void> {
    if (this.#about === null || this.empty || this.writing) return;
    this.writing = true;
    this.failure = null;
    try {
      await this.#backend.noteWrite({ thread: this.#about, text: this.text.trim() });
      this.text = "";
      this.open = false;
    } catch (thrown) {
      this.failure = failureOf(thrown);
    } finally {
      this.writing = false;
    }
  }
}

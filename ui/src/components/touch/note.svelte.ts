/**
 * A note for colleagues, while it is being written. Its words are kept like a reply's, in a place of their own, so
 * that a closed box, a lock and a crash lose none; and the box is about one thread, whatever is opened behind it.
 *
 * ```text
 *   closed --ask--> open --write--> writing --ok--> closed (no words left)
 *     ^               |                \--error--> open, with why
 *     \----- leave ---/
 * ```
 */
import type { ApiError } from "$bindings/ApiError";
import type { TouchView } from "$bindings/TouchView";
import { type Backend, failureOf } from "$lib/backend/backend";
import { Composer } from "./composer.svelte";

export class Note {
  open = $state(false);
  writing = $state(false);
  failure = $state.raw<ApiError | null>(null);
  words = $state.raw<Composer | null>(null);
  /** The patient whom the box names. */
  name = $state("");
  #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** The thread that the words are about. */
  get about(): string | null {
    return this.words?.thread ?? null;
  }

  ask(view: TouchView): void {
    if (this.writing) return;
    if (this.about !== view.thread) {
      void this.words?.keep();
      const keeps = {
        draftSave: (request: { thread: string; text: string }) => this.#backend.noteKeep(request),
      };
      this.words = new Composer(keeps, view.thread, "", view.note);
    }
    this.name = view.patient.name;
    this.failure = null;
    this.open = true;
  }

  /** Another thread is on the screen: the box goes with its own. */
  leave(): void {
    this.open = false;
    void this.words?.keep();
    if (!this.writing) this.words = null;
  }

  async write(): Promise<void> {
    const { words } = this;
    if (words === null || words.empty || this.writing) return;
    this.writing = true;
    this.failure = null;
    try {
      // Nothing is kept behind what was said.
      await words.end();
      await this.#backend.noteWrite({ thread: words.thread, text: words.text.trim() });
      this.words = null;
      this.open = false;
    } catch (thrown) {
      words.resume();
      this.failure = failureOf(thrown);
    } finally {
      this.writing = false;
    }
  }
}

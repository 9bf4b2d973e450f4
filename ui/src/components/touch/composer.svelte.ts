/**
 * What is being typed, and whether it is kept.
 *
 * Kept 300 ms after the last key, when the field is left, and when it goes away for whatever reason. Once the
 * reply has been handed over nothing is kept any more: the program drops the draft in the same transaction, and
 * a late save would bring it back.
 *
 * ```text
 *   kept --type--> typed --300 ms, blur, unmount--> keeping --ok--> kept
 *                    ^                                 |  \--error--> failed --type--> typed
 *                    +------------- type --------------+
 *   any --end--> ended (nothing is kept any more) --resume--> kept
 *   kept --rest--> ended: what stands in the field is in the file, which goes on without it
 * ```
 */
import type { ApiError } from "$bindings/ApiError";
import { type Backend, failureOf } from "$lib/backend/backend";
import { wordCount } from "$lib/text/plain";

/** Milliseconds without a key after which the draft is kept. */
export const KEEP_AFTER = 300;

export type DraftState = "kept" | "typed" | "keeping" | "failed" | "ended";

export class Composer {
  readonly thread: string;
  readonly replyId: string;
  text = $state("");
  state = $state<DraftState>("kept");
  failure = $state.raw<ApiError | null>(null);

  readonly words = $derived(wordCount(this.text));
  readonly empty = $derived(this.text.trim() === "");

  #backend: Pick<Backend, "draftSave">;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: Promise<void> = Promise.resolve();
  /** What the file has of it. */
  #inFile: string;

  constructor(backend: Pick<Backend, "draftSave">, thread: string, replyId: string, draft: string) {
    this.#backend = backend;
    this.thread = thread;
    this.replyId = replyId;
    this.text = draft;
    this.#inFile = draft;
  }

  type(text: string): void {
    this.text = text;
    if (this.state === "ended") return;
    this.state = "typed";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.keep(), KEEP_AFTER);
  }

  /** Keeps what is not kept yet; resolves when that is done, or {@link failure} says why it is not. */
  keep(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.state === "typed" || this.state === "failed") {
      const text = this.text;
      this.state = "keeping";
      // One after the other: an older text must never overwrite a newer one.
      this.#last = this.#last.then(() => this.#save(text));
    }
    return this.#last;
  }

  /** The reply is being handed over. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    this.state = "ended";
    await this.#last;
  }

  /**
   * Other words come into the file beside these, and both are to be read from there: these are kept first, and
   * then no more. Throws why they could not be kept; the field goes on then.
   */
  async rest(): Promise<void> {
    while (!this.#ended()) {
      await this.keep();
      if (this.state === "failed") throw this.failure;
      // A key may have come meanwhile.
      if (this.state === "kept") await this.end();
    }
  }

  /** It could not be handed over, or nothing came into the file after all. */
  resume(): void {
    // What is in the file already is not put there once more: it may have got company.
    this.state = this.text === this.#inFile ? "kept" : "typed";
    void this.keep();
  }

  async #save(text: string): Promise<void> {
    if (this.state === "ended") return;
    try {
      await this.#backend.draftSave({ thread: this.thread, text });
      this.#inFile = text;
      this.failure = null;
      // Also where an earlier one failed while this one waited.
      if (!this.#ended() && this.text === text) this.state = "kept";
    } catch (thrown) {
      if (this.#ended()) return;
      this.failure = failureOf(thrown);
      this.state = "failed";
    }
  }

  #ended(): boolean {
    return this.state === "ended";
  }
}

/**
 * The right pane: one envelope, or one open touch.
 *
 * ```text
 *   idle --start--> taking --started--> open --any outcome--> ending --ok--> idle
 *    ^                |  \--taken--> taken                        \--error--> open
 *    |                \--error--> idle
 *    +--- peek --> opening --ok--> peeking --end--> idle
 *   idle --show (undo, reload)--> open | peeking
 *   open --show (undo, the one behind)--> open: the other stays open in the program, behind this one
 *   open | peeking --edit--> opening --ok--> open
 *          ^                   |  \--taken back, but cannot be shown--> idle: open in the program
 *          \---- not done -----/
 * ```
 *
 * Every other move is refused: `Touch.start` in `open` does nothing. The frame changes with the key; the claim
 * follows.
 */
import type { ApiError } from "$bindings/ApiError";
import type { Ended } from "$bindings/Ended";
import type { HandOn } from "$bindings/HandOn";
import type { Holder } from "$bindings/Holder";
import type { MessageRow } from "$bindings/MessageRow";
import type { TouchView } from "$bindings/TouchView";
import { type Backend, failureOf } from "$lib/backend/backend";
import { LiveQuery, type LiveQueries } from "$lib/query/live.svelte";
import { plainText } from "$lib/text/plain";
import { Composer } from "./composer.svelte";
import { Note } from "./note.svelte";
import type { Outcome } from "./undo.svelte";

export type TouchState = "idle" | "taking" | "taken" | "opening" | "peeking" | "open" | "ending";

/** What became of an unsent reply that was to be edited: not shown, it is a draft again all the same. */
export type Edited = "not-done" | "not-shown" | "shown";

/** What an outcome left behind. */
export interface Closed {
  ended: Ended;
  outcome: Outcome;
  view: TouchView;
}

export class Touch {
  state = $state<TouchState>("idle");
  /** The thread that the state is about; none in `idle` unless something failed there. */
  thread = $state<string | null>(null);
  composer = $state.raw<Composer | null>(null);
  /** Who was first, in `taken`. */
  holder = $state.raw<Holder | null>(null);
  /** Why the last move did not succeed. */
  failure = $state.raw<ApiError | null>(null);
  /** A message whose Retry, Edit, Discard or Send anyway is under way. */
  busyMessage = $state<string | null>(null);

  /** What is being said to colleagues. */
  readonly note: Note;

  #live = $state.raw<LiveQuery<TouchView> | null>(null);
  readonly view: TouchView | null = $derived(this.#live?.data ?? null);

  #backend: Backend;
  #queries: LiveQueries;
  /** The pane is gone: an answer that was on its way puts nothing into the page any more. */
  #left = false;

  constructor(backend: Backend, queries: LiveQueries) {
    this.#backend = backend;
    this.#queries = queries;
    this.note = new Note(backend);
  }

  /** A touch that has no outcome yet: nothing else can be opened. */
  get held(): boolean {
    return this.state === "open" || this.state === "ending" || this.state === "taking";
  }

  get canReply(): boolean {
    return this.state === "open" && this.view?.lostTo === null;
  }

  /** What no work item names cannot be handed on. */
  get canHandOn(): boolean {
    return this.canReply && (this.view?.workItems.length ?? 0) > 0;
  }

  /** The role may write to patients about this in its own words. */
  get canWrite(): boolean {
    return this.state === "open" && this.view?.mayReply === "free";
  }

  get canSend(): boolean {
    const { composer } = this;
    // A field that rests no longer has all the words.
    return (
      this.canReply && this.canWrite && composer !== null && composer.state !== "ended" && !composer.empty
    );
  }

  /** A reply that a colleague began and handed over, while nobody has written to the patient since. */
  get handedOver(): MessageRow | null {
    const messages = this.view?.messages ?? [];
    const draft = messages.findLast(
      (message) => message.side === "inside" && message.draft && !message.retracted,
    );
    if (draft === undefined) return null;
    const isOver = messages.some(
      (message) =>
        message.side === "practice" &&
        !message.retracted &&
        message.delivery !== "needs-you" &&
        message.sent > draft.sent,
    );
    return isOver ? null : draft;
  }

  get canTakeDraft(): boolean {
    const { composer, handedOver } = this;
    if (!this.canReply || !this.canWrite || composer === null || handedOver === null) return false;
    // Once is enough.
    return !composer.text.includes(plainText(handedOver.text));
  }

  /** Goes on from it: its words stand in the field, behind what is there already. */
  takeDraft(): void {
    const { composer, handedOver } = this;
    if (!this.canTakeDraft || composer === null || handedOver === null) return;
    composer.type([composer.text.trimEnd(), plainText(handedOver.text)].filter(Boolean).join("\n\n"));
  }

  async start(thread: string): Promise<void> {
    if (this.held || this.state === "opening") return;
    if (this.state === "peeking" && this.thread !== thread) return;
    const wasPeek = this.state === "peeking";
    this.#enter("taking", thread);
    try {
      const result = await this.#backend.touchStart({ thread });
      if (result.kind === "started") {
        this.#open(result.touch);
      } else {
        this.#close();
        this.#enter("taken", thread);
        this.holder = result.holder;
      }
    } catch (thrown) {
      this.#enter(wasPeek ? "peeking" : "idle", thread);
      this.failure = failureOf(thrown);
    }
  }

  async peek(thread: string): Promise<void> {
    if (this.state !== "idle" && this.state !== "taken") return;
    this.#enter("opening", thread);
    try {
      this.#open(await this.#backend.peek({ thread }));
    } catch (thrown) {
      this.#enter("idle", thread);
      this.failure = failureOf(thrown);
    }
  }

  /** Ends a peek; what it showed leaves the page. */
  peekEnd(): void {
    if (this.state !== "peeking" || this.thread === null) return;
    const thread = this.thread;
    this.reset();
    void this.#backend.peekEnd({ thread }).catch(() => {});
  }

  /** Shows a touch that is open already: after undo, a reload, an unlock. */
  show(view: TouchView): void {
    this.#open(view);
  }

  /** Takes it off the screen; in the program it stays open. */
  hide(): void {
    this.#close();
    this.#enter("idle", null);
  }

  /**
   * Does what brings words into the file beside those that are typed here; `show` then brings both. What is typed
   * is in the file before, or it is not done; and the field puts nothing there after, which would be without them.
   */
  async bringingWords<T>(bring: () => Promise<T>): Promise<T> {
    const { composer } = this;
    await composer?.rest();
    try {
      return await bring();
    } catch (thrown) {
      composer?.resume();
      throw thrown;
    }
  }

  /** Takes an unsent reply back into the composer; nothing else is done to the touch meanwhile. */
  async edit(message: string): Promise<Edited> {
    const { state, thread } = this;
    if (state !== "open" && state !== "peeking") return "not-done";
    let edited: Edited = "not-done";
    await this.about(message, async () => {
      this.#enter("opening", thread);
      try {
        const back = await this.bringingWords(() => this.#backend.messageEdit({ message }));
        edited = "not-shown";
        this.show(await this.#backend.touchView({ thread: back.thread }));
        edited = "shown";
      } catch (thrown) {
        if (edited === "not-done") this.#enter(state, thread);
        else this.hide();
        throw thrown;
      }
    });
    return edited;
  }

  send(): Promise<Closed | null> {
    const { composer, view } = this;
    if (!this.canSend || composer === null || view === null) return Promise.resolve(null);
    const { thread, workItems } = view;
    return this.#end("replied", view, () =>
      this.#backend.replySend({ thread, replyId: composer.replyId, text: composer.text, workItems }),
    );
  }

  close(): Promise<Closed | null> {
    const { view } = this;
    if (!this.canReply || view === null) return Promise.resolve(null);
    const { thread, workItems } = view;
    return this.#end("closed", view, () => this.#backend.touchClose({ thread, workItems }));
  }

  putBack(reason: string): Promise<Closed | null> {
    const { view } = this;
    if (this.state !== "open" || view === null || reason.trim() === "") return Promise.resolve(null);
    return this.#end("put-back", view, () =>
      this.#backend.touchPutBack({ thread: view.thread, reason: reason.trim() }),
    );
  }

  /** Somebody else goes on: routed, called, a visit. */
  handOn(outcome: HandOn, kind: Outcome, note: string): Promise<Closed | null> {
    const { view } = this;
    if (!this.canHandOn || view === null) return Promise.resolve(null);
    const { thread, workItems } = view;
    return this.#end(kind, view, () => this.#backend.touchHandOn({ thread, workItems, outcome, note }));
  }

  /** Does one thing about a message that needs a person, and looks again. */
  async about(message: string, ask: () => Promise<unknown>): Promise<void> {
    this.busyMessage = message;
    this.failure = null;
    try {
      await ask();
      await this.#live?.refresh();
    } catch (thrown) {
      this.failure = failureOf(thrown);
    } finally {
      this.busyMessage = null;
    }
  }

  /** The hand moved on: who was first, and what failed, are no longer news. */
  reset(): void {
    if (this.held || this.state === "opening") return;
    this.#close();
    this.#enter("idle", null);
  }

  /** Keeps what is typed; the pane stays as it is. Why it could not be kept, if it could not. */
  async keep(): Promise<ApiError | null> {
    const written = [this.composer, this.note.words].filter((words) => words !== null);
    await Promise.all(written.map((words) => words.keep()));
    return written.find(({ state }) => state === "failed")?.failure ?? null;
  }

  /** The pane leaves the page for good: keeps the draft, stops asking. */
  leave(): Promise<void> {
    this.#left = true;
    const kept = this.keep();
    this.#live?.end();
    return kept.then(() => undefined);
  }

  async #end(outcome: Outcome, view: TouchView, ask: () => Promise<Ended>): Promise<Closed | null> {
    this.#enter("ending", view.thread);
    // A reply takes its draft along, and so does what is routed: none of it may be missing there. Any other outcome
    // leaves it for the next touch.
    if (outcome === "replied") await this.composer?.end();
    else await this.composer?.keep();
    if (outcome === "routed" && this.composer?.state === "failed") {
      this.#enter("open", view.thread);
      this.failure = this.composer.failure;
      return null;
    }
    try {
      const ended = await ask();
      this.#close();
      this.#enter("idle", null);
      return { ended, outcome, view };
    } catch (thrown) {
      this.#enter("open", view.thread);
      this.failure = failureOf(thrown);
      this.composer?.resume();
      return null;
    }
  }

  #open(view: TouchView): void {
    if (this.#left) return;
    this.#close();
    const { thread } = view;
    const live = new LiveQuery<TouchView>(
      this.#queries,
      { tags: ["thread", "outbox", "envelopes"], threads: () => [thread] },
      () => this.#backend.touchView({ thread }),
    );
    live.data = view;
    this.#live = live;
    if (view.mode === "started")
      this.composer = new Composer(this.#backend, thread, view.replyId, view.draft);
    this.#enter(view.mode === "started" ? "open" : "peeking", thread);
  }

  #close(): void {
    this.note.leave();
    this.#live?.end();
    this.#live = null;
    this.composer = null;
  }

  #enter(state: TouchState, thread: string | null): void {
    if (this.#left) return;
    this.state = state;
    this.thread = thread;
    this.holder = null;
    this.failure = null;
  }
}

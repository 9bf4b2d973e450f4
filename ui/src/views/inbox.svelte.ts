/**
 * The main view as one thing: rail, list, search and touch, and what each does to the others.
 *
 * Lives as long as the person is signed in and the screen is not locked. Dropping it drops everything of a
 * patient that the page holds.
 */
import type { EnvelopeRow } from "$bindings/EnvelopeRow";
import type { QueueId } from "$bindings/QueueId";
import type { Rail } from "$bindings/Rail";
import { EnvelopeList } from "$components/envelopes/envelope-list.svelte";
import { Search } from "$components/search/search.svelte";
import { type Closed, Touch } from "$components/touch/touch.svelte";
import { UndoStack } from "$components/touch/undo.svelte";
import type { ActionId } from "$lib/actions/actions";
import type { Handler } from "$lib/actions/registry.svelte";
import { FocusWish } from "$lib/focus.svelte";
import { painted } from "$lib/painted";
import { LiveQuery } from "$lib/query/live.svelte";
import type { Tern } from "$lib/tern.svelte";

/** What the pane is about before anything is opened: an envelope, or a hit of the search. */
export interface Subject {
  thread: string;
  patientName: string;
  birthDate: string | null;
  subjectLine: string;
  /** There is something to start. */
  open: boolean;
  /** The envelope; a hit has less to show. */
  row: EnvelopeRow | null;
}

const BUILT_IN = ["mine", "urgent", "unsorted", "waiting", "unsent"] as const;

export class Inbox {
  readonly rail: LiveQuery<Rail>;
  readonly list: EnvelopeList;
  readonly search: Search;
  readonly touch: Touch;
  readonly undo: UndoStack;

  /** Which of the two is seen where there is room for one. */
  turn = $state<"list" | "touch">("list");
  /** The put-back dialog is open. */
  puttingBack = $state(false);
  readonly focus = new FocusWish();

  readonly subject: Subject | null = $derived.by(() => {
    if (this.search.active) {
      const hit = this.search.selected;
      return hit === null ? null : { ...hit, row: this.#rowOf(hit.thread) };
    }
    const row = this.list.selected;
    if (row === null || this.list.places[this.list.cursor]?.gone) return null;
    return { ...row, open: true, row };
  });

  readonly #tern: Tern;
  /** The view is gone: an answer that was on its way puts nothing of a patient into it. */
  #over = false;
  /** The outcome that is being settled, or the last one that was. */
  #settling: Promise<void> = Promise.resolve();

  constructor(tern: Tern) {
    this.#tern = tern;
    const { backend, queries, clock } = tern;
    this.rail = new LiveQuery(queries, { tags: ["rail"] }, () => backend.rail());
    this.list = new EnvelopeList(backend);
    this.search = new Search(backend, () => clock.there);
    this.touch = new Touch(backend, queries);
    this.undo = new UndoStack(() => clock.now);
  }

  /** Asks for what is shown first, and takes the keys. The returned function ends it. */
  begin(): () => void {
    const { queries, registry, backend } = this.#tern;
    const ends = [this.list.watch(queries), this.search.watch(queries), registry.handleAll(this.#handlers())];
    this.#tern.beforeLock = () => this.touch.keep();
    void this.rail.refresh();
    void this.list.open(this.list.queue);
    void backend.touchCurrent().then((view) => {
      if (view !== null && this.touch.state === "idle") {
        this.touch.show(view);
        this.turn = "touch";
      }
    }, this.#tern.fail);
    return () => {
      ends.forEach((end) => end());
      this.rail.end();
      this.#tern.beforeLock = null;
      this.undo.end();
      this.#over = true;
      void this.touch.leave();
    };
  }

  openQueue(queue: QueueId): void {
    this.search.clear();
    this.#letGo();
    this.turn = "list";
    this.#tern.page = "inbox";
    void this.list.open(queue);
    this.focus.to("list");
  }

  /** From a notification: the envelope, never the text. */
  async openThread(thread: string): Promise<void> {
    this.search.clear();
    this.#tern.page = "inbox";
    if (this.touch.held) return;
    this.#letGo();
    await this.list.open(this.list.queue, thread);
    if (this.list.selected?.thread !== thread) await this.list.open("urgent", thread);
    this.turn = "touch";
  }

  /** A row was pressed. With a touch open, that is a way of leaving it: an outcome is asked for. */
  pick(index: number): void {
    if (this.touch.held && this.touch.state !== "ending") {
      this.#askOutcome();
      return;
    }
    this.#letGo();
    if (this.search.active) this.search.select(index);
    else this.list.select(index);
    this.turn = "touch";
  }

  move(by: number): void {
    this.#letGo();
    if (this.search.active) this.search.move(by);
    else this.list.move(by);
  }

  async start(): Promise<void> {
    const thread = this.touch.state === "peeking" ? this.touch.thread : this.subject?.thread;
    if (thread === null || thread === undefined || !(await this.#isFreeFor(thread))) return;
    this.list.inHand = true;
    this.turn = "touch";
    await this.touch.start(thread);
  }

  async peek(): Promise<void> {
    const thread = this.subject?.thread;
    if (thread === undefined || !(await this.#isFreeFor(thread))) return;
    this.list.inHand = true;
    this.turn = "touch";
    await this.touch.peek(thread);
  }

  /** Waits for the outcome that is being settled. A hand that moved on meanwhile meant another one. */
  async #isFreeFor(thread: string): Promise<boolean> {
    if (this.touch.state !== "ending") return !this.touch.held;
    await this.#settling;
    return !this.#over && !this.touch.held && this.subject?.thread === thread;
  }

  peekEnd(): void {
    this.touch.peekEnd();
    this.turn = "list";
    this.focus.to("list");
  }

  async send(): Promise<void> {
    await this.#ended(this.touch.send());
  }

  async close(): Promise<void> {
    await this.#ended(this.touch.close());
  }

  async putBack(reason: string): Promise<void> {
    this.puttingBack = false;
    await this.#ended(this.touch.putBack(reason), false);
  }

  async takeBack(): Promise<void> {
    const one = this.undo.latest;
    if (one === null) return;
    this.undo.drop(one.undo);
    try {
      // What is being typed goes behind the words that come back; it must be in the file by then.
      await this.touch.keep();
      const { thread } = await this.#tern.backend.undo({ undo: one.undo });
      this.list.left(thread);
      await this.touch.reopen(thread);
      this.turn = "touch";
      // Who takes a reply back wants to change its words.
      if (one.outcome === "replied") this.focus.to("composer");
      await this.list.settle(thread);
    } catch (thrown) {
      this.#tern.fail(thrown);
    }
  }

  /** Takes a wedged reply back into the composer. */
  async editMessage(message: string): Promise<void> {
    await this.touch.about(message, async () => {
      await this.touch.keep();
      const { thread } = await this.#tern.backend.messageEdit({ message });
      await this.touch.reopen(thread);
      this.focus.to("composer");
    });
  }

  /** The n-th queue of the rail, from 1. */
  nthQueue(n: number): QueueId | null {
    return this.rail.data?.queues[n - 1]?.id ?? null;
  }

  /** The hand moves on with the key, and the file follows; where it does not, the touch is back. */
  async #ended(ending: Promise<Closed | null>, gone = true): Promise<void> {
    const { thread } = this.touch;
    if (this.touch.state !== "ending" || thread === null) return;
    const settling = this.#settle(ending, thread, gone);
    this.#settling = settling;
    if (gone) this.list.leave(thread);
    // It is back in the queue for whoever comes next; the hand goes on to the one after it.
    else if (this.list.selected?.thread === thread) this.list.move(1);
    this.turn = "list";
    this.focus.to("list");
    await settling;
  }

  async #settle(ending: Promise<Closed | null>, thread: string, gone: boolean): Promise<void> {
    const [closed] = await Promise.all([ending, painted()]);
    if (this.#over) return;
    if (gone) this.list.left(thread);
    else void this.list.refresh();
    if (closed === null) {
      this.turn = "touch";
      await this.list.settle(thread);
      return;
    }
    this.#tern.clock.tick();
    this.undo.add(closed.ended, closed.outcome, thread, closed.view.patient.name);
    if (this.search.active) void this.search.ask();
  }

  #askOutcome(): void {
    if (this.touch.state === "open") this.puttingBack = true;
  }

  /** Ends what can be ended without a word: a peek, the news that somebody was first. */
  #letGo(): void {
    if (this.touch.state === "peeking") this.touch.peekEnd();
    else this.touch.reset();
  }

  #rowOf(thread: string): EnvelopeRow | null {
    return this.list.places.find((place) => place?.row.thread === thread)?.row ?? null;
  }

  #handlers(): Partial<Record<ActionId, Handler>> {
    const { touch, list } = this;
    const here = () => this.#tern.page === "inbox";
    // While an outcome is being settled, the hand is on the next envelope already.
    const free = () => here() && (!touch.held || touch.state === "ending") && touch.state !== "opening";
    const opened = () => here() && touch.state === "open";
    const handlers: Partial<Record<ActionId, Handler>> = {
      "list.next": { run: () => this.move(1), can: free },
      "list.previous": { run: () => this.move(-1), can: free },
      "list.first": { run: () => this.move(-1e9), can: free },
      "list.last": { run: () => this.move(1e9), can: free },
      "list.show-new": { run: () => void list.settle(), can: () => here() && list.waiting > 0 },
      "search.leave": {
        run: () => {
          this.search.clear();
          this.#letGo();
          this.focus.to("list");
        },
        can: () => free() && touch.state !== "peeking" && this.search.active,
      },
      "touch.start": { run: () => void this.start(), can: () => free() && this.subject?.open === true },
      "touch.peek": {
        run: () => void this.peek(),
        can: () => free() && touch.state !== "peeking" && this.subject !== null,
      },
      "peek.end": { run: () => this.peekEnd(), can: () => here() && touch.state === "peeking" },
      "reply.focus": { run: () => this.focus.to("composer"), can: opened },
      "reply.send": { run: () => void this.send(), can: () => here() && touch.canSend },
      "touch.close": { run: () => void this.close(), can: () => here() && touch.canReply },
      "touch.put-back": { run: () => (this.puttingBack = true), can: opened },
      "composer.leave": { run: () => (document.activeElement as HTMLElement | null)?.blur(), can: opened },
      undo: {
        run: () => void this.takeBack(),
        can: () => this.undo.latest !== null && ["idle", "taken", "peeking"].includes(touch.state),
      },
      "search.focus": {
        run: () => {
          this.#tern.page = "inbox";
          this.turn = "list";
          this.focus.to("search");
        },
      },
    };
    for (const queue of BUILT_IN) {
      handlers[`queue.${queue}`] = {
        run: () => this.openQueue(queue),
        can: () => this.rail.data?.queues.some(({ id }) => id === queue) ?? false,
      };
    }
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9] as const) {
      handlers[`queue.${n}`] = {
        run: () => this.openQueue(this.nthQueue(n)!),
        can: () => this.nthQueue(n) !== null,
      };
    }
    return handlers;
  }
}

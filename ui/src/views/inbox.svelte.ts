/**
 * The main view as one thing: rail, list, search and touch, and what each does to the others.
 *
 * Lives as long as the person is signed in and the screen is not locked. Dropping it drops everything of a
 * patient that the page holds.
 */
import type { CallResult } from "$bindings/CallResult";
import type { Decision } from "$bindings/Decision";
import type { Destination } from "$bindings/Destination";
import type { EnvelopeRow } from "$bindings/EnvelopeRow";
import type { QueueId } from "$bindings/QueueId";
import type { Rail } from "$bindings/Rail";
import type { UrgencyLevel } from "$bindings/UrgencyLevel";
import { Offers } from "$components/block/block.svelte";
import { holderWords } from "$components/envelopes/envelope";
import { EnvelopeList } from "$components/envelopes/envelope-list.svelte";
import { type Asking, higher, Moves } from "$components/moves/moves.svelte";
import { Search } from "$components/search/search.svelte";
import { Behind, type OpenBehind } from "$components/touch/behind.svelte";
import { type Closed, Touch } from "$components/touch/touch.svelte";
import { type Outcome, type Undoable, UndoStack } from "$components/touch/undo.svelte";
import { failureOf } from "$lib/backend/backend";
import { FocusWish } from "$lib/focus.svelte";
import { t } from "$lib/i18n/catalogue.svelte";
import { painted } from "$lib/painted";
import { LiveQuery } from "$lib/query/live.svelte";
import type { Tern } from "$lib/tern.svelte";
import { plainName } from "$lib/text/plain";
import { handlersOf } from "./inbox-handlers";
import { openThread } from "./open-thread";

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

export class Inbox {
  readonly rail: LiveQuery<Rail>;
  readonly list: EnvelopeList;
  readonly search: Search;
  readonly touch: Touch;
  readonly undo: UndoStack;
  /** What is offered in a block. */
  readonly offers: Offers;
  readonly moves: Moves;
  readonly #behind = new Behind();

  /** Which of the two is seen where there is room for one. */
  turn = $state<"list" | "touch">("list");
  /** The put-back dialog is open. */
  puttingBack = $state(false);
  readonly focus = new FocusWish();

  readonly subject: Subject | null = $derived.by(() => {
    if (this.#tern.page === "now") {
      const row = this.#tern.block.running ? (this.offers.now?.row ?? null) : null;
      return row === null ? null : { ...row, open: true, row };
    }
    if (this.search.active) {
      const hit = this.search.selected;
      return hit === null ? null : { ...hit, row: this.rowOf(hit.thread) };
    }
    const row = this.list.selected;
    if (row === null || this.list.places[this.list.cursor]?.gone) return null;
    return { ...row, open: true, row };
  });

  /** A touch that stands open behind the one on screen. */
  readonly behind: OpenBehind | null = $derived.by(() => this.#behind.latest(this.touch.thread));

  readonly #tern: Tern;
  /** The view is gone: an answer that was on its way puts nothing of a patient into it. */
  #over = false;
  /** The outcome that is being settled, or the last one that was. */
  #settling: Promise<void> = Promise.resolve();
  /** The start or the peek that is under way, or the last one that was. */
  #opening: Promise<void> = Promise.resolve();
  /** What is being taken back: one after the other. */
  #undoing: Promise<void> = Promise.resolve();

  constructor(tern: Tern) {
    this.#tern = tern;
    const { backend, queries, clock } = tern;
    this.rail = new LiveQuery(queries, { tags: ["rail"] }, () => backend.rail());
    this.list = new EnvelopeList(backend);
    this.search = new Search(backend, () => clock.there);
    this.touch = new Touch(backend, queries);
    this.undo = new UndoStack(() => clock.now);
    this.moves = new Moves(backend, queries);
    const asks = () => tern.page === "now";
    this.offers = new Offers(backend, queries, tern.block, { now: () => clock.now, asks });
  }

  /** Asks for what is shown first, and takes the keys. The returned function ends it. */
  begin(): () => void {
    const { queries, registry, backend } = this.#tern;
    const ends = [
      this.list.watch(queries),
      this.search.watch(queries),
      registry.handleAll(handlersOf(this, this.#tern)),
    ];
    this.#tern.beforeLock = () => this.touch.keep();
    void this.rail.refresh();
    void this.moves.destinations.refresh();
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
      this.moves.destinations.end();
      this.#tern.beforeLock = null;
      this.undo.end();
      this.offers.end();
      this.#behind.end();
      this.#over = true;
      void this.touch.leave();
    };
  }

  openQueue(queue: QueueId): void {
    this.search.clear();
    this.letGo();
    this.turn = "list";
    this.#tern.page = "inbox";
    void this.list.open(queue);
    this.focus.to("list");
  }

  /** From a notification or a digest: the envelope, never the text. */
  openThread(thread: string, queue: QueueId | null = null): Promise<void> {
    return openThread(this, this.#tern, thread, queue);
  }

  /** A row was pressed. With a touch open, that is a way of leaving it: an outcome is asked for. */
  pick(index: number): void {
    if (this.touch.held && this.touch.state !== "ending") {
      this.#askOutcome();
      return;
    }
    this.letGo();
    if (this.search.active) this.search.select(index);
    else this.list.select(index);
    this.turn = "touch";
  }

  move(by: number): void {
    this.letGo();
    if (this.search.active) this.search.move(by);
    else this.list.move(by);
  }

  async start(): Promise<void> {
    const thread = this.touch.state === "peeking" ? this.touch.thread : this.subject?.thread;
    if (thread === null || thread === undefined || !(await this.#isFreeFor(thread))) return;
    this.list.inHand = true;
    this.turn = "touch";
    const name = plainName(this.touch.view?.patient.name ?? this.subject?.patientName ?? "");
    const urgency = this.offers.urgencyOf(thread);
    this.#opening = this.touch.start(thread);
    await this.#opening;
    const { holder } = this.touch;
    if (this.#tern.page === "now" && this.touch.state === "taken" && holder !== null) {
      // It is offered no more, and with it goes the place where the list says who was first.
      this.#tern.tell(t("block.taken", { name, who: holderWords(holder, this.#tern.clock.there) }));
      this.letGo();
      this.offers.leave(thread);
      this.#tern.block.passOver(thread, urgency);
      this.offers.left(thread);
    }
  }

  async peek(): Promise<void> {
    const thread = this.subject?.thread;
    if (thread === undefined || !(await this.#isFreeFor(thread))) return;
    this.list.inHand = true;
    this.turn = "touch";
    this.#opening = this.touch.peek(thread);
    await this.#opening;
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

  /** Opens the question about what is under the hand now; what comes into the list meanwhile is not meant. */
  ask(asking: Asking): void {
    this.#keepWhatIsMeant();
    this.moves.asking = asking;
  }

  /** The open touch, else the marked rows, else the selected one. */
  #keepWhatIsMeant(): void {
    const { view } = this.touch;
    this.list.inHand = true;
    if (this.touch.state === "open" && view !== null) {
      // One of which nothing is open any more may have been as urgent as anything.
      const urgency = view.urgency ?? "emergency";
      const rows = [{ thread: view.thread, urgency }];
      this.moves.about = { rows, name: view.patient.name, urgency, touch: view.thread };
      return;
    }
    const chosen = this.chosen;
    const urgency = chosen.reduce<UrgencyLevel>((high, row) => higher(high, row.urgency), "routine");
    const rows = chosen.map(({ thread, urgency: shown }) => ({ thread, urgency: shown }));
    this.moves.about = { rows, name: chosen[0]?.patientName ?? "", urgency, touch: null };
  }

  /** The pool of a digit: at once, unless nobody works in it, which is asked about. */
  routeByNumber(n: number): void {
    const pool = this.moves.numbered(n);
    if (pool === null) return;
    if (!pool.staffed) {
      this.ask("route");
      return;
    }
    this.#keepWhatIsMeant();
    void this.route({ kind: "pool", pool: pool.id }, "");
  }

  /** To a pool or a person: the outcome of the open touch, or a decision about rows of the list. */
  async route(to: Destination, note: string): Promise<void> {
    const where = this.moves.nameOf(to);
    if (this.moves.about.touch !== null) {
      if (this.#isAboutOther()) return;
      await this.#ended(this.touch.handOn({ kind: "routed", to }, "routed", note), true, where);
      return;
    }
    const stays = this.list.queue === "urgent" || (to.kind === "pool" && to.pool === this.list.queue);
    await this.#decide({ kind: "route", to, note }, "routed", where, !stays);
  }

  async visit(to: Destination | null, note: string): Promise<void> {
    const pool = to?.kind === "pool" ? to.pool : null;
    const where = to === null ? "" : this.moves.nameOf(to);
    if (this.#isAboutOther()) return;
    await this.#ended(this.touch.handOn({ kind: "visit", pool }, "visit", note), true, where);
  }

  async call(result: CallResult | null, note: string): Promise<void> {
    if (this.#isAboutOther()) return;
    const ended = result === null ? "call" : "called";
    const said = result === null ? note : [t(`call.said.${result}`), note].filter(Boolean).join(" ");
    await this.#ended(this.touch.handOn({ kind: "call", result }, ended, said));
  }

  /** Sooner or later: nothing opens, and an open touch stays open. */
  async setUrgency(level: UrgencyLevel, reason: string): Promise<void> {
    await this.#decide({ kind: "urgency", level, reason }, "urgency", t(`urgency.${level}`), false);
  }

  /** Takes the latest outcome back, whatever is open meanwhile: that stays open behind what comes back. */
  takeBack(): Promise<void> {
    const one = this.undo.latest;
    if (one === null) return Promise.resolve();
    this.undo.drop(one.undo);
    this.#undoing = this.#undoing.then(() => this.#takeBack(one));
    return this.#undoing;
  }

  async #takeBack(one: Undoable): Promise<void> {
    const undo = one.takeBack ?? (() => this.#tern.backend.undo({ undo: one.undo }));
    const isHere = this.touch.state === "open" && this.touch.thread === one.touch;
    let threads: string[];
    try {
      // What is being typed goes behind the words that come back; it must be in the file by then.
      if (!isHere) await this.touch.keep();
      ({ threads } = await (isHere ? this.touch.bringingWords(undo) : undo()));
    } catch (thrown) {
      if (this.#over) return;
      // It has not left: its seconds go on.
      if (failureOf(thrown).code !== "too-late") this.undo.add({ undo: one.undo, undoUntil: one.until }, one);
      this.#tern.fail(thrown);
      return;
    }
    if (this.#over) return;
    this.list.left(...threads);
    const thread = threads[0];
    if (one.touch === null || thread === undefined) {
      // Beside an open touch the list is not in hand.
      if (this.touch.held) await this.list.settle();
      else await this.list.settle(thread ?? null);
      return;
    }
    this.#tern.block.takenBack(one.outcome === "put-back");
    const shown = await this.#bring(thread).catch(() => false);
    if (this.#over) return;
    if (!shown) {
      if (isHere && this.touch.thread === thread) this.touch.hide();
      this.#behind.add({ thread, name: one.name });
      this.#tern.tell(t("undo.taken-back", { name: plainName(one.name) }));
    } else if (one.outcome === "replied") {
      // Who takes a reply back wants to change its words.
      this.focus.to("composer");
    }
    await this.list.settle(shown ? thread : undefined);
  }

  /** Back to the touch that is open behind this one. */
  async toOther(): Promise<void> {
    const one = this.behind;
    if (one === null) return;
    try {
      // Where it stays, what is typed here cannot be kept, and the field says so.
      if (await this.#bring(one.thread)) await this.list.settle(one.thread);
    } catch (thrown) {
      // Ended elsewhere, or not this person's any more.
      if (["not-found", "not-allowed"].includes(failureOf(thrown).code)) this.#behind.drop(one.thread);
      this.#tern.fail(thrown);
    }
  }

  /**
   * Shows a touch that is open already. One that is on screen stays open behind it, with its words; false, and
   * everything as it is, where these cannot be kept: they exist nowhere but in their field.
   */
  async #bring(thread: string): Promise<boolean> {
    for (;;) {
      await this.#standsStill();
      if (this.#over) return false;
      const other = this.touch.state === "open" && this.touch.thread !== thread ? this.touch.view : null;
      if (other !== null && this.touch.composer?.state !== "kept") {
        if ((await this.touch.keep()) !== null) return false;
        // A key may have come meanwhile.
        continue;
      }
      const { state, composer } = this.touch;
      const view = await this.#tern.backend.touchView({ thread });
      // What was opened, ended or typed meanwhile is not in it.
      if (state !== this.touch.state || composer !== this.touch.composer) continue;
      if (other !== null && composer?.state !== "kept") continue;
      if (other !== null) this.#behind.add({ thread: other.thread, name: other.patient.name });
      if (this.touch.thread !== thread) this.letGo();
      this.touch.show(view);
      this.turn = "touch";
      if (this.#tern.page !== "now") this.#tern.page = "inbox";
      this.list.inHand = true;
      return true;
    }
  }

  /** Waits for what is opening or ending. */
  async #standsStill(): Promise<void> {
    while (!this.#over && ["taking", "opening", "ending"].includes(this.touch.state)) {
      await (this.touch.state === "ending" ? this.#settling : this.#opening);
    }
  }

  /** Takes a wedged reply back into the composer. */
  async editMessage(message: string): Promise<void> {
    const { state, thread, view } = this.touch;
    if (state !== "open" && state !== "peeking") return;
    const editing = this.touch.edit(message);
    this.#opening = editing.then(() => undefined);
    const edited = await editing;
    if (this.#over) return;
    if (edited === "shown") this.focus.to("composer");
    if (edited !== "not-shown" || thread === null) return;
    this.#behind.add({ thread, name: view?.patient.name ?? "" });
    this.#tern.fail(this.touch.failure);
  }

  /** The hand moves on with the key, and the file follows; where it does not, the touch is back. */
  async #ended(ending: Promise<Closed | null>, gone = true, what = ""): Promise<void> {
    const { thread } = this.touch;
    if (this.touch.state !== "ending" || thread === null) return;
    const settling = this.#settle(ending, thread, gone, what);
    this.#settling = settling;
    this.offers.leave(thread);
    if (gone) this.list.leave(thread);
    // It is back in the queue for whoever comes next; the hand goes on to the one after it.
    else if (this.list.selected?.thread === thread) this.list.move(1);
    this.turn = "list";
    this.focus.to("list");
    await settling;
  }

  async #settle(ending: Promise<Closed | null>, thread: string, gone: boolean, what: string): Promise<void> {
    const urgency = this.offers.urgencyOf(thread);
    const [closed] = await Promise.all([ending, painted()]);
    if (this.#over) return;
    if (gone) this.list.left(thread);
    else void this.list.refresh();
    if (closed === null) {
      this.offers.left(thread);
      this.turn = "touch";
      await this.list.settle(thread);
      return;
    }
    this.#behind.drop(thread);
    const isPutBack = closed.outcome === "put-back";
    // What was put back, or is somebody else's to go on with, is for another block.
    if (!["replied", "closed"].includes(closed.outcome)) this.#tern.block.passOver(thread, urgency);
    this.#tern.block.ended(isPutBack);
    this.offers.left(thread);
    this.#tern.clock.tick();
    const { name, readBy } = closed.view.patient;
    // A reply goes to whoever reads it, who may be somebody else.
    const goesTo = closed.outcome === "replied" ? plainName(readBy ?? name) : what;
    this.undo.add(closed.ended, { outcome: closed.outcome, name, what: goesTo, rows: 1, touch: thread });
    if (this.search.active) void this.search.ask();
  }

  /** The touch that was asked about is not the one that is open any more. */
  #isAboutOther(): boolean {
    return this.touch.state !== "open" || this.touch.thread !== this.moves.about.touch;
  }

  async #decide(decision: Decision, outcome: Outcome, what: string, leaves: boolean): Promise<void> {
    const { rows, name, touch } = this.moves.about;
    const threads = rows.map(({ thread }) => thread);
    if (threads.length === 0) return;
    if (touch === null) {
      this.letGo();
      if (leaves) threads.forEach((thread) => this.list.leave(thread));
      this.list.unmark();
      this.focus.to("list");
    }
    this.moves.heldBy = [];
    this.moves.left = false;
    let stayed = false;
    try {
      const decided = await this.#tern.backend.decide({ rows: [...rows], decision });
      if (this.#over) return;
      this.#tern.clock.tick();
      const done = { outcome, name, what, rows: decided.moved.length, touch: null };
      if (decided.ended !== null) this.undo.add(decided.ended, done);
      this.moves.heldBy = decided.heldBy;
      this.moves.left = decided.left.length > 0;
      stayed = decided.moved.length < threads.length || decided.left.length > 0;
    } catch (thrown) {
      stayed = true;
      this.#tern.fail(thrown);
    }
    if (this.#over) return;
    this.list.left(...threads);
    // What was taken off the list and stays after all is back at once, not among the new rows.
    if (leaves && stayed) await this.list.settle(threads[0]);
  }

  /** Rows that a decision on the list is about. */
  get chosen(): EnvelopeRow[] {
    if (!this.search.active) return this.list.chosen;
    return this.subject?.row === null || this.subject === null ? [] : [this.subject.row];
  }

  #askOutcome(): void {
    if (this.touch.state === "open") this.puttingBack = true;
  }

  /** Ends what can be ended without a word: a peek, the news that somebody was first. */
  letGo(): void {
    if (this.touch.state === "peeking") this.touch.peekEnd();
    else this.touch.reset();
  }

  /** The envelope of a thread, as far as one is in the list or in what Now offers. */
  rowOf(thread: string): EnvelopeRow | null {
    return this.list.rowOf(thread) ?? this.offers.rowOf(thread);
  }
}

/**
 * A practice in memory, for tests and for looking at screens in a browser. Scripted, not simulated: it does what
 * the operations promise as plainly as possible, and `fault` makes the next call of one of them fail.
 *
 * Never in a production build: `main.ts` imports it only in `--mode preview`.
 */
import type { BlockRequest } from "$bindings/BlockRequest";
import type { Changed } from "$bindings/Changed";
import type { Ended } from "$bindings/Ended";
import type { DecideRequest } from "$bindings/DecideRequest";
import type { Decided } from "$bindings/Decided";
import type { EnvelopeRow } from "$bindings/EnvelopeRow";
import type { HandOnRequest } from "$bindings/HandOnRequest";
import type { Holder } from "$bindings/Holder";
import type { MessageRow } from "$bindings/MessageRow";
import type { QuitRequest } from "$bindings/QuitRequest";
import type { QuitResult } from "$bindings/QuitResult";
import type { RailQueue } from "$bindings/RailQueue";
import type { SearchRequest } from "$bindings/SearchRequest";
import type { SearchResults } from "$bindings/SearchResults";
import type { Session } from "$bindings/Session";
import type { SetPinRequest } from "$bindings/SetPinRequest";
import type { SetPinResult } from "$bindings/SetPinResult";
import type { Status } from "$bindings/Status";
import type { StuckChange } from "$bindings/StuckChange";
import type { ThreadRequest } from "$bindings/ThreadRequest";
import type { TouchView } from "$bindings/TouchView";
import type { UnlockResult } from "$bindings/UnlockResult";
import type { Backend, BackendEvents } from "../backend";
import { offersOf } from "./block";
import { MemorySettings } from "./settings";
import { destinations, drOsei, message, messagesOf, morning, openSession, patientOf } from "./words";
import { NOTHING_ELSE } from "$lib/unsent";

type Handlers = { [E in keyof BackendEvents]: Set<(payload: BackendEvents[E]) => void> };

export class MemoryBackend extends MemorySettings implements Backend {
  now: () => number;
  sessionNow: Session = openSession();
  queues: Map<string, EnvelopeRow[]>;
  railExtra: RailQueue[] = [];
  touches = new Map<string, TouchView>();
  drafts = new Map<string, string>();
  /** Who else is at work on a thread: a decision leaves it where it is. */
  heldByOthers = new Map<string, string>();
  statusNow: Status;
  /** Somebody else is first on these. */
  takenBy = new Map<string, Holder>();
  pin: string | null = null;
  /** What the server refused to do with a thread's item. */
  stuck = new Map<string, StuckChange>();
  /** Milliseconds that a claim takes. */
  claimTakes = 0;

  #handlers: Handlers = {
    session: new Set(),
    changed: new Set(),
    status: new Set(),
    "open-thread": new Set(),
    lock: new Set(),
    quit: new Set(),
  };
  #holds = new Map<string, Promise<void>>();
  #undoable = new Map<
    string,
    { view: TouchView; queue: string | null; row: EnvelopeRow | null; at: number }
  >();
  /** The queues before a decision on the list. */
  #decided = new Map<string, Map<string, EnvelopeRow[]>>();
  #ids = 0;

  constructor(now: () => number = () => Date.now()) {
    super();
    this.now = now;
    this.queues = new Map([["mine", morning(now())]]);
    this.statusNow = {
      connection: "online",
      checked: now() - 4000,
      firstSync: null,
      waitingToSend: 0,
      needsYou: 0,
      tablesNotSaved: 0,
      index: null,
      clockOffMinutes: null,
      clockOffsetMs: 0,
      unreadable: 0,
      push: true,
    };
  }

  /** This operation is answered once the returned function is called. */
  hold(name: "touchClose" | "messageEdit"): () => void {
    let release = () => {};
    this.#holds.set(name, new Promise((done) => (release = done)));
    return () => release();
  }

  emit<E extends keyof BackendEvents>(event: E, payload: BackendEvents[E]): void {
    for (const handler of [...this.#handlers[event]]) handler(payload);
  }

  changed(tags: string[], threads: string[] = []): void {
    this.emit("changed", { tags, threads } satisfies Changed);
  }

  setStatus(change: Partial<Status>): void {
    this.statusNow = { ...this.statusNow, ...change };
    this.emit("status", this.statusNow);
  }

  setSession(session: Session): void {
    this.sessionNow = session;
    this.emit("session", session);
  }

  setTouch(thread: string, change: Partial<TouchView>): void {
    const view = this.touches.get(thread);
    if (view !== undefined) this.touches.set(thread, { ...view, ...change });
    this.changed(["thread"], [thread]);
  }

  async session() {
    return this.did("session", null, this.sessionNow);
  }
  async signIn(request: { server: string; caFile: string | null }) {
    await this.did("signIn", request, undefined);
    this.setSession({ kind: "signing-in", server: request.server, page: `${request.server}/authorize` });
  }
  async signInCancel() {
    await this.did("signInCancel", null, undefined);
    if (this.sessionNow.kind !== "signing-in") return;
    this.setSession({
      kind: "signed-out",
      server: null,
      caFile: null,
      failure: "cancelled",
      samplePractice: true,
    });
  }
  signInPageOpen = async () => this.did("signInPageOpen", null, undefined);
  async trySamplePractice() {
    await this.did("trySamplePractice", null, undefined);
    this.setSession({ kind: "signing-in", server: null, page: null });
  }
  async signOut(request: { withUnsent: boolean }) {
    await this.did("signOut", request, undefined);
    const unsent = (this.queues.get("unsent") ?? []).map(({ thread, patientName, waitingSince }) => ({
      thread,
      patientName,
      written: waitingSince,
    }));
    const others = { ...NOTHING_ELSE, absences: this.absencesUnsent };
    const signedOut = unsent.length + others.absences === 0 || request.withUnsent;
    if (!signedOut) return { signedOut, unsent, others };
    this.setSession({ kind: "signed-out", server: null, caFile: null, failure: null, samplePractice: true });
    return { signedOut, unsent, others };
  }
  async lockScreen() {
    await this.did("lockScreen", null, undefined);
    this.setSession({
      kind: "locked",
      lock: "screen",
      member: drOsei,
      hasPin: this.pin !== null,
      triesLeft: 5,
      waitUntil: null,
      unsent: this.statusNow.waitingToSend,
      failure: null,
    });
  }
  async unlock(request: { pin: string }): Promise<UnlockResult> {
    await this.did("unlock", request, undefined);
    if (request.pin === this.pin) {
      this.setSession(openSession());
      return "unlocked";
    }
    if (this.sessionNow.kind === "locked") {
      const triesLeft = this.sessionNow.triesLeft - 1;
      this.setSession({
        ...this.sessionNow,
        triesLeft,
        waitUntil: triesLeft < 3 ? this.now() + 30_000 : null,
      });
      if (triesLeft === 0) return "browser-needed";
    }
    return "wrong-pin";
  }
  async unlockByBrowser() {
    return this.did("unlockByBrowser", null, undefined);
  }
  async setPin(request: SetPinRequest): Promise<SetPinResult> {
    await this.did("setPin", request, undefined);
    if (this.pin !== null && request.old !== this.pin) return "wrong-pin";
    this.pin = request.new;
    return "set";
  }

  async rail() {
    const queues = [...this.queues].map(([id, rows]) => ({
      id,
      name: id.startsWith("pool/") ? decodeURIComponent(id.slice(5)) : (this.railNames.get(id) ?? null),
      gap: null,
      count: rows.length,
      oldest: rows.length === 0 ? null : Math.min(...rows.map((row) => row.waitingSince)),
    }));
    const known = new Set(queues.map(({ id }) => id));
    return this.did("rail", null, {
      queues: [...queues, ...this.railExtra.filter(({ id }) => !known.has(id))],
      documents: this.documentCount(),
    });
  }
  async envelopes(request: { queue: string; offset: number; limit: number }) {
    const rows = this.queues.get(request.queue) ?? [];
    return this.did("envelopes", request, {
      total: rows.length,
      offset: request.offset,
      rows: rows.slice(request.offset, request.offset + request.limit),
    });
  }
  async blockOffers(request: BlockRequest) {
    return this.did("blockOffers", request, offersOf(this.queues.get("mine") ?? [], request));
  }
  async search(request: SearchRequest): Promise<SearchResults> {
    const words = request.text.toLowerCase().split(/\s+/).filter(Boolean);
    const all = new Map([...this.queues.values()].flat().map((row) => [row.thread, row]));
    const rows = [...all.values()].filter((row) => {
      if (request.filters.patient !== null && row.patientName !== request.filters.patient) return false;
      const text = `${row.patientName} ${row.writer ?? ""} ${row.subjectLine}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const hits = rows.map((row) => ({
      thread: row.thread,
      patient: row.patientName,
      patientName: row.patientName,
      birthDate: row.birthDate,
      subjectLine: row.subjectLine,
      sent: row.waitingSince,
      snippet: row.holder === null ? [] : ["…after the ", words[0] ?? "", " was changed in spring…"],
      open: row.thread !== "t-ferreira",
    }));
    const reachesBackTo = this.statusNow.index === null ? null : this.now() - 40 * 86_400_000;
    return this.did("search", request, {
      hits: hits.slice(0, request.limit),
      more: hits.length > 50,
      reachesBackTo,
    });
  }

  async touchStart({ thread }: { thread: string }) {
    await this.did("touchStart", { thread }, undefined);
    if (this.claimTakes > 0) await new Promise((done) => setTimeout(done, this.claimTakes));
    const holder = this.takenBy.get(thread);
    if (holder !== undefined) return { kind: "taken" as const, holder };
    const open = this.touches.get(thread);
    if (open?.mode === "started") return { kind: "started" as const, touch: this.#withDraft(open) };
    const touch = this.#view(thread, "started");
    this.touches.set(thread, touch);
    return { kind: "started" as const, touch };
  }
  async touchView({ thread }: { thread: string }) {
    const view = this.touches.get(thread);
    if (view === undefined) throw this.error("not-found");
    return this.did("touchView", { thread }, this.#withDraft(view));
  }
  async peek({ thread }: { thread: string }) {
    await this.did("peek", { thread }, undefined);
    const view = this.#view(thread, "peeked");
    this.touches.set(thread, view);
    return view;
  }
  async peekEnd(request: { thread: string }) {
    this.touches.delete(request.thread);
    return this.did("peekEnd", request, undefined);
  }
  async touchCurrent() {
    const view = [...this.touches.values()][0];
    return this.did("touchCurrent", null, view === undefined ? null : this.#withDraft(view));
  }
  async draftSave(request: { thread: string; text: string }) {
    await this.did("draftSave", request, undefined);
    this.drafts.set(request.thread, request.text);
  }
  async noteKeep({ thread, text }: { thread: string; text: string }) {
    await this.did("noteKeep", { thread, text }, undefined);
    this.setTouch(thread, { note: text });
  }
  async noteWrite({ thread, text }: { thread: string; text: string }) {
    await this.did("noteWrite", { thread, text }, undefined);
    const note = message(`note-${++this.#ids}`, this.now(), {
      side: "inside",
      author: "Dr Amara Osei",
      text,
    });
    const messages = [...(this.touches.get(thread)?.messages ?? []), note];
    this.setTouch(thread, { messages, note: "" });
  }
  async replySend(request: { thread: string; replyId: string; text: string; workItems: string[] }) {
    await this.did("replySend", request, undefined);
    if (request.text.trim() === "") throw this.error("empty");
    this.setStatus({ waitingToSend: this.statusNow.waitingToSend + 1 });
    return this.#end(request.thread, true);
  }
  async touchClose(request: { thread: string; workItems: string[] }) {
    await this.#holds.get("touchClose");
    await this.did("touchClose", request, undefined);
    return this.#end(request.thread, true);
  }
  async touchPutBack(request: { thread: string; reason: string }) {
    await this.did("touchPutBack", request, undefined);
    return this.#end(request.thread, false);
  }
  async undo(request: { undo: string }) {
    await this.did("undo", request, undefined);
    if (this.bringBackDocument(request.undo)) return { threads: [] };
    const before = this.#decided.get(request.undo);
    if (before !== undefined) {
      this.#decided.delete(request.undo);
      this.queues = before;
      this.changed(["rail", "envelopes"], []);
      return { threads: [] };
    }
    const one = this.#undoable.get(request.undo);
    if (one === undefined) throw this.error("too-late");
    this.#undoable.delete(request.undo);
    this.touches.set(one.view.thread, { ...one.view, draft: this.drafts.get(one.view.thread) ?? "" });
    if (one.queue !== null && one.row !== null) this.queues.get(one.queue)?.splice(one.at, 0, one.row);
    this.setStatus({ waitingToSend: 0 });
    this.changed(["rail", "envelopes", "thread"], [one.view.thread]);
    return { threads: [one.view.thread] };
  }
  async touchHandOn(request: HandOnRequest) {
    await this.did("touchHandOn", request, undefined);
    return this.#end(request.thread, true);
  }
  async destinations() {
    return this.did("destinations", null, destinations());
  }
  async decide(request: DecideRequest): Promise<Decided> {
    await this.did("decide", request, undefined);
    const threads = request.rows.map(({ thread }) => thread);
    const moved = threads.filter((thread) => !this.heldByOthers.has(thread));
    const undo = `undo-${++this.#ids}`;
    if (request.decision.kind === "route") {
      const to = request.decision.to.kind === "pool" ? request.decision.to.pool : null;
      this.#decided.set(undo, new Map([...this.queues].map(([id, rows]) => [id, [...rows]])));
      const rows = [...this.queues.values()].flat().filter((row) => moved.includes(row.thread));
      for (const [id, of] of this.queues)
        this.queues.set(
          id,
          of.filter((row) => !rows.includes(row)),
        );
      if (to !== null) this.queues.set(to, [...(this.queues.get(to) ?? []), ...rows]);
    }
    this.changed(["rail", "envelopes"], moved);
    const undoUntil = this.now() + this.settingsNow.undoSeconds * 1000;
    return {
      ended: moved.length === 0 ? null : { undo, undoUntil },
      moved,
      heldBy: [...new Set(threads.flatMap((thread) => this.heldByOthers.get(thread) ?? []))],
      left: [],
    };
  }
  async messageRetry(request: { message: string }) {
    await this.did("messageRetry", request, undefined);
    this.#message(request.message, { delivery: "sending", wedge: null });
  }
  async messageEdit(request: { message: string }) {
    await this.did("messageEdit", request, undefined);
    await this.#holds.get("messageEdit");
    const view = this.#viewWith(request.message);
    const text = view.messages.find(({ id }) => id === request.message)?.text ?? "";
    const messages = view.messages.filter(({ id }) => id !== request.message);
    const typed = this.drafts.get(view.thread) ?? "";
    const draft = typed === "" ? text : `${text}\n\n${typed}`;
    if (typed !== "") this.drafts.set(view.thread, draft);
    this.touches.set(view.thread, { ...view, mode: "started", messages, draft });
    return { thread: view.thread };
  }
  async messageDiscard(request: { message: string }) {
    await this.did("messageDiscard", request, undefined);
    const view = this.#viewWith(request.message);
    this.setTouch(view.thread, { messages: view.messages.filter(({ id }) => id !== request.message) });
  }
  async messageSendAnyway(request: { message: string }) {
    await this.did("messageSendAnyway", request, undefined);
    this.#message(request.message, { delivery: "queued", wedge: null });
  }

  async status() {
    return this.did("status", null, this.statusNow);
  }
  async syncNow() {
    await this.did("syncNow", null, undefined);
    this.setStatus({ checked: this.now() });
  }
  async activity() {}
  async stuckRetry(request: ThreadRequest) {
    this.stuck.delete(request.thread);
    return this.did("stuckRetry", request, undefined);
  }
  async stuckDiscard(request: ThreadRequest) {
    this.stuck.delete(request.thread);
    return this.did("stuckDiscard", request, undefined);
  }
  async quitAsks() {
    return this.did("quitAsks", null, undefined);
  }
  async quit(request: QuitRequest): Promise<QuitResult> {
    const unsent = this.queues.get("unsent")?.length ?? 0;
    const others = { ...NOTHING_ELSE, absences: this.absencesUnsent };
    const quits = unsent + others.absences === 0 || request.withUnsent;
    return this.did("quit", request, { quits, unsent, others });
  }

  async on<E extends keyof BackendEvents>(event: E, handler: (payload: BackendEvents[E]) => void) {
    const handlers = this.#handlers[event] as Set<(payload: BackendEvents[E]) => void>;
    handlers.add(handler);
    return () => void handlers.delete(handler);
  }

  #view(thread: string, mode: TouchView["mode"]): TouchView {
    const row = [...this.queues.values()].flat().find((one) => one.thread === thread);
    if (row === undefined) throw this.error("not-found");
    return {
      thread,
      mode,
      patient: patientOf(row),
      subjectLine: row.subjectLine,
      category: row.category,
      urgency: row.urgency,
      due: row.due,
      messages: this.withFilings(messagesOf(row, this.now())),
      workItems: [`Task/${thread}`],
      claimConfirmed: this.statusNow.connection === "online",
      lostTo: null,
      stuck: this.stuck.get(thread) ?? null,
      mayReply: "free",
      draft: this.drafts.get(thread) ?? "",
      note: "",
      replyId: `reply-${++this.#ids}`,
      started: this.now(),
      touchNumber: 1,
      wroteAgain: false,
    };
  }

  /** What was typed, and decided, since the touch was opened. */
  #withDraft(view: TouchView): TouchView {
    const stuck = this.stuck.get(view.thread) ?? null;
    return { ...view, draft: this.drafts.get(view.thread) ?? view.draft, stuck };
  }

  #viewWith(id: string): TouchView {
    const view = [...this.touches.values()].find(({ messages }) =>
      messages.some((message) => message.id === id),
    );
    if (view === undefined) throw this.error("not-found");
    return view;
  }

  #message(id: string, change: Partial<MessageRow>): void {
    const view = this.#viewWith(id);
    const messages = view.messages.map((message) =>
      message.id === id ? { ...message, ...change } : message,
    );
    this.setTouch(view.thread, { messages });
  }

  #end(thread: string, leaves: boolean): Ended {
    const view = this.touches.get(thread);
    if (view === undefined) throw this.error("too-late");
    this.touches.delete(thread);
    const entry = leaves
      ? [...this.queues].find(([, rows]) => rows.some((row) => row.thread === thread))
      : undefined;
    const rows = entry?.[1] ?? [];
    const at = rows.findIndex((row) => row.thread === thread);
    const row = at < 0 ? null : (rows[at] ?? null);
    if (at >= 0) rows.splice(at, 1);
    const undo = `undo-${++this.#ids}`;
    this.#undoable.set(undo, { view, queue: entry?.[0] ?? null, row, at });
    this.changed(["rail", "envelopes"], [thread]);
    return { undo, undoUntil: this.now() + this.settingsNow.undoSeconds * 1000 };
  }
}

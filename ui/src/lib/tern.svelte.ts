/**
 * What the whole window shares: the program behind it, where the person stands, settings, status, keys.
 *
 * Made once in `main.ts` and handed down by context. What belongs to one view lives in that view's own class and
 * dies with it: when the screen locks, the inbox's state is dropped, and nothing of a patient stays in the page.
 */
import { getContext, setContext } from "svelte";
import type { ApiError } from "$bindings/ApiError";
import type { Session } from "$bindings/Session";
import type { Settings } from "$bindings/Settings";
import type { Status } from "$bindings/Status";
import type { UnsentOthers } from "$bindings/UnsentOthers";
import { Registry } from "./actions/registry.svelte";
import { type Backend, failureOf } from "./backend/backend";
import { Block } from "$components/block/block.svelte";
import { Clock } from "./clock.svelte";
import { failureText } from "./errors/wording";
import { catalogue, languageOf, t } from "./i18n/catalogue.svelte";
import { Freshest } from "./query/freshest";
import { LiveQueries } from "./query/live.svelte";
import { PracticeTables } from "./tables/practice-tables.svelte";
import { wearTheme } from "./theme/theme.svelte";
import { NOTHING_ELSE } from "./unsent";

/** Milliseconds between two words to the program that the person is there. */
const ACTIVITY_EVERY = 5000;

/** Something that concerns the window, not one thing in it. */
export interface Notice {
  id: number;
  text: string;
}

export class Tern {
  readonly backend: Backend;
  readonly queries: LiveQueries;
  readonly registry: Registry;
  readonly clock = new Clock();

  session = $state.raw<Session | null>(null);
  settings = $state.raw<Settings | null>(null);
  status = $state.raw<Status | null>(null);
  /** Which view is over the inbox, while somebody is signed in. */
  page = $state<"inbox" | "now" | "settings" | "practice" | "documents">("inbox");
  /** The minutes that the person has now; they run on behind the screen lock. */
  readonly block = new Block();
  palette = $state(false);
  keysShown = $state(false);
  signingOut = $state(false);
  /** Replies that would stay behind, once somebody wanted to quit with some. */
  wouldStay = $state(0);
  /** The same of what is no reply. */
  othersWouldStay = $state.raw<UnsentOthers>(NOTHING_ELSE);
  /** What is typed could not be kept, and somebody wanted to quit. */
  unkept = $state.raw<ApiError | null>(null);
  /** Changes of the practice's tables would be lost, and somebody wanted to quit. */
  unsavedTables = $state(false);
  notices = $state.raw<readonly Notice[]>([]);
  /** What was read of what became of old copies: not said again after every lock, but said when it is more. */
  read = $state<{ setAside: number | null; restored: number }>({ setAside: null, restored: 0 });
  /** Opened from a notification before the inbox was there. */
  openThread = $state<string | null>(null);

  /** The practice's tables, with what was changed in them and not saved: kept while the same person is signed in. */
  tables = $state.raw() as PracticeTables;

  /** Called before contents leave the page by the person's own wish; why what is typed could not be kept. */
  beforeLock: (() => Promise<ApiError | null>) | null = null;

  /** The browser was asked to unlock; a PIN does not outlive that. */
  unlockingByBrowser = false;

  #session = new Freshest();
  #status = new Freshest();
  #settings = new Freshest();
  #lastActivity = -ACTIVITY_EVERY;
  #unwearTheme: () => void = () => {};
  #noticeId = 0;
  #whose = "";

  constructor(backend: Backend, options: { queries?: LiveQueries; registry?: Registry } = {}) {
    this.backend = backend;
    this.queries = options.queries ?? new LiveQueries();
    this.registry = options.registry ?? new Registry();
    this.tables = new PracticeTables(this.backend, this.queries);
  }

  /** Listens, then asks: what changes between the two is not missed. The returned function ends it. */
  async begin(): Promise<() => void> {
    const unlisten = await Promise.all([
      this.backend.on("session", (session) => {
        this.#session.heard();
        this.#stand(session);
      }),
      this.backend.on("changed", (changed) => {
        this.queries.changed(changed);
        if (changed.tags.includes("settings")) {
          void this.#askSettings().catch(this.fail);
        }
      }),
      this.backend.on("status", (status) => {
        this.#status.heard();
        this.#report(status);
      }),
      this.backend.on("open-thread", ({ thread }) => (this.openThread = thread)),
      this.backend.on("lock", () => this.hide()),
      this.backend.on("quit", () => void this.quit()),
    ]);
    // Nothing is shown before its language and theme are known.
    const settings = this.#askSettings();
    const session = async () => (await Promise.all([this.backend.session(), settings]))[0];
    await this.#session.ask(session, (now) => this.#stand(now));
    const unhandle = this.registry.handleAll({
      lock: { run: () => void this.lock(), can: () => this.session?.kind === "open" },
      "sign-out": { run: () => (this.signingOut = true), can: () => this.session?.kind === "open" },
      "settings.open": { run: () => (this.page = "settings"), can: () => this.session?.kind === "open" },
      "now.open": { run: () => (this.page = "now"), can: () => this.session?.kind === "open" },
      "practice.open": { run: () => (this.page = "practice"), can: () => this.session?.kind === "open" },
      "documents.open": { run: () => (this.page = "documents"), can: () => this.session?.kind === "open" },
      "sync.now": {
        run: () => void this.backend.syncNow().catch(this.fail),
        can: () => this.session?.kind === "open",
      },
      "palette.open": { run: () => (this.palette = true), can: () => this.session?.kind === "open" },
      "keys.show": { run: () => (this.keysShown = true), can: () => this.session?.kind === "open" },
      quit: { run: () => void this.quit() },
    });
    const stopClock = this.clock.run();
    return () => {
      unlisten.forEach((end) => end());
      unhandle();
      stopClock();
      this.#unwearTheme();
    };
  }

  /** A key or the pointer moved. */
  active(at: number): void {
    if (at - this.#lastActivity < ACTIVITY_EVERY || this.session?.kind !== "open") return;
    this.#lastActivity = at;
    void this.backend.activity().catch(() => {});
  }

  /** Locks by the person's wish: what is typed is kept first. */
  async lock(): Promise<void> {
    await this.beforeLock?.();
    this.hide();
    try {
      await this.backend.lockScreen();
    } catch (thrown) {
      // Not locked: the person must see that, and where they were.
      this.#stand(await this.backend.session());
      this.fail(thrown);
    }
  }

  /** Quits; what is typed is kept first: a key causes no blur, and a draft is saved a moment after the last one. */
  async quit(without: { unsent?: boolean; tables?: boolean } = {}): Promise<void> {
    const withUnsent = without.unsent ?? false;
    this.unkept = (await this.beforeLock?.()) ?? null;
    if (this.unkept !== null && !withUnsent) return this.#asksFirst();
    this.unsavedTables = this.tables.dirty && !without.tables;
    if (this.unsavedTables) return this.#asksFirst();
    try {
      const asked = await this.backend.quit({ withUnsent });
      this.wouldStay = asked.quits ? 0 : asked.unsent;
      this.othersWouldStay = asked.quits ? NOTHING_ELSE : asked.others;
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** Asked from the tray, the window may be hidden, and the program would not wait for long. */
  async #asksFirst(): Promise<void> {
    try {
      await this.backend.quitAsks();
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** Takes contents off the page at once; the program then says what kind of lock it is. */
  hide(): void {
    if (this.session?.kind !== "open") return;
    const { member } = this.session;
    this.#stand({
      kind: "locked",
      lock: "screen",
      member,
      hasPin: false,
      triesLeft: 0,
      waitUntil: null,
      unsent: 0,
      failure: null,
    });
    const asked = this.#session.ask(
      () => this.backend.session(),
      // Still open: the lock is on its way, and the event `session` will say so.
      (session) => session.kind !== "open" && this.#stand(session),
    );
    void asked.catch(this.fail);
  }

  async saveSettings(change: Partial<Settings>): Promise<void> {
    if (this.settings === null) return;
    const wanted = { ...this.settings, ...change };
    const before = this.settings;
    this.#apply(wanted);
    try {
      this.#apply(await this.backend.settingsSave(wanted));
    } catch (thrown) {
      this.#apply(before);
      this.fail(thrown);
    }
  }

  /** Tells what concerns the whole window. */
  tell(text: string): void {
    const id = ++this.#noticeId;
    this.notices = [...this.notices.filter((notice) => notice.text !== text), { id, text }].slice(-3);
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  }

  /** Words a failure that belongs to no one thing on screen. */
  fail = (thrown: unknown): void => {
    const failure: ApiError = failureOf(thrown);
    // The event `session` brings these two, with a view of their own.
    if (failure.code === "locked" || failure.code === "signed-out") return;
    this.tell(failureText(failure));
  };

  #stand(session: Session): void {
    const before = this.session;
    const was = before?.kind;
    this.session = session;
    if (session.kind === "open") {
      const whose = `${session.server} ${session.member.reference}`;
      if (whose !== this.#whose) {
        this.tables = new PracticeTables(this.backend, this.queries);
        this.block.end();
      }
      this.#whose = whose;
      if (this.unlockingByBrowser && before?.kind === "locked" && before.hasPin)
        this.tell(t("lock.pin-gone"));
      this.unlockingByBrowser = false;
      if (was !== "open") {
        const asked = this.#status.ask(
          () => this.backend.status(),
          (now) => this.#report(now),
        );
        void asked.catch(this.fail);
      }
      return;
    }
    this.tables.hide();
    this.palette = false;
    this.keysShown = false;
    this.signingOut = false;
    this.wouldStay = 0;
    this.othersWouldStay = NOTHING_ELSE;
    this.unkept = null;
    this.unsavedTables = false;
    this.notices = [];
    if (session.kind !== "locked") {
      this.read = { setAside: null, restored: 0 };
      this.page = "inbox";
      this.block.end();
      this.tables = new PracticeTables(this.backend, this.queries);
      this.#whose = "";
      this.status = null;
    }
  }

  #report(status: Status): void {
    this.status = status;
    this.clock.behind = status.clockOffsetMs;
  }

  #askSettings(): Promise<void> {
    return this.#settings.ask(
      () => this.backend.settings(),
      (now) => this.#apply(now),
    );
  }

  #apply(settings: Settings): void {
    const previous = this.settings;
    this.settings = settings;
    if (previous?.theme !== settings.theme) {
      this.#unwearTheme();
      this.#unwearTheme = wearTheme(settings.theme);
    }
    catalogue.use(languageOf(settings.language, navigator.languages));
    this.registry.rebind(settings.keys);
  }
}

const KEY = Symbol("tern");

export function provideTern(tern: Tern): void {
  setContext(KEY, tern);
}

export function useTern(): Tern {
  return getContext<Tern>(KEY);
}

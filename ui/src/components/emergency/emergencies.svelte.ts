/**
 * Emergencies that nobody has dealt with: what is told of them outside the app, and "I have it".
 *
 * The program tells when something is written; that a hold runs out, or the next person is due, is the clock's doing
 * alone. So whatever has come due is asked for again, and until the answer is there it stands as due.
 */
import type { ApiError } from "$bindings/ApiError";
import type { EmergencyBoard } from "$bindings/EmergencyBoard";
import type { EmergencyRow } from "$bindings/EmergencyRow";
import type { EmergencyTable } from "$bindings/EmergencyTable";
import type { EmergencyTaken } from "$bindings/EmergencyTaken";
import { type Backend, failureOf } from "$lib/backend/backend";
import { LiveQuery, type LiveQueries } from "$lib/query/live.svelte";

/** Milliseconds before its end from which "Still mine" is asked for. */
export const RENEW_WITHIN = 60_000;

/** Milliseconds between two looks at what has come due. */
const LOOK_EVERY = 5_000;

/** Where an emergency stands at an instant: `due` is one for which the next person is to be called now. */
export type Stand = "nobody" | "called" | "due" | "held" | "mine" | "ending";

/** An emergency as the banner says it. */
export interface Line {
  row: EmergencyRow;
  stand: Stand;
  /** "I have it", or "Still mine", can be said of it. */
  offered: boolean;
}

export function standOf({ told }: EmergencyRow, now: number): Stand {
  if (told.kind === "nobody") return "nobody";
  if (told.kind === "called") return told.next > now ? "called" : "due";
  if (told.until <= now) return "due";
  if (!told.mine) return "held";
  return told.until - now <= RENEW_WITHIN ? "ending" : "mine";
}

const nobodyHas = (stand: Stand) => stand === "called" || stand === "due" || stand === "nobody";

/**
 * What the banner says, at most two lines: the one that nobody has, and the one that the member has. Where there is
 * neither, the oldest that somebody else has. One for which somebody was called goes before one that is older than
 * the practice's calling.
 */
export function linesOf(rows: readonly EmergencyRow[], now: number): Line[] {
  const lines = rows.map((row) => {
    const stand = standOf(row, now);
    return { row, stand, offered: nobodyHas(stand) || stand === "ending" };
  });
  const free = lines.filter(({ stand }) => nobodyHas(stand));
  const loose = free.find(({ stand }) => stand !== "nobody") ?? free[0];
  const ends = ({ row: { told } }: Line) => (told.kind === "held" ? told.until : 0);
  const [mine] = lines
    .filter(({ stand }) => stand === "mine" || stand === "ending")
    .sort((one, other) => ends(one) - ends(other));
  const said = [loose, mine].filter((line) => line !== undefined);
  return said.length > 0 ? said : lines.slice(0, 1);
}

export class Emergencies {
  /** The work item of which the server is being asked. */
  asking = $state<string | null>(null);
  /** What the server said, where the row does not say it. */
  said = $state.raw<{ item: string; taken: EmergencyTaken } | null>(null);
  /** Why it could not be asked. */
  failure = $state.raw<ApiError | null>(null);
  readonly board: LiveQuery<EmergencyBoard>;
  /** Asked only where nothing is posted: who may set it is shown the way. */
  readonly table: LiveQuery<EmergencyTable>;

  readonly lines: readonly Line[] = $derived.by(() => linesOf(this.board.data?.rows ?? [], this.#now()));
  readonly more: number = $derived.by(() => (this.board.data?.rows.length ?? 0) - this.lines.length);
  /** What the key is about: first what nobody has. */
  readonly meant: Line | null = $derived.by(() => this.lines.find(({ offered }) => offered) ?? null);

  readonly #backend: Backend;
  readonly #now: () => number;
  #looked = 0;

  /** `now` is the practice's time. */
  constructor(backend: Backend, queries: LiveQueries, now: () => number) {
    this.#backend = backend;
    this.#now = now;
    const shows = { tags: ["emergencies", "envelopes", "tables"] } as const;
    this.board = new LiveQuery(queries, shows, () => backend.emergencies());
    this.table = new LiveQuery(queries, { tags: ["tables"] }, () => backend.emergencyTable());
  }

  /** Asks; a role that sees nothing is told nothing. */
  async begin(): Promise<void> {
    await this.board.refresh();
    if (this.board.data?.isPosted === false) await this.table.refresh();
  }

  /** Asks again once something has come due by the clock alone. */
  tick(): void {
    const now = this.#now();
    if (now - this.#looked < LOOK_EVERY) return;
    const isDue = ({ told }: EmergencyRow) =>
      told.kind !== "nobody" && standOf({ told } as EmergencyRow, now) === "due";
    if (!this.board.data?.rows.some(isDue)) return;
    this.#looked = now;
    void this.board.refresh();
  }

  /** The program looked at the server: whether this machine could post is told by no tag. */
  looked(): void {
    const board = this.board.data;
    if (board !== null && (board.rows.length > 0 || board.isUnheard)) void this.board.refresh();
  }

  /** "I have it"; what came of it, where the banner has no place to say it. */
  async have(item: string): Promise<EmergencyTaken | null> {
    if (this.asking !== null) return null;
    this.asking = item;
    this.said = null;
    this.failure = null;
    try {
      const taken = await this.#backend.emergencyHave({ item });
      await this.board.refresh();
      this.said = taken.kind === "yours" ? null : { item, taken };
      return taken;
    } catch (thrown) {
      this.failure = failureOf(thrown);
      return null;
    } finally {
      this.asking = null;
    }
  }

  end(): void {
    this.board.end();
    this.table.end();
  }
}

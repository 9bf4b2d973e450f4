/**
 * Decisions about who goes on, how soon, and who calls: made about rows of the list, or as the outcome of the open
 * touch. What is asked for, and what the pools and people are; `Inbox` carries a decision out.
 */
import type { DecidedRow } from "$bindings/DecidedRow";
import type { Destination } from "$bindings/Destination";
import type { Destinations } from "$bindings/Destinations";
import type { PoolChoice } from "$bindings/PoolChoice";
import type { UrgencyLevel } from "$bindings/UrgencyLevel";
import type { Backend } from "$lib/backend/backend";
import { LiveQuery, type LiveQueries } from "$lib/query/live.svelte";
import { plainName } from "$lib/text/plain";

/** Which dialog is open. */
export type Asking = "route" | "urgency" | "call" | "visit";

/** Lowest first. */
export const LEVELS: readonly UrgencyLevel[] = ["routine", "same-day", "urgent", "emergency"];

/** The higher of two. */
export function higher(one: UrgencyLevel, other: UrgencyLevel): UrgencyLevel {
  return LEVELS.indexOf(one) >= LEVELS.indexOf(other) ? one : other;
}

/** What a decision is about: as it was under the hand when the key was pressed, whatever the list does meanwhile. */
export interface About {
  rows: readonly DecidedRow[];
  /** The patient; of several, the first. */
  name: string;
  /** The highest. */
  urgency: UrgencyLevel;
  /** The thread of the open touch, where it is about that. */
  touch: string | null;
}

export class Moves {
  asking = $state<Asking | null>(null);
  /** Kept from the key press on. */
  about = $state.raw<About>({ rows: [], name: "", urgency: "routine", touch: null });
  /** Something of the last decision's rows stays where it was. */
  left = $state(false);
  /** Who is at work on rows that stayed where they were; until the next decision. */
  heldBy = $state.raw<readonly string[]>([]);
  readonly destinations: LiveQuery<Destinations>;

  constructor(backend: Backend, queries: LiveQueries) {
    this.destinations = new LiveQuery(queries, { tags: ["rail"] }, () => backend.destinations());
  }

  get pools(): readonly PoolChoice[] {
    return this.destinations.data?.pools ?? [];
  }

  /** The pool with the key. */
  numbered(n: number): PoolChoice | null {
    return this.pools.find(({ number }) => number === n) ?? null;
  }

  /** How a destination is named in a sentence. */
  nameOf(to: Destination): string {
    const name =
      to.kind === "pool"
        ? this.pools.find(({ id }) => id === to.pool)?.name
        : this.destinations.data?.members.find(({ reference }) => reference === to.member)?.name;
    return plainName(name ?? "");
  }
}

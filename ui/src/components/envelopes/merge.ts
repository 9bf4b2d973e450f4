/**
 * What becomes of the rows on screen when the queue has changed (pure).
 *
 * Nothing moves that the person did not move. While the hand is on the list, a row that is still in the queue
 * keeps its place and takes its new contents; a row that has left the queue keeps its place and is marked gone;
 * a row that is new waits, counted, until the person lets it in.
 */
import type { EnvelopePage } from "$bindings/EnvelopePage";
import type { EnvelopeRow } from "$bindings/EnvelopeRow";
import type { UrgencyLevel } from "$bindings/UrgencyLevel";
import { higher } from "$components/moves/moves.svelte";

/** A place in the list: a row, or one that is not loaded yet. */
export interface Place {
  row: EnvelopeRow;
  /** It left the queue while the hand was on the list. */
  gone: boolean;
}

export type Places = readonly (Place | undefined)[];

export interface Merged {
  places: Places;
  /** How many rows wait to be let in. */
  waiting: number;
  /** The highest urgency among those of them that are known. */
  highest: UrgencyLevel;
}

/** Rows as they are, for a list that nobody has the hand on. */
export function placesOf(page: EnvelopePage): Places {
  const places: (Place | undefined)[] = new Array<Place | undefined>(page.total).fill(undefined);
  page.rows.forEach((row, at) => (places[page.offset + at] = { row, gone: false }));
  return places;
}

/** Puts a further window of the same queue in its place. */
export function fill(places: Places, page: EnvelopePage): Places {
  const known = new Set(places.flatMap((place) => (place === undefined ? [] : [place.row.thread])));
  const next = [...places];
  page.rows.forEach((row, at) => {
    const index = page.offset + at;
    if (index < next.length && next[index] === undefined && !known.has(row.thread))
      next[index] = { row, gone: false };
  });
  return next;
}

/** Takes a fresh look at a window in, without moving anything. `changed` are the threads said to have changed. */
export function merge(places: Places, page: EnvelopePage, changed: readonly string[]): Merged {
  const fresh = new Map(page.rows.map((row) => [row.thread, row]));
  const whole = page.offset === 0 && page.rows.length >= page.total;
  const known = new Set<string>();
  let present = 0;
  // What the window surely covers: from its first to its last row that is on screen, and to the queue's own ends.
  const seen = places.map((place) => place !== undefined && fresh.has(place.row.thread));
  const from = page.offset === 0 ? 0 : seen.indexOf(true);
  const to = page.offset + page.rows.length >= page.total ? places.length : seen.lastIndexOf(true);

  const kept = places.map((place, at) => {
    if (place === undefined) {
      present += 1;
      return undefined;
    }
    known.add(place.row.thread);
    const row = fresh.get(place.row.thread);
    // In a part of the queue, a row is gone that was said to change and is missing between rows that are there;
    // one beyond the window is only not seen.
    const covered = from >= 0 && at >= from && at < to;
    const left = whole || (covered && (changed.length === 0 || changed.includes(place.row.thread)));
    const gone = row === undefined && (left || place.gone);
    if (!gone) present += 1;
    if (row === undefined && gone === place.gone) return place;
    return { row: row ?? place.row, gone };
  });

  const unknown = page.rows.filter((row) => !known.has(row.thread));
  const waiting = whole ? unknown.length : Math.max(0, page.total - present);
  const highest = unknown.reduce<UrgencyLevel>((top, row) => higher(top, row.urgency), "routine");
  return { places: kept, waiting, highest };
}
